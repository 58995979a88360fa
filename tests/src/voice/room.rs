//! The way from a loudspeaker to the microphone beside it: the direct sound, then the reverberation of a room.
//!
//! Reverberation is velvet noise, sparse pulses of either sign, that decays exponentially (Karjalainen and Järveläinen, "Reverberation
//! modeling using velvet noise", AES 30th Conference, 2007): it sounds like dense noise and costs a hundredth of it.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::{RATE_HZ, samples};

/// Pulses of the reverberation in a second: from about 1,500 on they are heard as smooth.
const PULSES_HZ: usize = 2_000;

/// How loud the reverberation's beginning is beside the direct sound, in decibels: all of it together is then a few below.
const PULSE_DB: f64 = -22.0;

/// A loudspeaker, a room, a microphone.
#[derive(Clone, Copy, Debug)]
pub struct Room {
    /// How long the direct sound takes, devices and their buffers included, in milliseconds.
    pub delay_ms: f64,
    /// How long the reverberation takes to decay by 60 dB, in seconds.
    pub rt60_s: f64,
    /// What the direct sound is at the microphone beside what is played, in decibels.
    pub gain_db: f64,
    /// Where the pulses are.
    pub seed: u64,
}

impl Room {
    /// The pulses of the response: samples after which something is heard, and how loud.
    fn taps(&self) -> Vec<(usize, f32)> {
        let mut random = StdRng::seed_from_u64(self.seed);
        let gain = 10f64.powf(self.gain_db / 20.0);
        let direct = samples(self.delay_ms / 1_000.0);
        let mut taps = vec![(direct, gain as f32)];
        let spacing = RATE_HZ / PULSES_HZ;
        // The floor and the desk answer before the walls: nothing in the first two milliseconds.
        for pulse in 4..(self.rt60_s * PULSES_HZ as f64) as usize {
            let at = pulse * spacing + random.random_range(0..spacing);
            let decay = -60.0 * at as f64 / RATE_HZ as f64 / self.rt60_s;
            let size = gain * 10f64.powf((PULSE_DB + decay) / 20.0);
            let sign = if random.random() { 1.0 } else { -1.0 };
            taps.push((direct + at, (size * sign) as f32));
        }
        taps
    }

    /// What the microphone hears of what is played; as long as that.
    pub fn echo(&self, played: &[f32]) -> Vec<f32> {
        let mut heard = vec![0.0; played.len()];
        for (delay, gain) in self.taps() {
            let late = heard.iter_mut().skip(delay);
            late.zip(played).for_each(|(heard, played)| *heard += gain * played);
        }
        heard
    }
}

/// What a microphone makes of a sound whose clock is faster by so many millionths than the one that it was made with, or slower: a
/// millisecond late at first, then later and later. Interpolated by a sinc under a Hann window.
pub fn drifted(sound: &[f32], millionths: f64) -> Vec<f32> {
    const REACH: i64 = 16;
    let late = samples(0.001) as f64;
    let at = |index: usize| {
        let place = index as f64 * (1.0 - millionths * 1e-6) - late;
        let near = (1 - REACH..=REACH).filter_map(|step| {
            let from = place.floor() as i64 + step;
            let sample = usize::try_from(from).ok().and_then(|from| sound.get(from))?;
            let distance = std::f64::consts::PI * (from as f64 - place);
            let sinc = if distance.abs() < 1e-9 { 1.0 } else { distance.sin() / distance };
            Some(f64::from(*sample) * sinc * (0.5 + 0.5 * (distance / (REACH + 1) as f64).cos()))
        });
        near.sum::<f64>() as f32
    };
    (0..sound.len()).map(at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::voice::score::level_dbfs;

    #[test]
    fn a_clock_that_is_faster_hears_everything_lower_and_later() {
        let tone = |at: f64| (std::f64::consts::TAU * 1_000.0 * at).sin() as f32;
        let sound: Vec<f32> = (0..RATE_HZ).map(|index| tone(index as f64 / RATE_HZ as f64)).collect();
        let drifted = drifted(&sound, 100.0);
        let late = |index: usize| tone(index as f64 / RATE_HZ as f64 * (1.0 - 100e-6) - 0.001);
        assert!((100..RATE_HZ).all(|index| (drifted[index] - late(index)).abs() < 1e-3));
    }

    #[test]
    fn a_click_is_heard_after_the_delay_and_decays_in_the_rooms_time() {
        let room = Room { delay_ms: 50.0, rt60_s: 0.4, gain_db: -6.0, seed: 1 };
        let mut click = vec![0.0; RATE_HZ];
        click[0] = 1.0;
        let heard = room.echo(&click);
        assert!(heard[..2_400].iter().all(|sample| *sample == 0.0));
        assert!((heard[2_400] - 0.501).abs() < 0.001);
        let early = level_dbfs(&heard[2_640..5_040]);
        let later = level_dbfs(&heard[2_640 + 9_600..5_040 + 9_600]);
        assert!((early - later - 30.0).abs() < 2.0, "{} dB less after half the time", early - later);
    }
}
