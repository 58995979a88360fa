//! How much one participant's sound is like speech, on three scales of time (Volfin and Cohen, sections 3.1–3.3, with the constants of
//! the implementations in Jitsi Videobridge and mediasoup).
//!
//! A frame of 20 ms has up to 13 steps of level. It is active on the next scale when enough of them are filled; five frames make a
//! medium unit, ten of these a long one. The score of each scale is the log-likelihood ratio of its counts under speech and under
//! noise: with speech each unit is active or not as a coin falls, with noise activity is exponentially rare.

use crate::audio::noise_floor::NoiseFloor;

/// Steps of an immediate unit, immediate units of a medium one, medium units of a long one.
const IMMEDIATE_STEPS: u32 = 13;
const MEDIUM_UNITS: usize = 5;
const LONG_UNITS: usize = 10;

/// Steps that make an immediate unit active, and immediate units that make a medium unit active: more than these.
const IMMEDIATE_THRESHOLD: u32 = 3;
const MEDIUM_THRESHOLD: u32 = 3;

/// Decibels above the noise floor that one step stands for.
const STEP_DB: f32 = 4.0;

/// What is quieter is nobody's voice, in dBFS.
const LEAST_DBFS: f32 = -60.0;

/// Rates of the exponential distributions of activity in noise.
const IMMEDIATE_RATE: f64 = 0.78;
const MEDIUM_RATE: f64 = 24.0;
const LONG_RATE: f64 = 47.0;

/// The least score: ratios of scores stay numbers.
const LEAST_SCORE: f64 = 1e-10;

const FRAMES: usize = MEDIUM_UNITS * LONG_UNITS;

/// Scores of the three scales, [`LEAST_SCORE`] or more.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scores {
    pub immediate: f64,
    pub medium: f64,
    pub long: f64,
}

/// The last second of one participant.
#[derive(Clone, Copy, Debug)]
pub(super) struct Activity {
    floor: NoiseFloor,
    /// Steps of each frame, 0…13, the newest first.
    steps: [u32; FRAMES],
}

impl Default for Activity {
    fn default() -> Self {
        Self { floor: NoiseFloor::default(), steps: [0; FRAMES] }
    }
}

impl Activity {
    /// Takes in the level of the next 20 ms in dBFS.
    pub fn update(&mut self, dbfs: f32) {
        self.floor.update(dbfs);
        let above = dbfs - self.floor.dbfs().max(LEAST_DBFS);
        self.steps.rotate_right(1);
        // What is no number is no step.
        self.steps[0] = ((above / STEP_DB).max(0.0) as u32).min(IMMEDIATE_STEPS);
    }

    /// Whether there is a voice right now: most of the last tenth of a second stands out of the noise.
    pub fn is_voice(&self) -> bool {
        active(&self.steps[..MEDIUM_UNITS], IMMEDIATE_THRESHOLD) >= MEDIUM_THRESHOLD
    }

    /// How much like speech the newest units are.
    pub fn scores(&self) -> Scores {
        let mut mediums = [0; LONG_UNITS];
        for (medium, unit) in mediums.iter_mut().zip(self.steps.as_chunks::<MEDIUM_UNITS>().0) {
            *medium = active(unit, IMMEDIATE_THRESHOLD);
        }
        let newest = &self.steps[..MEDIUM_UNITS];
        let long = active(&mediums, MEDIUM_THRESHOLD - 1);
        Scores {
            // The loudest of a medium unit, so that it does not matter whether a decision falls on a consonant.
            immediate: score(newest.iter().copied().max().unwrap_or(0), IMMEDIATE_STEPS, IMMEDIATE_RATE),
            medium: score(mediums[0], MEDIUM_UNITS as u32, MEDIUM_RATE),
            long: score(long, LONG_UNITS as u32, LONG_RATE),
        }
    }
}

/// How many units are above the threshold.
fn active(units: &[u32], threshold: u32) -> u32 {
    units.iter().filter(|unit| **unit > threshold).count() as u32
}

/// The log-likelihood ratio of `count` active units of `all`: binomial with a half against exponential (eq. 9 of the paper).
fn score(count: u32, all: u32, rate: f64) -> f64 {
    let ways: f64 = (0..count).map(|unit| (f64::from(all - unit) / f64::from(unit + 1)).ln()).sum();
    let speech = ways + f64::from(all) * 0.5f64.ln();
    let noise = rate.ln() - rate * f64::from(count);
    (speech - noise).max(LEAST_SCORE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fed(levels: impl IntoIterator<Item = f32>) -> Activity {
        let mut activity = Activity::default();
        levels.into_iter().for_each(|level| activity.update(level));
        activity
    }

    #[test]
    fn scores_grow_with_activity_on_each_scale() {
        // Of 13 steps the last few say nothing more: no voice is that loud all the time.
        for (all, most, rate) in [(13, 9, IMMEDIATE_RATE), (5, 5, MEDIUM_RATE), (10, 10, LONG_RATE)] {
            for count in 0..most {
                assert!(score(count + 1, all, rate) >= score(count, all, rate), "{count} of {all}");
            }
            assert_eq!(score(0, all, rate), LEAST_SCORE, "nothing of {all} is nothing");
        }
    }

    #[test]
    fn steady_noise_is_as_silence_is() {
        let silence = Activity::default().scores();
        assert_eq!(fed([-35.0; 300]).scores(), silence);
        assert_eq!(fed([-90.0; 300]).scores(), silence);
    }

    #[test]
    fn levels_that_are_no_numbers_are_silence() {
        for level in [f32::NAN, f32::NEG_INFINITY, f32::INFINITY] {
            let scores = fed(std::iter::repeat_n(level, 100)).scores();
            assert!([scores.immediate, scores.medium, scores.long].iter().all(|score| score.is_finite()));
        }
        assert!(!fed([f32::NAN; 100]).is_voice());
    }
}
