//! How loud it is where nobody speaks: the least level of the last seconds (R. Martin, "Noise power spectral density estimation based
//! on optimal smoothing and minimum statistics", IEEE Trans. Speech and Audio Processing 9(5), 2001, without the spectrum).
//!
//! Speech has gaps, if only where a mouth is closed for a consonant; a fan has none. So the least level is that of the noise.

use super::level::SILENCE_DBFS;

/// Frames of 20 ms of a window: half a second.
const WINDOW_FRAMES: u32 = 25;

/// Windows whose least is the floor: three seconds, longer than people speak without a gap.
const WINDOWS: usize = 6;

/// Follows one microphone or one voice, frame by frame.
#[derive(Clone, Copy, Debug)]
pub struct NoiseFloor {
    /// The least of each window, the one that fills first.
    least: [f32; WINDOWS],
    /// Frames in the window that fills.
    frames: u32,
}

impl Default for NoiseFloor {
    fn default() -> Self {
        Self { least: [f32::INFINITY; WINDOWS], frames: 0 }
    }
}

impl NoiseFloor {
    /// Takes in the level of the next 20 ms in dBFS. What is no number is silence.
    pub fn update(&mut self, dbfs: f32) {
        if self.frames == WINDOW_FRAMES {
            self.frames = 0;
            self.least.rotate_right(1);
            self.least[0] = f32::INFINITY;
        }
        self.frames += 1;
        // The minimum of a number and what is none is the number, so that one bad frame would pass unseen.
        let dbfs = if dbfs.is_nan() { SILENCE_DBFS } else { dbfs };
        self.least[0] = self.least[0].min(dbfs);
    }

    /// The floor in dBFS, [`SILENCE_DBFS`]…0. Before the first frame it is the highest: nothing stands out of what is not known.
    pub fn dbfs(&self) -> f32 {
        self.least.iter().copied().fold(f32::INFINITY, f32::min).clamp(SILENCE_DBFS, 0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fed(floor: &mut NoiseFloor, levels: impl IntoIterator<Item = f32>) -> f32 {
        levels.into_iter().for_each(|level| floor.update(level));
        floor.dbfs()
    }

    #[test]
    fn it_is_the_level_of_the_gaps_in_speech() {
        let mut floor = NoiseFloor::default();
        let speech = (0..1_000).map(|frame| if frame % 20 == 0 { -55.0 } else { -25.0 });
        assert_eq!(fed(&mut floor, speech), -55.0);
    }

    #[test]
    fn noise_that_begins_is_the_floor_three_seconds_later() {
        let mut floor = NoiseFloor::default();
        assert_eq!(fed(&mut floor, [-70.0; 500]), -70.0);
        assert_eq!(fed(&mut floor, [-40.0; 100]), -70.0);
        assert_eq!(fed(&mut floor, [-40.0; 75]), -40.0);
    }

    #[test]
    fn levels_out_of_range_are_held_within_it() {
        assert_eq!(fed(&mut NoiseFloor::default(), []), 0.0);
        assert_eq!(fed(&mut NoiseFloor::default(), [f32::INFINITY]), 0.0);
        assert_eq!(fed(&mut NoiseFloor::default(), [f32::NAN, -3.0]), SILENCE_DBFS);
    }
}
