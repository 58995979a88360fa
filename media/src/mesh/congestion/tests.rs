//! The estimator as a whole, in virtual time.

mod simulation;

use std::time::Duration;

use crate::mesh::simulated_path::{Loss, PathConfig};
use simulation::{Media, Simulation};

const QUEUE: Duration = Duration::from_millis(300);

fn path(capacity_bps: u64) -> PathConfig {
    PathConfig { capacity_bps, queue: QUEUE, ..PathConfig::default() }
}

/// Share of the capacity that is used from one second to another, and the waiting time; both printed.
fn used(name: &str, simulation: &Simulation, path: usize, from: f64, to: f64, capacity_bps: f64) -> (f64, f64) {
    let share = simulation.record.arrived_bps(None, from, to) / capacity_bps;
    let wait_ms = simulation.record.p95_wait_ms(path, from, to);
    println!("{name}, {from}–{to} s: {:.0} % used, p95 {wait_ms:.0} ms waiting", share * 100.0);
    (share, wait_ms)
}

#[test]
fn a_clean_path_is_found_within_two_seconds() {
    for start_bps in [1_000_000, 300_000] {
        let mut simulation = Simulation::one_way(path(3_000_000), &[Media { start_bps, ..Media::default() }], 1);
        simulation.run_to(3.0);
        assert!(used(&format!("clean, from {start_bps} b/s"), &simulation, 0, 1.0, 2.0, 3e6).0 >= 0.9);
    }
}

#[test]
fn random_loss_costs_little() {
    let config = PathConfig { loss: Loss::random(0.05), ..path(3_000_000) };
    let mut simulation = Simulation::one_way(config, &[Media::default()], 1);
    simulation.run_to(60.0);
    assert!(used("5 % loss", &simulation, 0, 20.0, 60.0, 3e6 * 0.95).0 >= 0.85);
}
