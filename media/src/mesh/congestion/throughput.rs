//! What arrives at the receiver, in bits per second, over the last packets.
//!
//! The longest gap between two arrivals is taken for as long as the second longest, so that a path that stood still for a
//! moment is not taken for a slow one; and it is never said to be more than what was sent meanwhile.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::difference::{between_arrivals, between_instants};

/// The window has at least so many packets, and all that arrived within so long.
const PACKETS: usize = 20;
const WINDOW_MS: f64 = 500.0;

/// It never has more packets, nor such that arrived longer ago.
const MOST_PACKETS: usize = 500;
const LONGEST_WINDOW_MS: f64 = 5000.0;

/// Nothing is said of fewer packets.
const NEEDED_PACKETS: usize = 10;

/// A moment, and how many packets must have arrived in it.
const MOMENT_MS: f64 = 250.0;
const NEEDED_IN_MOMENT: usize = 5;

/// A packet that arrived so much before the last one tells of a clock that was set.
const LONGEST_REORDERING_MS: f64 = 1000.0;

#[derive(Clone, Copy, Debug)]
struct Arrived {
    sent: Instant,
    arrival: Duration,
    bytes: u32,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Throughput {
    /// In the order of arrival.
    window: VecDeque<Arrived>,
    /// When the latest of those was sent that have left the window.
    last_left_sent: Option<Instant>,
}

impl Throughput {
    pub(super) fn packet(&mut self, sent: Instant, arrival: Duration, bytes: u32) {
        if self.window.back().is_some_and(|last| between_arrivals(last.arrival, arrival) > LONGEST_REORDERING_MS) {
            *self = Self::default();
        }
        let place = self.window.iter().rposition(|earlier| earlier.arrival <= arrival).map_or(0, |place| place + 1);
        self.window.insert(place, Arrived { sent, arrival, bytes });
        while self.is_first_too_old() {
            if let Some(left) = self.window.pop_front() {
                self.last_left_sent = Some(self.last_left_sent.map_or(left.sent, |last| last.max(left.sent)));
            }
        }
    }

    fn is_first_too_old(&self) -> bool {
        let (Some(first), Some(last)) = (self.window.front(), self.window.back()) else { return false };
        let window_ms = between_arrivals(last.arrival, first.arrival);
        self.window.len() > MOST_PACKETS
            || window_ms > LONGEST_WINDOW_MS
            || (self.window.len() > PACKETS && window_ms > WINDOW_MS)
    }

    /// In bits per second; `None` where too little has arrived.
    pub(super) fn bitrate_bps(&self) -> Option<f64> {
        if self.window.len() < NEEDED_PACKETS {
            return None;
        }
        let received_bps = self.received_bps()?;
        Some(self.sent_bps().map_or(received_bps, |sent_bps| sent_bps.min(received_bps)))
    }

    /// What arrived in the last moment, in bits per second, whatever was sent meanwhile: queues that drain hide nothing.
    pub(super) fn arriving_bps(&self) -> Option<f64> {
        let last = self.window.back()?;
        let is_recent = |packet: &&Arrived| between_arrivals(last.arrival, packet.arrival) <= MOMENT_MS;
        let (mut bytes, mut packets, mut first) = (0, 0, last);
        for packet in self.window.iter().rev().take_while(is_recent) {
            (bytes, packets, first) = (bytes + u64::from(packet.bytes), packets + 1, packet);
        }
        let took_ms = between_arrivals(last.arrival, first.arrival);
        (packets >= NEEDED_IN_MOMENT).then(|| bits_per_second(bytes - u64::from(first.bytes), took_ms))
    }

    fn received_bps(&self) -> Option<f64> {
        let (first, last) = (self.window.front()?, self.window.back()?);
        let (mut longest_ms, mut second_ms) = (0.0_f64, 0.0_f64);
        for (earlier, later) in self.window.iter().zip(self.window.iter().skip(1)) {
            let gap_ms = between_arrivals(later.arrival, earlier.arrival);
            second_ms = second_ms.max(gap_ms.min(longest_ms));
            longest_ms = longest_ms.max(gap_ms);
        }
        let took_ms = between_arrivals(last.arrival, first.arrival) - longest_ms + second_ms;
        // The bits of the first packet arrived before the time that is looked at.
        let bytes: u64 = self.window.iter().skip(1).map(|packet| u64::from(packet.bytes)).sum();
        Some(bits_per_second(bytes, took_ms))
    }

    /// At which bitrate the packets in the window were sent, in bits per second.
    pub(super) fn sent_bps(&self) -> Option<f64> {
        // A packet overtaken by those that have left the window was sent too long ago to belong to it.
        let sent: Vec<_> = match self.last_left_sent {
            Some(left) => self.window.iter().filter(|packet| packet.sent >= left).collect(),
            None => self.window.iter().collect(),
        };
        if sent.len() < NEEDED_PACKETS {
            return None;
        }
        let first = sent.iter().min_by_key(|packet| packet.sent)?;
        let last = sent.iter().max_by_key(|packet| packet.sent)?;
        let bytes: u64 = sent.iter().map(|packet| u64::from(packet.bytes)).sum();
        // The bits of the last packet are sent after the time that is looked at.
        Some(bits_per_second(bytes - u64::from(last.bytes), between_instants(last.sent, first.sent)))
    }
}

fn bits_per_second(bytes: u64, milliseconds: f64) -> f64 {
    bytes as f64 * 8.0 * 1000.0 / milliseconds.max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Packets of 1000 bytes, sent and arriving as given, in milliseconds.
    fn throughput(packets: impl Iterator<Item = (u64, u64)>) -> Throughput {
        let start = Instant::now();
        let mut throughput = Throughput::default();
        for (sent, arrival) in packets {
            throughput.packet(start + Duration::from_millis(sent), Duration::from_millis(arrival), 1000);
        }
        throughput
    }

    #[test]
    fn a_steady_stream_has_its_own_bitrate() {
        let bps = throughput((0..100).map(|packet| (packet * 8, packet * 8 + 50))).bitrate_bps().unwrap();
        assert!((bps - 1_000_000.0).abs() < 1.0, "{bps}");
        assert_eq!(throughput((0..9).map(|packet| (packet * 8, packet * 8))).bitrate_bps(), None);
    }

    #[test]
    fn a_path_that_stood_still_for_a_moment_is_not_slow() {
        let arrival = |packet: u64| if packet < 60 { packet * 8 } else { (packet * 8).max(780) };
        let bps = throughput((0..120).map(|packet| (packet * 8, arrival(packet)))).bitrate_bps().unwrap();
        assert!(bps > 900_000.0 && bps < 1_050_000.0, "{bps}");
    }

    #[test]
    fn it_is_never_more_than_what_was_sent() {
        let bps = throughput((0..100).map(|packet| (packet * 8, 1000 + packet))).bitrate_bps().unwrap();
        assert!(bps <= 1_000_001.0, "{bps}");
    }

    #[test]
    fn it_follows_within_half_a_second() {
        let packets = (0..200).map(|packet| (packet * 4, packet * 4)).chain((0..64).map(|packet| {
            let at = 800 + packet * 8;
            (at, at)
        }));
        let bps = throughput(packets).bitrate_bps().unwrap();
        assert!((bps - 1_000_000.0).abs() < 30_000.0, "{bps}");
    }

    #[test]
    fn memory_is_bounded_whatever_arrives() {
        let random = |packet: u64| packet.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
        let absurd = throughput((0..5000).map(|packet| (random(packet), random(packet + 1))));
        assert!(absurd.window.len() <= MOST_PACKETS);
        let at_once = throughput((0..5000).map(|_| (0, 0)));
        assert!(at_once.window.len() <= MOST_PACKETS);
        assert!(at_once.bitrate_bps().is_some_and(f64::is_finite));
    }
}
