//! What a participant cannot do without, each part alone on one thread: the least that a seat can cost.
//!
//! Measured in processor time, the kernel's share included, on the machine and in the run in which seats are measured.

use std::net::UdpSocket;
use std::sync::Arc;
use std::time::{Duration, Instant};

use nonet_media::capture::scale::FrameScaler;
use nonet_media::capture::test_pattern::{PatternStamp, TestPattern};
use nonet_media::capture::tone::Tone;
use nonet_media::choice::VideoLimits;
use nonet_media::codec::{h264, opus};
use nonet_media::frame::{AUDIO_FRAME_SAMPLES, VideoFrame};
use ring::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

use crate::recording::Recording;
use crate::usage::own_processor_time;

/// How long each part is repeated, at least.
const MEASURED_FOR: Duration = Duration::from_secs(3);

/// Bytes of an RTP header and its extensions, of SRTP's tag, and of one packet of Opus, roughly.
const HEADER_BYTES: usize = 20;
const SOUND_PACKET_BYTES: usize = 100;

/// How a part is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// One after the other, in caches that hold nothing else.
    Loop,
    /// As often as in a meeting of nine, asleep in between. What others on the machine push out of the caches meanwhile has to
    /// be fetched again, here as in a seat.
    Meeting,
}

/// Times that a part takes once.
#[derive(Clone, Copy, Debug)]
pub struct Floors {
    /// Drawing the test pattern at 1280×720, which stands for a camera. Not one of the parts: a camera's pictures come from
    /// its driver.
    pub draw: Duration,
    /// From 1280×720 to 640×360.
    pub downscale: Duration,
    /// One picture of 640×360.
    pub encode: Duration,
    /// One picture of 640×360, of eight streams in turn.
    pub decode: Duration,
    /// Sending or receiving one packet of video: half of what it takes to encrypt it with AES-128-GCM, which DTLS-SRTP
    /// agrees on first (RFC 7714), send it to a thread that sleeps until it comes, and decrypt it.
    pub video_packet: Duration,
    /// The same of sound.
    pub sound_packet: Duration,
    /// 20 ms of sound.
    pub opus_encode: Duration,
    pub opus_decode: Duration,
}

impl Floors {
    /// Measures all parts, one after the other.
    ///
    /// # Panics
    ///
    /// When a codec or a socket does not work.
    pub fn measure(recording: &Arc<Recording>, pace: Pace) -> Self {
        let each = |times_a_second: u32, part: &mut dyn FnMut()| pace.each(times_a_second, part);
        let pattern = TestPattern::new(1, VideoLimits { width: 1280, height: 720, fps: 30 });
        let mut frame_number = 0;
        let mut draw = || {
            frame_number += 1;
            pattern.draw(PatternStamp { frame_number, captured_at_micros: 0 }, Instant::now())
        };
        let large: Vec<VideoFrame> = (0..30).map(|_| draw()).collect();
        let drawing = each(30, &mut || drop(draw()));
        let mut scaler = FrameScaler::default();
        let small: Vec<VideoFrame> = large.iter().map(|frame| scaler.scale(frame, 640, 360)).collect();
        let mut next = again(&large);
        let downscale = each(30, &mut || drop(scaler.scale(next(), 640, 360)));

        let mut encoder = h264::Encoder::new(h264::EncoderConfig { fps: 30, bitrate_bps: None });
        let mut next = again(&small);
        let encode = each(30, &mut || drop(encoder.encode(next(), false).expect("a frame can be encoded")));
        let decode = each(8 * 30, &mut eight_streams(recording));

        let mut tone = Tone::new(1);
        let sounds: Vec<_> = (0..50).map(|_| tone.next_frame()).collect();
        let mut encoder = opus::Encoder::new().expect("an encoder");
        let mut next = again(&sounds);
        let opus_encode = each(50, &mut || drop(encoder.encode(next()).expect("a frame can be encoded")));
        let mut decoder = opus::Decoder::new().expect("a decoder");
        let mut out = [0.0; AUDIO_FRAME_SAMPLES];
        let mut next = again(&recording.sounds);
        let mut eight = || (0..8).for_each(|_| decoder.decode(next(), &mut out).expect("a whole packet"));
        let opus_decode = each(50, &mut eight) / 8;

        let video_bytes = recording.kbps() * 125.0 / recording.packets_per_second();
        Self {
            draw: drawing,
            downscale,
            encode,
            decode,
            video_packet: packet(HEADER_BYTES + video_bytes as usize),
            sound_packet: packet(SOUND_PACKET_BYTES),
            opus_encode,
            opus_decode,
        }
    }
}

/// Decodes a picture of each of eight streams after the other; each is at another place of the recording.
fn eight_streams(recording: &Recording) -> impl FnMut() {
    let mut streams: Vec<_> = (0..8)
        .map(|number| {
            let mut decoder = h264::Decoder::new().expect("a decoder");
            let mut next = again(&recording.pictures);
            (0..number * 5).for_each(|_| drop(decoder.decode(next()).expect("a whole stream")));
            (decoder, next)
        })
        .collect();
    let mut turn = 0;
    move || {
        turn = (turn + 1) % streams.len();
        let (decoder, next) = &mut streams[turn];
        drop(decoder.decode(next()).expect("a whole stream"));
    }
}

/// One end of an encrypted connection.
struct End {
    socket: UdpSocket,
    key: LessSafeKey,
    buffer: Vec<u8>,
    sent: u64,
    received: u64,
}

impl End {
    fn pair() -> [Self; 2] {
        let [a, b] = [(); 2].map(|()| UdpSocket::bind("127.0.0.1:0").expect("a socket on loopback"));
        let address = |socket: &UdpSocket| socket.local_addr().expect("it is bound");
        a.connect(address(&b)).and_then(|()| b.connect(address(&a))).expect("loopback is there");
        let key = || LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &[7; 16]).expect("a key of 16 bytes"));
        [a, b].map(|socket| Self { socket, key: key(), buffer: Vec::new(), sent: 0, received: 0 })
    }

    fn nonce(number: u64) -> Nonce {
        let mut nonce = [0; 12];
        nonce[4..].copy_from_slice(&number.to_be_bytes());
        Nonce::assume_unique_for_key(nonce)
    }

    fn send(&mut self, bytes: usize) {
        self.buffer.clear();
        self.buffer.resize(bytes, 1);
        let nonce = Self::nonce(self.sent);
        self.key.seal_in_place_append_tag(nonce, Aad::empty(), &mut self.buffer).expect("a short message");
        self.socket.send(&self.buffer).expect("loopback takes it");
        self.sent += 1;
    }

    /// Waits for a packet and gives its length without the tag.
    fn receive(&mut self) -> usize {
        self.buffer.resize(2048, 0);
        let length = self.socket.recv(&mut self.buffer).expect("one comes");
        let nonce = Self::nonce(self.received);
        let packet = &mut self.buffer[..length];
        self.received += 1;
        self.key.open_in_place(nonce, Aad::empty(), packet).expect("it is whole").len()
    }
}

/// Sends packets of so many bytes to and fro between two threads, of which one always sleeps. A packet of none ends it.
fn packet(bytes: usize) -> Duration {
    let [mut here, mut there] = End::pair();
    let echo = std::thread::spawn(move || {
        let before = own_processor_time();
        loop {
            match there.receive() {
                0 => return own_processor_time() - before,
                bytes => there.send(bytes),
            }
        }
    });
    let (since, before, mut packets) = (Instant::now(), own_processor_time(), 0);
    while since.elapsed() < MEASURED_FOR {
        here.send(bytes);
        here.receive();
        packets += 2;
    }
    here.send(0);
    let both = own_processor_time() - before + echo.join().expect("the echo ends");
    both / packets / 2
}

fn again<'a, T>(values: &'a [T]) -> impl FnMut() -> &'a T {
    let mut values = values.iter().cycle();
    move || values.next().expect("a cycle has no end")
}

impl Pace {
    /// Processor time of one of many repetitions.
    fn each(self, times_a_second: u32, part: &mut dyn FnMut()) -> Duration {
        // Caches and buffers fill.
        (0..20).for_each(|_| part());
        let interval = match self {
            Self::Loop => Duration::ZERO,
            Self::Meeting => Duration::from_secs(1) / times_a_second,
        };
        let (since, before) = (Instant::now(), own_processor_time());
        let mut repetitions = 0_u32;
        while since.elapsed() < MEASURED_FOR {
            part();
            repetitions += 1;
            let due = since + interval * repetitions;
            if let Some(wait) = due.checked_duration_since(Instant::now()).filter(|wait| !wait.is_zero()) {
                std::thread::sleep(wait);
            }
        }
        (own_processor_time() - before) / repetitions
    }
}
