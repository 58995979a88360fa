//! How high each message is. Only those near what is looked at are measured; the height of the others is estimated, so that a long
//! chat costs a paint no more than a short one. Where an estimate above is corrected, what is looked at stays where it is.

use std::ops::Range;

/// What the height of a message depends on beside its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    pub number: u64,
    /// Whether it says who speaks.
    pub has_head: bool,
    /// Whether the line above what was not read is above it.
    pub has_line: bool,
}

#[derive(Clone, Copy, Debug)]
struct Row {
    key: Key,
    height: f32,
    is_measured: bool,
}

/// From where the messages are looked at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Stand {
    /// The newest is at the bottom.
    Newest,
    /// So far down is the top of what is seen.
    At(f32),
}

/// See the module's description.
#[derive(Clone, Debug, Default)]
pub struct Heights {
    width: f32,
    rows: Vec<Row>,
}

impl Heights {
    /// Takes in which messages there are now, in a list of this width. Returns where what was looked at from `stand` is now.
    pub fn follow(
        &mut self,
        width: f32,
        stand: Stand,
        keys: impl ExactSizeIterator<Item = Key>,
        estimate: impl Fn(usize) -> f32,
    ) -> Stand {
        let mut stand = stand;
        let mut anchor = None;
        if let (Stand::At(offset), true) = (stand, self.width != width) {
            let row = self.rows(offset, offset + 1.0).start;
            anchor = self.rows.get(row).map(|row| row.key.number);
        }
        if self.width != width {
            self.rows.clear();
            self.width = width;
        }
        let count = keys.len();
        for (at, key) in keys.enumerate() {
            if at == 0 {
                let forgotten = self.rows.iter().position(|row| row.key.number == key.number).unwrap_or_default();
                let height: f32 = self.rows.drain(..forgotten).map(|row| row.height).sum();
                if let Stand::At(offset) = &mut stand {
                    *offset = (*offset - height).max(0.0);
                }
            }
            let row = || Row { key, height: estimate(at), is_measured: false };
            match self.rows.get_mut(at) {
                Some(known) if known.key == key => {}
                Some(other) => *other = row(),
                None => self.rows.push(row()),
            }
        }
        self.rows.truncate(count);
        match anchor.and_then(|anchor| self.rows.iter().position(|row| row.key.number == anchor)) {
            Some(row) => Stand::At(self.top(row)),
            None => stand,
        }
    }

    /// Of all messages.
    pub fn total(&self) -> f32 {
        self.top(self.rows.len())
    }

    /// How far down a message begins.
    pub fn top(&self, row: usize) -> f32 {
        self.rows[..row].iter().map(|row| row.height).sum()
    }

    /// Which messages are between two heights.
    pub fn rows(&self, from: f32, to: f32) -> Range<usize> {
        let (mut bottom, mut range) = (0.0, None::<Range<usize>>);
        for (at, row) in self.rows.iter().enumerate() {
            let top = bottom;
            bottom += row.height;
            if bottom > from && top < to {
                range = Some(range.map_or(at, |range| range.start)..at + 1);
            }
        }
        range.unwrap_or_default()
    }

    /// Measures what is seen from a stand, and as much again above and below. Returns how far down what is seen begins.
    pub fn settle(&mut self, stand: Stand, seen: f32, mut measure: impl FnMut(usize) -> f32) -> f32 {
        let mut stand = stand;
        loop {
            let most = (self.total() - seen).max(0.0);
            let offset = match stand {
                Stand::Newest => most,
                Stand::At(offset) => offset.clamp(0.0, most),
            };
            let mut near = self.rows(offset - seen, offset + 2.0 * seen);
            let Some(at) = near.find(|row| !self.rows[*row].is_measured) else { return offset };
            let (top, height) = (self.top(at), measure(at));
            let row = &mut self.rows[at];
            if let (Stand::At(_), true) = (stand, top + row.height <= offset) {
                stand = Stand::At(offset + height - row.height);
            }
            (row.height, row.is_measured) = (height, true);
        }
    }

    /// The height of a message.
    pub fn height(&self, row: usize) -> f32 {
        self.rows[row].height
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEEN: f32 = 500.0;

    fn keys(numbers: Range<u64>) -> impl ExactSizeIterator<Item = Key> {
        numbers.collect::<Vec<_>>().into_iter().map(|number| Key { number, has_head: true, has_line: false })
    }

    /// Messages that are half as high again as was estimated.
    fn heights(count: u64) -> Heights {
        let mut heights = Heights::default();
        heights.follow(300.0, Stand::Newest, keys(0..count), |_| 40.0);
        heights
    }

    #[test]
    fn of_many_messages_only_those_near_are_measured_and_each_once() {
        let mut heights = heights(500);
        let mut measured = 0;
        let offset = heights.settle(Stand::Newest, SEEN, |_| {
            measured += 1;
            60.0
        });
        assert!(measured <= 30, "{measured}");
        assert_eq!(offset, heights.total() - SEEN);
        heights.settle(Stand::Newest, SEEN, |row| panic!("{row} was measured already"));
    }

    #[test]
    fn whatever_is_corrected_above_leaves_what_is_seen_in_its_place() {
        let mut heights = heights(500);
        let mut offset = heights.settle(Stand::Newest, SEEN, |_| 60.0);
        for _ in 0..200 {
            let row = heights.rows(offset - 35.0, offset).start;
            let before = heights.top(row) - (offset - 35.0);
            offset = heights.settle(Stand::At(offset - 35.0), SEEN, |_| 60.0);
            assert!((heights.top(row) - offset - before).abs() < 0.1, "{row} has moved");
        }
    }

    #[test]
    fn the_oldest_go_and_what_is_seen_stays() {
        let mut heights = heights(500);
        heights.settle(Stand::At(8000.0), SEEN, |_| 60.0);
        let top = heights.top(210);
        let stand = heights.follow(300.0, Stand::At(top), keys(5..506), |_| 40.0);
        assert_eq!(stand, Stand::At(heights.top(205)));
    }

    #[test]
    fn in_another_width_what_is_seen_is_still_seen() {
        let mut heights = heights(500);
        let offset = heights.settle(Stand::At(8000.0), SEEN, |_| 60.0);
        let row = heights.rows(offset, offset + 1.0).start;
        let stand = heights.follow(200.0, Stand::At(offset), keys(0..500), |_| 80.0);
        assert_eq!(stand, Stand::At(heights.top(row)));
    }

    #[test]
    fn without_messages_there_is_nothing_to_see() {
        let mut heights = heights(0);
        assert_eq!(heights.settle(Stand::Newest, SEEN, |_| 60.0), 0.0);
        assert_eq!((heights.total(), heights.rows(0.0, SEEN)), (0.0, 0..0));
    }
}
