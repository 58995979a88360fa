//! The ladder's worker: takes one frame after the other through scaling, encoding and cutting.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::clock::TimestampClock;
use super::overload::Overload;
use super::{LadderConfig, Shared, sizes};
use crate::capture::pace::FrameRateLimit;
use crate::capture::scale::FrameScaler;
use crate::codec::h264::{Encoder, EncoderConfig};
use crate::frame::VideoFrame;
use crate::layer::{Layer, LayerFormat, LayerTarget, Layers, PerLayer};
use crate::lock::lock;
use crate::rtp::{MAX_PAYLOAD_BYTES, VideoPackets};
use crate::video::packetize::packetize;

/// How long an encoder that nobody wants is kept. It holds megabytes, and takes milliseconds to make.
const ENCODER_KEPT: Duration = Duration::from_secs(5);

/// A longer gap between two pictures is a pause: the camera was off, or nobody wanted any.
const PAUSE: Duration = Duration::from_secs(1);

pub(super) struct Encoding<D> {
    shared: Arc<Shared>,
    clock: TimestampClock,
    overload: Overload,
    /// Size of the last frame, and the layers of frames of this size.
    captured: (u32, u32),
    formats: PerLayer<Option<LayerFormat>>,
    layers: PerLayer<LayerEncoder>,
    deliver: D,
}

/// What one layer is made with.
struct LayerEncoder {
    layer: Layer,
    /// `None` while it is not used.
    encoder: Option<Encoder>,
    /// Makes its frames, which all have one size, in buffers of its own.
    scaler: FrameScaler,
    /// The frame rate it is held to, and what holds it to that.
    rate: Option<(u32, FrameRateLimit)>,
    last_used: Option<Instant>,
    last_sent: Option<Instant>,
}

impl<D: FnMut(Arc<VideoPackets>) -> Layers> Encoding<D> {
    pub fn new(config: LadderConfig, shared: Arc<Shared>, deliver: D) -> Self {
        let formats = lock(&shared.state).formats;
        Self {
            shared,
            clock: TimestampClock::new(config.epoch, config.timestamp_offset),
            overload: Overload::new(config.limits.fps),
            captured: (config.limits.width, config.limits.height),
            formats,
            layers: Layer::ALL.map(LayerEncoder::new),
            deliver,
        }
    }

    /// Encodes a frame in every layer that is wanted and due.
    pub fn frame(&mut self, frame: &VideoFrame) {
        let started = Instant::now();
        if self.captured != (frame.width(), frame.height()) {
            self.captured = (frame.width(), frame.height());
            self.formats = sizes::formats(frame.width(), frame.height());
            lock(&self.shared.state).formats = self.formats;
        }
        let due = self.due(frame);
        let Some(largest) = Layer::ALL.into_iter().rfind(|layer| due[layer.index()].is_some()) else { return };
        let timestamp = self.clock.timestamp(frame.captured_at());
        let scaled = self.scale(frame, &due);
        for layer in Layer::ALL {
            if let Some(target) = due[layer.index()] {
                let picture = scaled[layer.index()].as_ref().unwrap_or(frame);
                let packets = self.layers[layer.index()].encode(picture, target, timestamp, &self.shared);
                let Some(packets) = packets else { continue };
                for wanted in (self.deliver)(Arc::new(packets)).iter() {
                    lock(&self.shared.control).key_frames[wanted.index()].request();
                }
            }
        }
        self.overload.encoded(started, Instant::now(), largest);
        lock(&self.shared.state).limits = self.overload.limits();
    }

    /// The layers in which the frame is to be encoded, with the rates that the machine allows.
    fn due(&mut self, frame: &VideoFrame) -> PerLayer<Option<LayerTarget>> {
        let targets = lock(&self.shared.control).targets;
        let limits = self.overload.limits();
        let mut due = [None; Layer::COUNT];
        for layer in Layer::ALL {
            let index = layer.index();
            let (Some(target), Some(format)) = (targets[index], self.formats[index]) else { continue };
            let max_fps = target.max_fps.min(limits.max_fps);
            if self.layers[index].admits(frame.captured_at(), max_fps) {
                due[index] = Some(LayerTarget { bitrate_bps: target.bitrate_bps.min(format.max_bps), max_fps });
            } else {
                lock(&self.shared.state).statistics[index].frames_left_out += 1;
            }
        }
        due
    }

    /// The frame in the sizes that are due, each made from the next larger one that is there; none where the frame itself
    /// has the size. A size that is not due is not made on the way: going there directly is cheaper than going by it.
    fn scale(&mut self, frame: &VideoFrame, due: &PerLayer<Option<LayerTarget>>) -> PerLayer<Option<VideoFrame>> {
        let mut scaled = [const { None }; Layer::COUNT];
        for index in (0..Layer::COUNT).rev() {
            let (Some(LayerFormat { width, height, .. }), Some(_)) = (self.formats[index], due[index]) else {
                continue;
            };
            // An odd last row and column is left out by the encoder.
            if (width, height) != (frame.width() & !1, frame.height() & !1) {
                let source = scaled[index + 1..].iter().flatten().next().unwrap_or(frame);
                let picture = self.layers[index].scaler.scale(source, width, height);
                scaled[index] = Some(picture);
            }
        }
        scaled
    }

    /// After how long without a frame [`Encoding::free_unused`] frees something.
    pub fn frees_after(&self) -> Option<Duration> {
        self.layers.iter().any(|layer| layer.encoder.is_some()).then_some(ENCODER_KEPT)
    }

    /// Frees the encoders and buffers of layers that were not used for a while.
    pub fn free_unused(&mut self, now: Instant) {
        for layer in &mut self.layers {
            if layer.encoder.is_some() && layer.last_used.is_none_or(|used| now >= used + ENCODER_KEPT) {
                layer.encoder = None;
                layer.scaler = FrameScaler::default();
            }
        }
    }

    #[cfg(test)]
    pub fn encoders(&self) -> usize {
        self.layers.iter().filter(|layer| layer.encoder.is_some()).count()
    }
}

impl LayerEncoder {
    fn new(layer: Layer) -> Self {
        Self { layer, encoder: None, scaler: FrameScaler::default(), rate: None, last_used: None, last_sent: None }
    }

    fn admits(&mut self, captured_at: Instant, max_fps: u32) -> bool {
        let limit = match &mut self.rate {
            Some((fps, limit)) if *fps == max_fps => limit,
            rate => &mut rate.insert((max_fps, FrameRateLimit::new(max_fps))).1,
        };
        limit.admits(captured_at)
    }

    fn encode(
        &mut self,
        frame: &VideoFrame,
        target: LayerTarget,
        timestamp: u32,
        shared: &Shared,
    ) -> Option<VideoPackets> {
        let started = Instant::now();
        let index = self.layer.index();
        self.last_used = Some(started);
        let force_key_frame = lock(&shared.control).key_frames[index].take(started);
        let config = EncoderConfig { fps: target.max_fps, bitrate_bps: Some(target.bitrate_bps) };
        let encoder = self.encoder.get_or_insert_with(|| Encoder::new(config));
        encoder.set_bitrate(config.bitrate_bps);
        encoder.set_frame_rate(config.fps);
        let result = encoder.encode(frame, force_key_frame);
        if force_key_frame && !matches!(result, Ok(Some(_))) {
            lock(&shared.control).key_frames[index].failed();
        }
        let mut state = lock(&shared.state);
        let statistics = &mut state.statistics[index];
        statistics.encode_time_total += started.elapsed();
        let picture = match result {
            Ok(Some(picture)) => picture,
            Ok(None) => {
                statistics.frames_left_out += 1;
                return None;
            }
            Err(error) => {
                if statistics.encode_errors == 0 {
                    tracing::warn!(layer = ?self.layer, %error, "a picture was not encoded; this is said once");
                }
                statistics.encode_errors += 1;
                return None;
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
        drop(state);
        if is_key_frame && !force_key_frame {
            lock(&shared.control).key_frames[index].given(started);
        }
        let captured_at = frame.captured_at();
        Some(VideoPackets { layer: self.layer, timestamp, captured_at, is_key_frame, payloads })
    }
}
