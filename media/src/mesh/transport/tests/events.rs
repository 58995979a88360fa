//! What is to happen when, in the order of time, and at the same time in the order in which it was said.

use std::collections::BTreeMap;
use std::time::Instant;

pub struct Events<T> {
    events: BTreeMap<(Instant, u64), T>,
    order: u64,
}

impl<T> Default for Events<T> {
    fn default() -> Self {
        Self { events: BTreeMap::new(), order: 0 }
    }
}

impl<T> Events<T> {
    pub fn push(&mut self, at: Instant, event: T) {
        self.order += 1;
        self.events.insert((at, self.order), event);
    }

    pub fn next_at(&self) -> Option<Instant> {
        self.events.first_key_value().map(|((at, _), _)| *at)
    }

    /// The next whose time has come.
    pub fn take_due(&mut self, now: Instant) -> Option<T> {
        let entry = self.events.first_entry().filter(|entry| entry.key().0 <= now)?;
        Some(entry.remove())
    }
}
