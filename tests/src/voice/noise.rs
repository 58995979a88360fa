//! Noise of the places people call from. Each at about −40 dBFS; see [`at_ratio`].

use std::f32::consts::TAU;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::score::{active_level_dbfs, level_dbfs};
use super::speech::speech;
use super::{RATE_HZ, amplified, mixed, samples};

const LEVEL_DBFS: f64 = -40.0;

/// A kind of noise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noise {
    /// A computer's fan: steady, mostly low, with the tone of its blades.
    Fan,
    /// Somebody types: clicks with a little ringing, 5 to 9 a second.
    Keyboard,
    /// Six people who speak at once, further off.
    Babble,
}

impl Noise {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Fan, Self::Keyboard, Self::Babble];

    /// In a word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fan => "fan",
            Self::Keyboard => "keyboard",
            Self::Babble => "babble",
        }
    }

    /// So many seconds of it.
    pub fn make(self, seed: u64, seconds: f64) -> Vec<f32> {
        let random = StdRng::seed_from_u64(seed);
        let noise = match self {
            Self::Fan => fan(random, samples(seconds)),
            Self::Keyboard => keyboard(random, samples(seconds)),
            Self::Babble => babble(seed, seconds),
        };
        let level = level_dbfs(&noise);
        amplified(&noise, LEVEL_DBFS - level)
    }
}

/// The noise so loud that the voice, while it speaks, is `decibels` above it.
pub fn at_ratio(voice: &[f32], noise: &[f32], decibels: f64) -> Vec<f32> {
    amplified(noise, active_level_dbfs(voice) - decibels - level_dbfs(noise))
}

fn fan(mut random: StdRng, length: usize) -> Vec<f32> {
    let mut low = 0.0;
    (0..length)
        .map(|index| {
            let white = random.random_range(-1.0f32..1.0);
            // A pole at 400 Hz, and some of all frequencies.
            low += 0.05 * (white - low);
            let blades = (TAU * 180.0 * index as f32 / RATE_HZ as f32).sin();
            low + 0.08 * white + 0.02 * blades
        })
        .collect()
}

fn keyboard(mut random: StdRng, length: usize) -> Vec<f32> {
    let mut sound = vec![0.0f32; length];
    let mut at = 0;
    while at < length {
        let (ring_hz, strength) = (random.random_range(1_500.0..4_000.0), random.random_range(0.4..1.0));
        for (index, sample) in sound[at..].iter_mut().take(samples(0.03)).enumerate() {
            let time = index as f32 / RATE_HZ as f32;
            let click = random.random_range(-1.0f32..1.0) * (-time / 0.003).exp();
            let ring = 0.4 * (TAU * ring_hz * time).sin() * (-time / 0.008).exp();
            *sample += strength * (click + ring);
        }
        at += samples(random.random_range(0.11..0.2));
    }
    sound
}

fn babble(seed: u64, seconds: f64) -> Vec<f32> {
    (0..6).fold(Vec::new(), |sum, number| mixed(&sum, &speech(seed * 6 + number + 1_000, seconds)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_is_as_loud_as_the_ratio_says() {
        let voice = speech(1, 4.0);
        for kind in Noise::ALL {
            let noise = at_ratio(&voice, &kind.make(2, 4.0), 10.0);
            let ratio = active_level_dbfs(&voice) - level_dbfs(&noise);
            assert!((ratio - 10.0).abs() < 0.01, "{kind:?}: {ratio} dB");
        }
    }
}
