//! A sender and a receiver, the paths between them, and somebody who talks and shows pictures.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::super::super::allocation::tests::AUDIO_BPS;
use super::super::super::congestion::EstimatorConfig;
use super::super::super::simulated_path::{Loss, PathConfig, SimulatedPath};
use super::super::feedback::{FeedbackReader, Status};
use super::super::flexfec::NumberExtension;
use super::super::packet::{MediaPacket, RetransmissionStream, original_of};
use super::super::protection::beside_parity;
use super::super::protector::ParityStream;
use super::super::receiver::{Message, ReceivedPacket, Receiver};
use super::super::sender::{Departure, Sender, StreamKind};
use super::events::Events;

pub const VIDEO_SSRC: u32 = 1;
pub const AUDIO_SSRC: u32 = 2;
const RETRANSMISSION_SSRC: u32 = 3;
const PARITY_SSRC: u32 = 4;

const FRAME: Duration = Duration::from_micros(33_333);
const SOUND: Duration = Duration::from_millis(20);
const PAYLOAD_BYTES: usize = 1180;
/// What a request or a report takes on the way back.
const MESSAGE_BYTES: u32 = 100;

/// What the two ends and the way between them are like.
#[derive(Clone, Copy)]
pub struct Setup {
    pub path: PathConfig,
    pub takes_retransmissions: bool,
    pub takes_numbers: bool,
    pub takes_parity: bool,
    pub estimator: EstimatorConfig,
}

impl Setup {
    pub fn over(path: PathConfig) -> Self {
        let estimator = EstimatorConfig::default();
        Self { path, takes_retransmissions: true, takes_numbers: true, takes_parity: true, estimator }
    }
}

enum Arrival {
    Packet(Departure),
    Message(Message),
}

/// What the allocation gives to pictures of what the link carries.
fn payload_bps(estimate_bps: u32) -> u32 {
    estimate_bps.saturating_sub(AUDIO_BPS) / 100 * 92
}

pub struct Ends {
    pub sender: Sender,
    pub receiver: Receiver,
    pub path: SimulatedPath,
    back: SimulatedPath,
    reader: FeedbackReader,
    now: Instant,
    next_frame: Instant,
    next_sound: Instant,
    /// Parts of packets that the bitrate has left over.
    owed_packets: f64,
    events: Events<Arrival>,
    round_trip: Duration,
    next_numbers: HashMap<u32, u16>,
    /// When packets of a stream were given to the sender, and when they left, by their numbers.
    given: BTreeMap<(u32, u16), Instant>,
    waits: HashMap<u32, Duration>,
    came: BTreeMap<u16, Instant>,
    pub departures: Vec<Departure>,
    /// Packets lost, of all streams, and of pictures with retransmissions and padding.
    pub lost: u64,
    pub lost_video: u64,
    /// Packets of pictures that the receiver's user got twice.
    pub doubled: u64,
    seen: HashSet<u16>,
}

impl Ends {
    pub fn new(setup: Setup) -> Self {
        let now = Instant::now();
        let round_trip = 2 * setup.path.delay;
        let mut sender = Sender::new(now, setup.estimator, round_trip);
        let stream =
            RetransmissionStream { ssrc: RETRANSMISSION_SSRC, payload_type: 103, next_sequence_number: 0xfff0 };
        let extension = NumberExtension::new(Some(3));
        let parity = ParityStream { ssrc: PARITY_SSRC, payload_type: 104, next_sequence_number: 0xfff0, extension };
        let retransmission = setup.takes_retransmissions.then_some(stream);
        let parity = setup.takes_parity.then_some(parity);
        sender.bind(VIDEO_SSRC, StreamKind::Video { retransmission, parity });
        sender.bind(AUDIO_SSRC, StreamKind::Audio);
        sender.set_numbered(setup.takes_numbers);
        sender.set_round_trip(now, round_trip);
        let mut receiver = Receiver::default();
        receiver.bind(VIDEO_SSRC);
        receiver.set_protected(VIDEO_SSRC, extension);
        let back = PathConfig { loss: Loss::NONE, ..setup.path };
        Self {
            sender,
            receiver,
            path: SimulatedPath::new(setup.path, 1),
            back: SimulatedPath::new(back, 2),
            reader: FeedbackReader::default(),
            now,
            next_frame: now,
            next_sound: now,
            owed_packets: 0.0,
            events: Events::default(),
            round_trip,
            next_numbers: HashMap::new(),
            given: BTreeMap::new(),
            waits: HashMap::new(),
            came: BTreeMap::new(),
            departures: Vec::new(),
            lost: 0,
            lost_video: 0,
            doubled: 0,
            seen: HashSet::new(),
        }
    }

    pub fn now(&self) -> Instant {
        self.now
    }

    /// Talks, and shows pictures at a bitrate, for so long.
    pub fn meet(&mut self, takes: Duration, video_bps: u32) {
        let end = self.now + takes;
        (self.next_frame, self.next_sound) = (self.next_frame.max(self.now), self.next_sound.max(self.now));
        let packets_a_frame = f64::from(video_bps) * FRAME.as_secs_f64() / 8.0 / PAYLOAD_BYTES as f64;
        while self.now < end {
            if self.next_frame <= self.now {
                self.next_frame += FRAME;
                self.owed_packets += packets_a_frame;
                self.video(self.owed_packets as usize);
                self.owed_packets = self.owed_packets.fract();
            }
            if self.next_sound <= self.now {
                self.next_sound += SOUND;
                self.audio();
            }
            self.run_until(self.next_frame.min(self.next_sound).min(end));
        }
    }

    /// Talks, and shows pictures of the bitrate that the estimate has room for, for so long.
    pub fn follow(&mut self, takes: Duration) {
        let end = self.now + takes;
        while self.now < end {
            let estimate_bps = self.sender.estimate_bps().unwrap_or(1_000_000);
            let room_bps = beside_parity(estimate_bps, self.sender.parity_share());
            self.meet(Duration::from_millis(100), payload_bps(room_bps));
        }
    }

    pub fn audio(&mut self) {
        self.give(AUDIO_SSRC, 80, false);
        self.pump();
    }

    /// A picture of so many packets.
    pub fn video(&mut self, packets: usize) {
        for place in 0..packets {
            self.give(VIDEO_SSRC, PAYLOAD_BYTES, place + 1 == packets);
        }
        self.pump();
    }

    fn give(&mut self, ssrc: u32, bytes: usize, marker: bool) {
        let next = self.next_numbers.entry(ssrc).or_insert(0xff00);
        let sequence_number = *next;
        *next = next.wrapping_add(1);
        // A number that comes again is another packet's.
        self.given.insert((ssrc, sequence_number), self.now);
        let payload = Bytes::from(sequence_number.to_be_bytes().repeat(bytes / 2));
        let packet =
            MediaPacket { ssrc, payload_type: 102, sequence_number, timestamp: 0, marker, audio_level: None, payload };
        self.sender.send(self.now, packet);
    }

    /// Lets time pass.
    pub fn run(&mut self, takes: Duration) {
        self.run_until(self.now + takes);
    }

    fn run_until(&mut self, end: Instant) {
        loop {
            let timers = self.sender.next_at(self.now).into_iter().chain(self.receiver.next_at());
            let next = timers.chain(self.events.next_at()).min();
            let Some(next) = next.filter(|next| *next < end) else { break };
            self.now = next.max(self.now);
            while let Some(arrival) = self.events.take_due(self.now) {
                match arrival {
                    Arrival::Packet(departure) => self.packet_came(&departure),
                    Arrival::Message(message) => self.message_came(message),
                }
            }
            self.pump();
        }
        self.now = end;
    }

    fn pump(&mut self) {
        self.sender.advance(self.now);
        while let Some(departure) = self.sender.poll(self.now) {
            let MediaPacket { ssrc, sequence_number, .. } = departure.packet;
            if let Some(given) = self.given.get(&(ssrc, sequence_number)) {
                let wait = self.waits.entry(ssrc).or_default();
                *wait = (self.now - *given).min(Duration::from_secs(1)).max(*wait);
            }
            let bytes = departure.packet.wire_bytes();
            match self.path.send(self.now, bytes) {
                Some(at) => self.events.push(at, Arrival::Packet(departure.clone())),
                None => {
                    self.lost += 1;
                    self.lost_video += u64::from(ssrc != AUDIO_SSRC);
                }
            }
            self.departures.push(departure);
        }
        self.receiver.advance(self.now, self.round_trip);
        while let Some(message) = self.receiver.poll() {
            if let Some(at) = self.back.send(self.now, MESSAGE_BYTES) {
                self.events.push(at, Arrival::Message(message));
            }
        }
    }

    fn packet_came(&mut self, departure: &Departure) {
        let packet = &departure.packet;
        if let Some(number) = departure.number {
            self.receiver.numbered(self.now, number, packet.wire_bytes());
        }
        if packet.ssrc == PARITY_SSRC {
            let recovered = self.receiver.parity_came(self.now, &packet.payload);
            recovered.iter().for_each(|packet| self.of_use(packet));
            return;
        }
        let is_retransmission = packet.ssrc == RETRANSMISSION_SSRC;
        let packet = if is_retransmission {
            let (sequence_number, payload) = original_of(&packet.payload).unwrap();
            MediaPacket { ssrc: VIDEO_SSRC, payload_type: 102, sequence_number, payload, ..packet.clone() }
        } else {
            packet.clone()
        };
        let MediaPacket { ssrc, sequence_number, .. } = packet;
        let is_of_use = self.receiver.arrived(self.now, ReceivedPacket { ssrc, sequence_number, is_retransmission });
        if is_of_use {
            self.of_use(&packet);
            let recovered = self.receiver.complete(self.now, &packet);
            recovered.iter().for_each(|packet| self.of_use(packet));
        }
    }

    fn of_use(&mut self, packet: &MediaPacket) {
        if packet.ssrc != VIDEO_SSRC {
            return;
        }
        assert_eq!(packet.payload[..2], packet.sequence_number.to_be_bytes(), "not the packet that was sent");
        if self.seen.insert(packet.sequence_number) {
            self.came.insert(packet.sequence_number, self.now);
        } else {
            self.doubled += 1;
        }
    }

    fn message_came(&mut self, message: Message) {
        match message {
            Message::Feedback(report) => {
                let statuses = report.differences.iter().map(|it| it.map_or(Status::Missing, Status::Arrived));
                let feedback = self.reader.read(report.base, report.reference, statuses);
                self.sender.feedback(self.now, &feedback);
            }
            Message::Retransmission { ssrc, sequence_numbers } => {
                self.sender.retransmit(self.now, ssrc, sequence_numbers.into_iter());
            }
            Message::KeyFrame { .. } => {}
        }
    }

    /// How many packets of pictures were given, and how long each took that has come; not of the last second, when some are
    /// on their way.
    pub fn video_delays(&self) -> (usize, Vec<Duration>) {
        let given: Vec<_> = self
            .given
            .iter()
            .filter(|((ssrc, _), at)| *ssrc == VIDEO_SSRC && **at + Duration::from_secs(1) < self.now)
            .collect();
        let came = given.iter().filter_map(|((_, number), at)| Some(*self.came.get(number)? - **at)).collect();
        (given.len(), came)
    }

    /// Share of the pictures that were whole so soon after they were given; not of the last second.
    pub fn whole_pictures(&self, within: Duration) -> f64 {
        let mut pictures = BTreeMap::new();
        let settled = |at: Instant| at + Duration::from_secs(1) < self.now;
        for ((_, number), at) in self.given.iter().filter(|((ssrc, _), at)| *ssrc == VIDEO_SSRC && settled(**at)) {
            *pictures.entry(*at).or_insert(true) &= self.came.get(number).is_some_and(|came| *came <= *at + within);
        }
        pictures.values().filter(|is_whole| **is_whole).count() as f64 / pictures.len().max(1) as f64
    }

    /// The longest that a packet of a stream has waited before it left.
    pub fn longest_wait(&self, ssrc: u32) -> Duration {
        self.waits.get(&ssrc).copied().unwrap_or_default()
    }
}
