//! Gathers requests for key frames of one layer and spaces what they lead to. Pure: the time is given.

use std::time::{Duration, Instant};

/// Least time between two key frames that were asked for. One costs as much as ten other pictures, and one serves
/// everybody who asked.
const KEY_FRAME_INTERVAL: Duration = Duration::from_millis(300);

#[derive(Debug, Default)]
pub struct KeyFrameGate {
    requested: bool,
    last: Option<Instant>,
}

impl KeyFrameGate {
    pub fn request(&mut self) {
        self.requested = true;
    }

    /// Whether the picture encoded now must be a key frame.
    pub fn take(&mut self, now: Instant) -> bool {
        let is_due = self.requested && self.last.is_none_or(|last| now >= last + KEY_FRAME_INTERVAL);
        if is_due {
            self.given(now);
        }
        is_due
    }

    /// A key frame answers all requests made before it.
    pub fn given(&mut self, now: Instant) {
        self.requested = false;
        self.last = Some(now);
    }

    /// The key frame of [`KeyFrameGate::take`] was not made: the next picture must be one.
    pub fn failed(&mut self) {
        *self = Self { requested: true, last: None };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_for_key_frames_are_gathered_and_spaced() {
        let (mut gate, start) = (KeyFrameGate::default(), Instant::now());
        assert!(!gate.take(start));
        gate.request();
        gate.request();
        assert!(gate.take(start));
        assert!(!gate.take(start));
        gate.request();
        assert!(!gate.take(start + Duration::from_millis(299)));
        assert!(gate.take(start + Duration::from_millis(300)));
        assert!(!gate.take(start + Duration::from_millis(900)));
    }

    #[test]
    fn a_key_frame_that_was_not_made_is_made_with_the_next_picture() {
        let (mut gate, start) = (KeyFrameGate::default(), Instant::now());
        gate.request();
        assert!(gate.take(start));
        gate.failed();
        assert!(gate.take(start + Duration::from_millis(33)));
    }
}
