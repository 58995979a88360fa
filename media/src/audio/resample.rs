//! Sound from one sample rate to another, as a stream of pieces of any size, of one channel or of two as mid and side.

use rubato::audioadapter_buffers::direct::SequentialSlice;
use rubato::{
    Async, FixedAsync, Indexing, Resampler as _, SincInterpolationParameters, SincInterpolationType, WindowFunction,
};

/// Lowest and highest sample rate that is accepted, in hertz.
pub const SAMPLE_RATES_HZ: std::ops::RangeInclusive<u32> = 8_000..=192_000;

/// Points of the filter: flat to about 20 kHz at the usual rates, 1.3 ms of delay at 48 kHz.
const FILTER_LENGTH: usize = 128;

/// Chunks of silence that a side is continued with when it ends: what the filter still knows of it is out after them.
const CHUNKS_AFTER_SIDE: u32 = 2;

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
    /// The mid's samples at a time, and after them the side's; those that are there so far.
    chunk: Vec<f32>,
    filled: usize,
    /// The mid that a chunk makes, and after it the side.
    output: Vec<f32>,
    /// Chunks from here on that have a side.
    chunks_with_side: u32,
    /// What is computed: the mid alone, or both.
    alone: Indexing,
    both: Indexing,
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
        let resampler = Async::new_sinc(ratio, 1.0, &parameters, chunk, 2, FixedAsync::Input)
            .expect("a ratio of two rates in range and a chunk of 10 ms are valid");
        let output = vec![0.0; 2 * resampler.output_frames_max()];
        let with_side = |has_side| Indexing::new().active_channels_mask(vec![true, has_side]);
        Ok(Self {
            engine: Some(Engine {
                resampler,
                chunk: vec![0.0; 2 * chunk],
                filled: 0,
                output,
                chunks_with_side: 0,
                alone: with_side(false),
                both: with_side(true),
            }),
        })
    }

    /// Takes in samples and hands out what they make, in pieces; up to 10 ms is held back for the next call.
    pub fn process(&mut self, samples: &[f32], mut take: impl FnMut(&[f32])) {
        self.process_with_side(samples, None, |samples, _| take(samples));
    }

    /// Takes in samples of two channels, or at present one, as [`Resampler::process`] does. A side is handed out where there is
    /// something of one. It is as long as the mid.
    pub fn process_with_side(
        &mut self,
        mid: &[f32],
        side: Option<&[f32]>,
        mut take: impl FnMut(&[f32], Option<&[f32]>),
    ) {
        debug_assert!(side.is_none_or(|side| side.len() == mid.len()));
        let Some(engine) = &mut self.engine else { return take(mid, side) };
        let mut done = 0;
        while done < mid.len() {
            let now = done..mid.len().min(done + engine.room());
            engine.fill(&mid[now.clone()], side.map(|side| &side[now.clone()]));
            done = now.end;
            if engine.room() == 0 {
                engine.resample(&mut take);
            }
        }
    }
}

impl Engine {
    /// Samples that are missing in the chunk.
    fn room(&self) -> usize {
        self.chunk.len() / 2 - self.filled
    }

    fn fill(&mut self, mid: &[f32], side: Option<&[f32]>) {
        let half = self.chunk.len() / 2;
        let now = self.filled..self.filled + mid.len();
        self.chunk[now.clone()].copy_from_slice(mid);
        let side_now = &mut self.chunk[half..][now.clone()];
        match side {
            Some(side) => {
                side_now.copy_from_slice(side);
                self.chunks_with_side = 1 + CHUNKS_AFTER_SIDE;
            }
            None => side_now.fill(0.0),
        }
        self.filled = now.end;
    }

    fn resample(&mut self, take: &mut impl FnMut(&[f32], Option<&[f32]>)) {
        let has_side = self.chunks_with_side > 0;
        self.chunks_with_side = self.chunks_with_side.saturating_sub(1);
        let (half, capacity) = (self.chunk.len() / 2, self.output.len() / 2);
        let input = SequentialSlice::new(&self.chunk, 2, half).expect("two channels of their length");
        let mut output = SequentialSlice::new_mut(&mut self.output, 2, capacity).expect("two channels of their length");
        let indexing = if has_side { &self.both } else { &self.alone };
        let (_, made) = self
            .resampler
            .process_into_buffer(&input, &mut output, Some(indexing))
            .expect("the buffers are as large as the resampler asks for");
        self.filled = 0;
        let (mid, side) = self.output.split_at(capacity);
        take(&mid[..made], has_side.then(|| &side[..made]));
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
    fn a_side_that_comes_and_goes_stays_beside_the_mid() {
        let mut resampler = Resampler::new(44_100, 48_000).unwrap();
        let sound = sine(997.0, 44_100, 6);
        let (mut mid, mut side) = (Vec::new(), Vec::new());
        for (number, piece) in sound.chunks(777).enumerate() {
            let has_side = (100..200).contains(&number) || (300..).contains(&number);
            resampler.process_with_side(piece, has_side.then_some(piece), |made, beside| {
                mid.extend_from_slice(made);
                side.extend_from_slice(beside.unwrap_or(&vec![0.0; made.len()]));
            });
        }
        assert_eq!(mid.len(), side.len());
        assert_eq!(mid, resampled(&sound, 44_100, 48_000, 777), "the mid does not notice the side");
        let at = |piece: usize| piece * 777 * 480 / 441;
        assert_eq!(side[..at(99)], vec![0.0; at(99)]);
        assert_eq!(side[at(204)..at(299)], vec![0.0; at(299) - at(204)]);
        assert_eq!(side[at(102)..at(199)], mid[at(102)..at(199)]);
        assert_eq!(side[at(302)..], mid[at(302)..]);
    }

    #[test]
    fn a_rate_out_of_range_is_refused_with_a_sentence() {
        assert_eq!(Resampler::new(0, 48_000).unwrap_err(), UnsupportedRate(0));
        let sentence = Resampler::new(48_000, u32::MAX).unwrap_err().to_string();
        assert!(sentence.contains("4294967295 Hz"), "{sentence}");
    }
}
