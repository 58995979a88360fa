//! Capture times as RTP timestamps, the same for all layers, so that a change of layer keeps them continuous.

use std::time::Instant;

use crate::rtp::{VIDEO_CLOCK_HZ, later_timestamp};

#[derive(Debug)]
pub(super) struct TimestampClock {
    epoch: Instant,
    offset: u32,
    last: Option<u32>,
}

impl TimestampClock {
    pub fn new(epoch: Instant, offset: u32) -> Self {
        Self { epoch, offset, last: None }
    }

    /// The timestamp of one more captured frame, always later than the one before.
    pub fn timestamp(&mut self, captured_at: Instant) -> u32 {
        let since_epoch = captured_at.saturating_duration_since(self.epoch);
        let ticks = since_epoch.as_nanos() * u128::from(VIDEO_CLOCK_HZ) / 1_000_000_000;
        // Timestamps wrap (RFC 3550 §5.1).
        let timestamp = later_timestamp(self.offset.wrapping_add(ticks as u32), self.last);
        self.last = Some(timestamp);
        timestamp
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn timestamps_follow_capture_times_and_wrap() {
        let epoch = Instant::now();
        let mut clock = TimestampClock::new(epoch, u32::MAX - 2999);
        assert_eq!(clock.timestamp(epoch), u32::MAX - 2999);
        assert_eq!(clock.timestamp(epoch + Duration::from_millis(100)), 6000);
        assert_eq!(clock.timestamp(epoch + Duration::from_millis(100)), 6001, "two pictures never share a timestamp");
        assert_eq!(clock.timestamp(epoch + Duration::from_millis(200)), 15_000);
    }
}
