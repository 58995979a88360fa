//! Makes all voices about as loud: a gain that follows the level of speech slowly, and WebRTC's limiter.
//!
//! The level is the mean power of what is loud, measured with gates as loudness is (ITU-R BS.1770): weak sounds of words and what is
//! left of others in the background do not count, so that it is the same with noise and without. WebRTC's second automatic gain
//! control was used here: it takes the mean of decibels, and made a voice several too loud where people talk in the background.

use sonora::config::{GainController2, MaxProcessingRate, Pipeline};
use sonora::{AudioProcessing, Config, StreamConfig};

use super::HALF_SAMPLES;
use crate::audio::level::{dbfs_of_mean_square, energy};
use crate::audio::noise_floor::NoiseFloor;
use crate::frame::SAMPLE_RATE_HZ;

/// Most that is added, in decibels: enough for a microphone at the other end of the table.
const MAX_GAIN_DB: f32 = 24.0;

/// How loud a voice shall be, in dBFS, and by how much it may be off before the gain moves at all.
const WANTED_DBFS: f32 = -22.0;
const TOLERATED_DB: f32 = 2.5;

/// What becomes of noise must not be louder than this.
const MOST_NOISE_DBFS: f32 = -50.0;

/// How far the gain moves in 10 ms of speech, in decibels.
const STEP_DB: f32 = 0.06;

/// A voice is so far above the noise and above silence…
const ABOVE_NOISE_DB: f32 = 10.0;
const LEAST_DBFS: f32 = -60.0;

/// …and counts unless it is so far below its level, in decibels. Then the level falls by 1 dB a second, for who moves away.
const BELOW_LEVEL_DB: f32 = 10.0;
const FALLING: f64 = 0.997_7;

/// Frames of speech whose mean is the level, 3 s, and after how many it is known.
const LEVEL_FRAMES: u32 = 300;
const KNOWN_FRAMES: u32 = 40;

/// See the module's description.
pub(super) struct AutomaticGain {
    limiter: AudioProcessing,
    noise: NoiseFloor,
    /// Whether it is the turn of the noise's measure, which knows frames of 20 ms.
    measure_noise: bool,
    /// The voice's mean square, and frames of which it is.
    level: f64,
    frames: u32,
    gain_db: f32,
    is_moving: bool,
}

impl AutomaticGain {
    /// One that has heard nobody yet.
    pub(super) fn new() -> Self {
        let full_rate = MaxProcessingRate::Rate48kHz;
        let pipeline = Pipeline { maximum_internal_processing_rate: full_rate, ..Pipeline::default() };
        // Without an adaptive gain the controller only limits.
        let gain = GainController2 { adaptive_digital: None, ..GainController2::default() };
        let config = Config { pipeline, gain_controller2: Some(gain), ..Config::default() };
        let stream = StreamConfig::new(SAMPLE_RATE_HZ, 1);
        let limiter = AudioProcessing::builder().config(config).capture_config(stream).render_config(stream).build();
        let noise = NoiseFloor::default();
        Self { limiter, noise, measure_noise: false, level: 0.0, frames: 0, gain_db: 0.0, is_moving: false }
    }

    /// Processes 10 ms in which there is a voice, or may be one.
    pub(super) fn process(&mut self, samples: &mut [f32; HALF_SAMPLES], may_be_voice: bool) {
        let mean_square = energy(samples) / HALF_SAMPLES as f64;
        let dbfs = dbfs_of_mean_square(mean_square);
        self.measure_noise = !self.measure_noise;
        if self.measure_noise {
            self.noise.update(dbfs);
        }
        let gain_before = self.gain_db;
        if may_be_voice && dbfs > (self.noise.dbfs() + ABOVE_NOISE_DB).max(LEAST_DBFS) {
            self.hear(mean_square, dbfs);
            if self.frames >= KNOWN_FRAMES {
                self.follow();
            }
        }
        let (from, to) = (gain_of(gain_before), gain_of(self.gain_db));
        let step = (to - from) / HALF_SAMPLES as f32;
        for (index, sample) in samples.iter_mut().enumerate() {
            *sample *= from + step * (index + 1) as f32;
        }
        let before = *samples;
        let (from, to) = (&[before.as_slice()], &mut [samples.as_mut_slice()]);
        self.limiter.process_capture_f32(from, to).expect("10 ms of one channel are a frame");
    }

    fn hear(&mut self, mean_square: f64, dbfs: f32) {
        if dbfs > dbfs_of_mean_square(self.level) - BELOW_LEVEL_DB {
            self.frames = (self.frames + 1).min(LEVEL_FRAMES);
            self.level += (mean_square - self.level) / f64::from(self.frames);
        } else {
            self.level *= FALLING;
        }
    }

    fn follow(&mut self) {
        let most = (MOST_NOISE_DBFS - self.noise.dbfs()).clamp(0.0, MAX_GAIN_DB);
        let off = (WANTED_DBFS - dbfs_of_mean_square(self.level)).clamp(0.0, most) - self.gain_db;
        self.is_moving = off.abs() > if self.is_moving { STEP_DB } else { TOLERATED_DB };
        if self.is_moving {
            self.gain_db += off.clamp(-STEP_DB, STEP_DB);
        }
    }
}

fn gain_of(decibels: f32) -> f32 {
    10f32.powf(decibels / 20.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(dbfs: f32) -> [f32; HALF_SAMPLES] {
        std::array::from_fn(|index| if index % 2 == 0 { gain_of(dbfs) } else { -gain_of(dbfs) })
    }

    /// So many seconds of words at this level, with what is between them.
    fn speak(gain: &mut AutomaticGain, dbfs: f32, between: f32, is_voice: bool, seconds: u32) -> f32 {
        for number in 0..100 * seconds {
            let is_word = number % 50 < 35;
            gain.process(&mut frame(if is_word { dbfs } else { between }), is_voice && is_word);
        }
        gain.gain_db
    }

    #[test]
    fn a_quiet_voice_comes_to_be_as_loud_as_is_wanted_and_stays() {
        let mut gain = AutomaticGain::new();
        let added = speak(&mut gain, -36.0, -80.0, true, 8);
        assert!((added - 14.0).abs() < 0.2, "{added} dB");
        assert_eq!(speak(&mut gain, -37.0, -80.0, true, 8), added, "a decibel less is no reason to move");
    }

    #[test]
    fn a_voice_that_is_loud_enough_is_left_alone() {
        assert_eq!(speak(&mut AutomaticGain::new(), -24.0, -80.0, true, 8), 0.0);
        assert_eq!(speak(&mut AutomaticGain::new(), -10.0, -80.0, true, 8), 0.0);
    }

    #[test]
    fn who_moves_away_is_made_louder() {
        let mut gain = AutomaticGain::new();
        speak(&mut gain, -22.0, -80.0, true, 8);
        let added = speak(&mut gain, -36.0, -80.0, true, 20);
        assert!((added - 14.0).abs() <= TOLERATED_DB, "{added} dB");
    }

    #[test]
    fn what_is_no_voice_moves_nothing() {
        assert_eq!(speak(&mut AutomaticGain::new(), -36.0, -80.0, false, 8), 0.0, "no voice");
        assert_eq!(speak(&mut AutomaticGain::new(), -40.0, -42.0, true, 8), 0.0, "noise");
    }

    #[test]
    fn noise_is_not_made_louder_than_is_bearable() {
        let added = speak(&mut AutomaticGain::new(), -40.0, -60.0, true, 20);
        assert!((added - 10.0).abs() < 0.2, "{added} dB");
    }
}
