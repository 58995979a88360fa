//! What is done with a fuzzer's bytes, and inputs to start from. Shared by the libFuzzer binaries and the tests.

use std::time::{Duration, Instant};

use bytes::Bytes;
use nonet_media::codec::h264::{Decoder, Encoder, EncoderConfig, sps};
use nonet_media::frame::{ColorSpace, FramePool};
use nonet_media::rtp::RtpPacket;
use nonet_media::video::assemble::{Assembler, AssemblerConfig, Output};
use nonet_media::video::packetize::packetize;

/// Bytes before each packet's payload in an input of [`assemble`]: distance of the sequence number from the one that
/// would follow, flags, milliseconds since the last packet, length of the payload.
const PACKET_HEADER: usize = 4;
const MARKER: u8 = 1;
const NEW_TIMESTAMP: u8 = 2;
/// Scales the distance so that jumps are reached too.
const FAR: u8 = 4;
/// The decoder has refused the last picture.
const RESYNCHRONISE: u8 = 8;

/// Gives packets made of `input` to an assembler and checks what must hold for any.
///
/// # Panics
///
/// If the assembler panics, or gives out a picture that it must not.
pub fn assemble(mut input: &[u8]) {
    let mut assembler = Assembler::new(AssemblerConfig::default());
    let (mut now, mut sequence_number, mut timestamp) = (Instant::now(), 65_500_u16, 0_u32);
    let mut needs_key_frame = true;
    while let Some((&[distance, flags, milliseconds, len], rest)) = input.split_first_chunk::<PACKET_HEADER>() {
        let (payload, rest) = rest.split_at(usize::from(len).min(rest.len()));
        input = rest;
        now += Duration::from_millis(u64::from(milliseconds));
        if flags & NEW_TIMESTAMP != 0 {
            timestamp = timestamp.wrapping_add(3000);
        }
        if flags & RESYNCHRONISE != 0 {
            assembler.resynchronise();
            needs_key_frame = true;
        }
        let scale = if flags & FAR != 0 { 251 } else { 1 };
        sequence_number = sequence_number.wrapping_add_signed(i16::from(distance as i8) * scale + 1);
        let payload = Bytes::copy_from_slice(payload);
        assembler.push(now, RtpPacket { sequence_number, timestamp, marker: flags & MARKER != 0, payload });
        while let Some(output) = assembler.poll() {
            match output {
                // What is missing may come before the key frame does.
                Output::NeedKeyFrame => {}
                Output::Picture(picture) => {
                    assert!(picture.annexb.len() > 4, "a picture holds something");
                    assert!(picture.is_key_frame || !needs_key_frame, "a key frame comes first");
                    needs_key_frame = false;
                }
            }
        }
        assert!(assembler.next_deadline().is_none_or(|deadline| deadline > now), "what is due is done");
    }
}

/// Decodes `input` as one picture after a good key frame, and reads it as a parameter set.
///
/// # Panics
///
/// If the decoder panics.
pub fn decode(input: &[u8]) {
    sps::parse(input);
    let mut decoder = Decoder::new().expect("a decoder starts");
    drop(decoder.decode(&pictures(1)[0]));
    drop(decoder.decode(input));
    drop(decoder.decode(input));
}

/// Inputs of [`assemble`] from which mutation gets far: a real stream, in order and with a packet missing.
pub fn assemble_seeds() -> Vec<Vec<u8>> {
    let (mut whole, mut damaged) = (Vec::new(), Vec::new());
    for (number, picture) in pictures(6).into_iter().enumerate() {
        let payloads = packetize(&picture.into(), 200);
        for (at, payload) in payloads.iter().enumerate() {
            let mut flags = if at == 0 { NEW_TIMESTAMP } else { 0 };
            if at + 1 == payloads.len() {
                flags |= MARKER;
            }
            let len = u8::try_from(payload.len()).expect("payloads were cut to 200 bytes");
            let packet = [&[0, flags, 7, len][..], payload].concat();
            if number != 2 {
                damaged.extend_from_slice(&packet);
            }
            whole.extend(packet);
        }
    }
    vec![whole, damaged, vec![0, MARKER, 0, 4, 0x78, 0, 0, 1]]
}

/// Inputs of [`decode`] from which mutation gets far.
pub fn decode_seeds() -> Vec<Vec<u8>> {
    pictures(3)
}

/// A small moving clip, encoded; the first picture is a key frame.
fn pictures(count: u8) -> Vec<Vec<u8>> {
    let mut encoder = Encoder::new(EncoderConfig { fps: 30, bitrate_bps: Some(300_000) });
    let (pool, start) = (FramePool::new(), Instant::now());
    let picture = |number: u8| {
        let mut frame = pool.frame(48, 32, ColorSpace::DEFAULT, start + Duration::from_millis(33) * u32::from(number));
        let planes = frame.planes_mut();
        for (at, sample) in (0..=255_u8).cycle().zip(planes.y) {
            *sample = (at ^ at >> 2).wrapping_mul(5).wrapping_add(number * 9);
        }
        planes.u.fill(100 + number);
        planes.v.fill(140 - number);
        let picture = encoder.encode(&frame, false).expect("the frame can be encoded");
        picture.expect("no frame is skipped").annexb
    };
    (0..count).map(picture).collect()
}
