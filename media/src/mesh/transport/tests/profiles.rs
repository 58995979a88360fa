//! Whole pictures and sound over whole networks, in virtual time: camera, allocation, transport, path, assembler, schedule.
//!
//! Real are the allocation, the queue to the link, the transport with its estimator, the path's arithmetic, the assembler and the
//! schedule. Sizes of pictures are made up ([`camera`]); decoding takes no time, and sound is not played. Prints the table of
//! docs/performance.md.

mod camera;
mod cases;
mod figures;
mod receiving;
mod sending;
mod world;

use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use figures::Figures;
use world::{FlowSetup, World};

const VIDEO_SSRC: u32 = 1;
const AUDIO_SSRC: u32 = 2;
const RETRANSMISSION_SSRC: u32 = 3;

const SEEDS: [u64; 3] = [1, 2, 3];

#[test]
fn every_profile_keeps_to_its_bounds() {
    let profiles = cases::all();
    let jobs: Mutex<Vec<_>> = Mutex::new((0..profiles.len()).rev().collect());
    let medians = Mutex::new(vec![Figures::default(); profiles.len()]);
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(place) = { jobs.lock().unwrap().pop() } {
                    let profile = &profiles[place];
                    let runs = SEEDS.map(|seed| Figures::of(profile, &profile.run(seed)));
                    medians.lock().unwrap()[place] = Figures::median(&runs);
                }
            });
        }
    });
    println!("{}", Figures::HEADER);
    let medians = medians.into_inner().unwrap();
    for (profile, figures) in profiles.iter().zip(&medians) {
        println!("{}", figures.row(profile.name));
    }
    for (profile, figures) in profiles.iter().zip(&medians) {
        let (name, bounds) = (profile.name, &profile.bounds);
        assert!(figures.least_used >= bounds.used, "{name}: {figures:?}");
        assert!(figures.queue_ms <= bounds.queue_ms, "{name}: {figures:?}");
        assert!(figures.fps >= bounds.fps, "{name}: {figures:?}");
        assert!(figures.longest_ms <= bounds.still_ms, "{name}: {figures:?}");
        assert!(figures.sound_lost <= bounds.sound_lost, "{name}: {figures:?}");
        assert!(figures.recovery_ms.is_none_or(|ms| ms <= bounds.recovery_ms), "{name}: {figures:?}");
    }
}

#[test]
fn a_clean_path_of_3_mbps_is_found_within_two_seconds() {
    for seed in SEEDS {
        let mut world = World::new([cases::plain(3_000_000); 2], &[FlowSetup::default()], seed);
        let estimates = (1..=20).filter_map(|tenths| {
            world.run_to(Duration::from_millis(100 * tenths));
            world.flows[0].sending.sender.estimate_bps()
        });
        let most = estimates.max();
        assert!(most >= Some(2_700_000), "{most:?} b/s in run {seed}");
    }
}
