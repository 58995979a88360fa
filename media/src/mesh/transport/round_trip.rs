//! How long a packet and the answer to it take, from sender and receiver reports (RFC 3550 §6.4.1) or, while there are none,
//! from connectivity checks.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// What is assumed before anything was measured.
const UNKNOWN: Duration = Duration::from_millis(100);

/// A measurement beyond this is none.
const LONGEST: Duration = Duration::from_secs(10);

/// Connectivity checks are asked again when reports have told nothing for so long.
const REPORTS_HOLD: Duration = Duration::from_secs(3);

/// Sender reports that may be answered: two streams' of some seconds.
const MAX_REPORTS: usize = 16;

/// How long a receiver waits for a packet that it may have asked for before it asks for a key frame: three round trips
/// and what the ends take, but never so short that a stumble costs a picture nor so long that the picture is of no use.
pub fn repair_wait(round_trip: Duration) -> Duration {
    const ENDS_TAKE: Duration = Duration::from_millis(40);
    (3 * round_trip + ENDS_TAKE).clamp(Duration::from_millis(100), Duration::from_millis(500))
}

/// Measures the round trip of one link.
#[derive(Debug, Default)]
pub struct RoundTrip {
    smoothed: Option<Duration>,
    reported_at: Option<Instant>,
    /// The middle bits of the NTP times of our sender reports, and when they were sent.
    reports: VecDeque<(u32, Instant)>,
}

impl RoundTrip {
    /// The round trip, smoothed; a cautious guess before the first measurement.
    pub fn get(&self) -> Duration {
        self.smoothed.unwrap_or(UNKNOWN)
    }

    /// Takes note of a sender report of ours.
    pub fn report_sent(&mut self, now: Instant, ntp_time: u64) {
        if self.reports.len() >= MAX_REPORTS {
            self.reports.pop_front();
        }
        self.reports.push_back((middle(ntp_time), now));
    }

    /// Takes note of an answer to one: the middle bits of its NTP time, and how long it waited, in units of 1/65536 s.
    /// Gives the round trip if it tells one.
    pub fn report_answered(&mut self, now: Instant, last_report: u32, delay: u32) -> Option<Duration> {
        let (_, sent_at) = self.reports.iter().rev().find(|(time, _)| *time == last_report)?;
        let waited = Duration::from_nanos(u64::from(delay) * 1_000_000_000 / 65_536);
        let sample = now.saturating_duration_since(*sent_at).checked_sub(waited).filter(|sample| *sample < LONGEST)?;
        self.reported_at = Some(now);
        Some(self.smooth(sample))
    }

    /// Takes note of what a connectivity check measured. Gives the round trip if it changes it.
    pub fn checked(&mut self, now: Instant, sample: Duration) -> Option<Duration> {
        let reports_hold = self.reported_at.is_some_and(|at| now < at + REPORTS_HOLD);
        (!reports_hold && sample < LONGEST).then(|| self.smooth(sample))
    }

    /// An eighth of the new, as TCP has it (RFC 6298 §2).
    fn smooth(&mut self, sample: Duration) -> Duration {
        let smoothed = self.smoothed.map_or(sample, |smoothed| (7 * smoothed + sample) / 8);
        *self.smoothed.insert(smoothed)
    }
}

/// The part of an NTP time that reports answer with (RFC 3550 §6.4.1, LSR).
fn middle(ntp_time: u64) -> u32 {
    (ntp_time >> 16) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn a_report_and_its_answer_tell_the_round_trip() {
        let mut round_trip = RoundTrip::default();
        let now = Instant::now();
        round_trip.report_sent(now, 0x1234_5678_9abc_def0);
        assert_eq!(round_trip.report_answered(now + 90 * MS, 0x5678_9abd, 0), None, "not one of ours");
        let half_a_second = 32_768;
        let told = round_trip.report_answered(now + 540 * MS, 0x5678_9abc, half_a_second);
        assert_eq!(told, Some(40 * MS));
        assert_eq!(round_trip.get(), 40 * MS);
    }

    #[test]
    fn an_answer_that_claims_to_have_waited_too_long_tells_nothing() {
        let mut round_trip = RoundTrip::default();
        let now = Instant::now();
        round_trip.report_sent(now, 0);
        assert_eq!(round_trip.report_answered(now + MS, 0, u32::MAX), None);
        assert_eq!(round_trip.get(), UNKNOWN);
    }

    #[test]
    fn connectivity_checks_stand_in_for_reports() {
        let mut round_trip = RoundTrip::default();
        let now = Instant::now();
        assert_eq!(round_trip.checked(now, 20 * MS), Some(20 * MS));
        round_trip.report_sent(now, 1 << 16);
        round_trip.report_answered(now + 28 * MS, 1, 0);
        assert_eq!(round_trip.get(), 21 * MS);
        assert_eq!(round_trip.checked(now + 1000 * MS, 900 * MS), None);
        assert!(round_trip.checked(now + 4000 * MS, 900 * MS).is_some());
    }

    #[test]
    fn a_repair_is_waited_for_within_bounds() {
        let waits = [0, 50, 120, 400].map(|ms| repair_wait(ms * MS).as_millis());
        assert_eq!(waits, [100, 190, 400, 500]);
    }
}
