//! The sending side: from one captured frame up to three layers, each encoded once and cut once, for everybody, and only
//! while somebody wants it.
//!
//! Frames are dropped before encoding and nowhere after. Knows nothing of peers: whoever does says what is wanted of
//! each layer and passes requests for key frames on.
//!
//! All layers are encoded on one thread, the smallest first. Together they take a quarter of the time between two frames
//! on a small machine, nearly all of it the largest: a thread for each would bring that one forward by little, while on
//! one thread each layer is scaled from the one above it without waiting for anybody, timestamps need no agreement, and
//! the time it takes is known as a whole (`overload`).

mod clock;
mod encoding;
pub mod key_frames;
pub mod overload;
pub mod sizes;

use std::io;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::choice::VideoLimits;
use crate::frame::VideoFrame;
use crate::latest::{Latest, Waited};
use crate::layer::{Layer, LayerFormat, LayerTarget, Layers, PerLayer};
use crate::lock::lock;
use crate::rtp::VideoPackets;
use crate::worker::Worker;
use encoding::Encoding;
use key_frames::KeyFrameGate;
use overload::EncodeLimits;

/// How long the worker sleeps when no frame comes and nothing is to be freed; it is woken for frames and at the end.
const IDLE_WAIT: Duration = Duration::from_secs(60);

/// How a [`Ladder`] sends.
#[derive(Clone, Copy, Debug)]
pub struct LadderConfig {
    /// What capture gives at most. Its rate is the full frame rate; its size stands for that of the frames until the first
    /// of them has come.
    pub limits: VideoLimits,
    /// Reference of the RTP timestamps: a frame captured at this moment has `timestamp_offset`.
    pub epoch: Instant,
    /// In units of [`VIDEO_CLOCK_HZ`](crate::rtp::VIDEO_CLOCK_HZ); random, as RFC 3550 §5.1 wants.
    pub timestamp_offset: u32,
}

impl LadderConfig {
    /// For captures within limits, with timestamps that count from now.
    pub fn new(limits: VideoLimits) -> Self {
        Self { limits, epoch: Instant::now(), timestamp_offset: rand::random() }
    }
}

/// What was sent of one layer so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LayerStatistics {
    /// Size of the last encoded frame in pixels.
    pub width: u32,
    pub height: u32,
    pub frames_encoded: u64,
    /// Frames that came while the layer was wanted and were left out, because its rate or the machine allows fewer.
    pub frames_left_out: u64,
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
#[derive(Debug, Default)]
struct Control {
    targets: PerLayer<Option<LayerTarget>>,
    key_frames: PerLayer<KeyFrameGate>,
}

/// What the worker tells.
#[derive(Debug)]
struct State {
    statistics: PerLayer<LayerStatistics>,
    formats: PerLayer<Option<LayerFormat>>,
    limits: EncodeLimits,
}

#[derive(Debug)]
struct Shared {
    control: Mutex<Control>,
    state: Mutex<State>,
}

/// Encodes one participant's video. Encodes nothing at first. Dropping it ends its thread.
#[derive(Debug)]
pub struct Ladder {
    shared: Arc<Shared>,
    _worker: Worker,
}

/// Asks a ladder for key frames, for as long as there is one.
#[derive(Clone, Debug)]
pub struct KeyFrameRequester(Arc<Shared>);

impl KeyFrameRequester {
    /// Makes one of the layer's next pictures a key frame: the next, unless the last key frame was a moment ago. Any number
    /// of requests gives one.
    pub fn request(&self, layer: Layer) {
        lock(&self.0.control).key_frames[layer.index()].request();
    }
}

impl Ladder {
    /// Starts to take frames from `pictures`, which is closed when the ladder is dropped, and to give the packets of each
    /// picture of each layer to `deliver`, on the encoding thread: it must not wait for the network. It returns the layers
    /// of which key frames are needed.
    ///
    /// # Errors
    ///
    /// When the system has no thread to give.
    pub fn start(
        pictures: Latest<Arc<VideoFrame>>,
        config: LadderConfig,
        deliver: impl FnMut(Arc<VideoPackets>) -> Layers + Send + 'static,
    ) -> io::Result<Self> {
        let state = State {
            statistics: PerLayer::default(),
            formats: sizes::formats(config.limits.width, config.limits.height),
            limits: EncodeLimits { largest: Layer::Top, max_fps: config.limits.fps.max(1) },
        };
        let shared = Arc::new(Shared { control: Mutex::default(), state: Mutex::new(state) });
        let mut encoding = Encoding::new(config, shared.clone(), deliver);
        let closer = pictures.clone();
        let worker = Worker::spawn_with_wake(
            "video-send",
            move || closer.close(),
            move |stop| {
                while !stop.is_stopped() {
                    let wait = encoding.frees_after().unwrap_or(IDLE_WAIT);
                    match pictures.wait(wait) {
                        Waited::Value(frame) => encoding.frame(&frame),
                        Waited::TimedOut => {}
                        Waited::Closed => return,
                    }
                    encoding.free_unused(Instant::now());
                }
            },
        )?;
        Ok(Self { shared, _worker: worker })
    }

    /// What is wanted of each layer; nothing of one that nobody gets. A layer that is wanted again starts with a key frame.
    /// More bits than the layer's format is worth are not used. What is wanted of a layer that the capture is too small for
    /// is kept until it is larger.
    pub fn set_targets(&self, targets: PerLayer<Option<LayerTarget>>) {
        let mut control = lock(&self.shared.control);
        for layer in Layer::ALL {
            if targets[layer.index()].is_some() && control.targets[layer.index()].is_none() {
                let gate = &mut control.key_frames[layer.index()];
                *gate = KeyFrameGate::default();
                gate.request();
            }
        }
        control.targets = targets;
    }

    /// Asks this ladder for key frames; for whoever must not keep its thread alive.
    pub fn key_frame_requester(&self) -> KeyFrameRequester {
        KeyFrameRequester(self.shared.clone())
    }

    /// What was sent so far, at [`Layer::index`].
    pub fn statistics(&self) -> PerLayer<LayerStatistics> {
        lock(&self.shared.state).statistics
    }

    /// The layers that the last captured frame has, wanted or not.
    pub fn formats(&self) -> PerLayer<Option<LayerFormat>> {
        lock(&self.shared.state).formats
    }

    /// What this machine can encode in time. The frame rate is already kept to; a layer above the largest is encoded as long
    /// as it is wanted, at the lowest rate.
    pub fn limits(&self) -> EncodeLimits {
        lock(&self.shared.state).limits
    }
}

#[cfg(test)]
mod tests;
