use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};

use super::*;
use crate::codec::h264::clip::Clip;
use crate::codec::h264::{nal, sps};
use crate::frame::{ColorSpace, FramePool};

const LONG: Duration = Duration::from_secs(20);
const WANTED: Option<LayerTarget> = Some(LayerTarget { bitrate_bps: 300_000, max_fps: 30 });
/// Every third frame of a clip is captured ten times a second, which no machine is too slow for, however long it takes.
const SLOWLY: u32 = 3;

/// A ladder for test clips, fed and read by hand.
struct Sent {
    ladder: Ladder,
    pictures: Latest<Arc<VideoFrame>>,
    packets: Receiver<Arc<VideoPackets>>,
}

impl Sent {
    fn start() -> Self {
        let (pictures, (delivered, packets)) = (Latest::new(), channel());
        let deliver = move |packets| {
            delivered.send(packets).ok();
            Layers::NONE
        };
        let ladder = Ladder::start(pictures.clone(), LadderConfig::new(VideoLimits::MAX), deliver).unwrap();
        Self { ladder, pictures, packets }
    }

    /// Sends a frame; gives so many pictures, by layer.
    fn send(&self, frame: VideoFrame, count: usize) -> BTreeMap<Layer, Arc<VideoPackets>> {
        self.pictures.publish(Arc::new(frame));
        (0..count).map(|_| self.packets.recv_timeout(LONG).unwrap()).map(|packets| (packets.layer, packets)).collect()
    }

    /// Whether the one layer's picture of a frame is a key frame.
    fn send_one(&self, frame: VideoFrame) -> bool {
        self.send(frame, 1).into_values().all(|picture| picture.is_key_frame)
    }
}

/// The worker's part without its thread.
fn encoding(
    delivered: Arc<Mutex<Vec<Arc<VideoPackets>>>>,
) -> (Arc<Shared>, Encoding<impl FnMut(Arc<VideoPackets>) -> Layers>) {
    let ladder = Sent::start().ladder;
    let shared = ladder.shared.clone();
    drop(ladder);
    let deliver = move |packets| {
        lock(&delivered).push(packets);
        Layers::NONE
    };
    (shared.clone(), Encoding::new(LadderConfig::new(VideoLimits::MAX), shared, deliver))
}

#[test]
fn each_wanted_layer_of_a_frame_is_encoded_in_its_size_with_the_same_timestamp() {
    let sent = Sent::start();
    sent.ladder.set_targets([WANTED; 3]);
    let clip = Clip::new(640, 480);
    for number in 0..3 {
        let pictures = sent.send(clip.frame(number), 3);
        assert_eq!(pictures.keys().copied().collect::<Vec<_>>(), Layer::ALL);
        assert!(pictures.values().all(|picture| picture.timestamp == pictures[&Layer::Top].timestamp));
        for (picture, size) in pictures.values().zip([(240, 180), (480, 360), (640, 480)]) {
            assert_eq!(picture.is_key_frame, number == 0);
            if number == 0 {
                // The parameter sets of a large key frame travel together in the first payload (RFC 6184 §5.7.1).
                let length = usize::from(u16::from_be_bytes([picture.payloads[0][1], picture.payloads[0][2]]));
                let unit = &picture.payloads[0][3..3 + length];
                assert_eq!(nal::unit_type(unit[0]), nal::SPS);
                let parameters = sps::parse(unit).unwrap();
                assert_eq!((parameters.width, parameters.height), size);
            }
        }
    }
}

#[test]
fn a_layer_is_sent_only_while_wanted_and_starts_with_a_key_frame() {
    let sent = Sent::start();
    let clip = Clip::new(320, 240);
    sent.ladder.set_targets([None, None, WANTED]);
    assert!(sent.send_one(clip.frame(0)));
    assert!(!sent.send_one(clip.frame(1)));
    sent.ladder.set_targets([WANTED, None, WANTED]);
    let pictures = sent.send(clip.frame(2), 2);
    assert!(pictures[&Layer::Low].is_key_frame && !pictures[&Layer::Top].is_key_frame);
    sent.ladder.set_targets([WANTED, None, None]);
    assert!(!sent.send_one(clip.frame(3)));
    sent.ladder.set_targets([None, None, WANTED]);
    assert!(sent.send_one(clip.frame(4)), "whoever is there now has missed what came before");
    assert!(!sent.send_one(clip.frame(5)));
    let [low, middle, top] = sent.ladder.statistics();
    assert_eq!((low.frames_encoded, low.key_frames, low.encode_errors), (2, 1, 0));
    assert_eq!((low.width, low.height), (240, 180));
    assert_eq!(middle, LayerStatistics::default());
    assert_eq!((top.frames_encoded, top.key_frames, top.encode_errors), (5, 2, 0));
    assert!(top.bytes > low.bytes && top.encode_time_total > Duration::ZERO);
}

#[test]
fn nothing_is_encoded_while_nobody_wants_it() {
    let Sent { ladder, pictures, packets } = Sent::start();
    let frame = Arc::new(Clip::new(640, 360).frame(0));
    pictures.publish(frame.clone());
    while pictures.publish(frame.clone()) {
        std::thread::yield_now(); // until the worker has taken the one before
    }
    let shared = ladder.shared.clone();
    drop(ladder);
    assert_eq!(packets.recv_timeout(LONG).unwrap_err(), RecvTimeoutError::Disconnected);
    assert_eq!(lock(&shared.state).statistics, PerLayer::default());
    assert_eq!(lock(&shared.state).formats[1], None, "the layers are known nevertheless");
}

#[test]
fn a_frame_that_cannot_be_encoded_harms_only_itself() {
    let sent = Sent::start();
    sent.ladder.set_targets([None, None, WANTED]);
    let tiny = FramePool::new().frame(2, 2, ColorSpace::DEFAULT, Instant::now());
    sent.pictures.publish(Arc::new(tiny));
    while sent.ladder.statistics()[Layer::Top.index()].encode_errors == 0 {
        std::thread::yield_now();
    }
    assert!(sent.send_one(Clip::new(64, 48).frame(3)));
}

#[test]
fn a_key_frame_is_made_of_the_layer_that_was_asked_for() {
    let sent = Sent::start();
    sent.ladder.set_targets([WANTED, None, WANTED]);
    let clip = Clip::new(640, 360);
    sent.send(clip.frame(0), 2);
    let asked = Instant::now();
    sent.ladder.key_frame_requester().request(Layer::Low);
    sent.ladder.key_frame_requester().request(Layer::Low);
    let mut key_frames = Vec::new();
    for number in 1.. {
        // Sent later than two key frames can be apart, the last one comes after all that were asked for.
        let is_last = asked.elapsed() > Duration::from_millis(900);
        let pictures = sent.send(clip.frame(SLOWLY * number), 2);
        assert!(!pictures[&Layer::Top].is_key_frame);
        key_frames.push(pictures[&Layer::Low].is_key_frame);
        if is_last {
            break;
        }
    }
    assert_eq!(key_frames.iter().filter(|is_key_frame| **is_key_frame).count(), 1, "{key_frames:?}");
}

#[test]
fn a_layer_is_held_to_its_own_frame_rate() {
    let delivered = Arc::<Mutex<Vec<_>>>::default();
    let (shared, mut encoding) = encoding(delivered.clone());
    let half = Some(LayerTarget { bitrate_bps: 100_000, max_fps: 5 });
    lock(&shared.control).targets = [half, None, WANTED];
    let clip = Clip::new(480, 270);
    (0..30).for_each(|number| encoding.frame(&clip.frame(SLOWLY * number)));
    let count = |layer| lock(&delivered).iter().filter(|packets| packets.layer == layer).count();
    assert_eq!((count(Layer::Low), count(Layer::Top)), (15, 30));
    assert_eq!(lock(&shared.state).statistics[0].frames_left_out, 15);
}

#[test]
fn an_encoder_that_nobody_wants_is_freed_after_a_while() {
    let (shared, mut encoding) = encoding(Arc::default());
    lock(&shared.control).targets = [WANTED, None, WANTED];
    assert_eq!(encoding.frees_after(), None);
    let clip = Clip::new(480, 270);
    encoding.frame(&clip.frame(0));
    let now = Instant::now();
    encoding.free_unused(now);
    assert_eq!(encoding.encoders(), 2);
    encoding.free_unused(now + encoding.frees_after().unwrap());
    assert_eq!((encoding.encoders(), encoding.frees_after()), (0, None));
}

#[test]
fn a_capture_that_changes_its_size_changes_its_layers() {
    let sent = Sent::start();
    sent.ladder.set_targets([WANTED; 3]);
    assert_eq!(sent.ladder.formats(), sizes::formats(1280, 720));
    sent.send(Clip::new(640, 360).frame(0), 2);
    assert_eq!(sent.ladder.formats(), sizes::formats(640, 360));
    let pictures = sent.send(Clip::new(640, 480).frame(1), 3);
    assert!(pictures.values().all(|picture| picture.is_key_frame));
    sent.send(Clip::new(160, 90).frame(2), 1);
    assert_eq!(sent.ladder.formats().iter().flatten().count(), 1);
}
