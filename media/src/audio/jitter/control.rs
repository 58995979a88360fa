//! When sound is to be made longer or shorter, so that it waits as long as it must and no longer.
//!
//! Told how long sound waits each time some is played, it watches the shortest wait of the last second, since that is what
//! packets are late against. It decides nothing about samples and does not know the time: it counts frames. All times are in units
//! of the RTP clock.

use super::{FRAME_TICKS, PIECE_TICKS};

/// Frames of a window. The shortest wait is that of this window and the one before: half a second to a second.
const WINDOW_FRAMES: u32 = 25;

/// Frames after which a wait that is too short is believed.
const FRAMES_TO_LENGTHEN: u32 = 5;

/// Frames between two changes, where there is no hurry.
const FRAMES_BETWEEN_CHANGES: u32 = 3;

/// Sound that waits this much too long, 60 ms, is shortened in a hurry.
const HURRY_TICKS: i64 = 3 * FRAME_TICKS;

/// How much more than is needed a packet must wait, 2.5 ms, before the wait may become a piece shorter: half of a bucket's
/// coming and going on either side leads to no change.
const HYSTERESIS_TICKS: i64 = FRAME_TICKS / 8;

/// What can be spared is left alone below this, 5 ms: stretching in whole periods hardly ever fits, and what it does too much would be
/// undone again.
const LEAST_SPARE_TICKS: i64 = PIECE_TICKS / 2;

/// How like itself sound must be where it is joined, at first: shortening waits for quiet, in which a join is not heard, for
/// more than a second, since all that it costs is delay; lengthening does not, since sound would be missed.
const LIKENESS_TO_SHORTEN: f32 = 1.2;
const LIKENESS_TO_LENGTHEN: f32 = 0.9;

/// What a frame of waiting for better takes from the likeness…
const IMPATIENCE: f32 = 0.004;

/// …down to this, which is also enough in a hurry.
const LEAST_LIKENESS: f32 = 0.5;

/// What should be done to the sound that is about to be played.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Advice {
    /// Nothing.
    Keep,
    /// Make it longer, where it is at least so like itself: 0…1, and above 1 only where it is quiet.
    Lengthen { least_likeness: f32 },
    /// Make it shorter, by `at_most` so many samples, on the same condition.
    Shorten { at_most: usize, least_likeness: f32 },
}

/// See the module's description.
#[derive(Debug)]
pub(super) struct WaitControl {
    /// Shortest wait in the window and in the one before.
    shortest: [i64; 2],
    frames_in_window: u32,
    /// Frames since the control began anew, and since the last change.
    frames: u32,
    frames_since_change: u32,
    /// Frames for which a change is wanted that was not made.
    frames_wanted: u32,
}

impl WaitControl {
    /// Knows nothing.
    pub(super) fn new() -> Self {
        Self { shortest: [i64::MAX; 2], frames_in_window: 0, frames: 0, frames_since_change: 0, frames_wanted: 0 }
    }

    /// A frame is about to be played that has waited so long.
    pub(super) fn observe(&mut self, wait: i64) {
        if self.frames_in_window == WINDOW_FRAMES {
            self.frames_in_window = 0;
            self.shortest = [i64::MAX, self.shortest[0]];
        }
        self.shortest[0] = self.shortest[0].min(wait);
        self.frames_in_window += 1;
        self.frames = self.frames.saturating_add(1);
        self.frames_since_change = self.frames_since_change.saturating_add(1);
    }

    /// The wait is so much longer from now on, or shorter.
    pub(super) fn change(&mut self, by: i64) {
        if by != 0 {
            self.shortest = self.shortest.map(|wait| wait.saturating_add(by));
            self.frames_since_change = 0;
            self.frames_wanted = 0;
        }
    }

    /// What to do while a packet must wait at least as long as is `needed`, all sound `least`, and `left_over` of the sound
    /// before will still be there when the next packet is decoded.
    pub(super) fn advise(&mut self, needed: i64, least: i64, left_over: i64) -> Advice {
        let wait = self.shortest[0].min(self.shortest[1]);
        let packet_wait = wait - left_over;
        let hurried = wait > needed.max(least) + HURRY_TICKS;
        let likeness = |at_first: f32| match hurried {
            true => LEAST_LIKENESS,
            false => (at_first - IMPATIENCE * self.frames_wanted as f32).max(LEAST_LIKENESS),
        };
        let too_short = packet_wait < needed || wait + HYSTERESIS_TICKS < least;
        let spare_pieces = (packet_wait - needed - HYSTERESIS_TICKS).max(0) / PIECE_TICKS;
        let spare = (left_over + spare_pieces * PIECE_TICKS).min(wait - least);
        let advice = if too_short && self.frames >= FRAMES_TO_LENGTHEN {
            Advice::Lengthen { least_likeness: likeness(LIKENESS_TO_LENGTHEN) }
        } else if !too_short && spare >= LEAST_SPARE_TICKS && self.frames >= WINDOW_FRAMES {
            Advice::Shorten {
                at_most: usize::try_from(spare).unwrap_or(0),
                least_likeness: likeness(LIKENESS_TO_SHORTEN),
            }
        } else {
            self.frames_wanted = 0;
            return Advice::Keep;
        };
        self.frames_wanted = self.frames_wanted.saturating_add(1);
        if hurried || self.frames_since_change >= FRAMES_BETWEEN_CHANGES { advice } else { Advice::Keep }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: i64 = 48;

    fn control(waits_ms: impl IntoIterator<Item = i64>) -> WaitControl {
        let mut control = WaitControl::new();
        waits_ms.into_iter().for_each(|wait_ms| control.observe(wait_ms * MS));
        control
    }

    #[test]
    fn a_wait_within_a_piece_of_what_is_needed_stays() {
        for wait_ms in [20, 25, 32] {
            assert_eq!(control([wait_ms; 60]).advise(20 * MS, 0, 0), Advice::Keep, "{wait_ms} ms");
        }
    }

    #[test]
    fn the_shortest_wait_of_the_last_second_counts() {
        let mut waits = [90; 60];
        waits[50] = 21;
        assert_eq!(control(waits).advise(20 * MS, 0, 0), Advice::Keep);
        waits[50] = 19;
        assert!(matches!(control(waits).advise(20 * MS, 0, 0), Advice::Lengthen { .. }));
    }

    #[test]
    fn too_long_a_wait_is_shortened_by_whole_pieces_and_what_is_left_over() {
        let mut control = control([70; 60]);
        let Advice::Shorten { at_most, .. } = control.advise(20 * MS, 0, 4 * MS) else { panic!("not shortened") };
        assert_eq!(at_most as i64, 44 * MS);
        control.change(-44 * MS);
        assert_eq!(control.advise(20 * MS, 0, 0), Advice::Keep);
    }

    #[test]
    fn sound_that_waits_for_pictures_is_not_shortened_below_that() {
        assert_eq!(control([70; 60]).advise(20 * MS, 70 * MS, 0), Advice::Keep);
        assert!(matches!(control([50; 60]).advise(20 * MS, 70 * MS, 0), Advice::Lengthen { .. }));
    }

    #[test]
    fn patience_with_the_sound_wears_off() {
        let mut control = control([10; 60]);
        let mut wanted = || match control.advise(20 * MS, 0, 0) {
            Advice::Lengthen { least_likeness } => least_likeness,
            advice => panic!("{advice:?}"),
        };
        assert_eq!(wanted(), LIKENESS_TO_LENGTHEN);
        assert_eq!((0..110).map(|_| wanted()).last(), Some(LEAST_LIKENESS));
    }
}
