use super::*;
use proptest::prelude::*;

/// A valid packet of 20 ms that carries its number, to be recognised when it is played.
fn payload(number: u64) -> Bytes {
    let [high, low] = (number as u16).to_be_bytes();
    Bytes::copy_from_slice(&[0x08, high, low])
}

fn number_in(payload: &Bytes) -> u64 {
    u16::from_be_bytes([payload[1], payload[2]]).into()
}

fn packet(number: u64) -> RtpPacket {
    RtpPacket {
        sequence_number: number as u16,
        timestamp: (number * 960) as u32,
        marker: false,
        payload: payload(number),
    }
}

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// What became of arrivals (milliseconds, packet) that were played for some seconds.
struct Played {
    pulls: Vec<Pull>,
    statistics: JitterStatistics,
    waits: Vec<Duration>,
    targets: Vec<Duration>,
}

impl Played {
    fn numbers(&self) -> Vec<u64> {
        let packets = self.pulls.iter().filter_map(|pull| match pull {
            Pull::Packet(payload) => Some(number_in(payload)),
            _ => None,
        });
        packets.collect()
    }

    fn count(&self, what: &Pull) -> usize {
        self.pulls.iter().filter(|pull| *pull == what).count()
    }
}

fn play(arrivals: Vec<(f64, RtpPacket)>, for_ms: u64) -> Played {
    play_waiting(arrivals, for_ms, Duration::ZERO)
}

/// Stretches are carried out as if the sound allowed any: 10 ms, or less where no more may be taken.
fn play_waiting(mut arrivals: Vec<(f64, RtpPacket)>, for_ms: u64, least_wait: Duration) -> Played {
    const STRETCH: usize = 480;
    arrivals.sort_by(|a, b| a.0.total_cmp(&b.0));
    let start = Instant::now();
    let mut buffer = JitterBuffer::new();
    buffer.set_least_wait(least_wait);
    let mut arrivals = arrivals.into_iter().peekable();
    let (mut pulls, mut waits, mut targets, mut ready) = (Vec::new(), Vec::new(), Vec::new(), 0);
    // Pieces are 7 ms off the sender's grid.
    for at_ms in (7..for_ms).step_by(10) {
        while let Some((arrival_ms, packet)) = arrivals.next_if(|(arrival_ms, _)| *arrival_ms <= at_ms as f64) {
            buffer.insert(start + Duration::from_secs_f64(arrival_ms / 1000.0), packet);
        }
        let now = start + ms(at_ms);
        let mut fill = |buffer: &mut JitterBuffer, ready: &mut usize| {
            let pulls_before = pulls.len();
            while *ready < AUDIO_PIECE_SAMPLES {
                let pull = buffer.pull(now);
                let is_waiting = pull == Pull::Silence && !buffer.is_playing();
                *ready += if is_waiting { AUDIO_PIECE_SAMPLES } else { AUDIO_FRAME_SAMPLES };
                pulls.push(pull);
            }
            pulls.len() > pulls_before
        };
        let has_pulled = fill(&mut buffer, &mut ready);
        let advice = if has_pulled { buffer.advise(now, ready) } else { Advice::Keep };
        match advice {
            Advice::Keep => {}
            Advice::Lengthen { .. } => {
                ready += STRETCH;
                buffer.stretched(STRETCH as i64);
            }
            Advice::Shorten { at_most, .. } => {
                let by = at_most.min(STRETCH);
                ready -= by;
                buffer.stretched(-(by as i64));
            }
        }
        fill(&mut buffer, &mut ready);
        ready -= AUDIO_PIECE_SAMPLES;
        waits.push(buffer.wait());
        targets.push(buffer.target());
    }
    Played { pulls, statistics: buffer.statistics(), waits, targets }
}

fn steady(numbers: impl IntoIterator<Item = u64>) -> Vec<(f64, RtpPacket)> {
    numbers.into_iter().map(|number| (number as f64 * 20.0, packet(number))).collect()
}

#[test]
fn a_steady_stream_plays_whole_and_in_order_and_hardly_waits() {
    let played = play(steady(0..500), 10_000);
    assert_eq!(played.numbers(), (0..played.numbers().len() as u64).collect::<Vec<_>>());
    assert!(played.numbers().len() >= 497);
    assert_eq!((played.statistics.lost, played.statistics.concealed), (0, Duration::ZERO));
    assert!(*played.waits.last().unwrap() <= ms(30), "{:?}", played.waits.last());
}

#[test]
fn numbers_that_wrap_around_are_not_noticed() {
    let first = 65_500 + 5 * 65_536;
    let arrivals = (first..first + 200).map(|number| ((number - first) as f64 * 20.0, packet(number))).collect();
    let played = play(arrivals, 3_900);
    assert!(played.numbers().len() >= 190);
    assert_eq!(played.statistics.lost, 0);
    // Timestamps wrap too: 4,473,924 packets of 960 are 2³² ticks.
    let first = 4_473_924 - 100;
    let arrivals = (first..first + 200).map(|number| ((number - first) as f64 * 20.0, packet(number))).collect();
    let played = play(arrivals, 3_900);
    assert!(played.numbers().len() >= 190);
    assert_eq!((played.statistics.lost, played.statistics.concealed), (0, Duration::ZERO));
}

#[test]
fn packets_out_of_order_and_repeated_play_once_in_order() {
    let mut arrivals = Vec::new();
    for number in 0..200u64 {
        let late = if number % 3 == 0 { 25.0 } else { 0.0 };
        arrivals.push((number as f64 * 20.0 + late, packet(number)));
        arrivals.push((number as f64 * 20.0 + late + 30.0, packet(number)));
    }
    let played = play(arrivals, 3_900);
    let numbers = played.numbers();
    assert!(numbers.is_sorted_by(|a, b| a < b), "{numbers:?}");
    assert!(numbers.len() >= 190);
    assert_eq!(played.statistics.packets, 195);
}

#[test]
fn a_lost_packet_is_recovered_from_the_next() {
    // There is time for it to come.
    let played = play_waiting(steady((0..100).filter(|number| *number != 50)), 1_900, ms(30));
    let at = played.pulls.iter().position(|pull| matches!(pull, Pull::Recover { .. })).unwrap();
    assert_eq!(played.pulls[at], Pull::Recover { next: payload(51) });
    assert_eq!(played.pulls[at - 1], Pull::Packet(payload(49)));
    assert_eq!(played.pulls[at + 1], Pull::Packet(payload(51)));
    assert_eq!((played.statistics.lost, played.statistics.concealed), (1, Duration::ZERO));
}

#[test]
fn of_three_lost_packets_the_last_is_recovered_and_the_others_concealed() {
    let played = play_waiting(steady((0..100).filter(|number| !(50..53).contains(number))), 1_900, ms(30));
    assert_eq!(played.count(&Pull::Recover { next: payload(53) }), 1);
    assert_eq!(played.statistics.lost, 3);
    assert!((40..=60).contains(&played.statistics.concealed.as_millis()), "{:?}", played.statistics);
}

#[test]
fn a_muted_sender_is_silence_and_neither_loss_nor_concealment() {
    // Muted for two seconds: the sequence numbers go on, the timestamps have a gap.
    let arrivals = (0..200u64)
        .map(|number| {
            let frame = if number < 100 { number } else { number + 100 };
            let mut packet = packet(number);
            packet.timestamp = (frame * 960) as u32;
            (frame as f64 * 20.0, packet)
        })
        .collect();
    let played = play(arrivals, 5_900);
    assert_eq!((played.statistics.lost, played.statistics.concealed), (0, Duration::ZERO));
    assert!(played.numbers().len() >= 190);
    assert!(played.count(&Pull::Silence) >= 90);
    assert!(played.count(&Pull::Conceal) <= MAX_CONCEALED_FRAMES as usize);
}

#[test]
fn clocks_that_drift_apart_while_the_sender_is_muted_do_not_count_as_jitter() {
    // A quarter of an hour, in which the sender's clock falls 180 ms behind.
    let frame_of = |number: u64| if number < 100 { number } else { number + 45_000 };
    let arrivals = (0..300u64)
        .map(|number| {
            let mut packet = packet(number);
            packet.timestamp = (frame_of(number) * 960) as u32;
            (frame_of(number) as f64 * 20.0 * 1.0002, packet)
        })
        .collect();
    let played = play(arrivals, 906_000);
    assert!(played.numbers().len() >= 290);
    assert!(*played.waits.last().unwrap() <= ms(60), "{:?}", played.waits.last());
}

#[test]
fn an_outage_fades_to_silence_and_what_follows_plays_in_time() {
    let played = play(steady((0..300).filter(|number| !(100..200).contains(number))), 5_900);
    assert_eq!(played.count(&Pull::Conceal), MAX_CONCEALED_FRAMES as usize);
    assert_eq!(played.statistics.lost, 100);
    assert_eq!(played.statistics.concealed, AUDIO_FRAME * MAX_CONCEALED_FRAMES);
    assert!(*played.waits.last().unwrap() <= ms(80), "{:?}", played.waits.last());
    assert!(played.numbers().contains(&200));
}

#[test]
fn what_a_stalled_network_delivers_at_once_is_skipped_down_to_the_usual_wait() {
    let arrivals = (0..800u64)
        .map(|number| {
            let sent = number as f64 * 20.0;
            (if (10_000.0..11_000.0).contains(&sent) { 11_000.0 } else { sent }, packet(number))
        })
        .collect();
    let played = play(arrivals, 15_900);
    let after_stall = &played.waits[(11_100 / 20) as usize..];
    assert!(after_stall.iter().all(|wait| *wait <= ms(60)), "{after_stall:?}");
    assert!(played.numbers().is_sorted_by(|a, b| a < b));
}

#[test]
fn jitter_lengthens_the_wait_until_hardly_anything_is_missed_and_calm_shortens_it() {
    // 80 ms of jitter for 10 s, then none for 40 s.
    let arrivals = (0..2_500u64)
        .map(|number| {
            let jitter = if number < 500 { ((number * 7_919) % 81) as f64 } else { 0.0 };
            (number as f64 * 20.0 + jitter, packet(number))
        })
        .collect();
    let played = play(arrivals, 49_900);
    let wait_in_jitter = played.waits[490];
    assert!((ms(60)..ms(130)).contains(&wait_in_jitter), "{wait_in_jitter:?} in jitter");
    let missed = played.pulls[100..490].iter().filter(|pull| !matches!(pull, Pull::Packet(_))).count();
    assert!(missed <= 6, "{missed} of 390 missed");
    let wait_in_calm = *played.waits.last().unwrap();
    assert!(wait_in_calm <= ms(60), "{wait_in_calm:?} in calm");
}

#[test]
fn too_long_a_wait_becomes_shorter_within_two_seconds_and_nothing_is_lost() {
    let arrivals = (0..600u64).map(|number| (if number < 10 { 200.0 } else { number as f64 * 20.0 }, packet(number)));
    let played = play(arrivals.collect(), 9_000);
    assert!(played.waits[(3_000 / 20) as usize] <= ms(60), "{:?}", &played.waits[..150]);
    assert_eq!(played.statistics.lost, 0);
}

#[test]
fn sound_waits_as_long_as_pictures_need_and_no_longer_when_they_do_not() {
    for least_ms in [0, 47, 200] {
        let played = play_waiting(steady(0..500), 9_900, ms(least_ms));
        let wait = *played.waits.last().unwrap();
        assert!(
            (ms(least_ms.saturating_sub(6))..=ms(least_ms.max(25) + 6)).contains(&wait),
            "{wait:?} for {least_ms} ms"
        );
        assert_eq!((played.statistics.lost, played.statistics.concealed), (0, Duration::ZERO));
    }
}

#[test]
fn where_packets_get_lost_they_are_recovered_from_the_next() {
    let arrivals = steady((0..1_500).filter(|number| number % 10 != 7));
    let played = play(arrivals, 29_900);
    let recovered = played.pulls.iter().filter(|pull| matches!(pull, Pull::Recover { .. })).count();
    assert!(recovered >= 145, "{recovered} of 150");
    assert!(played.statistics.concealed <= ms(60), "{:?}", played.statistics);
}

#[test]
fn announced_silence_is_comfort_noise_and_neither_loss_nor_concealment() {
    // The sender speaks for a second, says that it is silent, and updates that every 400 ms.
    let silence = Bytes::from_static(&[0x08]);
    let mut arrivals = Vec::new();
    let mut number = 0;
    for frame in 0..300u64 {
        let silent = (50..250).contains(&frame);
        if silent && frame % 20 != 10 && frame % 20 != 11 {
            continue;
        }
        let mut packet = packet(number);
        packet.timestamp = (frame * 960) as u32;
        if silent && frame % 20 == 11 || frame == 50 {
            packet.payload = silence.clone();
        }
        arrivals.push((frame as f64 * 20.0, packet));
        number += 1;
    }
    let played = play(arrivals, 5_900);
    assert_eq!((played.statistics.lost, played.statistics.concealed), (0, Duration::ZERO));
    assert!(played.count(&Pull::Comfort) >= 170, "{}", played.count(&Pull::Comfort));
    assert!(played.count(&Pull::Conceal) <= MAX_CONCEALED_FRAMES as usize, "{:?}", played.pulls);
    assert!(*played.waits.last().unwrap() <= ms(45), "{:?}", played.waits.last());
}

#[test]
fn comfort_noise_ends_when_the_sender_is_gone() {
    let mut arrivals = steady(0..50);
    arrivals.push((1_000.0, RtpPacket { payload: Bytes::from_static(&[0x08]), ..packet(50) }));
    let played = play(arrivals, 5_000);
    assert_eq!(played.count(&Pull::Comfort), MAX_COMFORT_FRAMES as usize);
    assert_eq!(*played.pulls.last().unwrap(), Pull::Silence);
}

#[test]
fn a_sender_that_starts_anew_is_followed() {
    let mut arrivals = steady(0..100);
    for number in 0..100u64 {
        let mut packet = packet(number);
        packet.sequence_number = packet.sequence_number.wrapping_add(20_000);
        packet.timestamp = packet.timestamp.wrapping_add(3_000_000_000);
        arrivals.push((2_000.0 + number as f64 * 20.0, packet));
    }
    let played = play(arrivals, 3_900);
    assert!(played.numbers().len() >= 185, "{}", played.numbers().len());
}

#[test]
fn a_timestamp_that_leaps_without_a_pause_does_not_stop_the_sound() {
    let arrivals = (0..200u64)
        .map(|number| {
            let mut packet = packet(number);
            packet.timestamp += if number < 100 { 0 } else { 48_000 * 60 };
            (number as f64 * 20.0, packet)
        })
        .collect();
    let played = play(arrivals, 3_900);
    assert!(played.numbers().len() >= 185, "{}", played.numbers().len());
    assert!(*played.waits.last().unwrap() <= ms(80));
}

#[test]
fn a_clock_that_drifts_is_followed_both_ways() {
    // Up to ten times what crystals do.
    for drift in [0.998, 0.999, 0.9998, 1.0002, 1.001, 1.002] {
        let arrivals = (0..6_000u64).map(|number| (number as f64 * 20.0 * drift, packet(number))).collect();
        let played = play(arrivals, 117_000);
        assert_eq!((played.statistics.lost, played.statistics.concealed), (0, Duration::ZERO), "{drift}");
        for (wait, target) in played.waits.iter().zip(&played.targets).skip(150) {
            assert!(wait.abs_diff(*target) <= ms(20), "{drift}: {wait:?} instead of {target:?}");
        }
    }
}

#[test]
fn what_is_not_one_packet_of_opus_is_ignored() {
    let mut buffer = JitterBuffer::new();
    for payload in [Bytes::new(), Bytes::from_static(&[0x18, 0, 0]), Bytes::from(vec![0x48; 2_000])] {
        buffer.insert(Instant::now(), RtpPacket { payload, ..packet(0) });
    }
    assert_eq!(buffer.statistics(), JitterStatistics::default());
}

#[test]
fn memory_stays_bounded_when_nobody_pulls() {
    let mut buffer = JitterBuffer::new();
    let start = Instant::now();
    for number in 0..10_000 {
        buffer.insert(start + AUDIO_FRAME * number, packet(number.into()));
    }
    assert_eq!(buffer.stream.as_ref().unwrap().held.len(), CAPACITY_PACKETS);
}

proptest! {
    /// Whatever the network does, each packet plays at most once, in order, and all are accounted for.
    #[test]
    fn every_packet_plays_at_most_once_and_in_order(
        fates in prop::collection::vec((0u32..100, 0.0f64..150.0), 50..400), least_wait_ms in 0u64..300,
    ) {
        let mut arrivals = Vec::new();
        for (number, (fate, delay)) in fates.iter().enumerate() {
            let arrival = number as f64 * 20.0 + delay;
            match fate {
                0..10 => {}
                10..20 => arrivals.extend([(arrival, packet(number as u64)), (arrival + 5.0, packet(number as u64))]),
                _ => arrivals.push((arrival, packet(number as u64))),
            }
        }
        let played = play_waiting(arrivals, fates.len() as u64 * 20 + 1_000, ms(least_wait_ms));
        let numbers = played.numbers();
        prop_assert!(numbers.is_sorted_by(|a, b| a < b), "{:?}", numbers);
        if let (Some(first), Some(last)) = (numbers.first(), numbers.last()) {
            prop_assert_eq!(played.statistics.lost, last - first + 1 - numbers.len() as u64);
        }
        prop_assert!(played.waits.iter().all(|wait| *wait <= ms(300 + 200 + 40 + least_wait_ms)));
    }

    /// Numbers, times and bytes that no honest sender produces neither panic nor take memory.
    #[test]
    fn no_packet_does_harm(
        packets in prop::collection::vec(
            (any::<u16>(), any::<u32>(), prop::collection::vec(any::<u8>(), 0..8), 0u64..2_000),
            0..300,
        )
    ) {
        let mut buffer = JitterBuffer::new();
        let mut now = Instant::now();
        for (sequence_number, timestamp, bytes, pause_ms) in packets {
            let payload = if bytes.len() < 4 { payload(7) } else { bytes.into() };
            buffer.insert(now, RtpPacket { sequence_number, timestamp, marker: true, payload });
            let _ = buffer.pull(now);
            let _ = buffer.advise(now, AUDIO_FRAME_SAMPLES + pause_ms as usize);
            buffer.stretched(pause_ms as i64 - 1_000);
            now += ms(pause_ms);
            prop_assert!(buffer.stream.as_ref().is_none_or(|stream| stream.held.len() <= CAPACITY_PACKETS));
        }
    }
}
