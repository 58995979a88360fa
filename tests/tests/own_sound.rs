//! One's own microphone and speaker as the engine has them: tried before a meeting, changed in one, and kept.

use std::path::{Path, PathBuf};
use std::time::Duration;

use nonet::command::Command;
use nonet::engine::Engine;
use nonet::settings::{Settings, SoundSettings};
use nonet::view::{Device, Sound};
use nonet_media::audio::voice_test::VoiceTestStage;
use nonet_media::choice::{CameraChoice, SpeakerChoice};
use nonet_media::sound::SoundLook;
use nonet_tests::people::{SMALL, meeting, person, start, wait_until};

const PATIENCE: Duration = Duration::from_secs(30);

fn sound(engine: &Engine) -> Sound {
    engine.view().borrow().sound.clone()
}

fn look(engine: &Engine) -> Option<SoundLook> {
    sound(engine).look
}

fn say(engine: &Engine, command: Command) {
    engine.commands().try_send(command).expect("the engine keeps up");
}

fn loudness(engine: &Engine) -> f32 {
    look(engine).map_or(-127.0, |look| look.level().dbfs())
}

#[test]
fn before_a_meeting_devices_are_open_only_while_the_settings_are_looked_at() {
    let mut config = person(3, CameraChoice::Off, SMALL);
    let folder = tempfile::tempdir().unwrap();
    config.session.sound.speaker = SpeakerChoice::File(folder.path().join("heard.wav"));
    let engine = Engine::start(config).unwrap();
    assert!(look(&engine).is_none());
    say(&engine, Command::LookAtSettings(true));
    wait_until("the tone is seen", PATIENCE, || loudness(&engine) > -40.0);
    say(&engine, Command::TestVoice(true));
    let stage = || look(&engine).map(|look| look.voice_test());
    wait_until("it records", PATIENCE, || matches!(stage(), Some(VoiceTestStage::Recording(_))));
    wait_until("it plays", PATIENCE, || stage() == Some(VoiceTestStage::Playing));
    wait_until("it is over", PATIENCE, || stage() == Some(VoiceTestStage::Idle));
    say(&engine, Command::LookAtSettings(false));
    wait_until("the devices are let go", PATIENCE, || look(&engine).is_none());
}

#[test]
fn what_is_chosen_is_kept_and_a_microphone_that_is_missing_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("settings.toml");
    let mut config = person(3, CameraChoice::Off, SMALL);
    config.settings_file = Some(file.clone());
    let engine = Engine::start(config).unwrap();
    say(&engine, Command::LookAtSettings(true));
    let microphone = Some("No such microphone".to_owned());
    let chosen = SoundSettings { microphone, noise_suppression: false, ..SoundSettings::default() };
    say(&engine, Command::SetSound(chosen.clone()));
    wait_until("it is shown", PATIENCE, || sound(&engine).settings == chosen);
    wait_until("what is missing is said", PATIENCE, || sound(&engine).microphone_problem.is_some());
    assert_eq!(Settings::load(&file).unwrap().sound, chosen);
}

/// Two people in a meeting; the first plays what she hears into a file.
fn two(heard: PathBuf, settings_file: PathBuf) -> (Engine, Engine) {
    let mut ana = person(1, CameraChoice::Off, SMALL);
    ana.session.sound.speaker = SpeakerChoice::File(heard);
    ana.settings_file = Some(settings_file);
    let ana = start(ana, Command::Host { name: "Ana".to_owned() });
    wait_until("the meeting is open", PATIENCE, || meeting(&ana).is_some());
    let code_or_link = meeting(&ana).map(|meeting| meeting.link).unwrap_or_default();
    let ben = start(person(6, CameraChoice::Off, SMALL), Command::Join { name: "Ben".to_owned(), code_or_link });
    (ana, ben)
}

fn is_heard(engine: &Engine, name: &str) -> bool {
    let participants = meeting(engine).map(|meeting| meeting.participants).unwrap_or_default();
    participants.iter().any(|somebody| somebody.name == name && somebody.speaking)
}

/// Samples of a frame, and of a syllable of a voice and the quiet before the next.
const FRAME: usize = 960;
const SYLLABLE: usize = 20 * FRAME;
/// How often Ana's microphone changes, and how much is heard of Ben in between at least.
const CHANGES: usize = 5;
const BETWEEN_CHANGES: usize = 5 * SYLLABLE;

/// Samples that a file which is being played to holds. The last that were played, fewer than a second, may not be in it yet.
fn samples_in(path: &Path) -> usize {
    const HEADER_BYTES: u64 = 44;
    let bytes = std::fs::metadata(path).map_or(0, |metadata| metadata.len()).saturating_sub(HEADER_BYTES);
    usize::try_from(bytes / 2).expect("it fits the memory")
}

/// Whatever becomes of Ana's microphone, Ben is heard all the time. Where the machine lets nobody play or speak for a moment, he is
/// not, but hardly after most of the changes.
#[test]
fn in_a_meeting_one_direction_changes_while_the_other_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let (heard, kept) = (folder.path().join("heard.wav"), folder.path().join("settings.toml"));
    let (ana, ben) = two(heard.clone(), kept.clone());
    wait_until("both hear each other", PATIENCE, || is_heard(&ana, "Ben") && is_heard(&ben, "Ana"));
    let wait_for_more = |what, samples| {
        let end = samples_in(&heard) + samples;
        wait_until(what, PATIENCE, || samples_in(&heard) >= end);
    };
    wait_for_more("Ben is heard as loud as he is", BETWEEN_CHANGES);

    say(&ana, Command::SetVolume { participant: 2, percent: 20 });
    let percent = || meeting(&ana)?.participants.into_iter().find(|somebody| somebody.name == "Ben");
    wait_until("Ben is quieter", PATIENCE, || percent().is_some_and(|ben| ben.volume_percent == 20));
    wait_until("that is kept", PATIENCE, || {
        Settings::load(&kept).is_ok_and(|settings| settings.volume("Ben").as_percent() == 20)
    });

    let mut changed_at = vec![samples_in(&heard)];
    for change in 1..=CHANGES {
        let name = format!("No such microphone {change}");
        let microphone = Some(name.clone());
        say(&ana, Command::SetSound(SoundSettings { microphone, ..SoundSettings::default() }));
        wait_until("Ana is told", PATIENCE, || {
            let microphone = meeting(&ana).map(|meeting| meeting.microphone);
            matches!(microphone, Some(Device::Unavailable(why)) if why.contains(&name))
        });
        wait_until("the others see it", PATIENCE, || {
            let participants = meeting(&ben).map(|meeting| meeting.participants).unwrap_or_default();
            participants.iter().any(|somebody| somebody.name == "Ana" && !somebody.microphone_on)
        });
        wait_until("Ben is heard no less", PATIENCE, || is_heard(&ana, "Ben"));
        wait_for_more("Ben is heard after it", BETWEEN_CHANGES);
        changed_at.push(samples_in(&heard));
    }
    drop(ana);

    let samples = hound::WavReader::open(&heard).unwrap().into_samples::<i16>();
    let samples: Vec<f32> = samples.map(|sample| f32::from(sample.unwrap()) / 32_768.0).collect();
    let loudness =
        |frame: &[f32]| (frame.iter().map(|sample| sample * sample).sum::<f32>() / frame.len() as f32).sqrt();
    let loudest = |samples: &[f32]| samples.chunks(FRAME).map(loudness).fold(0.0, f32::max);
    let (all, end) = (loudest(&samples), loudest(&samples[changed_at[1]..changed_at[CHANGES]]));
    assert!(all > 0.05, "at first Ben was as loud as he is: {all}");
    assert!((0.1..0.3).contains(&(end / all)), "at the end he was at 20 %: {end} of {all}");
    // The tone falls to a thousandth between syllables.
    let silent_percent = |samples: &[f32]| {
        let frames = samples.chunks_exact(FRAME);
        let count = frames.len();
        frames.filter(|frame| loudness(frame) <= 1e-5).count() * 100 / count
    };
    let mut silent: Vec<usize> =
        changed_at.windows(2).map(|stretch| silent_percent(&samples[stretch[0]..stretch[1]])).collect();
    silent.sort_unstable();
    assert!(silent[CHANGES / 2] < 10, "of each 100 frames so many are silent: {silent:?}");
}

#[test]
fn a_microphone_that_is_let_go_while_it_is_off_comes_back() {
    let mut config = person(1, CameraChoice::Off, SMALL);
    config.settings.sound.release_muted_microphone = true;
    let ana = start(config, Command::Host { name: "Ana".to_owned() });
    wait_until("the meeting is open", PATIENCE, || meeting(&ana).is_some());
    wait_until("the microphone runs", PATIENCE, || loudness(&ana) > -40.0);
    for _ in 0..3 {
        say(&ana, Command::SetMicrophone(false));
        wait_until("it is let go", PATIENCE, || loudness(&ana) < -100.0);
        say(&ana, Command::SetMicrophone(true));
        wait_until("it is back", PATIENCE, || loudness(&ana) > -40.0);
    }
    let is_on = || {
        let meeting = meeting(&ana).expect("it goes on");
        meeting.microphone == Device::On && meeting.participants[0].microphone_on
    };
    wait_until("the others see it", PATIENCE, is_on);
}
