use bytes::Bytes;
use rtc::interceptor::{RTCPFeedback, RTPHeaderExtension};
use rtc::rtcp::transport_feedbacks::transport_layer_nack::NackPair;

use super::super::flexfec::{Parity, parity_of};
use super::*;
use crate::audio::audio_level::AudioLevel;

const MS: Duration = Duration::from_millis(1);
const EXTENSION: u8 = 5;
const OURS: u32 = 1;
const OURS_AGAIN: u32 = 2;
const THEIRS: u32 = 11;
const THEIRS_AGAIN: u32 = 12;

fn stream(ssrc: u32, ssrc_rtx: u32) -> StreamInfo {
    StreamInfo {
        ssrc,
        ssrc_rtx: Some(ssrc_rtx),
        payload_type: 102,
        payload_type_rtx: Some(103),
        mime_type: MIME_TYPE_H264.to_owned(),
        clock_rate: 90_000,
        rtcp_feedback: vec![RTCPFeedback { typ: "nack".to_owned(), parameter: String::new() }],
        rtp_header_extensions: vec![RTPHeaderExtension { uri: TRANSPORT_CC_URI.to_owned(), id: EXTENSION.into() }],
        ..StreamInfo::default()
    }
}

/// A transport with a stream each way, as the stack binds them.
fn transport(now: Instant) -> (TransportInterceptor, Arc<TransportLink>) {
    let link = Arc::<TransportLink>::default();
    let mut transport = TransportInterceptor::new(now, link.clone(), Arc::default());
    transport.bind_local_stream(&stream(OURS, OURS_AGAIN));
    transport.bind_remote_stream(&stream(THEIRS, THEIRS_AGAIN));
    let again = StreamInfo { ssrc: THEIRS_AGAIN, ssrc_rtx: None, payload_type: 103, ..stream(THEIRS, THEIRS_AGAIN) };
    transport.bind_remote_stream(&again);
    (transport, link)
}

fn tagged(now: Instant, packet: Packet) -> TaggedPacket {
    TaggedPacket { now, transport: TransportContext::default(), message: AttributedPacket::new(packet) }
}

fn rtp(ssrc: u32, sequence_number: u16, payload: &'static [u8]) -> rtp::Packet {
    let header = Header { version: 2, payload_type: 102, sequence_number, ssrc, ..Header::default() };
    rtp::Packet { header, payload: Bytes::from_static(payload) }
}

fn numbered(mut packet: rtp::Packet, number: u16) -> rtp::Packet {
    packet.header.set_extension(EXTENSION, Bytes::copy_from_slice(&number.to_be_bytes())).unwrap();
    packet
}

fn written(transport: &mut TransportInterceptor) -> (Vec<rtp::Packet>, Vec<Box<dyn rtc::rtcp::Packet>>) {
    let (mut packets, mut messages) = (Vec::new(), Vec::new());
    while let Some(packet) = transport.poll_write() {
        match packet.message.packet {
            Packet::Rtp(packet) => packets.push(packet),
            Packet::Rtcp(parts) => messages.extend(parts),
            _ => {}
        }
    }
    (packets, messages)
}

fn read(transport: &mut TransportInterceptor) -> Vec<rtp::Packet> {
    std::iter::from_fn(|| transport.poll_read())
        .filter_map(|packet| if let Packet::Rtp(packet) = packet.message.packet { Some(packet) } else { None })
        .collect()
}

#[test]
fn packets_leave_with_numbers_across_streams() {
    let now = Instant::now();
    let (mut transport, _) = transport(now);
    for (ssrc, sequence_number) in [(OURS, 7), (99, 1), (OURS, 8)] {
        transport.handle_write(tagged(now, Packet::Rtp(rtp(ssrc, sequence_number, b"payload")))).unwrap();
    }
    let (packets, _) = written(&mut transport);
    let numbers: Vec<_> = packets.iter().map(|packet| packet.header.get_extension(EXTENSION).unwrap()).collect();
    assert_eq!(numbers, [[0, 0], [0, 1], [0, 2]].map(|number: [u8; 2]| Bytes::copy_from_slice(&number)));
    assert!(packets.iter().all(|packet| packet.payload == b"payload"[..] && packet.header.version == 2));
}

#[test]
fn the_level_of_sound_goes_along_where_both_sides_have_agreed_on_it() {
    const SOUND: u32 = 21;
    const LEVEL_EXTENSION: u8 = 3;
    let now = Instant::now();
    let loud = AudioLevel::new(-20.0, true);
    for agreed in [true, false] {
        let (mut transport, _) = transport(now);
        let level = RTPHeaderExtension { uri: audio_level::URI.to_owned(), id: LEVEL_EXTENSION.into() };
        let mut info = StreamInfo { ssrc: SOUND, mime_type: "audio/opus".to_owned(), ..stream(SOUND, 0) };
        info.rtp_header_extensions.extend(agreed.then_some(level));
        transport.bind_local_stream(&info);
        let mut packet = rtp(SOUND, 1, b"sound");
        level::put(&mut packet.header, LEVEL_EXTENSION, loud);
        transport.handle_write(tagged(now, Packet::Rtp(packet))).unwrap();
        let (packets, _) = written(&mut transport);
        let told = packets[0].header.get_extension(LEVEL_EXTENSION);
        assert_eq!(told, agreed.then(|| Bytes::copy_from_slice(&loud.encode())));
    }
}

#[test]
fn what_the_peer_asks_for_is_sent_again_in_the_stream_for_that() {
    let now = Instant::now();
    let (mut transport, link) = transport(now);
    transport.handle_write(tagged(now, Packet::Rtp(rtp(OURS, 7, b"payload")))).unwrap();
    written(&mut transport);
    let nack = TransportLayerNack {
        sender_ssrc: 0,
        media_ssrc: OURS,
        nacks: vec![NackPair { packet_id: 6, lost_packets: 0b1 }],
    };
    transport.handle_read(tagged(now + 50 * MS, Packet::Rtcp(vec![Box::new(nack)]))).unwrap();
    let (packets, _) = written(&mut transport);
    assert_eq!(packets.len(), 1);
    assert_eq!((packets[0].header.ssrc, packets[0].header.payload_type), (OURS_AGAIN, 103));
    assert_eq!(packets[0].payload, b"\x00\x07payload"[..]);
    let statistics = link.statistics();
    assert_eq!((statistics.requests_received, statistics.retransmitted_packets), (2, 1));
}

#[test]
fn a_retransmission_goes_on_as_the_packet_that_it_repeats() {
    let now = Instant::now();
    let (mut transport, link) = transport(now);
    for sequence_number in [1, 3] {
        transport.handle_read(tagged(now, Packet::Rtp(rtp(THEIRS, sequence_number, b"here")))).unwrap();
    }
    assert_eq!(read(&mut transport).len(), 2);
    let (_, messages) = written(&mut transport);
    let nack = messages.iter().find_map(|message| message.as_any().downcast_ref::<TransportLayerNack>()).unwrap();
    assert_eq!((nack.media_ssrc, nack.nacks[0].packet_list()), (THEIRS, vec![2]));

    for _ in 0..2 {
        let mut again = rtp(THEIRS_AGAIN, 500, b"\x00\x02lost");
        again.header.payload_type = 103;
        transport.handle_read(tagged(now + 50 * MS, Packet::Rtp(again))).unwrap();
    }
    let packets = read(&mut transport);
    assert_eq!(packets.len(), 1, "the second is there already");
    let Header { ssrc, payload_type, sequence_number, .. } = packets[0].header;
    assert_eq!((ssrc, payload_type, sequence_number), (THEIRS, 102, 2));
    assert_eq!(packets[0].payload, b"lost"[..]);
    assert_eq!(link.statistics().repaired_packets, 1);
}

#[test]
fn probes_of_the_path_reach_nobody_and_are_told_of_all_the_same() {
    let now = Instant::now();
    let (mut transport, _) = transport(now);
    transport.handle_read(tagged(now, Packet::Rtp(numbered(rtp(THEIRS, 1, b"here"), 0)))).unwrap();
    let nothing_in_it = numbered(rtp(THEIRS_AGAIN, 1, b""), 1);
    let what_is_there = numbered(rtp(THEIRS_AGAIN, 2, b"\x00\x01here"), 2);
    for packet in [nothing_in_it, what_is_there] {
        transport.handle_read(tagged(now, Packet::Rtp(packet))).unwrap();
    }
    assert_eq!(read(&mut transport).len(), 1);

    let due_at = transport.poll_timeout().unwrap();
    transport.handle_timeout(due_at).unwrap();
    let (_, messages) = written(&mut transport);
    let feedback = messages.iter().find_map(|message| message.as_any().downcast_ref::<TransportLayerCc>()).unwrap();
    assert_eq!((feedback.base_sequence_number, feedback.packet_status_count), (0, 3));
    assert_eq!(feedback.recv_deltas.len(), 3);
    assert_eq!(transport.poll_timeout(), None);
}

#[test]
fn feedback_of_a_peer_tells_what_the_link_carries() {
    let now = Instant::now();
    let (mut ours, link) = transport(now);
    let mut theirs = transport(now).0;
    theirs.bind_remote_stream(&stream(OURS, OURS_AGAIN));
    assert_eq!(link.estimate(), None);
    for sequence_number in 0..20 {
        let now = now + u32::from(sequence_number) * 10 * MS;
        ours.handle_write(tagged(now, Packet::Rtp(rtp(OURS, sequence_number, &[0; 1000])))).unwrap();
        for packet in written(&mut ours).0 {
            theirs.handle_read(tagged(now + 10 * MS, Packet::Rtp(packet))).unwrap();
        }
        theirs.handle_timeout(now + 10 * MS).unwrap();
        for message in written(&mut theirs).1 {
            ours.handle_read(tagged(now + 20 * MS, Packet::Rtcp(vec![message]))).unwrap();
        }
    }
    assert!(link.estimate().is_some());
    assert_eq!(link.statistics().loss, 0.0);
}

#[test]
fn binding_again_does_not_repeat_sequence_numbers() {
    let now = Instant::now();
    let (mut transport, _) = transport(now);
    let mut again = |at: Duration| {
        transport.bind_local_stream(&stream(OURS, OURS_AGAIN));
        transport.handle_write(tagged(now + at, Packet::Rtp(rtp(OURS, 7, b"payload")))).unwrap();
        written(&mut transport);
        let nacks = vec![NackPair { packet_id: 7, lost_packets: 0 }];
        let nack = TransportLayerNack { sender_ssrc: 0, media_ssrc: OURS, nacks };
        transport.handle_read(tagged(now + at, Packet::Rtcp(vec![Box::new(nack)]))).unwrap();
        written(&mut transport).0[0].header.sequence_number
    };
    let first = again(MS);
    assert_eq!(again(1000 * MS), first.wrapping_add(1));
}

/// As [`stream`], with parity.
fn protected(ssrc: u32, ssrc_rtx: u32, ssrc_fec: u32) -> StreamInfo {
    StreamInfo { ssrc_fec: Some(ssrc_fec), payload_type_fec: Some(104), ..stream(ssrc, ssrc_rtx) }
}

/// Twenty seconds over a path of 300 ms to and fro that loses one packet of fifteen and brings nothing again: what has come.
fn long_lossy_way(
    sent: &StreamInfo,
    received: &StreamInfo,
) -> (Vec<rtp::Packet>, Arc<TransportLink>, Arc<TransportLink>) {
    const PARITY: u32 = 3;
    let start = Instant::now();
    let (mut ours, our_link) = transport(start);
    let (mut theirs, their_link) = transport(start);
    ours.bind_local_stream(sent);
    theirs.bind_remote_stream(received);
    let again = StreamInfo { ssrc: PARITY, payload_type: 104, ..stream(PARITY, OURS_AGAIN) };
    theirs.bind_remote_stream(&StreamInfo { ssrc_rtx: None, ..again });
    our_link.set_checked_round_trip(300 * MS);
    let (mut came, mut carried) = (Vec::new(), 0);
    for sequence_number in 0..2000 {
        let now = start + u32::from(sequence_number) * 10 * MS;
        let mut packet = rtp(OURS, sequence_number, &[7; 500]);
        packet.header.marker = sequence_number % 4 == 3;
        packet.header.timestamp = u32::from(sequence_number / 4) * 3600;
        ours.handle_write(tagged(now, Packet::Rtp(packet))).unwrap();
        ours.handle_timeout(now).unwrap();
        for packet in written(&mut ours).0 {
            carried += 1;
            if carried % 15 != 0 {
                theirs.handle_read(tagged(now, Packet::Rtp(packet))).unwrap();
            }
        }
        theirs.handle_timeout(now).unwrap();
        came.extend(read(&mut theirs));
        for message in written(&mut theirs).1.into_iter().filter(|message| message.as_any().is::<TransportLayerCc>()) {
            ours.handle_read(tagged(now, Packet::Rtcp(vec![message]))).unwrap();
        }
    }
    (came, our_link, their_link)
}

#[test]
fn what_is_lost_comes_out_of_parity_as_it_was() {
    let protected = protected(OURS, OURS_AGAIN, 3);
    let (came, ours, theirs) = long_lossy_way(&protected, &protected);
    let recovered = theirs.statistics().recovered_packets;
    assert!(ours.statistics().parity_packets > 200 && recovered > 50, "{recovered} were recovered");
    let (room, estimate) = (ours.room().unwrap(), ours.estimate().unwrap());
    assert!(room.steady_bps < estimate.steady_bps, "{room:?} of {estimate:?}");
    for rtp::Packet { header, payload } in came {
        assert_eq!((header.ssrc, header.payload_type), (OURS, 102));
        assert_eq!(header.marker, header.sequence_number % 4 == 3);
        assert_eq!(header.timestamp, u32::from(header.sequence_number / 4) * 3600);
        assert_eq!(payload[..], [7; 500]);
    }
}

#[test]
fn a_peer_that_takes_no_parity_gets_none() {
    let without = StreamInfo { payload_type_fec: None, ..protected(OURS, OURS_AGAIN, 3) };
    let (_, ours, theirs) = long_lossy_way(&without, &without);
    assert_eq!((ours.statistics().parity_packets, theirs.statistics().recovered_packets), (0, 0));
    assert_eq!(ours.room(), ours.estimate());
}

#[test]
fn the_stack_s_own_flexfec_reads_our_parity_and_we_read_its() {
    use rtc::interceptor::{FlexFec03Decoder, FlexFec03Encoder};

    const PARITY: u32 = 3;
    // More than the first mask covers, with the extension as it counts in parity: without its number.
    let packets: Vec<_> = (0..20)
        .map(|place: u16| {
            let packet = numbered(
                rtp(OURS, 0xfff8_u16.wrapping_add(place), &b"a picture of some length"[usize::from(place)..]),
                0,
            );
            let Header { ssrc, payload_type, sequence_number, timestamp, marker, .. } = packet.header;
            let payload = packet.payload.clone();
            (packet, MediaPacket { ssrc, payload_type, sequence_number, timestamp, marker, audio_level: None, payload })
        })
        .collect();
    let (theirs, ours): (Vec<_>, Vec<_>) = packets.into_iter().unzip();
    let extension = NumberExtension::new(Some(EXTENSION));

    let payload = parity_of(&ours.iter().collect::<Vec<_>>(), extension).unwrap();
    let header = Header { version: 2, payload_type: 104, ssrc: PARITY, ..Header::default() };
    let mut decoder = FlexFec03Decoder::new(PARITY, OURS);
    let held = theirs.iter().skip(1).cloned();
    let recovered: Vec<_> =
        held.chain([rtp::Packet { header, payload }]).flat_map(|packet| decoder.decode(packet)).collect();
    assert_eq!(recovered, theirs[..1]);

    for packet in FlexFec03Encoder::new(104, PARITY).encode(&theirs, 2) {
        let parity = Parity::read(&packet.payload).unwrap();
        let mut covered = ours.iter().filter(|packet| parity.sequence_numbers.contains(&packet.sequence_number));
        let lost = covered.next().unwrap();
        assert_eq!(parity.recover(lost.sequence_number, &covered.collect::<Vec<_>>(), extension).as_ref(), Some(lost));
    }
}
