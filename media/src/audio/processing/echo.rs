//! Takes what the speaker plays out of what the microphone hears: WebRTC's third echo canceller (AEC3), in its port to Rust.
//!
//! Knows frames of 10 ms of both signals, roughly aligned; what delay is left between them, up to half a second, and its changes the
//! canceller finds itself. It takes away low hum as well, which would mislead it.
//!
//! Where most of what was heard was taken away, the far side alone was heard, and what is left is made quieter still: rooms answer
//! for longer than the canceller's filter reaches. Somebody who speaks here leaves too much for that.

use sonora::config::{EchoCanceller as Cancellation, HighPassFilter, MaxProcessingRate, Pipeline};
use sonora::{AudioProcessing, Config, StreamConfig};

use super::HALF_SAMPLES;
use crate::audio::level::{SILENCE_DBFS, dbfs_of_mean_square, energy};
use crate::frame::SAMPLE_RATE_HZ;

/// Where so much of a frame was taken away, in decibels, it was echo alone.
const ECHO_ALONE_DB: f32 = 5.0;

/// The gain of what is left of it, −14 dB, and the share of the way to it that a frame goes.
const REMAINDER_GAIN: f32 = 0.2;
const REMAINDER_STEP: f32 = 0.5;

/// The pipeline that sound goes through in sonora, at its full rate.
pub(super) fn pipeline(config: Config) -> AudioProcessing {
    let pipeline = Pipeline { maximum_internal_processing_rate: MaxProcessingRate::Rate48kHz, ..Pipeline::default() };
    let stream = StreamConfig::new(SAMPLE_RATE_HZ, 1);
    let config = Config { pipeline, ..config };
    AudioProcessing::builder().config(config).capture_config(stream).render_config(stream).build()
}

/// Sends 10 ms of the microphone through a pipeline.
pub(super) fn process(pipeline: &mut AudioProcessing, samples: &mut [f32; HALF_SAMPLES]) {
    let before = *samples;
    pipeline.process_capture_f32(&[&before], &mut [samples.as_mut_slice()]).expect("10 ms of one channel are a frame");
}

/// See the module's description.
pub(super) struct EchoCanceller {
    pipeline: AudioProcessing,
    /// Levels of the newest two frames of the microphone, in dBFS: what comes out is of both.
    captured_dbfs: [f32; 2],
    gain: f32,
}

impl EchoCanceller {
    /// One that knows nothing of the room yet.
    pub(super) fn new() -> Self {
        Self {
            pipeline: pipeline(Config {
                high_pass_filter: Some(HighPassFilter::default()),
                echo_canceller: Some(Cancellation::default()),
                ..Config::default()
            }),
            captured_dbfs: [SILENCE_DBFS; 2],
            gain: 1.0,
        }
    }

    /// Takes the echo of `played` out of the 10 ms that were captured.
    pub(super) fn process(&mut self, captured: &mut [f32; HALF_SAMPLES], played: &[f32; HALF_SAMPLES]) {
        let mut unchanged = [0.0; HALF_SAMPLES];
        self.pipeline.process_render_f32(&[played], &mut [&mut unchanged]).expect("10 ms of one channel are a frame");
        self.captured_dbfs = [self.captured_dbfs[1], level_dbfs(captured)];
        process(&mut self.pipeline, captured);
        self.suppress_remainder(captured);
    }

    fn suppress_remainder(&mut self, left: &mut [f32; HALF_SAMPLES]) {
        let heard_dbfs = self.captured_dbfs[0].max(self.captured_dbfs[1]);
        let is_echo_alone = heard_dbfs - level_dbfs(left) > ECHO_ALONE_DB;
        let before = self.gain;
        // A voice that begins is heard at once.
        self.gain = if is_echo_alone { before + REMAINDER_STEP * (REMAINDER_GAIN - before) } else { 1.0 };
        for (index, sample) in left.iter_mut().enumerate() {
            let along = (index + 1) as f32 / HALF_SAMPLES as f32;
            *sample *= before + (self.gain - before) * along;
        }
    }
}

/// Root mean square of 10 ms in dBFS.
pub(super) fn level_dbfs(samples: &[f32; HALF_SAMPLES]) -> f32 {
    dbfs_of_mean_square(energy(samples) / HALF_SAMPLES as f64)
}
