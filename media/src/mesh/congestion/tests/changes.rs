//! Beginnings, capacities that change, applications that send little, and outages.

use super::*;

#[test]
fn a_clean_path_is_found_within_two_seconds() {
    for (seed, start_bps) in SEEDS.into_iter().flat_map(|seed| [(seed, 1_000_000), (seed, 300_000)]) {
        let mut simulation = Simulation::one_way(path(3_000_000), &[Media { start_bps, ..flow(seed) }], seed);
        simulation.run_to(10.0);
        let name = format!("3 Mb/s from {start_bps} b/s, run {seed}");
        assert_share(&used(&name, &simulation, (1.0, 2.0), 3e6), 0.9);
        assert_share(&used(&name, &simulation, (2.0, 10.0), 3e6), 0.85);
    }
}

#[test]
fn a_start_far_above_the_capacity_leaves_no_queue_behind() {
    for (seed, capacity_bps) in SEEDS.into_iter().flat_map(|seed| [(seed, 0.3e6), (seed, 0.5e6)]) {
        let mut simulation = Simulation::one_way(path(capacity_bps as u64), &[flow(seed)], seed);
        simulation.run_to(30.0);
        let name = format!("{capacity_bps} b/s from 1 Mb/s, run {seed}");
        let used = used(&name, &simulation, (5.0, 30.0), capacity_bps);
        assert!(used.share >= 0.8 && used.wait_ms <= 120.0, "{used:?}");
    }
}

#[test]
fn after_a_drop_the_queue_drains_within_a_second_and_a_rise_is_found_within_five() {
    for seed in SEEDS {
        let mut simulation = Simulation::one_way(path(3_000_000), &[flow(seed)], seed);
        simulation.capacity(0, 20.0, 500_000);
        simulation.capacity(0, 40.0, 3_000_000);
        simulation.run_to(60.0);
        let name = format!("3 Mb/s, 0.5 Mb/s from 20 s, 3 Mb/s from 40 s, run {seed}");
        // The first 400 ms are the round trip over a full queue: nobody can know before.
        let used_at_first = used(&name, &simulation, (21.4, 22.0), 0.5e6);
        assert!(used_at_first.wait_ms <= 100.0, "{used_at_first:?}");
        assert_share(&used(&name, &simulation, (22.0, 40.0), 0.5e6), 0.8);
        assert_share(&used(&name, &simulation, (45.0, 60.0), 3e6), 0.8);
    }
}

#[test]
fn a_limited_application_has_what_it_wants_within_a_second() {
    for seed in SEEDS {
        let mut simulation = Simulation::one_way(path(2_000_000), &[Media { wanted_bps: 200_000, ..flow(seed) }], seed);
        simulation.run_to(30.0);
        let statistics = simulation.estimator(0).statistics();
        assert!(statistics.estimate_bps >= 350_000, "{statistics:?}");
        assert!(statistics.is_application_limited);
        simulation.want(0, 1_500_000);
        simulation.run_to(31.0);
        assert!(simulation.estimator(0).estimate_bps() >= 1_500_000);
        simulation.run_to(35.0);
        let name = format!("1.5 of 2 Mb/s after 30 s of 0.2 Mb/s, run {seed}");
        let used = used(&name, &simulation, (31.0, 35.0), 1.5e6);
        assert!(used.share >= 0.95 && used.wait_ms <= 100.0, "{used:?}");
    }
}

#[test]
fn an_outage_is_recovered_from_within_two_seconds() {
    for seed in SEEDS {
        let mut simulation = Simulation::one_way(path(2_000_000), &[flow(seed)], seed);
        simulation.capacity(0, 20.0, 0);
        simulation.capacity(0, 25.0, 2_000_000);
        simulation.run_to(24.9);
        let estimate_bps = simulation.estimator(0).estimate_bps();
        assert!(estimate_bps < 300_000, "still {estimate_bps} b/s");
        simulation.run_to(40.0);
        let name = format!("after an outage of 5 s, run {seed}");
        assert_share(&used(&name, &simulation, (27.0, 40.0), 2e6), 0.8);
    }
}
