use bytes::Bytes;

use super::super::flexfec::parity_of;
use super::*;

const MS: Duration = Duration::from_millis(1);

fn packet(sequence_number: u16) -> MediaPacket {
    let payload = Bytes::copy_from_slice(&sequence_number.to_be_bytes());
    MediaPacket { ssrc: 1, payload_type: 102, sequence_number, timestamp: 0, marker: false, audio_level: None, payload }
}

fn parity(numbers: &[u16]) -> Parity {
    let packets: Vec<_> = numbers.iter().map(|number| packet(*number)).collect();
    let payload = parity_of(&packets.iter().collect::<Vec<_>>(), NumberExtension::default()).unwrap();
    Parity::read(&payload).unwrap()
}

/// A recoverer that has had parity before, and so keeps packets for it.
fn recoverer(now: Instant) -> Recoverer {
    let mut recoverer = Recoverer::new(1, NumberExtension::default());
    recoverer.parity_came(now, parity(&[900, 901]));
    recoverer
}

#[test]
fn what_is_lost_comes_with_the_parity_or_with_the_last_packet_that_it_needs() {
    let now = Instant::now();
    let mut recoverer = recoverer(now);
    assert!(recoverer.came(now, &packet(0xffff)).is_empty());
    assert_eq!(recoverer.parity_came(now, parity(&[0xffff, 0])), [packet(0)]);
    assert!(recoverer.parity_came(now, parity(&[1, 2, 3])).is_empty());
    assert!(recoverer.came(now, &packet(1)).is_empty());
    assert_eq!(recoverer.came(now, &packet(3)), [packet(2)]);
}

#[test]
fn what_was_recovered_helps_to_recover_more() {
    let now = Instant::now();
    let mut recoverer = recoverer(now);
    recoverer.parity_came(now, parity(&[1, 2]));
    recoverer.parity_came(now, parity(&[2, 3]));
    assert_eq!(recoverer.came(now, &packet(1)), [packet(2), packet(3)]);
}

#[test]
fn nothing_is_kept_while_no_parity_comes() {
    let now = Instant::now();
    let mut never = Recoverer::new(1, NumberExtension::default());
    never.came(now, &packet(1));
    let mut ended = recoverer(now);
    ended.came(now, &packet(1));
    assert!(ended.packet(1).is_some());
    ended.came(now + PARITY_ENDED + MS, &packet(2));
    assert!(
        never.packet(1).is_none() && never.packets.is_empty() && ended.packets.is_empty() && ended.parity.is_empty()
    );
}

#[test]
fn a_flood_is_not_kept() {
    let now = Instant::now();
    let mut recoverer = recoverer(now);
    for number in 0..5000 {
        recoverer.came(now, &packet(2 * number));
        recoverer.parity_came(now, parity(&[20_001 + 2 * number, 20_003 + 2 * number]));
    }
    assert!(recoverer.packets.len() <= MAX_PACKETS && recoverer.parity.len() <= MAX_PARITY);
}

#[test]
fn parity_of_another_stream_is_not_for_this_one() {
    let now = Instant::now();
    let mut recoverer = recoverer(now);
    recoverer.came(now, &packet(1));
    let mut others = parity(&[1, 2]);
    others.ssrc = 2;
    assert!(recoverer.parity_came(now, others).is_empty());
}
