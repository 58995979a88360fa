//! A voice for participants who have none: a tone in syllables, each number at a pitch of its own.

use std::f64::consts::TAU;

use crate::frame::{AUDIO_FRAME_SAMPLES, SAMPLE_RATE_HZ};

/// A pentatonic scale from A3 upwards, in semitones above it: any of these sound well together.
const SEMITONES: [i32; 9] = [0, 3, 5, 7, 10, 12, 15, 17, 19];

/// Amplitude of the loudest moment, such that the whole is at −26 dBFS: the mean square of a sine is 1/2 of its
/// amplitude's square, and raised-cosine syllables leave 3/8 of that.
const AMPLITUDE: f64 = 0.1157;

/// Syllables per second, as in calm speech.
const SYLLABLES_HZ: f64 = 2.5;

/// The frequency in hertz of the tone of a number.
pub fn frequency_hz(number: u8) -> f64 {
    let (octave, note) = (usize::from(number) / SEMITONES.len(), usize::from(number) % SEMITONES.len());
    // Beyond two octaves more the numbers repeat: higher tones are a nuisance.
    let semitones = f64::from(SEMITONES[note]) + 24.0 * (octave % 2) as f64;
    220.0 * 2f64.powf(semitones / 12.0)
}

/// Makes the tone of one number, frame after frame.
#[derive(Clone, Debug)]
pub struct Tone {
    /// Turns per sample.
    step: f64,
    /// Turns, 0…1.
    phase: f64,
    /// Syllables, 0…1.
    syllable: f64,
}

impl Tone {
    /// The tone of a number.
    pub fn new(number: u8) -> Self {
        Self { step: frequency_hz(number) / f64::from(SAMPLE_RATE_HZ), phase: 0.0, syllable: 0.0 }
    }

    /// The next 20 ms.
    pub fn next_frame(&mut self) -> [f32; AUDIO_FRAME_SAMPLES] {
        std::array::from_fn(|_| {
            let loudness = 0.5 - 0.5 * (TAU * self.syllable).cos();
            let sample = AMPLITUDE * loudness * (TAU * self.phase).sin();
            self.phase = (self.phase + self.step).fract();
            self.syllable = (self.syllable + SYLLABLES_HZ / f64::from(SAMPLE_RATE_HZ)).fract();
            sample as f32
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::level::{LevelMeter, dbfs_of_mean_square, energy};
    use crate::audio::testing::power_at;

    fn seconds(number: u8, seconds: usize) -> Vec<f32> {
        let mut tone = Tone::new(number);
        (0..50 * seconds).flat_map(|_| tone.next_frame()).collect()
    }

    #[test]
    fn its_level_is_that_of_calm_speech() {
        let samples = seconds(0, 4);
        let dbfs = dbfs_of_mean_square(energy(&samples) / samples.len() as f64);
        assert!((dbfs + 26.0).abs() < 0.5, "{dbfs} dBFS");
    }

    #[test]
    fn each_number_has_its_own_pitch() {
        let pitches: Vec<f64> = (0..18).map(frequency_hz).collect();
        for (number, pitch) in pitches.iter().enumerate() {
            assert!((200.0..3_000.0).contains(pitch));
            assert!(pitches[..number].iter().all(|other| (other / pitch - 1.0).abs() > 0.02), "{number}: {pitches:?}");
        }
        let samples = seconds(3, 2);
        let (own, other) = (power_at(&samples, frequency_hz(3) as f32), power_at(&samples, frequency_hz(4) as f32));
        assert!(own > 100.0 * other, "{own} against {other}");
    }

    #[test]
    fn it_counts_as_speaking_all_the_time() {
        let mut tone = Tone::new(8);
        let mut meter = LevelMeter::default();
        for frame in 0..200 {
            meter.update(&tone.next_frame());
            assert!(frame < 20 || meter.speaking(), "frame {frame}");
        }
    }
}
