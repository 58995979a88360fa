//! How fast somebody may say things: a bucket that is emptied by each and filled by time.

use std::time::Instant;

#[derive(Debug)]
pub(super) struct Pace {
    burst: f64,
    per_second: f64,
    tokens: f64,
    /// When it was last looked at; full before.
    at: Option<Instant>,
}

impl Pace {
    pub(super) fn new(burst: u32, per_second: f64) -> Self {
        let burst = f64::from(burst);
        Self { burst, per_second, tokens: burst, at: None }
    }

    /// Whether one more is within the pace; if so it counts.
    pub(super) fn admits(&mut self, now: Instant) -> bool {
        let elapsed = self.at.map_or(0.0, |at| now.saturating_duration_since(at).as_secs_f64());
        self.at = Some(now);
        self.tokens = (self.tokens + elapsed * self.per_second).min(self.burst);
        let is_within = self.tokens >= 1.0;
        if is_within {
            self.tokens -= 1.0;
        }
        is_within
    }
}
