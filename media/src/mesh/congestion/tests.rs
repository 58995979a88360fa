//! The estimator as a whole: over simulated paths in virtual time, and fed with whatever a network may say.

mod changes;
mod losses;
mod nonsense;
mod rfc8867;
pub(in crate::mesh) mod simulation;

use std::time::Duration;

use crate::mesh::simulated_path::{Loss, PathConfig};
use simulation::{Media, Simulation, seconds};

/// Runs differ by these: in what is lost, in when flows begin and in how often feedback comes.
const SEEDS: [u64; 3] = [1, 11, 21];

/// A bottleneck with a queue of 300 ms and 50 ms of delay in each direction.
fn path(capacity_bps: u64) -> PathConfig {
    PathConfig { capacity_bps, ..PathConfig::default() }
}

fn flow(seed: u64) -> Media {
    Media {
        begins: Duration::from_millis(7 * seed),
        feedback_interval: Duration::from_millis(50 + seed),
        ..Media::default()
    }
}

/// Share of what a path carries that arrives from one second to another, and the waiting time that 95 % of packets do not
/// exceed in milliseconds; both printed.
fn used(name: &str, simulation: &Simulation, (from, to): (f64, f64), carries_bps: f64) -> (f64, f64) {
    let share = simulation.record.arrived_bps(None, from, to) / carries_bps;
    let wait_ms = simulation.record.p95_wait_ms(0, from, to);
    println!("{name}, {from}–{to} s: {:.0} % used, p95 {wait_ms:.0} ms waiting", share * 100.0);
    (share, wait_ms)
}
