use std::time::Instant;

use proptest::prelude::*;

use super::*;

const A: PeerId = PeerId(1);
const B: PeerId = PeerId(2);

fn picture_of(layer: Layer, timestamp: u32, is_key_frame: bool) -> Arc<VideoPackets> {
    Arc::new(VideoPackets { layer, timestamp, captured_at: Instant::now(), is_key_frame, payloads: Vec::new() })
}

fn picture(timestamp: u32, is_key_frame: bool) -> Arc<VideoPackets> {
    picture_of(Layer::Top, timestamp, is_key_frame)
}

fn received(queues: &mut LinkQueues) -> Vec<u32> {
    let queued: Vec<_> = std::iter::from_fn(|| queues.video.try_recv().ok()).collect();
    queued.into_iter().filter(|queued| queues.is_wanted(queued)).map(|queued| queued.timestamp).collect()
}

/// A fan-out with a link to each peer, all to have the top layer.
fn fan_out<const N: usize>(peers: [PeerId; N]) -> (FanOut, [LinkQueues; N]) {
    let fan_out = FanOut::default();
    for peer in peers {
        fan_out.set_target(peer, Some(Layer::Top));
    }
    let queues = peers.map(|peer| fan_out.add(peer).1);
    (fan_out, queues)
}

#[test]
fn a_new_link_starts_at_a_key_frame() {
    let (fan_out, [mut queues]) = fan_out([A]);
    for (timestamp, is_key_frame) in [(0, false), (1, true), (2, false)] {
        fan_out.video(&picture(timestamp, is_key_frame));
    }
    assert_eq!(received(&mut queues), [1, 2]);
}

#[test]
fn a_link_gets_nothing_until_it_has_a_target_and_after_it_has_none() {
    let fan_out = FanOut::default();
    let (_, mut queues) = fan_out.add(A);
    assert!(fan_out.video(&picture(0, true)).is_empty());
    assert_eq!(fan_out.set_target(A, Some(Layer::Top)), Some(Layer::Top));
    assert_eq!(fan_out.video(&picture(1, false)), [Layer::Top].into_iter().collect());
    assert!(fan_out.video(&picture(2, true)).is_empty());
    assert_eq!(fan_out.set_target(A, Some(Layer::Top)), None, "it has it already");
    assert_eq!(received(&mut queues), [2]);
    assert_eq!(fan_out.set_target(A, None), None);
    fan_out.video(&picture(3, false));
    fan_out.video(&picture(4, true));
    assert_eq!(received(&mut queues), [0u32; 0]);
    assert_eq!(fan_out.set_target(A, Some(Layer::Top)), Some(Layer::Top), "it has missed pictures");
    fan_out.video(&picture(5, false));
    assert_eq!(received(&mut queues), [0u32; 0]);
}

#[test]
fn what_is_queued_when_a_link_stops_is_not_sent_even_if_it_goes_on_at_once() {
    let (fan_out, [mut queues, mut other]) = fan_out([A, B]);
    fan_out.video(&picture(0, true));
    fan_out.video(&picture(1, false));
    fan_out.set_target(A, None);
    fan_out.set_target(A, Some(Layer::Top));
    fan_out.video(&picture(2, false));
    fan_out.video(&picture(3, true));
    assert_eq!(received(&mut queues), [3]);
    assert_eq!(received(&mut other), [0, 1, 2, 3]);
}

#[test]
fn a_link_keeps_its_layer_until_a_key_frame_of_the_new_one() {
    let (fan_out, [mut queues, mut other]) = fan_out([A, B]);
    fan_out.video(&picture(0, true));
    assert_eq!(fan_out.set_target(A, Some(Layer::Low)), Some(Layer::Low));
    assert_eq!(fan_out.layers_in_use(), [Layer::Low, Layer::Top].into_iter().collect());
    fan_out.video(&picture_of(Layer::Low, 10, false));
    fan_out.video(&picture(10, false));
    fan_out.video(&picture_of(Layer::Low, 20, true));
    fan_out.video(&picture(20, false));
    fan_out.video(&picture_of(Layer::Low, 30, false));
    fan_out.video(&picture(30, false));
    assert_eq!(received(&mut queues), [0, 10, 20, 30]);
    assert_eq!(received(&mut other), [0, 10, 20, 30]);
    fan_out.set_target(B, None);
    assert_eq!(fan_out.layers_in_use(), [Layer::Low].into_iter().collect());
}

#[test]
fn two_layers_of_one_frame_do_not_share_a_timestamp_on_a_link() {
    let fan_out = FanOut::default();
    fan_out.set_target(A, Some(Layer::Low));
    let (_, mut queues) = fan_out.add(A);
    fan_out.video(&picture_of(Layer::Low, u32::MAX, true));
    fan_out.set_target(A, Some(Layer::Top));
    fan_out.video(&picture(u32::MAX, true));
    fan_out.video(&picture(3000, false));
    assert_eq!(received(&mut queues), [u32::MAX, 0, 3000]);
}

#[test]
fn a_full_link_drops_to_the_next_key_frame_and_leaves_others_alone() {
    let (fan_out, [mut slow, mut fast]) = fan_out([A, B]);
    let mut fast_got = Vec::new();
    for timestamp in 0..VIDEO_QUEUE as u32 + 1 {
        assert!(fan_out.video(&picture(timestamp, timestamp == 0)).is_empty(), "there is no room for a key frame");
        fast_got.extend(received(&mut fast));
    }
    assert_eq!(received(&mut slow), (0..VIDEO_QUEUE as u32).collect::<Vec<_>>());
    assert_eq!(slow.dropped.load(Ordering::Relaxed), 1);
    assert!(fan_out.video(&picture(100, false)).contains(Layer::Top), "there is room again");
    fan_out.video(&picture(101, true));
    fast_got.extend(received(&mut fast));
    assert_eq!(received(&mut slow), [101]);
    assert_eq!(fast_got.len(), VIDEO_QUEUE + 3);
}

#[test]
fn a_key_frame_to_change_at_that_does_not_fit_leaves_the_current_layer_alone() {
    let (fan_out, [mut queues]) = fan_out([A]);
    for timestamp in 0..VIDEO_QUEUE as u32 {
        fan_out.video(&picture(timestamp, timestamp == 0));
    }
    fan_out.set_target(A, Some(Layer::Low));
    fan_out.video(&picture_of(Layer::Low, 50, true));
    assert_eq!(received(&mut queues).len(), VIDEO_QUEUE);
    assert!(fan_out.video(&picture(50, false)).contains(Layer::Low));
    assert_eq!(received(&mut queues), [50]);
}

#[test]
fn a_removed_link_gets_nothing_and_its_successor_has_its_target() {
    let fan_out = FanOut::default();
    let (first, mut old) = fan_out.add(A);
    fan_out.set_target(A, Some(Layer::Top));
    let (_, mut new) = fan_out.add(A);
    fan_out.remove(first);
    fan_out.video(&picture(5, true));
    assert_eq!(received(&mut old), [0u32; 0]);
    assert_eq!(received(&mut new), [5]);
    assert_eq!(fan_out.target(A), Some(Layer::Top));
}

/// What may happen to a link.
#[derive(Clone, Debug)]
enum Step {
    Target(Option<Layer>),
    /// A frame is captured and encoded in these layers, with unasked-for key frames in those.
    Frame([bool; Layer::COUNT], [bool; Layer::COUNT]),
    /// The link sends so many pictures.
    Send(usize),
}

fn layer() -> impl Strategy<Value = Layer> {
    prop::sample::select(&Layer::ALL[..])
}

fn step() -> impl Strategy<Value = Step> {
    let mostly = prop::array::uniform3(prop::bool::weighted(0.8));
    let rarely = prop::array::uniform3(prop::bool::weighted(0.05));
    prop_oneof![
        2 => prop::option::weighted(0.8, layer()).prop_map(Step::Target),
        8 => (mostly, rarely).prop_map(|(encoded, key_frames)| Step::Frame(encoded, key_frames)),
        6 => (0_usize..4).prop_map(Step::Send),
    ]
}

/// A link, the encoders that feed it and answer its requests, and a decoder at its end.
struct World {
    fan_out: FanOut,
    queues: LinkQueues,
    wanted: Layers,
    timestamp: u32,
    /// How many pictures of each layer there were. A picture's number stands in its payload.
    encoded: [u32; Layer::COUNT],
    decoder: Option<(Layer, u32)>,
    last_timestamp: Option<u32>,
}

impl World {
    fn new() -> Self {
        let fan_out = FanOut::default();
        let (_, queues) = fan_out.add(A);
        Self {
            fan_out,
            queues,
            wanted: Layers::NONE,
            timestamp: u32::MAX - 50_000,
            encoded: [0; Layer::COUNT],
            decoder: None,
            last_timestamp: None,
        }
    }

    fn target(&mut self, target: Option<Layer>) {
        self.wanted = self.wanted.iter().chain(self.fan_out.set_target(A, target)).collect();
    }

    fn frame(&mut self, encoded: [bool; Layer::COUNT], key_frames: [bool; Layer::COUNT]) {
        self.timestamp = self.timestamp.wrapping_add(3000);
        for layer in Layer::ALL.into_iter().filter(|layer| encoded[layer.index()]) {
            let number = &mut self.encoded[layer.index()];
            let is_key_frame = *number == 0 || key_frames[layer.index()] || self.wanted.contains(layer);
            self.wanted = self.wanted.iter().filter(|wanted| *wanted != layer).collect();
            *number += 1;
            let payloads = vec![number.to_be_bytes().to_vec().into()];
            let captured_at = Instant::now();
            let picture = VideoPackets { layer, timestamp: self.timestamp, captured_at, is_key_frame, payloads };
            self.wanted = self.wanted.iter().chain(self.fan_out.video(&Arc::new(picture)).iter()).collect();
        }
    }

    fn send(&mut self, count: usize) {
        let queued: Vec<_> = std::iter::from_fn(|| self.queues.video.try_recv().ok()).take(count).collect();
        for queued in queued.into_iter().filter(|queued| self.queues.is_wanted(queued)) {
            let QueuedPicture { picture, timestamp, .. } = queued;
            let number = u32::from_be_bytes(picture.payloads[0][..].try_into().unwrap());
            if !picture.is_key_frame {
                assert_eq!(
                    self.decoder,
                    Some((picture.layer, number - 1)),
                    "{:?} {number} follows that",
                    picture.layer
                );
            }
            self.decoder = Some((picture.layer, number));
            if let Some(last) = self.last_timestamp.replace(timestamp) {
                assert!(timestamp.wrapping_sub(last).cast_signed() > 0, "{timestamp} follows {last}");
            }
        }
    }
}

proptest! {
    #[test]
    fn whatever_the_switching_a_link_can_be_decoded_and_reaches_its_target(
        steps in prop::collection::vec(step(), 0..200),
        at_last in layer(),
    ) {
        let mut world = World::new();
        for step in steps {
            match step {
                Step::Target(target) => world.target(target),
                Step::Frame(encoded, key_frames) => world.frame(encoded, key_frames),
                Step::Send(count) => world.send(count),
            }
        }
        world.send(VIDEO_QUEUE);
        world.target(Some(at_last));
        for _ in 0..2 {
            world.frame([true; Layer::COUNT], [false; Layer::COUNT]);
            world.send(VIDEO_QUEUE);
        }
        prop_assert_eq!(world.decoder, Some((at_last, world.encoded[at_last.index()])));
    }
}
