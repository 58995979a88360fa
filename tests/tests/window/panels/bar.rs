//! The bar.

use super::*;
use nonet::settings::SoundSettings;
use nonet::view::ReactionKind;

fn with_devices(meeting: Meeting) -> View {
    let mut view = View { sound: settings::sound(), ..view(Screen::Meeting(meeting)) };
    view.camera.cameras = ["Integrated Camera".to_owned(), "USB camera".to_owned()].into();
    view
}

#[test]
fn its_microphone_menu_looks_as_it_should() {
    let now = some_time();
    let mut harness = open(with_devices(meeting(now, nine(now))), now, 1280.0, 720.0, Theme::Dark);
    harness.state_mut().view.sound.settings.microphone = Some("USB headset".into());
    click(&mut harness, "Choose microphone and speaker");
    settle(&mut harness);
    harness.snapshot("bar-microphone-menu");
}

#[test]
fn devices_are_listed_for_as_long_as_somebody_chooses() {
    let now = some_time();
    let mut harness = open(with_devices(meeting(now, two())), now, 1280.0, 720.0, Theme::Dark);
    click(&mut harness, "Choose microphone and speaker");
    assert_eq!(commands(&mut harness), [Command::LookAtSettings(true)]);
    harness.get_all_by_label("USB headset").last().unwrap().click();
    harness.run_steps(3);
    let chosen = SoundSettings { speaker: Some("USB headset".into()), ..SoundSettings::default() };
    assert_eq!(commands(&mut harness), [Command::SetSound(chosen), Command::LookAtSettings(false)]);

    click(&mut harness, "Choose camera");
    click(&mut harness, "USB camera");
    harness.run_steps(2);
    let chosen = Command::ChooseCamera(Some("USB camera".into()));
    assert_eq!(commands(&mut harness), [Command::LookAtSettings(true), chosen, Command::LookAtSettings(false)]);
}

#[test]
fn who_goes_from_a_menu_to_the_settings_and_back_has_devices_listed_all_along() {
    let now = some_time();
    let mut harness = open(with_devices(meeting(now, two())), now, 1280.0, 720.0, Theme::Dark);
    click(&mut harness, "Choose camera");
    click(&mut harness, "All settings");
    harness.run_steps(2);
    assert_eq!(commands(&mut harness), [Command::LookAtSettings(true)]);
    // The menu over the open settings, and the settings closed under the open menu.
    click(&mut harness, "Choose camera");
    harness.key_press_modifiers(egui::Modifiers::COMMAND, Key::Comma);
    harness.run_steps(3);
    assert!(!has(&harness, "Close settings"));
    assert_eq!(commands(&mut harness), [], "the menu still shows them");
    harness.key_press(Key::Escape);
    harness.run_steps(3);
    assert_eq!(commands(&mut harness), [Command::LookAtSettings(false)]);
}

#[test]
fn a_hand_is_raised_and_lowered_and_reactions_are_shown() {
    let now = some_time();
    let mut harness = open(view(Screen::Meeting(meeting(now, two()))), now, 1280.0, 720.0, Theme::Dark);
    click(&mut harness, "Raise your hand");
    assert_eq!(commands(&mut harness), [Command::RaiseHand(true)]);
    shown(&mut harness).participants[1].hand = Some(1);
    harness.run_steps(2);
    assert_eq!(harness.get_by_label("Lower your hand").accesskit_node().toggled(), Some(Toggled::True));
    click(&mut harness, "Lower your hand");
    click(&mut harness, "React");
    click(&mut harness, "Applause");
    assert_eq!(commands(&mut harness), [Command::RaiseHand(false), Command::React(ReactionKind::Clapping)]);
    harness.run_steps(2);
    assert!(!has(&harness, "Applause"), "the choice is made");
}

#[test]
fn its_keys_do_what_its_buttons_do() {
    let now = some_time();
    let mut harness = open(view(Screen::Meeting(meeting(now, two()))), now, 1280.0, 720.0, Theme::Dark);
    let shift = egui::Modifiers::COMMAND | egui::Modifiers::SHIFT;
    for (modifiers, key, command) in [
        (egui::Modifiers::COMMAND, Key::D, Command::SetMicrophone(false)),
        (egui::Modifiers::COMMAND, Key::E, Command::SetCamera(false)),
        (shift, Key::H, Command::RaiseHand(true)),
        (shift, Key::Q, Command::Leave),
    ] {
        harness.key_press_modifiers(modifiers, key);
        harness.run_steps(2);
        assert_eq!(commands(&mut harness), [command], "{key:?}");
    }
    for (key, label) in [(Key::C, "Close chat"), (Key::P, "Close people")] {
        harness.key_press_modifiers(shift, key);
        harness.run_steps(2);
        assert!(has(&harness, label));
        harness.key_press(Key::Escape);
        harness.run_steps(2);
        assert!(!has(&harness, label), "{label}");
    }
}

#[test]
fn a_host_chooses_between_leaving_and_ending() {
    let now = some_time();
    let mut harness = open(view(Screen::Meeting(hosted(now, two()))), now, 1280.0, 720.0, Theme::Light);
    click(&mut harness, "Leave");
    settle(&mut harness);
    assert_eq!(commands(&mut harness), []);
    harness.snapshot("bar-leave-menu-light");
    click(&mut harness, "End meeting for everyone");
    assert_eq!(commands(&mut harness), [Command::EndForAll]);
    click(&mut harness, "Leave");
    click(&mut harness, "Leave, the others stay");
    assert_eq!(commands(&mut harness), [Command::Leave]);
    // Whoever is alone ends it by leaving.
    shown(&mut harness).participants.remove(0);
    harness.run_steps(2);
    click(&mut harness, "Leave");
    assert_eq!(commands(&mut harness), [Command::Leave]);
}

#[test]
fn what_a_small_window_has_no_room_for_is_in_its_menu() {
    let now = some_time();
    let mut meeting = meeting(now, two());
    meeting.participants[1].hand = Some(1);
    let mut harness = open_german(meeting, now, 480.0, 360.0, Theme::Dark);
    assert!(!has(&harness, "Statistik"));
    click(&mut harness, "Mehr");
    settle(&mut harness);
    harness.snapshot("bar-more-480x360-german");
    click(&mut harness, "Statistik");
    harness.run_steps(2);
    assert!(!has(&harness, "Link kopieren"), "the menu is done");
    click(&mut harness, "Mehr");
    click(&mut harness, "Lachen");
    click(&mut harness, "Mehr");
    click(&mut harness, "Einstellungen");
    harness.run_steps(2);
    assert_eq!(commands(&mut harness), [Command::React(ReactionKind::Laughing), Command::LookAtSettings(true)]);
}

#[test]
fn with_text_of_twice_the_size_nothing_of_a_small_window_is_cut() {
    let now = some_time();
    let mut harness = open(view(Screen::Meeting(hosted(now, nine(now)))), now, 480.0, 360.0, Theme::Dark);
    harness.state_mut().view.appearance.text_percent = 200;
    settle(&mut harness);
    let window = harness.ctx.content_rect();
    for label in ["Microphone", "Camera", "More", "Leave"] {
        let rect = harness.get_by_label(label).rect();
        assert!(window.contains_rect(rect), "{label} at {rect:?} in {window:?}");
    }
    click(&mut harness, "More");
    settle(&mut harness);
    harness.get_by_label("Settings").scroll_to_me();
    settle(&mut harness);
    let rect = harness.get_by_label("Settings").rect();
    assert!(window.contains_rect(rect), "{rect:?} in {window:?}");
    harness.snapshot("bar-more-480x360-double");
}

#[test]
fn it_stays_while_a_menu_is_open_or_the_keyboard_is_in_it() {
    let start = some_time();
    let mut harness = open(view(Screen::Meeting(meeting(start, two()))), start, 1280.0, 720.0, Theme::Dark);
    let later = |harness: &mut Harness<'_, State>| {
        harness.state_mut().now += Duration::from_secs(60);
        harness.run_steps(20);
        next_paint(harness)
    };
    // Once it is away there is nothing to wait for but the clock, which counts minutes then.
    let away = later(&mut harness);
    assert!(away > Duration::from_secs(1), "{away:?}");
    harness.get_by_label("Camera").focus();
    harness.run_steps(2);
    later(&mut harness);
    harness.snapshot("bar-focus");
}

#[test]
fn new_messages_and_people_who_wait_are_counted() {
    let now = some_time();
    let mut meeting = hosted(now, nine(now));
    meeting.chat = chat::said(&[(1, "Agenda: demo, then the release."), (9, "Fine."), (2, "See you there.")]);
    let mut harness = open(view(Screen::Meeting(meeting)), now, 1280.0, 720.0, Theme::Dark);
    assert!(described(&harness, "Chat").starts_with("2 unread messages"));
    assert!(described(&harness, "People").starts_with("9 people"));
    settle(&mut harness);
    harness.snapshot("bar-counts");
    shown(&mut harness).waiting = waiting(&["Priya S.", "Ivo"]);
    harness.run_steps(2);
    assert!(described(&harness, "People").starts_with("2 waiting"));
    click(&mut harness, "Chat");
    harness.run_steps(2);
    assert!(described(&harness, "Chat").starts_with("Chat"));
}
