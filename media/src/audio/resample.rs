//! Mono sound from one sample rate to another, as a stream of pieces of any size.

use rubato::audioadapter_buffers::direct::SequentialSlice;
use rubato::{Async, FixedAsync, Resampler as _, SincInterpolationParameters, SincInterpolationType, WindowFunction};

/// Lowest and highest sample rate that is accepted, in hertz.
pub const SAMPLE_RATES_HZ: std::ops::RangeInclusive<u32> = 8_000..=192_000;

/// Points of the filter: flat to about 20 kHz at the usual rates, 1.3 ms of delay at 48 kHz.
const FILTER_LENGTH: usize = 128;

/// Why there is no resampling between two rates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a sample rate of {0} Hz is not supported; it must be between 8,000 and 192,000 Hz")]
pub struct UnsupportedRate(pub u32);

/// Resamples one stream. Where the rates are the same, sound passes as it is.
pub struct Resampler {
    engine: Option<Engine>,
}

struct Engine {
    resampler: Async<f32>,
    /// What does not fill the resampler's next chunk yet.
    pending: Vec<f32>,
    output: Vec<f32>,
}

impl std::fmt::Debug for Resampler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Resampler").field("passes_through", &self.engine.is_none()).finish()
    }
}

impl Resampler {
    /// From one rate in hertz to another, both within [`SAMPLE_RATES_HZ`].
    ///
    /// # Errors
    ///
    /// When a rate is out of range.
    pub fn new(from_hz: u32, to_hz: u32) -> Result<Self, UnsupportedRate> {
        if let Some(rate) = [from_hz, to_hz].into_iter().find(|rate| !SAMPLE_RATES_HZ.contains(rate)) {
            return Err(UnsupportedRate(rate));
        }
        if from_hz == to_hz {
            return Ok(Self { engine: None });
        }
        let parameters = SincInterpolationParameters::new(FILTER_LENGTH, WindowFunction::BlackmanHarris2)
            .interpolation(SincInterpolationType::Linear)
            .oversampling_factor(256);
        let chunk = from_hz as usize / 100;
        let ratio = f64::from(to_hz) / f64::from(from_hz);
        let resampler = Async::new_sinc(ratio, 1.0, &parameters, chunk, 1, FixedAsync::Input)
            .expect("a ratio of two rates in range and a chunk of 10 ms are valid");
        let output = vec![0.0; resampler.output_frames_max()];
        Ok(Self { engine: Some(Engine { resampler, pending: Vec::with_capacity(2 * chunk), output }) })
    }

    /// Takes in samples and hands out what they make, in pieces; up to 10 ms is held back for the next call.
    pub fn process(&mut self, mut samples: &[f32], mut take: impl FnMut(&[f32])) {
        let Some(engine) = &mut self.engine else { return take(samples) };
        while !samples.is_empty() {
            let chunk = engine.resampler.input_frames_next();
            let missing = chunk.saturating_sub(engine.pending.len()).min(samples.len());
            let (now, later) = samples.split_at(missing);
            engine.pending.extend_from_slice(now);
            samples = later;
            if engine.pending.len() < chunk {
                return;
            }
            let capacity = engine.output.len();
            let input = SequentialSlice::new(&engine.pending, 1, chunk).expect("the chunk was just filled");
            let mut output =
                SequentialSlice::new_mut(&mut engine.output, 1, capacity).expect("one channel of its length");
            let (_, made) = engine
                .resampler
                .process_into_buffer(&input, &mut output, None)
                .expect("the buffers are as large as the resampler asks for");
            take(&engine.output[..made]);
            engine.pending.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::testing::power_at;
    use std::f32::consts::TAU;

    fn sine(frequency: f32, rate: u32, seconds: u32) -> Vec<f32> {
        (0..rate * seconds).map(|index| (TAU * frequency * (index as f32 / rate as f32)).sin()).collect()
    }

    fn resampled(samples: &[f32], from_hz: u32, to_hz: u32, piece: usize) -> Vec<f32> {
        let mut resampler = Resampler::new(from_hz, to_hz).unwrap();
        let mut out = Vec::new();
        for piece in samples.chunks(piece) {
            resampler.process(piece, |samples| out.extend_from_slice(samples));
        }
        out
    }

    #[test]
    fn every_usual_rate_becomes_48_khz_without_drift_or_change_of_pitch() {
        for rate in [8_000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000, 88_200, 96_000, 192_000] {
            let out = resampled(&sine(997.0, rate, 5), rate, 48_000, 777);
            // All but the filter's delay and what is held back.
            assert!(out.len().abs_diff(5 * 48_000) < 1_500, "{rate} Hz gave {} samples", out.len());
            let power = power_at(&out[2_400..240_000 - 2_400], 997.0);
            assert!((0.95..1.05).contains(&power), "{rate} Hz: power {power}");
        }
    }

    #[test]
    fn what_the_lower_rate_cannot_hold_is_filtered_out() {
        let out = resampled(&sine(15_000.0, 96_000, 1), 96_000, 16_000, 960);
        let energy: f32 = out.iter().map(|sample| sample * sample).sum();
        assert!(energy / (out.len() as f32) < 1e-4);
    }

    #[test]
    fn a_rate_out_of_range_is_refused_with_a_sentence() {
        assert_eq!(Resampler::new(0, 48_000).unwrap_err(), UnsupportedRate(0));
        let sentence = Resampler::new(48_000, u32::MAX).unwrap_err().to_string();
        assert!(sentence.contains("4294967295 Hz"), "{sentence}");
    }
}
