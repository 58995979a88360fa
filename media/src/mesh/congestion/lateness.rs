//! Waits before it takes a packet for lost, on paths that let packets overtake each other.
//!
//! A receiver reports what it has, and what is still on its way is lost so far. Where that has turned out to be late instead,
//! losses count only after as long as packets have been late.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::PacketResult;

/// Reported losses that are remembered, and for how long.
const REMEMBERED: usize = 4096;
const REMEMBERED_FOR: Duration = Duration::from_secs(2);

/// So many times as long as packets have been late is waited, and never longer than this.
const MARGIN: f64 = 1.25;
const LONGEST_WAIT: Duration = Duration::from_millis(500);

/// What is left of the wait after each message without a late packet, and below what it ends.
const FORGETS: f64 = 0.995;
const SHORTEST_WAIT: Duration = Duration::from_millis(5);

#[derive(Clone, Copy, Debug)]
struct Reported {
    result: PacketResult,
    at: Instant,
    counts: bool,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Lateness {
    reported: BTreeMap<u64, Reported>,
    wait: Duration,
}

impl Lateness {
    /// Takes the results of one message and leaves those that count by now.
    pub(super) fn filter(&mut self, now: Instant, results: &mut Vec<PacketResult>) {
        let mut was_late = false;
        results.retain(|result| {
            if result.arrival.is_some() {
                if let Some(reported) = self.reported.remove(&result.sent.number) {
                    let late = now.saturating_duration_since(reported.at).mul_f64(MARGIN);
                    self.wait = self.wait.max(late).min(LONGEST_WAIT);
                    was_late = true;
                }
                return true;
            }
            let reported = Reported { result: *result, at: now, counts: false };
            self.reported.entry(result.sent.number).or_insert(reported);
            false
        });
        if !was_late {
            self.wait = self.wait.mul_f64(FORGETS);
        }
        if self.wait < SHORTEST_WAIT {
            self.wait = Duration::ZERO;
        }
        for reported in self.reported.values_mut().filter(|reported| !reported.counts) {
            if now.saturating_duration_since(reported.at) >= self.wait {
                reported.counts = true;
                results.push(reported.result);
            }
        }
        self.reported.retain(|_, reported| now.saturating_duration_since(reported.at) < REMEMBERED_FOR);
        while self.reported.len() > REMEMBERED {
            self.reported.pop_first();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::SentPacket;
    use super::*;

    fn result(number: u64, at: Instant, arrived: bool) -> PacketResult {
        let sent = SentPacket { number, at, bytes: 1000, probe: None };
        PacketResult { sent, arrival: arrived.then_some(Duration::from_millis(number)) }
    }

    #[test]
    fn losses_count_at_once_where_no_packet_is_late() {
        let now = Instant::now();
        let mut lateness = Lateness::default();
        let mut results = vec![result(1, now, true), result(2, now, false)];
        lateness.filter(now, &mut results);
        assert_eq!(results.len(), 2);
        let mut results = vec![result(2, now, false)];
        lateness.filter(now, &mut results);
        assert_eq!(results, [], "but each once");
    }

    #[test]
    fn where_packets_are_late_losses_wait_as_long() {
        let start = Instant::now();
        let mut lateness = Lateness::default();
        lateness.filter(start, &mut vec![result(1, start, false)]);
        let now = start + Duration::from_millis(100);
        lateness.filter(now, &mut vec![result(1, start, true)]);
        let mut results = vec![result(2, now, false)];
        lateness.filter(now, &mut results);
        assert_eq!(results, []);
        lateness.filter(now + Duration::from_millis(100), &mut results);
        assert_eq!(results, []);
        lateness.filter(now + Duration::from_millis(130), &mut results);
        assert_eq!(results, [result(2, now, false)]);
    }

    #[test]
    fn memory_is_bounded_whatever_is_reported() {
        let now = Instant::now();
        let mut lateness = Lateness::default();
        for number in 0..20_000 {
            lateness.filter(now, &mut vec![result(number * 7919 % 20_000, now, false)]);
        }
        assert!(lateness.reported.len() <= REMEMBERED);
    }
}
