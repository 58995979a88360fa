//! The bitrate that the delay allows: raised while the delay stays, cut below what arrives when it grows.
//!
//! While nothing is known of the link's capacity the bitrate grows by a share, near the known capacity by about a packet in a
//! response time (AIMD, draft-ietf-rmcat-gcc-02 §5.5).

use std::time::{Duration, Instant};

use super::difference::{between_instants, milliseconds};
use super::link_capacity::LinkCapacity;
use super::overuse::PathUsage;

/// What is left of the throughput when the path is overused. More than in the draft, which has 0.85 for queues to drain: long
/// ones are drained by themselves ([`super::standing_queue`]).
const BACK_OFF: f64 = 0.9;

/// Growth in a second while the capacity is unknown.
const GROWTH_PER_SECOND: f64 = 1.08;

/// Growth is at least this at each step, in bits per second.
const LEAST_STEP_BPS: f64 = 1000.0;

/// The bitrate is not raised above so many times the throughput and so much more: nothing is known of the path up there.
const MOST_OF_THROUGHPUT: f64 = 1.5;
const ABOVE_THROUGHPUT_BPS: f64 = 10_000.0;

/// Least additive growth, in bits per second each second.
const LEAST_GROWTH_BPS: f64 = 4000.0;

/// What it takes to find overuse, beside the round trip.
const DETECTION_MS: f64 = 100.0;

/// Bounds of the time between two cuts, which is a round trip.
const SHORTEST_BETWEEN_CUTS_MS: f64 = 10.0;
const LONGEST_BETWEEN_CUTS_MS: f64 = 200.0;

/// For the size of packets near the capacity.
const FRAMES_PER_SECOND: f64 = 30.0;
const PACKET_BITS: f64 = 1200.0 * 8.0;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    Hold,
    Increase,
}

#[derive(Clone, Debug)]
pub(super) struct RateControl {
    bitrate_bps: f64,
    min_bps: f64,
    max_bps: f64,
    link_capacity: LinkCapacity,
    action: Action,
    changed: Instant,
}

impl RateControl {
    pub(super) fn new(start_bps: f64, min_bps: f64, max_bps: f64, now: Instant) -> Self {
        let link_capacity = LinkCapacity::default();
        Self { bitrate_bps: start_bps, min_bps, max_bps, link_capacity, action: Action::Hold, changed: now }
    }

    /// In bits per second.
    pub(super) fn bitrate_bps(&self) -> f64 {
        self.bitrate_bps
    }

    /// Sets the bitrate to what was found otherwise, as by a probe.
    pub(super) fn set_bitrate(&mut self, now: Instant, bitrate_bps: f64) {
        self.bitrate_bps = bitrate_bps.clamp(self.min_bps, self.max_bps);
        self.changed = now;
    }

    /// Takes what the delay says. `throughput_bps` is what the path carried; `None` while that is not known.
    pub(super) fn update(
        &mut self,
        now: Instant,
        usage: PathUsage,
        throughput_bps: Option<f64>,
        round_trip: Duration,
        is_application_limited: bool,
    ) {
        match usage {
            PathUsage::Overusing => self.decrease(now, throughput_bps, round_trip),
            PathUsage::Underusing => self.action = Action::Hold, // until the queues have drained
            PathUsage::Normal if self.action == Action::Hold => {
                self.action = Action::Increase;
                self.changed = now;
            }
            PathUsage::Normal => self.increase(now, throughput_bps, round_trip, is_application_limited),
        }
    }

    fn decrease(&mut self, now: Instant, throughput_bps: Option<f64>, round_trip: Duration) {
        let between_cuts_ms = milliseconds(round_trip).clamp(SHORTEST_BETWEEN_CUTS_MS, LONGEST_BETWEEN_CUTS_MS);
        let is_time = between_instants(now, self.changed) >= between_cuts_ms;
        let Some(throughput_bps) = throughput_bps else {
            // Overused before anything was measured.
            if is_time {
                self.set_bitrate(now, self.bitrate_bps / 2.0);
            }
            return;
        };
        if !is_time && self.bitrate_bps <= limit_bps(throughput_bps) {
            return;
        }
        let mut cut_bps = BACK_OFF * throughput_bps;
        if cut_bps > self.bitrate_bps {
            // More was sent than the bitrate: the capacity says more than what arrived.
            cut_bps = self.link_capacity.estimate_bps().map_or(cut_bps, |capacity| BACK_OFF * capacity);
        }
        if self.link_capacity.is_above(throughput_bps) {
            self.link_capacity.forget();
        }
        self.link_capacity.overused_at(throughput_bps);
        self.action = Action::Hold;
        self.set_bitrate(now, cut_bps.min(self.bitrate_bps));
    }

    fn increase(
        &mut self,
        now: Instant,
        throughput_bps: Option<f64>,
        round_trip: Duration,
        is_application_limited: bool,
    ) {
        let elapsed = (between_instants(now, self.changed) / 1000.0).clamp(0.0, 1.0);
        self.changed = now;
        let Some(throughput_bps) = throughput_bps else { return };
        if self.link_capacity.is_below(throughput_bps) {
            self.link_capacity.forget();
        }
        // Nothing that a limited application sends can show that more would arrive.
        let limit_bps = limit_bps(throughput_bps);
        if is_application_limited || self.bitrate_bps >= limit_bps {
            return;
        }
        let step_bps = match self.link_capacity.estimate_bps() {
            Some(_) => self.growth_bps_per_second(round_trip) * elapsed,
            None => (self.bitrate_bps * (GROWTH_PER_SECOND.powf(elapsed) - 1.0)).max(LEAST_STEP_BPS),
        };
        self.bitrate_bps = (self.bitrate_bps + step_bps).min(limit_bps).clamp(self.min_bps, self.max_bps);
    }

    /// About a packet in a response time, as one flow may claim that others share the path with.
    fn growth_bps_per_second(&self, round_trip: Duration) -> f64 {
        let frame_bits = self.bitrate_bps / FRAMES_PER_SECOND;
        let packet_bits = frame_bits / (frame_bits / PACKET_BITS).ceil().max(1.0);
        let response_seconds = 2.0 * (milliseconds(round_trip) + DETECTION_MS) / 1000.0;
        (packet_bits / response_seconds).max(LEAST_GROWTH_BPS)
    }
}

fn limit_bps(throughput_bps: f64) -> f64 {
    MOST_OF_THROUGHPUT * throughput_bps + ABOVE_THROUGHPUT_BPS
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUND_TRIP: Duration = Duration::from_millis(100);
    const STEP: Duration = Duration::from_millis(100);

    fn started() -> (RateControl, Instant) {
        let now = Instant::now();
        (RateControl::new(1_000_000.0, 30_000.0, 30_000_000.0, now), now)
    }

    fn run(control: &mut RateControl, now: &mut Instant, steps: u32, usage: PathUsage, throughput_bps: f64) {
        for _ in 0..steps {
            *now += STEP;
            control.update(*now, usage, Some(throughput_bps), ROUND_TRIP, false);
        }
    }

    #[test]
    fn overuse_cuts_below_what_arrives_once_in_a_round_trip() {
        let (mut control, mut now) = started();
        run(&mut control, &mut now, 1, PathUsage::Overusing, 800_000.0);
        assert!((control.bitrate_bps() - 720_000.0).abs() < 1.0);
        control.update(now + Duration::from_millis(50), PathUsage::Overusing, Some(700_000.0), ROUND_TRIP, false);
        assert!((control.bitrate_bps() - 720_000.0).abs() < 1.0);
        control.update(now + Duration::from_millis(60), PathUsage::Overusing, Some(300_000.0), ROUND_TRIP, false);
        assert!((control.bitrate_bps() - 270_000.0).abs() < 1.0, "far less arrives: at once");
    }

    #[test]
    fn overuse_never_raises() {
        let (mut control, mut now) = started();
        run(&mut control, &mut now, 1, PathUsage::Overusing, 5_000_000.0);
        assert!(control.bitrate_bps() <= 1_000_000.0);
    }

    #[test]
    fn overuse_before_anything_arrived_halves() {
        let (mut control, now) = started();
        control.update(now + STEP, PathUsage::Overusing, None, ROUND_TRIP, false);
        assert!((control.bitrate_bps() - 500_000.0).abs() < 1.0);
    }

    #[test]
    fn it_grows_by_a_share_while_the_capacity_is_unknown_and_slowly_near_it() {
        let (mut control, mut now) = started();
        run(&mut control, &mut now, 11, PathUsage::Normal, 1_000_000.0);
        let unknown = control.bitrate_bps() - 1_000_000.0;
        assert!((unknown - 80_000.0).abs() < 1_000.0, "grew by {unknown}");
        run(&mut control, &mut now, 1, PathUsage::Overusing, 1_000_000.0);
        let before = control.bitrate_bps();
        run(&mut control, &mut now, 11, PathUsage::Normal, 1_000_000.0);
        let known = control.bitrate_bps() - before;
        assert!(known > 15_000.0 && known < 30_000.0, "grew by {known}");
    }

    #[test]
    fn it_does_not_grow_far_above_what_arrives_nor_while_the_application_is_limited() {
        let (mut control, mut now) = started();
        run(&mut control, &mut now, 500, PathUsage::Normal, 1_000_000.0);
        assert!((control.bitrate_bps() - 1_510_000.0).abs() < 1.0);
        let before = control.bitrate_bps();
        for _ in 0..100 {
            now += STEP;
            control.update(now, PathUsage::Normal, Some(5_000_000.0), ROUND_TRIP, true);
        }
        assert!((control.bitrate_bps() - before).abs() < 1.0);
    }

    #[test]
    fn a_throughput_above_the_known_capacity_makes_it_unknown() {
        let (mut control, mut now) = started();
        run(&mut control, &mut now, 1, PathUsage::Overusing, 1_000_000.0);
        run(&mut control, &mut now, 2, PathUsage::Normal, 1_300_000.0);
        let before = control.bitrate_bps();
        run(&mut control, &mut now, 10, PathUsage::Normal, 1_300_000.0);
        assert!(control.bitrate_bps() > before * 1.07);
    }

    #[test]
    fn draining_queues_hold_the_bitrate() {
        let (mut control, mut now) = started();
        run(&mut control, &mut now, 20, PathUsage::Underusing, 2_000_000.0);
        assert!((control.bitrate_bps() - 1_000_000.0).abs() < 1.0);
    }
}
