//! The receiving side: one remote participant's packets to pictures, on a thread of their own.
//!
//! Shows nothing that is damaged: after loss or a decoding error the last good picture stays until a key frame has come.
//! Knows nothing of sockets; whoever has the packets pushes them and sends the requests for key frames.

#[cfg(test)]
mod tests;

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use super::assemble::{Assembler, AssemblerConfig, Output, Picture};
use super::statistics::FreezeCounter;
use crate::codec::h264::{DecodeError, Decoder, nal, sps};
use crate::frame::VideoFrame;
use crate::latest::Latest;
use crate::lock::lock;
use crate::rtp::RtpPacket;
use crate::worker::{StopSignal, Worker};

/// Packets waiting for the worker, nearly three seconds of 1280×720. Overflow drops the newest; the gap then leads to a
/// request for a key frame.
const QUEUE_PACKETS: usize = 512;

/// What is told with each decoded picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PictureInfo {
    /// RTP timestamp.
    pub timestamp: u32,
    pub is_key_frame: bool,
    /// When the last of its packets came.
    pub received_at: Instant,
}

/// Called on the decoding thread for every decoded picture, in order, also for those that nobody takes in time to show.
pub type OnPicture = Box<dyn FnMut(&Arc<VideoFrame>, PictureInfo) + Send>;

/// How a [`VideoReceiver`] receives.
pub struct ReceiverConfig {
    /// Whether to decode. Without, pictures are put together and counted as if they were shown.
    pub decode: bool,
    pub assembler: AssemblerConfig,
    pub on_picture: Option<OnPicture>,
}

impl Default for ReceiverConfig {
    fn default() -> Self {
        Self { decode: true, assembler: AssemblerConfig::default(), on_picture: None }
    }
}

impl std::fmt::Debug for ReceiverConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { decode, assembler, on_picture: _ } = self;
        f.debug_struct("ReceiverConfig").field("decode", decode).field("assembler", assembler).finish_non_exhaustive()
    }
}

/// What was received so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReceiveStatistics {
    /// Packets that came in time, without duplicates.
    pub packets: u64,
    /// Packets that never came, or too late.
    pub lost_packets: u64,
    /// Packets dropped because the worker did not keep up; each is also lost.
    pub overflowed_packets: u64,
    /// Pictures that were whole and in order.
    pub pictures_assembled: u64,
    /// Pictures that were decoded; stays 0 where decoding is off.
    pub pictures_decoded: u64,
    pub decode_errors: u64,
    /// Time spent decoding.
    pub decode_time_total: Duration,
    pub key_frame_requests: u64,
    /// Size of the last picture in pixels; 0 before the first.
    pub width: u32,
    pub height: u32,
    /// When the first and the last picture were handed out.
    pub first_picture_at: Option<Instant>,
    pub last_picture_at: Option<Instant>,
    /// Freezes that are over, counted as [`FreezeCounter`] does, and how long they took together.
    pub freezes: u64,
    pub frozen: Duration,
}

struct Arrival {
    at: Instant,
    packet: RtpPacket,
}

/// `None` wakes the worker to end.
type Queue = SyncSender<Option<Arrival>>;

#[derive(Default)]
struct Shared {
    statistics: Mutex<ReceiveStatistics>,
    freezes: Mutex<FreezeCounter>,
    overflowed_packets: AtomicU64,
    /// How long a missing packet is waited for; 0 where nobody has said.
    wait_micros: AtomicU64,
}

impl Shared {
    fn statistics(&self) -> MutexGuard<'_, ReceiveStatistics> {
        lock(&self.statistics)
    }
}

/// Pushes packets to a [`VideoReceiver`] from any thread; clones push to the same.
#[derive(Clone)]
pub struct PacketInput {
    queue: Queue,
    shared: Arc<Shared>,
}

impl std::fmt::Debug for PacketInput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PacketInput").finish_non_exhaustive()
    }
}

impl PacketInput {
    /// Hands a packet over that has just come. Never waits: when the receiver does not keep up the packet is dropped, and
    /// so it is when the receiver is gone.
    pub fn push(&self, packet: RtpPacket) {
        if let Err(TrySendError::Full(_)) = self.queue.try_send(Some(Arrival { at: Instant::now(), packet })) {
            self.shared.overflowed_packets.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// How long a missing packet is waited for from now on. Never waits.
    pub fn set_wait(&self, wait: Duration) {
        self.shared.wait_micros.store(u64::try_from(wait.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}

/// Receives one remote participant's video. Dropping it ends its thread.
#[derive(Debug)]
pub struct VideoReceiver {
    input: PacketInput,
    _worker: Worker,
}

impl VideoReceiver {
    /// Starts to put pictures together from what is pushed, and to publish them to each of `pictures`.
    /// `request_key_frame` is called on the decoding thread, at most once in [`AssemblerConfig::request_interval`]; it
    /// must not wait for the network.
    ///
    /// # Errors
    ///
    /// When the system has no thread to give or the decoder cannot be started.
    pub fn start(
        config: ReceiverConfig,
        pictures: Vec<Latest<Arc<VideoFrame>>>,
        request_key_frame: impl Fn() + Send + 'static,
    ) -> io::Result<Self> {
        let (queue, arrivals) = sync_channel(QUEUE_PACKETS);
        let shared = Arc::new(Shared::default());
        let mut receiving = Receiving {
            assembler: Assembler::new(config.assembler),
            decoder: if config.decode { Some(Decoder::new().map_err(io::Error::other)?) } else { None },
            on_picture: config.on_picture,
            pictures,
            request_key_frame,
            shared: shared.clone(),
        };
        let waker = queue.clone();
        let worker = Worker::spawn_with_wake(
            "video-receive",
            // If the queue is full the worker is awake and sees its signal.
            move || drop(waker.try_send(None)),
            move |stop| receiving.run(&arrivals, stop),
        )?;
        Ok(Self { input: PacketInput { queue, shared }, _worker: worker })
    }

    /// Hands a packet over; see [`PacketInput::push`].
    pub fn push(&self, packet: RtpPacket) {
        self.input.push(packet);
    }

    /// A handle for pushing from elsewhere.
    pub fn input(&self) -> PacketInput {
        self.input.clone()
    }

    /// Whether the sender says that its camera is off: then standing still is no freeze.
    pub fn set_paused(&self, paused: bool) {
        lock(&self.input.shared.freezes).set_paused(paused);
    }

    /// What was received so far.
    pub fn statistics(&self) -> ReceiveStatistics {
        let shared = &self.input.shared;
        let overflowed_packets = shared.overflowed_packets.load(Ordering::Relaxed);
        ReceiveStatistics { overflowed_packets, ..*shared.statistics() }
    }
}

/// The worker's part.
struct Receiving<R> {
    assembler: Assembler,
    /// `None` where decoding is off.
    decoder: Option<Decoder>,
    on_picture: Option<OnPicture>,
    pictures: Vec<Latest<Arc<VideoFrame>>>,
    request_key_frame: R,
    shared: Arc<Shared>,
}

impl<R: Fn()> Receiving<R> {
    fn run(&mut self, arrivals: &Receiver<Option<Arrival>>, stop: &StopSignal) {
        while !stop.is_stopped() {
            let arrival = match self.assembler.next_deadline() {
                Some(deadline) => arrivals.recv_timeout(deadline.saturating_duration_since(Instant::now())),
                None => arrivals.recv().map_err(RecvTimeoutError::from),
            };
            match self.shared.wait_micros.load(Ordering::Relaxed) {
                0 => {}
                micros => self.assembler.set_wait(Duration::from_micros(micros)),
            }
            match arrival {
                Ok(Some(Arrival { at, packet })) => self.assembler.push(at, packet),
                Err(RecvTimeoutError::Timeout) => self.assembler.tick(Instant::now()),
                Ok(None) | Err(RecvTimeoutError::Disconnected) => return,
            }
            while let Some(output) = self.assembler.poll() {
                match output {
                    Output::Picture(picture) => self.picture(&picture),
                    Output::NeedKeyFrame => {
                        self.shared.statistics().key_frame_requests += 1;
                        (self.request_key_frame)();
                    }
                }
            }
            let counted = self.assembler.statistics();
            let mut statistics = self.shared.statistics();
            statistics.packets = counted.packets;
            statistics.lost_packets = counted.lost_packets;
        }
    }

    fn picture(&mut self, picture: &Picture) {
        self.shared.statistics().pictures_assembled += 1;
        let size = match &mut self.decoder {
            None if picture.is_key_frame => size_of(&picture.annexb),
            None => None,
            Some(decoder) => {
                let started = Instant::now();
                let result = decoder.decode(&picture.annexb);
                let decode_time = started.elapsed();
                self.shared.statistics().decode_time_total += decode_time;
                match result {
                    Ok(Some(frame)) => Some(self.show(frame, picture)),
                    Ok(None) => return,
                    Err(error) => return self.not_decoded(&error),
                }
            }
        };
        let now = Instant::now();
        let (freezes, frozen) = {
            let mut freezes = lock(&self.shared.freezes);
            freezes.shown(now);
            (freezes.freezes(), freezes.frozen())
        };
        let mut statistics = self.shared.statistics();
        statistics.pictures_decoded += u64::from(self.decoder.is_some());
        if let Some((width, height)) = size {
            (statistics.width, statistics.height) = (width, height);
        }
        statistics.first_picture_at.get_or_insert(now);
        statistics.last_picture_at = Some(now);
        (statistics.freezes, statistics.frozen) = (freezes, frozen);
    }

    /// Hands a decoded picture out and gives its size.
    fn show(&mut self, frame: VideoFrame, picture: &Picture) -> (u32, u32) {
        let frame = Arc::new(frame);
        for shown in &self.pictures {
            shown.publish(frame.clone());
        }
        if let Some(on_picture) = &mut self.on_picture {
            let Picture { timestamp, is_key_frame, received_at, .. } = *picture;
            on_picture(&frame, PictureInfo { timestamp, is_key_frame, received_at });
        }
        (frame.width(), frame.height())
    }

    fn not_decoded(&mut self, error: &DecodeError) {
        let mut statistics = self.shared.statistics();
        if statistics.decode_errors == 0 {
            tracing::warn!(%error, "a picture was not decoded; this is said once for each stream");
        }
        statistics.decode_errors += 1;
        drop(statistics);
        self.assembler.resynchronise();
    }
}

/// The size that a key frame's parameter set tells.
fn size_of(annexb: &[u8]) -> Option<(u32, u32)> {
    let unit = nal::units(annexb).find(|unit| nal::unit_type(unit[0]) == nal::SPS)?;
    sps::parse(unit).map(|parameters| (parameters.width, parameters.height))
}
