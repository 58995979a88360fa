//! Remembers which transmissions were last reported as received, so that none counts twice.
//!
//! Feedback may be duplicated on its way, and later feedback may report anew what earlier feedback did.

/// Transmissions that are remembered: more than a second's at 20 Mb/s.
const REMEMBERED: usize = 2048;

#[derive(Clone, Debug)]
pub(super) struct Received {
    /// Each number at its own place, modulo the number of places.
    numbers: Box<[Option<u64>]>,
}

impl Default for Received {
    fn default() -> Self {
        Self { numbers: vec![None; REMEMBERED].into_boxed_slice() }
    }
}

impl Received {
    pub(super) fn contains(&self, number: u64) -> bool {
        self.numbers[place(number)] == Some(number)
    }

    pub(super) fn insert(&mut self, number: u64) {
        self.numbers[place(number)] = Some(number);
    }
}

fn place(number: u64) -> usize {
    (number % REMEMBERED as u64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_numbers_are_known_and_those_long_ago_forgotten() {
        let mut received = Received::default();
        assert!(!received.contains(0));
        for number in 0..10_000 {
            received.insert(number);
            assert!(received.contains(number));
        }
        assert!(received.contains(8000) && !received.contains(7000) && !received.contains(10_000));
        received.insert(u64::MAX);
        assert!(received.contains(u64::MAX));
    }
}
