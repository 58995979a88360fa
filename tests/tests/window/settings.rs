//! The settings and what can be done about somebody: what they look like, and what their controls ask for.

use super::*;
use nonet::settings::{
    AppearanceSettings, FrameRate, PictureSize, PrivacySettings, ServerSettings, SoundSettings, ThemeChoice,
    VideoSettings,
};
use nonet::view::Kept;
use nonet_media::sound::SoundLook;

pub fn sound() -> Sound {
    Sound {
        microphones: ["Built-in Audio".to_owned(), "USB headset".to_owned()].into(),
        speakers: ["Built-in Audio".to_owned(), "USB headset".to_owned()].into(),
        look: Some(SoundLook::default()),
        ..Sound::default()
    }
}

/// The settings over a screen.
fn opened(screen: Screen, sound: Sound, width: f32, height: f32) -> Harness<'static, State> {
    let view = View { sound, ..view(screen) };
    let mut harness = open(view, some_time(), width, height, Theme::Dark);
    click(&mut harness, "Settings");
    assert_eq!(commands(&mut harness), [Command::LookAtSettings(true)]);
    harness.run_steps(2);
    harness
}

#[test]
fn they_look_as_they_should() {
    let now = some_time();
    let mut harness = opened(Screen::Meeting(meeting(now, nine(now))), sound(), 1280.0, 720.0);
    // Tiles have glided to where they are beside the settings.
    harness.state_mut().now = now + Duration::from_secs(2);
    harness.run_steps(3);
    harness.snapshot("settings");
}

#[test]
fn in_a_small_window_they_can_be_scrolled() {
    let problem = "No microphone was found. Plug one in.".to_owned();
    let sound = Sound { microphone_problem: Some(problem.clone()), ..sound() };
    let home = Screen::Home(Home { name: "Sam".into(), ..Home::default() });
    let mut harness = opened(home, sound, 480.0, 360.0);
    harness.get_by_label(&problem);
    harness.snapshot("settings-480x360");
    click(&mut harness, "Sound");
    harness.get_by_label("Remove rumble").scroll_to_me();
    harness.run_steps(4);
    click(&mut harness, "Remove rumble");
    assert!(matches!(&commands(&mut harness)[..], [Command::SetSound(settings)] if !settings.high_pass));
}

#[test]
fn they_are_opened_and_closed_in_more_than_one_way() {
    let now = some_time();
    for screen in [Screen::Home(Home::default()), Screen::Meeting(meeting(now, two()))] {
        let mut harness = opened(screen, sound(), 1280.0, 720.0);
        click(&mut harness, "Close settings");
        assert_eq!(commands(&mut harness), [Command::LookAtSettings(false)]);
        harness.key_press_modifiers(egui::Modifiers::COMMAND, Key::Comma);
        harness.run_steps(2);
        assert_eq!(commands(&mut harness), [Command::LookAtSettings(true)]);
        harness.key_press(Key::Escape);
        harness.run_steps(2);
        assert_eq!(commands(&mut harness), [Command::LookAtSettings(false)]);
        assert!(harness.query_by_label("Test speaker").is_none());
    }
}

#[test]
fn devices_are_chosen_and_tried() {
    let mut harness = opened(Screen::Home(Home::default()), sound(), 1280.0, 720.0);
    click(&mut harness, "Choose a microphone");
    click(&mut harness, "USB headset");
    let chosen = SoundSettings { microphone: Some("USB headset".into()), ..SoundSettings::default() };
    assert_eq!(commands(&mut harness), [Command::SetSound(chosen.clone())]);

    // The system's default again, and a device that is no longer there.
    harness.state_mut().view.sound.settings =
        SoundSettings { microphone: Some("Desk (gone)".into()), ..SoundSettings::default() };
    harness.run_steps(2);
    click(&mut harness, "Choose a microphone");
    click(&mut harness, "As the system has it");
    assert_eq!(commands(&mut harness), [Command::SetSound(SoundSettings::default())]);

    click(&mut harness, "Test microphone");
    click(&mut harness, "Test speaker");
    assert_eq!(commands(&mut harness), [Command::TestVoice(true), Command::TestSpeaker]);
}

#[test]
fn a_camera_is_chosen_also_in_a_meeting() {
    let now = some_time();
    for screen in [Screen::Home(Home::default()), Screen::Meeting(meeting(now, two()))] {
        let mut harness = opened(screen, sound(), 1280.0, 720.0);
        let camera = &mut harness.state_mut().view.camera;
        camera.cameras = ["Integrated Camera".to_owned(), "USB camera".to_owned()].into();
        camera.problem = Some("No camera was found.".into());
        harness.run_steps(2);
        harness.get_by_label("No camera was found.");
        click(&mut harness, "Choose a camera");
        click(&mut harness, "USB camera");
        assert_eq!(commands(&mut harness), [Command::ChooseCamera(Some("USB camera".into()))]);
        harness.state_mut().view.camera.chosen = Some("USB camera".into());
        harness.run_steps(2);
        click(&mut harness, "Choose a camera");
        click(&mut harness, "As the system has it");
        assert_eq!(commands(&mut harness), [Command::ChooseCamera(None)]);
    }
}

#[test]
fn what_is_done_to_ones_sound_is_switched() {
    let mut harness = opened(Screen::Home(Home::default()), sound(), 1280.0, 1000.0);
    click(&mut harness, "Sound");
    let usual = SoundSettings::default();
    for (label, expected) in [
        ("Music mode", SoundSettings { music: true, ..usual.clone() }),
        ("Remove echo", SoundSettings { echo_cancellation: false, ..usual.clone() }),
        ("Remove noise", SoundSettings { noise_suppression: false, ..usual.clone() }),
        ("Even out loudness", SoundSettings { automatic_gain: false, ..usual.clone() }),
        ("Remove rumble", SoundSettings { high_pass: false, ..usual.clone() }),
        ("Let go of the microphone while it is off", SoundSettings { release_muted_microphone: true, ..usual.clone() }),
    ] {
        click(&mut harness, label);
        assert_eq!(commands(&mut harness), [Command::SetSound(expected)], "{label}");
    }
    harness.state_mut().view.sound.settings.music = true;
    harness.run_steps(2);
    assert!(harness.query_by_label("Remove echo").is_none(), "of music nothing is removed");
}

#[test]
fn a_level_that_moves_is_looked_at_again_and_again() {
    let mut harness = opened(Screen::Home(Home::default()), sound(), 1280.0, 720.0);
    assert_eq!(next_paint(&mut harness), Duration::from_millis(40));
    harness.state_mut().view.sound.look = None;
    assert_eq!(next_paint(&mut harness), Duration::MAX);
}

#[test]
fn how_loud_somebody_is_played_is_chosen_at_their_tile() {
    let now = some_time();
    let quiet = Participant { volume_percent: 60, ..pictured(0, "Ana Ruiz") };
    let participants = vec![quiet, Participant { is_self: true, ..pictured(7, "Sam") }];
    let mut harness = open(view(Screen::Meeting(meeting(now, participants))), now, 1280.0, 720.0, Theme::Dark);
    assert!(harness.query_by_label("More about Sam").is_none(), "one does not hear oneself");
    click(&mut harness, "More about Ana Ruiz");
    harness.get_by_label("Volume: 60 %");
    harness.snapshot("meeting-volume");
    harness.get_by_label("Volume of Ana Ruiz").focus();
    harness.run_steps(2);
    harness.key_press(Key::ArrowRight);
    harness.run_steps(2);
    assert_eq!(commands(&mut harness), [Command::SetVolume { participant: 1, percent: 61 }]);
    click(&mut harness, "As loud as they are");
    assert_eq!(commands(&mut harness), [Command::SetVolume { participant: 1, percent: 100 }]);
}

#[test]
fn whom_one_has_chosen_not_to_hear_is_seen_at_their_tile() {
    let now = some_time();
    let silenced = Participant { volume_percent: 0, speaking: true, ..pictured(0, "Ana Ruiz") };
    let participants = vec![silenced, Participant { is_self: true, ..pictured(7, "Sam") }];
    let mut harness = open(view(Screen::Meeting(meeting(now, participants))), now, 480.0, 360.0, Theme::Dark);
    harness.get_by_label("Ana Ruiz, speaking, not heard by you");
    harness.snapshot("meeting-not-heard-480x360");
}

#[test]
fn how_the_window_looks_is_chosen() {
    let mut harness = opened(Screen::Home(Home::default()), sound(), 1280.0, 720.0);
    click(&mut harness, "Appearance");
    harness.snapshot("settings-appearance");
    let usual = harness.state().view.appearance;
    click(&mut harness, "Choose light or dark");
    click(&mut harness, "Light");
    let light = AppearanceSettings { theme: ThemeChoice::Light, ..usual };
    assert_eq!(commands(&mut harness), [Command::SetAppearance(light)]);
    click(&mut harness, "Larger text");
    click(&mut harness, "Smaller text");
    click(&mut harness, "Reduce motion");
    let text = |text_percent| Command::SetAppearance(AppearanceSettings { text_percent, ..usual });
    let still = Command::SetAppearance(AppearanceSettings { reduced_motion: true, ..usual });
    assert_eq!(commands(&mut harness), [text(110), text(90), still]);
    for (key, percent) in [(Key::Plus, 110), (Key::Equals, 110), (Key::Minus, 90)] {
        harness.key_press_modifiers(egui::Modifiers::COMMAND, key);
        harness.run_steps(2);
        assert_eq!(commands(&mut harness), [text(percent)], "{key:?}");
    }
    harness.key_press_modifiers(egui::Modifiers::COMMAND, Key::Num0);
    harness.run_steps(2);
    assert_eq!(commands(&mut harness), [], "it is as usual already");
}

#[test]
fn the_language_is_chosen_and_spoken_at_once() {
    let mut harness = opened(Screen::Home(Home::default()), sound(), 800.0, 600.0);
    click(&mut harness, "Appearance");
    click(&mut harness, "Language");
    click(&mut harness, "Deutsch");
    let usual = harness.state().view.appearance;
    let german = AppearanceSettings { language: LanguageChoice::German, ..usual };
    assert_eq!(commands(&mut harness), [Command::SetAppearance(german)]);
    harness.state_mut().view.appearance = AppearanceSettings { theme: ThemeChoice::Light, ..german };
    harness.run_steps(3);
    for label in ["Geräte", "Ton", "Videoqualität", "Privatsphäre", "Textgröße", "Einstellungen schließen"] {
        harness.get_by_label(label);
    }
    harness.snapshot("settings-german-light");
}

/// The settings at a section, with something kept.
fn at_section(section: &str, kept: Kept, width: f32, height: f32) -> Harness<'static, State> {
    let mut harness = opened(Screen::Home(Home { name: "Sam".into(), ..Home::default() }), sound(), width, height);
    harness.state_mut().view.kept = kept;
    click(&mut harness, section);
    harness
}

#[test]
fn how_much_video_there_may_be_is_chosen() {
    let mut harness = at_section("Video quality", Kept::default(), 1280.0, 720.0);
    harness.snapshot("settings-video");
    let usual = VideoSettings::default();
    for (label, choice, expected) in [
        ("Largest picture you send", "At most 360p", VideoSettings { send: PictureSize::Middle, ..usual }),
        (
            "Pictures a second",
            "15, for slow computers and links",
            VideoSettings { frame_rate: FrameRate::Half, ..usual },
        ),
        ("Largest picture you ask for", "At most 180p", VideoSettings { receive: PictureSize::Small, ..usual }),
    ] {
        click(&mut harness, label);
        click(&mut harness, choice);
        assert_eq!(commands(&mut harness), [Command::SetVideo(expected)], "{label}");
    }
    click(&mut harness, "Save data");
    assert_eq!(commands(&mut harness), [Command::SetVideo(VideoSettings { data_saver: true, ..usual })]);
}

#[test]
fn a_server_is_used_once_its_address_can_be_understood() {
    let mut harness = at_section("Server", Kept::default(), 800.0, 600.0);
    assert!(harness.query_by_label("Hold my meetings there").is_none(), "there is none");
    let field = "Server for codes";
    // What it is called stands over it as well.
    let write = |harness: &mut Harness<'_, State>, text: &str| {
        harness.get_all_by_label(field).last().unwrap().focus();
        harness.run_steps(2);
        harness.get_all_by_label(field).last().unwrap().type_text(text);
        harness.run_steps(2);
    };
    write(&mut harness, "meet.example.org");
    assert!(harness.get_by_label("Use this server").accesskit_node().is_disabled());
    harness.get_by_label("Privacy").focus();
    harness.run_steps(2);
    harness.get_by_label_contains("address starts with wss://");
    harness.snapshot("settings-server-wrong");
    assert_eq!(commands(&mut harness), []);

    let mut harness = at_section("Server", Kept::default(), 800.0, 600.0);
    write(&mut harness, " wss://meet.example.org:7443 ");
    harness.key_press(Key::Enter);
    harness.run_steps(2);
    let server = ServerSettings { address: Some("wss://meet.example.org:7443".into()), holds_meetings: false };
    assert_eq!(commands(&mut harness), [Command::SetServer(server.clone())]);
    harness.state_mut().view.kept.server = server.clone();
    harness.run_steps(2);
    harness.get_by_label("This server is used.");
    click(&mut harness, "Hold my meetings there");
    let held_there = ServerSettings { holds_meetings: true, ..server };
    assert_eq!(commands(&mut harness), [Command::SetServer(held_there.clone())]);

    let kept = Kept { server: held_there, ..Kept::default() };
    let mut harness = at_section("Server", kept, 800.0, 600.0);
    harness.get_all_by_label(field).last().unwrap().focus();
    harness.run_steps(2);
    harness.key_press_modifiers(egui::Modifiers::COMMAND, Key::A);
    harness.key_press(Key::Delete);
    harness.run_steps(2);
    click(&mut harness, "Use this server");
    assert_eq!(
        commands(&mut harness),
        [Command::SetServer(ServerSettings::default())],
        "without a server meetings are here"
    );
}

#[test]
fn what_is_remembered_is_switched_and_forgotten() {
    let kept = Kept { meetings: 3, volumes: 1, ..Kept::default() };
    let mut harness = at_section("Privacy", kept, 1280.0, 720.0);
    harness.snapshot("settings-privacy");
    click(&mut harness, "Remember meetings");
    click(&mut harness, "Forget 3 meetings");
    click(&mut harness, "Forget 1 name");
    let off = Command::SetPrivacy(PrivacySettings { remember_meetings: false });
    assert_eq!(commands(&mut harness), [off, Command::ForgetAllRecent, Command::ForgetVolumes]);
    harness.state_mut().view.kept = Kept::default();
    harness.run_steps(2);
    assert_eq!(harness.get_all_by_label("Nothing is kept.").count(), 2);
}

#[test]
fn in_the_smallest_window_with_the_largest_text_every_section_can_be_used() {
    let mut harness = at_section("Devices", Kept { meetings: 3, volumes: 1, ..Kept::default() }, 480.0, 360.0);
    harness.state_mut().view.appearance.text_percent = 200;
    harness.run_steps(4);
    for (section, control, expected) in [
        ("Sound", "Remove rumble", None),
        ("Video quality", "Save data", None),
        ("Appearance", "Reduce motion", None),
        ("Privacy", "Forget 1 name", Some(Command::ForgetVolumes)),
    ] {
        harness.get_by_label(section).scroll_to_me();
        harness.run_steps(4);
        click(&mut harness, section);
        harness.get_by_label(control).scroll_to_me();
        harness.run_steps(4);
        click(&mut harness, control);
        let asked = commands(&mut harness);
        assert_eq!(asked.len(), 1, "{control}");
        assert!(expected.is_none_or(|expected| asked == [expected]), "{control}: {asked:?}");
    }
    harness.snapshot("settings-480x360-large-text");
}

/// A screen that looks as somebody has chosen who does not see well.
fn chosen(screen: Screen, now: Instant) -> Harness<'static, State> {
    let mut harness = open(view(screen), now, 960.0, 720.0, Theme::Dark);
    harness.state_mut().view.appearance = AppearanceSettings {
        theme: ThemeChoice::Light,
        text_percent: 150,
        reduced_motion: true,
        ..AppearanceSettings::default()
    };
    harness.run_steps(4);
    assert_eq!((harness.ctx.zoom_factor(), harness.ctx.theme()), (1.5, Theme::Light));
    assert_eq!(harness.ctx.style_of(Theme::Light).animation_time, 0.0);
    harness
}

#[test]
fn the_home_screen_looks_as_was_chosen() {
    chosen(Screen::Home(Home { name: "Sam".into(), ..Home::default() }), some_time()).snapshot("home-large-text");
}

#[test]
fn a_meeting_looks_as_was_chosen() {
    let now = some_time();
    chosen(Screen::Meeting(meeting(now, nine(now))), now).snapshot("meeting-large-text");
}
