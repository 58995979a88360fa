//! Differences of times that may have either sign, in milliseconds: what the network says of times is in no order.

use std::time::{Duration, Instant};

/// How much later the first is than the second on our clock; negative where it is earlier.
pub(super) fn between_instants(later: Instant, earlier: Instant) -> f64 {
    match later.checked_duration_since(earlier) {
        Some(difference) => milliseconds(difference),
        None => -milliseconds(earlier.saturating_duration_since(later)),
    }
}

/// How much later the first is than the second on the receiver's clock; negative where it is earlier.
pub(super) fn between_arrivals(later: Duration, earlier: Duration) -> f64 {
    match later.checked_sub(earlier) {
        Some(difference) => milliseconds(difference),
        None => -milliseconds(earlier.saturating_sub(later)),
    }
}

pub(super) fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
