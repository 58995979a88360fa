//! What was sent and not told of yet: gives out transport-wide numbers and joins feedback with what it is about.
//!
//! The number names a transmission, not a packet (draft-holmer-rmcat-transport-wide-cc-extensions-01 §2): a retransmission
//! has one of its own.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::super::congestion::{PacketResult, ProbeCluster, SentPacket};
use super::feedback::{Fate, Feedback};
use crate::rtp::extend;

/// What feedback has not told of by then it never will.
const KEEP: Duration = Duration::from_secs(10);

/// Transmissions that are kept at most: half a minute of a megabit per second.
const MAX_TRANSMISSIONS: usize = 4096;

/// What numbers count from, so that what feedback may say of numbers before the first is not taken for the first.
const FIRST_NUMBER: u64 = 1 << 16;

#[derive(Clone, Copy, Debug)]
struct Transmission {
    sent: SentPacket,
    /// Whether it was said to be lost.
    is_missing: bool,
}

/// The transmissions of one link.
#[derive(Debug)]
pub struct History {
    /// The number of the first in `sent`.
    first: u64,
    /// `None` where its arrival was told.
    sent: VecDeque<Option<Transmission>>,
}

impl Default for History {
    fn default() -> Self {
        Self { first: FIRST_NUMBER, sent: VecDeque::new() }
    }
}

impl History {
    /// Numbers a transmission.
    pub fn send(&mut self, at: Instant, bytes: u32, probe: Option<ProbeCluster>) -> SentPacket {
        let is_over = |sent: &Option<Transmission>| sent.is_none_or(|transmission| transmission.sent.at + KEEP < at);
        while self.sent.len() >= MAX_TRANSMISSIONS || self.sent.front().is_some_and(is_over) {
            self.sent.pop_front();
            self.first += 1;
        }
        let sent = SentPacket { number: self.first + self.sent.len() as u64, at, bytes, probe };
        self.sent.push_back(Some(Transmission { sent, is_missing: false }));
        sent
    }

    /// What a feedback message tells that was not known before, in the order of the numbers. What was said to be lost may be
    /// said to have arrived later, not the other way round.
    pub fn resolve(&mut self, feedback: &Feedback) -> Vec<PacketResult> {
        let mut results = Vec::with_capacity(feedback.fates.len().min(self.sent.len()));
        let next = self.first + self.sent.len() as u64;
        for (number, fate) in (extend(feedback.base, next)..).zip(&feedback.fates) {
            let place = number.checked_sub(self.first).and_then(|place| usize::try_from(place).ok());
            if let Some(slot) = place.and_then(|place| self.sent.get_mut(place))
                && let Some(Transmission { sent, is_missing }) = slot
            {
                let sent = *sent;
                match fate {
                    Fate::Missing if *is_missing => {}
                    Fate::Missing => {
                        *is_missing = true;
                        results.push(PacketResult { sent, arrival: None });
                    }
                    Fate::Arrived(arrival) => {
                        *slot = None;
                        results.push(PacketResult { sent, arrival: Some(*arrival) });
                    }
                    Fate::ArrivedAtUnknownTime => *slot = None,
                }
            }
        }
        results
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn feedback(base: u16, fates: &[Fate]) -> Feedback {
        Feedback { base, fates: fates.to_vec() }
    }

    #[test]
    fn numbers_follow_one_another() {
        let mut history = History::default();
        let now = Instant::now();
        let numbers = [0; 3].map(|_| history.send(now, 100, None).number);
        assert_eq!(numbers, [0, 1, 2].map(|place| FIRST_NUMBER + place));
    }

    #[test]
    fn feedback_tells_of_what_was_sent() {
        let mut history = History::default();
        let now = Instant::now();
        let sent = [0; 3].map(|_| history.send(now, 100, None));
        let results = history.resolve(&feedback(0, &[Fate::Arrived(MS), Fate::Missing, Fate::Arrived(3 * MS)]));
        assert_eq!(
            results,
            [(0, Some(MS)), (1, None), (2, Some(3 * MS))]
                .map(|(place, arrival): (usize, _)| PacketResult { sent: sent[place], arrival })
        );
    }

    #[test]
    fn an_arrival_is_told_once_and_a_loss_can_turn_into_one() {
        let mut history = History::default();
        let sent = history.send(Instant::now(), 100, None);
        assert_eq!(history.resolve(&feedback(0, &[Fate::Missing])).len(), 1);
        assert!(history.resolve(&feedback(0, &[Fate::Missing])).is_empty());
        let late = history.resolve(&feedback(0, &[Fate::Arrived(MS)]));
        assert_eq!(late, [PacketResult { sent, arrival: Some(MS) }]);
        assert!(history.resolve(&feedback(0, &[Fate::Arrived(MS)])).is_empty());
        assert!(history.resolve(&feedback(0, &[Fate::Missing])).is_empty());
    }

    #[test]
    fn what_was_never_sent_is_ignored() {
        let mut history = History::default();
        history.send(Instant::now(), 100, None);
        let fates = vec![Fate::Arrived(MS); 70];
        assert!(history.resolve(&Feedback { base: 30_000, fates: fates.clone() }).is_empty());
        assert!(history.resolve(&Feedback { base: 0xffff, fates: vec![Fate::Arrived(MS)] }).is_empty());
        assert_eq!(history.resolve(&Feedback { base: 0, fates }).len(), 1);
    }

    #[test]
    fn numbers_go_on_beyond_sixteen_bits() {
        let mut history = History::default();
        let start = Instant::now();
        for place in 0..70_000 {
            history.send(start + place * MS, 100, None);
        }
        let results = history.resolve(&feedback((69_998 & 0xffff) as u16, &[Fate::Arrived(MS); 2]));
        let numbers: Vec<_> = results.iter().map(|result| result.sent.number - FIRST_NUMBER).collect();
        assert_eq!(numbers, [69_998, 69_999]);
    }

    #[test]
    fn what_nobody_tells_of_does_not_pile_up() {
        let mut history = History::default();
        let start = Instant::now();
        for _ in 0..3 * MAX_TRANSMISSIONS {
            history.send(start, 100, None);
        }
        assert_eq!(history.sent.len(), MAX_TRANSMISSIONS);
        history.send(start + KEEP + MS, 100, None);
        assert_eq!(history.sent.len(), 1);
    }
}
