//! Tells whether less is sent than may be, because there is no more to send.
//!
//! A budget fills at a share of the estimate and is used by what is sent. What arrives of a limited application says nothing of
//! what would arrive of more.

use std::time::Instant;

use super::difference::between_instants;

/// Share of the estimate at which the budget fills.
const SHARE: f64 = 0.8;

/// The budget holds what its share makes in this time, and may be overdrawn by as much.
const WINDOW_MS: f64 = 500.0;

/// Part of the budget above which the application is limited, and below which it is no longer.
const LIMITED_ABOVE: f64 = 0.4;
const UNLIMITED_BELOW: f64 = -0.6;

#[derive(Clone, Debug)]
pub(super) struct ApplicationLimit {
    /// Part of the budget that is left, -1 to 1.
    left: f64,
    budget_bytes: f64,
    updated: Instant,
    since: Option<Instant>,
}

impl ApplicationLimit {
    pub(super) fn new(estimate_bps: f64, now: Instant) -> Self {
        Self { left: 0.0, budget_bytes: budget_bytes(estimate_bps), updated: now, since: None }
    }

    pub(super) fn set_estimate(&mut self, estimate_bps: f64) {
        let budget_bytes = budget_bytes(estimate_bps);
        self.left = (self.left * self.budget_bytes / budget_bytes).clamp(-1.0, 1.0);
        self.budget_bytes = budget_bytes;
    }

    pub(super) fn sent(&mut self, at: Instant, bytes: u32) {
        self.left = (self.left - f64::from(bytes) / self.budget_bytes).max(-1.0);
        self.tick(at);
    }

    pub(super) fn tick(&mut self, now: Instant) {
        let elapsed_ms = between_instants(now, self.updated).max(0.0);
        self.updated = self.updated.max(now);
        self.left = (self.left + elapsed_ms / WINDOW_MS).min(1.0);
        if self.left > LIMITED_ABOVE {
            self.since.get_or_insert(now);
        } else if self.left < UNLIMITED_BELOW {
            self.since = None;
        }
    }

    /// Since when the application has been limited; `None` while it is not.
    pub(super) fn since(&self) -> Option<Instant> {
        self.since
    }
}

fn budget_bytes(estimate_bps: f64) -> f64 {
    (estimate_bps * SHARE / 8.0 * WINDOW_MS / 1000.0).max(1.0)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Sends a packet of 1000 bytes every so many milliseconds.
    fn send(limit: &mut ApplicationLimit, now: &mut Instant, every_ms: u64, for_ms: u64) {
        let end = *now + Duration::from_millis(for_ms);
        while *now < end {
            *now += Duration::from_millis(every_ms);
            limit.sent(*now, 1000);
        }
    }

    #[test]
    fn sending_little_is_limited_and_sending_all_is_not() {
        let mut now = Instant::now();
        let mut limit = ApplicationLimit::new(1_000_000.0, now);
        send(&mut limit, &mut now, 8, 2000);
        assert_eq!(limit.since(), None);
        send(&mut limit, &mut now, 40, 2000);
        assert!(limit.since().is_some_and(|since| now - since > Duration::from_millis(500)));
        send(&mut limit, &mut now, 8, 5000);
        assert_eq!(limit.since(), None);
    }

    #[test]
    fn who_sends_nothing_at_all_is_limited() {
        let now = Instant::now();
        let mut limit = ApplicationLimit::new(1_000_000.0, now);
        limit.tick(now + Duration::from_secs(1));
        assert!(limit.since().is_some());
    }
}
