//! Fits a line to how the one-way delay changes: its slope is the share by which more is sent than the path carries.
//!
//! The accumulated differences are smoothed and fitted by least squares over the last groups, as libwebrtc has it since
//! the Kalman filter of draft-ietf-rmcat-gcc-02 gave way.

use std::collections::VecDeque;
use std::time::Duration;

use super::difference::between_arrivals;
use super::inter_arrival::GroupDelta;

/// Groups through which the line is fitted.
const GROUPS: usize = 20;

/// Part of the smoothed delay that a new group leaves as it is.
const SMOOTHING: f64 = 0.9;

#[derive(Clone, Debug, Default)]
pub(super) struct Trendline {
    first_arrival: Option<Duration>,
    /// One-way delay relative to the first group's, in milliseconds.
    delay_ms: f64,
    smoothed_ms: f64,
    /// When a group arrived, and its smoothed delay, both in milliseconds.
    groups: VecDeque<(f64, f64)>,
    slope: f64,
}

impl Trendline {
    /// Takes a group's difference and when it arrived, and gives the slope: above 0 queues are filling, at 0 they stay, below
    /// they drain.
    pub(super) fn group(&mut self, delta: GroupDelta, arrival: Duration) -> f64 {
        let first_arrival = *self.first_arrival.get_or_insert(arrival);
        self.delay_ms += delta.arrived_ms - delta.sent_ms;
        self.smoothed_ms = SMOOTHING * self.smoothed_ms + (1.0 - SMOOTHING) * self.delay_ms;
        self.groups.push_back((between_arrivals(arrival, first_arrival), self.smoothed_ms));
        if self.groups.len() > GROUPS {
            self.groups.pop_front();
        }
        if self.groups.len() == GROUPS {
            self.slope = self.fitted_slope().unwrap_or(self.slope);
        }
        self.slope
    }

    /// `None` where all groups arrived at the same time.
    fn fitted_slope(&self) -> Option<f64> {
        let count = self.groups.len() as f64;
        let (arrivals, delays) = self.groups.iter().fold((0.0, 0.0), |sum, group| (sum.0 + group.0, sum.1 + group.1));
        let (mean_arrival, mean_delay) = (arrivals / count, delays / count);
        let (mut covariance, mut variance) = (0.0, 0.0);
        for (arrival, delay) in &self.groups {
            covariance += (arrival - mean_arrival) * (delay - mean_delay);
            variance += (arrival - mean_arrival).powi(2);
        }
        (variance > 0.0).then(|| covariance / variance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slope_after(groups: u32, arrived_ms: f64) -> f64 {
        let mut trendline = Trendline::default();
        let mut slope = 0.0;
        for group in 0..groups {
            let arrival = Duration::from_secs_f64(f64::from(group) * arrived_ms / 1000.0);
            slope = trendline.group(GroupDelta { sent_ms: 20.0, arrived_ms }, arrival);
        }
        slope
    }

    #[test]
    fn the_slope_is_the_share_that_is_sent_too_much() {
        assert!((slope_after(200, 25.0) - 0.2).abs() < 0.001);
        assert!((slope_after(200, 16.0) + 0.25).abs() < 0.001);
        assert!(slope_after(200, 20.0).abs() < 1e-9);
    }

    #[test]
    fn nothing_is_said_before_the_window_is_full() {
        assert!(slope_after(19, 25.0).abs() < 1e-9);
        assert!(slope_after(20, 25.0) > 0.0);
    }

    #[test]
    fn groups_that_arrive_at_once_leave_the_slope_as_it_was() {
        assert!(slope_after(40, 0.0).abs() < 1e-9);
    }
}
