use super::*;
use crate::audio::testing::{best_correlation, speech_like};
use bytes::Bytes;
use proptest::prelude::*;

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

proptest! {
    #[test]
    fn no_bytes_make_the_decoder_panic_or_give_samples_that_are_not_numbers(
        payloads in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 1..20)
    ) {
        let mut decoder = Decoder::new().unwrap();
        for payload in payloads {
            let mut out = [0.0; FRAME];
            let decoded = decoder.decode(&payload, &mut out).is_ok();
            prop_assert!(!decoded || out.iter().all(|sample| sample.is_finite()));
            let _ = decoder.recover(&payload, &mut out);
        }
    }
}
