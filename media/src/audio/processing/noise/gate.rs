//! Makes quieter what is much quieter than the one who speaks: voices in the background, keys between words.
//!
//! The denoiser takes what others say in the background for a voice, which it is; what tells it from the one who speaks is its level.
//! So the gate follows the level of what is below a voice, and what stands out of that opens it: at once, and for longer the longer
//! it was heard, so that a syllable keeps the next weak sounds open and a loud moment of the background does not.
//!
//! It never shuts all the way, so that a mistake costs loudness and no words; and the less there is to keep out, the less it shuts.
//! Where it is quiet it does nothing.

use crate::audio::level::{dbfs_of_mean_square, energy};
use crate::audio::noise_floor::NoiseFloor;
use crate::audio::processing::HALF_SAMPLES;

/// A frame with at least this probability of a voice tells the voice's level.
const VOICE_PROBABILITY: f32 = 0.7;

/// What is a voice with less probability than this is none, however loud: a key, a door.
const LEAST_PROBABILITY: f32 = 0.5;

/// Share of the way to a louder, and to a quieter frame's level: within tenths of a second, and within seconds. What is followed is
/// near the loudest of a voice.
const LOUDER: f32 = 0.15;
const QUIETER: f32 = 0.004;

/// What is so far above the background, in decibels, or no further than that below the voice, may be the voice.
const ABOVE_BACKGROUND_DB: f32 = 9.0;
const BELOW_VOICE_DB: f32 = 6.0;

/// The background is at least so far above its weakest moments, in decibels: until more is known of it, it is that.
const ABOVE_FLOOR_DB: f32 = 15.0;

/// Share of a frame in the mean of the background, and in that of what is shut out: 1 s.
const BACKGROUND_SHARE: f64 = 0.01;

/// How much louder the background is taken to be after a frame above it: 0.5 dB a second, so that it is found where it has grown.
const BACKGROUND_GROWTH: f64 = 1.001_152;

/// Share of a frame in the level that is compared, and in that whose least is the background's floor: 15 ms and 45 ms.
const SMOOTHING: f64 = 0.5;
const FLOOR_SMOOTHING: f64 = 0.2;

/// Frames of 10 ms after which the floor begins to be measured, when the denoiser has begun, and after which it is known.
const FLOOR_BEGINS: u32 = 30;
const FLOOR_KNOWN: u32 = 60;

/// Frames of 10 ms for which each frame of a voice keeps it open, and all of them together do: weak ends of words.
const HOLD_OF_EACH: u32 = 2;
const HOLD_FRAMES: u32 = 10;

/// Nothing is made quieter that is so far below the voice, in decibels; and by how much more for each decibel it is nearer.
const QUIET_DB: f32 = 26.0;
const DEPTH_SLOPE: f32 = 1.6;

/// The least gain, −14 dB, and what is left of the gain after a frame of closing.
const CLOSED_GAIN: f32 = 0.2;
const CLOSING: f32 = 0.7;

/// Samples over which the gain is led: 2.5 ms, too slow to click and too fast to cost a consonant.
const RAMP_SAMPLES: usize = 120;

/// The voice's level before anybody spoke, in dBFS: nothing is below it.
const UNKNOWN_DBFS: f32 = -70.0;

type Frame = [f32; HALF_SAMPLES];

/// A mean that is the first frames' own until there are enough, so that it needs no time to begin.
#[derive(Clone, Copy, Debug, Default)]
struct Mean {
    mean_square: f64,
    frames: u32,
}

impl Mean {
    fn add(&mut self, mean_square: f64) {
        self.frames = self.frames.saturating_add(1);
        self.mean_square += BACKGROUND_SHARE.max(1.0 / f64::from(self.frames)) * (mean_square - self.mean_square);
    }

    fn dbfs(self) -> f32 {
        dbfs_of_mean_square(self.mean_square)
    }
}

/// See the module's description.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gate {
    voice_dbfs: f32,
    /// Mean square of the moment, and of one three times as long.
    level: f64,
    slow_level: f64,
    floor: NoiseFloor,
    /// What is below a voice, and what was shut out.
    background: Mean,
    shut_out: Mean,
    /// Frames since the beginning, and for which it stays open.
    frames: u32,
    open_frames: u32,
    gain: f32,
}

impl Default for Gate {
    fn default() -> Self {
        Self {
            voice_dbfs: UNKNOWN_DBFS,
            level: 0.0,
            slow_level: 0.0,
            floor: NoiseFloor::default(),
            background: Mean::default(),
            shut_out: Mean::default(),
            frames: 0,
            open_frames: 0,
            gain: 1.0,
        }
    }
}

impl Gate {
    /// Takes the next 10 ms, in which there is a voice with this probability, 0…1, what they were before noise was taken away, and
    /// what comes next, noise and all. Tells whether the one who speaks is heard in them.
    pub(super) fn process(&mut self, samples: &mut Frame, before: &Frame, next: &Frame, voice: f32) -> bool {
        let mean_square = |frame: &Frame| energy(frame) / HALF_SAMPLES as f64;
        let now = mean_square(samples);
        self.level += SMOOTHING * (now - self.level);
        // Of what comes next, as much noise will be taken away as just now. A word's beginning opens before it is there.
        let passing = (now / mean_square(before).max(f64::MIN_POSITIVE)).min(1.0);
        let level_next = self.level + SMOOTHING * (mean_square(next) * passing - self.level);
        let dbfs = dbfs_of_mean_square(self.level.max(level_next));

        let threshold = self.threshold(now);
        if dbfs < threshold {
            self.background.add(now);
        } else {
            self.background.mean_square *= BACKGROUND_GROWTH;
        }
        let is_voice = voice >= LEAST_PROBABILITY && dbfs > threshold;
        if is_voice && voice >= VOICE_PROBABILITY {
            let share = if dbfs > self.voice_dbfs { LOUDER } else { QUIETER };
            self.voice_dbfs += share * (dbfs - self.voice_dbfs);
        }
        self.open_frames = match is_voice {
            true => (self.open_frames + HOLD_OF_EACH).min(HOLD_FRAMES),
            false => self.open_frames.saturating_sub(1),
        };
        let gain_before = self.gain;
        self.gain = if self.open_frames > 0 {
            1.0
        } else {
            self.shut_out.add(now);
            self.closed_gain().max(gain_before * CLOSING)
        };
        for (index, sample) in samples.iter_mut().enumerate() {
            let along = ((index + 1) as f32 / RAMP_SAMPLES as f32).min(1.0);
            *sample *= gain_before + (self.gain - gain_before) * along;
        }
        is_voice && voice >= VOICE_PROBABILITY
    }

    /// What is louder than this, in dBFS, is more than background.
    fn threshold(&mut self, mean_square: f64) -> f32 {
        self.slow_level += FLOOR_SMOOTHING * (mean_square - self.slow_level);
        self.frames = self.frames.saturating_add(1);
        // The floor knows frames of 20 ms.
        if self.frames > FLOOR_BEGINS && self.frames.is_multiple_of(2) {
            self.floor.update(dbfs_of_mean_square(self.slow_level));
        }
        if self.frames < FLOOR_KNOWN {
            return f32::NEG_INFINITY;
        }
        let least = self.floor.dbfs() + ABOVE_FLOOR_DB;
        (self.background.dbfs().max(least) + ABOVE_BACKGROUND_DB).min(self.voice_dbfs - BELOW_VOICE_DB)
    }

    fn closed_gain(&self) -> f32 {
        let above = self.voice_dbfs - self.shut_out.dbfs();
        let depth_db = DEPTH_SLOPE * (QUIET_DB - above).max(0.0);
        10f32.powf(-depth_db / 20.0).max(CLOSED_GAIN)
    }
}

#[cfg(test)]
mod tests;
