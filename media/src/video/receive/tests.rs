use super::*;
use crate::choice::VideoLimits;
use crate::codec::h264::clip::{Clip, luma_psnr_db};
use crate::codec::h264::{Encoder, EncoderConfig};
use crate::latest::Waited;
use crate::layer::{Layer, LayerTarget, Layers};
use crate::rtp::VideoPackets;
use crate::video::ladder::{Ladder, LadderConfig};
use crate::video::packetize::packetize;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::sync::mpsc::{Receiver, channel};

const LONG: Duration = Duration::from_secs(20);

/// Encodes the frames of a clip into packets.
struct Stream {
    clip: Clip,
    encoder: Encoder,
    next_sequence: u16,
}

impl Stream {
    fn new() -> Self {
        let encoder = Encoder::new(EncoderConfig { fps: 30, bitrate_bps: None });
        Self { clip: Clip::new(320, 180), encoder, next_sequence: 65_500 }
    }

    fn packets(&mut self, number: u32, force_key_frame: bool) -> Vec<RtpPacket> {
        let picture = self.encoder.encode(&self.clip.frame(number), force_key_frame).unwrap().unwrap();
        let payloads = packetize(&picture.annexb.into(), 300);
        let last = payloads.len() - 1;
        let first = self.next_sequence;
        self.next_sequence = first.wrapping_add(payloads.len() as u16);
        let packet = |(at, payload)| {
            let sequence_number = first.wrapping_add(at as u16);
            RtpPacket { sequence_number, timestamp: number * 3000, marker: at == last, payload }
        };
        payloads.into_iter().enumerate().map(packet).collect()
    }
}

/// A receiver, what it decoded, and how often it asked for a key frame.
struct Far {
    receiver: VideoReceiver,
    decoded: Receiver<(Arc<VideoFrame>, PictureInfo)>,
    requests: Arc<AtomicUsize>,
}

impl Far {
    fn new(pictures: Vec<Latest<Arc<VideoFrame>>>) -> Self {
        let ((sender, decoded), requests) = (channel(), Arc::new(AtomicUsize::new(0)));
        let on_picture: OnPicture = Box::new(move |frame, info| drop(sender.send((frame.clone(), info))));
        let config = ReceiverConfig { on_picture: Some(on_picture), ..Default::default() };
        let counter = requests.clone();
        let count = move || {
            counter.fetch_add(1, Ordering::SeqCst);
        };
        Self { receiver: VideoReceiver::start(config, pictures, count).unwrap(), decoded, requests }
    }

    fn push(&self, packets: Vec<RtpPacket>) {
        packets.into_iter().for_each(|packet| self.receiver.push(packet));
    }

    fn next(&self) -> (Arc<VideoFrame>, u32) {
        let (frame, info) = self.decoded.recv_timeout(LONG).expect("a picture comes");
        (frame, info.timestamp / 3000)
    }
}

fn wait_until(mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < LONG, "it did not happen");
        std::thread::yield_now();
    }
}

#[test]
fn what_was_sent_is_shown() {
    let (slot, mut stream) = (Latest::new(), Stream::new());
    let far = Far::new(vec![slot.clone()]);
    for number in 0..10 {
        far.push(stream.packets(number, false));
        let (frame, shown) = far.next();
        assert_eq!(shown, number);
        assert!(luma_psnr_db(&stream.clip.frame(number), &frame) > 30.0);
        assert!(matches!(slot.wait(LONG), Waited::Value(published) if Arc::ptr_eq(&published, &frame)));
    }
    wait_until(|| far.receiver.statistics().pictures_decoded == 10);
    let statistics = far.receiver.statistics();
    assert_eq!(statistics.pictures_assembled, 10);
    assert!(statistics.first_picture_at.is_some() && statistics.last_picture_at > statistics.first_picture_at);
    assert_eq!((statistics.width, statistics.height), (320, 180));
    assert_eq!((statistics.lost_packets, statistics.decode_errors, statistics.key_frame_requests), (0, 0, 0));
}

#[test]
fn after_a_loss_the_next_picture_is_the_key_frame_that_was_asked_for() {
    let (far, mut stream) = (Far::new(Vec::new()), Stream::new());
    far.push(stream.packets(0, false));
    assert_eq!(far.next().1, 0);
    stream.packets(1, false);
    far.push(stream.packets(2, false));
    wait_until(|| far.requests.load(Ordering::SeqCst) == 1);
    far.push(stream.packets(3, true));
    far.push(stream.packets(4, false));
    assert_eq!((far.next().1, far.next().1), (3, 4));
    wait_until(|| far.receiver.statistics().pictures_decoded == 3);
    assert!(far.receiver.statistics().lost_packets > 0);
    assert_eq!(far.receiver.statistics().decode_errors, 0);
}

#[test]
fn a_picture_that_cannot_be_decoded_leads_to_a_key_frame_and_is_not_shown() {
    let (far, mut stream) = (Far::new(Vec::new()), Stream::new());
    let mut damaged = stream.packets(0, false);
    for packet in &mut damaged[1..] {
        let mut payload = packet.payload.to_vec();
        payload[2..].fill(0xa5);
        packet.payload = payload.into();
    }
    far.push(damaged);
    wait_until(|| far.requests.load(Ordering::SeqCst) == 1);
    far.push(stream.packets(1, false));
    far.push(stream.packets(2, true));
    assert_eq!(far.next().1, 2);
    assert_eq!(far.receiver.statistics().decode_errors, 1);
}

#[test]
fn without_decoding_pictures_are_counted() {
    let config = ReceiverConfig { decode: false, ..Default::default() };
    let slot = Latest::new();
    let receiver = VideoReceiver::start(config, vec![slot.clone()], || {}).unwrap();
    let mut stream = Stream::new();
    for number in 0..3 {
        stream.packets(number, false).into_iter().for_each(|packet| receiver.push(packet));
    }
    wait_until(|| receiver.statistics().pictures_assembled == 3);
    wait_until(|| receiver.statistics().packets == u64::from(stream.next_sequence.wrapping_sub(65_500)));
    wait_until(|| receiver.statistics().first_picture_at.is_some());
    let statistics = receiver.statistics();
    assert_eq!((statistics.pictures_decoded, statistics.width, statistics.height), (0, 320, 180));
    assert!(slot.take().is_none());
}

#[test]
fn what_comes_while_nobody_looks_is_not_decoded_and_then_a_key_frame_is_asked_for() {
    let slot = Latest::new();
    let (far, mut stream) = (Far::new(vec![slot.clone()]), Stream::new());
    far.receiver.set_hidden(true);
    let packets: Vec<_> = (0..3).flat_map(|number| stream.packets(number, false)).collect();
    let count = packets.len() as u64;
    far.push(packets);
    wait_until(|| far.receiver.statistics().packets == count);
    far.receiver.set_hidden(false);
    assert_eq!(far.requests.load(Ordering::SeqCst), 0);
    far.push(stream.packets(3, false));
    wait_until(|| far.requests.load(Ordering::SeqCst) == 1);
    far.push(stream.packets(4, true));
    assert_eq!(far.next().1, 4);
    let statistics = far.receiver.statistics();
    assert_eq!((statistics.pictures_decoded, statistics.decode_errors), (1, 0));
}

#[test]
fn hiding_a_picture_that_then_does_not_come_needs_no_key_frame() {
    let (far, mut stream) = (Far::new(Vec::new()), Stream::new());
    far.push(stream.packets(0, false));
    assert_eq!(far.next().1, 0);
    far.receiver.set_hidden(true);
    far.receiver.set_hidden(false);
    far.push(stream.packets(1, false));
    assert_eq!(far.next().1, 1);
    assert_eq!(far.requests.load(Ordering::SeqCst), 0);
}

#[test]
fn a_receiver_that_does_not_keep_up_drops_packets_and_never_blocks() {
    let (release, blocked) = channel::<()>();
    let mut stream = Stream::new();
    let on_picture: OnPicture = Box::new(move |_, _| {
        let _ = blocked.recv(); // until the test is over
    });
    let config = ReceiverConfig { on_picture: Some(on_picture), ..Default::default() };
    let receiver = VideoReceiver::start(config, Vec::new(), || {}).unwrap();
    stream.packets(0, false).into_iter().for_each(|packet| receiver.push(packet));
    wait_until(|| receiver.statistics().pictures_assembled == 1);
    let packet = stream.packets(1, false).remove(0);
    for _ in 0..QUEUE_PACKETS + 100 {
        receiver.push(packet.clone());
    }
    assert!(receiver.statistics().overflowed_packets >= 100);
    drop(release);
}

#[test]
fn dropping_a_receiver_ends_it_whoever_holds_an_input() {
    let receiver = VideoReceiver::start(ReceiverConfig::default(), Vec::new(), || {}).unwrap();
    let input = receiver.input();
    drop(receiver);
    let packet = RtpPacket { sequence_number: 0, timestamp: 0, marker: true, payload: bytes::Bytes::new() };
    input.push(packet);
}

#[test]
fn sender_and_receiver_recover_from_loss_by_themselves() {
    let (captured, shown) = (Latest::new(), Latest::new());
    let requested = Arc::new(AtomicBool::new(false));
    let request = requested.clone();
    let receiver = VideoReceiver::start(ReceiverConfig::default(), vec![shown.clone()], move || {
        request.store(true, Ordering::SeqCst);
    })
    .unwrap();
    let (input, mut sequence_number, mut pictures) = (receiver.input(), 0_u16, 0);
    let deliver = move |packets: Arc<VideoPackets>| {
        pictures += 1;
        for (at, payload) in packets.payloads.iter().enumerate() {
            sequence_number = sequence_number.wrapping_add(1);
            let marker = at + 1 == packets.payloads.len();
            let packet = RtpPacket { sequence_number, timestamp: packets.timestamp, marker, payload: payload.clone() };
            if pictures != 3 {
                input.push(packet);
            }
        }
        Layers::NONE
    };
    let sender = Ladder::start(captured.clone(), LadderConfig::new(VideoLimits::MAX), deliver).unwrap();
    sender.set_targets([None, None, Some(LayerTarget { bitrate_bps: 250_000, max_fps: 30 })]);
    let clip = Clip::new(320, 180);
    let mut number = 0;
    wait_until(|| {
        captured.publish(Arc::new(clip.frame(number)));
        number += 1;
        std::thread::sleep(Duration::from_millis(10)); // a camera's pace
        if requested.swap(false, Ordering::SeqCst) {
            sender.key_frame_requester().request(Layer::Top);
        }
        let statistics = receiver.statistics();
        statistics.key_frame_requests > 0 && statistics.pictures_decoded > 5
    });
    let (sent, received) = (sender.statistics()[Layer::Top.index()], receiver.statistics());
    assert_eq!(received.decode_errors, 0);
    assert!(sent.key_frames >= 2 && received.lost_packets > 0 && shown.take().is_some());
}
