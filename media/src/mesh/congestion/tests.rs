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

/// How a path was used from one second to another; says so where that is too little.
#[derive(Debug)]
#[expect(dead_code, reason = "the name and the seconds are for whoever reads of a failure")]
struct Used<'a> {
    name: &'a str,
    seconds: (f64, f64),
    /// Of what the path carries.
    share: f64,
    /// The waiting time that 95 % of packets do not exceed.
    wait_ms: f64,
}

fn used<'a>(name: &'a str, simulation: &Simulation, seconds: (f64, f64), carries_bps: f64) -> Used<'a> {
    let (from, to) = seconds;
    let share = simulation.record.arrived_bps(None, from, to) / carries_bps;
    Used { name, seconds, share, wait_ms: simulation.record.p95_wait_ms(0, from, to) }
}

fn assert_share(used: &Used<'_>, least: f64) {
    assert!(used.share >= least, "{used:?}");
}
