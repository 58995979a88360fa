//! What one picture costs on its way: `cargo bench -p nonet-media`.
//!
//! Everything here happens 30 times a second for each participant or each link, so a millisecond is 3 % of a core.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use divan::{Bencher, black_box};
use nonet_media::capture::scale::FrameScaler;
use nonet_media::capture::test_pattern::{PatternStamp, TestPattern};
use nonet_media::choice::VideoLimits;
use nonet_media::codec::h264::{Decoder, Encoder, EncoderConfig};
use nonet_media::codec::opus;
use nonet_media::frame::VideoFrame;
use nonet_media::layer::Layer;
use nonet_media::mesh::Demand;
use nonet_media::mesh::allocation::{Allocation, AllocationInput, PeerNeeds, Priority, allocate, sound_wire_bps};
use nonet_media::mesh::congestion::LinkEstimate;
use nonet_media::mesh::fan_out::FanOut;
use nonet_media::rtp::{MAX_PAYLOAD_BYTES, PeerId, RtpPacket, VideoPackets};
use nonet_media::video::assemble::{Assembler, AssemblerConfig, Output};
use nonet_media::video::ladder::sizes;
use nonet_media::video::packetize::packetize;

const PEERS: u32 = 8;
/// Two seconds, so that what moves has moved.
const CLIP_FRAMES: u32 = 60;

/// The test pattern, frame by frame.
fn clip(width: u32, height: u32) -> Vec<VideoFrame> {
    let pattern = TestPattern::new(1, VideoLimits { width, height, fps: 30 });
    let start = Instant::now();
    (0..CLIP_FRAMES)
        .map(|frame_number| {
            let captured_at = start + Duration::from_millis(u64::from(frame_number) * 33);
            pattern.draw(PatternStamp { frame_number, captured_at_micros: 0 }, captured_at)
        })
        .collect()
}

/// The clip's pictures with start codes, the first a key frame.
fn encoded(width: u32, height: u32) -> Vec<Bytes> {
    let mut encoder = Encoder::new(EncoderConfig { fps: 30, bitrate_bps: None });
    let encode = |frame: &VideoFrame| encoder.encode(frame, false).expect("a frame").expect("a picture").annexb.into();
    clip(width, height).iter().map(encode).collect()
}

const SIZES: [(u32, u32); 3] = [(320, 180), (640, 360), (1280, 720)];

/// Gives the values over and over.
fn again<'a, T>(values: &'a [T]) -> impl FnMut() -> &'a T {
    let mut values = values.iter().cycle();
    move || values.next().expect("a cycle has no end")
}

#[divan::bench(args = SIZES)]
fn encode(bencher: Bencher<'_, '_>, (width, height): (u32, u32)) {
    let frames = clip(width, height);
    let mut encoder = Encoder::new(EncoderConfig { fps: 30, bitrate_bps: None });
    let mut next = again(&frames);
    bencher.bench_local(|| encoder.encode(next(), false));
}

#[divan::bench(args = SIZES)]
fn decode(bencher: Bencher<'_, '_>, (width, height): (u32, u32)) {
    let pictures = encoded(width, height);
    let mut decoder = Decoder::new().expect("a decoder");
    let mut next = again(&pictures);
    bencher.bench_local(|| decoder.decode(next()).expect("a whole stream"));
}

/// From 1280×720; the first of these is a half.
#[divan::bench(args = [(640, 360), (480, 270)])]
fn downscale(bencher: Bencher<'_, '_>, (width, height): (u32, u32)) {
    let frame = clip(1280, 720).swap_remove(0);
    let mut scaler = FrameScaler::default();
    bencher.bench_local(|| scaler.scale(&frame, width, height));
}

#[divan::bench]
fn packetize_one_picture_of_640x360(bencher: Bencher<'_, '_>) {
    let pictures = encoded(640, 360);
    let mut next = again(&pictures);
    bencher.bench_local(|| packetize(next(), MAX_PAYLOAD_BYTES));
}

/// One second of a stream, packet by packet.
fn packets(pictures: &[Bytes]) -> Vec<RtpPacket> {
    let mut sequence_number = 0;
    let mut packets = Vec::new();
    for (number, picture) in (0..).zip(&pictures[..30]) {
        let payloads = packetize(picture, MAX_PAYLOAD_BYTES);
        let last = payloads.len() - 1;
        for (index, payload) in payloads.into_iter().enumerate() {
            packets.push(RtpPacket { sequence_number, timestamp: number * 3000, marker: index == last, payload });
            sequence_number += 1;
        }
    }
    packets
}

#[divan::bench]
fn assemble_30_pictures_of_640x360(bencher: Bencher<'_, '_>) {
    let packets = packets(&encoded(640, 360));
    let now = Instant::now();
    let input = || (Assembler::new(AssemblerConfig::default()), packets.clone());
    bencher.with_inputs(input).bench_local_values(|(mut assembler, packets)| {
        let mut pictures = 0;
        for packet in packets {
            assembler.push(now, packet);
            while let Some(output) = assembler.poll() {
                pictures += usize::from(matches!(black_box(output), Output::Picture(_)));
            }
        }
        assert_eq!(pictures, 30);
    });
}

#[divan::bench(args = [1, PEERS])]
fn fan_one_picture_out(bencher: Bencher<'_, '_>, peers: u32) {
    let fan_out = FanOut::default();
    let mut queues: Vec<_> = (0..peers)
        .map(|peer| {
            fan_out.set_target(PeerId(peer), Some(Layer::Middle));
            fan_out.add(PeerId(peer)).1
        })
        .collect();
    let payloads = packetize(&encoded(640, 360)[0], MAX_PAYLOAD_BYTES);
    let (start, mut timestamp) = (Instant::now(), 0_u32);
    bencher.bench_local(|| {
        timestamp = timestamp.wrapping_add(3000);
        let payloads = payloads.clone();
        let (layer, is_key_frame, captured_at) = (Layer::Middle, true, start);
        fan_out.video(&Arc::new(VideoPackets { layer, timestamp, captured_at, is_key_frame, payloads }));
        for queues in &mut queues {
            queues.video.try_recv().expect("each link gets it");
        }
    });
}

#[divan::bench]
fn allocate_for_8_peers(bencher: Bencher<'_, '_>) {
    let peers: Vec<_> = (0..PEERS)
        .map(|peer| PeerNeeds {
            peer: PeerId(peer),
            demand: Demand::Shown { width: 640 - 60 * peer, height: 360 - 30 * peer },
            priority: if peer == 3 { Priority::Pinned } else { Priority::Normal },
            estimate: Some(LinkEstimate {
                momentary_bps: 200_000 + 300_000 * peer,
                steady_bps: 200_000 + 300_000 * peer,
            }),
        })
        .collect();
    let mut previous = Allocation::default();
    bencher.bench_local(|| {
        previous = allocate(&AllocationInput {
            peers: &peers,
            sound_bps: sound_wire_bps(opus::DEFAULT_BITRATE_BPS),
            uplink_bps: Some(5_000_000),
            formats: sizes::formats(1280, 720),
            largest: Layer::Top,
            fps: 30,
            previous: &previous,
        });
    });
}

fn main() {
    divan::main();
}
