//! How well oneself is connected: what leaves us as the links tell it, and what comes to us as it was judged.

use super::facts::grade_of_loss;
use super::{Cause, Grade, Verdict};
use crate::statistics::{History, RemoteSecond};

/// Seconds over which links are looked at.
const WINDOW: usize = 5;
/// Seconds that a link is given to find out what it carries.
const SETTLING: usize = 15;
/// What a link carries, as a share of what is wanted on it, below which it is slow.
const SLOW_FAIR: f32 = 0.5;
const SLOW_POOR: f32 = 0.2;

/// `received` is what was made of how the others are received. None while nothing is known.
pub(super) fn verdict(history: &History, received: &[Verdict]) -> Option<Verdict> {
    let last = history.last()?;
    let connected: Vec<u32> =
        last.remotes.iter().filter(|remote| remote.is_connected).map(|remote| remote.id).collect();
    if connected.is_empty() {
        return None;
    }
    let computer = last.is_overloaded.then_some(Verdict::bad(Grade::Fair, Cause::YourComputer));
    let losses =
        connected.iter().filter_map(|id| Some(grade_of_loss(mean(history, *id, |second| Some(second.link.loss))?)));
    let loss = of_most(losses.collect(), Cause::YourUplinkLoses, Cause::LossBetween);
    let slow = connected.iter().filter_map(|id| Some(grade_of_room(settled_room(history, *id)?)));
    let slow = of_most(slow.collect(), Cause::YourUplinkIsSlow, Cause::SlownessBetween);
    let ours = [Cause::YourDownlinkLoses, Cause::YourDownlinkIsSlow, Cause::YourComputer];
    let incoming = received.iter().filter(|verdict| verdict.cause.is_some_and(|cause| ours.contains(&cause)));
    let incoming = incoming.copied().max_by_key(|verdict| verdict.grade);
    // The worst; of equally bad ones the first.
    let all = [computer, loss, incoming, slow].into_iter().flatten();
    Some(all.fold(Verdict::GOOD, |worst, verdict| if verdict.grade > worst.grade { verdict } else { worst }))
}

/// What is wrong with most of the links is wrong with ours; with only one it cannot be told.
fn of_most(mut links: Vec<Grade>, ours: Cause, of_the_only: Cause) -> Option<Verdict> {
    links.sort_unstable();
    let bad = links.iter().filter(|grade| **grade > Grade::Good).count();
    if bad * 2 <= links.len() {
        return None;
    }
    let typical = links[links.len() - bad..][(bad - 1) / 2];
    Some(Verdict::bad(typical, if links.len() == 1 { of_the_only } else { ours }))
}

fn grade_of_room(room: f32) -> Grade {
    if room < SLOW_POOR {
        Grade::Poor
    } else if room < SLOW_FAIR {
        Grade::Fair
    } else {
        Grade::Good
    }
}

/// What a link carries as a share of what is wanted on it, once it has had time to be found out.
fn settled_room(history: &History, id: u32) -> Option<f32> {
    let is_up = |remote: &RemoteSecond| remote.is_connected;
    let settled = history.newest(SETTLING).filter(|second| second.remote(id).is_some_and(is_up)).count() == SETTLING;
    let room = |second: &RemoteSecond| {
        let wanted = second.link.wanted_kbps.filter(|wanted| *wanted > 0.0)?;
        Some(second.link.estimate_kbps? / wanted)
    };
    if settled { mean(history, id, room) } else { None }
}

fn mean(history: &History, id: u32, of: impl Fn(&RemoteSecond) -> Option<f32>) -> Option<f32> {
    let values: Vec<f32> = history.newest(WINDOW).filter_map(|second| of(second.remote(id)?)).collect();
    (!values.is_empty()).then(|| values.iter().sum::<f32>() / values.len() as f32)
}
