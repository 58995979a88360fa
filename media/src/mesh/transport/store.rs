//! What was sent of one stream not long ago, for the receiver to ask for again. Bounded in time and bytes.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::packet::MediaPacket;
use crate::rtp::extend;

/// What is older nobody waits for.
const KEEP: Duration = Duration::from_secs(1);

/// Bytes of payload that are kept at most; with other links on the same layer they are the same bytes.
const MAX_BYTES: usize = 1 << 20;

/// Among so many of the newest packets the largest is taken for padding, so that few are needed.
const PADDING_OF: usize = 8;

/// A packet that was sent.
#[derive(Clone, Debug)]
pub struct Stored {
    pub packet: MediaPacket,
    /// The transport-wide number of its first transmission, if it had one.
    pub number: Option<u16>,
    sent_at: Instant,
    /// When it was sent again last.
    again_at: Option<Instant>,
}

/// The packets of one stream, in the order of their numbers.
#[derive(Debug, Default)]
pub struct Store {
    packets: VecDeque<(u64, Stored)>,
    bytes: usize,
}

impl Store {
    /// Keeps a packet that is sent now.
    pub fn insert(&mut self, now: Instant, packet: MediaPacket, number: Option<u16>) {
        const FIRST_NUMBER: u64 = 1 << 16;
        let newest = self.packets.back().map_or(FIRST_NUMBER, |(sequence, _)| *sequence);
        let sequence = extend(packet.sequence_number, newest);
        if !self.packets.is_empty() && sequence <= newest {
            // The stream counts anew.
            self.packets.clear();
            self.bytes = 0;
        }
        self.bytes += packet.payload.len();
        self.packets.push_back((sequence, Stored { packet, number, sent_at: now, again_at: None }));
        while self.bytes > MAX_BYTES || self.packets.front().is_some_and(|(_, oldest)| oldest.sent_at + KEEP < now) {
            let Some((_, oldest)) = self.packets.pop_front() else { break };
            self.bytes -= oldest.packet.payload.len();
        }
    }

    /// The packet that was asked for, if it is to be sent again: not when that was done so recently that whoever asked cannot
    /// have it yet.
    pub fn request(&mut self, now: Instant, sequence_number: u16, round_trip: Duration) -> Option<&Stored> {
        let (newest, _) = self.packets.back()?;
        let sequence = extend(sequence_number, *newest);
        let place = self.packets.binary_search_by_key(&sequence, |(sequence, _)| *sequence).ok()?;
        let (_, stored) = self.packets.get_mut(place)?;
        // Both ends' measurements differ, so a little less than a round trip must do.
        if stored.sent_at + KEEP < now || stored.again_at.is_some_and(|at| now < at + round_trip * 3 / 4) {
            return None;
        }
        stored.again_at = Some(now);
        Some(stored)
    }

    /// A packet that may be sent once more for nothing but its bytes.
    pub fn padding(&self) -> Option<&MediaPacket> {
        let newest = self.packets.iter().rev().take(PADDING_OF);
        newest.map(|(_, stored)| &stored.packet).max_by_key(|packet| packet.payload.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    const MS: Duration = Duration::from_millis(1);

    fn packet(sequence_number: u16, bytes: usize) -> MediaPacket {
        let payload = Bytes::from(vec![0; bytes]);
        MediaPacket {
            ssrc: 1,
            payload_type: 102,
            sequence_number,
            timestamp: 0,
            marker: false,
            audio_level: None,
            payload,
        }
    }

    #[test]
    fn what_was_sent_can_be_had_again_across_the_wrap() {
        let mut store = Store::default();
        let now = Instant::now();
        for sequence_number in [0xfffe, 0xffff, 0, 2] {
            store.insert(now, packet(sequence_number, 10), Some(sequence_number));
        }
        for sequence_number in [0xfffe, 0xffff, 0, 2] {
            let stored = store.request(now, sequence_number, 50 * MS).unwrap();
            assert_eq!((stored.packet.sequence_number, stored.number), (sequence_number, Some(sequence_number)));
        }
        assert!(store.request(now, 1, 50 * MS).is_none(), "it was never sent");
    }

    #[test]
    fn what_is_asked_for_twice_within_a_round_trip_is_sent_once() {
        let mut store = Store::default();
        let now = Instant::now();
        store.insert(now, packet(1, 10), None);
        assert!(store.request(now, 1, 100 * MS).is_some());
        assert!(store.request(now + 70 * MS, 1, 100 * MS).is_none());
        assert!(store.request(now + 100 * MS, 1, 100 * MS).is_some());
    }

    #[test]
    fn what_is_old_or_too_much_is_forgotten() {
        let mut store = Store::default();
        let now = Instant::now();
        store.insert(now, packet(0, 10), None);
        assert!(store.request(now + KEEP + MS, 0, MS).is_none());
        for sequence_number in 1..3000 {
            store.insert(now, packet(sequence_number, 1000), None);
        }
        assert!(store.bytes <= MAX_BYTES);
        assert!(store.request(now, 1, MS).is_none() && store.request(now, 2999, MS).is_some());
        store.insert(now + KEEP + MS, packet(3000, 10), None);
        assert_eq!((store.packets.len(), store.bytes), (1, 10));
    }

    #[test]
    fn padding_is_the_largest_of_the_newest() {
        let mut store = Store::default();
        assert!(store.padding().is_none());
        let now = Instant::now();
        for (sequence_number, bytes) in [(1, 1000), (2, 10), (3, 500)] {
            store.insert(now, packet(sequence_number, bytes), None);
        }
        assert_eq!(store.padding().unwrap().sequence_number, 1);
    }
}
