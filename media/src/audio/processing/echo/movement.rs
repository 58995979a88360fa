//! Whether the echo has moved, and where to: a device that was restarted has another delay, and the room is the same.
//!
//! That it may have moved is suspected where [`Misalignment`] finds the filter wrong altogether for a tenth of a second. Where to is
//! told by what was captured: its correlation with what was played is about the new way, and where the way as it was known before is
//! found in it at another place, that is by how much it has moved (C. H. Knapp and G. C. Carter, "The generalized correlation method
//! for estimation of time delay", IEEE Trans. ASSP 24(4), 1976). It is believed where the way at that place would have left much
//! less of what was captured than the filter has.

use super::misalignment::Misalignment;
use super::spectrum::{BINS, Ring, Spectrum, TRANSFORM, Transform};
use crate::audio::processing::HALF_SAMPLES;

/// Frames in which a way is looked for.
pub(super) const FRAMES: usize = 24;

/// The newest of them, in which it is tried.
const TRIED_FRAMES: usize = 10;

/// Share of the frames before in the means: a tenth of a second.
const SMOOTHING: f32 = 0.9;

/// Share of the echo that is wrong where the echo may have moved, and for how many frames in a row.
const SUSPICIOUS: f32 = 0.3;
const SUSPICIOUS_FRAMES: u32 = 4;

/// Frames from one attempt to the next, and for how many after a suspicion it is tried.
const PERIOD_FRAMES: u32 = 8;
const SUSPECTED_FRAMES: u32 = 80;

/// Frames without suspicion after which the way is known.
const KNOWN_FRAMES: u32 = 40;

/// Bins in which a way is looked for: 200 Hz to 8 kHz.
const SPEECH_BINS: std::ops::Range<usize> = 4..160;

/// How far a way can move: 200 ms.
const FARTHEST_PARTITIONS: usize = 20;

/// Places that are no further apart are the same: 1 ms.
const SAME_SAMPLES: usize = 48;

/// What a way at another place may leave of what the filter leaves, so that it is believed.
const BETTER: f32 = 0.6;

const NOTHING: f32 = 1e-9;

/// See the module's description.
pub(super) struct Movement {
    misalignment: Misalignment,
    /// What was captured and left, of the newest frames.
    captured: Ring,
    left: Ring,
    suspicious_frames: u32,
    /// Frames for which it is still tried.
    suspected: u32,
    /// Frames until the next attempt.
    pause: u32,
    /// The way as it was before the last suspicion, and the one that will be that.
    known: Vec<Spectrum>,
    next_known: Vec<Spectrum>,
    /// Whether the latter, and the former, are any.
    is_next_known: bool,
    is_known: bool,
    calm_frames: u32,
    /// The correlation of what was captured with what was played, by partition.
    learnt: Vec<Spectrum>,
    /// Likeness of the known way and what is learnt at each distance.
    likeness: Vec<f32>,
    /// The known way in time, and at another place.
    response: Vec<f32>,
    moved: Vec<Spectrum>,
    product: Spectrum,
}

impl Movement {
    /// Of a filter of so many partitions.
    pub fn new(partitions: usize) -> Self {
        let way = || vec![Spectrum::ZERO; partitions];
        Self {
            misalignment: Misalignment::over(SMOOTHING),
            captured: Ring::new(FRAMES),
            left: Ring::new(FRAMES),
            suspicious_frames: 0,
            suspected: 0,
            pause: 0,
            known: way(),
            next_known: way(),
            is_next_known: false,
            is_known: false,
            calm_frames: 0,
            learnt: way(),
            likeness: vec![0.0; (2 * FARTHEST_PARTITIONS + 2) * HALF_SAMPLES],
            response: vec![0.0; partitions * HALF_SAMPLES],
            moved: way(),
            product: Spectrum::ZERO,
        }
    }

    /// Takes in what was left and what was taken away, and from which. Gives the coefficients of the way where it has moved.
    pub fn update(
        &mut self,
        transform: &mut Transform,
        [left, echo]: [&Spectrum; 2],
        played: &Ring,
        coefficients: &[Spectrum],
    ) -> Option<&[Spectrum]> {
        self.left.push().clone_from(left);
        let captured = self.captured.push();
        captured.real = std::array::from_fn(|bin| left.real[bin] + echo.real[bin]);
        captured.imaginary = std::array::from_fn(|bin| left.imaginary[bin] + echo.imaginary[bin]);
        self.misalignment.update(left, echo, &[0.0; BINS]);
        self.suspect(coefficients);
        if self.suspected == 0 || self.pause > 0 || !self.is_known {
            return None;
        }
        self.pause = PERIOD_FRAMES;
        self.learn(transform, played);
        self.compare(transform);
        let first = self.place(None);
        // Of what was captured before the movement, the way is found where it was.
        let second = self.place(Some(first));
        let place = [first, second].into_iter().find(|place| {
            self.put(transform, *place);
            self.is_better(transform, played)
        });
        place.map(|_| self.settle())
    }

    /// Takes what was put at another place for known.
    fn settle(&mut self) -> &[Spectrum] {
        self.suspected = 0;
        self.calm_frames = 0;
        self.known.clone_from_slice(&self.moved);
        self.next_known.clone_from_slice(&self.moved);
        self.misalignment = Misalignment::over(SMOOTHING);
        &self.moved
    }

    fn suspect(&mut self, coefficients: &[Spectrum]) {
        self.pause = self.pause.saturating_sub(1);
        self.suspected = self.suspected.saturating_sub(1);
        let is_wrong = self.misalignment.opposed() > SUSPICIOUS;
        self.suspicious_frames = if is_wrong { self.suspicious_frames + 1 } else { 0 };
        if self.suspicious_frames >= SUSPICIOUS_FRAMES {
            self.suspected = SUSPECTED_FRAMES;
        }
        self.calm_frames = if is_wrong || self.suspected > 0 { 0 } else { self.calm_frames + 1 };
        if self.calm_frames >= KNOWN_FRAMES {
            self.calm_frames = 0;
            std::mem::swap(&mut self.known, &mut self.next_known);
            self.is_known = self.is_next_known;
            self.next_known.clone_from_slice(coefficients);
            self.is_next_known = true;
        }
    }

    /// What a filter would learn of what was captured at one stroke.
    fn learn(&mut self, transform: &mut Transform, played: &Ring) {
        let mut powers = [NOTHING; BINS];
        for age in 0..FRAMES + self.learnt.len() {
            powers.iter_mut().enumerate().for_each(|(bin, power)| *power += played.by_age(age).power(bin));
        }
        for (partition, learnt) in self.learnt.iter_mut().enumerate() {
            *learnt = Spectrum::ZERO;
            for age in 0..FRAMES {
                add_conjugate_product(learnt, self.captured.by_age(age), played.by_age(age + partition));
            }
            for bin in SPEECH_BINS {
                learnt.real[bin] /= powers[bin];
                learnt.imaginary[bin] /= powers[bin];
            }
            let mut time: [f32; TRANSFORM] = *transform.backward(learnt);
            time[HALF_SAMPLES..].fill(0.0);
            transform.forward(|index| time[index], learnt);
        }
    }

    /// Correlates what was learnt with what is known.
    fn compare(&mut self, transform: &mut Transform) {
        let mut powers = [NOTHING; BINS];
        for (known, learnt) in self.known.iter().zip(&self.learnt) {
            for bin in SPEECH_BINS {
                powers[bin] += known.power(bin) * learnt.power(bin);
            }
        }
        self.likeness.fill(0.0);
        for later in 0..=2 * FARTHEST_PARTITIONS {
            self.product = Spectrum::ZERO;
            for (new, learnt) in self.learnt.iter().enumerate() {
                if let Some(known) = (new + FARTHEST_PARTITIONS).checked_sub(later).and_then(|old| self.known.get(old))
                {
                    add_conjugate_product(&mut self.product, learnt, known);
                }
            }
            for bin in SPEECH_BINS {
                let scale = 1.0 / powers[bin].sqrt();
                self.product.real[bin] *= scale;
                self.product.imaginary[bin] *= scale;
            }
            let time = transform.backward(&self.product);
            for (index, likeness) in self.likeness[later * HALF_SAMPLES..][..TRANSFORM].iter_mut().enumerate() {
                *likeness += time[(index + HALF_SAMPLES) % TRANSFORM];
            }
        }
    }

    /// By how much later what is known is most like what was learnt, but for one place.
    fn place(&self, except: Option<isize>) -> isize {
        let mut most = (0, f32::MIN);
        for (at, likeness) in self.likeness.iter().enumerate() {
            let place = at as isize - ((FARTHEST_PARTITIONS + 1) * HALF_SAMPLES) as isize;
            if *likeness > most.1 && except.is_none_or(|except| place.abs_diff(except) > SAME_SAMPLES) {
                most = (place, *likeness);
            }
        }
        most.0
    }

    /// Makes the known way later by so many samples.
    fn put(&mut self, transform: &mut Transform, place: isize) {
        for (known, response) in self.known.iter().zip(self.response.as_chunks_mut::<HALF_SAMPLES>().0) {
            response.copy_from_slice(&transform.backward(known)[..HALF_SAMPLES]);
        }
        for (partition, moved) in self.moved.iter_mut().enumerate() {
            let sample = |index: usize| {
                let from = (partition * HALF_SAMPLES + index).checked_add_signed(-place);
                from.filter(|_| index < HALF_SAMPLES)
                    .and_then(|from| self.response.get(from))
                    .map_or(0.0, |value| *value)
            };
            transform.forward(sample, moved);
        }
    }

    /// Whether the way would have left less than the filter has.
    fn is_better(&mut self, transform: &mut Transform, played: &Ring) -> bool {
        let (mut would, mut has, mut all) = (0.0, NOTHING, NOTHING);
        for age in 0..TRIED_FRAMES {
            self.product = Spectrum::ZERO;
            for (partition, moved) in self.moved.iter().enumerate() {
                let played = played.by_age(age + partition);
                for bin in 0..BINS {
                    let (real, imaginary) = (played.real[bin], played.imaginary[bin]);
                    self.product.real[bin] += real * moved.real[bin] - imaginary * moved.imaginary[bin];
                    self.product.imaginary[bin] += real * moved.imaginary[bin] + imaginary * moved.real[bin];
                }
            }
            let echo: [f32; TRANSFORM] = *transform.backward(&self.product);
            let captured = transform.backward(self.captured.by_age(age));
            for index in HALF_SAMPLES..TRANSFORM {
                would += (captured[index] - echo[index]).powi(2);
                all += captured[index].powi(2);
            }
            has +=
                transform.backward(self.left.by_age(age))[HALF_SAMPLES..].iter().map(|left| left * left).sum::<f32>();
        }
        would < BETTER * has.min(all)
    }
}

/// Adds the product of one and the other's conjugate, in the bins of speech.
fn add_conjugate_product(sum: &mut Spectrum, one: &Spectrum, other: &Spectrum) {
    for bin in SPEECH_BINS {
        let (real, imaginary) = (other.real[bin], other.imaginary[bin]);
        sum.real[bin] += one.real[bin] * real + one.imaginary[bin] * imaginary;
        sum.imaginary[bin] += one.imaginary[bin] * real - one.real[bin] * imaginary;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_is_put_later_and_earlier_and_loses_what_is_beyond() {
        const PARTITIONS: usize = 4;
        let mut transform = Transform::new();
        let mut movement = Movement::new(PARTITIONS);
        // One sample in the third partition.
        transform.forward(|index| if index == 7 { 1.0 } else { 0.0 }, &mut movement.known[2]);
        let mut place_of = |place: isize| {
            movement.put(&mut transform, place);
            let mut found = Vec::new();
            for (partition, moved) in movement.moved.iter().enumerate() {
                let time = transform.backward(moved);
                found.extend((0..TRANSFORM).filter(|index| time[*index] > 0.5).map(|at| partition * HALF_SAMPLES + at));
            }
            found
        };
        assert_eq!(place_of(0), [967]);
        assert_eq!(place_of(-8), [959]);
        assert_eq!(place_of(500), [1_467]);
        assert!(place_of(-968).is_empty());
        assert!(place_of(953).is_empty());
    }
}
