//! How much one connection may say: a token bucket, refilled with time.

use std::time::{Duration, Instant};

/// A full bucket: what a ninth participant says at once on joining (eight offers, their candidates), and then some.
const BURST: f64 = 400.0;
const PER_SECOND: f64 = 50.0;
/// A message costs one and one more for each of these.
const BYTES_PER_TOKEN: f64 = 4096.0;

#[derive(Debug)]
pub(super) struct RateLimit {
    tokens: f64,
    at: Instant,
}

impl RateLimit {
    pub(super) fn new(now: Instant) -> Self {
        Self { tokens: BURST, at: now }
    }

    /// Takes a message of so many bytes into account; whether it is within the limit.
    pub(super) fn admits(&mut self, now: Instant, bytes: usize) -> bool {
        let elapsed: Duration = now.saturating_duration_since(self.at);
        self.at = now;
        self.tokens = (self.tokens + elapsed.as_secs_f64() * PER_SECOND).min(BURST);
        self.tokens -= 1.0 + bytes as f64 / BYTES_PER_TOKEN;
        self.tokens >= 0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joining_a_full_meeting_is_within_the_limit() {
        let now = Instant::now();
        let mut rate = RateLimit::new(now);
        for _ in 0..8 {
            assert!(rate.admits(now, 8 * 1024));
            for _ in 0..30 {
                assert!(rate.admits(now, 200));
            }
        }
    }

    #[test]
    fn a_flood_is_not_and_time_heals() {
        let start = Instant::now();
        let mut rate = RateLimit::new(start);
        assert!((0..1000).any(|_| !rate.admits(start, 100)));
        let mut rate = RateLimit::new(start);
        assert!((0..30).any(|_| !rate.admits(start, 64 * 1024)), "few but large");
        assert!(rate.admits(start + Duration::from_secs(60), 64 * 1024));
        assert!(rate.admits(start, 100), "time that runs backwards does no harm");
    }
}
