//! Tells from the delay's slope whether more is sent than the path carries, less, or neither.
//!
//! The slope is held against a threshold that follows it slowly: noise of the path raises it, and a competing flow that
//! fills queues for long does not starve us (draft-ietf-rmcat-gcc-02 §5.4; constants of libwebrtc).

use std::time::Duration;

use super::difference::between_arrivals;
use super::inter_arrival::GroupDelta;
use super::trendline::Trendline;

/// Bounds of the threshold and its first value, in milliseconds of delay gained over the groups that are looked at.
const LEAST_THRESHOLD_MS: f64 = 6.0;
const FIRST_THRESHOLD_MS: f64 = 12.5;
const LARGEST_THRESHOLD_MS: f64 = 600.0;

/// How fast the threshold follows the slope, per millisecond, upwards and downwards.
const RISE_PER_MS: f64 = 0.0087;
const FALL_PER_MS: f64 = 0.039;

/// A slope that is so far above the threshold is a sudden event and does not move it.
const SPIKE_MS: f64 = 15.0;

/// Longest time between two groups that counts for the threshold.
const LONGEST_STEP_MS: f64 = 100.0;

/// The slope must be above the threshold for so long, and for more than one group.
const OVERUSE_MS: f64 = 10.0;

/// Scales the slope, together with the number of groups up to a full count.
const GAIN: f64 = 4.0;
const FULL_COUNT: u32 = 60;

/// What the delay says of the path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PathUsage {
    /// The delay stays.
    #[default]
    Normal,
    /// The delay grows: more is sent than the path carries.
    Overusing,
    /// The delay shrinks: queues are draining.
    Underusing,
}

#[derive(Clone, Debug)]
pub(super) struct OveruseDetector {
    trendline: Trendline,
    groups: u32,
    threshold_ms: f64,
    last_arrival: Option<Duration>,
    last_slope: f64,
    /// How long the slope has been above the threshold.
    over_ms: Option<f64>,
    groups_over: u32,
    usage: PathUsage,
}

impl Default for OveruseDetector {
    fn default() -> Self {
        Self {
            trendline: Trendline::default(),
            groups: 0,
            threshold_ms: FIRST_THRESHOLD_MS,
            last_arrival: None,
            last_slope: 0.0,
            over_ms: None,
            groups_over: 0,
            usage: PathUsage::Normal,
        }
    }
}

impl OveruseDetector {
    pub(super) fn usage(&self) -> PathUsage {
        self.usage
    }

    pub(super) fn group(&mut self, delta: GroupDelta, arrival: Duration) {
        let slope = self.trendline.group(delta, arrival);
        self.groups = (self.groups + 1).min(FULL_COUNT);
        if self.groups < 2 {
            return;
        }
        let gained_ms = f64::from(self.groups) * slope * GAIN;
        if gained_ms > self.threshold_ms {
            // When it began between two groups is not known: half of the time is taken.
            let over_ms = self.over_ms.map_or(delta.sent_ms / 2.0, |over_ms| over_ms + delta.sent_ms);
            self.over_ms = Some(over_ms);
            self.groups_over += 1;
            if over_ms > OVERUSE_MS && self.groups_over > 1 && slope >= self.last_slope {
                (self.over_ms, self.groups_over) = (Some(0.0), 0);
                self.usage = PathUsage::Overusing;
            }
        } else {
            (self.over_ms, self.groups_over) = (None, 0);
            let drains = gained_ms < -self.threshold_ms;
            self.usage = if drains { PathUsage::Underusing } else { PathUsage::Normal };
        }
        self.last_slope = slope;
        self.adapt_threshold(gained_ms.abs(), arrival);
    }

    fn adapt_threshold(&mut self, gained_ms: f64, arrival: Duration) {
        let last_arrival = self.last_arrival.replace(arrival).unwrap_or(arrival);
        if gained_ms > self.threshold_ms + SPIKE_MS {
            return;
        }
        let step_ms = between_arrivals(arrival, last_arrival).clamp(0.0, LONGEST_STEP_MS);
        let speed = if gained_ms < self.threshold_ms { FALL_PER_MS } else { RISE_PER_MS };
        self.threshold_ms += speed * (gained_ms - self.threshold_ms) * step_ms;
        self.threshold_ms = self.threshold_ms.clamp(LEAST_THRESHOLD_MS, LARGEST_THRESHOLD_MS);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds groups 20 ms apart whose delay grows by the given milliseconds each.
    fn feed(detector: &mut OveruseDetector, arrival: &mut Duration, groups: u32, growth_ms: f64) {
        for _ in 0..groups {
            *arrival += Duration::from_secs_f64((20.0 + growth_ms) / 1000.0);
            detector.group(GroupDelta { sent_ms: 20.0, arrived_ms: 20.0 + growth_ms }, *arrival);
        }
    }

    #[test]
    fn a_growing_delay_is_overuse_a_shrinking_one_underuse_and_a_steady_one_neither() {
        let (mut detector, mut arrival) = (OveruseDetector::default(), Duration::ZERO);
        feed(&mut detector, &mut arrival, 100, 0.0);
        assert_eq!(detector.usage(), PathUsage::Normal);
        feed(&mut detector, &mut arrival, 15, 4.0);
        assert_eq!(detector.usage(), PathUsage::Overusing);
        feed(&mut detector, &mut arrival, 30, -4.0);
        assert_eq!(detector.usage(), PathUsage::Underusing);
        feed(&mut detector, &mut arrival, 60, 0.0);
        assert_eq!(detector.usage(), PathUsage::Normal);
    }

    #[test]
    fn a_single_late_group_is_no_overuse() {
        let (mut detector, mut arrival) = (OveruseDetector::default(), Duration::ZERO);
        feed(&mut detector, &mut arrival, 100, 0.0);
        feed(&mut detector, &mut arrival, 1, 15.0);
        feed(&mut detector, &mut arrival, 1, -15.0);
        for _ in 0..40 {
            feed(&mut detector, &mut arrival, 1, 0.0);
            assert_ne!(detector.usage(), PathUsage::Overusing);
        }
    }

    #[test]
    fn jitter_is_no_overuse_once_the_threshold_has_followed() {
        let (mut detector, mut arrival) = (OveruseDetector::default(), Duration::ZERO);
        let (mut overuses, mut delay_ms) = (0, 0.0);
        for group in 0..2000_u32 {
            let noise_ms = f64::from(group.wrapping_mul(2_654_435_769) >> 16) / 65_536.0 * 12.0;
            feed(&mut detector, &mut arrival, 1, noise_ms - delay_ms);
            delay_ms = noise_ms;
            overuses += u32::from(group > 1000 && detector.usage() == PathUsage::Overusing);
        }
        assert_eq!(overuses, 0);
    }
}
