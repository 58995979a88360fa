//! Many voices into one sound that never clips: each as loud as somebody wants it, the sum limited ahead of its peaks.
//!
//! Voices are one channel, in the middle; where somebody sends two, their side is added beside it. Both channels are limited alike,
//! by the louder of left and right, so that nobody moves.

use std::time::Duration;

use crate::frame::{AUDIO_PIECE_SAMPLES, SAMPLE_RATE_HZ};

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

    /// What comes after it on the way to another volume, so that full volume is reached from silence in 10 ms.
    pub fn toward(self, wanted: Self) -> Self {
        const MOST_CHANGE: u8 = 100;
        Self(wanted.0.clamp(self.0.saturating_sub(MOST_CHANGE), self.0.saturating_add(MOST_CHANGE)))
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

/// Adds up pieces of 10 ms and limits the sum. The gain falls in a straight line so that it is low enough when a peak comes, and recovers
/// slowly: loud moments are made quieter without being distorted, and what is not loud passes as it is.
#[derive(Clone, Debug)]
pub struct Mixer {
    mid: Line,
    /// Of no meaning while nobody has a side.
    side: Line,
    /// Pieces until all that was added to the side is out.
    pieces_with_side: u32,
    /// The side of the piece that was taken last.
    taken_side: Option<Box<[f32; AUDIO_PIECE_SAMPLES]>>,
    gain: f32,
}

/// What is added up of a channel, and the end of the piece before, which is not out yet.
#[derive(Clone, Debug)]
struct Line {
    sum: [f32; AUDIO_PIECE_SAMPLES],
    held: [f32; STEP_SAMPLES],
}

impl Line {
    const EMPTY: Self = Self { sum: [0.0; AUDIO_PIECE_SAMPLES], held: [0.0; STEP_SAMPLES] };

    fn add(&mut self, voice: &[f32; AUDIO_PIECE_SAMPLES], before: Volume, volume: Volume) {
        let (from, to) = (before.gain(), volume.gain());
        for (index, (sum, sample)) in self.sum.iter_mut().zip(voice).enumerate() {
            let along = (index + 1) as f32 / AUDIO_PIECE_SAMPLES as f32;
            // What is no number would be all that is heard from then on.
            *sum += if sample.is_finite() { sample * (from + (to - from) * along) } else { 0.0 };
        }
    }

    /// Gives what is held, with a gain that is led from one to another, and holds the next step instead.
    fn step(&mut self, next: &[f32; STEP_SAMPLES], gain: f32, target: f32, out: &mut [f32; STEP_SAMPLES]) {
        let held = std::mem::replace(&mut self.held, *next);
        for (index, (out, sample)) in out.iter_mut().zip(held).enumerate() {
            let along = (index + 1) as f32 / STEP_SAMPLES as f32;
            *out = sample * (gain + (target - gain) * along);
        }
    }
}

impl Default for Mixer {
    fn default() -> Self {
        Self { mid: Line::EMPTY, side: Line::EMPTY, pieces_with_side: 0, taken_side: None, gain: 1.0 }
    }
}

impl Mixer {
    /// Adds one voice to the piece, or the mean of somebody's two channels, its volume led from what it was before so that a
    /// change does not click.
    pub fn add(&mut self, voice: &[f32; AUDIO_PIECE_SAMPLES], before: Volume, volume: Volume) {
        self.mid.add(voice, before, volume);
    }

    /// Adds the side of somebody's two channels to the piece, beside their mean.
    pub fn add_side(&mut self, side: &[f32; AUDIO_PIECE_SAMPLES], before: Volume, volume: Volume) {
        self.side.add(side, before, volume);
        self.pieces_with_side = 2;
    }

    /// The piece of all that was added, within −1…1 and [`LOOK_AHEAD`] late: the mean of two channels where somebody has two, of
    /// which [`Mixer::side`] tells the rest. The next begins empty.
    pub fn take(&mut self) -> [f32; AUDIO_PIECE_SAMPLES] {
        let sum = std::mem::replace(&mut self.mid.sum, [0.0; AUDIO_PIECE_SAMPLES]);
        let mut piece = [0.0; AUDIO_PIECE_SAMPLES];
        let steps = piece.as_chunks_mut::<STEP_SAMPLES>().0.iter_mut().zip(sum.as_chunks::<STEP_SAMPLES>().0);
        if self.pieces_with_side == 0 {
            self.taken_side = None;
            for (out, next) in steps {
                let target = self.target(peak(&self.mid.held).max(peak(next)));
                self.mid.step(next, self.gain, target, out);
                self.gain = target;
            }
            return piece;
        }
        self.pieces_with_side -= 1;
        let side_sum = std::mem::replace(&mut self.side.sum, [0.0; AUDIO_PIECE_SAMPLES]);
        let mut side = self.taken_side.take().unwrap_or_else(|| Box::new([0.0; AUDIO_PIECE_SAMPLES]));
        let side_steps = side.as_chunks_mut::<STEP_SAMPLES>().0.iter_mut().zip(side_sum.as_chunks::<STEP_SAMPLES>().0);
        for ((out, next), (side_out, side_next)) in steps.zip(side_steps) {
            let held = louder_peak(&self.mid.held, &self.side.held);
            let target = self.target(held.max(louder_peak(next, side_next)));
            self.mid.step(next, self.gain, target, out);
            self.side.step(side_next, self.gain, target, side_out);
            self.gain = target;
        }
        self.taken_side = Some(side);
        piece
    }

    /// The side of the piece that was taken last, with which left and right are within −1…1 too; none where it is one channel.
    pub fn side(&self) -> Option<&[f32; AUDIO_PIECE_SAMPLES]> {
        self.taken_side.as_deref()
    }

    /// The gain at the end of a step. It is low enough for what is held since the step before; where it ends must be low enough for
    /// what comes too, of which this is the peak.
    fn target(&self, peak: f32) -> f32 {
        let recovering = self.gain + (1.0 - self.gain) * RELEASE;
        recovering.min(CEILING / peak.max(CEILING))
    }
}

fn peak(samples: &[f32; STEP_SAMPLES]) -> f32 {
    samples.iter().fold(0.0, |peak, sample| peak.max(sample.abs()))
}

/// The peak of left and right, whichever is louder.
fn louder_peak(mid: &[f32; STEP_SAMPLES], side: &[f32; STEP_SAMPLES]) -> f32 {
    mid.iter().zip(side).fold(0.0, |peak, (mid, side)| peak.max(mid.abs() + side.abs()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::testing::{best_correlation, speech_like};
    use crate::frame::left_and_right;

    const PIECE: usize = AUDIO_PIECE_SAMPLES;
    const FULL: Volume = Volume(100);

    fn mix(voices: &[Vec<f32>]) -> Vec<f32> {
        let mut mixer = Mixer::default();
        let mut out = Vec::new();
        for index in 0..voices[0].len() / PIECE {
            for voice in voices {
                mixer.add(&voice.as_chunks::<PIECE>().0[index], FULL, FULL);
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
        let mut click = vec![0.0; 2 * PIECE];
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
        let mut loud = vec![0.01f32; PIECE * 40];
        // At the beginnings and ends of steps and pieces, and alone.
        for at in [0, 79, 80, 81, 479, 480, 481, 959, 960, 961, 1_919, 5_000, 5_040] {
            loud[at] = if at % 2 == 0 { 9.0 } else { -9.0 };
        }
        assert!(loudest(&mix(&[loud])) <= CEILING + 1e-6);
    }

    #[test]
    fn left_and_right_do_not_clip_either_and_keep_their_balance() {
        let mut mixer = Mixer::default();
        let (mut left, mut right) = (Vec::new(), Vec::new());
        for piece in 0..20 {
            // Two to the left and one in the middle, ever louder.
            let loudness = 0.1 * piece as f32;
            let wave: [f32; PIECE] = std::array::from_fn(|index| loudness * (index as f32 * 0.13).sin());
            mixer.add(&wave, FULL, FULL);
            mixer.add(&wave, FULL, FULL);
            mixer.add_side(&wave, FULL, FULL);
            mixer.add_side(&[f32::INFINITY; PIECE], FULL, FULL);
            let mid = mixer.take();
            let side = mixer.side().unwrap();
            for (mid, side) in mid.iter().zip(side) {
                let both = left_and_right(*mid, *side);
                left.push(both[0]);
                right.push(both[1]);
            }
        }
        assert!(loudest(&left) <= CEILING + 1e-6 && loudest(&left) > 0.9 * CEILING);
        // Three to the left against one to the right.
        assert!(left.iter().zip(&right).all(|(left, right)| (left - 3.0 * right).abs() < 1e-5));
    }

    #[test]
    fn a_side_ends_after_all_of_it_is_out() {
        let mut mixer = Mixer::default();
        mixer.add_side(&[0.25; PIECE], FULL, FULL);
        mixer.take();
        assert_eq!(mixer.side().unwrap()[STEP_SAMPLES..], [0.25; PIECE - STEP_SAMPLES]);
        mixer.take();
        assert_eq!(mixer.side().unwrap()[..STEP_SAMPLES], [0.25; STEP_SAMPLES]);
        assert_eq!(mixer.side().unwrap()[STEP_SAMPLES..], [0.0; PIECE - STEP_SAMPLES]);
        mixer.take();
        assert_eq!(mixer.side(), None);
        mixer.add_side(&[0.5; PIECE], FULL, FULL);
        mixer.take();
        assert_eq!(mixer.side().unwrap()[..STEP_SAMPLES], [0.0; STEP_SAMPLES]);
    }

    #[test]
    fn the_gain_recovers_after_a_loud_moment() {
        let mut loud = vec![4.0f32; 2 * PIECE];
        loud.extend(std::iter::repeat_n(0.5, PIECE * 200));
        let mixed = mix(&[loud]);
        assert!(mixed[3 * PIECE] < 0.2);
        assert!(mixed[PIECE * 200] > 0.49);
    }

    #[test]
    fn the_next_piece_begins_empty_and_what_is_no_number_is_left_out() {
        let mut mixer = Mixer::default();
        mixer.add(&[f32::NAN; PIECE], FULL, FULL);
        mixer.add(&[0.25; PIECE], FULL, FULL);
        assert_eq!(mixer.take()[PIECE - 1], 0.25);
        mixer.take();
        assert_eq!(mixer.take(), [0.0; PIECE]);
    }

    #[test]
    fn volume_goes_from_silence_to_twice_as_loud_without_a_click() {
        assert_eq!(Volume::percent(255), Volume::percent(200));
        let mut mixer = Mixer::default();
        let (mut out, mut before) = (Vec::new(), Volume::percent(0));
        for _ in 0..3 {
            let volume = before.toward(Volume::percent(200));
            mixer.add(&[0.25; PIECE], before, volume);
            out.extend(mixer.take());
            before = volume;
        }
        assert!(out.windows(2).all(|pair| (pair[1] - pair[0]).abs() < 0.001));
        assert_eq!((out[0], out[3 * PIECE - 1]), (0.0, 0.5));
        assert_eq!(before.toward(Volume::percent(30)), Volume::percent(100));
    }
}
