//! When frames are due, and which are too many. Pure: the time is given.

use std::time::{Duration, Instant};

use crate::y4m::FrameRate;

/// Someone later than this starts the series anew and does not hurry through what was missed.
const MAX_LATENESS: Duration = Duration::from_millis(500);

/// A frame so much before its time is taken for the one that was due.
const MAX_EARLINESS: Duration = Duration::from_millis(10);

/// The evenly spaced moments at which frames are due, without drift.
#[derive(Debug)]
pub struct Metronome {
    rate: FrameRate,
    origin: Option<Instant>,
    beats: u64,
}

impl Metronome {
    pub fn new(rate: FrameRate) -> Self {
        Self { rate, origin: None, beats: 0 }
    }

    /// When the next frame is due; the first at once.
    pub fn next(&mut self, now: Instant) -> Instant {
        let seconds = self.beats as f64 * f64::from(self.rate.denominator) / f64::from(self.rate.numerator);
        let due = self.origin.map_or(now, |origin| origin + Duration::from_secs_f64(seconds));
        if self.origin.is_none() || now > due + MAX_LATENESS {
            self.origin = Some(now);
            self.beats = 1;
            return now;
        }
        self.beats += 1;
        due
    }
}

/// Lets at most so many frames a second through, evenly, whatever the rate at which they come.
#[derive(Debug)]
pub struct FrameRateLimit {
    interval: Duration,
    due: Option<Instant>,
}

impl FrameRateLimit {
    pub fn new(fps: u32) -> Self {
        Self { interval: Duration::from_secs(1) / fps.max(1), due: None }
    }

    /// Whether the frame captured at `at` is to be used.
    pub fn admits(&mut self, at: Instant) -> bool {
        let due = self.due.unwrap_or(at);
        if at + MAX_EARLINESS.min(self.interval / 4) < due {
            return false;
        }
        // Counted from when it was due and not from when it came, so that the mean rate holds; but not after a pause.
        let counted_from = if at > due + self.interval { at } else { due };
        self.due = Some(counted_from + self.interval);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Which of the frames of one second of `fps` are admitted.
    fn admitted(fps: u32, limit: u32) -> Vec<u32> {
        let start = Instant::now();
        let mut limiter = FrameRateLimit::new(limit);
        (0..fps).filter(|&index| limiter.admits(start + Duration::from_secs(1) * index / fps)).collect()
    }

    #[test]
    fn frames_within_the_limit_all_pass() {
        assert_eq!(admitted(30, 30).len(), 30);
        assert_eq!(admitted(25, 30).len(), 25);
    }

    #[test]
    fn frames_are_dropped_evenly() {
        assert_eq!(admitted(60, 30), (0..60).step_by(2).collect::<Vec<_>>());
        let two_of_three = admitted(30, 20);
        assert_eq!(two_of_three.len(), 20);
        assert!(two_of_three.windows(2).all(|pair| pair[1] - pair[0] <= 2));
        assert_eq!(admitted(30, 1), [0]);
    }

    #[test]
    fn jitter_costs_no_frames() {
        let start = Instant::now();
        let mut limiter = FrameRateLimit::new(30);
        for index in 0..300_u64 {
            let jitter_ms = [0, 7, 3, 5][index as usize % 4];
            assert!(limiter.admits(start + Duration::from_micros(index * 33_333 + jitter_ms * 1000)), "frame {index}");
        }
    }

    #[test]
    fn a_pause_is_not_made_up_for() {
        let start = Instant::now();
        let mut limiter = FrameRateLimit::new(10);
        assert!(limiter.admits(start));
        let later = start + Duration::from_secs(5);
        assert!(limiter.admits(later));
        assert!(!limiter.admits(later + Duration::from_millis(50)));
    }

    #[test]
    fn beats_do_not_drift() {
        let start = Instant::now();
        let mut metronome = Metronome::new(FrameRate { numerator: 30_000, denominator: 1001 });
        let mut due = start;
        for _ in 0..=30_000 {
            due = metronome.next(due);
        }
        let drift = (due - start).abs_diff(Duration::from_secs(1001));
        assert!(drift < Duration::from_micros(10), "{drift:?}");
    }

    #[test]
    fn who_is_late_catches_up_and_who_is_very_late_starts_anew() {
        let start = Instant::now();
        let mut metronome = Metronome::new(FrameRate { numerator: 10, denominator: 1 });
        assert_eq!(metronome.next(start), start);
        assert_eq!(metronome.next(start + Duration::from_millis(350)), start + Duration::from_millis(100));
        let late = start + Duration::from_secs(9);
        assert_eq!(metronome.next(late), late);
        assert_eq!(metronome.next(late), late + Duration::from_millis(100));
    }
}
