//! Many voices into one sound that never clips: each as loud as somebody wants it, the sum limited ahead of its peaks.

use std::time::Duration;

use crate::frame::{AUDIO_FRAME_SAMPLES, SAMPLE_RATE_HZ};

/// Highest magnitude that comes out.
const CEILING: f32 = 0.95;

/// Samples between which the gain is led in a straight line, and by which sound is held back to know the next peak: 1.7 ms.
const STEP_SAMPLES: usize = 80;

/// Part of the way back to full gain that a step goes: about 200 ms to recover.
const RELEASE: f32 = 0.0083;

/// How much later sound comes out than it goes in.
pub const LOOK_AHEAD: Duration = Duration::from_nanos(STEP_SAMPLES as u64 * 1_000_000_000 / SAMPLE_RATE_HZ as u64);

/// How loud somebody is played: 0 to 200 percent of what they send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Volume(u8);

impl Volume {
    /// The loudest, in percent.
    pub const MOST_PERCENT: u8 = 200;

    /// So many percent; more than the most is the most.
    pub fn percent(percent: u8) -> Self {
        Self(percent.min(Self::MOST_PERCENT))
    }

    /// In percent.
    pub fn as_percent(self) -> u8 {
        self.0
    }

    /// As a factor of samples, 0…2.
    pub fn gain(self) -> f32 {
        f32::from(self.0) / 100.0
    }
}

impl Default for Volume {
    fn default() -> Self {
        Self(100)
    }
}

/// Adds up frames and limits the sum. The gain falls in a straight line so that it is low enough when a peak comes, and recovers
/// slowly: loud moments are made quieter without being distorted, and what is not loud passes as it is.
#[derive(Clone, Debug)]
pub struct Mixer {
    sum: [f32; AUDIO_FRAME_SAMPLES],
    /// The end of the frame before, which is not out yet.
    held: [f32; STEP_SAMPLES],
    gain: f32,
}

impl Default for Mixer {
    fn default() -> Self {
        Self { sum: [0.0; AUDIO_FRAME_SAMPLES], held: [0.0; STEP_SAMPLES], gain: 1.0 }
    }
}

impl Mixer {
    /// Adds one voice to the frame, its volume led from what it was before so that a change does not click.
    pub fn add(&mut self, voice: &[f32; AUDIO_FRAME_SAMPLES], before: Volume, volume: Volume) {
        let (from, to) = (before.gain(), volume.gain());
        for (index, (sum, sample)) in self.sum.iter_mut().zip(voice).enumerate() {
            let along = (index + 1) as f32 / AUDIO_FRAME_SAMPLES as f32;
            // What is no number would be all that is heard from then on.
            *sum += if sample.is_finite() { sample * (from + (to - from) * along) } else { 0.0 };
        }
    }

    /// The frame of all that was added, within −1…1 and [`LOOK_AHEAD`] late. The next begins empty.
    pub fn take(&mut self) -> [f32; AUDIO_FRAME_SAMPLES] {
        let mut frame = [0.0; AUDIO_FRAME_SAMPLES];
        let steps = self.sum.as_chunks::<STEP_SAMPLES>().0;
        for (out, next) in frame.as_chunks_mut::<STEP_SAMPLES>().0.iter_mut().zip(steps) {
            let held = std::mem::replace(&mut self.held, *next);
            let recovering = self.gain + (1.0 - self.gain) * RELEASE;
            // The gain is low enough for what is held since the step before; where it ends is low enough for what comes too.
            let target = recovering.min(gain_for(&held)).min(gain_for(next));
            for (index, (out, sample)) in out.iter_mut().zip(held).enumerate() {
                let along = (index + 1) as f32 / STEP_SAMPLES as f32;
                *out = sample * (self.gain + (target - self.gain) * along);
            }
            self.gain = target;
        }
        self.sum = [0.0; AUDIO_FRAME_SAMPLES];
        frame
    }
}

/// The gain that keeps these samples under the ceiling.
fn gain_for(samples: &[f32; STEP_SAMPLES]) -> f32 {
    CEILING / samples.iter().fold(CEILING, |peak, sample| peak.max(sample.abs()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::testing::{best_correlation, speech_like};

    const FRAME: usize = AUDIO_FRAME_SAMPLES;
    const FULL: Volume = Volume(100);

    fn mix(voices: &[Vec<f32>]) -> Vec<f32> {
        let mut mixer = Mixer::default();
        let mut out = Vec::new();
        for index in 0..voices[0].len() / FRAME {
            for voice in voices {
                mixer.add(&voice.as_chunks::<FRAME>().0[index], FULL, FULL);
            }
            out.extend_from_slice(&mixer.take());
        }
        out
    }

    fn loudest(samples: &[f32]) -> f32 {
        samples.iter().fold(0.0, |peak, sample| peak.max(sample.abs()))
    }

    #[test]
    fn one_voice_at_minus_6_db_passes_unchanged() {
        let voice = speech_like(1.0);
        let scale = 0.5 / loudest(&voice);
        let voice: Vec<f32> = voice.iter().map(|sample| sample * scale).collect();
        let mixed = mix(std::slice::from_ref(&voice));
        assert_eq!(mixed[STEP_SAMPLES..], voice[..mixed.len() - STEP_SAMPLES]);
    }

    #[test]
    fn the_delay_is_what_it_is_said_to_be() {
        assert_eq!((LOOK_AHEAD.as_secs_f64() * f64::from(SAMPLE_RATE_HZ)).round() as usize, STEP_SAMPLES);
        let mut click = vec![0.0; 2 * FRAME];
        click[100] = 0.5;
        let at = mix(&[click]).iter().position(|sample| *sample > 0.0).unwrap();
        assert_eq!(at, 100 + STEP_SAMPLES);
    }

    #[test]
    fn nine_voices_at_full_scale_do_not_clip_and_stay_what_they_were() {
        let voices: Vec<Vec<f32>> = (0..9)
            .map(|number| {
                let voice: Vec<f32> = speech_like(4.0).into_iter().skip(number * 9_600).take(96_000).collect();
                let scale = 1.0 / loudest(&voice);
                voice.iter().map(|sample| sample * scale).collect()
            })
            .collect();
        let sum: Vec<f32> = (0..96_000).map(|index| voices.iter().map(|voice| voice[index]).sum()).collect();
        assert!(loudest(&sum) > 2.0, "the sum would clip: {}", loudest(&sum));
        let mixed = mix(&voices);
        assert!(loudest(&mixed) <= CEILING + 1e-6);
        let correlation = best_correlation(&sum, &mixed, STEP_SAMPLES + 1);
        assert!(correlation > 0.9, "correlation {correlation}");
    }

    #[test]
    fn no_peak_gets_through_however_sudden() {
        let mut loud = vec![0.01f32; FRAME * 20];
        // At the beginnings and ends of steps and frames, and alone.
        for at in [0, 79, 80, 81, 959, 960, 961, 1_919, 5_000, 5_040] {
            loud[at] = if at % 2 == 0 { 9.0 } else { -9.0 };
        }
        assert!(loudest(&mix(&[loud])) <= CEILING + 1e-6);
    }

    #[test]
    fn the_gain_recovers_after_a_loud_moment() {
        let mut loud = vec![4.0f32; FRAME];
        loud.extend(std::iter::repeat_n(0.5, FRAME * 100));
        let mixed = mix(&[loud]);
        assert!(mixed[FRAME + 480] < 0.2);
        assert!(mixed[FRAME * 100] > 0.49);
    }

    #[test]
    fn the_next_frame_begins_empty_and_what_is_no_number_is_left_out() {
        let mut mixer = Mixer::default();
        mixer.add(&[f32::NAN; FRAME], FULL, FULL);
        mixer.add(&[0.25; FRAME], FULL, FULL);
        assert_eq!(mixer.take()[FRAME - 1], 0.25);
        mixer.take();
        assert_eq!(mixer.take(), [0.0; FRAME]);
    }

    #[test]
    fn volume_goes_from_silence_to_twice_as_loud_without_a_click() {
        assert_eq!(Volume::percent(255), Volume::percent(200));
        let mut mixer = Mixer::default();
        mixer.add(&[0.25; FRAME], Volume::percent(0), Volume::percent(200));
        let mut out = mixer.take().to_vec();
        mixer.add(&[0.25; FRAME], Volume::percent(200), Volume::percent(200));
        out.extend(mixer.take());
        assert!(out.windows(2).all(|pair| (pair[1] - pair[0]).abs() < 0.001));
        assert_eq!(out[2 * FRAME - 1], 0.5);
    }
}
