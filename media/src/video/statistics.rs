//! When a shown video stood still.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Intervals that the mean is taken over.
const MEAN_OVER: usize = 30;

/// What an interval must exceed the mean by to be a freeze, however short the mean.
const LEAST_EXCESS: Duration = Duration::from_millis(150);

/// Counts freezes as WebRTC's `freezeCount` does (webrtc-stats): an interval between two shown pictures that is at least
/// three times the mean of the last 30, and at least 150 ms more than it.
#[derive(Clone, Debug, Default)]
pub struct FreezeCounter {
    last_shown: Option<Instant>,
    /// The last [`MEAN_OVER`] intervals.
    intervals: VecDeque<Duration>,
    paused: bool,
    freezes: u64,
    frozen: Duration,
}

impl FreezeCounter {
    /// A counter that has seen nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// A picture is shown.
    pub fn shown(&mut self, now: Instant) {
        if self.paused {
            return;
        }
        if let Some(last) = self.last_shown.replace(now) {
            let interval = now.saturating_duration_since(last);
            if self.is_freeze(interval) {
                self.freezes += 1;
                self.frozen += interval;
            }
            if self.intervals.len() == MEAN_OVER {
                self.intervals.pop_front();
            }
            self.intervals.push_back(interval);
        }
    }

    /// While paused, standing still is meant, as with a camera that is off; pictures still on their way do not count.
    pub fn set_paused(&mut self, paused: bool) {
        if std::mem::replace(&mut self.paused, paused) != paused {
            self.last_shown = None;
        }
    }

    /// Freezes that are over.
    pub fn freezes(&self) -> u64 {
        self.freezes
    }

    /// How long they took together.
    pub fn frozen(&self) -> Duration {
        self.frozen
    }

    fn is_freeze(&self, interval: Duration) -> bool {
        let Ok(count @ 1..) = u32::try_from(self.intervals.len()) else { return false };
        let mean = self.intervals.iter().sum::<Duration>() / count;
        interval >= (3 * mean).max(mean + LEAST_EXCESS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A counter that was shown pictures at these milliseconds.
    fn counter(times_ms: impl IntoIterator<Item = u64>, start: Instant) -> FreezeCounter {
        let mut counter = FreezeCounter::new();
        for time_ms in times_ms {
            counter.shown(start + Duration::from_millis(time_ms));
        }
        counter
    }

    #[test]
    fn steady_pictures_never_freeze() {
        assert_eq!(counter((0..9000).step_by(33), Instant::now()).freezes(), 0);
        assert_eq!(counter((0..9000).step_by(1000), Instant::now()).freezes(), 0);
    }

    #[test]
    fn a_gap_150_ms_above_the_mean_is_a_freeze() {
        let start = Instant::now();
        let mut counter = counter((0..=1000).step_by(40), start);
        counter.shown(start + Duration::from_millis(1000 + 189));
        assert_eq!(counter.freezes(), 0);
        // The mean is now 46 ms.
        counter.shown(start + Duration::from_millis(1189 + 196));
        assert_eq!((counter.freezes(), counter.frozen()), (1, Duration::from_millis(196)));
    }

    #[test]
    fn slow_pictures_freeze_at_three_times_their_interval() {
        let start = Instant::now();
        let mut counter = counter((0..=2000).step_by(200), start);
        counter.shown(start + Duration::from_millis(2000 + 599));
        assert_eq!(counter.freezes(), 0);
        counter.shown(start + Duration::from_millis(2599 + 900));
        assert_eq!(counter.freezes(), 1);
    }

    #[test]
    fn being_told_again_that_nothing_is_paused_hides_no_freeze() {
        let start = Instant::now();
        let mut counter = counter((0..=1000).step_by(33), start);
        counter.set_paused(false);
        counter.shown(start + Duration::from_secs(3));
        assert_eq!(counter.freezes(), 1);
    }

    #[test]
    fn standing_still_on_purpose_is_no_freeze() {
        let start = Instant::now();
        let mut counter = counter((0..=1000).step_by(33), start);
        counter.set_paused(true);
        counter.shown(start + Duration::from_millis(1010));
        counter.set_paused(false);
        counter.shown(start + Duration::from_secs(60));
        counter.shown(start + Duration::from_millis(60_033));
        assert_eq!(counter.freezes(), 0);
    }
}
