//! Meetings over sound devices: what is said into one participant's microphone comes out of the other's speaker, whichever
//! devices the system means, and whatever is plugged in and out. The devices are those of a sound server of each test's own.
#![cfg(target_os = "linux")]

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use nonet_tests::delay::{Arrival, arrivals};
use nonet_tests::program::Program;
use nonet_tests::pulse::{Pulse, Recording};
use nonet_tests::voice::speech::speech;
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(30);

/// What was not said is no more like it than 0.15; what comes through processing, Opus and the network more than 0.5.
const LEAST_LIKENESS: f64 = 0.35;

/// No sample of silence is larger: −50 dBFS.
const SILENCE: f32 = 0.003;

/// Time is measured here: one at a time.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Two who meet on this machine; Ana speaks, and Ben listens.
struct Meeting {
    ana: Program,
    ben: Program,
    _home: TempDir,
}

impl Meeting {
    /// Begins a meeting with these devices. It has begun when both run.
    fn start(environment: &[(String, String)], microphone: &str, speaker: &str) -> Self {
        let home = TempDir::new().expect("a temporary folder");
        let start = |way: &[&str], name, microphone, speaker| {
            let devices = ["--headless", "--name", name, "--camera", "off", "--microphone", microphone];
            let arguments = [way, &devices, &["--speaker", speaker]].concat();
            Program::start_with(home.path(), &arguments, environment)
        };
        let ana = start(&["host", "--listen", "127.0.0.1:0"], "Ana", microphone, "off");
        let hosting = ana.event("hosting", PATIENCE);
        let ben = start(&["join", hosting["link"].as_str().expect("a link")], "Ben", "off", speaker);
        let joined = ben.event("participant-joined", PATIENCE);
        if joined["microphone"] == false {
            assert_eq!(ben.event("participant-updated", PATIENCE)["microphone"], true);
        }
        Self { ana, ben, _home: home }
    }
}

/// Waits until this is said.
fn hear(program: &Program, part: &str) {
    while !program.event("notice", PATIENCE)["text"].as_str().is_some_and(|text| text.contains(part)) {}
}

/// Waits for a second more than there is, so that what was said last is in the recording.
fn wait_for_the_last(recording: &Recording) {
    let end = recording.seconds() + 1.2;
    while recording.seconds() < end {
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Says something into one device and looks for it in another.
fn say(pulse: &Pulse, seconds: f64, mouth: &str, ear: &str) -> Vec<Arrival> {
    let recording = pulse.record();
    pulse.play(&speech(7, seconds), mouth).finish();
    wait_for_the_last(&recording);
    arrivals(&recording.of(mouth), &recording.of(ear))
}

/// Says a little until it arrives: a path may still be searched for, and a device still starting.
fn until_it_arrives(pulse: &Pulse, mouth: &str, ear: &str) {
    let end = Instant::now() + PATIENCE;
    loop {
        let arrivals = say(pulse, 3.0, mouth, ear);
        if arrivals.len() > 1 && arrivals[1..].iter().all(is_like) {
            return;
        }
        assert!(Instant::now() < end, "what is said into {mouth} does not come out of {ear}: {arrivals:?}");
    }
}

fn is_like(arrival: &Arrival) -> bool {
    arrival.likeness > LEAST_LIKENESS
}

#[test]
fn every_second_of_what_is_said_comes_out_of_the_others_speaker() {
    let _alone = alone();
    let pulse = Pulse::start(&["mouth", "ear"]);
    pulse.set_default_sink("ear");
    let _meeting = Meeting::start(&pulse.environment(&[pulse.pcm("default", "Desk")]), "default", "default");
    until_it_arrives(&pulse, "mouth", "ear");
    let arrivals = say(&pulse, 8.0, "mouth", "ear");
    assert!(arrivals.len() >= 6 && arrivals.iter().all(is_like), "{arrivals:?}");
}

/// Speaks from the moment of a change on, and sees when that is heard.
fn assert_heard_2_s_after(change: impl FnOnce(), pulse: &Pulse, mouth: &str, ear: &str) {
    let recording = pulse.record();
    let changed_at = recording.seconds();
    change();
    pulse.play(&speech(8, 6.0), mouth).finish();
    wait_for_the_last(&recording);
    let arrivals = arrivals(&recording.of(mouth), &recording.of(ear));
    let after: Vec<_> = arrivals.iter().filter(|arrival| arrival.said_at as f64 >= changed_at + 2.0).collect();
    assert!(after.len() >= 2 && after.into_iter().all(is_like), "changed at {changed_at}: {arrivals:?}");
}

#[test]
fn the_systems_default_devices_are_followed_within_2_s() {
    let _alone = alone();
    let pulse = Pulse::start(&["mouth", "ear", "other-mouth", "other-ear"]);
    pulse.set_default_sink("ear");
    let _meeting = Meeting::start(&pulse.environment(&[pulse.pcm("default", "Desk")]), "default", "default");
    until_it_arrives(&pulse, "mouth", "ear");
    assert_heard_2_s_after(|| pulse.set_default_source("other-mouth.monitor"), &pulse, "other-mouth", "ear");
    assert_heard_2_s_after(|| pulse.set_default_sink("other-ear"), &pulse, "other-mouth", "other-ear");

    let recording = pulse.record();
    pulse.play(&speech(8, 3.0), "mouth").finish();
    wait_for_the_last(&recording);
    for ear in ["ear", "other-ear"] {
        let loudest = recording.of(ear).into_iter().fold(0.0, |loudest: f32, sample| loudest.max(sample.abs()));
        assert!(loudest < SILENCE, "what is said into the device that was left is heard: {loudest}");
    }
}

#[test]
fn devices_that_are_unplugged_are_replaced_within_1_s_and_used_again_when_they_are_back() {
    let _alone = alone();
    let mut desk = Pulse::start(&["mouth", "ear"]);
    let laptop = Pulse::start(&["mouth", "ear"]);
    for pulse in [&desk, &laptop] {
        pulse.set_default_sink("ear");
    }
    let _awake = laptop.record();
    let pcms = [laptop.pcm("default", "Laptop"), desk.pcm("pulse", "Desk")];
    let meeting = Meeting::start(&laptop.environment(&pcms), "Desk", "Desk");
    until_it_arrives(&desk, "mouth", "ear");

    let unplugged_at = Instant::now();
    desk.unplug();
    hear(&meeting.ana, "The microphone is now Default");
    hear(&meeting.ben, "The speaker is now Default");
    let replaced_after = unplugged_at.elapsed();
    assert!(replaced_after <= Duration::from_secs(1), "replaced after {replaced_after:?}");
    until_it_arrives(&laptop, "mouth", "ear");

    desk.plug_in();
    desk.set_default_sink("ear");
    hear(&meeting.ana, "The microphone is now Desk.");
    hear(&meeting.ben, "The speaker is now Desk.");
    until_it_arrives(&desk, "mouth", "ear");
}
