use proptest::prelude::*;

use super::*;

fn packet(sequence_number: u16, payload: &[u8]) -> MediaPacket {
    MediaPacket {
        ssrc: 0x0102_0304,
        payload_type: 102,
        sequence_number,
        timestamp: 0x1000_0000 + u32::from(sequence_number),
        marker: sequence_number.is_multiple_of(2),
        audio_level: None,
        payload: Bytes::copy_from_slice(payload),
    }
}

#[test]
fn the_bytes_are_those_of_the_draft() {
    let packets = [packet(7, &[1, 2, 3]), packet(9, &[4])];
    let payload = parity_of(&[&packets[0], &packets[1]], NumberExtension::default()).unwrap();
    let expected = [
        0,
        0,
        0,
        3 ^ 1,
        0,
        0,
        0,
        7 ^ 9, // flags, marker and type, length, timestamp
        1,
        0,
        0,
        0,
        1,
        2,
        3,
        4,
        0,
        7, // one stream, this one, from this number on
        0b1101_0000,
        0, // the last mask: the first and the third
        1 ^ 4,
        2,
        3,
    ];
    assert_eq!(payload[..], expected);
}

#[test]
fn any_one_packet_is_had_from_all_the_others() {
    for extension in [NumberExtension::default(), NumberExtension::new(Some(5))] {
        // Across the wrap, and beyond the first mask.
        let packets: Vec<_> =
            (0..12u16).map(|i| packet(0xfffa_u16.wrapping_add(i * 4), &vec![i as u8; 20 + usize::from(i)])).collect();
        let covered: Vec<_> = packets.iter().collect();
        let parity = Parity::read(&parity_of(&covered, extension).unwrap()).unwrap();
        assert_eq!(parity.sequence_numbers, packets.iter().map(|packet| packet.sequence_number).collect::<Vec<_>>());
        for lost in &packets {
            let others: Vec<_> = covered.iter().copied().filter(|packet| *packet != lost).collect();
            assert_eq!(parity.recover(lost.sequence_number, &others, extension).as_ref(), Some(lost));
        }
    }
}

#[test]
fn more_than_the_masks_reach_is_not_covered() {
    let (first, last, beyond) = (packet(10, &[1]), packet(55, &[2]), packet(56, &[3]));
    assert!(parity_of(&[&first, &last], NumberExtension::default()).is_some());
    assert!(parity_of(&[&first, &beyond], NumberExtension::default()).is_none());
}

#[test]
fn what_cannot_have_been_a_packet_is_not_taken_for_one() {
    let packets = [1, 2, 3].map(|number| packet(number, &[number as u8; 10]));
    let extension = NumberExtension::new(Some(5));
    let parity = Parity::read(&parity_of(&packets.each_ref(), extension).unwrap()).unwrap();
    let other = MediaPacket { payload: Bytes::from_static(&[1; 2000]), ..packets[0].clone() };
    assert_eq!(parity.recover(3, &[&other, &packets[1]], extension), None);
    let none = NumberExtension::default();
    assert_eq!(parity.recover(3, &[&packets[0], &packets[1]], none), None, "packets without numbers");
}

proptest! {
    #[test]
    fn whatever_comes_is_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..80), lone: bool, id in prop::option::of(1u8..15)) {
        let mut bytes = bytes;
        if bytes.len() > 8 && lone {
            bytes[0] &= RECOVERED_FLAGS;
            bytes[8] = 1;
        }
        if let Some(parity) = Parity::read(&bytes.into()) {
            prop_assert!((1..=109).contains(&parity.sequence_numbers.len()));
            let here = packet(parity.sequence_numbers[0], &[7; 100]);
            let _ = parity.recover(1, &[&here], NumberExtension::new(id));
            let _ = parity.recover(1, &[], NumberExtension::new(id));
        }
    }
}
