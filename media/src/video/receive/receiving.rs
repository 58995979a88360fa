//! The receiving thread: from packets to decoded pictures, each handed out when its time has come.
//!
//! Decodes as soon as a picture is whole, so that what cannot be decoded is known early, and waits with what is decoded.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use super::waiting::Waiting;
use super::{Arrival, OnPicture, PictureInfo, ReceiverConfig, Shared};
use crate::codec::h264::{DecodeError, Decoder, nal, sps};
use crate::frame::VideoFrame;
use crate::latest::Latest;
use crate::lock::lock;
use crate::synchronise::SharedSynchroniser;
use crate::video::assemble::{Assembler, Output, Picture};
use crate::video::schedule::Schedule;
use crate::worker::StopSignal;

/// See the module's description.
pub(super) struct Receiving<R> {
    assembler: Assembler,
    /// `None` where decoding is off.
    decoder: Option<Decoder>,
    schedule: Schedule,
    synchroniser: SharedSynchroniser,
    waiting: Waiting<Picture, Decoded>,
    /// Whether pictures were not decoded because nobody looked, or a key frame was not asked for.
    has_missed: bool,
    on_picture: Option<OnPicture>,
    pictures: Vec<Latest<Arc<VideoFrame>>>,
    request_key_frame: R,
    shared: Arc<Shared>,
}

/// `None` where decoding is off.
type Decoded = Option<Arc<VideoFrame>>;

impl<R: Fn()> Receiving<R> {
    /// Has received nothing yet.
    ///
    /// # Errors
    ///
    /// When the decoder cannot be started.
    pub fn new(
        config: ReceiverConfig,
        pictures: Vec<Latest<Arc<VideoFrame>>>,
        request_key_frame: R,
        shared: Arc<Shared>,
    ) -> Result<Self, DecodeError> {
        Ok(Self {
            assembler: Assembler::new(config.assembler),
            decoder: config.decode.then(Decoder::new).transpose()?,
            schedule: Schedule::new(),
            synchroniser: config.synchroniser,
            waiting: Waiting::default(),
            has_missed: false,
            on_picture: config.on_picture,
            pictures,
            request_key_frame,
            shared,
        })
    }

    /// Receives until it is stopped, or woken by nothing.
    pub fn run(&mut self, arrivals: &Receiver<Option<Arrival>>, stop: &StopSignal) {
        while !stop.is_stopped() {
            let deadline = [self.assembler.next_deadline(), self.waiting.next_due()].into_iter().flatten().min();
            let arrival = match deadline {
                Some(deadline) => arrivals.recv_timeout(deadline.saturating_duration_since(Instant::now())),
                None => arrivals.recv().map_err(RecvTimeoutError::from),
            };
            match self.shared.wait_micros.load(Ordering::Relaxed) {
                0 => {}
                micros => self.assembler.set_wait(Duration::from_micros(micros)),
            }
            let now = match arrival {
                Ok(Some(Arrival { at, packet })) => {
                    self.assembler.push(at, packet);
                    at
                }
                Err(RecvTimeoutError::Timeout) => {
                    let now = Instant::now();
                    self.assembler.tick(now);
                    now
                }
                Ok(None) | Err(RecvTimeoutError::Disconnected) => return,
            };
            self.take_pictures(now);
            // What could not be decoded has to be asked for.
            while self.show().is_err() {
                self.assembler.resynchronise();
                self.take_pictures(now);
            }
            let counted = self.assembler.statistics();
            let mut statistics = self.shared.statistics();
            statistics.packets = counted.packets;
            statistics.lost_packets = counted.lost_packets;
            (statistics.jitter, statistics.wait) = (self.schedule.jitter(), self.schedule.wait());
        }
    }

    /// Takes what the assembler has at `now`, unless nobody looks.
    fn take_pictures(&mut self, now: Instant) {
        let is_hidden = self.shared.is_hidden.load(Ordering::Relaxed);
        if is_hidden {
            self.has_missed |= !self.waiting.is_decoded();
            self.waiting.clear();
        } else if std::mem::take(&mut self.has_missed) {
            self.assembler.resynchronise();
        }
        while let Some(output) = self.assembler.poll() {
            match output {
                _ if is_hidden => self.has_missed = true,
                Output::Picture(picture) => {
                    self.shared.statistics().pictures_assembled += 1;
                    let due = self.due(now, picture.timestamp);
                    self.waiting.push(now, due, picture.annexb.len(), picture);
                }
                Output::NeedKeyFrame => {
                    self.shared.statistics().key_frame_requests += 1;
                    (self.request_key_frame)();
                }
            }
        }
    }

    /// When to show a picture that is there since `now`.
    fn due(&mut self, now: Instant, timestamp: u32) -> Instant {
        let mut synchroniser = lock(&self.synchroniser);
        self.schedule.follow_sound(synchroniser.sound_among_pictures(now));
        let due = self.schedule.arrived(now, timestamp);
        if let Some(by_themselves) = self.schedule.by_itself() {
            synchroniser.pictures_go(now, by_themselves);
        }
        due
    }

    /// Decodes ahead what there is room for, and shows what is due.
    fn show(&mut self) -> Result<(), DecodeError> {
        loop {
            let now = Instant::now();
            while let Some(picture) = self.waiting.take_due(now) {
                self.hand_out(now, picture);
            }
            let Some((due, picture)) = self.waiting.take_to_decode() else { return Ok(()) };
            match self.decode(&picture) {
                Ok(Some(decoded)) => self.waiting.decoded(due, decoded),
                Ok(None) => {}
                Err(error) => {
                    self.not_decoded(&error);
                    self.waiting.drop_encoded();
                    return Err(error);
                }
            }
        }
    }

    /// `None` when there is nothing to show for it.
    fn decode(&mut self, picture: &Picture) -> Result<Option<Decoded>, DecodeError> {
        let Some(decoder) = &mut self.decoder else {
            if picture.is_key_frame {
                self.count_size(size_of(&picture.annexb));
            }
            return Ok(Some(None));
        };
        let started = Instant::now();
        let result = decoder.decode(&picture.annexb);
        let decode_time = started.elapsed();
        self.shared.statistics().decode_time_total += decode_time;
        let Some(frame) = result?.map(Arc::new) else { return Ok(None) };
        // Counted first: whoever is handed a picture finds it in the statistics.
        self.shared.statistics().pictures_decoded += 1;
        self.count_size(Some((frame.width(), frame.height())));
        if let Some(on_picture) = &mut self.on_picture {
            let Picture { timestamp, is_key_frame, received_at, .. } = *picture;
            on_picture(&frame, PictureInfo { timestamp, is_key_frame, received_at });
        }
        Ok(Some(Some(frame)))
    }

    fn count_size(&self, size: Option<(u32, u32)>) {
        if let Some((width, height)) = size {
            let mut statistics = self.shared.statistics();
            (statistics.width, statistics.height) = (width, height);
        }
    }

    fn hand_out(&self, now: Instant, picture: Decoded) {
        let (freezes, frozen) = {
            let counter = &mut lock(&self.shared.freezes).counter;
            counter.shown(now);
            (counter.freezes(), counter.frozen())
        };
        let mut statistics = self.shared.statistics();
        statistics.first_picture_at.get_or_insert(now);
        statistics.last_picture_at = Some(now);
        (statistics.freezes, statistics.frozen) = (freezes, frozen);
        drop(statistics);
        if let Some(frame) = picture {
            for shown in &self.pictures {
                shown.publish(frame.clone());
            }
        }
    }

    fn not_decoded(&self, error: &DecodeError) {
        let mut statistics = self.shared.statistics();
        if statistics.decode_errors == 0 {
            tracing::warn!(%error, "a picture was not decoded; this is said once for each stream");
        }
        statistics.decode_errors += 1;
    }
}

/// The size that a key frame's parameter set tells.
fn size_of(annexb: &[u8]) -> Option<(u32, u32)> {
    let unit = nal::units(annexb).find(|unit| nal::unit_type(unit[0]) == nal::SPS)?;
    sps::parse(unit).map(|parameters| (parameters.width, parameters.height))
}
