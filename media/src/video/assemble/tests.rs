use super::*;
use crate::video::packetize::packetize;
use proptest::prelude::*;

const FRAME: Duration = Duration::from_millis(33);

/// A sender of made-up pictures. Each has its number in its bytes, so that no two are equal.
struct Sender {
    pictures: Vec<Bytes>,
    next_sequence: u16,
    max_payload: usize,
}

impl Sender {
    fn new(first_sequence: u16) -> Self {
        Self { pictures: Vec::new(), next_sequence: first_sequence, max_payload: 100 }
    }

    /// The packets of the next picture, with a slice of `len` bytes.
    fn picture(&mut self, is_key_frame: bool, len: usize) -> Vec<RtpPacket> {
        let number = self.pictures.len() as u32;
        let units: &[&[u8]] = if is_key_frame { &[&[0x67, 1, 2, 3], &[0x68, 4, 5], &[0x65]] } else { &[&[0x41]] };
        let mut annexb = Vec::new();
        for unit in units {
            annexb.extend(crate::codec::h264::nal::START_CODE);
            annexb.extend(*unit);
        }
        annexb.extend((number + 1).to_le_bytes().map(|byte| byte | 0x80));
        annexb.resize(annexb.len() + len, 0x55);
        let annexb = Bytes::from(annexb);
        let payloads = packetize(&annexb, self.max_payload);
        self.pictures.push(annexb);
        let last = payloads.len() - 1;
        let packet = |(at, payload)| {
            let sequence_number = self.next_sequence.wrapping_add(at as u16);
            RtpPacket { sequence_number, timestamp: number.wrapping_mul(3000), marker: at == last, payload }
        };
        let packets: Vec<_> = payloads.into_iter().enumerate().map(packet).collect();
        self.next_sequence = self.next_sequence.wrapping_add(packets.len() as u16);
        packets
    }
}

/// What came out, in short.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Out {
    Picture(u32),
    NeedKeyFrame,
}
use Out::{NeedKeyFrame, Picture as Shown};

fn drain(assembler: &mut Assembler) -> Vec<Out> {
    let short = |output| match output {
        Output::Picture(picture) => Shown(picture.timestamp / 3000),
        Output::NeedKeyFrame => NeedKeyFrame,
    };
    std::iter::from_fn(|| assembler.poll()).map(short).collect()
}

fn push(assembler: &mut Assembler, now: Instant, packets: &[RtpPacket]) -> Vec<Out> {
    let mut out = Vec::new();
    for packet in packets {
        assembler.push(now, packet.clone());
        out.extend(drain(assembler));
    }
    out
}

/// The least that is told apart from [`WAIT`].
const INSTANT: Duration = Duration::from_millis(1);
const WAIT: Duration = Duration::from_millis(250);

fn assembler() -> (Assembler, Instant) {
    (Assembler::new(AssemblerConfig::default()), Instant::now())
}

#[test]
fn pictures_leave_with_their_last_packet() {
    let ((mut assembler, now), mut sender) = (assembler(), Sender::new(65_530));
    for number in 0..20 {
        let packets = sender.picture(number == 0, 500);
        let (last, before) = packets.split_last().unwrap();
        assert_eq!(push(&mut assembler, now, before), []);
        assert_eq!(push(&mut assembler, now, std::slice::from_ref(last)), [Shown(number)]);
    }
    assert_eq!(assembler.statistics().lost_packets, 0);
    assert_eq!(assembler.next_deadline(), None);
}

#[test]
fn a_picture_is_given_out_as_it_was_sent() {
    let ((mut assembler, now), mut sender) = (assembler(), Sender::new(0));
    for packet in sender.picture(true, 500) {
        assembler.push(now, packet);
    }
    let expected = Picture { annexb: sender.pictures[0].to_vec(), timestamp: 0, is_key_frame: true, received_at: now };
    assert_eq!(assembler.poll(), Some(Output::Picture(expected)));
}

#[test]
fn joining_in_the_middle_asks_for_a_key_frame_and_starts_there() {
    let ((mut assembler, now), mut sender) = (assembler(), Sender::new(7));
    assert_eq!(push(&mut assembler, now, &sender.picture(false, 300)), [NeedKeyFrame]);
    assert_eq!(push(&mut assembler, now + FRAME, &sender.picture(false, 300)), []);
    assert_eq!(push(&mut assembler, now + 2 * FRAME, &sender.picture(true, 300)), [Shown(2)]);
    assert_eq!(push(&mut assembler, now + 3 * FRAME, &sender.picture(false, 300)), [Shown(3)]);
}

#[test]
fn a_key_frame_is_asked_for_again_until_it_comes() {
    let ((mut assembler, now), mut sender) = (assembler(), Sender::new(7));
    let requests: usize =
        (0..30).map(|number| push(&mut assembler, now + FRAME * number, &sender.picture(false, 10)).len()).sum();
    assert_eq!(requests, 3, "in 957 ms with a packet each 33 ms: after 0, 330 and 660 ms");
}

#[test]
fn reordered_and_repeated_packets_make_no_difference() {
    let ((mut assembler, now), mut sender) = (assembler(), Sender::new(65_533));
    let mut packets = sender.picture(true, 500);
    packets.extend(sender.picture(false, 400));
    packets.reverse();
    packets.extend_from_within(..);
    let out: Vec<_> = push(&mut assembler, now, &packets).into_iter().filter(|out| *out != NeedKeyFrame).collect();
    assert_eq!(out, [Shown(0), Shown(1)]);
}

#[test]
fn a_late_packet_within_the_wait_costs_no_picture() {
    let ((mut assembler, now), mut sender) = (assembler(), Sender::new(0));
    push(&mut assembler, now, &sender.picture(true, 500));
    let mut damaged = sender.picture(false, 500);
    let late = damaged.remove(2);
    assert_eq!(push(&mut assembler, now, &damaged), []);
    assert_eq!(assembler.next_deadline(), Some(now + WAIT));
    assert_eq!(push(&mut assembler, now + 2 * FRAME, &sender.picture(false, 500)), []);
    assert_eq!(assembler.next_deadline(), Some(now + WAIT), "the wait does not start again");
    assert_eq!(push(&mut assembler, now + (WAIT - INSTANT), &[late]), [Shown(1), Shown(2)]);
    assert_eq!(assembler.statistics().lost_packets, 0);
}

#[test]
fn a_lost_packet_drops_up_to_the_next_key_frame_after_the_wait() {
    let ((mut assembler, now), mut sender) = (assembler(), Sender::new(0));
    push(&mut assembler, now, &sender.picture(true, 500));
    let mut damaged = sender.picture(false, 500);
    let too_late = damaged.remove(2);
    push(&mut assembler, now, &damaged);
    assembler.tick(now + (WAIT - INSTANT));
    assert_eq!(drain(&mut assembler), []);
    assembler.tick(now + WAIT);
    assert_eq!(drain(&mut assembler), [NeedKeyFrame]);
    let now = now + (WAIT + INSTANT);
    assert_eq!(push(&mut assembler, now, &sender.picture(false, 500)), []);
    let key_frame = sender.picture(true, 500);
    assert_eq!(push(&mut assembler, now, &key_frame[..1]), []);
    assert_eq!(push(&mut assembler, now, &key_frame[1..]), [Shown(3)]);
    assert_eq!(push(&mut assembler, now, &[too_late]), []);
    assert_eq!(assembler.statistics().lost_packets, 1);
}

#[test]
fn a_packet_that_comes_before_the_key_frame_is_whole_costs_no_picture() {
    let ((mut assembler, now), mut sender) = (assembler(), Sender::new(0));
    push(&mut assembler, now, &sender.picture(true, 500));
    let mut damaged = sender.picture(false, 500);
    let late = damaged.remove(2);
    push(&mut assembler, now, &damaged);
    push(&mut assembler, now + FRAME, &sender.picture(false, 500));
    assembler.tick(now + WAIT);
    assert_eq!(drain(&mut assembler), [NeedKeyFrame]);
    let key_frame = sender.picture(true, 500);
    assert_eq!(push(&mut assembler, now + WAIT + FRAME, &key_frame[..1]), []);
    assert_eq!(push(&mut assembler, now + WAIT + FRAME, &[late]), [Shown(1), Shown(2)]);
    assert_eq!(push(&mut assembler, now + WAIT + FRAME, &key_frame[1..]), [Shown(3)]);
    assert_eq!(assembler.statistics().lost_packets, 0);
}

#[test]
fn a_packet_that_does_not_come_is_given_up_though_no_key_frame_begins() {
    let ((mut assembler, now), mut sender) = (assembler(), Sender::new(0));
    push(&mut assembler, now, &sender.picture(true, 500));
    let mut damaged = sender.picture(false, 500);
    damaged.remove(2);
    push(&mut assembler, now, &damaged);
    let mut asked_at = Vec::new();
    while let Some(deadline) = assembler.next_deadline() {
        assembler.tick(deadline);
        asked_at.extend(drain(&mut assembler).iter().map(|_| deadline - now));
        assert!(deadline <= now + WAITS_AT_MOST * WAIT);
    }
    assert_eq!(asked_at, [WAIT]);
}

#[test]
fn a_key_frame_that_came_during_the_wait_is_used_without_asking() {
    let ((mut assembler, now), mut sender) = (assembler(), Sender::new(0));
    push(&mut assembler, now, &sender.picture(true, 500));
    sender.picture(false, 500);
    assert_eq!(push(&mut assembler, now, &sender.picture(true, 500)), []);
    assembler.tick(now + WAIT);
    assert_eq!(drain(&mut assembler), [Shown(2)]);
}

#[test]
fn a_lost_last_packet_is_not_covered_by_the_next_picture() {
    let ((mut assembler, now), mut sender) = (assembler(), Sender::new(0));
    push(&mut assembler, now, &sender.picture(true, 500));
    let mut damaged = sender.picture(false, 500);
    damaged.pop();
    push(&mut assembler, now, &damaged);
    assert_eq!(push(&mut assembler, now + FRAME, &sender.picture(false, 500)), []);
    assembler.tick(now + FRAME + WAIT);
    assert_eq!(drain(&mut assembler), [NeedKeyFrame]);
}

#[test]
fn without_markers_a_picture_ends_where_the_next_begins() {
    let ((mut assembler, now), mut sender) = (assembler(), Sender::new(0));
    let mut unmarked = |is_key_frame| {
        let mut packets = sender.picture(is_key_frame, 300);
        packets.iter_mut().for_each(|packet| packet.marker = false);
        packets
    };
    assert_eq!(push(&mut assembler, now, &unmarked(true)), []);
    assert_eq!(push(&mut assembler, now, &unmarked(false)), [Shown(0)]);
    assert_eq!(push(&mut assembler, now, &unmarked(false)), [Shown(1)]);
}

#[test]
fn padding_between_pictures_is_passed_over() {
    let ((mut assembler, now), mut sender) = (assembler(), Sender::new(0));
    push(&mut assembler, now, &sender.picture(true, 300));
    for _ in 0..3 {
        let sequence_number = sender.next_sequence;
        sender.next_sequence += 1;
        let padding = RtpPacket { sequence_number, timestamp: 0, marker: false, payload: Bytes::new() };
        assert_eq!(push(&mut assembler, now, &[padding]), []);
    }
    assert_eq!(push(&mut assembler, now, &sender.picture(false, 300)), [Shown(1)]);
}

#[test]
fn a_malformed_picture_asks_for_a_key_frame() {
    let ((mut assembler, now), mut sender) = (assembler(), Sender::new(0));
    push(&mut assembler, now, &sender.picture(true, 300));
    let mut broken = sender.picture(false, 10);
    broken[0].payload = Bytes::from_static(&[0x78, 0, 0, 1]);
    assert_eq!(push(&mut assembler, now, &broken), [NeedKeyFrame]);
    assert_eq!(push(&mut assembler, now, &sender.picture(false, 10)), []);
    assert_eq!(push(&mut assembler, now, &sender.picture(true, 10)), [Shown(3)]);
}

#[test]
fn a_decoder_in_trouble_gets_a_key_frame() {
    let ((mut assembler, now), mut sender) = (assembler(), Sender::new(0));
    push(&mut assembler, now, &sender.picture(true, 300));
    assembler.resynchronise();
    assert_eq!(drain(&mut assembler), [NeedKeyFrame]);
    assert_eq!(push(&mut assembler, now, &sender.picture(false, 10)), []);
    assert_eq!(push(&mut assembler, now, &sender.picture(true, 10)), [Shown(2)]);
}

#[test]
fn a_sender_that_starts_anew_is_followed_from_its_second_packet() {
    let ((mut assembler, now), mut sender) = (assembler(), Sender::new(40_000));
    push(&mut assembler, now, &sender.picture(true, 300));
    sender.next_sequence = 100;
    assert_eq!(push(&mut assembler, now, &sender.picture(false, 300)), [NeedKeyFrame]);
    assert_eq!(push(&mut assembler, now, &sender.picture(true, 300)), [Shown(2)]);
}

#[test]
fn one_stray_sequence_number_changes_nothing() {
    let ((mut assembler, now), mut sender) = (assembler(), Sender::new(0));
    push(&mut assembler, now, &sender.picture(true, 300));
    let mut stray = sender.picture(false, 10);
    sender.next_sequence -= 1;
    stray[0].sequence_number = 30_000;
    assert_eq!(push(&mut assembler, now, &stray), []);
    assert_eq!(push(&mut assembler, now, &sender.picture(false, 300)), [Shown(2)]);
}

#[test]
fn a_picture_without_end_is_dropped_before_it_fills_memory() {
    let (mut assembler, now) = assembler();
    for number in 0..20_000_u16 {
        let payload = Bytes::from_static(if number == 0 { &[0x67, 1] } else { &[0x7c, 0x05, 9] });
        assembler.push(now, RtpPacket { sequence_number: number, timestamp: 0, marker: false, payload });
        if number % 64 == 0 {
            drain(&mut assembler);
        }
        assert!(assembler.packets.len() <= MAX_PACKETS && assembler.bytes <= MAX_BYTES);
    }
}

/// What happens to a packet on its way.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Arrives { late_ms: u64 },
    Repeated { late_ms: u64 },
    Lost,
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        12 => (0..20_u64).prop_map(|late_ms| Fate::Arrives { late_ms }),
        2 => (20..90_u64).prop_map(|late_ms| Fate::Arrives { late_ms }),
        2 => (0..150_u64).prop_map(|late_ms| Fate::Repeated { late_ms }),
        1 => Just(Fate::Lost),
    ]
}

/// Sends pictures of the given lengths through a network and gives the numbers of what came out, which is checked to be
/// exactly what was sent. A request is answered with a key frame in the next picture.
fn transmit(first_sequence: u16, lengths: &[usize], fates: &[Fate]) -> Result<Vec<(u32, bool)>, TestCaseError> {
    let ((mut assembler, start), mut sender) = (assembler(), Sender::new(first_sequence));
    let mut fates = fates.iter().cycle();
    let mut underway: Vec<(u64, RtpPacket)> = Vec::new();
    let mut shown = Vec::new();
    let mut key_frame_wanted = true;
    for now_ms in 0..(lengths.len() as u64 * 33 + 500) {
        if now_ms % 33 == 0
            && let Some(len) = lengths.get((now_ms / 33) as usize)
        {
            for packet in sender.picture(std::mem::take(&mut key_frame_wanted), *len) {
                match fates.next().expect("a cycle does not end") {
                    Fate::Arrives { late_ms } => underway.push((now_ms + late_ms, packet)),
                    Fate::Repeated { late_ms } => {
                        underway.push((now_ms, packet.clone()));
                        underway.push((now_ms + late_ms, packet));
                    }
                    Fate::Lost => {}
                }
            }
        }
        let now = start + Duration::from_millis(now_ms);
        assembler.tick(now);
        let (arrived, rest) = underway.into_iter().partition(|(at, _)| *at <= now_ms);
        underway = rest;
        for packet in arrived.into_iter().map(|(_, packet)| Some(packet)).chain([None]) {
            if let Some(packet) = packet {
                assembler.push(now, packet);
            }
            while let Some(output) = assembler.poll() {
                match output {
                    Output::NeedKeyFrame => key_frame_wanted = true,
                    Output::Picture(picture) => {
                        let number = picture.timestamp / 3000;
                        prop_assert_eq!(&picture.annexb[..], &sender.pictures[number as usize][..]);
                        shown.push((number, picture.is_key_frame));
                    }
                }
            }
        }
    }
    Ok(shown)
}

proptest! {
    #[test]
    fn only_whole_pictures_come_out_in_order_and_gaps_end_with_key_frames(
        first_sequence: u16,
        lengths in prop::collection::vec(0..3000_usize, 1..60),
        fates in prop::collection::vec(fate(), 1..400),
    ) {
        let shown = transmit(first_sequence, &lengths, &fates)?;
        if let Some((_, is_key_frame)) = shown.first() {
            prop_assert!(is_key_frame);
        }
        for pair in shown.windows(2) {
            let [(before, _), (number, is_key_frame)] = [pair[0], pair[1]];
            prop_assert!(number == before + 1 || (number > before && is_key_frame), "{} after {}", number, before);
        }
    }

    #[test]
    fn without_loss_every_picture_comes_out_from_the_first_on(
        first_sequence: u16,
        lengths in prop::collection::vec(0..3000_usize, 1..60),
        delays in prop::collection::vec(0..95_u64, 1..400),
    ) {
        let fates: Vec<_> = delays.iter().map(|late_ms| Fate::Arrives { late_ms: *late_ms }).collect();
        let shown = transmit(first_sequence, &lengths, &fates)?;
        let numbers: Vec<_> = shown.iter().map(|(number, _)| *number).collect();
        // The very first may be passed over for a key frame that was asked for before it could be known that it is one.
        prop_assert!(!numbers.is_empty());
        prop_assert_eq!(&numbers, &(numbers[0]..lengths.len() as u32).collect::<Vec<_>>());
    }

    #[test]
    fn any_packets_are_survived(
        packets in prop::collection::vec(
            (0..200_u16, 0..4_u32, any::<bool>(), prop::collection::vec(any::<u8>(), 0..12)), 0..300,
        ),
    ) {
        let (mut assembler, start) = assembler();
        for (at, (sequence_number, timestamp, marker, payload)) in (0..).zip(packets) {
            let now = start + Duration::from_millis(3 * at);
            assembler.push(now, RtpPacket { sequence_number, timestamp, marker, payload: payload.into() });
            drain(&mut assembler);
        }
    }
}
