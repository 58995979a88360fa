//! When the next piece of sound is due, by the clock: piece after piece from a beginning, so that small delays never add up.

use std::time::{Duration, Instant};

/// After a delay longer than this, as when the machine slept, time is taken up anew instead of being caught up with.
const LONGEST_DELAY: Duration = Duration::from_millis(200);

/// See the module's description.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// When the piece that comes next begins; it is due when it ends.
    begins: Instant,
    lasts: Duration,
}

impl Pace {
    /// The first piece begins now; each lasts so long.
    pub fn new(now: Instant, lasts: Duration) -> Self {
        Self { begins: now, lasts }
    }

    /// How long until the next piece is due.
    pub fn until_due(&self, now: Instant) -> Duration {
        (self.begins + self.lasts).saturating_duration_since(now)
    }

    /// Goes on to the next piece. Returns when the one that was due began.
    pub fn advance(&mut self, now: Instant) -> Instant {
        if now.saturating_duration_since(self.begins + self.lasts) > LONGEST_DELAY {
            self.begins = now;
        }
        let began = self.begins;
        self.begins += self.lasts;
        began
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::AUDIO_FRAME;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn delays_do_not_add_up() {
        let start = Instant::now();
        let mut pace = Pace::new(start, AUDIO_FRAME);
        let mut now = start;
        for frame in 0..10_000 {
            now += pace.until_due(now) + MS * (frame % 7);
            assert_eq!(pace.advance(now), start + AUDIO_FRAME * frame);
        }
    }

    #[test]
    fn a_long_sleep_is_not_caught_up_with() {
        let start = Instant::now();
        let mut pace = Pace::new(start, AUDIO_FRAME);
        let woken = start + Duration::from_secs(3_600);
        assert_eq!(pace.until_due(woken), Duration::ZERO);
        assert_eq!(pace.advance(woken), woken);
        assert_eq!(pace.until_due(woken), 2 * AUDIO_FRAME);
    }
}
