//! Pictures and sound that were encoded once, to be sent often.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use nonet_media::audio::audio_level::AudioLevel;
use nonet_media::capture::test_pattern::{PatternStamp, TestPattern};
use nonet_media::capture::tone::Tone;
use nonet_media::choice::VideoLimits;
use nonet_media::codec::{h264, opus};
use nonet_media::frame::AUDIO_FRAME_SAMPLES;
use nonet_media::layer::Layer;
use nonet_media::rtp::{AudioPacket, MAX_PAYLOAD_BYTES, VIDEO_CLOCK_HZ, VideoPackets};
use nonet_media::video::packetize::packetize;
use nonet_media::worker::StopSignal;

/// Long, so that key frames, of which each round begins with one, are as rare as in a meeting.
const SECONDS: u32 = 20;
const FPS: u32 = 30;
const FRAME_INTERVAL: Duration = Duration::from_nanos(1_000_000_000 / FPS as u64);
const SOUND_INTERVAL: Duration = Duration::from_millis(20);
/// How loud the tone is, roughly.
const TONE_DBFS: f32 = -20.0;

/// Encoded pictures and sound of some seconds.
#[derive(Debug)]
pub struct Recording {
    /// With start codes; the first is a key frame and no other.
    pub pictures: Vec<Bytes>,
    payloads: Vec<Vec<Bytes>>,
    pub sounds: Vec<Bytes>,
}

impl Recording {
    /// Encodes the test pattern at this size, 30 pictures a second, and a tone.
    ///
    /// # Panics
    ///
    /// When the codecs do not work.
    pub fn new(width: u32, height: u32) -> Self {
        let pattern = TestPattern::new(2, VideoLimits { width, height, fps: FPS });
        let mut encoder = h264::Encoder::new(h264::EncoderConfig { fps: FPS, bitrate_bps: None });
        let start = Instant::now();
        let pictures: Vec<Bytes> = (0..SECONDS * FPS)
            .map(|frame_number| {
                let captured_at = start + frame_number * FRAME_INTERVAL;
                let frame = pattern.draw(PatternStamp { frame_number, captured_at_micros: 0 }, captured_at);
                let picture = encoder.encode(&frame, false).expect("a frame can be encoded").expect("a picture");
                picture.annexb.into()
            })
            .collect();
        let payloads = pictures.iter().map(|picture| packetize(picture, MAX_PAYLOAD_BYTES)).collect();
        let (mut tone, mut encoder) = (Tone::new(2), opus::Encoder::new().expect("an encoder"));
        let sounds = (0..SECONDS * 50).map(|_| encoder.encode(&tone.next_frame()).expect("a frame can be encoded"));
        Self { pictures, payloads, sounds: sounds.collect() }
    }

    /// Packets of video in one second.
    pub fn packets_per_second(&self) -> f64 {
        self.payloads.iter().map(Vec::len).sum::<usize>() as f64 / f64::from(SECONDS)
    }

    /// Payload of video in one second, in kilobits.
    pub fn kbps(&self) -> f64 {
        self.pictures.iter().map(Bytes::len).sum::<usize>() as f64 * 8.0 / 1000.0 / f64::from(SECONDS)
    }

    /// Plays it over and over, at its own pace, until it is stopped; begins anew where a key frame is wanted.
    pub fn play(
        &self,
        stop: &StopSignal,
        wants_key_frame: &AtomicBool,
        video: impl Fn(&Arc<VideoPackets>),
        audio: impl Fn(&Arc<AudioPacket>),
    ) {
        let mut next_picture = Instant::now();
        let mut next_sound = next_picture;
        let (mut picture_number, mut sound_number, mut video_timestamp, mut audio_timestamp) = (0, 0, 0_u32, 0_u32);
        while !stop.is_stopped() {
            let now = Instant::now();
            if wants_key_frame.swap(false, Ordering::Relaxed) {
                picture_number = 0;
                next_picture = next_picture.min(now);
            }
            if now >= next_picture {
                let payloads = self.payloads[picture_number].clone();
                let is_key_frame = picture_number == 0;
                let packets = VideoPackets {
                    layer: Layer::Middle,
                    timestamp: video_timestamp,
                    captured_at: now,
                    is_key_frame,
                    payloads,
                };
                video(&Arc::new(packets));
                picture_number = (picture_number + 1) % self.payloads.len();
                video_timestamp = video_timestamp.wrapping_add(VIDEO_CLOCK_HZ / FPS);
                next_picture += FRAME_INTERVAL;
            }
            if now >= next_sound {
                let payload = self.sounds[sound_number].clone();
                let level = AudioLevel::new(TONE_DBFS, true);
                audio(&Arc::new(AudioPacket { timestamp: audio_timestamp, captured_at: now, level, payload }));
                sound_number = (sound_number + 1) % self.sounds.len();
                audio_timestamp = audio_timestamp.wrapping_add(AUDIO_FRAME_SAMPLES as u32);
                next_sound += SOUND_INTERVAL;
            }
            // Ten milliseconds at most, so that a key frame that is wanted comes at once.
            let wait = next_picture.min(next_sound).saturating_duration_since(Instant::now());
            stop.sleep(wait.min(Duration::from_millis(10)));
        }
    }
}
