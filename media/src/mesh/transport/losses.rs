//! What is missing of one received stream, and when to ask for it (generic NACK, RFC 4585 §6.2.1).
//!
//! Asks at once, unless the path is known to reorder packets or parity is to be expected; again when an answer should
//! have come; and stops when nobody would wait for the packet any more. Is told of retransmissions as of other packets,
//! so that it never asks for what is there.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::round_trip::repair_wait;
use crate::rtp::extend;

/// Requests for one packet, at most.
const MAX_REQUESTS: u8 = 10;

/// A packet is asked for during so many times what a repair is to take: even while a key frame is under way it may be the first
/// to come.
const ASKED_FOR_WAITS: u32 = 2;

/// Packets that are missing at the same time, at most, and the longest gap that is one. Beyond, repairing costs more than a
/// key frame.
const MAX_MISSING: usize = 1000;

/// Between two requests for one packet, at least.
const SHORTEST_RETRY: Duration = Duration::from_millis(20);
/// What an answer may take longer than others did, at least.
const LEAST_SLACK: Duration = Duration::from_millis(10);

/// Longest that a missing packet is waited for because packets overtake each other on this path.
const REORDERING_TAKES: Duration = Duration::from_millis(15);
/// Packets that may overtake one before it is asked for, at most.
const MAX_TOLERANCE: u64 = 16;
/// Longest that a missing packet is waited for because parity may bring it: what a group of the sender's takes, and pacing.
const PARITY_TAKES: Duration = Duration::from_millis(60);

/// After so many packets in their order one less may overtake.
const FORGET_REORDERING_AFTER: u32 = 300;

/// What the numbers count from, so that there may be some before the first.
const FIRST_NUMBER: u64 = 1 << 16;

/// What a packet is to those that came before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// It was not there yet.
    New,
    /// It was, or is not waited for any more.
    Old,
    /// It is so far ahead that what is missing in between is not asked for: only a key frame helps.
    FarAhead,
}

#[derive(Clone, Copy, Debug)]
struct Missing {
    since: Instant,
    /// When it is to be asked for, or given up.
    due_at: Instant,
    requests: u8,
    /// When it was asked for last, and before that.
    asked_at: Option<Instant>,
    asked_before_at: Option<Instant>,
}

impl Missing {
    /// When it was asked for by the request that is answered now, as far as that is certain (Karn's algorithm): nothing
    /// answers within half a round trip, which is smoothed and may be longer than the shortest.
    fn answered(&self, now: Instant, round_trip: Duration) -> Option<Instant> {
        match (self.asked_at, self.asked_before_at) {
            (Some(last), before) if now < last + round_trip / 2 => before,
            (last, None) => last,
            _ => None,
        }
    }
}

/// How long the answer to a request takes: the round trip, and the queues that the answer waits in.
#[derive(Clone, Copy, Debug)]
struct AnswerTime {
    mean: Duration,
    deviation: Duration,
}

impl AnswerTime {
    /// Takes in a measurement as TCP does (RFC 6298 §2).
    fn measured(before: Option<Self>, sample: Duration) -> Self {
        before.map_or(Self { mean: sample, deviation: sample / 2 }, |Self { mean, deviation }| Self {
            mean: (7 * mean + sample) / 8,
            deviation: (3 * deviation + mean.abs_diff(sample)) / 4,
        })
    }

    /// By when an answer comes, if one does.
    fn limit(&self) -> Duration {
        self.mean + (4 * self.deviation).max(LEAST_SLACK)
    }
}

/// The losses of one stream.
#[derive(Debug, Default)]
pub struct Losses {
    /// The highest number that came.
    highest: Option<u64>,
    missing: BTreeMap<u64, Missing>,
    /// Packets that may overtake one before it is asked for.
    tolerance: u64,
    in_order: u32,
    /// `None` before the first answer.
    answer_time: Option<AnswerTime>,
    /// As it was told last.
    round_trip: Duration,
    /// Whether what is missing may come out of parity.
    is_protected: bool,
}

impl Losses {
    /// Takes note of a packet, in the stream itself or as a retransmission.
    pub fn arrived(&mut self, now: Instant, sequence_number: u16, is_retransmission: bool) -> Arrival {
        let Some(highest) = self.highest else {
            self.highest = Some(FIRST_NUMBER + u64::from(sequence_number));
            return Arrival::New;
        };
        let number = extend(sequence_number, highest);
        if number.abs_diff(highest) > MAX_MISSING as u64 {
            if is_retransmission {
                return Arrival::Old;
            }
            self.missing.clear();
            self.highest = Some(number);
            return Arrival::FarAhead;
        }
        if number > highest {
            return self.ahead(now, highest, number);
        }
        let Some(missing) = self.missing.remove(&number) else { return Arrival::Old };
        if is_retransmission {
            if let Some(asked_at) = missing.answered(now, self.round_trip) {
                let sample = now.saturating_duration_since(asked_at);
                self.answer_time = Some(AnswerTime::measured(self.answer_time, sample));
            }
        } else {
            self.tolerance = self.tolerance.max(highest - number).min(MAX_TOLERANCE);
            self.in_order = 0;
        }
        Arrival::New
    }

    /// Takes note of a packet that parity has brought; whether it was missing.
    pub fn recovered(&mut self, now: Instant, sequence_number: u16) -> bool {
        let Some(highest) = self.highest else { return false };
        let number = extend(sequence_number, highest);
        if number > highest && number - highest <= MAX_MISSING as u64 {
            return self.ahead(now, highest, number) == Arrival::New;
        }
        self.missing.remove(&number).is_some()
    }

    /// Whether parity is to be expected, so that asking waits for it.
    pub fn set_protected(&mut self, is_protected: bool) {
        self.is_protected = is_protected;
    }

    /// Takes note that parity has come and does not bring these: they are to be asked for.
    pub fn not_recovered(&mut self, now: Instant, sequence_numbers: &[u16]) {
        let Some(highest) = self.highest else { return };
        for sequence_number in sequence_numbers {
            if let Some(missing) = self.missing.get_mut(&extend(*sequence_number, highest))
                && missing.requests == 0
            {
                missing.due_at = missing.due_at.min(now);
            }
        }
    }

    fn ahead(&mut self, now: Instant, highest: u64, number: u64) -> Arrival {
        self.highest = Some(number);
        self.in_order += 1;
        if self.in_order >= FORGET_REORDERING_AFTER {
            self.in_order = 0;
            self.tolerance = self.tolerance.saturating_sub(1);
        }
        let wait = match self.tolerance {
            _ if self.is_protected => PARITY_TAKES,
            0 => Duration::ZERO,
            _ => REORDERING_TAKES,
        };
        let due_at = now + wait;
        for missing in highest + 1..number {
            self.missing
                .insert(missing, Missing { since: now, due_at, requests: 0, asked_at: None, asked_before_at: None });
        }
        if self.missing.len() > MAX_MISSING {
            self.missing.clear();
            return Arrival::FarAhead;
        }
        if self.is_protected {
            return Arrival::New;
        }
        let overtaken = number.saturating_sub(self.tolerance);
        for (_, missing) in self.missing.range_mut(..overtaken).filter(|(_, missing)| missing.requests == 0) {
            missing.due_at = missing.due_at.min(now);
        }
        Arrival::New
    }

    /// What is to be asked for now, at most [`MAX_MISSING`] packets.
    pub fn requests(&mut self, now: Instant, round_trip: Duration) -> Vec<u16> {
        self.round_trip = round_trip;
        let wait = repair_wait(round_trip);
        let answer = self.answer_time.map_or(round_trip * 3 / 2, |answer_time| answer_time.limit().max(round_trip));
        let retry = answer.max(SHORTEST_RETRY);
        let mut requests = Vec::new();
        self.missing.retain(|number, missing| {
            if missing.due_at > now {
                return true;
            }
            if missing.requests >= MAX_REQUESTS || now >= missing.since + ASKED_FOR_WAITS * wait {
                return false;
            }
            requests.push(*number as u16);
            missing.requests += 1;
            missing.asked_before_at = missing.asked_at.replace(now);
            missing.due_at = now + retry;
            true
        });
        requests
    }

    /// When [`requests`](Self::requests) has something to do, if nothing comes before.
    pub fn next_at(&self) -> Option<Instant> {
        self.missing.values().map(|missing| missing.due_at).min()
    }
}

#[cfg(test)]
mod tests;
