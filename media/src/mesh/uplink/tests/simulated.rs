//! Links with their estimators over simulated paths, and what the allocation makes of them.

use std::time::Duration;

use super::super::*;
use crate::layer::Layer;
use crate::mesh::allocation::tests::AUDIO_BPS;
use crate::mesh::allocation::{Allocation, AllocationInput, PeerNeeds, Priority, allocate, wanted_bps, wire_bps};
use crate::mesh::congestion::EstimatorStatistics;
use crate::mesh::congestion::tests::simulation::{Media, Simulation};
use crate::mesh::demand::Demand;
use crate::mesh::simulated_path::PathConfig;
use crate::video::ladder::sizes::formats;

const PEERS: usize = 8;
const DEMAND: Demand = Demand::Shown { width: 640, height: 360 };

fn path(capacity_bps: u64) -> PathConfig {
    PathConfig { capacity_bps, ..PathConfig::default() }
}

/// A participant that sends to eight.
struct Meeting {
    simulation: Simulation,
    uplink: Uplink,
    allocation: Allocation,
    wanted_bps: u32,
    tenths: u32,
    /// How many looks at a peer found it without pictures.
    without: u32,
}

impl Meeting {
    /// All links over the first path, or each over its own.
    fn new(paths: &[u64], seed: u64) -> Self {
        let wanted_bps = wanted_bps(DEMAND, &formats(1280, 720), Layer::Top, AUDIO_BPS);
        let flow = |flow: usize| Media {
            wanted_bps,
            begins: Duration::from_millis(7 * seed + 211 * flow as u64),
            feedback_interval: Duration::from_millis(50 + flow as u64),
            path: flow.min(paths.len() - 1),
            feedback_path: paths.len(),
            ..Media::default()
        };
        let flows: Vec<_> = (0..PEERS).map(flow).collect();
        let paths: Vec<_> = paths.iter().copied().chain([100_000_000]).map(path).collect();
        Self {
            simulation: Simulation::new(&paths, &flows, seed),
            uplink: Uplink::default(),
            allocation: Allocation::default(),
            wanted_bps,
            tenths: 0,
            without: 0,
        }
    }

    fn run_to(&mut self, seconds: u32, knows_uplink: bool) {
        while self.tenths < seconds * 10 {
            self.tenths += 1;
            self.allocate(knows_uplink);
            for flow in 0..PEERS {
                self.simulation.want(flow, self.uplink.wanted_bps(self.wanted_bps));
                let layer = self.allocation.layer(PeerId(flow as u32));
                let target = layer.map(|layer| self.allocation.targets[layer.index()].unwrap().bitrate_bps);
                self.simulation.produce(flow, AUDIO_BPS + target.map_or(0, wire_bps) as u32);
            }
            self.simulation.run_to(f64::from(self.tenths) / 10.0);
        }
    }

    fn allocate(&mut self, knows_uplink: bool) {
        let statistics: Vec<_> = (0..PEERS).map(|flow| self.simulation.estimator(flow).statistics()).collect();
        let known = || (0..).map(PeerId).zip(&statistics);
        if knows_uplink {
            let load = |(peer, known): (_, &EstimatorStatistics)| LinkLoad {
                peer,
                wanted_bps: self.wanted_bps,
                arriving_bps: known.acknowledged_bps.unwrap_or_default(),
                queue: known.queue,
            };
            let loads: Vec<_> = known().map(load).collect();
            self.uplink.update(self.simulation.now(), &loads);
        }
        let needs = |(peer, known): (_, &EstimatorStatistics)| {
            let estimate = LinkEstimate { momentary_bps: known.estimate_bps, steady_bps: known.steady_bps };
            let estimate = Some(self.uplink.estimate(peer, estimate));
            PeerNeeds { peer, demand: DEMAND, priority: Priority::Normal, estimate }
        };
        self.allocation = allocate(&AllocationInput {
            peers: &known().map(needs).collect::<Vec<_>>(),
            sound_bps: AUDIO_BPS,
            uplink_bps: self.uplink.bps(),
            formats: formats(1280, 720),
            largest: Layer::Top,
            fps: 30,
            previous: &self.allocation,
        });
        self.without += self.allocation.peers.iter().filter(|peer| peer.layer.is_none()).count() as u32;
    }

    fn arrived_bps(&self, from: f64, to: f64) -> Vec<f64> {
        (0..PEERS).map(|flow| self.simulation.record.arrived_bps(Some(flow), from, to)).collect()
    }
}

/// 1 where all are alike, one part in as many as there are where one has all (Jain, Chiu, Hawe 1984).
fn fairness(shares: &[f64]) -> f64 {
    let sum: f64 = shares.iter().sum();
    let squares: f64 = shares.iter().map(|share| share * share).sum();
    sum * sum / squares / shares.len() as f64
}

#[test]
fn links_that_share_a_bottleneck_share_it_fairly_and_use_it() {
    for (capacity_bps, seed) in
        [(1_350_000, 1), (1_350_000, 11), (1_350_000, 21), (2_000_000, 2), (3_000_000, 3), (5_000_000, 4)]
    {
        let mut meeting = Meeting::new(&[capacity_bps], seed);
        meeting.run_to(15, true);
        let without_before = meeting.without;
        meeting.run_to(45, true);
        let shares = meeting.arrived_bps(15.0, 45.0);
        let used = shares.iter().sum::<f64>() / capacity_bps as f64;
        let wait_ms = meeting.simulation.record.p95_wait_ms(0, 15.0, 45.0);
        let without = f64::from(meeting.without - without_before) / 300.0 / PEERS as f64;
        let fairness = fairness(&shares);
        assert!(fairness >= 0.95 && used >= 0.85, "at {capacity_bps}: {fairness:.3}, {used:.2} of it");
        assert!(wait_ms < 130.0 && without < 0.08, "at {capacity_bps}: {wait_ms} ms, {without} without pictures");
    }
}

#[test]
fn without_the_uplinks_figure_some_get_no_pictures_while_others_get_the_large_ones() {
    let mut meeting = Meeting::new(&[1_350_000], 1);
    meeting.run_to(45, false);
    assert!(fairness(&meeting.arrived_bps(15.0, 45.0)) < 0.8);
}

#[test]
fn an_uplink_that_changes_is_followed() {
    let mut meeting = Meeting::new(&[3_000_000], 5);
    meeting.simulation.capacity(0, 20.0, 1_400_000);
    meeting.simulation.capacity(0, 50.0, 4_000_000);
    meeting.run_to(80, true);
    for (from, to, capacity_bps) in [(10.0, 20.0, 3e6), (25.0, 50.0, 1.4e6), (70.0, 80.0, 4e6)] {
        let shares = meeting.arrived_bps(from, to);
        let used = shares.iter().sum::<f64>() / capacity_bps;
        assert!(fairness(&shares) >= 0.95 && used >= 0.8, "{used:.2} of {capacity_bps} to {to} s: {shares:.0?}");
    }
}

#[test]
fn links_with_bottlenecks_of_their_own_are_not_taken_to_share_one() {
    let paths = [300_000, 10_000_000, 700_000, 5_000_000, 10_000_000, 2_000_000, 10_000_000, 1_500_000];
    let mut meeting = Meeting::new(&paths, 6);
    meeting.run_to(40, true);
    assert_eq!(meeting.uplink.bps(), None);
    let shares = meeting.arrived_bps(20.0, 40.0);
    assert!(shares[1] > 900_000.0 && shares[0] < 300_000.0, "{shares:.0?}");
    assert!(meeting.simulation.record.p95_wait_ms(0, 20.0, 40.0) < 100.0);
}
