//! What keys ask for, and which keys those are.

use egui::{Key, Modifiers, Theme};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use nonet::command::Command;
use nonet::settings::AppearanceSettings;
use nonet::shortcuts::{Action, Shortcuts};
use nonet::text::{LanguageChoice, Texts};
use nonet::view::{Device, Home, Meeting, Participant, Screen};

use super::{State, click, commands, home, meeting, open, participant, preview, some_time, two, view, write};

const WITH_SHIFT: Modifiers = Modifiers::COMMAND.plus(Modifiers::SHIFT);

fn press(harness: &mut Harness<'_, State>, modifiers: Modifiers, key: Key) {
    harness.key_press_modifiers(modifiers, key);
    harness.run_steps(2);
}

fn in_meeting(change: impl FnOnce(&mut Meeting)) -> Harness<'static, State> {
    let now = some_time();
    let mut meeting = meeting(now, two());
    change(&mut meeting);
    open(view(Screen::Meeting(meeting)), now, 1280.0, 720.0, Theme::Dark)
}

/// The settings over the home screen, so high that all keys are seen.
fn settings(language: LanguageChoice, shortcuts: Shortcuts) -> Harness<'static, State> {
    let mut view = home("Sam");
    view.appearance = AppearanceSettings { language, ..view.appearance };
    view.shortcuts = shortcuts;
    let mut harness = open(view, some_time(), 960.0, 1700.0, Theme::Dark);
    press(&mut harness, Modifiers::COMMAND, Key::Comma);
    harness.run_steps(4);
    assert_eq!(commands(&mut harness), [Command::LookAtSettings(true)]);
    click(&mut harness, Texts::new(language.language()).settings().shortcuts());
    harness.run_steps(4);
    harness
}

/// Has the window use what was asked for, as the engine does.
fn use_asked(harness: &mut Harness<'_, State>) -> Shortcuts {
    let [Command::SetShortcuts(shortcuts)] = &commands(harness)[..] else { panic!("no keys were asked for") };
    harness.state_mut().view.shortcuts = shortcuts.clone();
    harness.run_steps(2);
    shortcuts.clone()
}

#[test]
fn keys_switch_devices_and_a_key_that_is_held_does_so_once() {
    let mut harness = in_meeting(|meeting| meeting.camera = Device::Off);
    press(&mut harness, Modifiers::COMMAND, Key::D);
    press(&mut harness, Modifiers::COMMAND, Key::E);
    assert_eq!(commands(&mut harness), [Command::SetMicrophone(false), Command::SetCamera(true)]);

    let held = egui::Event::Key {
        key: Key::D,
        physical_key: None,
        pressed: true,
        repeat: true,
        modifiers: Modifiers::COMMAND,
    };
    harness.key_down_modifiers(Modifiers::COMMAND, Key::D);
    harness.step();
    (0..5).for_each(|_| {
        harness.event(held.clone());
        harness.step();
    });
    assert_eq!(commands(&mut harness), [Command::SetMicrophone(false)]);
}

#[test]
fn what_cannot_be_had_is_given_up_by_its_key_as_by_its_button() {
    let mut harness = in_meeting(|meeting| meeting.camera = Device::Unavailable("It is gone.".into()));
    press(&mut harness, Modifiers::COMMAND, Key::E);
    assert_eq!(commands(&mut harness), [Command::SetCamera(false)]);
}

#[test]
fn keys_raise_ones_hand_and_leave() {
    let mut harness = in_meeting(|_| {});
    press(&mut harness, WITH_SHIFT, Key::H);
    if let Screen::Meeting(meeting) = &mut harness.state_mut().view.screen {
        meeting.participants[1].hand = Some(1);
    }
    harness.run_steps(2);
    press(&mut harness, WITH_SHIFT, Key::H);
    let leave = Action::Leave.usual_keys();
    press(&mut harness, leave.modifiers, leave.logical_key);
    assert_eq!(commands(&mut harness), [Command::RaiseHand(true), Command::RaiseHand(false), Command::Leave]);
}

#[test]
fn one_more_modifier_is_another_shortcut() {
    let mut harness = in_meeting(|_| {});
    press(&mut harness, WITH_SHIFT, Key::D);
    press(&mut harness, Modifiers::COMMAND | Modifiers::ALT, Key::D);
    assert_eq!(commands(&mut harness), []);
}

#[test]
fn before_a_meeting_keys_switch_devices_too() {
    let screen = Screen::Preview(preview::preview(None));
    let mut harness = open(view(screen), some_time(), 1280.0, 720.0, Theme::Dark);
    press(&mut harness, Modifiers::COMMAND, Key::D);
    press(&mut harness, Modifiers::COMMAND, Key::E);
    assert_eq!(commands(&mut harness), [Command::SetMicrophone(false), Command::SetCamera(false)]);
}

#[test]
fn other_keys_are_pressed_and_taken() {
    let mut harness = settings(LanguageChoice::English, Shortcuts::default());
    click(&mut harness, "Raise your hand: Ctrl+Shift+H");
    harness.get_by_label("Raise your hand: Press the new keys");
    press(&mut harness, Modifiers::ALT, Key::Y);
    let shortcuts = use_asked(&mut harness);
    assert_eq!(shortcuts, Shortcuts::default().with(Action::Hand, shortcuts.keys(Action::Hand)));
    harness.get_by_label("Raise your hand: Alt+Y");
    click(&mut harness, "Raise your hand: usual keys");
    assert_eq!(use_asked(&mut harness), Shortcuts::default());
}

#[test]
fn keys_that_are_being_chosen_ask_for_nothing_else() {
    let mut harness = settings(LanguageChoice::English, Shortcuts::default());
    click(&mut harness, "Chat: Ctrl+Shift+C");
    press(&mut harness, Modifiers::COMMAND, Key::Plus);
    harness.get_by_label("These keys change the size of text.");
    press(&mut harness, Modifiers::NONE, Key::Escape);
    assert_eq!(commands(&mut harness), [], "nothing is larger, and the settings are still open");
    harness.get_by_label("Chat: Ctrl+Shift+C");
    press(&mut harness, Modifiers::NONE, Key::Escape);
    assert_eq!(commands(&mut harness), [Command::LookAtSettings(false)]);
}

#[test]
fn keys_that_another_has_are_taken_only_when_one_says_so() {
    let mut harness = settings(LanguageChoice::English, Shortcuts::default());
    click(&mut harness, "Chat: Ctrl+Shift+C");
    press(&mut harness, Modifiers::COMMAND, Key::D);
    assert_eq!(commands(&mut harness), []);
    harness.get_by_label("Ctrl+D is used for “Microphone on or off”, which would have no keys then.");
    harness.snapshot("settings-keys-conflict");
    click(&mut harness, "Use them here");
    let shortcuts = use_asked(&mut harness);
    assert_eq!(shortcuts.keys(Action::Chat), Some(Action::Microphone.usual_keys()));
    harness.get_by_label("Microphone on or off: No keys");
    click(&mut harness, "Usual keys for everything");
    assert_eq!(use_asked(&mut harness), Shortcuts::default());
}

#[test]
fn an_action_is_left_without_keys() {
    let mut harness = settings(LanguageChoice::English, Shortcuts::default());
    let leave = if cfg!(target_os = "macos") { "Leave: Shift+Cmd+B" } else { "Leave: Ctrl+Shift+Q" };
    click(&mut harness, leave);
    click(&mut harness, "No keys");
    assert_eq!(use_asked(&mut harness).keys(Action::Leave), None);
}

#[test]
fn keys_are_said_in_german() {
    let keys = egui::KeyboardShortcut::new(Modifiers::NONE, Key::F9);
    let mut harness = settings(LanguageChoice::German, Shortcuts::default().with(Action::Hand, Some(keys)));
    harness.get_by_label("Hand heben: F9");
    harness.get_by_label("Sprechen, solange gedrückt: Leertaste");
    harness.snapshot("settings-keys-german");
}

#[test]
fn a_key_without_modifiers_is_text_to_whoever_types() {
    let m = egui::KeyboardShortcut::new(Modifiers::NONE, Key::Comma);
    let view = nonet::view::View { shortcuts: Shortcuts::default().with(Action::Settings, Some(m)), ..home("") };
    let mut harness = open(view, some_time(), 1280.0, 720.0, Theme::Dark);
    write(&mut harness, "Your name", "Ana");
    press(&mut harness, Modifiers::NONE, Key::Comma);
    assert_eq!(commands(&mut harness), []);
    harness.get_by_label("Your name").type_text(",");
    harness.run_steps(2);
    assert_eq!(harness.get_by_label("Your name").value().as_deref(), Some("Ana,"));

    let screen = Screen::Home(Home { name: "Ana".into(), ..Home::default() });
    let mut harness =
        open(nonet::view::View { screen, ..harness.state().view.clone() }, some_time(), 1280.0, 720.0, Theme::Dark);
    press(&mut harness, Modifiers::NONE, Key::Comma);
    assert_eq!(commands(&mut harness), [Command::LookAtSettings(true)], "nobody types");
}

#[test]
fn another_key_can_be_held_to_talk_and_space_is_free_then() {
    let mut harness = in_meeting(|meeting| meeting.microphone = Device::Off);
    let v = egui::KeyboardShortcut::new(Modifiers::NONE, Key::V);
    harness.state_mut().view.shortcuts = Shortcuts::default().with(Action::Talk, Some(v));
    harness.run_steps(2);
    let mut hold = |key| {
        harness.key_down(key);
        harness.run_steps(3);
        harness.key_up(key);
        harness.run_steps(2);
        commands(&mut harness)
    };
    assert_eq!(hold(Key::V), [Command::SetMicrophone(true), Command::SetMicrophone(false)]);
    assert_eq!(hold(Key::Space), []);
}

#[test]
fn who_types_is_not_heard() {
    // Whatever has the focus: here it is somebody's volume.
    let participants = vec![participant(1, "Ana"), Participant { is_self: true, ..participant(2, "Sam") }];
    let mut harness = in_meeting(|meeting| {
        meeting.microphone = Device::Off;
        meeting.participants = participants;
    });
    harness.get_by_label("More about Ana").focus();
    harness.run_steps(2);
    let v = egui::KeyboardShortcut::new(Modifiers::NONE, Key::V);
    harness.state_mut().view.shortcuts = Shortcuts::default().with(Action::Talk, Some(v));
    harness.key_down(Key::V);
    harness.run_steps(3);
    harness.key_up(Key::V);
    harness.run_steps(2);
    assert_eq!(commands(&mut harness), []);
}
