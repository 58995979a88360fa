//! The receiving end: transport, assembler, a decoder that takes no time, and when pictures are shown.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::{AUDIO_SSRC, RETRANSMISSION_SSRC, VIDEO_SSRC};
use crate::mesh::transport::packet::{MediaPacket, original_of};
use crate::mesh::transport::receiver::{Message, ReceivedPacket, Receiver};
use crate::mesh::transport::round_trip::repair_wait;
use crate::mesh::transport::sender::Departure;
use crate::rtp::RtpPacket;
use crate::video::assemble::{Assembler, AssemblerConfig, Output};
use crate::video::schedule::Schedule;
use crate::video::statistics::FreezeCounter;

/// What the transport takes a round trip for before one was measured.
const UNKNOWN_ROUND_TRIP: Duration = Duration::from_millis(100);

pub struct Receiving {
    receiver: Receiver,
    assembler: Assembler,
    schedule: Schedule,
    /// When each picture that waits is due, and its timestamp.
    waiting: VecDeque<(Instant, u32)>,
    pub freezes: FreezeCounter,
    round_trip: Duration,
    /// When pictures were shown, and their timestamps.
    pub shown: Vec<(Instant, u32)>,
    /// Pieces of sound that came, by their numbers, and when.
    pub sounds: Vec<(u16, Instant)>,
}

impl Receiving {
    pub fn new() -> Self {
        let mut receiver = Receiver::default();
        receiver.bind(VIDEO_SSRC);
        Self {
            receiver,
            assembler: Assembler::new(AssemblerConfig::default()),
            schedule: Schedule::new(),
            waiting: VecDeque::new(),
            freezes: FreezeCounter::new(),
            round_trip: UNKNOWN_ROUND_TRIP,
            shown: Vec::new(),
            sounds: Vec::new(),
        }
    }

    pub fn set_round_trip(&mut self, round_trip: Duration) {
        self.round_trip = round_trip;
        self.assembler.set_wait(repair_wait(round_trip));
    }

    pub fn next_at(&self) -> Option<Instant> {
        let due = [self.receiver.next_at(), self.assembler.next_deadline(), self.waiting.front().map(|(due, _)| *due)];
        due.into_iter().flatten().min()
    }

    /// Takes in a packet. Returns what is to be said to the sender.
    pub fn packet(&mut self, now: Instant, departure: Departure) -> Vec<Message> {
        let Departure { packet, number } = departure;
        if let Some(number) = number {
            self.receiver.numbered(now, number, packet.wire_bytes());
        }
        let MediaPacket { ssrc, mut sequence_number, timestamp, marker, mut payload, .. } = packet;
        let is_retransmission = ssrc == RETRANSMISSION_SSRC;
        if is_retransmission {
            (sequence_number, payload) = original_of(&payload).expect("a retransmission of ours holds one");
        }
        let ssrc = if is_retransmission { VIDEO_SSRC } else { ssrc };
        let is_of_use = self.receiver.arrived(now, ReceivedPacket { ssrc, sequence_number, is_retransmission });
        if ssrc == AUDIO_SSRC {
            self.sounds.push((sequence_number, now));
        } else if is_of_use {
            self.assembler.push(now, RtpPacket { sequence_number, timestamp, marker, payload });
            let mut messages = self.take_pictures(now);
            messages.extend(self.advance(now));
            return messages;
        }
        self.advance(now)
    }

    /// Does what is due. Returns what is to be said to the sender.
    pub fn advance(&mut self, now: Instant) -> Vec<Message> {
        self.receiver.advance(now, self.round_trip);
        let mut messages: Vec<_> = std::iter::from_fn(|| self.receiver.poll()).collect();
        if self.assembler.next_deadline().is_some_and(|deadline| deadline <= now) {
            self.assembler.tick(now);
            messages.extend(self.take_pictures(now));
        }
        while let Some((_, timestamp)) = self.waiting.pop_front_if(|(due, _)| *due <= now) {
            self.freezes.shown(now);
            self.shown.push((now, timestamp));
        }
        messages
    }

    fn take_pictures(&mut self, now: Instant) -> Vec<Message> {
        let mut messages = Vec::new();
        while let Some(output) = self.assembler.poll() {
            match output {
                Output::Picture(picture) => {
                    let due = self.schedule.arrived(now, picture.timestamp);
                    self.waiting.iter_mut().for_each(|(before, _)| *before = due.min(*before));
                    self.waiting.push_back((due, picture.timestamp));
                }
                Output::NeedKeyFrame => messages.push(Message::KeyFrame { ssrc: VIDEO_SSRC }),
            }
        }
        messages
    }
}
