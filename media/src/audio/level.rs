//! How loud sound is, and whether somebody speaks.

use super::noise_floor::NoiseFloor;
use crate::frame::AUDIO_FRAME_SAMPLES;

/// The level of silence, and the lowest that is told (as in RFC 6464): a number rather than minus infinity.
pub const SILENCE_DBFS: f32 = -127.0;

/// Voice is taken to begin at this level…
const SPEAKING_DBFS: f32 = -45.0;

/// …and to have ended below this one: the distance keeps the flag from flickering.
const NOT_SPEAKING_DBFS: f32 = -52.0;

/// So far above the noise, in decibels, a voice begins; and so far it has not ended.
const SPEAKING_ABOVE_NOISE_DB: f32 = 10.0;
const NOT_SPEAKING_ABOVE_NOISE_DB: f32 = 6.0;

/// Frames of 20 ms that must be loud before somebody speaks, so that a click is not a voice.
const FRAMES_TO_START: u32 = 2;

/// Frames of 20 ms that must be quiet before somebody does not, to bridge the pauses between words.
const FRAMES_TO_END: u32 = 20;

/// The level of a mean square, in decibels relative to a full-scale square wave.
pub fn dbfs_of_mean_square(mean_square: f64) -> f32 {
    // The smallest positive value keeps the logarithm finite; the floor makes it silence.
    ((10.0 * mean_square.max(f64::MIN_POSITIVE).log10()) as f32).max(SILENCE_DBFS)
}

/// Sum of the squares of samples.
pub fn energy(samples: &[f32]) -> f64 {
    samples.iter().map(|sample| f64::from(sample * sample)).sum()
}

/// Follows one voice frame by frame.
#[derive(Clone, Copy, Debug)]
pub struct LevelMeter {
    dbfs: f32,
    noise: NoiseFloor,
    speaking: bool,
    /// Frames in a row that speak against `speaking`.
    contrary: u32,
}

impl Default for LevelMeter {
    fn default() -> Self {
        let mut noise = NoiseFloor::default();
        // Until it is known, what is loud is taken for a voice.
        noise.update(SILENCE_DBFS);
        Self { dbfs: SILENCE_DBFS, noise, speaking: false, contrary: 0 }
    }
}

impl LevelMeter {
    /// Takes in the next 20 ms.
    pub fn update(&mut self, samples: &[f32; AUDIO_FRAME_SAMPLES]) {
        self.dbfs = dbfs_of_mean_square(energy(samples) / AUDIO_FRAME_SAMPLES as f64);
        self.noise.update(self.dbfs);
        let above = |least: f32, above_noise: f32| least.max(self.noise.dbfs() + above_noise);
        let (contrary, enough) = if self.speaking {
            (self.dbfs < above(NOT_SPEAKING_DBFS, NOT_SPEAKING_ABOVE_NOISE_DB), FRAMES_TO_END)
        } else {
            (self.dbfs >= above(SPEAKING_DBFS, SPEAKING_ABOVE_NOISE_DB), FRAMES_TO_START)
        };
        self.contrary = if contrary { self.contrary + 1 } else { 0 };
        if self.contrary == enough {
            self.speaking = !self.speaking;
            self.contrary = 0;
        }
    }

    /// Root mean square of the last frame in dBFS, [`SILENCE_DBFS`]…0.
    pub fn dbfs(&self) -> f32 {
        self.dbfs
    }

    /// Whether there is a voice, with hysteresis in level and time. Noise that does not end is none.
    pub fn speaking(&self) -> bool {
        self.speaking
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(amplitude: f32) -> [f32; AUDIO_FRAME_SAMPLES] {
        std::array::from_fn(|index| if index % 2 == 0 { amplitude } else { -amplitude })
    }

    fn feed(meter: &mut LevelMeter, amplitude: f32, frames: u32) -> bool {
        for _ in 0..frames {
            meter.update(&frame(amplitude));
        }
        meter.speaking()
    }

    #[test]
    fn levels_are_decibels_of_full_scale() {
        let mut meter = LevelMeter::default();
        meter.update(&frame(1.0));
        assert!(meter.dbfs().abs() < 0.01);
        meter.update(&frame(0.1));
        assert!((meter.dbfs() + 20.0).abs() < 0.01);
        meter.update(&frame(0.0));
        assert_eq!(meter.dbfs(), SILENCE_DBFS);
    }

    #[test]
    fn a_click_is_not_a_voice() {
        let mut meter = LevelMeter::default();
        assert!(!feed(&mut meter, 0.5, 1));
        assert!(!feed(&mut meter, 0.0, 1));
        assert!(feed(&mut meter, 0.5, 2));
    }

    #[test]
    fn a_pause_between_words_does_not_end_speaking() {
        let mut meter = LevelMeter::default();
        assert!(feed(&mut meter, 0.1, 10));
        assert!(feed(&mut meter, 0.0, 15));
        assert!(feed(&mut meter, 0.1, 1));
        assert!(feed(&mut meter, 0.0, 15));
        assert!(!feed(&mut meter, 0.0, 10));
    }

    #[test]
    fn a_level_between_the_thresholds_changes_nothing() {
        let between = 10f32.powf(-48.0 / 20.0);
        let mut meter = LevelMeter::default();
        assert!(!feed(&mut meter, between, 50));
        assert!(feed(&mut meter, 0.1, 5));
        assert!(feed(&mut meter, between, 100));
    }

    #[test]
    fn noise_that_does_not_end_is_no_voice_but_a_voice_over_it_is() {
        let (noise, voice) = (0.02, 0.2);
        let mut meter = LevelMeter::default();
        feed(&mut meter, noise, 50 * 4);
        assert!(!meter.speaking());
        let mut changes = 0;
        for word in 0..20 {
            changes += u32::from(meter.speaking() != feed(&mut meter, if word % 2 == 0 { voice } else { noise }, 12));
        }
        assert_eq!(changes, 1, "one begins, and pauses between words are bridged");
        assert!(!feed(&mut meter, noise, 25));
    }
}
