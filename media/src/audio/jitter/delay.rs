//! How much packets are delayed, seen from their timestamps and arrivals alone.
//!
//! The sender's clock and ours have nothing in common, so delay is measured from the fastest packet of the last
//! seconds, which also follows the drift between the two clocks and a path that becomes slower for good. A histogram with
//! forgetting of how much later than that packets came tells how long to wait, as in NetEQ's delay manager. It counts the
//! latest packet of each tenth of a second, so that what a stalled network delivers at once counts once. All times are in units
//! of the RTP clock.

use std::time::{Duration, Instant};

use super::{FRAME_TICKS, ticks};

/// The histogram's buckets: 2.5 ms each, up to 300 ms; what comes later counts for the last.
const BUCKET_TICKS: i64 = FRAME_TICKS / 8;
const BUCKETS: usize = 121;

/// Before any packet, packets are taken to be that late: the bucket of 20 ms.
const INITIAL_BUCKET: usize = 8;

/// Of the packets that arrive within this time, the latest is counted.
const INTERVAL: Duration = Duration::from_millis(100);

/// Weight of an interval in the histogram: it forgets in about 7 s.
const WEIGHT: f32 = 0.015;

/// Of the first intervals each weighs more, so that they count about the same together.
const FIRST_WEIGHTS: f32 = 2.0;

/// Share of intervals whose packets are waited for. A spike that stays alone for some seconds is missed; two make the wait grow.
const SHARE_IN_TIME: f32 = 0.98;

/// Share of intervals whose recoveries are waited for where packets get lost. It is the latest of five packets
/// that counts, so that this is about nine of ten packets.
const SHARE_RECOVERED: f32 = 0.5;

/// Waited on top, 2.5 ms, since pulls do not come exactly when they should.
const MARGIN_TICKS: i64 = FRAME_TICKS / 8;

/// Longest wait that jitter is answered with, 300 ms: with more nobody can talk, and gaps are the lesser evil.
const LONGEST_WAIT_TICKS: i64 = 15 * FRAME_TICKS;

/// The fastest packet is the fastest of this window and the one before.
const WINDOW: Duration = Duration::from_secs(5);

/// A packet later than this, a second, tells of a stream that stood still rather than of jitter.
const STANDSTILL_TICKS: i64 = 50 * FRAME_TICKS;

/// See the module's description.
#[derive(Debug)]
pub(super) struct DelayEstimator {
    epoch: Instant,
    window_started: Instant,
    /// Least transit in the window and in the one before: arrival minus timestamp, each from an arbitrary zero.
    least_transit: [i64; 2],
    /// Shares of intervals by how late their latest packet came.
    histogram: [f32; BUCKETS],
    intervals: u32,
    interval_started: Instant,
    /// The latest packet of this interval.
    latest: i64,
}

impl DelayEstimator {
    /// Before any packet.
    pub(super) fn new(now: Instant) -> Self {
        let mut histogram = [0.0; BUCKETS];
        histogram[INITIAL_BUCKET] = 1.0;
        Self {
            epoch: now,
            window_started: now,
            least_transit: [i64::MAX; 2],
            histogram,
            intervals: 0,
            interval_started: now,
            latest: 0,
        }
    }

    fn transit(&self, now: Instant, timestamp: i64) -> i64 {
        ticks(now.saturating_duration_since(self.epoch)) - timestamp
    }

    /// Takes in the arrival of a packet.
    pub(super) fn record(&mut self, now: Instant, timestamp: i64) {
        let transit = self.transit(now, timestamp);
        let since = now.saturating_duration_since(self.window_started);
        if since >= WINDOW {
            self.window_started = now;
            // After a long pause the window before says nothing either.
            let before = if since < 2 * WINDOW { self.least_transit[0] } else { i64::MAX };
            self.least_transit = [i64::MAX, before];
        }
        if transit.saturating_sub(self.least()) > STANDSTILL_TICKS {
            self.least_transit = [transit, i64::MAX];
        }
        self.least_transit[0] = self.least_transit[0].min(transit);

        if now.saturating_duration_since(self.interval_started) >= INTERVAL {
            self.count_interval();
            self.interval_started = now;
        }
        self.latest = self.latest.max(transit - self.least());
    }

    fn count_interval(&mut self) {
        let weight = WEIGHT.max(FIRST_WEIGHTS / (self.intervals as f32 + FIRST_WEIGHTS + 1.0));
        self.intervals = self.intervals.saturating_add(1);
        self.histogram.iter_mut().for_each(|share| *share *= 1.0 - weight);
        self.histogram[usize::try_from(self.latest / BUCKET_TICKS).unwrap_or(0).min(BUCKETS - 1)] += weight;
        self.latest = 0;
    }

    fn least(&self) -> i64 {
        self.least_transit[0].min(self.least_transit[1])
    }

    /// No later than this are the packets of such a share of intervals, rounded down to a bucket.
    fn lateness(&self, share: f32) -> i64 {
        let mut later = 0.0;
        let bucket = self.histogram.iter().rposition(|bucket| {
            later += bucket;
            later > 1.0 - share
        });
        bucket.unwrap_or(0) as i64 * BUCKET_TICKS
    }

    /// How much later than the fastest packets the slow ones of the last seconds came.
    pub(super) fn jitter(&self) -> i64 {
        self.lateness(SHARE_IN_TIME)
    }

    /// How long a packet must wait before it is played, and where packets get lost, for the next one to recover it.
    pub(super) fn needed(&self, packets_get_lost: bool) -> i64 {
        let recovery = if packets_get_lost { self.lateness(SHARE_RECOVERED) + FRAME_TICKS } else { 0 };
        (self.jitter().max(recovery) + BUCKET_TICKS + MARGIN_TICKS).min(LONGEST_WAIT_TICKS)
    }

    /// How long the sound of a timestamp has waited at `now` if it came as fast as the fastest; negative before that.
    pub(super) fn wait(&self, now: Instant, timestamp: i64) -> i64 {
        self.transit(now, timestamp).saturating_sub(self.least())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is needed, in halves of a millisecond, after packets that were so late, in milliseconds.
    fn needed_after(late_ms: impl Iterator<Item = u64>, packets_get_lost: bool) -> i64 {
        let start = Instant::now();
        let mut estimator = DelayEstimator::new(start);
        for (number, late_ms) in late_ms.enumerate() {
            let arrival = start + Duration::from_millis(number as u64 * 20 + late_ms);
            estimator.record(arrival, number as i64 * FRAME_TICKS);
        }
        estimator.needed(packets_get_lost) / 24
    }

    #[test]
    fn a_quiet_network_needs_hardly_any_wait_within_a_second() {
        assert_eq!(needed_after(std::iter::repeat_n(0, 55), false), 10);
    }

    #[test]
    fn one_spike_changes_nothing_and_two_do() {
        let spikes = |at: &'static [u64]| (0..1_000).map(move |number| if at.contains(&number) { 90 } else { 0 });
        assert_eq!(needed_after(spikes(&[980]), false), 10);
        assert_eq!(needed_after(spikes(&[900, 980]), false), 190);
    }

    #[test]
    fn jitter_is_waited_for_and_forgotten() {
        let jitter = |number: u64| number * 7_919 % 61;
        assert!((120..=130).contains(&needed_after((0..500).map(jitter), false)));
        let calmed = (0..500).map(jitter).chain(std::iter::repeat_n(0, 2_000));
        assert_eq!(needed_after(calmed, false), 10);
    }

    #[test]
    fn where_packets_get_lost_the_next_one_is_waited_for() {
        assert_eq!(needed_after(std::iter::repeat_n(0, 100), true), 50);
    }
}
