//! What one sees of oneself before a meeting: what it looks like, and what its controls ask for.

use super::settings::sound;
use super::*;
use nonet::settings::SoundSettings;
use nonet::view::Preview;

/// Sam before a meeting, with a picture.
pub fn preview(code: Option<&str>) -> Preview {
    Preview {
        name: "Sam".into(),
        code_or_link: code.map(str::to_owned),
        code: code.map(str::to_owned),
        microphone: Device::On,
        camera: Device::On,
        busy_percent: None,
        pictures: pictured(7, "Sam").pictures,
    }
}

fn camera() -> Camera {
    let cameras = ["Integrated Camera".to_owned(), "USB camera".to_owned()].into();
    Camera { chosen: Some("Integrated Camera".into()), cameras, problem: None }
}

fn opened(preview: Preview, width: f32, height: f32, theme: Theme) -> Harness<'static, State> {
    let settings = SoundSettings { microphone: Some("USB headset".into()), ..SoundSettings::default() };
    let sound = Sound { settings, ..sound() };
    let view = View { sound, camera: camera(), ..view(Screen::Preview(preview)) };
    open(view, some_time(), width, height, theme)
}

const BUSY: &str = "Integrated Camera is in use by another program. Close that one.";

fn without_camera() -> Preview {
    Preview { camera: Device::Unavailable(BUSY.into()), ..preview(None) }
}

fn usual() -> Harness<'static, State> {
    opened(preview(Some("kfw-tqxm-ehd")), 1280.0, 720.0, Theme::Dark)
}

fn press(harness: &mut Harness<'_, State>, key: Key) -> Vec<Command> {
    harness.key_press(key);
    harness.run_steps(2);
    commands(harness)
}

fn join() -> Command {
    Command::Join { name: "Sam".into(), code_or_link: "kfw-tqxm-ehd".into() }
}

#[test]
fn it_looks_as_drawn() {
    usual().snapshot("preview");
}

#[test]
fn it_looks_as_drawn_in_bright_colours() {
    let muted = Preview { microphone: Device::Off, camera: Device::Off, ..preview(None) };
    opened(muted, 1280.0, 720.0, Theme::Light).snapshot("preview-off-light");
}

#[test]
fn in_a_small_window_the_way_in_is_always_there() {
    let mut harness = opened(preview(None), 480.0, 360.0, Theme::Dark);
    harness.snapshot("preview-480x360");
    harness.get_by_label("Test speaker").scroll_to_me();
    harness.run_steps(4);
    click(&mut harness, "Test speaker");
    assert_eq!(commands(&mut harness), [Command::TestSpeaker]);
}

#[test]
fn in_a_small_window_too_it_is_said_why_there_is_no_picture() {
    let mut harness = opened(without_camera(), 480.0, 360.0, Theme::Light);
    harness.get_by_label(BUSY);
    harness.snapshot("preview-no-camera-480x360-light");
}

#[test]
fn in_a_tall_window_the_devices_stand_below_the_picture() {
    opened(preview(None), 480.0, 800.0, Theme::Dark).snapshot("preview-480x800");
}

#[test]
fn a_camera_that_cannot_be_had_is_said_and_one_enters_without_it() {
    let mut harness = opened(without_camera(), 1280.0, 720.0, Theme::Dark);
    harness.get_by_label(&format!("You: {BUSY}"));
    harness.snapshot("preview-no-camera");
    click(&mut harness, "Start meeting");
    assert_eq!(commands(&mut harness), [Command::Host { name: "Sam".into() }]);
    let camera = harness.get_by_label("Camera").accesskit_node();
    assert_eq!(camera.description().as_deref(), Some(BUSY));
}

#[test]
fn a_camera_that_is_being_opened_is_said_and_one_that_is_off_leaves_no_picture() {
    let opening = Preview { pictures: Latest::new(), ..preview(None) };
    let mut harness = opened(opening, 1280.0, 720.0, Theme::Dark);
    harness.get_by_label("You: Starting the camera…");
    let set = |harness: &mut Harness<'_, State>, preview: Preview| {
        harness.state_mut().view.screen = Screen::Preview(preview);
        harness.run_steps(2);
    };
    set(&mut harness, preview(None));
    harness.get_by_label("You");
    set(&mut harness, Preview { camera: Device::Off, ..preview(None) });
    harness.get_by_label("You: Your camera is off");
    set(&mut harness, Preview { pictures: Latest::new(), ..preview(None) });
    harness.get_by_label("You: Starting the camera…");
}

#[test]
fn a_machine_that_is_too_busy_is_said_and_its_figure_too() {
    let busy = Preview { busy_percent: Some(93), ..preview(None) };
    let mut harness = opened(busy, 1280.0, 720.0, Theme::Light);
    harness.state_mut().view.appearance.language = LanguageChoice::German;
    harness.run_steps(3);
    harness.get_by_label_contains("Dein Rechner ist ausgelastet (93 %)");
    harness.get_by_label("Meeting starten");
    harness.snapshot("preview-busy-german");
}

#[test]
fn devices_are_switched_chosen_and_tried() {
    let mut harness = usual();
    assert_eq!(harness.get_by_label("Camera").accesskit_node().toggled(), Some(Toggled::True));
    click(&mut harness, "Microphone");
    click(&mut harness, "Camera");
    assert_eq!(commands(&mut harness), [Command::SetMicrophone(false), Command::SetCamera(false)]);
    click(&mut harness, "Choose a camera");
    click(&mut harness, "USB camera");
    assert_eq!(commands(&mut harness), [Command::ChooseCamera(Some("USB camera".into()))]);
    let settings = harness.state().view.sound.settings.clone();
    click(&mut harness, "Choose a microphone");
    click(&mut harness, "As the system has it");
    let expected = SoundSettings { microphone: None, ..settings.clone() };
    assert_eq!(commands(&mut harness), [Command::SetSound(expected)]);
    click(&mut harness, "Choose a speaker");
    // The microphone has the same name, and stands above.
    harness.get_all_by_label("USB headset").last().unwrap().click();
    harness.run_steps(2);
    let expected = SoundSettings { speaker: Some("USB headset".into()), ..settings };
    assert_eq!(commands(&mut harness), [Command::SetSound(expected)]);
    harness.get_by_label("Microphone level");
    click(&mut harness, "Test microphone");
    click(&mut harness, "Test speaker");
    assert_eq!(commands(&mut harness), [Command::TestVoice(true), Command::TestSpeaker]);
}

#[test]
fn a_microphone_that_is_off_is_not_tested() {
    let muted = Preview { microphone: Device::Off, ..preview(None) };
    let mut harness = opened(muted, 1280.0, 720.0, Theme::Dark);
    click(&mut harness, "Test microphone");
    click(&mut harness, "Microphone");
    assert_eq!(commands(&mut harness), [Command::SetMicrophone(true)]);
}

#[test]
fn one_joins_or_goes_back_by_button_and_by_key() {
    let mut harness = usual();
    click(&mut harness, "Join");
    click(&mut harness, "Back");
    assert_eq!(commands(&mut harness), [join(), Command::GoHome]);
    let mut harness = usual();
    assert_eq!(press(&mut harness, Key::Enter), [join()]);
    assert_eq!(press(&mut harness, Key::Escape), [Command::GoHome]);
}

#[test]
fn keys_go_to_what_has_the_focus_or_is_open() {
    let mut harness = usual();
    harness.get_by_label("Back").focus();
    harness.run_steps(2);
    assert_eq!(press(&mut harness, Key::Enter), [Command::GoHome], "it is Back that was entered");

    let mut harness = usual();
    click(&mut harness, "Choose a camera");
    harness.get_by_label("USB camera");
    assert_eq!(press(&mut harness, Key::Escape), [], "only the list is closed");
    assert!(harness.query_by_label("USB camera").is_none());

    let mut harness = usual();
    click(&mut harness, "Settings");
    assert_eq!(commands(&mut harness), [Command::LookAtSettings(true)]);
    assert_eq!(press(&mut harness, Key::Escape), [Command::LookAtSettings(false)]);
    assert_eq!(press(&mut harness, Key::Escape), [Command::GoHome]);
}

#[test]
fn a_key_that_is_still_held_down_from_home_does_not_join() {
    let mut harness = open(home("Sam"), some_time(), 1280.0, 720.0, Theme::Dark);
    harness.get_by_label("Your name").focus();
    harness.run_steps(2);
    harness.key_down(Key::Enter);
    harness.run_steps(2);
    let asked = Command::Preview { name: "Sam".into(), code_or_link: None };
    assert_eq!(commands(&mut harness), [asked]);
    harness.state_mut().view.screen = Screen::Preview(preview(None));
    harness.run_steps(2);
    for _ in 0..3 {
        harness.key_down(Key::Enter);
        harness.run_steps(2);
    }
    assert_eq!(commands(&mut harness), []);
    harness.key_up(Key::Enter);
    harness.run_steps(2);
    assert_eq!(press(&mut harness, Key::Enter), [Command::Host { name: "Sam".into() }]);
}

#[test]
fn the_keyboard_reaches_every_control_before_a_meeting() {
    let mut harness = usual();
    let mut all = vec![
        "Microphone",
        "Camera",
        "Settings",
        "Choose a camera",
        "Choose a microphone",
        "Test microphone",
        "Choose a speaker",
        "Test speaker",
        "Back",
        "Join",
    ];
    let mut reached = Vec::new();
    for _ in 0..all.len() {
        harness.key_press(Key::Tab);
        harness.run_steps(2);
        let focused = all.iter().copied().find(|label| harness.get_by_label(label).accesskit_node().is_focused());
        reached.extend(focused);
    }
    reached.sort_unstable();
    all.sort_unstable();
    assert_eq!(reached, all);
}
