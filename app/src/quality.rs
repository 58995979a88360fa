//! How well everybody is received, and whose fault it is where that is not well.
//!
//! Judges by the figures of the last seconds and by what the others tell of how they receive each other: who receives everybody badly
//! has a bad link, and so has whom everybody receives badly. What is seen and what is made of it are pure functions ([`facts`],
//! [`blame`]); [`Judge`] keeps verdicts from flapping. Told the time by the history; knows no meeting, and says nothing in words.

use std::collections::BTreeMap;
use std::time::Duration;

use nonet_media::mesh::{Account, Reception};
use nonet_media::rtp::PeerId;

pub use nonet_media::mesh::Grade;

use crate::statistics::History;
use facts::Facts;

mod blame;
pub mod facts;
mod own;

#[cfg(test)]
mod tests;

/// How long it must have been worse, or worse for another reason, before that is said. Shorter disturbances are over before
/// anybody could do something about them.
const WORSE_AFTER: Duration = Duration::from_secs(3);
/// How long it must have been better before that is said.
const BETTER_AFTER: Duration = Duration::from_secs(8);
/// How long the others go on being asked after the last trouble.
const ASK_FOR: Duration = Duration::from_secs(15);

/// Why something is not good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// What leaves them gets lost on the way to everybody.
    TheirUplinkLoses,
    /// What leaves them comes late or in part only, at everybody.
    TheirLinkIsSlow,
    /// Their machine says that it does not keep up.
    TheirComputer,
    /// What comes to us gets lost, from whomever.
    YourDownlinkLoses,
    /// What comes to us comes late or in part only, from whomever.
    YourDownlinkIsSlow,
    /// What leaves us gets lost on the way to most.
    YourUplinkLoses,
    /// What leaves us has to be less than most want.
    YourUplinkIsSlow,
    /// Our machine does not keep up with encoding or decoding.
    YourComputer,
    /// The round trip is long.
    LongWay,
    /// Packets get lost between the two, and at whose end cannot be told.
    LossBetween,
    /// What comes between the two comes late or in part only, and at whose end cannot be told.
    SlownessBetween,
}

/// What is made of it all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub grade: Grade,
    /// None while it is good.
    pub cause: Option<Cause>,
}

impl Verdict {
    /// Nothing is wrong.
    pub const GOOD: Self = Self { grade: Grade::Good, cause: None };

    fn bad(grade: Grade, cause: Cause) -> Self {
        Self { grade, cause: Some(cause) }
    }
}

/// Watches the history and says how well everybody is received.
#[derive(Debug, Default)]
pub struct Judge {
    others: BTreeMap<u32, Held>,
    own: Held,
    asks_until: Option<Duration>,
}

impl Judge {
    /// Looks at the history's newest second; once for each. Whether a verdict has changed.
    pub fn look(&mut self, history: &History) -> bool {
        let Some(last) = history.last() else { return false };
        let facts: BTreeMap<u32, Facts> =
            last.remotes.iter().filter_map(|remote| Some((remote.id, Facts::of(history, remote.id)?))).collect();
        let mut has_changed = false;
        self.others.retain(|id, _| {
            let is_there = last.remote(*id).is_some();
            has_changed |= !is_there;
            is_there
        });
        let mut is_any_bad = false;
        let mut verdicts = Vec::new();
        for remote in &last.remotes {
            let verdict = facts.get(&remote.id).map(|_| blame::verdict(remote.id, &facts, last));
            is_any_bad |= verdict.is_some_and(|verdict| verdict != Verdict::GOOD);
            has_changed |= self.others.entry(remote.id).or_default().update(last.ended, verdict);
            verdicts.extend(verdict);
        }
        let own = own::verdict(history, &verdicts);
        is_any_bad |= own.is_some_and(|verdict| verdict != Verdict::GOOD);
        has_changed |= self.own.update(last.ended, own);
        if is_any_bad {
            self.asks_until = Some(last.ended + ASK_FOR);
        } else if self.asks_until.is_some_and(|until| last.ended >= until) {
            self.asks_until = None;
        }
        has_changed
    }

    /// How well somebody else is received; none while it is not known.
    pub fn of(&self, id: u32) -> Option<Verdict> {
        self.others.get(&id).and_then(|held| held.shown)
    }

    /// How well oneself is connected; none while it is not known.
    pub fn own(&self) -> Option<Verdict> {
        self.own.shown
    }

    /// Whether something is wrong, so that what the others receive would help to say whose fault it is.
    pub fn asks_for_accounts(&self) -> bool {
        self.asks_until.is_some()
    }
}

/// What is to be told to who asks how we receive the others.
pub fn account(history: &History) -> Account {
    let Some(last) = history.last() else { return Account::default() };
    let receptions = last.remotes.iter().filter_map(|remote| {
        let facts = Facts::of(history, remote.id)?;
        Some(Reception {
            from: PeerId(remote.id),
            kbps: facts.kbps.round() as u32,
            lost_permille: facts.lost.map(|lost| (lost * 1000.0).round() as u32),
            fps: facts.fps.round() as u32,
            width: facts.width,
            height: facts.height,
            jitter_ms: facts.jitter_ms.round() as u32,
            grade: Some(facts.grade()),
        })
    });
    let is_overloaded = last.is_overloaded || last.remotes.iter().any(|remote| facts::decodes_late(history, remote.id));
    Account { receptions: receptions.collect(), is_overloaded }
}

/// A verdict as it is shown: it follows what is found only after a while.
#[derive(Clone, Copy, Debug, Default)]
struct Held {
    shown: Option<Verdict>,
    /// What else has been found since when, without a break.
    other: Option<(Change, Duration)>,
}

/// How what is found differs from what is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    Worse,
    Better,
    Otherwise,
}

impl Held {
    /// Takes what was found at `now`. Whether what is shown has changed.
    fn update(&mut self, now: Duration, found: Option<Verdict>) -> bool {
        let (Some(shown), Some(found)) = (self.shown, found) else {
            // What is not known any more is not shown any longer, and what is found at last is shown at once.
            let has_changed = self.shown != found;
            *self = Self { shown: found, other: None };
            return has_changed;
        };
        if shown == found {
            self.other = None;
            return false;
        }
        let (change, after) = match found.grade.cmp(&shown.grade) {
            std::cmp::Ordering::Greater => (Change::Worse, WORSE_AFTER),
            std::cmp::Ordering::Less => (Change::Better, BETTER_AFTER),
            std::cmp::Ordering::Equal => (Change::Otherwise, WORSE_AFTER),
        };
        let since = match self.other {
            Some((same, since)) if same == change => since,
            _ => now,
        };
        self.other = Some((change, since));
        let is_due = now.saturating_sub(since) >= after;
        if is_due {
            *self = Self { shown: Some(found), other: None };
        }
        is_due
    }
}
