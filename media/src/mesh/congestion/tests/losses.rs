//! Paths that lose packets by themselves, or for want of a queue, or let them overtake each other.

use super::*;

#[test]
fn five_percent_of_random_loss_leave_85_percent() {
    for (seed, capacity_bps) in SEEDS.into_iter().flat_map(|seed| [(seed, 1e6), (seed, 3e6)]) {
        let config = PathConfig { loss: Loss::random(0.05), ..path(capacity_bps as u64) };
        let mut simulation = Simulation::one_way(config, &[flow(seed)], seed);
        simulation.run_to(60.0);
        let name = format!("5 % lost of {capacity_bps} b/s, run {seed}");
        assert_share(&used(&name, &simulation, (10.0, 60.0), capacity_bps * 0.95), 0.85);
    }
}

#[test]
fn twenty_percent_of_random_loss_leave_half() {
    for (seed, capacity_bps) in SEEDS.into_iter().flat_map(|seed| [(seed, 0.5e6), (seed, 1e6), (seed, 3e6)]) {
        let config = PathConfig { loss: Loss::random(0.2), ..path(capacity_bps as u64) };
        let mut simulation = Simulation::one_way(config, &[flow(seed)], seed);
        simulation.run_to(60.0);
        let name = format!("20 % lost of {capacity_bps} b/s, run {seed}");
        assert_share(&used(&name, &simulation, (10.0, 60.0), capacity_bps * 0.8), 0.5);
    }
}

#[test]
fn losses_in_bursts_leave_half() {
    for seed in SEEDS {
        let config = PathConfig { loss: Loss::bursts(0.05, 5.0), ..path(2_000_000) };
        let mut simulation = Simulation::one_way(config, &[flow(seed)], seed);
        simulation.run_to(60.0);
        let name = format!("5 % lost in bursts of five, run {seed}");
        assert_share(&used(&name, &simulation, (10.0, 60.0), 2e6 * 0.95), 0.5);
    }
}

#[test]
fn a_short_queue_is_not_taken_for_a_path_that_loses() {
    for seed in SEEDS {
        let config = PathConfig { queue: Duration::from_millis(30), ..path(2_000_000) };
        let mut simulation = Simulation::one_way(config, &[flow(seed)], seed);
        simulation.run_to(60.0);
        let name = format!("queue of 30 ms, run {seed}");
        let used = used(&name, &simulation, (10.0, 60.0), 2e6);
        let arrived = simulation.record.arrived_bps(Some(0), 10.0, 60.0) / simulation.record.sent_bps(0, 10.0, 60.0);
        assert!(used.share >= 0.85 && arrived >= 0.93, "{used:?}, {:.1} % lost", (1.0 - arrived) * 100.0);
    }
}

#[test]
fn jitter_leaves_80_percent_where_it_is_mild_and_a_quarter_where_it_is_not() {
    let mild = PathConfig { jitter: Duration::from_millis(10), ..path(1_000_000) };
    let moderate = PathConfig {
        delay: Duration::from_millis(100),
        jitter: Duration::from_millis(25),
        loss: Loss::random(0.05),
        ..path(1_000_000)
    };
    let international = PathConfig {
        delay: Duration::from_millis(250),
        jitter: Duration::from_millis(100),
        reorders: true,
        ..path(300_000)
    };
    for (name, config, least) in
        [("mild", mild, 0.8), ("moderate", moderate, 0.5), ("international", international, 0.25)]
    {
        for seed in SEEDS {
            let mut simulation = Simulation::one_way(config, &[flow(seed)], seed);
            simulation.run_to(60.0);
            let carries_bps = config.capacity_bps as f64 * (1.0 - config.loss.while_good);
            let name = format!("{name} jitter, run {seed}");
            assert_share(&used(&name, &simulation, (10.0, 60.0), carries_bps), least);
        }
    }
}
