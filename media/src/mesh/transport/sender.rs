//! The sending half of a link's transport: pacing, numbers, parity, retransmissions and the estimate, under one clock that is
//! told.
//!
//! Owns all that lies between packets as they are made and packets as they leave. Knows no sockets and no bytes of
//! messages. Costs no timer while nothing is sent.

use std::time::{Duration, Instant};

use super::super::congestion::{Estimator, EstimatorConfig, EstimatorStatistics, ProbeCluster};
use super::feedback::Feedback;
use super::history::History;
use super::pacer::{Class, Pacer, Release};
use super::packet::{MediaPacket, RetransmissionStream};
use super::protection::Protection;
use super::protector::{ParityStream, Protector};
use super::store::Store;

/// How often the estimator is told the time.
const TICK: Duration = Duration::from_millis(25);
/// Where something happens anyway it is told this much earlier, so that no timer is needed for it.
const EARLY_TICK: Duration = Duration::from_millis(20);

/// For so long after the last packet the estimator goes on being told the time.
const ACTIVE: Duration = Duration::from_secs(1);

/// Of what the link carries, retransmissions get one part in so many: with more lost, a lower bitrate helps more.
const RETRANSMISSION_SHARE: u32 = 2;
/// Retransmissions may be ahead of their share by this much.
const RETRANSMISSION_BURST: Duration = Duration::from_millis(250);

/// What an outgoing stream carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamKind {
    Audio,
    Video {
        /// Where the peer takes them.
        retransmission: Option<RetransmissionStream>,
        /// Where the peer takes parity.
        parity: Option<ParityStream>,
    },
}

/// A packet that leaves now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Departure {
    pub packet: MediaPacket,
    /// Its transport-wide number. A packet that is sent again in its own stream keeps the one it had: under one nonce nothing
    /// but the same bytes may be encrypted.
    pub number: Option<u16>,
}

/// What the sender has counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SenderCounters {
    pub retransmitted_packets: u64,
    pub retransmitted_bytes: u64,
    /// Packets that the peer asked for again, each time counted.
    pub requested_packets: u64,
    pub probes: u64,
    /// Packets of parity, and their bytes on the wire.
    pub parity_packets: u64,
    pub parity_bytes: u64,
    /// Bytes on the wire of the pictures that have left or were dropped, retransmissions and parity not counted in.
    pub video_bytes_gone: u64,
}

#[derive(Debug)]
struct Stream {
    ssrc: u32,
    kind: StreamKind,
    store: Store,
    protector: Option<Protector>,
}

#[derive(Debug)]
struct Queued {
    packet: MediaPacket,
    /// Of the first transmission, for one that is sent again in its own stream.
    number: Option<u16>,
    is_parity: bool,
}

/// Sends the packets of one link.
#[derive(Debug)]
pub struct Sender {
    streams: Vec<Stream>,
    pacer: Pacer<Queued>,
    history: History,
    estimator: Estimator,
    protection: Protection,
    wanted_bps: Option<u32>,
    /// Whether the peer takes transport-wide numbers.
    is_numbered: bool,
    has_feedback: bool,
    round_trip: Duration,
    retransmitting_until: Option<Instant>,
    ticked_at: Instant,
    active_until: Instant,
    counters: SenderCounters,
}

impl Sender {
    pub fn new(now: Instant, config: EstimatorConfig, round_trip: Duration) -> Self {
        let estimator = Estimator::new(config, now);
        Self {
            streams: Vec::new(),
            pacer: Pacer::new(estimator.pacing_bps()),
            history: History::default(),
            estimator,
            protection: Protection::default(),
            wanted_bps: None,
            is_numbered: false,
            has_feedback: false,
            round_trip,
            retransmitting_until: None,
            ticked_at: now,
            active_until: now,
            counters: SenderCounters::default(),
        }
    }

    /// Takes on a stream, or what has changed of it.
    pub fn bind(&mut self, ssrc: u32, kind: StreamKind) {
        let parity = if let StreamKind::Video { parity, .. } = kind { parity } else { None };
        match self.streams.iter_mut().find(|stream| stream.ssrc == ssrc) {
            // Its retransmissions go on counting where they were: a number that comes again is a nonce that comes again.
            Some(stream) => {
                match (&mut stream.kind, kind) {
                    (
                        StreamKind::Video { retransmission: Some(now), .. },
                        StreamKind::Video {
                            retransmission: Some(RetransmissionStream { ssrc, payload_type, .. }), ..
                        },
                    ) if now.ssrc == ssrc => now.payload_type = payload_type,
                    (stream, kind) => *stream = kind,
                }
                match (&mut stream.protector, parity) {
                    (Some(protector), Some(parity)) => protector.rebind(parity),
                    (protector, parity) => *protector = parity.map(Protector::new),
                }
            }
            None => {
                let protector = parity.map(Protector::new);
                self.streams.push(Stream { ssrc, kind, store: Store::default(), protector });
            }
        }
    }

    pub fn unbind(&mut self, ssrc: u32) {
        self.streams.retain(|stream| stream.ssrc != ssrc);
    }

    /// Whether packets get transport-wide numbers. Without, nothing is known of what the link carries.
    pub fn set_numbered(&mut self, is_numbered: bool) {
        self.is_numbered = is_numbered;
    }

    /// Takes a packet of one of the streams; others pass as sound does. What is to leave is had with [`poll`](Self::poll).
    pub fn send(&mut self, now: Instant, packet: MediaPacket) {
        self.advance(now);
        let stream = self.streams.iter_mut().find(|stream| stream.ssrc == packet.ssrc);
        let stream = stream.filter(|stream| matches!(stream.kind, StreamKind::Video { .. }));
        let class = if stream.is_some() { Class::Video } else { Class::Audio };
        let bytes = packet.wire_bytes();
        if class == Class::Video {
            self.protection.sent(bytes, false);
        }
        let protector = stream.and_then(|stream| stream.protector.as_mut());
        let share = self.protection.share();
        let parity = protector.map(|protector| protector.sent(now, &packet, share)).unwrap_or_default();
        let queued = Queued { packet, number: None, is_parity: false };
        if self.pacer.push(now, class, bytes, queued).is_err() && class == Class::Video {
            self.counters.video_bytes_gone += u64::from(bytes);
        }
        self.push_parity(now, parity);
    }

    /// Parity leaves among pictures, after those that it covers.
    fn push_parity(&mut self, now: Instant, packets: Vec<MediaPacket>) {
        for packet in packets {
            let bytes = packet.wire_bytes();
            self.protection.sent(bytes, true);
            if self.pacer.push(now, Class::Video, bytes, Queued { packet, number: None, is_parity: true }).is_ok() {
                self.counters.parity_packets += 1;
                self.counters.parity_bytes += u64::from(bytes);
            }
        }
    }

    /// Sends again what the peer asks for, as far as it is there and the link bears it.
    pub fn retransmit(&mut self, now: Instant, ssrc: u32, sequence_numbers: impl Iterator<Item = u16>) {
        let Some(stream) = self.streams.iter_mut().find(|stream| stream.ssrc == ssrc) else { return };
        let StreamKind::Video { retransmission, .. } = &mut stream.kind else { return };
        let share_bps = self.estimator.estimate_bps() / RETRANSMISSION_SHARE;
        for sequence_number in sequence_numbers {
            self.counters.requested_packets += 1;
            let until = self.retransmitting_until.map_or(now, |until| until.max(now));
            if until > now + RETRANSMISSION_BURST {
                continue;
            }
            let Some(stored) = stream.store.request(now, sequence_number, self.round_trip) else { continue };
            let (packet, number) = match retransmission {
                Some(stream) => (stored.packet.in_retransmission_stream(stream), None),
                None => (stored.packet.clone(), stored.number),
            };
            let bytes = packet.wire_bytes();
            let takes_nanos = u64::from(bytes) * 8_000_000_000 / u64::from(share_bps.max(1));
            if self.pacer.push(now, Class::Retransmission, bytes, Queued { packet, number, is_parity: false }).is_ok() {
                self.retransmitting_until = Some(until + Duration::from_nanos(takes_nanos));
                self.counters.retransmitted_packets += 1;
                self.counters.retransmitted_bytes += u64::from(bytes);
            }
        }
        self.advance(now);
    }

    /// Takes in what the peer tells of our packets.
    pub fn feedback(&mut self, now: Instant, feedback: &Feedback) {
        let results = self.history.resolve(feedback);
        if results.is_empty() {
            return;
        }
        self.has_feedback = true;
        self.estimator.on_feedback(now, &results);
        self.follow_estimate(now);
        self.advance(now);
    }

    /// Takes note of the link's round trip.
    pub fn set_round_trip(&mut self, now: Instant, round_trip: Duration) {
        self.round_trip = round_trip;
        self.estimator.on_round_trip(now, round_trip);
    }

    /// Takes note of what would be sent if the link carried everything, in bits per second on the wire, parity not counted in.
    pub fn set_wanted(&mut self, now: Instant, bps: u32) {
        self.wanted_bps = Some(bps);
        self.estimator.set_wanted(now, self.protection.with_parity(bps));
    }

    /// Takes note of what the path has lost and how long it is. What waits in its queue is lost and late because much is sent:
    /// parity would be more of it.
    fn follow_path(&mut self, now: Instant) {
        let EstimatorStatistics { loss, queue, .. } = self.estimator.statistics();
        let loss = if self.is_protected() { loss } else { 0.0 };
        if self.protection.update(loss, self.round_trip.saturating_sub(queue))
            && let Some(bps) = self.wanted_bps
        {
            self.set_wanted(now, bps);
        }
    }

    /// Lets time pass.
    pub fn advance(&mut self, now: Instant) {
        let share = self.protection.share();
        let protectors = self.streams.iter_mut().filter_map(|stream| stream.protector.as_mut());
        let parity: Vec<_> = protectors.flat_map(|protector| protector.advance(now, share)).collect();
        self.push_parity(now, parity);
        if now < self.ticked_at + EARLY_TICK || now >= self.active_until {
            return;
        }
        self.ticked_at = now;
        self.estimator.on_tick(now);
        self.follow_path(now);
        self.follow_estimate(now);
    }

    fn follow_estimate(&mut self, now: Instant) {
        self.pacer.set_pace(now, self.pace_bps());
        if self.is_numbered
            && !self.pacer.is_probing()
            && self.padding().is_some()
            && let Some(probe) = self.estimator.next_probe(now)
        {
            self.counters.probes += 1;
            self.pacer.begin_probe(probe);
        }
    }

    /// The packet that leaves next, if it may leave now.
    pub fn poll(&mut self, now: Instant) -> Option<Departure> {
        loop {
            match self.pacer.pop(now)? {
                Release::Packet { packet: Queued { packet, number: Some(number), .. }, .. } => {
                    return Some(Departure { packet, number: Some(number) });
                }
                Release::Packet { packet: Queued { packet, number: None, is_parity }, class, probe, .. } => {
                    let number = self.number(now, &packet, probe);
                    if class == Class::Video && !is_parity {
                        self.counters.video_bytes_gone += u64::from(packet.wire_bytes());
                        if let Some(stream) = self.streams.iter_mut().find(|stream| stream.ssrc == packet.ssrc) {
                            stream.store.insert(now, packet.clone(), number);
                        }
                    }
                    return Some(Departure { packet, number });
                }
                Release::Padding { probe } => match self.padding_packet() {
                    Some(packet) => {
                        self.pacer.padded(now, packet.wire_bytes());
                        let number = self.number(now, &packet, Some(probe));
                        return Some(Departure { packet, number });
                    }
                    None => self.pacer.end_probe(),
                },
            }
        }
    }

    /// When there is something to do, if nothing is called before; `None` while nothing is sent.
    pub fn next_at(&self, now: Instant) -> Option<Instant> {
        let tick = self.ticked_at + TICK;
        let tick = (tick < self.active_until).then_some(tick);
        let parity = self.streams.iter().filter_map(|stream| stream.protector.as_ref()?.next_at());
        self.pacer.next_at(now).into_iter().chain(tick).chain(parity).min()
    }

    /// What the link is estimated to carry, in bits per second on the wire; `None` before the first feedback.
    pub fn estimate_bps(&self) -> Option<u32> {
        self.has_feedback.then(|| self.estimator.estimate_bps())
    }

    /// The pace of what leaves, in bits per second on the wire.
    pub fn pace_bps(&self) -> u32 {
        self.estimator.pacing_bps()
    }

    /// How long what waits will take to leave.
    pub fn queue_time(&self) -> Duration {
        self.pacer.takes(self.pacer.queued_bytes())
    }

    /// Bytes of parity for each byte of pictures; 0 where none is sent.
    pub fn parity_share(&self) -> f64 {
        if self.is_protected() { self.protection.share_of_bytes() } else { 0.0 }
    }

    pub fn counters(&self) -> SenderCounters {
        self.counters
    }

    pub fn estimator_statistics(&self) -> EstimatorStatistics {
        self.estimator.statistics()
    }

    /// Whether the peer takes parity of anything.
    fn is_protected(&self) -> bool {
        self.streams.iter().any(|stream| stream.protector.is_some())
    }

    fn number(&mut self, now: Instant, packet: &MediaPacket, probe: Option<ProbeCluster>) -> Option<u16> {
        if self.active_until <= now {
            // The first after a pause: time has passed without being told.
            self.ticked_at = now;
        }
        self.active_until = now + ACTIVE;
        if !self.is_numbered {
            return None;
        }
        let sent = self.history.send(now, packet.wire_bytes(), probe);
        self.estimator.on_sent(&sent);
        Some(sent.number as u16)
    }

    /// The stream and packet that padding is made of: without a stream for retransmissions there is none.
    fn padding(&self) -> Option<&MediaPacket> {
        self.streams.iter().find_map(|stream| match stream.kind {
            StreamKind::Video { retransmission: Some(_), .. } => stream.store.padding(),
            _ => None,
        })
    }

    /// A packet that has been sent before, once more as a retransmission that nobody asked for: receivers know it for one
    /// that is already there.
    fn padding_packet(&mut self) -> Option<MediaPacket> {
        self.streams.iter_mut().find_map(|stream| match &mut stream.kind {
            StreamKind::Video { retransmission: Some(retransmission), .. } => {
                stream.store.padding().map(|packet| packet.in_retransmission_stream(retransmission))
            }
            _ => None,
        })
    }
}
