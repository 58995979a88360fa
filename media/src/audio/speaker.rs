//! Who speaks in the meeting, from everybody's levels: the dominant speaker identification of I. Volfin and I. Cohen ("Dominant
//! speaker identification for multipoint videoconferencing", Computer Speech & Language 27(4), 2013), as conference servers use it.
//!
//! Speech is told from noise by how it lasts: within the last fifth of a second, the last second and a bit, and the last moments,
//! somebody who takes the floor must beat whoever has it on all of these scales at once. A cough wins the shortest scale only, a fan
//! none, since levels count from the noise floor of each. Knows levels and time; what a tile looks like is the window's.

mod activity;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use activity::Activity;

/// How often somebody else may take the floor.
const DECISION_INTERVAL: Duration = Duration::from_millis(300);

/// How long after their last word somebody still counts as speaking: longer than the pauses between words.
const PAUSE: Duration = Duration::from_millis(800);

/// How much more active a challenger must be on the shortest and the middle scale: natural logarithms of ratios of scores (the
/// paper's C1 and C2). On the longest they must not be less.
const MORE_IMMEDIATE: f64 = 3.0;
const MORE_MEDIUM: f64 = 2.0;

/// See the module's description. `Id` tells participants apart.
#[derive(Clone, Debug)]
pub struct ActiveSpeaker<Id> {
    activities: BTreeMap<Id, Activity>,
    active: Option<Id>,
    decided_at: Option<Instant>,
    /// When the active speaker was heard last.
    heard_at: Option<Instant>,
}

impl<Id: Ord + Copy> Default for ActiveSpeaker<Id> {
    fn default() -> Self {
        Self { activities: BTreeMap::new(), active: None, decided_at: None, heard_at: None }
    }
}

impl<Id: Ord + Copy> ActiveSpeaker<Id> {
    /// Takes in the levels of the last 20 ms in dBFS, of everybody in the meeting; who is muted is silent. Whoever is not among them
    /// has left.
    pub fn update(&mut self, now: Instant, levels: impl IntoIterator<Item = (Id, f32)>) {
        let mut present = BTreeMap::new();
        for (id, dbfs) in levels {
            let mut activity = self.activities.remove(&id).unwrap_or_default();
            activity.update(dbfs);
            present.insert(id, activity);
        }
        self.activities = present;
        if self.active.is_some_and(|id| !self.activities.contains_key(&id)) {
            (self.active, self.heard_at) = (None, None);
        }
        if self.decided_at.is_none_or(|at| now.saturating_duration_since(at) >= DECISION_INTERVAL) {
            self.decided_at = Some(now);
            self.decide();
        }
        if self.active.and_then(|id| self.activities.get(&id)).is_some_and(Activity::is_voice) {
            self.heard_at = Some(now);
        }
    }

    /// Who spoke last, until somebody else does or they leave. None before anybody spoke.
    pub fn active(&self) -> Option<Id> {
        self.active
    }

    /// Who speaks now: the active speaker, pauses between words included.
    pub fn speaking(&self, now: Instant) -> Option<Id> {
        let heard_at = self.heard_at?;
        self.active.filter(|_| now.saturating_duration_since(heard_at) < PAUSE)
    }

    /// Gives the floor to whoever beats the active speaker by most.
    fn decide(&mut self) {
        let scored: Vec<_> = self.activities.iter().map(|(id, activity)| (*id, activity.scores())).collect();
        let of_active = scored.iter().find(|(id, _)| Some(*id) == self.active).map(|(_, scores)| *scores);
        // Nobody has the floor: whoever takes it must beat silence.
        let to_beat = of_active.unwrap_or_else(|| Activity::default().scores());
        let challengers = scored.iter().filter(|(id, _)| Some(*id) != self.active).filter_map(|(id, scores)| {
            let more = |own: f64, other: f64| (own / other).ln();
            let medium = more(scores.medium, to_beat.medium);
            let wins = more(scores.immediate, to_beat.immediate) > MORE_IMMEDIATE
                && medium > MORE_MEDIUM
                && more(scores.long, to_beat.long) > 0.0;
            wins.then_some((*id, medium))
        });
        if let Some((id, _)) = challengers.max_by(|a, b| a.1.total_cmp(&b.1)) {
            (self.active, self.heard_at) = (Some(id), None);
        }
    }
}

#[cfg(test)]
mod tests;
