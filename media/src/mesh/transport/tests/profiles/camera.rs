//! A camera and its encoders as the network sees them: pictures of the sizes that an encoder would make, really cut.
//!
//! A key frame takes [`KEY_FRAME_TAKES`] pictures' bits, which those after it save again; no picture is as large as the one before
//! it. The bitrate changes with the next picture.

use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::codec::h264::nal;
use crate::layer::{Layer, LayerTarget, PerLayer};
use crate::rtp::{MAX_PAYLOAD_BYTES, VIDEO_CLOCK_HZ, VideoPackets};
use crate::video::ladder::key_frames::KeyFrameGate;
use crate::video::packetize::packetize;

pub const FPS: u32 = 30;
pub const BETWEEN_PICTURES: Duration = Duration::from_micros(33_333);

const KEY_FRAME_TAKES: f64 = 5.0;
/// What one picture saves at most of what came before it was too large, as a part of its own bits.
const SAVED_BY_ONE: f64 = 0.3;
const VARIES: [f64; 7] = [1.0, 0.8, 1.2, 0.9, 1.1, 0.75, 1.25];
/// An encoder that nobody wants is kept for so long; the next one starts with a key frame.
const ENCODER_KEPT: Duration = Duration::from_secs(5);

#[derive(Default)]
struct Encoder {
    used_at: Option<Instant>,
    key_frames: KeyFrameGate,
    /// Bytes that are to be saved.
    owed_bytes: f64,
    /// Of a picture, what was not due yet at the frame rate.
    owed_frames: u32,
}

pub struct Camera {
    begins: Instant,
    pictures: usize,
    pub targets: PerLayer<Option<LayerTarget>>,
    encoders: PerLayer<Encoder>,
}

impl Camera {
    pub fn new(begins: Instant, seed: u64) -> Self {
        let encoders = Default::default();
        Self { begins, pictures: seed as usize, targets: [None; Layer::COUNT], encoders }
    }

    /// When the picture with this timestamp was captured.
    pub fn captured_at(&self, timestamp: u32) -> Instant {
        self.begins + Duration::from_micros(u64::from(timestamp) * 1_000_000 / u64::from(VIDEO_CLOCK_HZ))
    }

    pub fn request_key_frame(&mut self, layer: Layer) {
        self.encoders[layer.index()].key_frames.request();
    }

    /// Captures a picture, and encodes it in every layer that is wanted.
    pub fn capture(&mut self, now: Instant) -> Vec<VideoPackets> {
        self.pictures += 1;
        let ticks = (now - self.begins).as_micros() * u128::from(VIDEO_CLOCK_HZ) / 1_000_000;
        let targets = Layer::ALL.into_iter().filter_map(|layer| Some((layer, self.targets[layer.index()]?)));
        targets
            .filter_map(|(layer, target)| {
                let varies = VARIES[self.pictures % VARIES.len()];
                let (annexb, is_key_frame) = self.encoders[layer.index()].encode(now, target, varies)?;
                let payloads = packetize(&annexb, MAX_PAYLOAD_BYTES);
                Some(VideoPackets { layer, timestamp: ticks as u32, captured_at: now, is_key_frame, payloads })
            })
            .collect()
    }
}

impl Encoder {
    /// `None` when the frame rate leaves the picture out.
    fn encode(&mut self, now: Instant, target: LayerTarget, varies: f64) -> Option<(Bytes, bool)> {
        self.owed_frames += target.max_fps.min(FPS);
        if self.owed_frames < FPS {
            return None;
        }
        self.owed_frames -= FPS;
        let is_new = self.used_at.is_none_or(|at| now > at + ENCODER_KEPT);
        self.used_at = Some(now);
        let is_key_frame = self.key_frames.take(now) || is_new;
        if is_key_frame {
            self.key_frames.given(now);
        }
        let due_bytes = f64::from(target.bitrate_bps) / 8.0 / f64::from(target.max_fps.min(FPS));
        let bytes = if is_key_frame {
            self.owed_bytes += (KEY_FRAME_TAKES - 1.0) * due_bytes;
            KEY_FRAME_TAKES * due_bytes
        } else {
            let saved = self.owed_bytes.min(SAVED_BY_ONE * due_bytes);
            self.owed_bytes -= saved;
            varies * due_bytes - saved
        };
        Some((picture(bytes as usize, is_key_frame), is_key_frame))
    }
}

/// A byte stream of about this length that depacketizers take for a picture.
fn picture(bytes: usize, is_key_frame: bool) -> Bytes {
    /// `nal_ref_idc` of what others build on.
    const IS_REFERENCE: u8 = 3 << 5;
    let mut stream = Vec::with_capacity(bytes + 64);
    let mut unit = |unit_type: u8, length: usize| {
        stream.extend(nal::START_CODE);
        stream.push(IS_REFERENCE | unit_type);
        stream.resize(stream.len() + length.max(1), 0x55);
    };
    if is_key_frame {
        unit(nal::SPS, 10);
        unit(nal::PPS, 4);
        unit(nal::IDR_SLICE, bytes);
    } else {
        unit(nal::SLICE, bytes);
    }
    stream.into()
}
