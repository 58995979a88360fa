//! Packets to pictures: de-duplicates, orders, waits for what is missing, and gives out only what can be decoded.
//!
//! A plain state machine that is told the time. A picture leaves it the moment it is whole and the one before it has
//! left; where a packet stays away for too long a key frame is asked for, and with what is whole first, that or the packet, it
//! goes on, so that a decoder never gets a picture with a hole or one that builds on a picture it has not seen. Knows neither
//! sockets, which fill in what is missing through retransmission meanwhile, nor decoders.

mod depacketize;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::rtp::{RtpPacket, extend};
use depacketize::{Depacketized, depacketize, may_begin_key_frame};

/// Most packets held back; a key frame of 1280×720 has about a hundred. Overflow drops all of them and asks for a key
/// frame.
const MAX_PACKETS: usize = 2048;

/// Most bytes of payload held back, with the same overflow.
const MAX_BYTES: usize = 4 << 20;

/// A sequence number that is further than this from the newest is believed only when the next one follows on it (RFC
/// 3550 §A.1): then the sender has started anew.
const MAX_SEQUENCE_JUMP: u64 = 3000;

/// What the extended sequence number counts from, so that packets before the first one seen have a number too.
const FIRST_SEQUENCE: u64 = 1 << 32;

/// A packet is waited for in vain for so many times the wait, if no key frame is whole before.
const WAITS_AT_MOST: u32 = 2;

/// How patient an [`Assembler`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AssemblerConfig {
    /// How long a packet may be missing at first, from when a later one has come, before a key frame is asked for. Has
    /// to be longer than requests for the packet and their answers take: a key frame costs bits and the wait for it.
    /// Changed by [`Assembler::set_wait`] once it is known how long that is.
    pub wait: Duration,
    /// Least time between two requests for a key frame.
    pub request_interval: Duration,
}

impl Default for AssemblerConfig {
    fn default() -> Self {
        Self { wait: Duration::from_millis(250), request_interval: Duration::from_millis(300) }
    }
}

/// What comes out of an [`Assembler`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// The next picture to decode.
    Picture(Picture),
    /// The sender must be asked for a key frame: without one no picture will come.
    NeedKeyFrame,
}

/// A whole picture, whose predecessors were given out before it unless it is a key frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// NAL units with start codes.
    pub annexb: Vec<u8>,
    /// RTP timestamp.
    pub timestamp: u32,
    /// Whether a decoder can start here.
    pub is_key_frame: bool,
    /// When the last of its packets came.
    pub received_at: Instant,
}

/// What went through an [`Assembler`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AssemblerStatistics {
    /// Packets that came in time, without duplicates.
    pub packets: u64,
    /// Packets that the sequence numbers tell of and that have not come, or too late (as RFC 3550 §6.4.1 counts them).
    pub lost_packets: u64,
}

struct Packet {
    timestamp: u32,
    marker: bool,
    payload: Bytes,
    received_at: Instant,
}

/// A hole before packets that are there.
#[derive(Clone, Copy)]
struct Gap {
    missing: u64,
    since: Instant,
}

/// What the packets from the start of the next picture on amount to.
enum Front {
    /// Its packets that came are in order, more must come.
    Unfinished,
    /// A packet is missing and later ones are there.
    Missing(u64),
    /// All of its packets are there; the next picture starts with this number.
    Whole(u64),
}

/// Puts the packets of one stream together. Give it packets with [`push`](Self::push) and the time with
/// [`tick`](Self::tick), and after each of these take what comes out with [`poll`](Self::poll) until there is no more.
pub struct Assembler {
    config: AssemblerConfig,
    /// By extended sequence number. Bounded by [`MAX_PACKETS`] and [`MAX_BYTES`].
    packets: BTreeMap<u64, Packet>,
    bytes: usize,
    now: Option<Instant>,
    /// First and highest extended sequence number seen; none before the first packet.
    range: Option<(u64, u64)>,
    /// Where the next picture starts while synchronised; nothing before it is wanted any more.
    start: u64,
    /// Whether the picture before `start` was given out.
    synchronised: bool,
    gap: Option<Gap>,
    requested_at: Option<Instant>,
    /// The number that would confirm a jump.
    jump_continues_with: Option<u16>,
    received: u64,
    /// Packets that the sender has sent before it started anew, by its sequence numbers.
    expected_before: u64,
}

impl Assembler {
    /// An assembler that waits for the first key frame.
    pub fn new(config: AssemblerConfig) -> Self {
        Self {
            config,
            packets: BTreeMap::new(),
            bytes: 0,
            now: None,
            range: None,
            start: 0,
            synchronised: false,
            gap: None,
            requested_at: None,
            jump_continues_with: None,
            received: 0,
            expected_before: 0,
        }
    }

    /// Changes how long a packet may be missing, also of those that are.
    pub fn set_wait(&mut self, wait: Duration) {
        self.config.wait = wait;
    }

    /// Takes in a packet. What is late, double or out of any order costs nothing further.
    pub fn push(&mut self, now: Instant, packet: RtpPacket) {
        self.now = Some(now);
        let Some(sequence) = self.extend(packet.sequence_number) else { return };
        if sequence < self.start || self.packets.contains_key(&sequence) {
            return;
        }
        self.received += 1;
        self.bytes += packet.payload.len();
        let RtpPacket { timestamp, marker, payload, .. } = packet;
        self.packets.insert(sequence, Packet { timestamp, marker, payload, received_at: now });
        if self.packets.len() > MAX_PACKETS || self.bytes > MAX_BYTES {
            self.clear();
            self.start = self.range.map_or(0, |(_, highest)| highest + 1);
        }
    }

    /// Lets time pass.
    pub fn tick(&mut self, now: Instant) {
        self.now = Some(now);
    }

    /// When [`tick`](Self::tick) has something to do, if no packet comes before. Asked after [`poll`](Self::poll) has
    /// given all.
    pub fn next_deadline(&self) -> Option<Instant> {
        let gap = self.gap?;
        let asks_at = gap.since + self.config.wait;
        let ends_at = gap.since + WAITS_AT_MOST * self.config.wait;
        Some(if self.now < Some(asks_at) { asks_at } else { ends_at })
    }

    /// What was counted so far.
    pub fn statistics(&self) -> AssemblerStatistics {
        let expected = self.expected_before + self.range.map_or(0, |(first, highest)| highest - first + 1);
        AssemblerStatistics { packets: self.received, lost_packets: expected.saturating_sub(self.received) }
    }

    /// Drops everything up to the next key frame, and asks for one: what was given out could not be decoded.
    pub fn resynchronise(&mut self) {
        self.synchronised = false;
    }

    /// What comes next; `None` until there is another packet or the deadline is reached.
    pub fn poll(&mut self) -> Option<Output> {
        let now = self.now?;
        loop {
            if !self.synchronised && !self.seek_key_frame(now) {
                self.gap = None;
                return self.request(now);
            }
            match self.front() {
                Front::Unfinished => {
                    self.gap = None;
                    return None;
                }
                Front::Missing(missing) => {
                    let gap =
                        self.gap.filter(|gap| gap.missing == missing).unwrap_or_else(|| self.gap_at(missing, now));
                    self.gap = Some(gap);
                    if now < gap.since + self.config.wait {
                        return None;
                    }
                    // A key frame takes a round trip and may lose packets too: until one is whole, what is missing may still
                    // be the first to come.
                    let whole = self.whole_key_frame_after(missing);
                    if whole.is_none() && now < gap.since + WAITS_AT_MOST * self.config.wait {
                        return if self.key_frame_begins_after(missing) { None } else { self.request(now) };
                    }
                    self.discard_before(whole.unwrap_or(missing + 1));
                    self.synchronised = false;
                }
                Front::Whole(end) => {
                    if let Some(picture) = self.take_picture(end) {
                        return Some(Output::Picture(picture));
                    }
                }
            }
        }
    }

    /// The extended sequence number; `None` for a jump that nothing has confirmed yet.
    fn extend(&mut self, sequence_number: u16) -> Option<u64> {
        if let Some((first, highest)) = self.range {
            let sequence = extend(sequence_number, highest);
            if highest.abs_diff(sequence) <= MAX_SEQUENCE_JUMP {
                self.jump_continues_with = None;
                self.range = Some((first, highest.max(sequence)));
                return Some(sequence);
            }
            if self.jump_continues_with != Some(sequence_number) {
                self.jump_continues_with = Some(sequence_number.wrapping_add(1));
                return None;
            }
            self.clear();
            self.expected_before += highest - first + 1;
        }
        self.jump_continues_with = None;
        let sequence = FIRST_SEQUENCE + u64::from(sequence_number);
        self.range = Some((sequence, sequence));
        self.start = sequence - MAX_SEQUENCE_JUMP;
        Some(sequence)
    }

    /// Moves to the first packet with which a key frame may begin. Without one, what is old enough to have missed
    /// nothing that came later is dropped.
    fn seek_key_frame(&mut self, now: Instant) -> bool {
        let found = self.packets.range(self.start..).find(|(_, packet)| may_begin_key_frame(&packet.payload));
        if let Some((&sequence, _)) = found {
            self.discard_before(sequence);
            return true;
        }
        while let Some((&sequence, packet)) = self.packets.first_key_value()
            && packet.received_at + self.config.wait <= now
        {
            self.discard_before(sequence + 1);
        }
        false
    }

    fn key_frame_begins_after(&self, sequence: u64) -> bool {
        self.packets.range(sequence..).any(|(_, packet)| may_begin_key_frame(&packet.payload))
    }

    /// Where a key frame begins all of whose packets are there.
    fn whole_key_frame_after(&self, sequence: u64) -> Option<u64> {
        let mut candidate: Option<(u64, u64, u32)> = None;
        for (&sequence, packet) in self.packets.range(sequence..) {
            let continued =
                candidate.filter(|(_, next, timestamp)| (*next, *timestamp) == (sequence, packet.timestamp));
            let begins = continued.map(|(begins, ..)| begins);
            let begins = begins.or_else(|| may_begin_key_frame(&packet.payload).then_some(sequence));
            if begins.is_some() && packet.marker {
                return begins;
            }
            candidate = begins.map(|begins| (begins, sequence + 1, packet.timestamp));
        }
        None
    }

    fn request(&mut self, now: Instant) -> Option<Output> {
        if self.requested_at.is_some_and(|at| now < at + self.config.request_interval) {
            return None;
        }
        self.requested_at = Some(now);
        Some(Output::NeedKeyFrame)
    }

    fn front(&self) -> Front {
        let mut expected = self.start;
        let mut timestamp = None;
        for (&sequence, packet) in self.packets.range(self.start..) {
            if sequence != expected {
                return Front::Missing(expected);
            }
            if timestamp.is_some_and(|timestamp| timestamp != packet.timestamp) {
                return Front::Whole(sequence);
            }
            timestamp = Some(packet.timestamp);
            expected += 1;
            if packet.marker {
                return Front::Whole(expected);
            }
        }
        Front::Unfinished
    }

    /// The gap, open since the packet after it came.
    fn gap_at(&self, missing: u64, now: Instant) -> Gap {
        let since = self.packets.range(missing..).next().map_or(now, |(_, packet)| packet.received_at);
        Gap { missing, since }
    }

    /// Takes the packets up to `end` out. `None` when they hold nothing that may be given out.
    fn take_picture(&mut self, end: u64) -> Option<Picture> {
        let packets = self.packets.range(self.start..end).map(|(_, packet)| packet);
        let timestamp = packets.clone().next()?.timestamp;
        let received_at = packets.clone().map(|packet| packet.received_at).max()?;
        let result = depacketize(packets.map(|packet| &packet.payload[..]));
        self.discard_before(end);
        match result {
            Ok(Some(Depacketized { annexb, is_key_frame })) if self.synchronised || is_key_frame => {
                self.synchronised = true;
                Some(Picture { annexb, timestamp, is_key_frame, received_at })
            }
            Ok(_) => None,
            Err(_) => {
                self.synchronised = false;
                None
            }
        }
    }

    /// Drops all packets and waits for a key frame.
    fn clear(&mut self) {
        self.packets.clear();
        self.bytes = 0;
        self.gap = None;
        self.synchronised = false;
    }

    /// Drops all packets before `sequence`, which is where the next picture now starts.
    fn discard_before(&mut self, sequence: u64) {
        while let Some(entry) = self.packets.first_entry()
            && *entry.key() < sequence
        {
            self.bytes -= entry.remove().payload.len();
        }
        self.start = sequence;
        self.gap = None;
    }
}
