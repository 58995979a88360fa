//! Sound for tests and ways to compare it.

use std::f32::consts::TAU;

use crate::frame::SAMPLE_RATE_HZ;

/// Something as varied as speech: harmonics of a gliding pitch, shaped by two moving formants into syllables.
pub(crate) fn speech_like(seconds: f32) -> Vec<f32> {
    let rate = SAMPLE_RATE_HZ as f32;
    let mut phase = 0.0f32;
    (0..(seconds * rate) as usize)
        .map(|index| {
            let time = index as f32 / rate;
            let pitch = 120.0 + 30.0 * (TAU * 0.7 * time).sin() + 15.0 * (TAU * 2.3 * time).sin();
            phase = (phase + pitch / rate).fract();
            let formants = [500.0 + 250.0 * (TAU * 1.3 * time).sin(), 1500.0 + 500.0 * (TAU * 0.9 * time).cos()];
            let voice: f32 = (1..=24)
                .map(|harmonic| {
                    let frequency = pitch * harmonic as f32;
                    let gain: f32 =
                        formants.iter().map(|formant| (-((frequency - formant) / 180.0).powi(2)).exp()).sum();
                    (gain + 0.02) * (TAU * phase * harmonic as f32).sin()
                })
                .sum();
            let syllable = (0.5 - 0.5 * (TAU * 3.1 * time).cos()).powi(2);
            0.15 * voice * syllable
        })
        .collect()
}

/// The highest normalised correlation of `heard` with `said` when it is up to `max_delay` samples late.
pub(crate) fn best_correlation(said: &[f32], heard: &[f32], max_delay: usize) -> f64 {
    let at = |delay: usize| {
        let length = said.len().min(heard.len().saturating_sub(delay));
        let (mut product, mut said_power, mut heard_power) = (0.0f64, 0.0f64, 0.0f64);
        for (a, b) in said[..length].iter().zip(&heard[delay..]) {
            let (a, b) = (f64::from(*a), f64::from(*b));
            product += a * b;
            said_power += a * a;
            heard_power += b * b;
        }
        product / (said_power * heard_power).sqrt().max(1e-12)
    };
    // Coarsely first, each tenth of a millisecond is enough to find the peak of speech, then exactly around it.
    let coarse = (0..max_delay).step_by(5).max_by(|a, b| at(*a).total_cmp(&at(*b))).unwrap_or(0);
    (coarse.saturating_sub(5)..=coarse + 5).map(at).fold(f64::MIN, f64::max)
}

/// Power of one frequency among the samples (Goertzel), 1 for a full-scale sine.
pub(crate) fn power_at(samples: &[f32], frequency: f32) -> f64 {
    let step = f64::from(frequency) / f64::from(SAMPLE_RATE_HZ) * std::f64::consts::TAU;
    let (mut real, mut imaginary) = (0.0, 0.0);
    for (index, sample) in samples.iter().enumerate() {
        let angle = step * index as f64;
        real += f64::from(*sample) * angle.cos();
        imaginary += f64::from(*sample) * angle.sin();
    }
    4.0 * (real * real + imaginary * imaginary) / (samples.len() as f64).powi(2)
}

/// The largest difference of two neighbouring samples: a click shows in it.
pub(crate) fn steepest(samples: &[f32]) -> f32 {
    samples.windows(2).fold(0.0, |most, pair| most.max((pair[1] - pair[0]).abs()))
}
