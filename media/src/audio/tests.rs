//! What crosses the modules of sound: music in two channels from captured frames to what a speaker plays, in virtual time.

use std::f32::consts::TAU;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rtrb::RingBuffer;

use super::device::play;
use super::level::energy;
use super::mixer::{Mixer, Volume};
use super::receive::Receiver;
use super::send::AudioSender;
use super::testing::{power_at, steepest};
use crate::choice::SoundMode;
use crate::codec::opus::{Encoder, EncoderSettings, MAX_MUSIC_BITRATE_BPS};
use crate::frame::{
    AUDIO_FRAME, AUDIO_FRAME_SAMPLES, AUDIO_PIECE, AUDIO_PIECE_SAMPLES, AudioFrame, SAMPLE_RATE_HZ, left_and_right,
    mid_and_side,
};
use crate::lock::lock;
use crate::rtp::{AudioPacket, RtpPacket};

/// What the left channel has and what the right one has, hertz.
const LEFT_HZ: f32 = 440.0;
const RIGHT_HZ: f32 = 660.0;

const MUSIC: EncoderSettings = EncoderSettings {
    mode: SoundMode::Music,
    bitrate_bps: 96_000,
    forward_error_correction: true,
    expected_loss_percent: 5,
    discontinuous: true,
};

const VOICE: EncoderSettings = EncoderSettings { mode: SoundMode::Voice, bitrate_bps: 40_000, ..MUSIC };

/// A small generator (PCG's multiplier), so that each run sees the same network.
struct Chance(u64);

impl Chance {
    fn percent(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % 100
    }
}

/// A sine of 20 ms, sample-exact over frames.
fn sine(frame: u32, hertz: f32, amplitude: f32) -> [f32; AUDIO_FRAME_SAMPLES] {
    std::array::from_fn(|index| {
        let turns =
            (frame as usize * AUDIO_FRAME_SAMPLES + index) as f64 * f64::from(hertz) / f64::from(SAMPLE_RATE_HZ);
        amplitude * (TAU * turns.fract() as f32).sin()
    })
}

fn sum(frame: u32, hertz: &[f32], amplitude: f32) -> [f32; AUDIO_FRAME_SAMPLES] {
    let sines: Vec<_> = hertz.iter().map(|hertz| sine(frame, *hertz, amplitude)).collect();
    std::array::from_fn(|index| sines.iter().map(|sine| sine[index]).sum())
}

/// What is captured in the mode: the two tones, or for a voice the mean of both.
fn captured(frame: u32, mode: SoundMode, amplitude: f32, at: Instant) -> AudioFrame {
    let (left, right) = (sine(frame, LEFT_HZ, amplitude), sine(frame, RIGHT_HZ, amplitude));
    let both: [_; AUDIO_FRAME_SAMPLES] = std::array::from_fn(|index| mid_and_side([left[index], right[index]]));
    let side = (mode == SoundMode::Music).then(|| Box::new(both.map(|(_, side)| side)));
    AudioFrame { samples: both.map(|(mid, _)| mid), side, captured_at: at }
}

/// Somebody who sends over a network that delays by 30 to 40 ms and loses some, and the receiver at the other end.
struct Participant {
    sender: AudioSender,
    sent: Arc<Mutex<Vec<Arc<AudioPacket>>>>,
    sequence_number: u16,
    in_flight: Vec<(Instant, RtpPacket)>,
    loss_percent: u64,
    chance: Chance,
    receiver: Receiver,
}

impl Participant {
    fn new(settings: &EncoderSettings, loss_percent: u64) -> Self {
        let sent = Arc::new(Mutex::new(Vec::new()));
        let sink = sent.clone();
        let sender = AudioSender::new(move |packet| lock(&sink).push(packet)).unwrap();
        sender.set_encoding(settings).unwrap();
        sender.set_active(true);
        let receiver = Receiver::new().unwrap();
        Self { sender, sent, sequence_number: 0, in_flight: Vec::new(), loss_percent, chance: Chance(11), receiver }
    }

    fn send(&mut self, frame: &AudioFrame) {
        self.sender.push(frame);
        for packet in std::mem::take(&mut *lock(&self.sent)) {
            let (sequence_number, timestamp) = (self.sequence_number, packet.timestamp);
            self.sequence_number = sequence_number.wrapping_add(1);
            let delay = Duration::from_micros(30_000 + 100 * self.chance.percent());
            if self.chance.percent() >= self.loss_percent {
                let packet = RtpPacket { sequence_number, timestamp, marker: false, payload: packet.payload.clone() };
                self.in_flight.push((frame.captured_at + AUDIO_FRAME + delay, packet));
            }
        }
    }

    /// Adds to the mix what is to be played from `now` on.
    fn play(&mut self, now: Instant, mixer: &mut Mixer) {
        let receiver = &mut self.receiver;
        self.in_flight.retain(|(arrival, packet)| {
            let is_there = *arrival <= now;
            if is_there {
                receiver.insert(*arrival, packet.clone());
            }
            !is_there
        });
        let mut voice = [0.0; AUDIO_PIECE_SAMPLES];
        if receiver.render(now, &mut voice) {
            mixer.add(&voice, Volume::default(), Volume::default());
            if let Some(side) = receiver.side() {
                mixer.add_side(side, Volume::default(), Volume::default());
            }
        }
    }
}

/// What a speaker of two channels plays.
#[derive(Default)]
struct Heard {
    left: Vec<f32>,
    right: Vec<f32>,
}

impl Heard {
    fn take_from(&mut self, mixer: &mut Mixer) {
        let mid = mixer.take();
        let side = mixer.side();
        for (index, mid) in mid.iter().enumerate() {
            let [left, right] = left_and_right(*mid, side.map_or(0.0, |side| side[index]));
            self.left.push(left);
            self.right.push(right);
        }
    }
}

/// Power of a tone in pieces of 100 ms, since stretching moves its phase.
fn power(samples: &[f32], hertz: f32) -> f64 {
    samples.chunks_exact(4_800).map(|piece| power_at(piece, hertz)).sum::<f64>()
}

/// How much more of one tone than of another there is.
fn decibels_above(samples: &[f32], hertz: f32, other_hertz: f32) -> f64 {
    10.0 * (power(samples, hertz) / power(samples, other_hertz)).log10()
}

/// The part after so many seconds.
fn after(samples: &[f32], seconds: f32) -> &[f32] {
    &samples[(seconds * SAMPLE_RATE_HZ as f32) as usize..]
}

#[test]
fn left_and_right_arrive_apart_through_losses() {
    let (mut musician, mut mixer, mut heard) = (Participant::new(&MUSIC, 5), Mixer::default(), Heard::default());
    let start = Instant::now();
    for frame in 0..750 {
        let now = start + AUDIO_FRAME * frame;
        musician.send(&captured(frame, SoundMode::Music, 0.4, now));
        for now in [now, now + AUDIO_PIECE] {
            musician.play(now, &mut mixer);
            heard.take_from(&mut mixer);
        }
    }
    assert!(musician.receiver.statistics().lost > 20, "{:?}", musician.receiver.statistics());
    // The decoder of two channels is heard after the first fifth of a second.
    let (left, right) = (after(&heard.left, 0.5), after(&heard.right, 0.5));
    let apart = (decibels_above(left, LEFT_HZ, RIGHT_HZ), decibels_above(right, RIGHT_HZ, LEFT_HZ));
    assert!(apart.0 > 20.0 && apart.1 > 20.0, "{apart:?} dB");
}

#[test]
fn a_voice_beside_music_stays_in_the_middle() {
    const VOICE_HZ: f32 = 1_500.0;
    let (mut musician, mut speaker) = (Participant::new(&MUSIC, 5), Participant::new(&VOICE, 5));
    let (mut mixer, mut heard, start) = (Mixer::default(), Heard::default(), Instant::now());
    for frame in 0..250 {
        let now = start + AUDIO_FRAME * frame;
        musician.send(&captured(frame, SoundMode::Music, 0.3, now));
        speaker.send(&AudioFrame::mono(sine(frame, VOICE_HZ, 0.3), now));
        for now in [now, now + AUDIO_PIECE] {
            musician.play(now, &mut mixer);
            speaker.play(now, &mut mixer);
            assert_eq!(speaker.receiver.side(), None);
            heard.take_from(&mut mixer);
        }
    }
    let (left, right) = (after(&heard.left, 0.5), after(&heard.right, 0.5));
    let balance = 10.0 * (power(left, VOICE_HZ) / power(right, VOICE_HZ)).log10();
    assert!(balance.abs() < 0.5, "{balance} dB to the left");
    assert!(decibels_above(left, VOICE_HZ, RIGHT_HZ) > 15.0);
    assert!(decibels_above(left, LEFT_HZ, RIGHT_HZ) > 20.0 && decibels_above(right, RIGHT_HZ, LEFT_HZ) > 20.0);
}

/// What is heard of somebody whose mode is another from each of these frames on; the first mode is voice.
fn switching(at: &[u32]) -> Heard {
    let (mut musician, mut mixer, mut heard) = (Participant::new(&VOICE, 0), Mixer::default(), Heard::default());
    let (start, mut mode) = (Instant::now(), SoundMode::Voice);
    for frame in 0..500 {
        let now = start + AUDIO_FRAME * frame;
        if at.contains(&frame) {
            let settings = if mode == SoundMode::Voice { MUSIC } else { VOICE };
            musician.sender.set_encoding(&settings).unwrap();
            mode = settings.mode;
        }
        musician.send(&captured(frame, mode, 0.4, now));
        for now in [now, now + AUDIO_PIECE] {
            musician.play(now, &mut mixer);
            heard.take_from(&mut mixer);
        }
    }
    heard
}

#[test]
fn changing_the_mode_neither_clicks_nor_stops_the_sound() {
    // Now and then, twice within what a decoder takes to be changed, and with every frame.
    let heard = switching(&[100, 200, 230, 260, 261, 262, 263, 350]);
    let sines = |hertz: &[f32], amplitude| (0..50).flat_map(|frame| sum(frame, hertz, amplitude)).collect::<Vec<f32>>();
    let voice = sines(&[LEFT_HZ, RIGHT_HZ], 0.2);
    for (samples, own) in [(heard.left, sines(&[LEFT_HZ], 0.4)), (heard.right, sines(&[RIGHT_HZ], 0.4))] {
        let samples = after(&samples, 1.0);
        let most = steepest(&own).max(steepest(&voice));
        assert!(steepest(samples) < 1.05 * most, "{} against {most}", steepest(samples));
        let mean_squares = samples.chunks_exact(AUDIO_FRAME_SAMPLES).map(|frame| energy(frame) / frame.len() as f64);
        let quietest = mean_squares.fold(f64::MAX, f64::min);
        assert!(quietest > 0.6 * energy(&voice) / voice.len() as f64, "{quietest}");
    }
}

#[test]
fn a_speaker_of_one_channel_plays_both_without_clipping() {
    let (mut musician, mut mixer) = (Participant::new(&MUSIC, 0), Mixer::default());
    let (mut producer, mut ring) = RingBuffer::new(AUDIO_FRAME_SAMPLES);
    let (mut heard, start) = (Vec::new(), Instant::now());
    for frame in 0..250 {
        let now = start + AUDIO_FRAME * frame;
        musician.send(&captured(frame, SoundMode::Music, 1.0, now));
        for now in [now, now + AUDIO_PIECE] {
            musician.play(now, &mut mixer);
            for mid in mixer.take() {
                producer.push(left_and_right(mid, 0.0)).unwrap();
            }
        }
        let mut data = [0i16; AUDIO_FRAME_SAMPLES];
        play(&mut data, 1, &mut ring);
        heard.extend(data.map(|sample| f32::from(sample) / 32_768.0));
    }
    let heard = after(&heard, 0.5);
    assert!(heard.iter().all(|sample| sample.abs() < 0.97));
    let (left, right) = (power(heard, LEFT_HZ), power(heard, RIGHT_HZ));
    assert!((0.5..2.0).contains(&(left / right)), "{left} and {right}");
    assert!(left > 50.0 * power(heard, 550.0), "neither is alone");
}

#[test]
fn packets_that_say_one_channel_and_two_in_turn_do_no_harm() {
    let (mut receiver, mut chance, start) = (Receiver::new().unwrap(), Chance(3), Instant::now());
    let mut encoder = Encoder::new().unwrap();
    let mut out = [0.0; AUDIO_PIECE_SAMPLES];
    for frame in 0..1_000 {
        let now = start + AUDIO_FRAME * frame;
        let settings = if frame % 3 == 0 { VOICE } else { MUSIC };
        encoder.set(&EncoderSettings { bitrate_bps: MAX_MUSIC_BITRATE_BPS, ..settings }).unwrap();
        let captured = captured(frame, settings.mode, 0.4, now);
        let mut payload = encoder.encode_with_side(&captured.samples, captured.side.as_deref()).unwrap().to_vec();
        // Right away, and with the bit turned so that the rest is nonsense.
        payload[0] ^= if chance.percent() < 50 { 0b100 } else { 0 };
        let (sequence_number, timestamp) = (frame as u16, frame * AUDIO_FRAME_SAMPLES as u32);
        receiver.insert(now, RtpPacket { sequence_number, timestamp, marker: false, payload: payload.into() });
        for now in [now, now + AUDIO_PIECE] {
            receiver.render(now, &mut out);
            let side = receiver.side().unwrap_or(&[0.0; AUDIO_PIECE_SAMPLES]);
            assert!(out.iter().chain(side).all(|sample| sample.is_finite()));
        }
    }
    // Who is heard as one channel afterwards is heard as if nothing had been.
    let mut heard = Vec::new();
    encoder.set(&VOICE).unwrap();
    for frame in 1_000..1_200 {
        let now = start + AUDIO_FRAME * frame;
        let payload = encoder.encode(&sine(frame, LEFT_HZ, 0.4)).unwrap();
        let (sequence_number, timestamp) = (frame as u16, frame * AUDIO_FRAME_SAMPLES as u32);
        receiver.insert(now, RtpPacket { sequence_number, timestamp, marker: false, payload });
        for now in [now, now + AUDIO_PIECE] {
            receiver.render(now, &mut out);
            heard.extend_from_slice(&out);
        }
    }
    assert_eq!(receiver.side(), None);
    assert!(decibels_above(after(&heard, 2.0), LEFT_HZ, RIGHT_HZ) > 30.0);
}
