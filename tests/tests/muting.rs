//! Somebody who is muted is not heard: at the other's speaker nothing is played, and the voice is back at once afterwards.
#![cfg(target_os = "linux")]

use std::path::PathBuf;
use std::process::Command as Process;
use std::time::Duration;

use nonet::command::Command;
use nonet_media::choice::{CameraChoice, MicrophoneChoice, SpeakerChoice};
use nonet_tests::people::{SMALL, meeting, person, start, wait_until};
use nonet_tests::pulse::Pulse;
use nonet_tests::spoken::{is_heard, say, say_into, say_until_heard};
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(30);

/// No sample of silence is larger: −60 dBFS.
const SILENCE: f32 = 0.001;

/// Where ALSA looks for its devices.
const DEVICES: &str = "ALSA_CONFIG_PATH";

/// Runs a test again in a process to which ALSA's devices are those of a file; in there, gives the file, which is still to be
/// written. A process cannot safely change its own environment.
fn inside(test: &str) -> Option<PathBuf> {
    const INSIDE: &str = "NONET_TESTS_INSIDE";
    if std::env::var_os(INSIDE).is_some() {
        return Some(std::env::var_os(DEVICES).expect("set below").into());
    }
    let folder = TempDir::new().expect("a temporary folder");
    let program = std::env::current_exe().expect("a program knows its own path");
    let mut process = Process::new(program);
    process.args(["--exact", test, "--nocapture"]).env(INSIDE, "1").env(DEVICES, folder.path().join("asound.conf"));
    process.env("XDG_RUNTIME_DIR", folder.path()).env("PULSE_RUNTIME_PATH", folder.path()).env_remove("PULSE_SERVER");
    assert!(process.status().expect("a program can start itself").success(), "see above");
    None
}

#[test]
fn nothing_is_heard_of_who_is_muted_and_all_again_afterwards() {
    let Some(devices) = inside("nothing_is_heard_of_who_is_muted_and_all_again_afterwards") else { return };
    let pulse = Pulse::start(&["mouth", "ear"]);
    pulse.set_default_sink("ear");
    std::fs::write(devices, pulse.pcm("default", "Desk") + "\n").expect("the folder can be written to");

    let mut ana = person(1, CameraChoice::Off, SMALL);
    ana.session.sound.microphone = MicrophoneChoice::Default;
    let ana = start(ana, Command::Host { name: "Ana".to_owned() });
    wait_until("Ana hosts", PATIENCE, || meeting(&ana).is_some());
    let link = meeting(&ana).expect("she hosts").link;
    let mut ben = person(2, CameraChoice::Off, SMALL);
    ben.session.sound.microphone = MicrophoneChoice::Off;
    ben.session.sound.speaker = SpeakerChoice::Default;
    let ben = start(ben, Command::Join { name: "Ben".to_owned(), code_or_link: link });
    wait_until("Ben joins", PATIENCE, || meeting(&ben).is_some());
    say_until_heard(&pulse, "mouth", "ear");

    let set_microphone = |on| ana.commands().try_send(Command::SetMicrophone(on)).expect("the engine takes commands");
    set_microphone(false);
    // What was said before is still on its way.
    std::thread::sleep(Duration::from_secs(1));
    let recording = pulse.record();
    say_into(&pulse, 4.0, "mouth", &recording);
    let loudest = recording.of("ear").into_iter().fold(0.0, |loudest: f32, sample| loudest.max(sample.abs()));
    assert!(loudest < SILENCE, "{loudest} is heard of who is muted");

    set_microphone(true);
    let arrivals = say(&pulse, 4.0, "mouth", "ear");
    assert!(arrivals.len() >= 2 && arrivals.iter().skip(1).all(is_heard), "{arrivals:?}");
}
