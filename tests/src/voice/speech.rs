//! Speech without words: a source–filter synthesiser (Fant 1960; Klatt, "Software for a cascade/parallel formant synthesizer",
//! JASA 67, 1980) that says random syllables.
//!
//! Voiced and unvoiced sounds, stops, a pitch that wanders and pauses between phrases give detectors of voice, estimators of noise and
//! adaptive filters what they get from people. No recording, so that the repository carries none.

use std::f32::consts::TAU;

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};

use super::score::active_level_dbfs;
use super::{RATE_HZ, amplified, samples};

const RATE: f32 = RATE_HZ as f32;

/// How loud calm speech is at a microphone, in dBFS while somebody speaks.
pub const LEVEL_DBFS: f64 = -24.0;

/// Formants of vowels in hertz, of a man (Peterson and Barney 1952); the fourth is much the same in all.
const VOWELS: [[f32; 4]; 8] = [
    [730.0, 1090.0, 2440.0, 3400.0],
    [270.0, 2290.0, 3010.0, 3600.0],
    [300.0, 870.0, 2240.0, 3300.0],
    [530.0, 1840.0, 2480.0, 3500.0],
    [570.0, 840.0, 2410.0, 3300.0],
    [660.0, 1720.0, 2410.0, 3500.0],
    [490.0, 1350.0, 1690.0, 3300.0],
    [390.0, 1990.0, 2550.0, 3500.0],
];

/// Bandwidths of the formants in hertz.
const BANDWIDTHS: [f32; 4] = [70.0, 100.0, 140.0, 220.0];

/// Samples after which the formants are led on: 1 ms.
const STEP: usize = RATE_HZ / 1_000;

/// So many seconds of one person, who is told apart by the seed, at [`LEVEL_DBFS`].
pub fn speech(seed: u64, seconds: f64) -> Vec<f32> {
    let length = samples(seconds);
    let mut speaker = Speaker::new(seed);
    while speaker.said.len() < length {
        speaker.phrase();
    }
    speaker.said.truncate(length);
    let level = active_level_dbfs(&speaker.said);
    amplified(&speaker.said, LEVEL_DBFS - level)
}

/// A resonance of the vocal tract: two poles, with a gain of one at 0 Hz (Klatt 1980, eq. 1–3).
#[derive(Clone, Copy, Default)]
struct Resonator {
    before: [f32; 2],
}

impl Resonator {
    fn next(&mut self, input: f32, frequency: f32, bandwidth: f32) -> f32 {
        let radius = (-std::f32::consts::PI * bandwidth / RATE).exp();
        let (b, c) = (2.0 * radius * (TAU * frequency / RATE).cos(), -radius * radius);
        let output = (1.0 - b - c) * input + b * self.before[0] + c * self.before[1];
        self.before = [output, self.before[0]];
        output
    }
}

struct Speaker {
    random: StdRng,
    said: Vec<f32>,
    /// Mean pitch in hertz, and how much shorter the vocal tract is than a man's.
    pitch: f32,
    scale: f32,
    /// Of the glottis, in turns.
    phase: f32,
    tract: [Resonator; 4],
    formants: [f32; 4],
    /// What was breathed last, to make noise brighter.
    breath: f32,
}

impl Speaker {
    fn new(seed: u64) -> Self {
        let mut random = StdRng::seed_from_u64(seed);
        let (pitch, scale) = if random.random() { (115.0, 1.0) } else { (205.0, 1.16) };
        let pitch = pitch * random.random_range(0.9..1.1);
        let tract = Default::default();
        Self { random, said: Vec::new(), pitch, scale, phase: 0.0, tract, formants: VOWELS[6], breath: 0.0 }
    }

    /// A few words in a breath, and a pause.
    fn phrase(&mut self) {
        let syllables = self.random.random_range(4..11);
        for syllable in 0..syllables {
            // Pitch falls along a phrase.
            let pitch = self.pitch * (1.12 - 0.25 * syllable as f32 / syllables as f32);
            match self.random.random_range(0..10) {
                0..4 => self.fricative(),
                4..7 => self.stop(),
                _ => {}
            }
            let accent = self.random.random_range(0.94..1.06);
            self.vowel(pitch * accent);
        }
        let pause = self.random.random_range(0.3..0.9);
        self.said.resize(self.said.len() + samples(pause), 0.0);
        // What was in the tract has died away.
        self.tract = Default::default();
    }

    fn vowel(&mut self, pitch: f32) {
        let length = samples(f64::from(self.random.random_range(0.09f32..0.19)));
        let target = VOWELS.choose(&mut self.random).expect("there are vowels").map(|formant| formant * self.scale);
        let stress = self.random.random_range(0.55..1.0);
        for index in 0..length {
            if index % STEP == 0 {
                for (formant, target) in self.formants.iter_mut().zip(target) {
                    *formant += 0.06 * (target - *formant);
                }
            }
            let along = index as f32 / length as f32;
            let loudness = stress * (along / 0.15).min(1.0) * ((1.0 - along) / 0.2).min(1.0);
            let flutter = self.random.random_range(-0.01..0.01);
            self.phase += pitch * (1.0 + flutter + 0.03 * (TAU * 4.7 * along).sin()) / RATE;
            self.phase = self.phase.fract();
            let source = glottis(self.phase) + 0.02 * self.random.random_range(-1.0f32..1.0);
            let mut sound = loudness * source;
            for ((resonator, formant), bandwidth) in self.tract.iter_mut().zip(self.formants).zip(BANDWIDTHS) {
                sound = resonator.next(sound, formant, bandwidth);
            }
            self.said.push(sound);
        }
    }

    fn fricative(&mut self) {
        let length = samples(f64::from(self.random.random_range(0.05f32..0.11)));
        let frequency = self.random.random_range(2_800.0..7_000.0);
        let mut resonator = Resonator::default();
        for index in 0..length {
            let along = index as f32 / length as f32;
            let noise = self.breathe();
            // The resonator's gain at its frequency is large where that is low.
            let sound = resonator.next(noise, frequency, 1_200.0) * 0.25;
            self.said.push(sound * (std::f32::consts::PI * along).sin());
        }
    }

    /// A closed mouth that bursts open.
    fn stop(&mut self) {
        let closed = samples(f64::from(self.random.random_range(0.03f32..0.07)));
        self.said.resize(self.said.len() + closed, 0.0);
        for index in 0..samples(0.012) {
            let burst = self.breathe() * (-(index as f32) / (0.004 * RATE)).exp();
            self.said.push(0.15 * burst);
        }
    }

    /// Noise that rises with frequency.
    fn breathe(&mut self) -> f32 {
        let noise = self.random.random_range(-1.0f32..1.0);
        let rising = noise - 0.9 * self.breath;
        self.breath = noise;
        rising
    }
}

/// The derivative of the flow through the glottis (Rosenberg 1971): it opens for two fifths of a period and shuts at once.
fn glottis(phase: f32) -> f32 {
    const OPENS: f32 = 0.4;
    const SHUTS: f32 = 0.16;
    if phase < OPENS {
        0.5 * (TAU * phase / (2.0 * OPENS)).sin() * (SHUTS / OPENS)
    } else if phase < OPENS + SHUTS {
        -(std::f32::consts::FRAC_PI_2 * (phase - OPENS) / SHUTS).sin()
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::voice::score::level_dbfs;

    #[test]
    fn speech_has_the_level_it_is_said_to_have_and_pauses() {
        for seed in 0..6 {
            let said = speech(seed, 12.0);
            assert_eq!(said.len(), samples(12.0));
            let active = active_level_dbfs(&said);
            assert!((active - LEVEL_DBFS).abs() < 0.01, "speaker {seed}: {active} dBFS");
            let pauses = said.chunks(RATE_HZ / 50).filter(|frame| level_dbfs(frame) < -70.0).count();
            assert!((40..300).contains(&pauses), "speaker {seed}: {pauses} of 600 frames are silent");
            assert!(said.iter().all(|sample| sample.abs() < 1.0), "speaker {seed} clips");
        }
    }

    #[test]
    fn a_seed_says_the_same_again_and_another_something_else() {
        assert_eq!(speech(1, 1.0), speech(1, 1.0));
        assert_ne!(speech(1, 1.0), speech(2, 1.0));
    }
}
