//! Many voices into one sound that never clips.

use crate::frame::AUDIO_FRAME_SAMPLES;

/// Highest magnitude that the gain lets through.
const CEILING: f32 = 0.95;

/// Samples between which the gain is led in a straight line: 2.5 ms.
const STEP_SAMPLES: usize = 120;

/// Part of the way back to full gain that a step goes: about 200 ms to recover.
const RELEASE: f32 = 0.0125;

/// Adds up frames and limits the sum: a gain that falls ahead of peaks and recovers slowly makes loud moments quieter
/// without distorting them; a soft knee bends the little that is left when a peak comes right at a frame's beginning.
#[derive(Clone, Debug)]
pub struct Mixer {
    sum: [f32; AUDIO_FRAME_SAMPLES],
    gain: f32,
}

impl Default for Mixer {
    fn default() -> Self {
        Self { sum: [0.0; AUDIO_FRAME_SAMPLES], gain: 1.0 }
    }
}

impl Mixer {
    /// Adds one voice to the frame.
    pub fn add(&mut self, voice: &[f32; AUDIO_FRAME_SAMPLES]) {
        for (sum, sample) in self.sum.iter_mut().zip(voice) {
            *sum += sample;
        }
    }

    /// The frame of all that was added, within −1…1. The next begins empty.
    pub fn take(&mut self) -> [f32; AUDIO_FRAME_SAMPLES] {
        let mut frame = std::mem::replace(&mut self.sum, [0.0; AUDIO_FRAME_SAMPLES]);
        let mut steps = frame.as_chunks_mut::<STEP_SAMPLES>().0.iter_mut().peekable();
        while let Some(step) = steps.next() {
            let recovering = self.gain + (1.0 - self.gain) * RELEASE;
            let next = steps.peek().map_or(1.0, |next| gain_for(next));
            let target = recovering.min(gain_for(step)).min(next);
            for (index, sample) in step.iter_mut().enumerate() {
                let along = (index + 1) as f32 / STEP_SAMPLES as f32;
                *sample = soft_knee(*sample * (self.gain + (target - self.gain) * along));
            }
            self.gain = target;
        }
        frame
    }
}

/// The gain that keeps these samples under the ceiling.
fn gain_for(samples: &[f32; STEP_SAMPLES]) -> f32 {
    CEILING / samples.iter().fold(CEILING, |peak, sample| peak.max(sample.abs()))
}

/// Leaves samples as they are up to the ceiling and bends them towards 1 above.
fn soft_knee(sample: f32) -> f32 {
    let above = sample.abs() - CEILING;
    if above <= 0.0 {
        return sample;
    }
    let room = 1.0 - CEILING;
    (CEILING + room * (1.0 - (-above / room).exp())).copysign(sample)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::testing::{best_correlation, speech_like};

    const FRAME: usize = AUDIO_FRAME_SAMPLES;

    fn mix(voices: &[Vec<f32>]) -> Vec<f32> {
        let mut mixer = Mixer::default();
        let mut out = Vec::new();
        for index in 0..voices[0].len() / FRAME {
            for voice in voices {
                mixer.add(&voice.as_chunks::<FRAME>().0[index]);
            }
            out.extend_from_slice(&mixer.take());
        }
        out
    }

    #[test]
    fn one_voice_passes_unchanged() {
        let voice = speech_like(1.0);
        let voice: Vec<f32> = voice.iter().map(|sample| sample.clamp(-0.9, 0.9)).collect();
        assert_eq!(mix(std::slice::from_ref(&voice)), voice[..voice.len() / FRAME * FRAME]);
    }

    #[test]
    fn nine_loud_voices_do_not_clip_and_stay_what_they_were() {
        let voices: Vec<Vec<f32>> = (0..9)
            .map(|number| speech_like(4.0).into_iter().skip(number * 9_600).take(96_000).map(|s| s * 1.5).collect())
            .collect();
        let sum: Vec<f32> = (0..96_000).map(|index| voices.iter().map(|voice| voice[index]).sum()).collect();
        let loudest = |samples: &[f32]| samples.iter().fold(0.0f32, |peak, sample| peak.max(sample.abs()));
        assert!(loudest(&sum) > 2.0, "the sum would clip: {}", loudest(&sum));
        let mixed = mix(&voices);
        assert!(loudest(&mixed) < 1.0);
        let correlation = best_correlation(&sum, &mixed, 1);
        assert!(correlation > 0.9, "correlation {correlation}");
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
    fn the_next_frame_begins_empty() {
        let mut mixer = Mixer::default();
        mixer.add(&[0.25; FRAME]);
        mixer.take();
        assert_eq!(mixer.take(), [0.0; FRAME]);
    }
}
