use super::*;
use crate::audio::mixer::Mixer;
use crate::audio::testing::{best_correlation, speech_like};
use crate::codec::opus::Encoder;

const FRAME: usize = AUDIO_FRAME_SAMPLES;

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
    for (number, samples) in said.as_chunks::<FRAME>().0.iter().enumerate() {
        let payload = encoder.encode(samples).unwrap();
        let delay = Duration::from_millis(30 + chance.percent() * jitter_ms / 100);
        if chance.percent() >= loss_percent {
            let timestamp = (number * FRAME) as u32;
            let packet = RtpPacket { sequence_number: number as u16, timestamp, marker: false, payload };
            in_flight.push((start + Duration::from_millis(number as u64 * 20) + delay, packet));
        }
    }
    in_flight.sort_by_key(|(arrival, _)| *arrival);
    let (mut receiver, mut mixer, mut heard) = (Receiver::new().unwrap(), Mixer::default(), Vec::new());
    let mut in_flight = in_flight.into_iter().peekable();
    for frame in 0..said.len() / FRAME + 20 {
        let now = start + Duration::from_millis(frame as u64 * 20);
        while let Some((arrival, packet)) = in_flight.next_if(|(arrival, _)| *arrival <= now) {
            receiver.insert(arrival, packet);
        }
        let mut out = [0.0; FRAME];
        receiver.render(now, &mut out);
        mixer.add(&out);
        heard.extend_from_slice(&mixer.take());
    }
    (heard, receiver.statistics())
}

#[test]
fn speech_arrives_over_a_good_network() {
    let said = speech_like(5.0);
    let (heard, statistics) = over_the_network(&said, 0, 5);
    let correlation = best_correlation(&said, &heard, 9_600);
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
    // The wait changes by whole frames while it adapts, so compare what came after.
    let correlation = best_correlation(&said[96_000..], &heard[96_000..], 14_400);
    assert!(correlation > 0.8, "correlation {correlation}, {statistics:?}");
    assert!((20..70).contains(&statistics.lost), "{statistics:?}");
    assert!(statistics.concealed < Duration::from_millis(600), "{statistics:?}");
}

#[test]
fn a_voice_that_stops_fades_to_silence_within_a_tenth_of_a_second() {
    let said = speech_like(1.0);
    let (heard, statistics) = over_the_network(&said, 0, 0);
    let end = &heard[heard.len() - 5 * FRAME..];
    assert!(end.iter().all(|sample| *sample == 0.0));
    assert!(!statistics.speaking || statistics.level_dbfs == SILENCE_DBFS);
    // Nothing jumps: neighbouring samples differ no more than in the speech itself.
    let steepest = |samples: &[f32]| samples.windows(2).fold(0.0f32, |most, pair| most.max((pair[1] - pair[0]).abs()));
    assert!(steepest(&heard) <= 1.5 * steepest(&said), "{} against {}", steepest(&heard), steepest(&said));
}

#[test]
fn nothing_received_is_silence() {
    let mut receiver = Receiver::new().unwrap();
    let mut out = [1.0; FRAME];
    assert!(!receiver.render(Instant::now(), &mut out));
    assert_eq!(out, [0.0; FRAME]);
    assert_eq!(receiver.statistics(), AudioStatistics { jitter_ms: 0.0, ..AudioStatistics::default() });
}

#[test]
fn a_payload_that_does_not_decode_is_concealed() {
    let said = speech_like(1.0);
    let mut encoder = Encoder::new().unwrap();
    let mut receiver = Receiver::new().unwrap();
    let start = Instant::now();
    for (number, samples) in said.as_chunks::<FRAME>().0.iter().enumerate() {
        let mut payload = encoder.encode(samples).unwrap();
        if number % 4 == 3 {
            // The right table of contents, and then nonsense.
            payload = [&payload[..1], &[0xff; 40]].concat().into();
        }
        let timestamp = (number * FRAME) as u32;
        let now = start + Duration::from_millis(20) * number as u32;
        receiver.insert(now, RtpPacket { sequence_number: number as u16, timestamp, marker: false, payload });
        let mut out = [0.0; FRAME];
        receiver.render(now, &mut out);
        assert!(out.iter().all(|sample| sample.is_finite()));
    }
}
