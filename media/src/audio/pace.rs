//! When the next 20 ms are due, by the clock: frame after frame from a beginning, so that small delays never add up.

use std::time::{Duration, Instant};

use crate::frame::AUDIO_FRAME;

/// After a delay longer than this, as when the machine slept, time is taken up anew instead of being caught up with.
const LONGEST_DELAY: Duration = Duration::from_millis(200);

/// See the module's description.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// When the frame that comes next begins; it is due when it ends.
    begins: Instant,
}

impl Pace {
    /// The first frame begins now.
    pub fn new(now: Instant) -> Self {
        Self { begins: now }
    }

    /// How long until the next frame is due.
    pub fn until_due(&self, now: Instant) -> Duration {
        (self.begins + AUDIO_FRAME).saturating_duration_since(now)
    }

    /// Goes on to the next frame. Returns when the one that was due began.
    pub fn advance(&mut self, now: Instant) -> Instant {
        if now.saturating_duration_since(self.begins + AUDIO_FRAME) > LONGEST_DELAY {
            self.begins = now;
        }
        let began = self.begins;
        self.begins += AUDIO_FRAME;
        began
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn delays_do_not_add_up() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        let mut now = start;
        for frame in 0..10_000 {
            now += pace.until_due(now) + MS * (frame % 7);
            assert_eq!(pace.advance(now), start + AUDIO_FRAME * frame);
        }
    }

    #[test]
    fn a_long_sleep_is_not_caught_up_with() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        let woken = start + Duration::from_secs(3_600);
        assert_eq!(pace.until_due(woken), Duration::ZERO);
        assert_eq!(pace.advance(woken), woken);
        assert_eq!(pace.until_due(woken), 2 * AUDIO_FRAME);
    }
}
