//! The sending side: the newest captured frame is encoded once and cut once, for everybody.
//!
//! Frames are dropped before encoding and nowhere after. Knows nothing of peers: whoever does says whether anybody
//! wants pictures and passes requests for key frames on.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::packetize::packetize;
use crate::codec::h264::{Encoder, EncoderConfig};
use crate::frame::VideoFrame;
use crate::latest::{Latest, Waited};
use crate::rtp::{MAX_PAYLOAD_BYTES, VIDEO_CLOCK_HZ, VideoPackets};
use crate::worker::Worker;

/// Least time between two key frames that were asked for. One costs as much as ten other pictures, and one serves
/// everybody who asked.
const KEY_FRAME_INTERVAL: Duration = Duration::from_millis(300);

/// How long the worker sleeps when no frame comes; it is woken for frames and at the end.
const IDLE_WAIT: Duration = Duration::from_secs(60);

/// A longer gap between two pictures is a pause: the camera was off, or nobody wanted any.
const PAUSE: Duration = Duration::from_secs(1);

/// How a [`VideoSender`] sends.
#[derive(Clone, Copy, Debug)]
pub struct SenderConfig {
    /// Frames per second that capture gives.
    pub fps: u32,
    /// Bits per second to aim at; `None` for what suits the size.
    pub bitrate_bps: Option<u32>,
    /// Reference of the RTP timestamps: a frame captured at this moment has `timestamp_offset`.
    pub epoch: Instant,
    /// In units of [`VIDEO_CLOCK_HZ`]; random, as RFC 3550 §5.1 wants.
    pub timestamp_offset: u32,
}

impl SenderConfig {
    /// For frames at a rate, with the bitrate that suits their size, and timestamps that count from now.
    pub fn new(fps: u32) -> Self {
        Self { fps, bitrate_bps: None, epoch: Instant::now(), timestamp_offset: rand::random() }
    }
}

/// What was sent so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SendStatistics {
    /// Size of the last encoded frame in pixels.
    pub width: u32,
    pub height: u32,
    pub frames_encoded: u64,
    pub key_frames: u64,
    /// Payload bytes, counted once whatever the number of peers.
    pub bytes: u64,
    /// Time spent encoding.
    pub encode_time_total: Duration,
    /// Time during which pictures were sent, pauses left out.
    pub active: Duration,
    pub encode_errors: u64,
}

/// What the worker is told.
#[derive(Debug)]
struct Control {
    active: bool,
    bitrate_bps: Option<u32>,
    key_frames: KeyFrameGate,
}

#[derive(Clone, Debug)]
struct Shared {
    control: Arc<Mutex<Control>>,
    statistics: Arc<Mutex<SendStatistics>>,
}

/// Encodes one participant's video. Inactive at first. Dropping it ends its thread.
#[derive(Debug)]
pub struct VideoSender {
    shared: Shared,
    _worker: Worker,
}

impl VideoSender {
    /// Starts to take frames from `pictures`, which is closed when the sender is dropped, and to give each picture's
    /// packets to `deliver`, on the encoding thread: it must not wait for the network.
    ///
    /// # Errors
    ///
    /// When the system has no thread to give.
    pub fn start(
        pictures: Latest<Arc<VideoFrame>>,
        config: SenderConfig,
        deliver: impl FnMut(Arc<VideoPackets>) + Send + 'static,
    ) -> io::Result<Self> {
        let control = Control { active: false, bitrate_bps: config.bitrate_bps, key_frames: KeyFrameGate::default() };
        let shared = Shared { control: Arc::new(Mutex::new(control)), statistics: Arc::default() };
        let mut encoding = Encoding {
            encoder: Encoder::new(EncoderConfig { fps: config.fps, bitrate_bps: config.bitrate_bps }),
            clock: TimestampClock::new(config.epoch, config.timestamp_offset),
            shared: shared.clone(),
            last_sent: None,
            deliver,
        };
        let closer = pictures.clone();
        let worker = Worker::spawn_with_wake(
            "video-send",
            move || closer.close(),
            move |stop| {
                while !stop.is_stopped() {
                    match pictures.wait(IDLE_WAIT) {
                        Waited::Value(frame) => encoding.frame(&frame),
                        Waited::TimedOut => {}
                        Waited::Closed => return,
                    }
                }
            },
        )?;
        Ok(Self { shared, _worker: worker })
    }

    /// Whether anybody wants pictures. While nobody does, frames are dropped unencoded; when somebody does again, the
    /// first picture is a key frame.
    pub fn set_active(&self, active: bool) {
        let mut control = lock(&self.shared.control);
        if active && !control.active {
            control.key_frames = KeyFrameGate::default();
            control.key_frames.request();
        }
        control.active = active;
    }

    /// A handle for requests for key frames, from any thread.
    pub fn key_frame_requester(&self) -> KeyFrameRequester {
        KeyFrameRequester { control: self.shared.control.clone() }
    }

    /// Changes the bits per second to aim at.
    pub fn set_bitrate(&self, bitrate_bps: u32) {
        lock(&self.shared.control).bitrate_bps = Some(bitrate_bps);
    }

    /// What was sent so far.
    pub fn statistics(&self) -> SendStatistics {
        *lock(&self.shared.statistics)
    }
}

/// Passes requests for key frames on. It does not keep the encoder alive, so whoever holds it never has to wait for the
/// encoding thread to end.
#[derive(Clone, Debug)]
pub struct KeyFrameRequester {
    control: Arc<Mutex<Control>>,
}

impl KeyFrameRequester {
    /// Makes one of the next pictures a key frame: the next, unless the last key frame was a moment ago. Any number of
    /// requests gives one.
    pub fn request(&self) {
        lock(&self.control).key_frames.request();
    }
}

/// What is guarded is plain values, good after each single change.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The worker's part.
struct Encoding<D> {
    encoder: Encoder,
    clock: TimestampClock,
    shared: Shared,
    last_sent: Option<Instant>,
    deliver: D,
}

impl<D: FnMut(Arc<VideoPackets>)> Encoding<D> {
    fn frame(&mut self, frame: &VideoFrame) {
        let started = Instant::now();
        let force_key_frame = {
            let mut control = lock(&self.shared.control);
            if !control.active {
                return;
            }
            self.encoder.set_bitrate(control.bitrate_bps);
            control.key_frames.take(started)
        };
        let result = self.encoder.encode(frame, force_key_frame);
        if force_key_frame && !matches!(result, Ok(Some(_))) {
            lock(&self.shared.control).key_frames.request();
        }
        let mut statistics = lock(&self.shared.statistics);
        statistics.encode_time_total += started.elapsed();
        let picture = match result {
            Ok(Some(picture)) => picture,
            Ok(None) => return,
            Err(error) => {
                if statistics.encode_errors == 0 {
                    tracing::warn!(%error, "a picture was not encoded; this is said once");
                }
                statistics.encode_errors += 1;
                return;
            }
        };
        let is_key_frame = picture.is_key_frame;
        let payloads = packetize(&Bytes::from(picture.annexb), MAX_PAYLOAD_BYTES);
        statistics.width = frame.width();
        statistics.height = frame.height();
        statistics.frames_encoded += 1;
        statistics.key_frames += u64::from(is_key_frame);
        statistics.bytes += payloads.iter().map(|payload| payload.len() as u64).sum::<u64>();
        let gap = self.last_sent.replace(started).map(|last| started - last);
        statistics.active += gap.filter(|gap| *gap < PAUSE).unwrap_or_default();
        drop(statistics);
        if is_key_frame && !force_key_frame {
            lock(&self.shared.control).key_frames.given(started);
        }
        let timestamp = self.clock.timestamp(frame.captured_at());
        (self.deliver)(Arc::new(VideoPackets { timestamp, is_key_frame, payloads }));
    }
}

/// Gathers requests for key frames and spaces what they lead to.
#[derive(Debug, Default)]
struct KeyFrameGate {
    requested: bool,
    last: Option<Instant>,
}

impl KeyFrameGate {
    fn request(&mut self) {
        self.requested = true;
    }

    /// Whether the picture encoded now must be a key frame.
    fn take(&mut self, now: Instant) -> bool {
        let is_due = self.requested && self.last.is_none_or(|last| now >= last + KEY_FRAME_INTERVAL);
        if is_due {
            self.given(now);
        }
        is_due
    }

    /// A key frame answers all requests made before it.
    fn given(&mut self, now: Instant) {
        self.requested = false;
        self.last = Some(now);
    }
}

/// Capture times as RTP timestamps.
#[derive(Debug)]
struct TimestampClock {
    epoch: Instant,
    offset: u32,
    last: Option<u32>,
}

impl TimestampClock {
    fn new(epoch: Instant, offset: u32) -> Self {
        Self { epoch, offset, last: None }
    }

    /// Always later than the one before: a receiver takes packets with the same timestamp for one picture.
    fn timestamp(&mut self, captured_at: Instant) -> u32 {
        let since_epoch = captured_at.saturating_duration_since(self.epoch);
        let ticks = since_epoch.as_nanos() * u128::from(VIDEO_CLOCK_HZ) / 1_000_000_000;
        // Timestamps wrap (RFC 3550 §5.1).
        let timestamp = self.offset.wrapping_add(ticks as u32);
        let timestamp = match self.last {
            Some(last) if timestamp.wrapping_sub(last).cast_signed() <= 0 => last.wrapping_add(1),
            _ => timestamp,
        };
        self.last = Some(timestamp);
        timestamp
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::h264::clip::Clip;
    use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};

    const LONG: Duration = Duration::from_secs(20);

    fn sender() -> (VideoSender, Latest<Arc<VideoFrame>>, Receiver<Arc<VideoPackets>>) {
        let (pictures, (delivered, packets)) = (Latest::new(), channel());
        let deliver = move |packets| drop(delivered.send(packets));
        let sender = VideoSender::start(pictures.clone(), SenderConfig::new(30), deliver).unwrap();
        (sender, pictures, packets)
    }

    #[test]
    fn pictures_are_sent_only_while_wanted_and_start_with_a_key_frame() {
        let (sender, pictures, packets) = sender();
        let clip = Clip::new(64, 48);
        let send = |number| {
            pictures.publish(Arc::new(clip.frame(number)));
            packets.recv_timeout(LONG).unwrap().is_key_frame
        };
        sender.set_active(true);
        assert!(send(0));
        assert!(!send(1));
        sender.set_active(false);
        sender.set_active(true);
        assert!(send(2), "whoever is there now has missed what came before");
        assert!(!send(3));
        let statistics = sender.statistics();
        assert_eq!((statistics.frames_encoded, statistics.key_frames, statistics.encode_errors), (4, 2, 0));
        assert_eq!((statistics.width, statistics.height), (64, 48));
        assert!(statistics.bytes > 0 && statistics.encode_time_total > Duration::ZERO);
    }

    #[test]
    fn nothing_is_encoded_while_nobody_wants_it() {
        let (sender, pictures, packets) = sender();
        let frame = Arc::new(Clip::new(64, 48).frame(0));
        while pictures.publish(frame.clone()) {
            std::thread::yield_now(); // until the worker has taken the one before
        }
        let shared = sender.shared.clone();
        drop(sender);
        assert_eq!(packets.recv_timeout(LONG).unwrap_err(), RecvTimeoutError::Disconnected);
        assert_eq!(*lock(&shared.statistics), SendStatistics::default());
    }

    #[test]
    fn a_frame_that_cannot_be_encoded_harms_only_itself() {
        let (sender, pictures, packets) = sender();
        sender.set_active(true);
        let tiny = crate::frame::FramePool::new().frame(2, 2, crate::frame::ColorSpace::DEFAULT, Instant::now());
        pictures.publish(Arc::new(tiny));
        while sender.statistics().encode_errors == 0 {
            std::thread::yield_now();
        }
        pictures.publish(Arc::new(Clip::new(64, 48).frame(0)));
        assert!(packets.recv_timeout(LONG).unwrap().is_key_frame);
    }

    #[test]
    fn requests_for_key_frames_are_gathered_and_spaced() {
        let (mut gate, start) = (KeyFrameGate::default(), Instant::now());
        assert!(!gate.take(start));
        gate.request();
        gate.request();
        assert!(gate.take(start));
        assert!(!gate.take(start));
        gate.request();
        assert!(!gate.take(start + Duration::from_millis(299)));
        assert!(gate.take(start + Duration::from_millis(300)));
        assert!(!gate.take(start + Duration::from_millis(900)));
    }

    #[test]
    fn timestamps_follow_capture_times_and_wrap() {
        let epoch = Instant::now();
        let mut clock = TimestampClock::new(epoch, u32::MAX - 2999);
        assert_eq!(clock.timestamp(epoch), u32::MAX - 2999);
        assert_eq!(clock.timestamp(epoch + Duration::from_millis(100)), 6000);
        assert_eq!(clock.timestamp(epoch + Duration::from_millis(100)), 6001, "two pictures never share a timestamp");
        assert_eq!(clock.timestamp(epoch + Duration::from_millis(200)), 15_000);
    }
}
