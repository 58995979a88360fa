use bytes::Bytes;

use super::super::flexfec::Parity;
use super::*;

const MS: Duration = Duration::from_millis(1);

struct Sending {
    protector: Protector,
    now: Instant,
    next: u16,
}

impl Sending {
    fn new() -> Self {
        let stream =
            ParityStream { ssrc: 4, payload_type: 104, next_sequence_number: 9, extension: NumberExtension::default() };
        Self { protector: Protector::new(stream), now: Instant::now(), next: 0xffee }
    }

    /// The numbers that each packet of parity covers which follows one of these packets.
    fn picture(&mut self, packets: usize, share: f64) -> Vec<Vec<u16>> {
        (0..packets).flat_map(|place| self.packet(place + 1 == packets, share)).collect()
    }

    fn packet(&mut self, marker: bool, share: f64) -> Vec<Vec<u16>> {
        let payload = Bytes::from_static(b"picture");
        let packet = MediaPacket {
            ssrc: 1,
            payload_type: 102,
            sequence_number: self.next,
            timestamp: 0,
            marker,
            audio_level: None,
            payload,
        };
        self.next = self.next.wrapping_add(1);
        covered(&self.protector.sent(self.now, &packet, share))
    }

    fn wait(&mut self, takes: Duration, share: f64) -> Vec<Vec<u16>> {
        self.now += takes;
        covered(&self.protector.advance(self.now, share))
    }
}

fn covered(packets: &[MediaPacket]) -> Vec<Vec<u16>> {
    packets.iter().map(|packet| Parity::read(&packet.payload).unwrap().sequence_numbers).collect()
}

#[test]
fn losses_in_a_row_fall_to_different_packets_of_parity() {
    let mut sending = Sending::new();
    sending.next = 0;
    assert_eq!(sending.picture(6, 0.33), [[0, 2, 4], [1, 3, 5]]);
}

#[test]
fn a_small_picture_waits_for_the_next_but_not_for_long() {
    let mut sending = Sending::new();
    sending.next = 0;
    assert!(sending.picture(3, 0.33).is_empty());
    assert!(sending.wait(33 * MS, 0.33).is_empty());
    assert_eq!(sending.picture(3, 0.33), [[0, 2, 4], [1, 3, 5]]);
    assert!(sending.picture(3, 0.33).is_empty());
    assert_eq!(sending.protector.next_at(), Some(sending.now + LONGEST_GROUP));
    assert_eq!(sending.wait(LONGEST_GROUP, 0.33), [[6, 7, 8]]);
    assert_eq!(sending.protector.next_at(), None);
}

#[test]
fn the_share_is_kept_whatever_the_pictures_sizes() {
    for (packets, share) in [(1, 0.1), (2, 0.23), (3, 0.4), (7, 0.08), (45, 0.2)] {
        let mut sending = Sending::new();
        let mut parity = 0;
        for _ in 0..500 {
            parity += sending.picture(packets, share).len();
            parity += sending.wait(33 * MS, share).len();
        }
        let expected = 500.0 * packets as f64 * share;
        assert!((parity as f64 - expected).abs() <= 2.0, "{parity} for {packets} a picture, not {expected}");
    }
}

#[test]
fn a_key_frame_gets_more() {
    let mut sending = Sending::new();
    for _ in 0..30 {
        sending.picture(4, 0.25);
        sending.wait(50 * MS, 0.25);
    }
    assert_eq!(sending.picture(40, 0.25).len(), 15);
}

#[test]
fn nothing_is_kept_while_nothing_is_spent() {
    let mut sending = Sending::new();
    assert!(sending.picture(100, 0.0).is_empty());
    assert!(sending.protector.group.is_empty() && sending.protector.next_at().is_none());
}

#[test]
fn parity_covers_no_gap_and_no_more_than_its_masks_reach() {
    let mut sending = Sending::new();
    sending.next = 0;
    sending.packet(false, 0.5);
    sending.packet(false, 0.5);
    sending.next = 500;
    assert_eq!(sending.packet(false, 0.5), [[0, 1]]);
    let most = (0..200).flat_map(|_| sending.packet(false, 0.5)).map(|numbers| numbers.len()).sum::<usize>();
    assert_eq!(most, 4 * MAX_COVERED);
}

#[test]
fn numbers_go_on_when_the_stream_is_agreed_on_anew() {
    let mut sending = Sending::new();
    sending.picture(2, 1.0);
    let stream =
        ParityStream { ssrc: 4, payload_type: 105, next_sequence_number: 9, extension: NumberExtension::default() };
    sending.protector.rebind(stream);
    assert_eq!((sending.protector.stream.next_sequence_number, sending.protector.stream.payload_type), (11, 105));
}
