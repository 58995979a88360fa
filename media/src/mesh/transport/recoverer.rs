//! Makes lost packets of one stream out of parity and the packets that came.
//!
//! Owns what has come lately of both, bounded in number and time. Keeps nothing while no parity comes. Does not know what
//! else is done about losses.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::flexfec::{NumberExtension, Parity};
use super::packet::MediaPacket;

/// Packets of the stream that are kept, each in the place that its number has among so many: more than the longest group and
/// those that overtake it.
const MAX_PACKETS: usize = 256;
/// Packets of parity that are kept at most.
const MAX_PARITY: usize = 64;

/// Parity that nobody would wait for any more.
const OLD_PARITY: Duration = Duration::from_millis(500);
/// After so long without parity packets are not kept for it any more.
const PARITY_ENDED: Duration = Duration::from_secs(5);

/// Recovers the packets of one stream.
#[derive(Debug)]
pub struct Recoverer {
    ssrc: u32,
    extension: NumberExtension,
    /// None, or [`MAX_PACKETS`] places.
    packets: Vec<Option<MediaPacket>>,
    parity: VecDeque<(Instant, Parity)>,
    parity_at: Option<Instant>,
}

impl Recoverer {
    /// For a stream whose packets carry this extension.
    pub fn new(ssrc: u32, extension: NumberExtension) -> Self {
        Self { ssrc, extension, packets: Vec::new(), parity: VecDeque::new(), parity_at: None }
    }

    /// When parity came last.
    pub fn parity_at(&self) -> Option<Instant> {
        self.parity_at
    }

    /// Takes note of a packet of the stream; gives those that can be had now.
    pub fn came(&mut self, now: Instant, packet: &MediaPacket) -> Vec<MediaPacket> {
        if self.parity_at.is_none_or(|at| at + PARITY_ENDED < now) {
            self.packets.clear();
            self.parity.clear();
            return Vec::new();
        }
        self.keep(packet.clone());
        let is_covered = |(_, parity): &(Instant, Parity)| parity.sequence_numbers.contains(&packet.sequence_number);
        if self.parity.iter().any(is_covered) { self.recover(now) } else { Vec::new() }
    }

    /// Takes note of parity; gives the packets that can be had now.
    pub fn parity_came(&mut self, now: Instant, parity: Parity) -> Vec<MediaPacket> {
        if parity.ssrc != self.ssrc {
            return Vec::new();
        }
        self.parity_at = Some(now);
        if self.parity.len() >= MAX_PARITY {
            self.parity.pop_front();
        }
        self.parity.push_back((now, parity));
        self.recover(now)
    }

    fn keep(&mut self, packet: MediaPacket) {
        self.packets.resize(MAX_PACKETS, None);
        let place = usize::from(packet.sequence_number) % MAX_PACKETS;
        self.packets[place] = Some(packet);
    }

    fn packet(&self, number: u16) -> Option<&MediaPacket> {
        let place = self.packets.get(usize::from(number) % MAX_PACKETS)?;
        place.as_ref().filter(|packet| packet.sequence_number == number)
    }

    /// What one packet completes may in turn complete another. Each round uses up parity, so there are few.
    fn recover(&mut self, now: Instant) -> Vec<MediaPacket> {
        let mut recovered = Vec::new();
        self.parity.retain(|(at, _)| *at + OLD_PARITY >= now);
        while let Some((place, missing)) = self.parity.iter().enumerate().find_map(|(place, (_, parity))| {
            let mut missing = parity.sequence_numbers.iter().filter(|number| self.packet(**number).is_none());
            let first = missing.next().copied();
            missing.next().is_none().then_some((place, first))
        }) {
            let Some((_, parity)) = self.parity.remove(place) else { break };
            let Some(number) = missing else { continue };
            let others: Vec<_> = parity.sequence_numbers.iter().filter_map(|number| self.packet(*number)).collect();
            if let Some(packet) = parity.recover(number, &others, self.extension) {
                self.keep(packet.clone());
                recovered.push(packet);
            }
        }
        recovered
    }
}

#[cfg(test)]
mod tests;
