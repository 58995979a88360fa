//! Whether a peer's picture stands still although it should not: the camera is on, we show the picture, and none comes.
//!
//! Told the time. Between a picture's being wanted again and its coming nothing is said for as long as usual.

use std::time::{Duration, Instant};

/// How long no picture has to come for that.
pub const STALE_AFTER: Duration = Duration::from_secs(2);

/// See the module's description.
#[derive(Clone, Copy, Debug)]
pub struct Standstill {
    is_camera_on: bool,
    is_shown: bool,
    /// Since when both hold.
    expected_since: Instant,
}

impl Standstill {
    /// A camera that is taken to be on, whose picture is shown.
    pub fn new(now: Instant) -> Self {
        Self { is_camera_on: true, is_shown: true, expected_since: now }
    }

    pub fn set_camera(&mut self, now: Instant, is_on: bool) {
        self.change(now, |standstill| standstill.is_camera_on = is_on);
    }

    pub fn set_shown(&mut self, now: Instant, is_shown: bool) {
        self.change(now, |standstill| standstill.is_shown = is_shown);
    }

    fn change(&mut self, now: Instant, change: impl FnOnce(&mut Self)) {
        let was_expected = self.is_expected();
        change(self);
        if self.is_expected() && !was_expected {
            self.expected_since = now;
        }
    }

    fn is_expected(&self) -> bool {
        self.is_camera_on && self.is_shown
    }

    /// When the picture that stands still came; `None` while nothing is wrong, and before the first picture.
    pub fn since(&self, now: Instant, last_picture_at: Option<Instant>) -> Option<Instant> {
        let last = last_picture_at?;
        let is_stale = now.saturating_duration_since(last.max(self.expected_since)) >= STALE_AFTER;
        (is_stale && self.is_expected()).then_some(last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: Duration = Duration::from_secs(1);

    #[test]
    fn a_picture_stands_still_when_none_has_come_for_two_seconds() {
        let start = Instant::now();
        let standstill = Standstill::new(start);
        assert_eq!(standstill.since(start + 9 * S, None), None, "there is none");
        let last = start + 5 * S;
        assert_eq!(standstill.since(last + 2 * S - S / 100, Some(last)), None);
        assert_eq!(standstill.since(last + 2 * S, Some(last)), Some(last));
        assert_eq!(standstill.since(last + 3 * S, Some(last + 3 * S)), None, "there is a new one");
    }

    #[test]
    fn a_camera_that_is_off_or_a_picture_that_is_hidden_does_not_stand_still() {
        let start = Instant::now();
        for change in [Standstill::set_camera, Standstill::set_shown] {
            let mut standstill = Standstill::new(start);
            change(&mut standstill, start + S, false);
            assert_eq!(standstill.since(start + 60 * S, Some(start)), None);
            change(&mut standstill, start + 60 * S, true);
            assert_eq!(standstill.since(start + 61 * S, Some(start)), None, "a new one may be on its way");
            assert_eq!(standstill.since(start + 62 * S, Some(start)), Some(start));
        }
    }

    #[test]
    fn being_told_the_same_again_changes_nothing() {
        let start = Instant::now();
        let mut standstill = Standstill::new(start);
        standstill.set_camera(start + 2 * S, true);
        standstill.set_shown(start + 2 * S, true);
        assert_eq!(standstill.since(start + 3 * S, Some(start)), Some(start));
    }
}
