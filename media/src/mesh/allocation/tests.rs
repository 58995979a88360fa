use proptest::prelude::*;

use super::*;
use crate::video::ladder::sizes::formats;

const LARGE: Demand = Demand::Shown { width: 1280, height: 720 };
const TILE: Demand = Demand::Shown { width: 640, height: 360 };
const SMALL: Demand = Demand::Shown { width: 320, height: 180 };

fn steadily(bps: u32) -> Option<LinkEstimate> {
    Some(LinkEstimate { momentary_bps: bps, steady_bps: bps })
}

fn peer(number: u32, demand: Demand, bps: u32) -> PeerNeeds {
    PeerNeeds { peer: PeerId(number), demand, priority: Priority::Normal, estimate: steadily(bps) }
}

/// The allocation of a 720p capture on a machine and an uplink that set no limits.
fn allocate_freely(peers: &[PeerNeeds], previous: &Allocation) -> Allocation {
    allocate(&input(peers, None, previous))
}

fn input<'a>(peers: &'a [PeerNeeds], uplink_bps: Option<u32>, previous: &'a Allocation) -> AllocationInput<'a> {
    AllocationInput { peers, uplink_bps, formats: formats(1280, 720), largest: Layer::Top, fps: 30, previous }
}

fn layers(allocation: &Allocation) -> Vec<Option<Layer>> {
    allocation.peers.iter().map(|peer| peer.layer).collect()
}

fn bitrate(allocation: &Allocation, layer: Layer) -> Option<u32> {
    allocation.targets[layer.index()].map(|target| target.bitrate_bps)
}

#[test]
fn what_a_link_is_tried_for_is_what_its_peer_shows() {
    let wanted = |demand, largest| wanted_bps(demand, &formats(1280, 720), largest);
    let most = |layer: Layer| {
        let format = formats(1280, 720)[layer.index()].unwrap();
        AUDIO_BPS + wire_bps(format.max_bps) as u32
    };
    assert_eq!(wanted(LARGE, Layer::Top), most(Layer::Top));
    assert_eq!(wanted(LARGE, Layer::Middle), most(Layer::Middle));
    assert_eq!(wanted(SMALL, Layer::Top), most(Layer::Low));
    assert_eq!(wanted(Demand::Hidden, Layer::Top), AUDIO_BPS);
    assert_eq!(wanted_bps(LARGE, &[None; Layer::COUNT], Layer::Top), AUDIO_BPS, "nothing is captured yet");
}

#[test]
fn each_gets_the_smallest_layer_that_covers_what_it_shows() {
    let shown = |width, height| Demand::Shown { width, height };
    let demands = [
        LARGE,
        TILE,
        SMALL,
        Demand::Hidden,
        shown(384, 216),
        shown(385, 217),
        shown(3840, 2160),
        shown(1, 1),
        shown(0, 9),
    ];
    let peers: Vec<_> = (0..).zip(demands).map(|(number, demand)| peer(number, demand, 10_000_000)).collect();
    let allocation = allocate_freely(&peers, &Allocation::default());
    let (low, middle, top) = (Some(Layer::Low), Some(Layer::Middle), Some(Layer::Top));
    assert_eq!(layers(&allocation), [top, middle, low, None, low, middle, top, low, None]);
    assert_eq!(allocation.targets.map(|target| target.unwrap().bitrate_bps), [250_000, 1_000_000, 1_700_000]);
    assert!(allocation.targets.iter().flatten().all(|target| target.max_fps == 30));
}

#[test]
fn a_layer_that_nobody_gets_is_off() {
    let allocation = allocate_freely(&[peer(1, TILE, 5_000_000)], &Allocation::default());
    assert_eq!(bitrate(&allocation, Layer::Low), None);
    assert_eq!(bitrate(&allocation, Layer::Top), None);
    assert_eq!(allocate_freely(&[peer(1, Demand::Hidden, 5_000_000)], &allocation).targets, [None; Layer::COUNT]);
    assert_eq!(allocate_freely(&[], &allocation), Allocation::default());
}

#[test]
fn one_slow_peer_moves_down_and_the_others_keep_what_they_have() {
    let mut peers: Vec<_> = (0..8).map(|number| peer(number, LARGE, 3_000_000)).collect();
    let before = allocate_freely(&peers, &Allocation::default());
    peers[3].estimate = steadily(700_000);
    let after = allocate_freely(&peers, &before);
    assert_eq!(after.layer(PeerId(3)), Some(Layer::Middle));
    peers[3].estimate = steadily(200_000);
    let low = allocate_freely(&peers, &after);
    assert_eq!(low.layer(PeerId(3)), Some(Layer::Low));
    peers[3].estimate = steadily(AUDIO_BPS + 20_000);
    let none = allocate_freely(&peers, &low);
    assert_eq!(none.layer(PeerId(3)), None);
    for allocation in [&before, &after, &low, &none] {
        assert!((0..8).filter(|peer| *peer != 3).all(|peer| allocation.layer(PeerId(peer)) == Some(Layer::Top)));
        assert_eq!(bitrate(allocation, Layer::Top), Some(1_700_000));
    }
}

#[test]
fn a_peer_that_would_halve_others_bits_moves_down_though_its_link_takes_the_layer() {
    let mut peers = [peer(1, TILE, 2_000_000), peer(2, TILE, 500_000)];
    let allocation = allocate_freely(&peers, &Allocation::default());
    assert_eq!(layers(&allocation), [Some(Layer::Middle), Some(Layer::Low)]);
    assert_eq!(bitrate(&allocation, Layer::Middle), Some(1_000_000));
    peers[1].estimate = steadily(800_000);
    let allocation = allocate_freely(&peers, &Allocation::default());
    assert_eq!(layers(&allocation), [Some(Layer::Middle); 2]);
    assert!((600_000..800_000).contains(&bitrate(&allocation, Layer::Middle).unwrap()));
    let alone = allocate_freely(&[peer(2, TILE, 500_000)], &Allocation::default());
    assert_eq!(layers(&alone), [Some(Layer::Middle)], "alone it takes nothing from anybody");
}

#[test]
fn on_the_smallest_layer_a_slow_peer_is_not_left_without_pictures() {
    let peers = [peer(1, SMALL, 2_000_000), peer(2, SMALL, 140_000)];
    let allocation = allocate_freely(&peers, &Allocation::default());
    assert_eq!(layers(&allocation), [Some(Layer::Low); 2]);
    let target = allocation.targets[0].unwrap();
    assert!((60_000..90_000).contains(&target.bitrate_bps), "{target:?}");
    assert_eq!(target.max_fps, 15, "few bits make fewer pictures, not worse ones");
}

#[test]
fn a_short_uplink_serves_everybody_a_little_before_anybody_more() {
    let peers: Vec<_> = (0..8).map(|number| peer(number, LARGE, 5_000_000)).collect();
    let with = |uplink| allocate(&input(&peers, Some(uplink), &Allocation::default()));
    assert_eq!(layers(&with(8 * AUDIO_BPS)), [None; 8], "sound before pictures");
    assert_eq!(layers(&with(1_500_000)), [Some(Layer::Low); 8]);
    let some = with(4_500_000);
    assert!(layers(&some).iter().all(|layer| *layer >= Some(Layer::Low)));
    assert!(layers(&some).contains(&Some(Layer::Middle)));
    assert_eq!(layers(&with(30_000_000)), [Some(Layer::Top); 8]);
}

#[test]
fn when_the_uplink_is_short_the_most_important_go_first() {
    let mut peers = [peer(1, LARGE, 5_000_000), peer(2, LARGE, 5_000_000), peer(3, LARGE, 5_000_000)];
    peers[1].priority = Priority::Pinned;
    peers[2].priority = Priority::Speaking;
    let with = |uplink| layers(&allocate(&input(&peers, Some(uplink), &Allocation::default())));
    assert_eq!(with(310_000), [None, Some(Layer::Low), None]);
    assert_eq!(with(400_000), [None, Some(Layer::Low), Some(Layer::Low)]);
    let one_up = with(1_200_000);
    assert_eq!(one_up, [Some(Layer::Low), Some(Layer::Middle), Some(Layer::Low)]);
}

#[test]
fn a_layer_that_the_machine_cannot_encode_is_not_given() {
    let peers = [peer(1, LARGE, 5_000_000), peer(2, SMALL, 5_000_000)];
    let with = |largest, formats| {
        layers(&allocate(&AllocationInput { largest, formats, ..input(&peers, None, &Allocation::default()) }))
    };
    assert_eq!(with(Layer::Middle, formats(1280, 720)), [Some(Layer::Middle), Some(Layer::Low)]);
    assert_eq!(with(Layer::Middle, formats(640, 360)), [Some(Layer::Low); 2]);
    assert_eq!(with(Layer::Low, formats(320, 180)), [Some(Layer::Top); 2], "its only layer is always there");
}

#[test]
fn a_link_of_which_nothing_is_known_gets_a_picture_but_not_the_largest() {
    let peers = [PeerNeeds { estimate: None, ..peer(1, LARGE, 0) }];
    assert_eq!(layers(&allocate_freely(&peers, &Allocation::default())), [Some(Layer::Middle)]);
}

#[test]
fn a_tile_whose_size_wavers_keeps_its_layer() {
    let shown = |width: u32| [peer(1, Demand::Shown { width, height: width * 9 / 16 }, 5_000_000)];
    let mut allocation = allocate_freely(&shown(790), &Allocation::default());
    assert_eq!(layers(&allocation), [Some(Layer::Top)]);
    for width in [760, 720, 770, 706] {
        allocation = allocate_freely(&shown(width), &allocation);
        assert_eq!(layers(&allocation), [Some(Layer::Top)], "at {width}");
    }
    for width in [700, 720, 766] {
        allocation = allocate_freely(&shown(width), &allocation);
        assert_eq!(layers(&allocation), [Some(Layer::Middle)], "at {width}");
    }
}

#[test]
fn bitrates_fall_at_once_and_rise_by_more_than_a_flicker() {
    let at = |estimate, previous: &Allocation| allocate_freely(&[peer(1, TILE, estimate)], previous);
    let first = at(800_000, &Allocation::default());
    let rate = |allocation: &Allocation| bitrate(allocation, Layer::Middle).unwrap();
    assert_eq!(rate(&at(820_000, &first)), rate(&first));
    assert!(rate(&at(790_000, &first)) < rate(&first));
    assert!(rate(&at(860_000, &first)) > rate(&first));
}

#[test]
fn who_is_alone_on_a_layer_follows_its_links_dips_and_keeps_the_layer() {
    let with = |momentary_bps| {
        [PeerNeeds { estimate: Some(LinkEstimate { momentary_bps, steady_bps: 800_000 }), ..peer(1, TILE, 0) }]
    };
    let before = allocate_freely(&with(800_000), &Allocation::default());
    let during = allocate_freely(&with(560_000), &before);
    assert_eq!(layers(&during), [Some(Layer::Middle)]);
    let rate = bitrate(&during, Layer::Middle).unwrap();
    assert!(wire_bps(rate) + u64::from(AUDIO_BPS) <= 560_000 && rate > 450_000, "{rate}");
    let least = allocate_freely(&with(200_000), &before);
    assert_eq!(bitrate(&least, Layer::Middle), Some(300_000), "the least of the layer");
    assert_eq!(allocate_freely(&with(800_000), &during), before);
}

#[test]
fn one_links_dip_costs_the_others_on_its_layer_nothing() {
    let mut peers = [peer(1, TILE, 700_000), peer(2, TILE, 750_000), peer(3, TILE, 800_000)];
    let before = allocate_freely(&peers, &Allocation::default());
    peers[0].estimate = Some(dip(700_000, 70));
    assert_eq!(allocate_freely(&peers, &before), before);
    peers[1].estimate = Some(dip(750_000, 70));
    peers[2].estimate = Some(dip(800_000, 70));
    let during = allocate_freely(&peers, &before);
    assert_eq!(layers(&during), layers(&before));
    let rate = bitrate(&during, Layer::Middle).unwrap();
    assert_eq!(u64::from(rate), payload_bps(560_000, 1), "as far as all have one");
}

/// Everything that an allocation is made from, but the previous one.
#[derive(Clone, Debug)]
struct Situation {
    peers: Vec<PeerNeeds>,
    uplink_bps: Option<u32>,
    capture: (u32, u32),
    largest: Layer,
}

impl Situation {
    fn allocate(&self, previous: &Allocation) -> Allocation {
        let (width, height) = self.capture;
        allocate(&AllocationInput {
            formats: formats(width, height),
            largest: self.largest,
            ..input(&self.peers, self.uplink_bps, previous)
        })
    }

    /// The same with all measured rates changed by so many percent.
    fn changed(&self, percent: [i64; 3]) -> Self {
        let change = |bps: u32, percent: i64| (i64::from(bps) * (100 + percent) / 100) as u32;
        let mut changed = self.clone();
        for (number, peer) in changed.peers.iter_mut().enumerate() {
            peer.estimate = peer.estimate.map(|LinkEstimate { momentary_bps, steady_bps }| LinkEstimate {
                momentary_bps: change(momentary_bps, percent[number % 2]),
                steady_bps: change(steady_bps, percent[number % 2]),
            });
        }
        changed.uplink_bps = changed.uplink_bps.map(|bps| change(bps, percent[2]));
        changed
    }

    /// The same with only so many hundredths sent at this moment on the first link, the second and so on.
    fn dipped(&self, left_percent: &[u32]) -> Self {
        let mut dipped = self.clone();
        for (peer, percent) in dipped.peers.iter_mut().zip(left_percent) {
            peer.estimate = peer.estimate.map(|LinkEstimate { steady_bps, .. }| dip(steady_bps, *percent));
        }
        dipped
    }

    fn steady(&self) -> Self {
        self.dipped(&[100; 8])
    }
}

fn demand() -> impl Strategy<Value = Demand> {
    prop_oneof![
        1 => Just(Demand::Hidden),
        2 => prop::sample::select(vec![LARGE, TILE, SMALL]),
        3 => (0_u32..2500, 0_u32..1500).prop_map(|(width, height)| Demand::Shown { width, height }),
    ]
}

fn rate() -> impl Strategy<Value = u32> {
    prop_oneof![0_u32..400_000, 0_u32..3_000_000, 0_u32..20_000_000]
}

/// What is sent of what a link takes: mostly all.
fn left_percent() -> impl Strategy<Value = u32> {
    prop_oneof![2 => Just(100), 1 => Just(70), 1 => 0_u32..=100]
}

fn dip(steady_bps: u32, left_percent: u32) -> LinkEstimate {
    LinkEstimate { momentary_bps: (u64::from(steady_bps) * u64::from(left_percent) / 100) as u32, steady_bps }
}

fn steady_bps(needs: &PeerNeeds) -> u32 {
    needs.estimate.unwrap_or(UNKNOWN_LINK).steady_bps
}

fn situation() -> impl Strategy<Value = Situation> {
    let priority = prop::sample::select(vec![Priority::Normal, Priority::Speaking, Priority::Pinned]);
    let estimate = (rate(), left_percent()).prop_map(|(steady_bps, percent)| dip(steady_bps, percent));
    let needs = (demand(), priority, prop::option::weighted(0.9, estimate));
    let captures = vec![(1280, 720), (1280, 720), (640, 480), (640, 360), (720, 1280), (320, 180), (960, 720)];
    (
        prop::collection::vec(needs, 1..9),
        prop::option::weighted(0.7, rate()),
        prop::sample::select(captures),
        prop::sample::select(&Layer::ALL[..]),
    )
        .prop_map(|(needs, uplink_bps, capture, largest)| Situation {
            peers: (0..)
                .zip(needs)
                .map(|(number, (demand, priority, estimate))| PeerNeeds {
                    peer: PeerId(number),
                    demand,
                    priority,
                    estimate,
                })
                .collect(),
            uplink_bps,
            capture,
            largest,
        })
}

/// A situation and what went before it.
fn history() -> impl Strategy<Value = (Allocation, Situation)> {
    prop::collection::vec(situation(), 1..4).prop_map(|mut situations| {
        let last = situations.pop().unwrap();
        let previous = situations.iter().fold(Allocation::default(), |previous, next| next.allocate(&previous));
        (previous, last)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn neither_a_link_nor_the_uplink_is_given_more_than_it_takes_and_sound_comes_first(
        (previous, situation) in history(),
    ) {
        let allocation = situation.allocate(&previous);
        let mut sum = 0;
        for needs in &situation.peers {
            let Some(layer) = allocation.layer(needs.peer) else { continue };
            let video = wire_bps(allocation.targets[layer.index()].unwrap().bitrate_bps);
            prop_assert!(video + u64::from(AUDIO_BPS) <= u64::from(steady_bps(needs)));
            sum += video;
        }
        let audio = u64::from(AUDIO_BPS) * situation.peers.len() as u64;
        if let Some(uplink) = situation.uplink_bps {
            prop_assert!(sum == 0 || sum + audio <= u64::from(uplink));
        }
    }

    #[test]
    fn what_is_encoded_is_what_somebody_gets_and_worth_it((previous, situation) in history()) {
        let allocation = situation.allocate(&previous);
        let formats = formats(situation.capture.0, situation.capture.1);
        for layer in Layer::ALL {
            let is_given = allocation.peers.iter().any(|peer| peer.layer == Some(layer));
            let target = allocation.targets[layer.index()];
            prop_assert_eq!(target.is_some(), is_given);
            if let (Some(target), Some(format)) = (target, formats[layer.index()]) {
                prop_assert!((format.min_bps..=format.max_bps).contains(&target.bitrate_bps));
                prop_assert!((15..=30).contains(&target.max_fps));
            }
        }
        let ids: Vec<_> = allocation.peers.iter().map(|peer| peer.peer).collect();
        prop_assert_eq!(ids, situation.peers.iter().map(|needs| needs.peer).collect::<Vec<_>>());
    }

    #[test]
    fn nobody_gets_a_larger_picture_than_it_shows((previous, situation) in history()) {
        let allocation = situation.allocate(&previous);
        let formats = formats(situation.capture.0, situation.capture.1);
        for needs in &situation.peers {
            let layer = allocation.layer(needs.peer);
            match needs.demand {
                Demand::Hidden => prop_assert_eq!(layer, None),
                Demand::Shown { width, height } => {
                    let smaller = Layer::ALL.into_iter().filter(|smaller| Some(*smaller) < layer);
                    for format in smaller.filter_map(|smaller| formats[smaller.index()]) {
                        prop_assert!(width * 10 > format.width * 11 && height * 10 > format.height * 11);
                    }
                }
            }
        }
    }

    #[test]
    fn a_better_link_never_gets_less(
        (previous, situation) in history(),
        chosen in any::<prop::sample::Index>(),
        more in 1_u32..3_000_000,
    ) {
        let index = chosen.index(situation.peers.len());
        let situation = situation.steady();
        let mut better = situation.clone();
        better.peers[index].estimate = steadily(steady_bps(&situation.peers[index]) + more);
        let gets = |situation: &Situation| {
            let allocation = situation.allocate(&previous);
            let layer = allocation.layer(situation.peers[index].peer);
            // On a short uplink it may make others come to its layer, and share bits with them.
            (layer, layer.filter(|_| situation.uplink_bps.is_none()).and_then(|layer| bitrate(&allocation, layer)))
        };
        let (before, after) = (gets(&situation), gets(&better));
        prop_assert!(before <= after, "{before:?} and with more {after:?}");
    }

    #[test]
    fn a_better_uplink_never_makes_a_layer_smaller(situation in situation(), more in 1_u32..5_000_000) {
        let previous = Allocation::default();
        let better = Situation { uplink_bps: situation.uplink_bps.map(|bps| bps + more), ..situation.clone() };
        let (before, after) = (situation.allocate(&previous), better.allocate(&previous));
        for (before, after) in before.peers.iter().zip(&after.peers) {
            prop_assert!(before.layer <= after.layer, "{before:?} and with more {after:?}");
        }
    }

    #[test]
    fn a_slow_link_costs_only_itself(
        (previous, situation) in history(),
        chosen in any::<prop::sample::Index>(),
        slow in 0_u32..3_000_000,
    ) {
        let index = chosen.index(situation.peers.len());
        let free = Situation { uplink_bps: None, ..situation.steady() };
        let mut slowed = free.clone();
        slowed.peers[index].estimate = steadily(steady_bps(&free.peers[index]).min(slow));
        let (before, after) = (free.allocate(&previous), slowed.allocate(&previous));
        let formats = formats(free.capture.0, free.capture.1);
        let smallest = Layer::ALL.into_iter().find(|layer| formats[layer.index()].is_some());
        // Who is slower still may be the one to move, when they meet on a layer.
        let slow = steady_bps(&slowed.peers[index]);
        let others = free.peers.iter().filter(|needs| needs.peer != PeerId(index as u32) && steady_bps(needs) >= slow);
        for needs in others {
            let (had, has) = (before.layer(needs.peer), after.layer(needs.peer));
            prop_assert!(had <= has, "{:?} had {had:?} and has {has:?}", needs.peer);
            if let Some(layer) = has.filter(|_| has != smallest) {
                let room = payload_bps(steady_bps(needs).into(), 1);
                let most = room.min(u64::from(formats[layer.index()].unwrap().max_bps));
                // Half of them, and a raise that is too small to be made.
                prop_assert!(u64::from(bitrate(&after, layer).unwrap()) * 21 >= most * 10, "others take half of its bits");
            }
        }
    }

    #[test]
    fn a_dip_moves_nobody_and_costs_only_those_who_all_have_one(
        (previous, situation) in history(),
        left_percent in prop::array::uniform8(left_percent()),
    ) {
        let (steady, dipped) = (situation.steady(), situation.dipped(&left_percent));
        let (before, during) = (steady.allocate(&previous), dipped.allocate(&previous));
        prop_assert_eq!(&during.peers, &before.peers);
        let formats = formats(situation.capture.0, situation.capture.1);
        for layer in Layer::ALL {
            let targets = (before.targets[layer.index()], during.targets[layer.index()], formats[layer.index()]);
            let (Some(had), Some(has), Some(format)) = targets else {
                prop_assert_eq!(targets.0, targets.1);
                continue;
            };
            prop_assert_eq!(has.max_fps, had.max_fps);
            let getting = dipped.peers.iter().filter(|needs| during.layer(needs.peer) == Some(layer));
            let momentary_bps = |needs: &PeerNeeds| needs.estimate.unwrap_or(UNKNOWN_LINK).momentary_bps;
            let most_bps = getting.map(|needs| payload_bps(momentary_bps(needs).into(), 1)).max().unwrap();
            let most_bps = most_bps.max(format.min_bps.into()).min(had.bitrate_bps.into());
            // What was there before may be nearly as much, and then stays.
            let has_bps = u64::from(has.bitrate_bps);
            prop_assert!(has_bps <= most_bps && has_bps * 21 >= most_bps * 20, "{has_bps} in a dip to {most_bps}");
        }
        prop_assert_eq!(layers(&steady.allocate(&during)), layers(&steady.allocate(&before)), "nor does its end");
    }

    #[test]
    fn small_changes_of_what_is_measured_do_not_make_layers_flip(
        (previous, situation) in history(),
        percent in prop::array::uniform3(-2_i64..=2),
    ) {
        let mut previous = situation.allocate(&previous);
        let mut changes = 0;
        for round in 0..20 {
            let sign = if round % 2 == 0 { 1 } else { -1 };
            let next = situation.changed(percent.map(|percent| sign * percent)).allocate(&previous);
            changes += usize::from(round >= 8 && layers(&next) != layers(&previous));
            previous = next;
        }
        prop_assert_eq!(changes, 0);
    }

    #[test]
    fn an_allocation_of_the_same_settles(( previous, situation) in history()) {
        let mut previous = situation.allocate(&previous);
        for _ in 0..8 {
            previous = situation.allocate(&previous);
        }
        prop_assert_eq!(situation.allocate(&previous), previous);
    }
}
