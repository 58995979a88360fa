//! Makes quieter what is much quieter than the one who speaks: voices in the background, keys between words.
//!
//! Follows the level of the voice, which the denoiser's probability tells; opens at once and closes after a syllable's time. It never
//! shuts all the way, so that a mistake costs loudness and no words. Where it is quiet it stays open: there is nothing to keep out,
//! and weak sounds of words pass as they are.

use crate::audio::level::{dbfs_of_mean_square, energy};
use crate::audio::processing::HALF_SAMPLES;

/// A frame with at least this probability of a voice tells the voice's level.
const VOICE_PROBABILITY: f32 = 0.7;

/// What is a voice with less probability than this is none, however loud: a key, a door.
const LEAST_PROBABILITY: f32 = 0.5;

/// Share of the way to a louder, and to a quieter frame's level: within tenths of a second, and within seconds.
const LOUDER: f32 = 0.15;
const QUIETER: f32 = 0.004;

/// What is so far below the voice's level, in decibels, is not the voice.
const BELOW_VOICE_DB: f32 = 6.0;

/// It is quiet where the sound without a voice is so far below the voice's level, in decibels.
const QUIET_DB: f32 = 33.0;

/// Share of a frame without a voice in the mean of what there is without one: 2 s.
const BACKGROUND_SHARE: f64 = 0.005;

/// Frames of 10 ms for which it stays open: weak ends of words.
const HOLD_FRAMES: u32 = 8;

/// The gain while it is closed, −14 dB, and what is left of the gain after a frame of closing.
const CLOSED_GAIN: f32 = 0.2;
const CLOSING: f32 = 0.7;

/// Samples over which the gain is led: 2.5 ms, too slow to click and too fast to cost a consonant.
const RAMP_SAMPLES: usize = 120;

/// The voice's level before anybody spoke, in dBFS: nothing is below it.
const UNKNOWN_DBFS: f32 = -70.0;

/// See the module's description.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gate {
    voice_dbfs: f32,
    /// Mean square of what is heard without a voice.
    background: f64,
    /// Frames since the voice was heard.
    quiet_frames: u32,
    gain: f32,
}

impl Default for Gate {
    fn default() -> Self {
        Self { voice_dbfs: UNKNOWN_DBFS, background: 0.0, quiet_frames: 0, gain: 1.0 }
    }
}

impl Gate {
    /// Takes the next 10 ms, in which there is a voice with this probability, 0…1, and what they were before noise was taken away.
    pub(super) fn process(&mut self, samples: &mut [f32; HALF_SAMPLES], before: &[f32; HALF_SAMPLES], voice: f32) {
        let dbfs = dbfs_of_mean_square(energy(samples) / HALF_SAMPLES as f64);
        if voice >= VOICE_PROBABILITY {
            let share = if dbfs > self.voice_dbfs { LOUDER } else { QUIETER };
            self.voice_dbfs += share * (dbfs - self.voice_dbfs);
        }
        if voice < LEAST_PROBABILITY {
            let mean_square = energy(before) / HALF_SAMPLES as f64;
            self.background += BACKGROUND_SHARE * (mean_square - self.background);
        }
        let is_quiet = dbfs_of_mean_square(self.background) < self.voice_dbfs - QUIET_DB;
        let is_voice = voice >= LEAST_PROBABILITY && dbfs > self.voice_dbfs - BELOW_VOICE_DB;
        self.quiet_frames = if is_voice || is_quiet { 0 } else { self.quiet_frames.saturating_add(1) };
        let gain_before = self.gain;
        self.gain = if self.quiet_frames <= HOLD_FRAMES { 1.0 } else { (gain_before * CLOSING).max(CLOSED_GAIN) };
        for (index, sample) in samples.iter_mut().enumerate() {
            let along = ((index + 1) as f32 / RAMP_SAMPLES as f32).min(1.0);
            *sample *= gain_before + (self.gain - gain_before) * along;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The gain at the end of so many frames.
    fn gain(gate: &mut Gate, amplitude: f32, voice: f32, frames: u32) -> f32 {
        let before: [f32; HALF_SAMPLES] =
            std::array::from_fn(|index| if index % 2 == 0 { amplitude } else { -amplitude });
        let mut samples = before;
        for _ in 0..frames {
            samples = before;
            gate.process(&mut samples, &before, voice);
        }
        samples[HALF_SAMPLES - 2] / amplitude
    }

    /// A voice, and noise 14 dB below it.
    fn in_noise() -> Gate {
        let mut gate = Gate::default();
        gain(&mut gate, 0.1, 0.95, 100);
        gain(&mut gate, 0.02, 0.1, 500);
        gate
    }

    #[test]
    fn in_noise_a_voice_passes_and_what_is_far_below_it_is_made_quieter() {
        let mut gate = in_noise();
        assert_eq!(gain(&mut gate, 0.1, 0.95, 1), 1.0);
        assert!(gain(&mut gate, 0.02, 0.95, 30) < 1.01 * CLOSED_GAIN);
        assert_eq!(gain(&mut gate, 0.1, 0.95, 1), 1.0);
    }

    #[test]
    fn what_is_loud_and_no_voice_is_made_quieter() {
        assert!(gain(&mut in_noise(), 0.1, 0.1, 30) < 1.01 * CLOSED_GAIN);
    }

    #[test]
    fn the_end_of_a_word_passes() {
        let mut gate = in_noise();
        gain(&mut gate, 0.1, 0.95, 1);
        assert_eq!(gain(&mut gate, 0.02, 0.1, HOLD_FRAMES), 1.0);
    }

    #[test]
    fn where_it_is_quiet_all_passes() {
        let mut gate = Gate::default();
        gain(&mut gate, 0.1, 0.95, 100);
        assert_eq!(gain(&mut gate, 0.002, 0.1, 100), 1.0);
    }
}
