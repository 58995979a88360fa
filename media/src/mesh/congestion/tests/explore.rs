use super::simulation::*;
use super::*;

#[test]
fn explore() {
    for start_bps in [1_000_000, 300_000] {
        let mut simulation = Simulation::one_way(path(3_000_000), &[Media { start_bps, ..Media::default() }], 1);
        simulation.run_to(60.0);
        for (from, to) in [(0.0, 1.0), (1.0, 2.0), (2.0, 3.0), (3.0, 10.0), (10.0, 60.0)] {
            used(&format!("clean from {start_bps}"), &simulation, 0, from, to, 3e6);
        }
    }
    for loss in [0.02, 0.05, 0.1, 0.2, 0.3] {
        for capacity in [500_000_u32, 1_000_000, 3_000_000] {
            let config = PathConfig { loss: Loss::random(loss), ..path(capacity.into()) };
            let mut simulation = Simulation::one_way(config, &[Media::default()], 1);
            simulation.run_to(60.0);
            used(&format!("loss {loss} at {capacity}"), &simulation, 0, 20.0, 60.0, f64::from(capacity) * (1.0 - loss));
        }
    }
    {
        let mut simulation = Simulation::one_way(path(1_000_000), &[Media::default()], 1);
        for (at, bps) in [(40.0, 2_500_000), (60.0, 600_000), (80.0, 1_000_000)] {
            simulation.capacity(0, at, bps);
        }
        simulation.run_to(100.0);
        for (from, to, bps) in [(0.0, 40.0, 1e6), (40.0, 60.0, 2.5e6), (60.0, 80.0, 0.6e6), (80.0, 100.0, 1e6)] {
            used("5.1", &simulation, 0, from, to, bps);
        }
    }
    {
        let mut simulation = Simulation::one_way(path(4_000_000), &[Media::default(); 2], 1);
        for (at, bps) in [(25.0, 2_000_000), (50.0, 3_500_000), (75.0, 1_000_000), (100.0, 2_000_000)] {
            simulation.capacity(0, at, bps);
        }
        simulation.run_to(125.0);
        for (from, to, bps) in
            [(0.0, 25.0, 4e6), (25.0, 50.0, 2e6), (50.0, 75.0, 3.5e6), (75.0, 100.0, 1e6), (100.0, 125.0, 2e6)]
        {
            used("5.2", &simulation, 0, from, to, bps);
        }
    }
}
