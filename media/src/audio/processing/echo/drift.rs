//! How much faster the microphone's clock runs than the speaker's: by how much the echo comes later from frame to frame.
//!
//! Of an echo that is a little later than the filter has it, what is left is the echo's derivative: the phase between the two grows
//! with frequency. By how much later it is follows from all bins, each with the weight that its noise leaves it; a loop of second
//! order makes that a rate (F. M. Gardner, "Phaselock Techniques", 2005), since a filter alone is always behind.

use super::spectrum::{BINS, Spectrum, TRANSFORM};

/// Bins that are looked at: 200 Hz to 8 kHz.
const SPEECH_BINS: std::ops::Range<usize> = 4..160;

/// Share of what a frame tells that is followed at once, and by which the rate is changed.
const PROPORTIONAL: f32 = 0.02;
const INTEGRAL: f32 = 2e-3;

/// Share of the frames before in how much a frame tells.
const SMOOTHING: f32 = 0.995;

/// What is left after a frame of how much most frames told: while somebody speaks here, less is told and less is followed.
const FADING: f32 = 0.999;

/// What a frame tells counts as no more than this share of it, where it tells much more than those before.
const SUDDEN: f32 = 0.1;

/// The largest difference of two clocks, in samples in a frame: 300 ppm.
const MOST: f32 = 0.144;

/// A difference that is let pass: 20 ppm. The filter follows it by itself, and two who speak at once can look like it.
const LEAST: f32 = 0.01;

/// By how many samples the filter is moved at least.
const STEP: f32 = 0.04;

const NOTHING: f32 = 1e-9;

/// See the module's description.
#[derive(Default)]
pub(super) struct Drift {
    /// Samples by which the echo comes later in each frame.
    rate: f32,
    /// How much a frame tells, and has told.
    told: f32,
    most_told: f32,
    /// Samples by which the filter has not been moved yet.
    due: f32,
}

impl Drift {
    /// Samples by which the echo comes later in each frame, as far as the filter does not follow by itself.
    pub fn rate(&self) -> f32 {
        if self.rate.abs() < LEAST { 0.0 } else { self.rate }
    }

    /// Takes in what is left, the echo, and what the former has as noise, inverse and for each bin. Says by how many samples the
    /// filter has to be moved.
    pub fn update(&mut self, left: &Spectrum, echo: &Spectrum, inverse_noise: &[f32; BINS]) -> Option<f32> {
        let (mut sum, mut weight) = (0.0, 0.0);
        for bin in SPEECH_BINS {
            // By how much a sample turns the phase.
            let turn = std::f32::consts::TAU * bin as f32 / TRANSFORM as f32;
            let across = left.real[bin] * echo.imaginary[bin] - left.imaginary[bin] * echo.real[bin];
            sum += turn * across * inverse_noise[bin];
            weight += turn * turn * echo.power(bin) * inverse_noise[bin];
        }
        self.told = SMOOTHING * self.told + (1.0 - SMOOTHING) * weight;
        self.most_told = self.told.max(FADING * self.most_told);
        let later = sum / (self.most_told.max(SUDDEN * weight) + NOTHING);
        self.rate = (self.rate + INTEGRAL * later).clamp(-MOST, MOST);
        if self.rate() == 0.0 {
            self.due = 0.0;
            return None;
        }
        self.due += self.rate + PROPORTIONAL * later;
        (self.due.abs() >= STEP).then(|| std::mem::take(&mut self.due))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rate after 5 s in which what is left of each bin is what lateness by so many samples leaves, and so
    /// many times the echo itself.
    fn rate(later: f32, missing: f32) -> f32 {
        let mut drift = Drift::default();
        for frame in 0..500 {
            let phase = |bin: usize| (bin * bin + 7 * frame) as f32;
            let echo = Spectrum {
                real: std::array::from_fn(|bin| phase(bin).cos()),
                imaginary: std::array::from_fn(|bin| phase(bin).sin()),
            };
            let turn = |bin: usize| std::f32::consts::TAU * bin as f32 / TRANSFORM as f32 * later;
            let left = Spectrum {
                real: std::array::from_fn(|bin| missing * echo.real[bin] + turn(bin) * echo.imaginary[bin]),
                imaginary: std::array::from_fn(|bin| missing * echo.imaginary[bin] - turn(bin) * echo.real[bin]),
            };
            drift.update(&left, &echo, &[1.0; BINS]);
        }
        drift.rate()
    }

    #[test]
    fn an_echo_that_is_always_late_has_a_clock_that_differs() {
        assert!(rate(0.05, 0.0) > LEAST);
        assert!(rate(-0.05, 0.0) < -LEAST);
        assert_eq!(rate(100.0, 0.0), MOST);
    }

    #[test]
    fn an_echo_that_is_only_louder_than_was_learnt_has_none() {
        assert_eq!(rate(0.0, 0.5), 0.0);
    }
}
