//! What holds of every allocation, whatever it is made from and whatever went before.

use proptest::prelude::*;

use super::*;

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
                let room = payload_bps(steady_bps(needs).into(), AUDIO_BPS.into());
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
            let most_bps = getting.map(|needs| payload_bps(momentary_bps(needs).into(), AUDIO_BPS.into())).max().unwrap();
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
    fn an_allocation_of_the_same_settles((previous, situation) in history()) {
        let mut previous = situation.allocate(&previous);
        for _ in 0..8 {
            previous = situation.allocate(&previous);
        }
        prop_assert_eq!(situation.allocate(&previous), previous);
    }
}
