//! Sound made shorter or longer by a period of its pitch, so that neither pitch nor wave breaks.
//!
//! A stretch of sound is cross-faded into itself one period later or earlier, where it is most like itself: WSOLA (Verhelst and
//! Roelands, 1993), as in NetEQ's accelerate and preemptive expand. Works on samples alone and knows neither packets
//! nor time; whoever asks says how like is like enough.

use super::level::{dbfs_of_mean_square, energy};

/// Samples of what was played last that have to be at hand.
pub const HISTORY_SAMPLES: usize = LONGEST_PERIOD + FADE;

/// Samples by which sound changes at least and at most: 2.5 and 15 ms, the periods of 400 and 67 Hz.
pub const SHORTEST_PERIOD: usize = 120;
const LONGEST_PERIOD: usize = 720;

/// Samples of the cross-fade: 5 ms. As many on either side of its beginning are compared.
const FADE: usize = 240;

/// Sound below this level may be joined anywhere: it is not heard.
const QUIET_DBFS: f32 = -50.0;

/// Samples that are averaged to one for the first search.
const COARSE: usize = 4;

/// Samples on either side of the first search's find among which the second searches.
const REFINE: usize = COARSE;

/// What was played last.
pub type History = [f32; HISTORY_SAMPLES];

/// Takes a period out of what is `next`, after what was played `before`. Returns by how many samples it is shorter now:
/// `at_most` so many, and none where no period is at least so like the one after it, `least_likeness` of 0…1, nor both are quiet.
pub fn shorten(before: &History, next: &mut Vec<f32>, at_most: usize, least_likeness: f32) -> usize {
    let longest = next.len().saturating_sub(FADE).min(at_most).min(LONGEST_PERIOD);
    let Some(period) = find(before, next, longest, least_likeness, |join, period| join + period) else { return 0 };
    // From the end, so that what is still to be read is not written yet.
    for index in (0..FADE).rev() {
        next[index + period] = faded(next[index], next[index + period], index);
    }
    next.drain(..period);
    period
}

/// Puts a period of what was played `before` once more in front of what is `next`. Returns by how many samples it is longer
/// now: none where no period is at least so like the one before it, `least_likeness` of 0…1, nor both are quiet.
pub fn lengthen(before: &History, next: &mut Vec<f32>, least_likeness: f32) -> usize {
    let longest = if next.len() < FADE { 0 } else { LONGEST_PERIOD };
    let Some(period) = find(before, next, longest, least_likeness, |join, period| join - period) else { return 0 };
    next.splice(..0, before[HISTORY_SAMPLES - period..].iter().copied());
    for index in 0..FADE {
        next[index] = faded(next[index + period], next[index], index);
    }
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
    before: &History,
    next: &[f32],
    longest: usize,
    least_likeness: f32,
    shifted: impl Fn(usize, usize) -> usize,
) -> Option<usize> {
    if longest < SHORTEST_PERIOD {
        return None;
    }
    let mut sound = [0.0; HISTORY_SAMPLES + FADE + LONGEST_PERIOD];
    sound[..HISTORY_SAMPLES].copy_from_slice(before);
    for (sample, next) in sound[HISTORY_SAMPLES..].iter_mut().zip(next) {
        *sample = *next;
    }
    let around = |sound: &[f32], join: usize, reach: usize| -> std::ops::Range<usize> {
        debug_assert!(join >= reach && join + reach <= sound.len());
        join - reach..join + reach
    };

    let mut coarse = [0.0; (HISTORY_SAMPLES + FADE + LONGEST_PERIOD) / COARSE];
    for (average, samples) in coarse.iter_mut().zip(sound.as_chunks::<COARSE>().0) {
        *average = samples.iter().sum::<f32>() / COARSE as f32;
    }
    let join = HISTORY_SAMPLES / COARSE;
    let template = &coarse[around(&coarse, join, FADE / COARSE)];
    // The longest first: of equals it is taken, and changes most.
    let periods = (SHORTEST_PERIOD / COARSE..=longest / COARSE).rev();
    let (found, _) = most_like(periods, |period| {
        likeness(template, &coarse[around(&coarse, shifted(join, period), FADE / COARSE)])
    })?;

    let join = HISTORY_SAMPLES;
    let template = &sound[around(&sound, join, FADE)];
    let found = found * COARSE;
    let periods = (found.saturating_sub(REFINE).max(SHORTEST_PERIOD)..=(found + REFINE).min(longest)).rev();
    let at = |period| &sound[around(&sound, shifted(join, period), FADE)];
    let (period, likeness) = most_like(periods, |period| likeness(template, at(period)))?;
    let quiet = |samples: &[f32]| dbfs_of_mean_square(energy(samples) / samples.len() as f64) < QUIET_DBFS;
    (likeness >= least_likeness || quiet(template) && quiet(at(period))).then_some(period)
}

/// The first of the periods with the highest likeness.
fn most_like(periods: impl Iterator<Item = usize>, likeness: impl Fn(usize) -> f32) -> Option<(usize, f32)> {
    periods.map(|period| (period, likeness(period))).reduce(|best, other| if other.1 > best.1 { other } else { best })
}

/// Normalised correlation: 1 for the same wave at any loudness, 0 for silence.
fn likeness(a: &[f32], b: &[f32]) -> f32 {
    let (mut product, mut square_a, mut square_b) = (0.0, 0.0, 0.0);
    for (a, b) in a.iter().zip(b) {
        product += a * b;
        square_a += a * a;
        square_b += b * b;
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
    fn stretched(sound: &[f32], mut stretch: impl FnMut(&History, &mut Vec<f32>) -> usize) -> (Vec<f32>, usize) {
        let (mut before, mut out, mut total) = ([0.0; HISTORY_SAMPLES], Vec::new(), 0);
        for frame in sound.as_chunks::<960>().0 {
            let mut next = frame.to_vec();
            total += stretch(&before, &mut next);
            out.extend_from_slice(&next);
            if let Some(last) = out.last_chunk() {
                before = *last;
            }
        }
        (out, total)
    }

    #[test]
    fn a_sine_keeps_its_wave_and_pitch_whichever_way_it_is_stretched() {
        for frequency in [80.0, 220.0, 441.3, 997.0, 3_001.7] {
            let sound = sine(frequency, 48_000);
            let (shorter, taken) = stretched(&sound, |before, next| shorten(before, next, usize::MAX, 0.9));
            let (longer, given) = stretched(&sound, |before, next| lengthen(before, next, 0.9));
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
            stretched(&sound, |before, next| shorten(before, next, usize::MAX, 0.8)),
            stretched(&sound, |before, next| lengthen(before, next, 0.8)),
        ] {
            assert!(changed > 10_000, "{changed}");
            assert!(steepest(&out) <= steepest(&sound), "{} against {}", steepest(&out), steepest(&sound));
        }
    }

    #[test]
    fn silence_stays_silence_and_changes_by_the_longest_period() {
        let mut next = vec![0.0; 960];
        assert_eq!(shorten(&[0.0; HISTORY_SAMPLES], &mut next, usize::MAX, 0.9), LONGEST_PERIOD);
        assert_eq!(next, vec![0.0; 240]);
        assert_eq!(lengthen(&[0.0; HISTORY_SAMPLES], &mut next, 0.9), LONGEST_PERIOD);
        assert_eq!(next, vec![0.0; 960]);
    }

    #[test]
    fn what_is_not_like_itself_is_left_as_it_is() {
        let mut state = 1u32;
        let mut noise = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / 8_388_608.0 - 1.0
        };
        let before = std::array::from_fn(|_| noise());
        let mut next: Vec<f32> = (0..960).map(|_| noise()).collect();
        let was = next.clone();
        assert_eq!(shorten(&before, &mut next, usize::MAX, 0.8), 0);
        assert_eq!(lengthen(&before, &mut next, 0.8), 0);
        assert_eq!(next, was);
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
            let mut next: Vec<f32> = (0..length).map(|_| noise()).collect();
            let taken = shorten(&before, &mut next, at_most, least_likeness);
            prop_assert!(taken <= at_most.min(LONGEST_PERIOD) && next.len() == length - taken);
            let given = lengthen(&before, &mut next, least_likeness);
            prop_assert!(given <= LONGEST_PERIOD && next.len() == length - taken + given);
            prop_assert!(next.iter().all(|sample| sample.abs() <= 1.0));
        }
    }
}
