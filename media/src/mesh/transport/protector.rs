//! Makes packets of parity for one stream of pictures, in groups that end with a picture or are soon over.
//!
//! Owns the group that is being sent and which packets share a packet of parity: every so many-th, so that losses in a row
//! fall to different ones. How much is to be spent it is told; when parity leaves others know.

use std::time::{Duration, Instant};

use super::flexfec::{MAX_COVERED, NumberExtension, parity_of};
use super::packet::MediaPacket;

/// Longest that a group is open: parity that comes later is hardly earlier than a retransmission.
const LONGEST_GROUP: Duration = Duration::from_millis(50);
/// A group that is open for so long ends with the picture: the next one would come too late for it.
const LONG_GROUP: Duration = Duration::from_millis(20);
/// Packets of parity that are enough for a group to end with its picture: from there on losses in a row are made up for.
const ENOUGH_PARITY: usize = 2;

/// A picture of so many times the packets of others, and at least so many, is one that those after it need: mostly a key
/// frame. It gets this much more.
const LARGE_TIMES: f64 = 2.5;
const LARGE_PACKETS: usize = 6;
const LARGE_GETS: f64 = 1.5;
/// Weight of the newest picture in the mean of their packets.
const NEWEST_WEIGHS: f64 = 0.05;

/// The stream beside a media stream that carries its parity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParityStream {
    pub ssrc: u32,
    pub payload_type: u8,
    /// Of the packet to come.
    pub next_sequence_number: u16,
    /// What all packets of the media stream carry.
    pub extension: NumberExtension,
}

/// Protects one stream.
#[derive(Debug)]
pub struct Protector {
    stream: ParityStream,
    group: Vec<MediaPacket>,
    /// When the group's first packet came.
    began: Option<Instant>,
    /// Packets of parity that rounding has left over, between minus one half and one half.
    owed: f64,
    /// Packets of the picture that is coming, and of pictures in the mean.
    picture_packets: usize,
    mean_packets: Option<f64>,
}

impl Protector {
    pub fn new(stream: ParityStream) -> Self {
        Self { stream, group: Vec::new(), began: None, owed: 0.0, picture_packets: 0, mean_packets: None }
    }

    /// Takes over what was agreed on anew. Where the stream is the same one it goes on counting: a number that comes again is
    /// a nonce that comes again.
    pub fn rebind(&mut self, stream: ParityStream) {
        let next_sequence_number = if stream.ssrc == self.stream.ssrc {
            self.stream.next_sequence_number
        } else {
            stream.next_sequence_number
        };
        self.stream = ParityStream { next_sequence_number, ..stream };
        self.end();
    }

    /// Takes note of a packet that is sent, with so many packets of parity for each; gives those that are to follow.
    pub fn sent(&mut self, now: Instant, packet: &MediaPacket, share: f64) -> Vec<MediaPacket> {
        let mut parity = Vec::new();
        self.picture_packets += 1;
        if share > 0.0 {
            let follows = |last: &MediaPacket| packet.sequence_number == last.sequence_number.wrapping_add(1);
            if !self.group.last().is_none_or(follows) {
                parity = self.close(share);
            }
            self.began.get_or_insert(now);
            self.group.push(packet.clone());
            let is_long = self.began.is_some_and(|began| now >= began + LONG_GROUP);
            let is_over = packet.marker && (is_long || self.parity_packets(share) >= ENOUGH_PARITY);
            if is_over || self.group.len() >= MAX_COVERED {
                parity.extend(self.close(share));
            }
        } else {
            self.end();
        }
        if packet.marker {
            let newest = self.picture_packets as f64;
            let mean = self.mean_packets.unwrap_or(newest);
            self.mean_packets = Some(mean + (newest - mean) * NEWEST_WEIGHS);
            self.picture_packets = 0;
        }
        parity
    }

    /// Lets time pass; gives the packets of parity that are due.
    pub fn advance(&mut self, now: Instant, share: f64) -> Vec<MediaPacket> {
        if self.next_at().is_some_and(|at| at <= now) { self.close(share) } else { Vec::new() }
    }

    /// When there is something to do, if nothing is sent before.
    pub fn next_at(&self) -> Option<Instant> {
        self.began.map(|began| began + LONGEST_GROUP)
    }

    fn end(&mut self) {
        self.group.clear();
        (self.began, self.owed) = (None, 0.0);
    }

    fn is_large(&self) -> bool {
        self.picture_packets >= LARGE_PACKETS
            && self.mean_packets.is_some_and(|mean| self.picture_packets as f64 >= mean * LARGE_TIMES)
    }

    fn wanted(&self, share: f64) -> f64 {
        let share = if self.is_large() { share * LARGE_GETS } else { share };
        self.group.len() as f64 * share + self.owed
    }

    fn parity_packets(&self, share: f64) -> usize {
        (self.wanted(share).round().max(0.0) as usize).min(self.group.len())
    }

    fn close(&mut self, share: f64) -> Vec<MediaPacket> {
        let count = self.parity_packets(share);
        let owed = (self.wanted(share) - count as f64).clamp(-0.5, 0.5);
        let group = std::mem::take(&mut self.group);
        (self.began, self.owed) = (None, owed);
        let shared = |place| group.iter().skip(place).step_by(count.max(1)).collect::<Vec<_>>();
        (0..count).filter_map(|place| self.packet(&shared(place))).collect()
    }

    fn packet(&mut self, covered: &[&MediaPacket]) -> Option<MediaPacket> {
        let payload = parity_of(covered, self.stream.extension)?;
        let sequence_number = self.stream.next_sequence_number;
        self.stream.next_sequence_number = sequence_number.wrapping_add(1);
        Some(MediaPacket {
            ssrc: self.stream.ssrc,
            payload_type: self.stream.payload_type,
            sequence_number,
            timestamp: covered.last()?.timestamp,
            marker: false,
            audio_level: None,
            payload,
        })
    }
}

#[cfg(test)]
mod tests;
