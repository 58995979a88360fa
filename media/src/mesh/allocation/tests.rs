//! What an allocation does in single cases.

mod properties;

use super::*;
use crate::video::ladder::sizes::formats;

/// What sound takes of a link in tests, in bits per second.
pub(in crate::mesh) const AUDIO_BPS: u32 = 56_000;

const LARGE: Demand = Demand::Shown { width: 1280, height: 720 };
const TILE: Demand = Demand::Shown { width: 640, height: 360 };
const SMALL: Demand = Demand::Shown { width: 320, height: 180 };

fn steadily(bps: u32) -> Option<LinkEstimate> {
    Some(LinkEstimate { momentary_bps: bps, steady_bps: bps })
}

/// A moment at which only so many hundredths of what the link takes are sent.
fn dip(steady_bps: u32, left_percent: u32) -> LinkEstimate {
    LinkEstimate { momentary_bps: (u64::from(steady_bps) * u64::from(left_percent) / 100) as u32, steady_bps }
}

fn peer(number: u32, demand: Demand, bps: u32) -> PeerNeeds {
    PeerNeeds { peer: PeerId(number), demand, priority: Priority::Normal, estimate: steadily(bps) }
}

/// The allocation of a 720p capture on a machine and an uplink that set no limits.
fn allocate_freely(peers: &[PeerNeeds], previous: &Allocation) -> Allocation {
    allocate(&input(peers, None, previous))
}

fn input<'a>(peers: &'a [PeerNeeds], uplink_bps: Option<u32>, previous: &'a Allocation) -> AllocationInput<'a> {
    AllocationInput {
        peers,
        sound_bps: AUDIO_BPS,
        uplink_bps,
        formats: formats(1280, 720),
        largest: Layer::Top,
        fps: 30,
        previous,
    }
}

fn layers(allocation: &Allocation) -> Vec<Option<Layer>> {
    allocation.peers.iter().map(|peer| peer.layer).collect()
}

fn bitrate(allocation: &Allocation, layer: Layer) -> Option<u32> {
    allocation.targets[layer.index()].map(|target| target.bitrate_bps)
}

#[test]
fn what_a_link_is_tried_for_is_what_its_peer_shows() {
    let wanted = |demand, largest| wanted_bps(demand, &formats(1280, 720), largest, AUDIO_BPS);
    let most = |layer: Layer| {
        let format = formats(1280, 720)[layer.index()].unwrap();
        AUDIO_BPS + wire_bps(format.max_bps) as u32
    };
    assert_eq!(wanted(LARGE, Layer::Top), most(Layer::Top));
    assert_eq!(wanted(LARGE, Layer::Middle), most(Layer::Middle));
    assert_eq!(wanted(SMALL, Layer::Top), most(Layer::Low));
    assert_eq!(wanted(Demand::Hidden, Layer::Top), AUDIO_BPS);
    assert_eq!(wanted_bps(LARGE, &[None; Layer::COUNT], Layer::Top, AUDIO_BPS), AUDIO_BPS, "nothing is captured yet");
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
fn a_capture_of_few_pictures_goes_over_a_link_that_is_too_slow_for_more() {
    let least_bps = AUDIO_BPS + wire_bps(formats(1280, 720)[0].unwrap().min_bps) as u32;
    let peers = [peer(1, LARGE, least_bps)];
    let with = |fps| layers(&allocate(&AllocationInput { fps, ..input(&peers, None, &Allocation::default()) }));
    assert_eq!(with(30), [None]);
    assert_eq!(with(15), [None]);
    assert_eq!(with(10), [Some(Layer::Low)]);
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
    assert_eq!(u64::from(rate), payload_bps(560_000, AUDIO_BPS.into()), "as far as all have one");
}
