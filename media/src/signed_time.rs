//! Spans of time that may be negative, in microseconds.

use std::time::{Duration, Instant};

/// A span of time, of which a hundred thousand years are kept at most.
pub fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX / 4)
}

/// From one moment to another, negative when it is before.
pub fn micros_between(at: Instant, from: Instant) -> i64 {
    micros(at.saturating_duration_since(from)) - micros(from.saturating_duration_since(at))
}

/// The span without its sign; none of a negative one.
pub fn duration(micros: i64) -> Duration {
    Duration::from_micros(u64::try_from(micros).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_before_is_negative() {
        let (start, span) = (Instant::now(), Duration::from_micros(1500));
        assert_eq!((micros_between(start + span, start), micros_between(start, start + span)), (1500, -1500));
        assert_eq!((duration(1500), duration(-1500)), (span, Duration::ZERO));
        assert!(micros(Duration::MAX) > 0);
    }
}
