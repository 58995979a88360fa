use super::*;
use crate::audio::mixer::{Mixer, Volume};
use crate::audio::testing::{best_correlation, speech_like, steepest};
use crate::codec::opus::{Encoder, EncoderSettings, LONGEST_SILENCE_BYTES};
use proptest::prelude::*;

const AUDIO_FRAME: usize = AUDIO_FRAME_SAMPLES;
const PIECE: Duration = crate::frame::AUDIO_PIECE;

/// The next two pieces from `now` on.
fn render<D: Decode>(receiver: &mut Receiver<D>, now: Instant) -> [f32; AUDIO_FRAME] {
    let mut frame = [1.0; AUDIO_FRAME];
    for (half, piece) in (0..).zip(frame.as_chunks_mut().0) {
        receiver.render(now + PIECE * half, piece);
    }
    frame
}

/// A small generator (PCG's multiplier), so that each run sees the same network.
struct Chance(u64);

impl Chance {
    fn percent(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % 100
    }
}

/// Says something through a network that loses and delays, and returns what is heard: seconds, percent, milliseconds.
fn over_the_network(said: &[f32], loss_percent: u64, jitter_ms: u64) -> (Vec<f32>, AudioStatistics) {
    let mut encoder = Encoder::new().unwrap();
    let mut chance = Chance(7);
    let start = Instant::now();
    let mut in_flight: Vec<(Instant, RtpPacket)> = Vec::new();
    for (number, samples) in said.as_chunks::<AUDIO_FRAME>().0.iter().enumerate() {
        let payload = encoder.encode(samples).unwrap();
        let delay = Duration::from_millis(30 + chance.percent() * jitter_ms / 100);
        if chance.percent() >= loss_percent {
            let timestamp = (number * AUDIO_FRAME) as u32;
            let packet = RtpPacket { sequence_number: number as u16, timestamp, marker: false, payload };
            in_flight.push((start + Duration::from_millis(number as u64 * 20) + delay, packet));
        }
    }
    in_flight.sort_by_key(|(arrival, _)| *arrival);
    let (mut receiver, mut mixer, mut heard) = (Receiver::new().unwrap(), Mixer::default(), Vec::new());
    let mut in_flight = in_flight.into_iter().peekable();
    for piece in 0..2 * (said.len() / AUDIO_FRAME + 20) {
        let now = start + PIECE * piece as u32;
        while let Some((arrival, packet)) = in_flight.next_if(|(arrival, _)| *arrival <= now) {
            receiver.insert(arrival, packet);
        }
        let mut out = [0.0; AUDIO_PIECE_SAMPLES];
        receiver.render(now, &mut out);
        mixer.add(&out, Volume::default(), Volume::default());
        heard.extend_from_slice(&mixer.take());
    }
    (heard, receiver.statistics())
}

#[test]
fn speech_arrives_over_a_good_network() {
    let said = speech_like(8.0);
    let (heard, statistics) = over_the_network(&said, 0, 5);
    // The wait becomes shorter in the first seconds, so compare what came after.
    let correlation = best_correlation(&said[240_000..], &heard[240_000..], 9_600);
    assert!(correlation > 0.9, "correlation {correlation}");
    assert_eq!((statistics.lost, statistics.concealed), (0, Duration::ZERO));
    assert!(statistics.first_audio_at.is_some());
    let said_dbfs = dbfs_of_mean_square(energy(&said) / said.len() as f64);
    assert!((statistics.audio_dbfs - said_dbfs).abs() < 1.5, "{} said, {} heard", said_dbfs, statistics.audio_dbfs);
}

#[test]
fn speech_arrives_through_loss_and_jitter() {
    let said = speech_like(8.0);
    let (heard, statistics) = over_the_network(&said, 10, 40);
    // The wait changes while it adapts, so compare what came after.
    let correlation = best_correlation(&said[96_000..], &heard[96_000..], 14_400);
    assert!(correlation > 0.8, "correlation {correlation}, {statistics:?}");
    assert!((20..70).contains(&statistics.lost), "{statistics:?}");
    assert!(statistics.concealed < Duration::from_millis(600), "{statistics:?}");
}

#[test]
fn a_voice_that_stops_fades_to_silence_within_a_tenth_of_a_second() {
    let said = speech_like(1.0);
    let (heard, statistics) = over_the_network(&said, 0, 0);
    let end = &heard[heard.len() - 5 * AUDIO_FRAME..];
    assert!(end.iter().all(|sample| *sample == 0.0));
    assert!(!statistics.speaking || statistics.level_dbfs == SILENCE_DBFS);
    // Nothing jumps: neighbouring samples differ no more than in the speech itself.
    assert!(steepest(&heard) <= 1.5 * steepest(&said), "{} against {}", steepest(&heard), steepest(&said));
}

#[test]
fn nothing_received_is_silence() {
    let mut receiver = Receiver::new().unwrap();
    let mut out = [1.0; AUDIO_PIECE_SAMPLES];
    assert!(!receiver.render(Instant::now(), &mut out));
    assert_eq!(out, [0.0; AUDIO_PIECE_SAMPLES]);
    assert_eq!(receiver.statistics(), AudioStatistics { jitter_ms: 0.0, ..AudioStatistics::default() });
}

#[test]
fn a_payload_that_does_not_decode_is_concealed() {
    let said = speech_like(1.0);
    let mut encoder = Encoder::new().unwrap();
    let mut receiver = Receiver::new().unwrap();
    let start = Instant::now();
    for (number, samples) in said.as_chunks::<AUDIO_FRAME>().0.iter().enumerate() {
        let mut payload = encoder.encode(samples).unwrap();
        if number % 4 == 3 {
            // The right table of contents, and then nonsense.
            payload = [&payload[..1], &[0xff; 40]].concat().into();
        }
        let timestamp = (number * AUDIO_FRAME) as u32;
        let now = start + Duration::from_millis(20) * number as u32;
        receiver.insert(now, RtpPacket { sequence_number: number as u16, timestamp, marker: false, payload });
        let out = render(&mut receiver, now);
        assert!(out.iter().all(|sample| sample.is_finite()));
    }
}

#[test]
fn from_mouth_to_ear_it_takes_at_most_50_ms_on_a_quiet_network() {
    let said = speech_like(8.0);
    let mut encoder = Encoder::new().unwrap();
    let payloads: Vec<_> =
        said.as_chunks::<AUDIO_FRAME>().0.iter().map(|frame| encoder.encode(frame).unwrap()).collect();
    // Wherever the player's grid of pieces lies against the sender's frames.
    for phase_ms in 1..=10 {
        let (mut receiver, mut heard) = (Receiver::new().unwrap(), Vec::new());
        let start = Instant::now();
        for (number, payload) in payloads.iter().enumerate() {
            // Said from `start` on; a frame leaves when it is whole, and takes half a millisecond.
            let sent = start + Duration::from_millis(20) * (number as u32 + 1);
            let (sequence_number, timestamp, payload) = (number as u16, (number * AUDIO_FRAME) as u32, payload.clone());
            let packet = RtpPacket { sequence_number, timestamp, marker: false, payload };
            receiver.insert(sent + Duration::from_micros(500), packet);
            heard.extend_from_slice(&render(&mut receiver, sent + Duration::from_millis(phase_ms)));
        }
        // The sound that begins to be heard now was said this long ago; the codec's look-ahead is not in it.
        let (timestamp, _) = receiver.playing().unwrap();
        let now_ms = said.len() as u64 / 48 + phase_ms + 10;
        let mouth_to_ear = Duration::from_millis(now_ms - u64::from(timestamp / 48)) + crate::codec::opus::LOOK_AHEAD;
        assert!(mouth_to_ear <= Duration::from_millis(50), "{mouth_to_ear:?} at {phase_ms} ms");
        // And it is true: the sound fits there, to the millisecond.
        let delay_samples = (mouth_to_ear - Duration::from_millis(20 + phase_ms)).as_micros() as usize * 48 / 1_000;
        let (said, heard) = (&said[6 * 48_000..], &heard[6 * 48_000..]);
        let there = best_correlation(&said[..48_000], &heard[delay_samples - 48..], 96);
        assert!(there > 0.9, "correlation {there} at {phase_ms} ms");
    }
}

/// A decoder of packets that are one table of contents and a number, to a sine that goes on from packet to packet; a guess goes
/// on with it too.
#[derive(Debug, Default)]
struct Sine {
    frame: u32,
}

impl Sine {
    /// Cycles of the sine in a frame: 210 Hz.
    const CYCLES: f32 = 4.2;

    fn frame(number: u32, out: &mut [f32; AUDIO_FRAME]) {
        // Five frames are 21 cycles.
        for (index, sample) in out.iter_mut().enumerate() {
            let phase = ((number % 5) as f32 + index as f32 / AUDIO_FRAME as f32) * Self::CYCLES;
            *sample = 0.5 * (std::f32::consts::TAU * phase.fract()).sin();
        }
    }

    fn payload(number: u32) -> bytes::Bytes {
        let [high, low] = ((number % 5) as u16).to_be_bytes();
        bytes::Bytes::copy_from_slice(&[0x08, high, low])
    }
}

impl Decode for Sine {
    fn decode(&mut self, payload: &[u8], out: &mut [f32; AUDIO_FRAME]) -> Result<(), OpusError> {
        self.frame = payload[2].into();
        Self::frame(self.frame, out);
        Ok(())
    }

    fn recover(&mut self, next: &[u8], out: &mut [f32; AUDIO_FRAME]) -> Result<(), OpusError> {
        self.frame = u32::from(next[2]) + 4;
        Self::frame(self.frame, out);
        Ok(())
    }

    fn conceal(&mut self, out: &mut [f32; AUDIO_FRAME]) -> Result<(), OpusError> {
        self.frame += 1;
        Self::frame(self.frame, out);
        Ok(())
    }
}

#[test]
fn sound_cards_apart_by_200_millionths_for_half_an_hour_keep_their_delay_and_do_not_click() {
    let mut sine = Vec::new();
    for number in 0..5 {
        let mut frame = [0.0; AUDIO_FRAME];
        Sine::frame(number, &mut frame);
        sine.extend_from_slice(&frame);
    }
    for drift in [0.9998, 1.0002] {
        let start = Instant::now();
        let (mut receiver, mut arrived, mut last) = (Receiver::with_decoder(Sine::default()), 0u32, None);
        let mut steepest_heard = 0.0f32;
        for piece in 0..30 * 60 * 100 {
            let now = start + PIECE * piece + Duration::from_millis(3);
            while start + Duration::from_secs_f64(f64::from(arrived) * 0.02 * drift) <= now {
                let arrival = start + Duration::from_secs_f64(f64::from(arrived) * 0.02 * drift);
                let (sequence_number, timestamp) = (arrived as u16, arrived.wrapping_mul(AUDIO_FRAME as u32));
                let payload = Sine::payload(arrived);
                receiver.insert(arrival, RtpPacket { sequence_number, timestamp, marker: false, payload });
                arrived += 1;
            }
            let mut out = [0.0; AUDIO_PIECE_SAMPLES];
            receiver.render(now, &mut out);
            steepest_heard = steepest_heard.max(steepest(&out));
            if let Some(last) = last {
                steepest_heard = steepest_heard.max(steepest(&[last, out[0]]));
            }
            last = Some(out[AUDIO_PIECE_SAMPLES - 1]);
            if piece > 1_000 {
                let wait = Duration::from_secs_f32(receiver.statistics().buffer_ms / 1_000.0);
                let off = wait.abs_diff(receiver.target());
                assert!(off <= Duration::from_millis(20), "{drift}: {off:?} off after {piece} pieces");
            }
        }
        let statistics = receiver.statistics();
        assert_eq!((statistics.lost, statistics.concealed), (0, Duration::ZERO), "{drift}");
        // 200 millionths of half an hour are 360 ms.
        assert!((300..500).contains(&statistics.stretched.as_millis()), "{drift}: {:?}", statistics.stretched);
        assert!(steepest_heard <= 1.01 * steepest(&sine), "{drift}: {steepest_heard} against {}", steepest(&sine));
    }
}

#[test]
fn silence_that_is_sent_once_is_heard_as_silence_and_speech_after_it_whole() {
    let said = [speech_like(2.0), vec![0.0; 96_000], speech_like(2.0)].concat();
    let mut encoder = Encoder::new().unwrap();
    encoder.set(&EncoderSettings { discontinuous: true, ..EncoderSettings::default() }).unwrap();
    let start = Instant::now();
    let (mut receiver, mut heard, mut sequence_number) = (Receiver::new().unwrap(), Vec::new(), 0);
    let mut announced = false;
    for (number, samples) in said.as_chunks::<AUDIO_FRAME>().0.iter().enumerate() {
        let now = start + Duration::from_millis(20) * number as u32;
        let payload = encoder.encode(samples).unwrap();
        let is_silence = payload.len() <= LONGEST_SILENCE_BYTES;
        if !(is_silence && announced) {
            let timestamp = (number * AUDIO_FRAME) as u32;
            receiver.insert(now, RtpPacket { sequence_number, timestamp, marker: false, payload });
            sequence_number += 1;
        }
        announced = is_silence;
        heard.extend_from_slice(&render(&mut receiver, now));
    }
    assert!(sequence_number < 240, "{sequence_number} packets are not fewer");
    let statistics = receiver.statistics();
    assert_eq!((statistics.lost, statistics.concealed), (0, Duration::ZERO), "{statistics:?}");
    let pause = &heard[3 * 48_000..4 * 48_000 - 9_600];
    assert!(energy(pause) / (pause.len() as f64) < 1e-6, "{}", energy(pause) / pause.len() as f64);
    let correlation = best_correlation(&said[4 * 48_000..], &heard[4 * 48_000..], 4_800);
    assert!(correlation > 0.9, "correlation {correlation}");
}

/// A decoder to which everything is silence.
struct Quiet;

impl Decode for Quiet {
    fn decode(&mut self, _: &[u8], out: &mut [f32; AUDIO_FRAME]) -> Result<(), OpusError> {
        out.fill(0.0);
        Ok(())
    }

    fn recover(&mut self, next: &[u8], out: &mut [f32; AUDIO_FRAME]) -> Result<(), OpusError> {
        self.decode(next, out)
    }

    fn conceal(&mut self, out: &mut [f32; AUDIO_FRAME]) -> Result<(), OpusError> {
        self.decode(&[], out)
    }
}

proptest! {
    /// Whatever comes whenever, silence is heard as silence, and what is held stays bounded.
    #[test]
    fn silence_in_is_silence_out(
        packets in prop::collection::vec((0u16..60, 0u32..60, 0u64..60, any::<bool>()), 0..200), least_wait_ms in 0u64..300,
    ) {
        let (mut receiver, mut now) = (Receiver::with_decoder(Quiet), Instant::now());
        receiver.set_least_wait(Duration::from_millis(least_wait_ms));
        for (sequence_number, frame, pause_ms, announces_silence) in packets {
            let payload = if announces_silence { vec![0x08] } else { vec![0x08, 0, 0] }.into();
            let timestamp = frame * AUDIO_FRAME as u32;
            receiver.insert(now, RtpPacket { sequence_number, timestamp, marker: false, payload });
            prop_assert_eq!(render(&mut receiver, now), [0.0; AUDIO_FRAME]);
            prop_assert!(receiver.mid.next.len() <= 2 * AUDIO_FRAME, "{}", receiver.mid.next.len());
            now += Duration::from_millis(pause_ms);
        }
    }

    /// Real bytes of Opus or nonsense, in any order: no panic, and samples that are numbers.
    #[test]
    fn no_packet_makes_sound_that_is_not_a_number(
        packets in prop::collection::vec((any::<u8>(), any::<u8>(), prop::collection::vec(any::<u8>(), 1..60), 0u64..60), 0..60)
    ) {
        let (mut receiver, mut now) = (Receiver::new().unwrap(), Instant::now());
        for (sequence_number, frame, mut bytes, pause_ms) in packets {
            // One frame of 20 ms, of SILK, hybrid or CELT (RFC 6716 §3.1).
            bytes[0] = [0x08, 0x48, 0x68, 0x98][usize::from(bytes[0] % 4)];
            let (sequence_number, timestamp) = (sequence_number.into(), u32::from(frame) * AUDIO_FRAME as u32);
            receiver.insert(now, RtpPacket { sequence_number, timestamp, marker: false, payload: bytes.into() });
            let out = render(&mut receiver, now);
            prop_assert!(out.iter().all(|sample| sample.is_finite()));
            now += Duration::from_millis(pause_ms);
        }
    }
}
