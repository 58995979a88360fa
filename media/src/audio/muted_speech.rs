//! Notices that somebody speaks into a microphone that is muted, which they should be told.
//!
//! Knows levels and time only. A voice is what stands well out of the room's noise for about a second in all; what is typed stands out
//! too, but in clicks with silence between them.

use std::time::{Duration, Instant};

use super::noise_floor::NoiseFloor;

/// A voice is so far above the noise, in decibels.
const ABOVE_NOISE_DB: f32 = 12.0;

/// Nobody who wants to be heard is quieter than this at a microphone.
const LEAST_DBFS: f32 = -50.0;

/// What a frame in which nobody speaks takes off, where one of speech adds one: speech has gaps, but fewer than half.
const GAP: f32 = 0.5;

/// How much of speech is enough: half a second more than gaps have taken off, which takes about a second.
const ENOUGH: f32 = 25.0;

/// How long nothing is said after it was said: a hint is no nagging.
const QUIET_AFTER: Duration = Duration::from_secs(10);

/// See the module's description.
#[derive(Clone, Copy, Debug, Default)]
pub struct MutedSpeech {
    floor: NoiseFloor,
    /// Frames of speech, less what gaps have taken off.
    score: f32,
    hinted_at: Option<Instant>,
}

impl MutedSpeech {
    /// Takes in the level of the next 20 ms of the microphone, in dBFS, and whether it is muted. Returns whether to say now that
    /// nobody hears it.
    pub fn update(&mut self, now: Instant, dbfs: f32, is_muted: bool) -> bool {
        self.floor.update(dbfs);
        if !is_muted {
            // What was said before muting was heard, and whoever unmutes knows.
            (self.score, self.hinted_at) = (0.0, None);
            return false;
        }
        let is_speech = dbfs > (self.floor.dbfs() + ABOVE_NOISE_DB).max(LEAST_DBFS);
        self.score = if is_speech { self.score + 1.0 } else { (self.score - GAP).max(0.0) };
        if self.score < ENOUGH {
            return false;
        }
        self.score = 0.0;
        if self.hinted_at.is_some_and(|at| now.saturating_duration_since(at) < QUIET_AFTER) {
            return false;
        }
        self.hinted_at = Some(now);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::AUDIO_FRAME;

    struct Room {
        detector: MutedSpeech,
        start: Instant,
        now: Instant,
    }

    impl Room {
        /// With two seconds of silence behind it.
        fn new() -> Self {
            let start = Instant::now();
            let mut room = Self { detector: MutedSpeech::default(), start, now: start };
            assert!(room.hear(2.0, true, |_| -65.0).is_empty());
            room
        }

        /// Returns when hints were given, in seconds from now.
        fn hear(&mut self, seconds: f64, is_muted: bool, dbfs: impl Fn(u32) -> f32) -> Vec<f64> {
            self.start = self.now;
            let mut hints = Vec::new();
            for frame in 0..(seconds * 50.0) as u32 {
                self.now += AUDIO_FRAME;
                if self.detector.update(self.now, dbfs(frame), is_muted) {
                    hints.push((self.now - self.start).as_secs_f64());
                }
            }
            hints
        }
    }

    /// Seven frames of ten are loud.
    fn speech(frame: u32) -> f32 {
        if frame % 10 < 7 { -28.0 } else { -60.0 }
    }

    #[test]
    fn a_second_of_speech_is_told_and_again_ten_seconds_later() {
        let hints = Room::new().hear(25.0, true, speech);
        assert!((0.5..1.2).contains(&hints[0]), "{hints:?}");
        assert_eq!(hints.len(), 3, "{hints:?}");
        assert!(hints.windows(2).all(|pair| (10.0..11.5).contains(&(pair[1] - pair[0]))), "{hints:?}");
    }

    #[test]
    fn whoever_is_heard_is_told_nothing() {
        assert!(Room::new().hear(20.0, false, speech).is_empty());
    }

    #[test]
    fn what_was_said_before_muting_does_not_count() {
        let mut room = Room::new();
        room.hear(5.0, false, speech);
        assert!(room.hear(0.3, true, speech).is_empty());
    }

    #[test]
    fn unmuting_and_muting_again_begins_anew() {
        let mut room = Room::new();
        assert_eq!(room.hear(2.0, true, speech).len(), 1);
        room.hear(1.0, false, speech);
        assert_eq!(room.hear(2.0, true, speech).len(), 1);
    }

    #[test]
    fn a_cough_and_typing_are_no_speech() {
        let mut room = Room::new();
        assert!(room.hear(0.4, true, |_| -20.0).is_empty());
        assert!(room.hear(5.0, true, |_| -65.0).is_empty());
        assert!(room.hear(60.0, true, |frame| if frame % 8 < 2 { -30.0 } else { -60.0 }).is_empty());
    }

    #[test]
    fn steady_noise_is_no_speech_even_when_it_begins() {
        let mut room = Room::new();
        let hints = room.hear(60.0, true, |frame| -38.0 + (frame % 3) as f32);
        // A fan that starts cannot be told from a voice until it has lasted longer than anybody speaks without a gap.
        assert!(hints.len() <= 1 && hints.iter().all(|at| *at < 3.0), "{hints:?}");
        assert!(room.hear(60.0, true, |frame| -38.0 + (frame % 3) as f32).is_empty());
    }

    #[test]
    fn speech_over_a_fan_is_told() {
        let mut room = Room::new();
        room.hear(30.0, true, |_| -45.0);
        let over_a_fan = |frame| f32::max(speech(frame), -45.0);
        assert_eq!(room.hear(3.0, true, over_a_fan).len(), 1);
    }
}
