//! What the bottleneck holds at this moment, as far as it is ours.
//!
//! Feedback tells of the queue that packets found which have arrived: at least half a round trip and that queue itself ago. Who
//! waits to hear that a queue is gone before he sends again has left the path empty for as long. What was sent since is known,
//! and so is what the bottleneck gives us while it is busy: the rest is arithmetic.

use std::collections::VecDeque;
use std::time::Instant;

use super::SentPacket;
use super::difference::between_instants;

/// Packets that are remembered: more than are under way in two seconds at 20 Mb/s. Of more the oldest are forgotten.
const REMEMBERED: usize = 4096;

#[derive(Clone, Copy, Debug)]
struct Sent {
    number: u64,
    at: Instant,
    bits: f64,
}

/// The queue that the newest packet found of those that arrived, and what was sent after it.
#[derive(Clone, Debug, Default)]
pub(super) struct Backlog {
    /// When that packet was sent, and its queue in milliseconds.
    found: Option<(Instant, f64)>,
    /// Oldest first.
    sent: VecDeque<Sent>,
}

impl Backlog {
    pub(super) fn sent(&mut self, packet: &SentPacket) {
        if self.sent.len() >= REMEMBERED {
            self.sent.pop_front();
        }
        self.sent.push_back(Sent { number: packet.number, at: packet.at, bits: f64::from(packet.bytes) * 8.0 });
    }

    /// A packet has arrived that was sent at a time and found a queue, in milliseconds. Those that were sent before it and have
    /// not arrived are lost, or soon will have.
    pub(super) fn arrived(&mut self, number: u64, sent: Instant, queue_ms: f64) {
        if self.found.is_some_and(|(newest, _)| sent < newest) {
            return;
        }
        self.found = Some((sent, queue_ms));
        while self.sent.pop_front_if(|packet| packet.number <= number).is_some() {}
    }

    /// When the newest packet of those that arrived was sent.
    pub(super) fn newest_sent(&self) -> Option<Instant> {
        self.found.map(|(sent, _)| sent)
    }

    /// How long what was sent by now takes to leave where so many bits leave in a second, in milliseconds.
    pub(super) fn queue_ms(&self, now: Instant, leaving_bps: f64) -> f64 {
        let Some(found) = self.found else { return 0.0 };
        let after = |(since, queue_ms): (Instant, f64), at| (queue_ms - between_instants(at, since)).max(0.0);
        let last = self.sent.iter().fold(found, |queue, packet| {
            (packet.at, after(queue, packet.at) + packet.bits / leaving_bps.max(1.0) * 1000.0)
        });
        after(last, now)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn packet(number: u64, at: Instant) -> SentPacket {
        SentPacket { number, at, bytes: 1250, probe: None }
    }

    #[test]
    fn what_was_sent_since_queues_behind_what_was_found() {
        let start = Instant::now();
        let mut backlog = Backlog::default();
        for number in 0..5_u8 {
            backlog.sent(&packet(number.into(), start + 10 * MS * number.into()));
        }
        assert!(backlog.queue_ms(start + 40 * MS, 1e6) < 1e-9, "nothing is known yet");
        backlog.arrived(1, start + 10 * MS, 50.0);
        // Three more of 20 ms each at half a megabit, and 30 ms have passed.
        assert!((backlog.queue_ms(start + 40 * MS, 0.5e6) - 80.0).abs() < 1e-6);
        assert!((backlog.queue_ms(start + 100 * MS, 0.5e6) - 20.0).abs() < 1e-6);
        assert!(backlog.queue_ms(start + 500 * MS, 0.5e6) < 1e-9);
    }

    #[test]
    fn an_idle_bottleneck_saves_no_time_for_later() {
        let start = Instant::now();
        let mut backlog = Backlog::default();
        backlog.arrived(0, start, 10.0);
        backlog.sent(&packet(1, start + 1000 * MS));
        assert!((backlog.queue_ms(start + 1000 * MS, 1e6) - 10.0).abs() < 1e-6);
    }

    #[test]
    fn what_comes_late_tells_nothing_new() {
        let start = Instant::now();
        let mut backlog = Backlog::default();
        backlog.arrived(5, start + 50 * MS, 20.0);
        backlog.arrived(3, start + 30 * MS, 200.0);
        assert!((backlog.queue_ms(start + 50 * MS, 1e6) - 20.0).abs() < 1e-6);
        assert_eq!(backlog.newest_sent(), Some(start + 50 * MS));
    }

    #[test]
    fn memory_is_bounded_though_nothing_arrives() {
        let now = Instant::now();
        let mut backlog = Backlog::default();
        (0..20_000).for_each(|number| backlog.sent(&packet(number, now)));
        assert!(backlog.sent.len() <= REMEMBERED);
        assert!(backlog.queue_ms(now, 0.0).is_finite());
    }
}
