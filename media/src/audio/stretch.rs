//! Sound made shorter or longer by a period of its pitch, so that neither pitch nor wave breaks.
//!
//! A stretch of sound is cross-faded into itself one period later or earlier, where it is most like itself: WSOLA (Verhelst and
//! Roelands, 1993), as in NetEQ's accelerate and preemptive expand. Where there are two channels, mid and side, the period is the one
//! that suits both best, and both are joined at the same place. Works on samples alone and knows neither packets nor time;
//! whoever asks says how like is like enough.

use super::level::{dbfs_of_mean_square, energy};

/// Samples of what was played last that have to be at hand.
pub const HISTORY_SAMPLES: usize = LONGEST_PERIOD + FADE;

/// Samples by which sound changes at least and at most: 2.5 and 15 ms, the periods of 400 and 67 Hz.
const SHORTEST_PERIOD: usize = 120;
const LONGEST_PERIOD: usize = 720;

/// Samples of the cross-fade: 5 ms. As many on either side of its beginning are compared.
const FADE: usize = 240;

/// Sound below this level may be joined anywhere: it is not heard.
const QUIET_DBFS: f32 = -50.0;

/// Samples that are averaged to one for the first search.
const COARSE: usize = 4;

/// Samples on either side of the first search's find among which the second searches.
const REFINE: usize = COARSE;

/// One channel on its way to being played.
#[derive(Clone, Debug)]
pub struct Channel {
    /// What was played last.
    pub before: [f32; HISTORY_SAMPLES],
    /// What is to be played next.
    pub next: Vec<f32>,
}

impl Channel {
    /// One on which nothing was played so far, with so many samples of silence next.
    pub fn silent(samples: usize) -> Self {
        Self { before: [0.0; HISTORY_SAMPLES], next: vec![0.0; samples] }
    }

    fn shorten(&mut self, period: usize) {
        // From the end, so that what is still to be read is not written yet.
        for index in (0..FADE).rev() {
            self.next[index + period] = faded(self.next[index], self.next[index + period], index);
        }
        self.next.drain(..period);
    }

    fn lengthen(&mut self, period: usize) {
        self.next.splice(..0, self.before[HISTORY_SAMPLES - period..].iter().copied());
        for index in 0..FADE {
            self.next[index] = faded(self.next[index + period], self.next[index], index);
        }
    }
}

/// Takes a period out of what is next on one channel or on two, as long as each other. Returns by how many samples it is shorter
/// now: `at_most` so many, and none where no period is at least so like the one after it, `least_likeness` of 0…1, nor both are
/// quiet.
pub fn shorten(mid: &mut Channel, side: Option<&mut Channel>, at_most: usize, least_likeness: f32) -> usize {
    let longest = mid.next.len().saturating_sub(FADE).min(at_most).min(LONGEST_PERIOD);
    let found = find(mid, side.as_deref(), longest, least_likeness, |join, period| join + period);
    let Some(period) = found else { return 0 };
    mid.shorten(period);
    side.into_iter().for_each(|side| side.shorten(period));
    period
}

/// Puts a period of what was played before once more in front of what is next on one channel or on two. Returns by how many
/// samples it is longer now: none where no period is at least so like the one before it, `least_likeness` of 0…1, nor both are
/// quiet.
pub fn lengthen(mid: &mut Channel, side: Option<&mut Channel>, least_likeness: f32) -> usize {
    let longest = if mid.next.len() < FADE { 0 } else { LONGEST_PERIOD };
    let found = find(mid, side.as_deref(), longest, least_likeness, |join, period| join - period);
    let Some(period) = found else { return 0 };
    mid.lengthen(period);
    side.into_iter().for_each(|side| side.lengthen(period));
    period
}

/// Between two samples, the later the sooner the fade is over.
fn faded(from: f32, to: f32, index: usize) -> f32 {
    let along = (index + 1) as f32 / (FADE + 1) as f32;
    from + (to - from) * along
}

/// The period up to `longest` over which the sound around the join is most like itself, if it is enough so. `shifted` moves the
/// place of the join, where `next` begins, by a period.
fn find(
    mid: &Channel,
    side: Option<&Channel>,
    longest: usize,
    least_likeness: f32,
    shifted: impl Fn(usize, usize) -> usize,
) -> Option<usize> {
    if longest < SHORTEST_PERIOD {
        return None;
    }
    let (mid, side) = (Surroundings::of(mid), side.map(Surroundings::of));

    let join = HISTORY_SAMPLES / COARSE;
    // The longest first: of equals it is taken, and changes most.
    let periods = (SHORTEST_PERIOD / COARSE..=longest / COARSE).rev();
    let (found, _) = most_like(periods, |period| {
        let at = shifted(join, period);
        likeness(&mid.coarse, side.as_ref().map(|side| &side.coarse[..]), join, at, FADE / COARSE)
    })?;

    let join = HISTORY_SAMPLES;
    let found = found * COARSE;
    let periods = (found.saturating_sub(REFINE).max(SHORTEST_PERIOD)..=(found + REFINE).min(longest)).rev();
    let fine_side = side.as_ref().map(|side| &side.sound[..]);
    let (period, likeness) =
        most_like(periods, |period| likeness(&mid.sound, fine_side, join, shifted(join, period), FADE))?;
    let is_quiet = |at: usize| {
        let both = energy(around(&mid.sound, at, FADE)) + fine_side.map_or(0.0, |side| energy(around(side, at, FADE)));
        dbfs_of_mean_square(both / (2 * FADE) as f64) < QUIET_DBFS
    };
    (likeness >= least_likeness || is_quiet(join) && is_quiet(shifted(join, period))).then_some(period)
}

/// What was played last and what is next on a channel, as far as periods reach.
struct Surroundings {
    sound: [f32; HISTORY_SAMPLES + FADE + LONGEST_PERIOD],
    coarse: [f32; (HISTORY_SAMPLES + FADE + LONGEST_PERIOD) / COARSE],
}

impl Surroundings {
    fn of(channel: &Channel) -> Self {
        let mut sound = [0.0; HISTORY_SAMPLES + FADE + LONGEST_PERIOD];
        sound[..HISTORY_SAMPLES].copy_from_slice(&channel.before);
        for (sample, next) in sound[HISTORY_SAMPLES..].iter_mut().zip(&channel.next) {
            *sample = *next;
        }
        let mut coarse = [0.0; (HISTORY_SAMPLES + FADE + LONGEST_PERIOD) / COARSE];
        for (average, samples) in coarse.iter_mut().zip(sound.as_chunks::<COARSE>().0) {
            *average = samples.iter().sum::<f32>() / COARSE as f32;
        }
        Self { sound, coarse }
    }
}

/// So many samples on either side of a place.
fn around(sound: &[f32], place: usize, reach: usize) -> &[f32] {
    debug_assert!(place >= reach && place + reach <= sound.len());
    &sound[place - reach..place + reach]
}

/// The first of the periods with the highest likeness.
fn most_like(periods: impl Iterator<Item = usize>, likeness: impl Fn(usize) -> f32) -> Option<(usize, f32)> {
    periods.map(|period| (period, likeness(period))).reduce(|best, other| if other.1 > best.1 { other } else { best })
}

/// Normalised correlation of what is around two places, on both channels together: 1 for the same waves at any loudness, 0 for
/// silence.
fn likeness(mid: &[f32], side: Option<&[f32]>, join: usize, shifted: usize, reach: usize) -> f32 {
    let (mut product, mut square_a, mut square_b) = (0.0, 0.0, 0.0);
    for sound in std::iter::once(mid).chain(side) {
        for (a, b) in around(sound, join, reach).iter().zip(around(sound, shifted, reach)) {
            product += a * b;
            square_a += a * a;
            square_b += b * b;
        }
    }
    product / (square_a * square_b).sqrt().max(f32::MIN_POSITIVE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::testing::{power_at, speech_like, steepest};
    use crate::frame::SAMPLE_RATE_HZ;
    use proptest::prelude::*;
    use std::f32::consts::TAU;

    fn sine(frequency: f32, samples: usize) -> Vec<f32> {
        (0..samples).map(|index| 0.5 * (TAU * frequency * index as f32 / SAMPLE_RATE_HZ as f32).sin()).collect()
    }

    /// The sound, stretched every 20 ms, and by how much in all.
    fn stretched(sound: &[f32], mut stretch: impl FnMut(&mut Channel) -> usize) -> (Vec<f32>, usize) {
        let (mut channel, mut out, mut total) = (Channel::silent(0), Vec::new(), 0);
        for frame in sound.as_chunks::<960>().0 {
            channel.next = frame.to_vec();
            total += stretch(&mut channel);
            play(&mut channel, &mut out);
        }
        (out, total)
    }

    fn play(channel: &mut Channel, out: &mut Vec<f32>) {
        out.append(&mut channel.next);
        if let Some(last) = out.last_chunk() {
            channel.before = *last;
        }
    }

    #[test]
    fn a_sine_keeps_its_wave_and_pitch_whichever_way_it_is_stretched() {
        for frequency in [80.0, 220.0, 441.3, 997.0, 3_001.7] {
            let sound = sine(frequency, 48_000);
            let (shorter, taken) = stretched(&sound, |channel| shorten(channel, None, usize::MAX, 0.9));
            let (longer, given) = stretched(&sound, |channel| lengthen(channel, None, 0.9));
            assert!(taken > 5_000 && given > 5_000, "{frequency} Hz: {taken} taken, {given} given");
            assert_eq!((shorter.len() + taken, longer.len()), (48_000, 48_000 + given));
            for out in [shorter, longer] {
                // The beginning has nothing before it.
                assert!(steepest(&out[960..]) <= 1.01 * steepest(&sound), "{frequency} Hz jumps");
                // Piece by piece, since joins move its phase by parts of a sample.
                for piece in out[960..].chunks_exact(2_400) {
                    let power = power_at(piece, frequency);
                    assert!(power > 0.22, "{frequency} Hz: {power} of 0.25 left");
                }
            }
        }
    }

    #[test]
    fn speech_does_not_jump_when_it_is_stretched() {
        let sound = speech_like(3.0);
        for (out, changed) in [
            stretched(&sound, |channel| shorten(channel, None, usize::MAX, 0.8)),
            stretched(&sound, |channel| lengthen(channel, None, 0.8)),
        ] {
            assert!(changed > 10_000, "{changed}");
            assert!(steepest(&out) <= steepest(&sound), "{} against {}", steepest(&out), steepest(&sound));
        }
    }

    #[test]
    fn silence_stays_silence_and_changes_by_the_longest_period() {
        let mut channel = Channel::silent(960);
        assert_eq!(shorten(&mut channel, None, usize::MAX, 0.9), LONGEST_PERIOD);
        assert_eq!(channel.next, vec![0.0; 240]);
        assert_eq!(lengthen(&mut channel, None, 0.9), LONGEST_PERIOD);
        assert_eq!(channel.next, vec![0.0; 960]);
    }

    #[test]
    fn what_is_not_like_itself_is_left_as_it_is() {
        let mut state = 1u32;
        let mut noise = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / 8_388_608.0 - 1.0
        };
        let before = std::array::from_fn(|_| noise());
        let mut channel = Channel { before, next: (0..960).map(|_| noise()).collect() };
        let was = channel.next.clone();
        assert_eq!(shorten(&mut channel, None, usize::MAX, 0.8), 0);
        assert_eq!(lengthen(&mut channel, None, 0.8), 0);
        assert_eq!(channel.next, was);
        // A second channel that could be stretched does not make the first one so.
        let mut quiet_side = Channel::silent(960);
        assert_eq!(shorten(&mut channel, Some(&mut quiet_side), usize::MAX, 0.8), 0);
        assert_eq!(lengthen(&mut quiet_side, Some(&mut channel), 0.8), 0);
        assert_eq!(channel.next, was);
    }

    #[test]
    fn two_channels_stay_together_and_neither_jumps() {
        let (mid, side) = (sine(220.0, 48_000), sine(337.0, 48_000));
        type Stretch = fn(&mut Channel, Option<&mut Channel>) -> usize;
        let ways: [Stretch; 2] =
            [|mid, side| shorten(mid, side, usize::MAX, 0.9), |mid, side| lengthen(mid, side, 0.9)];
        for stretch in ways {
            let (mut channels, mut out) = ([Channel::silent(0), Channel::silent(0)], [Vec::new(), Vec::new()]);
            let mut changed = 0;
            for frames in mid.as_chunks::<960>().0.iter().zip(side.as_chunks::<960>().0) {
                let [mid, side] = &mut channels;
                (mid.next, side.next) = (frames.0.to_vec(), frames.1.to_vec());
                changed += stretch(mid, Some(side));
                channels.iter_mut().zip(&mut out).for_each(|(channel, out)| play(channel, out));
            }
            assert!(changed > 5_000, "{changed}");
            assert_eq!(out[0].len(), out[1].len());
            for ((out, sound), hertz) in out.iter().zip([&mid, &side]).zip([220.0, 337.0]) {
                assert!(steepest(&out[960..]) <= 1.05 * steepest(sound), "{hertz} Hz jumps");
                for piece in out[960..].chunks_exact(2_400) {
                    let power = power_at(piece, hertz);
                    assert!(power > 0.2, "{hertz} Hz: {power} of 0.25 left");
                }
            }
        }
    }

    proptest! {
        #[test]
        fn any_sound_changes_by_no_more_than_allowed(
            length in 0usize..3_000, at_most in 0usize..2_000, least_likeness in 0.0f32..1.0, seed in any::<u32>(),
        ) {
            let mut state = seed;
            let mut noise = || {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 8) as f32 / 8_388_608.0 - 1.0
            };
            let before = std::array::from_fn(|_| noise());
            let mut mid = Channel { before, next: (0..length).map(|_| noise()).collect() };
            let mut side = Channel { before, next: (0..length).map(|_| noise()).collect() };
            let taken = shorten(&mut mid, Some(&mut side), at_most, least_likeness);
            prop_assert!(taken <= at_most.min(LONGEST_PERIOD) && mid.next.len() == length - taken);
            let given = lengthen(&mut mid, Some(&mut side), least_likeness);
            prop_assert!(given <= LONGEST_PERIOD && mid.next.len() == length - taken + given);
            prop_assert_eq!(mid.next.len(), side.next.len());
            prop_assert!(mid.next.iter().chain(&side.next).all(|sample| sample.abs() <= 1.0));
        }
    }
}
