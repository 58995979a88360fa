//! What a microphone hears, made here: somebody who speaks, noise, and a room in which a loudspeaker plays; and measures of what
//! processing makes of it.
//!
//! Mono at 48 kHz. Everything follows from its seed, so that a measurement can be repeated.

pub mod noise;
pub mod room;
pub mod scene;
pub mod score;
pub mod speech;

/// Samples per second of all of it.
pub const RATE_HZ: usize = 48_000;

/// Samples of so many seconds.
pub fn samples(seconds: f64) -> usize {
    (seconds * RATE_HZ as f64) as usize
}

/// Both at once, for as long as the longer one lasts.
pub fn mixed(a: &[f32], b: &[f32]) -> Vec<f32> {
    let at = |sound: &[f32], index: usize| sound.get(index).copied().unwrap_or(0.0);
    (0..a.len().max(b.len())).map(|index| at(a, index) + at(b, index)).collect()
}

/// The same at another level: so many decibels more, or less.
pub fn amplified(sound: &[f32], decibels: f64) -> Vec<f32> {
    let gain = 10f64.powf(decibels / 20.0) as f32;
    sound.iter().map(|sample| sample * gain).collect()
}
