//! The layer that suits a peer: by how large it shows us, by what its link takes, and by what others on that layer take.

use super::{Candidate, Demand, Rung};

/// How much a picture may be drawn larger than it is, in percent of its size. A larger layer is left for a smaller one only
/// when that covers what is shown better than it must.
const MOST_UPSCALING_PERCENT: u64 = 120;
const UPSCALING_AFTER_MOVING_DOWN_PERCENT: u64 = 110;

/// Bits that a link must have to get a layer that it did not have, in percent of the layer's least.
const TO_MOVE_UP_PERCENT: u64 = 115;

/// What a link must take of the bits that the best on its layer gets, in percent, to stay there and to come there. One
/// that takes less would cost the others more than that.
const TO_STAY_WITH_OTHERS_PERCENT: u64 = 50;
const TO_JOIN_OTHERS_PERCENT: u64 = 60;

/// Sets what suits each candidate.
pub(super) fn choose(candidates: &mut [Candidate], rungs: &[Rung]) {
    for candidate in candidates.iter_mut() {
        candidate.suits = covering(candidate, rungs).and_then(|covering| within_room(candidate, &rungs[..=covering]));
    }
    for place in (1..rungs.len()).rev() {
        move_slow_ones_down(candidates, rungs, place);
    }
}

/// The smallest rung that is large enough for what is shown, or the largest if none is.
pub(super) fn covering(candidate: &Candidate, rungs: &[Rung]) -> Option<usize> {
    let Demand::Shown { width, height } = candidate.needs.demand else { return None };
    if width == 0 || height == 0 {
        return None;
    }
    let covers = |rung: &Rung| {
        let is_move_down = candidate.previously_suitable > Some(rung.layer);
        let percent = if is_move_down { UPSCALING_AFTER_MOVING_DOWN_PERCENT } else { MOST_UPSCALING_PERCENT };
        u64::from(width) * 100 <= u64::from(rung.format.width) * percent
            || u64::from(height) * 100 <= u64::from(rung.format.height) * percent
    };
    rungs.iter().position(covers).or(rungs.len().checked_sub(1))
}

/// The largest rung that the link takes.
fn within_room(candidate: &Candidate, rungs: &[Rung]) -> Option<usize> {
    rungs.iter().rposition(|rung| {
        let percent = if candidate.previously_suitable >= Some(rung.layer) { 100 } else { TO_MOVE_UP_PERCENT };
        candidate.room_bps * 100 >= rung.min_bps() * percent
    })
}

/// Moves those who would take too many bits from others on a rung one down.
fn move_slow_ones_down(candidates: &mut [Candidate], rungs: &[Rung], place: usize) {
    let rung = &rungs[place];
    let most_bps = candidates
        .iter()
        .filter(|candidate| candidate.suits == Some(place))
        .map(|candidate| candidate.room_bps.min(rung.max_bps()))
        .max()
        .unwrap_or_default();
    for candidate in candidates.iter_mut().filter(|candidate| candidate.suits == Some(place)) {
        let is_there = candidate.previously_suitable >= Some(rung.layer);
        let percent = if is_there { TO_STAY_WITH_OTHERS_PERCENT } else { TO_JOIN_OTHERS_PERCENT };
        if candidate.room_bps * 100 < most_bps * percent {
            candidate.suits = within_room(candidate, &rungs[..place]);
        }
    }
}
