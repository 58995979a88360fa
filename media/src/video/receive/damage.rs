//! Whatever the network does to a real stream, every picture that is shown is the one that was sent, to the bit.
//!
//! In virtual time, with the real encoder, packetiser, assembler and decoder, and damage that is the same each time.

use std::collections::HashMap;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use crate::codec::h264::clip::Clip;
use crate::codec::h264::{Decoder, Encoder, EncoderConfig};
use crate::frame::VideoFrame;
use crate::rtp::RtpPacket;
use crate::video::assemble::{Assembler, AssemblerConfig, Output};
use crate::video::packetize::packetize;

const PICTURES: u32 = 60;
/// Pictures from one key frame to the next; all others build on the one before them.
const KEY_FRAME_INTERVAL: u32 = 15;
const FIRST_TIMESTAMP: u32 = u32::MAX - 31 * 3000;
const PACKET_BYTES: usize = 300;
const BETWEEN_PACKETS: Duration = Duration::from_millis(3);

/// A small generator (PCG's multiplier), so that each run sees the same network.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit.max(1)
    }

    fn percent(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}

/// A clip as it is sent, and what an undisturbed decoder makes of it.
struct Sent {
    packets: Vec<RtpPacket>,
    /// By timestamp.
    pictures: HashMap<u32, VideoFrame>,
}

fn sent() -> &'static Sent {
    static SENT: OnceLock<Sent> = OnceLock::new();
    SENT.get_or_init(|| {
        let (clip, mut decoder) = (Clip::new(320, 180), Decoder::new().unwrap());
        let mut encoder = Encoder::new(EncoderConfig { fps: 30, bitrate_bps: Some(700_000) });
        let (mut packets, mut pictures) = (Vec::new(), HashMap::new());
        for number in 0..PICTURES {
            let encoded = encoder.encode(&clip.frame(number), number % KEY_FRAME_INTERVAL == 0).unwrap().unwrap();
            let timestamp = FIRST_TIMESTAMP.wrapping_add(number * 3000);
            pictures.insert(timestamp, decoder.decode(&encoded.annexb).unwrap().unwrap());
            let payloads = packetize(&encoded.annexb.into(), PACKET_BYTES);
            let last = payloads.len() - 1;
            for (at, payload) in payloads.into_iter().enumerate() {
                let sequence_number = 65_400_u16.wrapping_add(packets.len() as u16);
                packets.push(RtpPacket { sequence_number, timestamp, marker: at == last, payload });
            }
        }
        assert!(packets.len() > 4 * PICTURES as usize, "most pictures are of several packets");
        Sent { packets, pictures }
    })
}

/// Of a picture, by its timestamp, which wraps around in the middle of the clip.
fn number(timestamp: u32) -> u32 {
    timestamp.wrapping_sub(FIRST_TIMESTAMP) / 3000
}

fn is_same(one: &VideoFrame, other: &VideoFrame) -> bool {
    (one.y(), one.u(), one.v()) == (other.y(), other.u(), other.v())
}

/// Gives packets to an assembler and a decoder as the receiver does. Returns what is shown with its timestamps.
fn received(packets: impl IntoIterator<Item = RtpPacket>) -> Vec<(u32, VideoFrame)> {
    let mut assembler = Assembler::new(AssemblerConfig::default());
    let (mut decoder, mut shown, mut now) = (Decoder::new().unwrap(), Vec::new(), Instant::now());
    for packet in packets {
        now += BETWEEN_PACKETS;
        assembler.push(now, packet);
        while let Some(output) = assembler.poll() {
            let Output::Picture(picture) = output else { continue };
            match decoder.decode(&picture.annexb) {
                Ok(Some(frame)) => shown.push((picture.timestamp, frame)),
                Ok(None) => {}
                Err(_) => assembler.resynchronise(),
            }
        }
    }
    shown
}

/// Packets on their way through a network that loses, repeats and delays as many percent of them.
fn through_the_network(chance: &mut Chance, lost: usize, repeated: usize, delayed: usize) -> Vec<RtpPacket> {
    let mut arrivals = Vec::new();
    for (at, packet) in sent().packets.iter().enumerate() {
        if chance.percent(lost) {
            continue;
        }
        for _ in 0..1 + usize::from(chance.percent(repeated)) {
            let delay = if chance.percent(delayed) { chance.below(60) } else { 0 };
            arrivals.push((at + delay, packet.clone()));
        }
    }
    arrivals.sort_by_key(|(at, _)| *at);
    arrivals.into_iter().map(|(_, packet)| packet).collect()
}

#[test]
fn undisturbed_every_picture_is_shown() {
    let shown = received(sent().packets.clone());
    assert_eq!(shown.len(), PICTURES as usize);
    assert!(shown.iter().all(|(timestamp, frame)| is_same(frame, &sent().pictures[timestamp])));
}

#[test]
fn loss_repetition_and_disorder_never_show_anything_but_what_was_sent() {
    let mut total = 0;
    for seed in 0..300 {
        let mut chance = Chance(seed);
        let (lost, repeated, delayed) = (chance.below(5), chance.below(30), chance.below(10));
        let shown = received(through_the_network(&mut chance, lost, repeated, delayed));
        for (timestamp, frame) in &shown {
            assert!(is_same(frame, &sent().pictures[timestamp]), "seed {seed} shows a damaged picture");
        }
        let in_order = shown.is_sorted_by(|one, other| number(one.0) < number(other.0));
        assert!(in_order, "seed {seed} shows one late or twice");
        total += shown.len();
    }
    // With a key frame each half second and no retransmission, losing one packet in a hundred costs a third.
    assert!(total > 300 * PICTURES as usize / 5, "only {total} pictures were shown at all");
}

/// Damage inside of packets never comes this far, for SRTP refuses them; if it did, it would be gone with a key frame.
#[test]
fn damage_in_packets_ends_with_the_next_key_frame() {
    for seed in 0..150 {
        let mut chance = Chance(1_000 + seed);
        let mut packets = sent().packets.clone();
        let in_first_half = packets.partition_point(|packet| number(packet.timestamp) < PICTURES / 2);
        for _ in 0..1 + chance.below(20) {
            let packet = &mut packets[chance.below(in_first_half)];
            let mut payload = packet.payload.to_vec();
            match chance.below(3) {
                0 => payload.truncate(chance.below(payload.len())),
                1 => payload.iter_mut().for_each(|byte| *byte = chance.below(256) as u8),
                _ => (0..3).for_each(|_| {
                    let at = chance.below(payload.len());
                    payload[at] ^= 1 << chance.below(8);
                }),
            }
            packet.payload = payload.into();
        }
        let shown = received(packets);
        let after: Vec<_> = shown.iter().filter(|(timestamp, _)| number(*timestamp) >= PICTURES / 2).collect();
        assert_eq!(after.len(), PICTURES as usize / 2, "seed {seed}");
        for (timestamp, frame) in after {
            assert!(is_same(frame, &sent().pictures[timestamp]), "seed {seed} still shows damage");
        }
    }
}
