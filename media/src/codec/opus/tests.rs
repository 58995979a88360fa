use super::*;
use crate::audio::testing::{best_correlation, power_at, speech_like};
use bytes::Bytes;
use proptest::prelude::*;
use std::f32::consts::TAU;

const FRAME: usize = AUDIO_FRAME_SAMPLES;

fn frames(samples: &[f32]) -> impl Iterator<Item = &[f32; FRAME]> {
    samples.as_chunks::<FRAME>().0.iter()
}

#[test]
fn speech_survives_the_round_trip() {
    let spoken = speech_like(3.0);
    let (mut encoder, mut decoder) = (Encoder::new().unwrap(), Decoder::new().unwrap());
    let (mut heard, mut bytes) = (Vec::new(), 0);
    for frame in frames(&spoken) {
        let packet = encoder.encode(frame).unwrap();
        assert!(is_one_packet(&packet));
        bytes += packet.len();
        let mut out = [0.0; FRAME];
        decoder.decode(&packet, &mut out).unwrap();
        heard.extend_from_slice(&out);
    }
    let kilobits = bytes as f64 * 8.0 / 3.0 / 1000.0;
    assert!((20.0..50.0).contains(&kilobits), "{kilobits} kb/s");
    let correlation = best_correlation(&spoken, &heard, 960);
    assert!(correlation > 0.9, "correlation {correlation}");
}

#[test]
fn forward_error_correction_beats_concealment() {
    let spoken = speech_like(6.0);
    let mut encoder = Encoder::new().unwrap();
    let packets: Vec<Bytes> = frames(&spoken).map(|frame| encoder.encode(frame).unwrap()).collect();
    let play = |recover: bool| {
        let mut decoder = Decoder::new().unwrap();
        let mut heard = Vec::new();
        for (index, packet) in packets.iter().enumerate() {
            let mut out = [0.0; FRAME];
            match packets.get(index + 1) {
                Some(next) if index % 5 == 4 && recover => decoder.recover(next, &mut out).unwrap(),
                Some(_) if index % 5 == 4 => decoder.conceal(&mut out).unwrap(),
                _ => decoder.decode(packet, &mut out).unwrap(),
            }
            heard.extend_from_slice(&out);
        }
        best_correlation(&spoken, &heard, 960)
    };
    let (recovered, concealed) = (play(true), play(false));
    assert!(recovered > concealed + 0.01, "recovered {recovered}, concealed {concealed}");
}

#[test]
fn an_empty_or_oversized_payload_is_refused() {
    let mut decoder = Decoder::new().unwrap();
    let mut out = [0.0; FRAME];
    assert!(matches!(decoder.decode(&[], &mut out), Err(OpusError::NotOnePacket)));
    assert!(matches!(decoder.decode(&[0x48; MAX_PACKET_BYTES + 1], &mut out), Err(OpusError::NotOnePacket)));
}

#[test]
fn a_packet_of_another_duration_is_refused() {
    // Table of contents 0x18: SILK, narrowband, 60 ms (RFC 6716 §3.1).
    assert!(!is_one_packet(&[0x18, 0, 0]));
    assert!(is_one_packet(&[0x08, 0, 0]));
}

#[test]
fn settings_are_held_within_their_limits() {
    let mut encoder = Encoder::new().unwrap();
    for (bitrate_bps, expected_loss_percent) in [(0, 0), (u32::MAX, u8::MAX)] {
        let settings = EncoderSettings { bitrate_bps, expected_loss_percent, ..EncoderSettings::default() };
        encoder.set(&settings).unwrap();
        assert!(is_one_packet(&encoder.encode(&[0.1; FRAME]).unwrap()));
    }
}

#[test]
fn silence_is_said_once_in_a_while_only_where_that_is_wanted() {
    let spoken = [speech_like(1.0), vec![0.0; 96_000]].concat();
    let silent_packets = |discontinuous| {
        let mut encoder = Encoder::new().unwrap();
        encoder.set(&EncoderSettings { discontinuous, ..EncoderSettings::default() }).unwrap();
        let packets: Vec<Bytes> = frames(&spoken).map(|frame| encoder.encode(frame).unwrap()).collect();
        packets.iter().filter(|packet| packet.len() <= LONGEST_SILENCE_BYTES).count()
    };
    assert_eq!(silent_packets(false), 0);
    let silent = silent_packets(true);
    assert!((60..100).contains(&silent), "{silent} of 100");
}

/// Two tones of one pitch, as mid and side.
fn music(frame: usize) -> ([f32; FRAME], [f32; FRAME]) {
    let tone = |hertz: f32| -> [f32; FRAME] {
        std::array::from_fn(|index| 0.3 * (TAU * hertz * (frame * FRAME + index) as f32 / SAMPLE_RATE_HZ as f32).sin())
    };
    (tone(440.0), tone(880.0))
}

fn music_settings(bitrate_bps: u32) -> EncoderSettings {
    EncoderSettings { mode: SoundMode::Music, bitrate_bps, discontinuous: true, ..EncoderSettings::default() }
}

#[test]
fn music_is_encoded_in_two_channels_with_the_bits_it_is_given() {
    for bitrate_bps in [96_000, 128_000] {
        let mut encoder = Encoder::new().unwrap();
        encoder.set(&music_settings(bitrate_bps)).unwrap();
        let mut bytes = 0;
        for frame in 0..250 {
            let (mid, side) = music(frame);
            let packet = encoder.encode_with_side(&mid, Some(&side)).unwrap();
            assert!(is_stereo(&packet));
            // Numbers from 16 on are of CELT alone (RFC 6716 §3.1): nothing takes it for speech.
            assert!(packet[0] >> 3 >= 16);
            bytes += packet.len();
        }
        let bps = bytes as f64 * 8.0 / 5.0;
        assert!((0.5..1.1).contains(&(bps / f64::from(bitrate_bps))), "{bps} of {bitrate_bps}");
    }
}

#[test]
fn silence_in_music_is_music() {
    let mut encoder = Encoder::new().unwrap();
    encoder.set(&music_settings(96_000)).unwrap();
    for _ in 0..100 {
        let packet = encoder.encode_with_side(&[0.0; FRAME], Some(&[0.0; FRAME])).unwrap();
        assert!(packet.len() > LONGEST_SILENCE_BYTES);
    }
}

#[test]
fn of_a_voice_one_channel_is_encoded_whatever_there_is() {
    let mut encoder = Encoder::new().unwrap();
    for frame in 0..50 {
        let (mid, side) = music(frame);
        assert!(!is_stereo(&encoder.encode_with_side(&mid, Some(&side)).unwrap()));
    }
}

#[test]
fn what_has_one_channel_is_decoded_as_one_and_what_had_two_is_soon_again() {
    let (mut encoder, mut decoder, mut out) = (Encoder::new().unwrap(), Decoder::new().unwrap(), [0.0; FRAME]);
    let mut has_side = |encoder: &mut Encoder, frame: usize| {
        let (mid, side) = music(frame);
        decoder.decode(&encoder.encode_with_side(&mid, Some(&side)).unwrap(), &mut out).unwrap();
        decoder.side().is_some()
    };
    assert!((0..100).all(|frame| !has_side(&mut encoder, frame)));
    encoder.set(&music_settings(96_000)).unwrap();
    let first = (100..150).position(|frame| has_side(&mut encoder, frame));
    assert_eq!(first, Some(9), "after a fifth of a second");
    encoder.set(&EncoderSettings::default()).unwrap();
    let last = (150..300).filter(|frame| has_side(&mut encoder, *frame)).last();
    assert_eq!(last, Some(208), "after a second and a fifth");
}

#[test]
fn a_lost_packet_of_music_is_concealed_on_both_channels() {
    let (mut encoder, mut decoder, mut out) = (Encoder::new().unwrap(), Decoder::new().unwrap(), [0.0; FRAME]);
    encoder.set(&music_settings(96_000)).unwrap();
    for frame in 0..50 {
        let (mid, side) = music(frame);
        decoder.decode(&encoder.encode_with_side(&mid, Some(&side)).unwrap(), &mut out).unwrap();
    }
    decoder.conceal(&mut out).unwrap();
    let power = |samples: &[f32; FRAME], hertz| power_at(samples, hertz).sqrt();
    let side = decoder.side().unwrap();
    assert!(power(&out, 440.0) > 0.2 && power(side, 880.0) > 0.2);
    assert!(power(&out, 880.0) < 0.05 && power(side, 440.0) < 0.05);
}

proptest! {
    #[test]
    fn no_bytes_make_the_decoder_panic_or_give_samples_that_are_not_numbers(
        payloads in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 1..20)
    ) {
        let mut decoder = Decoder::new().unwrap();
        for payload in payloads {
            let mut out = [0.0; FRAME];
            let decoded = decoder.decode(&payload, &mut out).is_ok();
            let side = decoder.side().into_iter().flatten();
            prop_assert!(!decoded || out.iter().chain(side).all(|sample| sample.is_finite()));
            let _ = decoder.recover(&payload, &mut out);
        }
    }
}
