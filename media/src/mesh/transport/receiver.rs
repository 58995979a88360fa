//! The receiving half of a link's transport: tells the sender what came and when, and asks for what did not.
//!
//! Owns what is to be said, not the bytes in which it is said. Costs no timer while nothing comes.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::feedback::{Recorder, Report};
use super::losses::{Arrival, Losses};

/// Packets that one request names at most, so that it is one packet on the wire.
const MAX_PACKETS_A_REQUEST: usize = 200;

/// Streams that losses are counted of, at most.
const MAX_STREAMS: usize = 8;

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
    pub key_frame_requests: u64,
    /// Packets that came as retransmissions and had been missing.
    pub repaired_packets: u64,
}

/// Receives the packets of one link.
#[derive(Debug, Default)]
pub struct Receiver {
    recorder: Recorder,
    /// The streams of which what is missing can be asked for.
    streams: Vec<(u32, Losses)>,
    messages: VecDeque<Message>,
    counters: ReceiverCounters,
}

impl Receiver {
    /// Takes on a stream whose losses can be repaired.
    pub fn bind(&mut self, ssrc: u32) {
        if self.streams.len() < MAX_STREAMS && self.streams.iter().all(|(bound, _)| *bound != ssrc) {
            self.streams.push((ssrc, Losses::default()));
        }
    }

    pub fn unbind(&mut self, ssrc: u32) {
        self.streams.retain(|(bound, _)| *bound != ssrc);
    }

    /// Takes note of a packet's transport-wide number, whatever the packet is.
    pub fn numbered(&mut self, now: Instant, number: u16, bytes: u32) {
        self.recorder.arrived(now, number, bytes);
    }

    /// Takes note of a packet; whether anybody has use for it. What is none of the streams' always has.
    pub fn arrived(&mut self, now: Instant, packet: ReceivedPacket) -> bool {
        let ReceivedPacket { ssrc, sequence_number, is_retransmission } = packet;
        let Some((_, losses)) = self.streams.iter_mut().find(|(bound, _)| *bound == ssrc) else { return true };
        match losses.arrived(now, sequence_number, is_retransmission) {
            Arrival::New => {
                self.counters.repaired_packets += u64::from(is_retransmission);
                true
            }
            // A sender that counts anew looks like this as well: whoever puts pictures together will know.
            Arrival::Old => !is_retransmission,
            Arrival::FarAhead => {
                self.messages.push_back(Message::KeyFrame { ssrc });
                self.counters.key_frame_requests += 1;
                true
            }
        }
    }

    /// Lets time pass; what is to be said then is had with [`poll`](Self::poll).
    pub fn advance(&mut self, now: Instant, round_trip: Duration) {
        for (ssrc, losses) in &mut self.streams {
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
        let losses = self.streams.iter().filter_map(|(_, losses)| losses.next_at());
        losses.chain(self.recorder.next_at()).min()
    }

    pub fn counters(&self) -> ReceiverCounters {
        self.counters
    }
}
