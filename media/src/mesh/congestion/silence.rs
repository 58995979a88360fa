//! Notices that feedback stays away although there is something to report.
//!
//! Then either nothing arrives or nothing comes back, and whatever is sent may be too much: the estimate shrinks step by step
//! until feedback returns.

use std::time::{Duration, Instant};

/// Silence lasts at least this long, and so many round trips.
const LEAST_SILENCE: Duration = Duration::from_millis(1000);
const ROUND_TRIPS: u32 = 3;

/// What is left of the estimate after each step, and how far the steps are apart.
const BACK_OFF: f64 = 0.7;
const STEP: Duration = Duration::from_millis(500);

#[derive(Clone, Debug, Default)]
pub(super) struct Silence {
    /// When the first packet was sent that feedback is awaited of.
    awaited_since: Option<Instant>,
    last_sent: Option<Instant>,
    last_step: Option<Instant>,
    before_bps: Option<f64>,
}

impl Silence {
    pub(super) fn sent(&mut self, at: Instant) {
        self.awaited_since.get_or_insert(at);
        self.last_sent = Some(at);
    }

    /// Feedback came; says what the estimate was before the silence, if there was one, in bits per second.
    pub(super) fn feedback(&mut self) -> Option<f64> {
        std::mem::take(self).before_bps
    }

    /// What is left of the estimate when it is time for a step, in bits per second.
    pub(super) fn back_off(&mut self, now: Instant, round_trip: Duration, estimate_bps: f64) -> Option<f64> {
        // A pause of ours is no silence of the other side.
        let silent = self.last_sent?.saturating_duration_since(self.awaited_since?);
        let is_time = self.last_step.is_none_or(|last| now.saturating_duration_since(last) >= STEP);
        if silent < LEAST_SILENCE.max(round_trip.saturating_mul(ROUND_TRIPS)) || !is_time {
            return None;
        }
        self.last_step = Some(now);
        self.before_bps.get_or_insert(estimate_bps);
        Some(BACK_OFF * estimate_bps)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUND_TRIP: Duration = Duration::from_millis(100);

    #[test]
    fn silence_steps_down_until_feedback_returns() {
        let start = Instant::now();
        let mut silence = Silence::default();
        silence.sent(start);
        let mut steps = 0;
        for tick in 0..160 {
            let now = start + Duration::from_millis(25 * tick);
            silence.sent(now);
            steps += u32::from(silence.back_off(now, ROUND_TRIP, 1e6).is_some());
        }
        assert_eq!(steps, 6, "at 1.0, 1.5, … 3.5 s");
        assert_eq!(silence.feedback(), Some(1e6));
        assert_eq!(silence.feedback(), None);
        assert_eq!(silence.back_off(start + Duration::from_secs(9), ROUND_TRIP, 1e6), None);
    }

    #[test]
    fn who_sends_nothing_awaits_nothing() {
        let start = Instant::now();
        let mut paused = Silence::default();
        paused.sent(start);
        assert_eq!(paused.back_off(start + Duration::from_secs(60), ROUND_TRIP, 1e6), None);
        assert_eq!(Silence::default().back_off(Instant::now() + Duration::from_secs(60), ROUND_TRIP, 1e6), None);
    }

    #[test]
    fn a_long_way_takes_its_time() {
        let start = Instant::now();
        let mut silence = Silence::default();
        silence.sent(start);
        let round_trip = Duration::from_secs(1);
        for (sent_ms, is_silence) in [(2900, false), (3000, true)] {
            let now = start + Duration::from_millis(sent_ms);
            silence.sent(now);
            assert_eq!(silence.back_off(now, round_trip, 1e6).is_some(), is_silence);
        }
    }
}
