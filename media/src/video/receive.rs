//! The receiving side: one remote participant's packets to pictures, on a thread of their own.
//!
//! Shows nothing that is damaged: after loss or a decoding error the last good picture stays until a key frame has come.
//! Pictures are decoded as soon as they are whole and shown at their own pace ([`super::schedule`]); while nobody looks they
//! are not decoded. Knows nothing of sockets; whoever has the packets pushes them and sends the requests for key frames.

#[cfg(test)]
mod damage;
mod receiving;
#[cfg(test)]
mod tests;
mod waiting;

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use super::assemble::AssemblerConfig;
use super::statistics::FreezeCounter;
use crate::frame::VideoFrame;
use crate::latest::Latest;
use crate::lock::lock;
use crate::rtp::RtpPacket;
use crate::synchronise::SharedSynchroniser;
use crate::worker::Worker;
use receiving::Receiving;

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

/// Called on the decoding thread for every picture when it is decoded, in order, also for those that nobody takes in time to
/// show.
pub type OnPicture = Box<dyn FnMut(&Arc<VideoFrame>, PictureInfo) + Send>;

/// How a [`VideoReceiver`] receives.
pub struct ReceiverConfig {
    /// Whether to decode. Without, pictures are put together and counted as if they were shown.
    pub decode: bool,
    pub assembler: AssemblerConfig,
    pub on_picture: Option<OnPicture>,
    /// What keeps the pictures with the same participant's sound.
    pub synchroniser: SharedSynchroniser,
}

impl Default for ReceiverConfig {
    fn default() -> Self {
        Self {
            decode: true,
            assembler: AssemblerConfig::default(),
            on_picture: None,
            synchroniser: SharedSynchroniser::default(),
        }
    }
}

impl std::fmt::Debug for ReceiverConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { decode, assembler, on_picture: _, synchroniser: _ } = self;
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
    /// How much longer the ways of nearly all pictures were than the shortest, lately.
    pub jitter: Duration,
    /// How long pictures that come as fast as they can wait to be shown at present.
    pub wait: Duration,
    /// When the first and the last picture were shown.
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
    freezes: Mutex<Freezes>,
    is_hidden: AtomicBool,
    overflowed_packets: AtomicU64,
    /// How long a missing packet is waited for; 0 where nobody has said.
    wait_micros: AtomicU64,
}

/// Counts freezes while pictures are to be expected.
#[derive(Default)]
struct Freezes {
    counter: FreezeCounter,
    is_camera_off: bool,
    is_hidden: bool,
}

impl Freezes {
    fn change(&mut self, change: impl FnOnce(&mut Self)) {
        change(self);
        self.counter.set_paused(self.is_camera_off || self.is_hidden);
    }
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
        let mut receiving =
            Receiving::new(config, pictures, request_key_frame, shared.clone()).map_err(io::Error::other)?;
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

    /// Whether the sender says that its camera is on: while it is off, standing still is no freeze.
    pub fn set_camera(&self, is_on: bool) {
        lock(&self.input.shared.freezes).change(|freezes| freezes.is_camera_off = !is_on);
    }

    /// Whether anybody looks. What comes while nobody does is neither decoded nor shown nor missed; a key frame is asked for
    /// afterwards if it was needed.
    pub fn set_hidden(&self, is_hidden: bool) {
        self.input.shared.is_hidden.store(is_hidden, Ordering::Relaxed);
        lock(&self.input.shared.freezes).change(|freezes| freezes.is_hidden = is_hidden);
    }

    /// What was received so far.
    pub fn statistics(&self) -> ReceiveStatistics {
        let shared = &self.input.shared;
        let overflowed_packets = shared.overflowed_packets.load(Ordering::Relaxed);
        ReceiveStatistics { overflowed_packets, ..*shared.statistics() }
    }
}
