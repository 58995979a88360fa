//! What no honest network says: the estimate stays within its limits and nothing panics or grows.

use std::time::Instant;

use proptest::prelude::*;

use super::super::{
    Estimator, EstimatorConfig, EstimatorStatistics, PacketResult, PathUsage, ProbeCluster, SentPacket,
};
use super::*;

const CONFIG: EstimatorConfig = EstimatorConfig { start_bps: 500_000, min_bps: 50_000, max_bps: 5_000_000 };

fn check(estimator: &Estimator) {
    let EstimatorStatistics { estimate_bps, loss, .. } = estimator.statistics();
    assert!((CONFIG.min_bps..=CONFIG.max_bps).contains(&estimate_bps), "{estimate_bps} b/s");
    assert!((CONFIG.min_bps..=CONFIG.max_bps).contains(&estimator.steady_bps()));
    assert!((0.0..=1.0).contains(&loss), "{loss} lost");
    assert!(estimator.pacing_bps() >= estimate_bps);
}

fn times() -> impl Strategy<Value = Option<Duration>> {
    let absurd = prop_oneof![Just(Duration::ZERO), Just(Duration::MAX), any::<u64>().prop_map(Duration::from_nanos)];
    prop_oneof![
        1 => Just(None),
        1 => absurd.prop_map(Some),
        4 => (0_u64..20_000).prop_map(|milliseconds| Some(Duration::from_millis(milliseconds))),
    ]
}

/// Number, when sent in milliseconds, bytes, probe and arrival.
type Reported = (u64, u64, u32, Option<u32>, Option<Duration>);

fn results() -> impl Strategy<Value = Vec<Reported>> {
    let number = prop_oneof![4 => 0_u64..500, 1 => any::<u64>()];
    let bytes = prop_oneof![4 => 40_u32..1500, 1 => any::<u32>()];
    let one = (number, 0_u64..20_000, bytes, prop::option::of(0_u32..4), times());
    prop::collection::vec(one, 0..40)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_is_reported_the_estimate_stays_within_its_limits(
        messages in prop::collection::vec((results(), 0_u64..3000, any::<u32>()), 1..60),
    ) {
        let start = Instant::now();
        let mut now = start;
        let mut estimator = Estimator::new(CONFIG, start);
        for (results, step, wanted_bps) in messages {
            now += Duration::from_millis(step);
            let results: Vec<_> = results
                .into_iter()
                .map(|(number, at, bytes, probe, arrival)| {
                    let at = start + Duration::from_millis(at);
                    PacketResult { sent: SentPacket { number, at, bytes, probe: probe.map(ProbeCluster) }, arrival }
                })
                .collect();
            for result in results.iter().take(3) {
                estimator.on_sent(&result.sent);
            }
            estimator.on_feedback(now, &results);
            estimator.on_round_trip(now, Duration::from_secs(step * step));
            estimator.set_wanted(now, wanted_bps);
            estimator.on_tick(now);
            while let Some(probe) = estimator.next_probe(now) {
                prop_assert!(probe.bps <= CONFIG.max_bps && probe.packets > 0 && probe.bytes > 0);
            }
            check(&estimator);
        }
    }
}

#[test]
fn limits_that_contradict_each_other_are_no_reason_to_panic() {
    let config = EstimatorConfig { start_bps: 1, min_bps: 100_000, max_bps: 0 };
    let mut estimator = Estimator::new(config, Instant::now());
    estimator.on_tick(Instant::now());
    assert_eq!(estimator.estimate_bps(), 100_000);
    let none = EstimatorConfig { start_bps: 0, min_bps: 0, max_bps: 0 };
    assert_eq!(Estimator::new(none, Instant::now()).estimate_bps(), 0);
}

#[test]
fn overuse_never_leaves_the_estimate_far_above_what_arrives() {
    for seed in SEEDS {
        let mut simulation = Simulation::one_way(path(3_000_000), &[flow(seed)], seed);
        for (at, capacity_bps) in [(10.0, 400_000), (20.0, 2_000_000), (25.0, 200_000)] {
            simulation.capacity(0, at, capacity_bps);
        }
        let mut overuses = 0;
        for tick in 400..3500 {
            simulation.run_to(f64::from(tick) / 100.0);
            let statistics = simulation.estimator(0).statistics();
            if let (PathUsage::Overusing, Some(acknowledged_bps)) = (statistics.usage, statistics.acknowledged_bps) {
                overuses += 1;
                let limit = f64::from(acknowledged_bps) * 1.5 + 15_000.0;
                assert!(f64::from(statistics.estimate_bps) <= limit, "{statistics:?}");
            }
        }
        assert!(overuses > 0);
    }
}

#[test]
fn the_same_feedback_twice_says_nothing_new() {
    let start = Instant::now();
    let mut once = Estimator::new(CONFIG, start);
    let mut twice = once.clone();
    let mut number = 0;
    for message in 0..100_u64 {
        let results: Vec<_> = (0..5)
            .map(|packet| {
                number += 1;
                let at = Duration::from_millis(message * 50 + packet * 10);
                let sent = SentPacket { number, at: start + at, bytes: 1000, probe: None };
                PacketResult { sent, arrival: Some(at + Duration::from_millis(30)) }
            })
            .collect();
        let now = start + Duration::from_millis(message * 50 + 120);
        for estimator in [&mut once, &mut twice] {
            results.iter().for_each(|result| estimator.on_sent(&result.sent));
            estimator.on_feedback(now, &results);
        }
        twice.on_feedback(now, &results);
    }
    assert_eq!(once.statistics(), twice.statistics());
}
