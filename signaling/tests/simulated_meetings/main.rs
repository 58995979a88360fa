//! Whole meetings in virtual time: the server's directory and everybody's [`nonet_signaling::meeting::Meeting`] over a
//! network that delays, cuts and loses, with a media layer that is as strict as WebRTC about the order of things. A
//! seed decides everything, so each failure can be had again: `SIMULATION_SEED=17 cargo test --test simulated_meetings`.

#![allow(clippy::unwrap_used, reason = "in helpers of tests too, a failure is the test's")]

mod media;
mod random;
mod world;

use random::Random;
use std::time::Duration;
use world::{Action, World};

const SECOND: Duration = Duration::from_secs(1);

/// Runs a scenario for each seed, or for that of `SIMULATION_SEED`; says which one failed.
fn for_each_seed(seeds: u64, scenario: impl Fn(Random) + Sync) {
    if let Some(seed) = std::env::var("SIMULATION_SEED").ok().and_then(|seed| seed.parse().ok()) {
        return scenario(Random::new(seed));
    }
    for seed in 0..seeds {
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| scenario(Random::new(seed))));
        if let Err(panic) = outcome {
            eprintln!("the scenario failed with SIMULATION_SEED={seed}");
            std::panic::resume_unwind(panic);
        }
    }
}

#[test]
fn people_who_join_in_any_order_all_meet() {
    for_each_seed(600, |mut random| {
        let people = random.between(2, 9);
        let mut world = World::new(random.fork());
        world.create();
        for _ in 1..people {
            let at = random.duration(3 * SECOND);
            world.plan(at, Action::Join);
        }
        world.run_until_idle();
        assert_eq!(world.people_in_meeting(), people);
        world.assert_all_agree();
        world.assert_one_connection_per_pair();
        world.everybody_leaves();
        world.run_until_idle();
        world.assert_nothing_is_left();
    });
}

#[test]
fn on_a_calm_network_a_pair_needs_one_negotiation() {
    for_each_seed(100, |mut random| {
        let mut world = World::new(random.fork());
        world.create();
        for index in 1..9 {
            world.plan(SECOND * index, Action::Join);
        }
        world.run_until_idle();
        world.assert_all_agree();
        world.assert_one_connection_per_pair();
        assert!(world.generations().iter().all(|generation| *generation == 1), "{:?}", world.generations());
    });
}

#[test]
fn whatever_happens_those_who_stay_agree_and_are_connected_in_the_end() {
    for_each_seed(4000, |mut random| {
        let people = random.between(2, 9);
        let mut world = World::new(random.fork());
        world.create();
        for _ in 1..people {
            let at = random.duration(3 * SECOND);
            world.plan(at, Action::Join);
        }
        let until = random.between(10, 90) as u32 * SECOND;
        for _ in 0..random.between(0, 30) {
            let at = random.duration(until);
            let action = match random.between(0, 99) {
                0..20 => Action::Share,
                20..40 => Action::CutConnection,
                40..45 => Action::CutEverybody,
                45..50 => Action::LongAbsence,
                50..65 => Action::BreakPath,
                65..75 => Action::BreakPathForOne,
                75..80 => Action::Leave,
                80..85 => Action::Crash,
                85..90 => Action::CrashAndReturn,
                _ => Action::Join,
            };
            world.plan(at, action);
        }
        world.set_media_faults(random.between(0, 1) == 1);
        world.run_for(until);
        world.set_media_faults(false);
        world.run_until_idle();
        world.assert_all_agree();
        world.assert_one_connection_per_pair();
        world.everybody_leaves();
        world.run_until_idle();
        world.assert_nothing_is_left();
    });
}

#[test]
fn whatever_people_do_they_hear_all_of_it_once() {
    for_each_seed(3000, |mut random| {
        let people = random.between(2, 8);
        let mut world = World::new(random.fork());
        world.create();
        for _ in 1..people {
            let at = random.duration(3 * SECOND);
            world.plan(at, Action::Join);
        }
        let until = random.between(10, 90) as u32 * SECOND;
        for _ in 0..random.between(10, 60) {
            let at = random.duration(until);
            let action = match random.between(0, 99) {
                0..35 => Action::Say,
                35..45 => Action::Hand,
                45..55 => Action::Control,
                55..65 => Action::Decide,
                65..80 => Action::CutConnection,
                80..83 => Action::CutEverybody,
                83..86 => Action::LongAbsence,
                86..90 => Action::Leave,
                90..93 => Action::Crash,
                _ => Action::Join,
            };
            world.plan(at, action);
        }
        world.run_for(until);
        world.run_until_idle();
        world.everybody_is_let_in();
        world.assert_all_agree();
        world.assert_one_connection_per_pair();
        world.assert_chat_agrees();
        world.assert_hands_are_as_wanted();
        world.everybody_leaves();
        world.run_until_idle();
        world.assert_nothing_is_left();
    });
}

#[test]
fn when_all_are_lost_at_once_nothing_is_left() {
    for_each_seed(200, |mut random| {
        let mut world = World::new(random.fork());
        world.create();
        for _ in 1..random.between(2, 9) {
            let at = random.duration(2 * SECOND);
            world.plan(at, Action::Join);
        }
        world.run_for(random.duration(10 * SECOND));
        world.everybody_crashes();
        world.run_until_idle();
        world.assert_nothing_is_left();
    });
}

#[test]
fn the_host_can_end_it_for_all() {
    for_each_seed(100, |mut random| {
        let mut world = World::new(random.fork());
        world.create();
        for _ in 1..random.between(2, 9) {
            let at = random.duration(2 * SECOND);
            world.plan(at, Action::Join);
        }
        world.run_until_idle();
        world.host_ends_it();
        world.run_until_idle();
        assert_eq!(world.people_in_meeting(), 0);
        world.assert_nothing_is_left();
    });
}

#[test]
fn media_flows_on_while_the_server_is_away() {
    for_each_seed(100, |mut random| {
        let mut world = World::new(random.fork());
        world.create();
        for _ in 1..random.between(2, 9) {
            let at = random.duration(2 * SECOND);
            world.plan(at, Action::Join);
        }
        world.run_until_idle();
        let before = world.generations();
        world.plan(SECOND, Action::CutEverybody);
        world.run_until_idle();
        world.assert_all_agree();
        world.assert_one_connection_per_pair();
        assert_eq!(world.generations(), before, "nothing was negotiated anew");
    });
}
