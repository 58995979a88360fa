//! Makes all voices about as loud: WebRTC's second automatic gain control, a gain that follows the level of speech, and a limiter.

use sonora::config::{AdaptiveDigital, GainController2, MaxProcessingRate, Pipeline};
use sonora::{AudioProcessing, Config, StreamConfig};

use super::HALF_SAMPLES;
use crate::frame::SAMPLE_RATE_HZ;

/// Most that is added, in decibels: enough for a microphone at the other end of the table.
const MAX_GAIN_DB: f32 = 24.0;

/// See the module's description.
pub(super) struct AutomaticGain {
    pipeline: AudioProcessing,
}

impl AutomaticGain {
    /// One that has heard nobody yet.
    pub(super) fn new() -> Self {
        let adaptive = AdaptiveDigital { initial_gain_db: 0.0, max_gain_db: MAX_GAIN_DB, ..AdaptiveDigital::default() };
        let gain = GainController2 { adaptive_digital: Some(adaptive), ..GainController2::default() };
        let full_rate = MaxProcessingRate::Rate48kHz;
        let pipeline = Pipeline { maximum_internal_processing_rate: full_rate, ..Pipeline::default() };
        let config = Config { pipeline, gain_controller2: Some(gain), ..Config::default() };
        let stream = StreamConfig::new(SAMPLE_RATE_HZ, 1);
        let builder = AudioProcessing::builder().config(config);
        Self { pipeline: builder.capture_config(stream).render_config(stream).build() }
    }

    pub(super) fn process(&mut self, samples: &mut [f32; HALF_SAMPLES]) {
        let before = *samples;
        let (from, to) = (&[before.as_slice()], &mut [samples.as_mut_slice()]);
        self.pipeline.process_capture_f32(from, to).expect("10 ms of one channel are a frame");
    }
}
