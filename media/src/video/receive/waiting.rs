//! Pictures between being whole and being shown: in order, each until its time has come, the next few already decoded.
//!
//! Decoding ahead tells early of what cannot be decoded, and keeps the time it takes out of the pace; only few, since what is
//! decoded is large. Told the time; knows neither decoder nor screen.

use std::collections::VecDeque;
use std::time::Instant;

/// Decoded pictures held at most: a tenth of a second, of 4 MiB at 1280×720.
pub const MOST_DECODED: usize = 3;

/// Pictures held at most that are not decoded yet, and their bytes: more than a second. When there are more, all are due.
const MOST_ENCODED: usize = 64;
const MOST_BYTES: usize = 4 << 20;

/// `E` waits to be decoded, `D` to be shown.
#[derive(Debug)]
pub struct Waiting<E, D> {
    encoded: VecDeque<Held<E>>,
    decoded: VecDeque<Held<D>>,
}

#[derive(Debug)]
struct Held<T> {
    due: Instant,
    bytes: usize,
    what: T,
}

impl<E, D> Default for Waiting<E, D> {
    fn default() -> Self {
        Self { encoded: VecDeque::new(), decoded: VecDeque::new() }
    }
}

impl<E, D> Waiting<E, D> {
    /// Takes in the next picture. None before it is held longer than it is.
    pub fn push(&mut self, now: Instant, due: Instant, bytes: usize, picture: E) {
        let held = self.encoded.iter().map(|held| held.bytes).sum::<usize>();
        let is_full = self.encoded.len() >= MOST_ENCODED || held + bytes > MOST_BYTES;
        let due = if is_full { now } else { due };
        self.encoded.iter_mut().for_each(|held| held.due = held.due.min(due));
        self.decoded.iter_mut().for_each(|held| held.due = held.due.min(due));
        self.encoded.push_back(Held { due, bytes, what: picture });
    }

    /// The picture to decode next, if there is room for it: it comes back through [`Waiting::decoded`], or is dropped.
    pub fn take_to_decode(&mut self) -> Option<(Instant, E)> {
        if self.decoded.len() >= MOST_DECODED {
            return None;
        }
        self.encoded.pop_front().map(|Held { due, what, .. }| (due, what))
    }

    /// Takes the picture back that was given out last.
    pub fn decoded(&mut self, due: Instant, picture: D) {
        self.decoded.push_back(Held { due, bytes: 0, what: picture });
    }

    /// The next picture whose time has come.
    pub fn take_due(&mut self, now: Instant) -> Option<D> {
        self.decoded.pop_front_if(|held| held.due <= now).map(|held| held.what)
    }

    /// When the next picture is due, once all that can be were decoded.
    pub fn next_due(&self) -> Option<Instant> {
        self.decoded.front().map(|held| held.due)
    }

    /// Whether all that came was decoded.
    pub fn is_decoded(&self) -> bool {
        self.encoded.is_empty()
    }

    /// Drops what was not decoded yet, which builds on what could not be.
    pub fn drop_encoded(&mut self) {
        self.encoded.clear();
    }

    /// Drops all.
    pub fn clear(&mut self) {
        self.encoded.clear();
        self.decoded.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const MS: Duration = Duration::from_millis(1);

    /// Decodes what there is room for, and gives what is due.
    fn shown(waiting: &mut Waiting<u32, u32>, now: Instant) -> Vec<u32> {
        let mut shown = Vec::new();
        loop {
            shown.extend(std::iter::from_fn(|| waiting.take_due(now)));
            match waiting.take_to_decode() {
                Some((due, picture)) => waiting.decoded(due, picture),
                None => return shown,
            }
        }
    }

    #[test]
    fn each_picture_is_shown_when_it_is_due_and_few_are_decoded_before() {
        let (mut waiting, start) = (Waiting::default(), Instant::now());
        for number in 0..10 {
            waiting.push(start, start + 10 * MS * (number + 1), 1000, number);
        }
        assert_eq!(shown(&mut waiting, start), [0; 0]);
        assert_eq!((waiting.decoded.len(), waiting.encoded.len()), (MOST_DECODED, 7));
        assert_eq!(waiting.next_due(), Some(start + 10 * MS));
        assert_eq!(shown(&mut waiting, start + 20 * MS), [0, 1]);
        assert_eq!(shown(&mut waiting, start + 100 * MS), [2, 3, 4, 5, 6, 7, 8, 9]);
        assert_eq!(waiting.next_due(), None);
    }

    #[test]
    fn no_picture_is_held_when_the_next_is_due() {
        let (mut waiting, start) = (Waiting::default(), Instant::now());
        waiting.push(start, start + 300 * MS, 1000, 0);
        assert_eq!(shown(&mut waiting, start), [0; 0]);
        waiting.push(start, start + 200 * MS, 1000, 1);
        waiting.push(start, start, 1000, 2);
        assert_eq!(shown(&mut waiting, start), [0, 1, 2]);
    }

    #[test]
    fn memory_is_bounded_by_showing_earlier() {
        for bytes in [100, 100_000] {
            let (mut waiting, start) = (Waiting::default(), Instant::now());
            let mut count = 0;
            for number in 0..1000 {
                waiting.push(start, start + 500 * MS, bytes, number);
                count += shown(&mut waiting, start).len();
                assert!(waiting.encoded.len() <= MOST_ENCODED && waiting.encoded.len() * bytes <= MOST_BYTES);
            }
            assert!(count > 900, "{count} of 1000 were shown");
        }
    }

    #[test]
    fn what_builds_on_a_picture_that_was_not_decoded_is_dropped_and_what_was_decoded_before_is_not() {
        let (mut waiting, start) = (Waiting::default(), Instant::now());
        for number in 0..6 {
            waiting.push(start, start + 10 * MS, 1000, number);
        }
        assert_eq!(shown(&mut waiting, start), [0; 0]);
        waiting.drop_encoded();
        assert_eq!(shown(&mut waiting, start + 10 * MS), [0, 1, 2]);
        waiting.push(start, start + 10 * MS, 1000, 7);
        waiting.clear();
        assert_eq!(shown(&mut waiting, start + 10 * MS), [0; 0]);
    }
}
