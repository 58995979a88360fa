//! Things on their way, in order of arrival. Pure: the time is given.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Instant;

/// Things under way, at most: a second of 100 Mb/s. What comes beyond that is lost.
const CAPACITY: usize = 10_000;

struct UnderWay<T> {
    arrival: Instant,
    /// Of two that arrive at one time, the one that left first comes first.
    number: u64,
    thing: T,
}

impl<T> PartialEq for UnderWay<T> {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl<T> Eq for UnderWay<T> {}

impl<T> PartialOrd for UnderWay<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for UnderWay<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.arrival, self.number).cmp(&(other.arrival, other.number))
    }
}

/// What was sent and has not arrived. Things may overtake each other.
pub(super) struct DelayLine<T> {
    under_way: BinaryHeap<Reverse<UnderWay<T>>>,
    sent: u64,
}

impl<T> Default for DelayLine<T> {
    fn default() -> Self {
        Self { under_way: BinaryHeap::new(), sent: 0 }
    }
}

impl<T> DelayLine<T> {
    /// Sends something on its way. Gives it back when there is no room.
    pub fn push(&mut self, arrival: Instant, thing: T) -> Result<(), T> {
        if self.under_way.len() >= CAPACITY {
            return Err(thing);
        }
        self.under_way.push(Reverse(UnderWay { arrival, number: self.sent, thing }));
        self.sent += 1;
        Ok(())
    }

    /// The first of what has arrived by now, and when it did.
    pub fn pop_arrived(&mut self, now: Instant) -> Option<(Instant, T)> {
        self.next_arrival().filter(|arrival| *arrival <= now)?;
        self.under_way.pop().map(|Reverse(first)| (first.arrival, first.thing))
    }

    /// When something arrives next.
    pub fn next_arrival(&self) -> Option<Instant> {
        self.under_way.peek().map(|Reverse(first)| first.arrival)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn things_arrive_in_the_order_of_their_arrival() {
        let (mut line, start) = (DelayLine::default(), Instant::now());
        let at = |ms| start + Duration::from_millis(ms);
        for (arrival, thing) in [(20, "late"), (10, "first"), (10, "second")] {
            line.push(at(arrival), thing).unwrap();
        }
        assert_eq!((line.next_arrival(), line.pop_arrived(at(9))), (Some(at(10)), None));
        let arrived: Vec<_> = std::iter::from_fn(|| line.pop_arrived(at(15))).collect();
        assert_eq!(arrived, [(at(10), "first"), (at(10), "second")]);
        assert_eq!(line.pop_arrived(at(25)), Some((at(20), "late")));
        assert_eq!(line.next_arrival(), None);
    }

    #[test]
    fn a_full_line_takes_nothing_more() {
        let (mut line, now) = (DelayLine::default(), Instant::now());
        for number in 0..CAPACITY {
            line.push(now, number).unwrap();
        }
        assert_eq!(line.push(now, CAPACITY), Err(CAPACITY));
        assert_eq!(line.pop_arrived(now), Some((now, 0)));
        assert_eq!(line.push(now, CAPACITY), Ok(()));
    }
}
