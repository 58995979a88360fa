//! The receiving half of a link's transport: tells the sender what came and when, makes up for what did not out of parity, and
//! asks for the rest.
//!
//! Owns what is to be said, not the bytes in which it is said. Costs no timer while nothing comes.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::feedback::{Recorder, Report};
use super::flexfec::{NumberExtension, Parity};
use super::losses::{Arrival, Losses};
use super::packet::MediaPacket;
use super::recoverer::Recoverer;

/// Packets that one request names at most, so that it is one packet on the wire.
const MAX_PACKETS_A_REQUEST: usize = 200;

/// Streams that losses are counted of, at most.
const MAX_STREAMS: usize = 8;

/// So long after parity came more is to be expected.
const PARITY_GOES_ON: Duration = Duration::from_secs(1);

/// A packet that came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReceivedPacket {
    /// Of the stream itself, also for a retransmission.
    pub ssrc: u32,
    pub sequence_number: u16,
    pub is_retransmission: bool,
}

/// What is to be said to the sender.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    Feedback(Report),
    /// These packets are missing, in the order in which they were sent.
    Retransmission {
        ssrc: u32,
        sequence_numbers: Vec<u16>,
    },
    /// So much is missing that only a key frame helps.
    KeyFrame {
        ssrc: u32,
    },
}

/// What the receiver has counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReceiverCounters {
    /// Packets that were asked for, each time counted.
    pub requested_packets: u64,
    /// Packets that came as retransmissions and had been missing.
    pub repaired_packets: u64,
    /// Packets that parity has brought.
    pub recovered_packets: u64,
}

/// A stream of which what is missing is made up for or asked for.
#[derive(Debug)]
struct Stream {
    ssrc: u32,
    losses: Losses,
    /// Where the peer may send parity.
    recoverer: Option<Recoverer>,
}

impl Stream {
    fn expect_parity(&mut self, now: Instant) {
        let parity_at = self.recoverer.as_ref().and_then(Recoverer::parity_at);
        self.losses.set_protected(parity_at.is_some_and(|at| now < at + PARITY_GOES_ON));
    }
}

/// Receives the packets of one link.
#[derive(Debug, Default)]
pub struct Receiver {
    recorder: Recorder,
    streams: Vec<Stream>,
    messages: VecDeque<Message>,
    counters: ReceiverCounters,
}

impl Receiver {
    /// Takes on a stream whose losses can be repaired.
    pub fn bind(&mut self, ssrc: u32) {
        if self.streams.len() < MAX_STREAMS && self.streams.iter().all(|stream| stream.ssrc != ssrc) {
            self.streams.push(Stream { ssrc, losses: Losses::default(), recoverer: None });
        }
    }

    /// Takes note that parity may come for a stream that was taken on, whose packets carry this extension.
    pub fn set_protected(&mut self, ssrc: u32, extension: NumberExtension) {
        if let Some(stream) = self.stream(ssrc) {
            stream.recoverer = Some(Recoverer::new(ssrc, extension));
        }
    }

    pub fn unbind(&mut self, ssrc: u32) {
        self.streams.retain(|stream| stream.ssrc != ssrc);
    }

    /// Takes note of a packet's transport-wide number and of when it came, whatever the packet is.
    pub fn numbered(&mut self, came_at: Instant, number: u16, bytes: u32) {
        self.recorder.arrived(came_at, number, bytes);
    }

    /// Takes note of a packet; whether anybody has use for it. What is none of the streams' always has.
    pub fn arrived(&mut self, now: Instant, packet: ReceivedPacket) -> bool {
        let ReceivedPacket { ssrc, sequence_number, is_retransmission } = packet;
        let Some(stream) = self.stream(ssrc) else { return true };
        stream.expect_parity(now);
        match stream.losses.arrived(now, sequence_number, is_retransmission) {
            Arrival::New => {
                self.counters.repaired_packets += u64::from(is_retransmission);
                true
            }
            // A sender that counts anew looks like this as well: whoever puts pictures together will know.
            Arrival::Old => !is_retransmission,
            Arrival::FarAhead => {
                self.messages.push_back(Message::KeyFrame { ssrc });
                true
            }
        }
    }

    /// Makes use of a packet that has [`arrived`](Self::arrived); gives those that can be had with it out of parity.
    pub fn complete(&mut self, now: Instant, packet: &MediaPacket) -> Vec<MediaPacket> {
        let recoverer = self.stream(packet.ssrc).and_then(|stream| stream.recoverer.as_mut());
        let packets = recoverer.map(|recoverer| recoverer.came(now, packet)).unwrap_or_default();
        self.recovered(now, packets)
    }

    /// Takes the payload of a packet of parity; gives the packets that can be had with it.
    pub fn parity_came(&mut self, now: Instant, payload: &Bytes) -> Vec<MediaPacket> {
        let Some(parity) = Parity::read(payload) else { return Vec::new() };
        let (ssrc, covered) = (parity.ssrc, parity.sequence_numbers.clone());
        let recoverer = self.stream(ssrc).and_then(|stream| stream.recoverer.as_mut());
        let Some(packets) = recoverer.map(|recoverer| recoverer.parity_came(now, parity)) else { return Vec::new() };
        let packets = self.recovered(now, packets);
        if let Some(stream) = self.stream(ssrc) {
            stream.losses.not_recovered(now, &covered);
        }
        packets
    }

    /// Those that were missing, which now count as arrived.
    fn recovered(&mut self, now: Instant, mut packets: Vec<MediaPacket>) -> Vec<MediaPacket> {
        packets.retain(|packet| {
            self.stream(packet.ssrc).is_some_and(|stream| stream.losses.recovered(now, packet.sequence_number))
        });
        self.counters.recovered_packets += packets.len() as u64;
        packets
    }

    fn stream(&mut self, ssrc: u32) -> Option<&mut Stream> {
        self.streams.iter_mut().find(|stream| stream.ssrc == ssrc)
    }

    /// Lets time pass; what is to be said then is had with [`poll`](Self::poll).
    pub fn advance(&mut self, now: Instant, round_trip: Duration) {
        for Stream { ssrc, losses, .. } in &mut self.streams {
            if losses.next_at().is_none_or(|at| now < at) {
                continue;
            }
            for sequence_numbers in losses.requests(now, round_trip).chunks(MAX_PACKETS_A_REQUEST) {
                self.counters.requested_packets += sequence_numbers.len() as u64;
                let sequence_numbers = sequence_numbers.to_vec();
                self.messages.push_back(Message::Retransmission { ssrc: *ssrc, sequence_numbers });
            }
        }
        self.messages.extend(self.recorder.reports(now).into_iter().map(Message::Feedback));
    }

    /// What is to be said next.
    pub fn poll(&mut self) -> Option<Message> {
        self.messages.pop_front()
    }

    /// When there is something to do, if nothing comes before.
    pub fn next_at(&self) -> Option<Instant> {
        let losses = self.streams.iter().filter_map(|stream| stream.losses.next_at());
        losses.chain(self.recorder.next_at()).min()
    }

    pub fn counters(&self) -> ReceiverCounters {
        self.counters
    }
}
