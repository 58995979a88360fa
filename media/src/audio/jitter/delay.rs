//! How much packets are delayed, seen from their timestamps and arrivals alone.
//!
//! The sender's clock and ours have nothing in common, so delay is measured from the fastest packet of the last
//! seconds, which also follows the drift between the two clocks and a path that becomes slower for good.

use std::time::{Duration, Instant};

/// What the jitter is taken to be before any was measured.
const INITIAL_JITTER_US: f64 = 30_000.0;

/// Waited on top of the jitter, since pulls do not come exactly when they should.
const MARGIN: Duration = Duration::from_millis(10);

/// Shortest and longest wait that is aimed for.
const SHORTEST_TARGET: Duration = Duration::from_millis(20);
const LONGEST_TARGET: Duration = Duration::from_millis(200);

/// The fastest packet is the fastest of this window and the one before.
const WINDOW: Duration = Duration::from_secs(5);

/// A packet later than this tells of a stream that stood still rather than of jitter.
const STANDSTILL_US: i64 = 1_000_000;

/// Part of the way from an old peak to what is measured now that the jitter goes with each packet: about 4 s to forget.
const FORGET: f64 = 0.005;

/// See the module's description.
#[derive(Debug)]
pub(super) struct DelayEstimator {
    epoch: Instant,
    window_started: Instant,
    /// Least transit in the window and in the one before: arrival minus timestamp, each from an arbitrary zero.
    least_transit_us: [i64; 2],
    /// Peaks at once, forgets slowly: sound that is missed is worse than sound that waits.
    jitter_us: f64,
}

impl DelayEstimator {
    /// Before any packet.
    pub(super) fn new(now: Instant) -> Self {
        Self { epoch: now, window_started: now, least_transit_us: [i64::MAX; 2], jitter_us: INITIAL_JITTER_US }
    }

    fn transit_us(&self, now: Instant, timestamp: i64) -> i64 {
        let elapsed = now.saturating_duration_since(self.epoch).as_micros();
        // 48 ticks are a millisecond.
        i64::try_from(elapsed).unwrap_or(i64::MAX / 2) - timestamp * 125 / 6
    }

    /// Takes in the arrival of a packet.
    pub(super) fn record(&mut self, now: Instant, timestamp: i64) {
        let transit = self.transit_us(now, timestamp);
        let since = now.saturating_duration_since(self.window_started);
        if since >= WINDOW {
            self.window_started = now;
            // After a long pause the window before says nothing either.
            let before = if since < 2 * WINDOW { self.least_transit_us[0] } else { i64::MAX };
            self.least_transit_us = [i64::MAX, before];
        }
        if transit.saturating_sub(self.least()) > STANDSTILL_US {
            self.least_transit_us = [transit, i64::MAX];
        }
        self.least_transit_us[0] = self.least_transit_us[0].min(transit);
        let late_us = (transit - self.least()) as f64;
        self.jitter_us = if late_us > self.jitter_us {
            late_us.min(LONGEST_TARGET.as_micros() as f64)
        } else {
            self.jitter_us + (late_us - self.jitter_us) * FORGET
        };
    }

    fn least(&self) -> i64 {
        self.least_transit_us[0].min(self.least_transit_us[1])
    }

    /// How much later than the fastest packets the slow ones of the last seconds came.
    pub(super) fn jitter(&self) -> Duration {
        Duration::from_micros(self.jitter_us as u64)
    }

    /// How long sound should wait before it is played.
    pub(super) fn target(&self) -> Duration {
        (self.jitter() + MARGIN).clamp(SHORTEST_TARGET, LONGEST_TARGET)
    }

    /// How long the sound of a timestamp has waited at `now` if it came as fast as the fastest.
    pub(super) fn wait(&self, now: Instant, timestamp: i64) -> Duration {
        let waited = self.transit_us(now, timestamp).saturating_sub(self.least());
        Duration::from_micros(u64::try_from(waited).unwrap_or(0))
    }
}
