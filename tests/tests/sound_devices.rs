//! Meetings over sound devices: what is said into one participant's microphone comes out of the other's speaker, whichever
//! devices the system means, and whatever is plugged in and out. The devices are those of a sound server of each test's own, which is
//! that of the desktop, or is reached through ALSA.
#![cfg(target_os = "linux")]

use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use nonet_tests::delay::arrivals;
use nonet_tests::program::{Program, binary};
use nonet_tests::pulse::{Pulse, Recording};
use nonet_tests::spoken::{is_heard, say, say_into, say_until_heard};
use nonet_tests::talk::Talk;

const PATIENCE: Duration = Duration::from_secs(30);

/// No sample of silence is larger: −50 dBFS.
const SILENCE: f32 = 0.003;

/// Time is measured here: one at a time.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits until this is said.
fn hear(program: &Program, part: &str) {
    while !program.event("notice", PATIENCE)["text"].as_str().is_some_and(|text| text.contains(part)) {}
}

#[test]
fn every_second_of_what_is_said_comes_out_of_the_others_speaker() {
    let _alone = alone();
    let pulse = Pulse::start(&["mouth", "ear"]);
    pulse.set_default_sink("ear");
    let _talk = Talk::start(&pulse.environment(), "default", "default");
    say_until_heard(&pulse, "mouth", "ear");
    let arrivals = say(&pulse, 8.0, "mouth", "ear");
    assert!(arrivals.len() >= 6 && arrivals.iter().all(is_heard), "{arrivals:?}");
}

/// Speaks from the moment of a change on, and sees when that is heard.
fn assert_heard_2_s_after(change: impl FnOnce(), pulse: &Pulse, mouth: &str, ear: &str) {
    let recording = pulse.record();
    let changed_at = recording.seconds();
    change();
    say_into(pulse, 6.0, mouth, &recording);
    let arrivals = arrivals(&recording.of(mouth), &recording.of(ear));
    let after: Vec<_> = arrivals.iter().filter(|arrival| arrival.said_at as f64 >= changed_at + 2.0).collect();
    assert!(after.len() >= 2 && after.into_iter().all(is_heard), "changed at {changed_at}: {arrivals:?}");
}

#[test]
fn the_systems_default_devices_are_followed_within_2_s() {
    let _alone = alone();
    let pulse = Pulse::start(&["mouth", "ear", "other-mouth", "other-ear"]);
    pulse.set_default_sink("ear");
    let _talk = Talk::start(&pulse.environment(), "default", "default");
    say_until_heard(&pulse, "mouth", "ear");
    assert_heard_2_s_after(|| pulse.set_default_source("other-mouth.monitor"), &pulse, "other-mouth", "ear");
    assert_heard_2_s_after(|| pulse.set_default_sink("other-ear"), &pulse, "other-mouth", "other-ear");

    let recording = pulse.record();
    say_into(&pulse, 3.0, "mouth", &recording);
    for ear in ["ear", "other-ear"] {
        let loudest = loudest(&recording, ear);
        assert!(loudest < SILENCE, "what is said into the device that was left is heard: {loudest}");
    }
}

fn loudest(recording: &Recording, device: &str) -> f32 {
    recording.of(device).into_iter().fold(0.0, |loudest: f32, sample| loudest.max(sample.abs()))
}

/// What `nonet devices` prints below this title.
fn listed(pulse: &Pulse, title: &str) -> Vec<String> {
    let nonet = Command::new(binary("nonet")).arg("devices").envs(pulse.environment()).output().expect("nonet starts");
    let text = String::from_utf8(nonet.stdout).expect("text");
    let below = text.lines().skip_while(|line| *line != title).skip(1);
    below.map_while(|line| line.strip_prefix("  ")).map(str::to_owned).collect()
}

#[test]
fn of_two_speakers_the_one_that_is_chosen_plays_and_the_other_stands_in_while_it_is_unplugged() {
    let _alone = alone();
    let mut pulse = Pulse::start(&["mouth", "laptop", "headset"]);
    pulse.set_default_sink("laptop");
    let speakers = listed(&pulse, "Speakers");
    assert_eq!(speakers[0], "The laptop  (default)");
    assert!(speakers.contains(&"The headset".to_owned()), "{speakers:?}");
    let microphones = listed(&pulse, "Microphones");
    assert_eq!(microphones, ["Monitor of The mouth  (default)"], "what is played is no microphone but by choice");

    let talk = Talk::start(&pulse.environment(), "default", "The headset");
    say_until_heard(&pulse, "mouth", "headset");
    let recording = pulse.record();
    say_into(&pulse, 3.0, "mouth", &recording);
    let loudest_of_other = loudest(&recording, "laptop");
    assert!(loudest_of_other < SILENCE, "the speaker that was not chosen plays: {loudest_of_other}");
    drop(recording);

    let unplugged_at = Instant::now();
    pulse.unplug_device("headset");
    hear(&talk.ben, "The speaker is now The laptop.");
    let replaced_after = unplugged_at.elapsed();
    assert!(replaced_after <= Duration::from_secs(1), "replaced after {replaced_after:?}");
    say_until_heard(&pulse, "mouth", "laptop");

    pulse.plug_in_device("headset");
    hear(&talk.ben, "The speaker is now The headset.");
    say_until_heard(&pulse, "mouth", "headset");
}

/// As whoever chose it before there was a server is wont to.
#[test]
fn a_device_of_alsa_is_used_beside_the_sound_server_by_its_whole_name() {
    let _alone = alone();
    let pulse = Pulse::start(&["mouth", "ear", "desk"]);
    pulse.set_default_sink("ear");
    let mut environment = pulse.environment_of_alsa(&[pulse.pcm_of("desk", "pulse", "Desk Speaker")]);
    environment.extend(pulse.environment().into_iter().filter(|(name, _)| name == "PULSE_SERVER"));
    let _talk = Talk::start(&environment, "default", "Desk Speaker");
    say_until_heard(&pulse, "mouth", "desk");
}

#[test]
fn devices_of_alsa_that_are_unplugged_are_replaced_within_1_s_and_used_again_when_they_are_back() {
    let _alone = alone();
    let mut desk = Pulse::start(&["mouth", "ear"]);
    let laptop = Pulse::start(&["mouth", "ear"]);
    for pulse in [&desk, &laptop] {
        pulse.set_default_sink("ear");
    }
    // Of ALSA's many names, `default` and `pulse` are among those that Nonet lists.
    let pcms = [laptop.pcm("default", "Laptop"), desk.pcm("pulse", "Desk")];
    let talk = Talk::start(&laptop.environment_of_alsa(&pcms), "Desk", "Desk");
    say_until_heard(&desk, "mouth", "ear");

    let _awake = laptop.record();
    let unplugged_at = Instant::now();
    desk.unplug();
    hear(&talk.ana, "The microphone is now Default");
    hear(&talk.ben, "The speaker is now Default");
    let replaced_after = unplugged_at.elapsed();
    assert!(replaced_after <= Duration::from_secs(1), "replaced after {replaced_after:?}");
    say_until_heard(&laptop, "mouth", "ear");

    desk.plug_in();
    desk.set_default_sink("ear");
    hear(&talk.ana, "The microphone is now Desk.");
    hear(&talk.ben, "The speaker is now Desk.");
    say_until_heard(&desk, "mouth", "ear");
}
