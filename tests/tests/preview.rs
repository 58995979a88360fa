//! One's own camera before a meeting and into it: pictures for nobody else, one camera for both, and released on the way back.

use std::sync::Arc;
use std::time::{Duration, Instant};

use nonet::command::Command;
use nonet::engine::{Engine, EngineConfig};
use nonet::settings::Settings;
use nonet::view::{Device, Preview, Screen};
use nonet_media::capture::test_pattern;
use nonet_media::choice::CameraChoice;
use nonet_media::frame::VideoFrame;
use nonet_media::latest::{Latest, Waited};
use nonet_tests::people::{SMALL, meeting, person, start, wait_until};

const PATIENCE: Duration = Duration::from_secs(30);

fn ana() -> EngineConfig {
    person(1, CameraChoice::TestPattern(1), SMALL)
}

fn say(engine: &Engine, command: Command) {
    engine.commands().try_send(command).expect("the engine keeps up");
}

fn preview_of(code_or_link: Option<String>) -> Command {
    Command::Preview { name: "Ana".to_owned(), code_or_link }
}

fn preview(engine: &Engine) -> Option<Preview> {
    match &engine.view().borrow().screen {
        Screen::Preview(preview) => Some(preview.clone()),
        _ => None,
    }
}

/// An engine that shows itself, and its pictures.
fn previewing(config: EngineConfig) -> (Engine, Latest<Arc<VideoFrame>>) {
    let engine = start(config, preview_of(None));
    wait_until("the preview is there", PATIENCE, || preview(&engine).is_some());
    let pictures = preview(&engine).map(|preview| preview.pictures).unwrap_or_default();
    (engine, pictures)
}

/// The number in the next picture, which counts from when the camera was opened.
fn number(pictures: &Latest<Arc<VideoFrame>>) -> u32 {
    match pictures.wait(PATIENCE) {
        Waited::Value(frame) => test_pattern::read(&frame).expect("it is a test pattern").frame_number,
        other => panic!("no picture: {other:?}"),
    }
}

/// Pictures may come until what was asked for is carried out, and then none.
fn wait_for_rest(pictures: &Latest<Arc<VideoFrame>>) {
    let deadline = Instant::now() + PATIENCE;
    while matches!(pictures.wait(Duration::from_secs(1)), Waited::Value(_)) {
        assert!(Instant::now() < deadline, "it still runs");
    }
}

#[test]
fn one_sees_oneself_while_the_camera_is_on() {
    let (engine, pictures) = previewing(ana());
    number(&pictures);
    say(&engine, Command::SetCamera(false));
    wait_for_rest(&pictures);
    assert_eq!(preview(&engine).unwrap().camera, Device::Off);
    say(&engine, Command::SetCamera(true));
    number(&pictures);
    assert_eq!(preview(&engine).unwrap().camera, Device::On);
}

#[test]
fn going_back_releases_camera_and_microphone_and_coming_again_opens_them() {
    let (engine, pictures) = previewing(ana());
    number(&pictures);
    let level = || engine.view().borrow().sound.look.as_ref().map(|look| look.level().dbfs());
    wait_until("the microphone is seen", PATIENCE, || level().is_some_and(|level| level > -40.0));
    say(&engine, Command::GoHome);
    wait_until("home is shown", PATIENCE, || matches!(engine.view().borrow().screen, Screen::Home(_)));
    wait_for_rest(&pictures);
    assert_eq!(level(), None);
    // What was on its way when one left changes nothing.
    say(&engine, Command::SetCamera(true));
    wait_for_rest(&pictures);
    say(&engine, preview_of(None));
    wait_until("the preview is there again", PATIENCE, || preview(&engine).is_some());
    number(&preview(&engine).unwrap().pictures);
}

#[test]
fn a_microphone_that_is_off_is_let_go_before_a_meeting_too_where_that_was_chosen() {
    let mut config = ana();
    config.settings.sound.release_muted_microphone = true;
    let (engine, _pictures) = previewing(config);
    let loudness = || engine.view().borrow().sound.look.as_ref().map_or(-127.0, |look| look.level().dbfs());
    wait_until("it is seen", PATIENCE, || loudness() > -40.0);
    say(&engine, Command::SetMicrophone(false));
    wait_until("it is let go", PATIENCE, || loudness() < -100.0);
    assert_eq!(preview(&engine).unwrap().microphone, Device::Off);
    say(&engine, Command::SetMicrophone(true));
    wait_until("it is back", PATIENCE, || loudness() > -40.0);
    assert_eq!(preview(&engine).unwrap().microphone, Device::On);
}

#[test]
fn a_meeting_takes_the_camera_over_as_it_runs() {
    let (engine, pictures) = previewing(ana());
    number(&pictures);
    say(&engine, Command::Host { name: "Ana".to_owned() });
    // A camera that is opened anew gives its pictures elsewhere, and counts them from the beginning.
    let mut last = None;
    while meeting(&engine).is_none() {
        let next = number(&pictures);
        assert!(last.replace(next) < Some(next), "{next} after {last:?}");
    }
    let own = meeting(&engine).unwrap().participants.swap_remove(0);
    assert!(own.camera_on, "it runs already");
    let next = number(&own.pictures);
    assert!(last < Some(next), "{next} after {last:?}");
    assert!(number(&pictures) > next, "they are the same");
}

#[test]
fn one_enters_with_camera_and_microphone_as_they_were() {
    let host = start(person(0, CameraChoice::Off, SMALL), Command::Host { name: "Host".to_owned() });
    wait_until("the meeting is open", PATIENCE, || meeting(&host).is_some());
    let link = meeting(&host).unwrap().link;
    let guest = start(ana(), preview_of(Some(link.clone())));
    wait_until("the preview is there", PATIENCE, || preview(&guest).is_some());
    let shown = preview(&guest).unwrap();
    assert!(shown.code.is_some_and(|code| link.contains(&code)));
    number(&shown.pictures);
    assert_eq!(meeting(&host).unwrap().participants.len(), 1, "nobody hears of it yet");
    say(&guest, Command::SetCamera(false));
    say(&guest, Command::SetMicrophone(false));
    say(&guest, Command::Join { name: "Ana".to_owned(), code_or_link: link });
    wait_until("the guest is in", PATIENCE, || meeting(&guest).is_some());
    let here = meeting(&guest).unwrap();
    assert_eq!((here.microphone, here.camera), (Device::Off, Device::Off));
    let seen = || meeting(&host)?.participants.into_iter().find(|somebody| somebody.name == "Ana");
    wait_until("the host sees the guest", PATIENCE, || seen().is_some());
    assert_eq!(seen().map(|ana| (ana.microphone_on, ana.camera_on)), Some((false, false)));
    say(&guest, Command::SetCamera(true));
    say(&guest, Command::SetMicrophone(true));
    let is_on = || seen().is_some_and(|ana| ana.microphone_on && ana.camera_on);
    wait_until("both are on", PATIENCE, is_on);
}

#[test]
fn a_camera_that_is_missing_is_said_kept_and_keeps_nobody_out() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("settings.toml");
    let (engine, pictures) = previewing(EngineConfig { settings_file: Some(file.clone()), ..ana() });
    number(&pictures);
    let name = "No such camera";
    say(&engine, Command::ChooseCamera(Some(name.to_owned())));
    let is_said = |camera: Option<Device>| matches!(camera, Some(Device::Unavailable(why)) if !why.is_empty());
    wait_until("it is said", PATIENCE, || is_said(preview(&engine).map(|preview| preview.camera)));
    let camera = engine.view().borrow().camera.clone();
    assert_eq!((camera.chosen.as_deref(), camera.problem.is_some()), (Some(name), true));
    assert_eq!(Settings::load(&file).unwrap().camera.as_deref(), Some(name));
    say(&engine, Command::Host { name: "Ana".to_owned() });
    wait_until("one is in nevertheless", PATIENCE, || meeting(&engine).is_some());
    let here = meeting(&engine).unwrap();
    assert!(is_said(Some(here.camera)) && !here.participants[0].camera_on);
}

#[test]
fn in_a_meeting_another_camera_is_chosen_and_sound_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("settings.toml");
    let config = EngineConfig { settings_file: Some(file.clone()), ..ana() };
    let engine = start(config, Command::Host { name: "Ana".to_owned() });
    let own = || meeting(&engine).map(|mut meeting| meeting.participants.swap_remove(0));
    wait_until("both run", PATIENCE, || own().is_some_and(|ana| ana.camera_on && ana.microphone_on));
    let look = engine.view().borrow().sound.look.clone().expect("the microphone is there");
    say(&engine, Command::ChooseCamera(Some("No such camera".to_owned())));
    let mut is_microphone_on = true;
    wait_until("it is not seen any more", PATIENCE, || {
        is_microphone_on &= own().is_some_and(|ana| ana.microphone_on);
        own().is_some_and(|ana| !ana.camera_on)
    });
    assert!(is_microphone_on, "sound was interrupted");
    wait_until("it is still heard", PATIENCE, || look.level().dbfs() > -40.0);
    wait_until("that is kept", PATIENCE, || {
        Settings::load(&file).is_ok_and(|settings| settings.camera.as_deref() == Some("No such camera"))
    });
}

#[test]
fn a_code_without_a_server_is_said_at_home_and_opens_no_camera() {
    let engine = start(ana(), preview_of(Some("kfw-tqxm-ehd".to_owned())));
    let problem = || match &engine.view().borrow().screen {
        Screen::Home(home) => home.problem.clone(),
        _ => None,
    };
    wait_until("it is said", PATIENCE, || problem().is_some());
    assert!(engine.view().borrow().sound.look.is_none());
}
