//! The list of people.

use super::*;
use nonet::view::{Quality, QualityGrade, WaitingRoom};

fn mixed(now: Instant) -> Vec<Participant> {
    let mut participants = nine(now);
    participants[5].hand = Some(1);
    participants[8].hand = Some(2);
    let why = Some("Oskar's uplink is losing packets.".to_owned());
    participants[6].quality = Some(Quality { grade: QualityGrade::Poor, why });
    participants[3].name = "Priya Subramaniam-Wetterstrand of the north".into();
    participants
}

fn opened(meeting: Meeting, now: Instant, width: f32, height: f32, theme: Theme) -> Harness<'static, State> {
    let mut harness = open(view(Screen::Meeting(meeting)), now, width, height, theme);
    click(&mut harness, "People");
    settle(&mut harness);
    harness
}

#[test]
fn it_looks_as_it_should() {
    let now = some_time();
    let harness = &mut opened(meeting(now, mixed(now)), now, 1280.0, 720.0, Theme::Dark);
    harness.get_by_role_and_label(Role::ListItem, "Fatima, hand raised, number 1");
    harness.get_by_role_and_label(Role::ListItem, "Sam (you), hand raised, number 2");
    harness.get_by_role_and_label(Role::ListItem, "Oskar, microphone off, weak connection");
    harness.snapshot("people");
}

#[test]
fn a_host_sees_who_waits_and_what_can_be_set() {
    let now = some_time();
    let waiting = waiting(&["Priya S.", "Ivo Katharinenhof-Wetterstrand"]);
    let meeting = Meeting { waiting, ..hosted(now, two()) };
    let mut harness = opened(meeting, now, 1280.0, 720.0, Theme::Light);
    harness.snapshot("people-host-light");
    click(&mut harness, "Lock the meeting");
    harness.get_by_role_and_label(Role::ComboBox, "Waiting room").scroll_to_me();
    settle(&mut harness);
    harness.get_by_role_and_label(Role::ComboBox, "Waiting room").click();
    settle(&mut harness);
    click(&mut harness, "Everybody waits");
    assert_eq!(commands(&mut harness), [Command::SetLocked(true), Command::SetWaitingRoom(WaitingRoom::All)]);
}

#[test]
fn in_a_small_window_it_fills_what_is_above_the_bar_and_can_be_closed() {
    let now = some_time();
    let mut harness = open_german(hosted(now, mixed(now)), now, 480.0, 360.0, Theme::Dark);
    click(&mut harness, "Personen");
    settle(&mut harness);
    harness.snapshot("people-480x360-german");
    click(&mut harness, "Personen schließen");
    assert!(!has(&harness, "Personen schließen"));
}

#[test]
fn a_host_does_something_about_somebody() {
    let now = some_time();
    let mut harness = opened(hosted(now, mixed(now)), now, 1280.0, 720.0, Theme::Dark);
    assert!(!has(&harness, "What you can do about Sam"));
    for (label, command) in [
        ("Mute", Command::Mute { participant: 5 }),
        ("Turn their camera off", Command::TurnCameraOff { participant: 5 }),
        ("Lower their hand", Command::LowerHand { participant: 5 }),
        ("Make host", Command::SetHost { participant: 5, is_host: true }),
    ] {
        click(&mut harness, "What you can do about Fatima");
        click(&mut harness, label);
        harness.run_steps(2);
        assert_eq!(commands(&mut harness), [command], "{label}");
        assert!(!has(&harness, "Make host"), "the menu is done");
    }
    click(&mut harness, "What you can do about Oskar");
    click(&mut harness, "Ask to unmute");
    click(&mut harness, "What you can do about Ana Ruiz");
    click(&mut harness, "No longer host");
    let expected = [Command::AskToUnmute { participant: 6 }, Command::SetHost { participant: 1, is_host: false }];
    assert_eq!(commands(&mut harness), expected);
}

#[test]
fn putting_somebody_out_is_asked_for_twice() {
    let now = some_time();
    let mut harness = opened(hosted(now, mixed(now)), now, 1280.0, 720.0, Theme::Dark);
    let ask = |harness: &mut Harness<'_, State>| {
        click(harness, "What you can do about Tom");
        click(harness, "Remove from meeting");
        settle(harness);
    };
    ask(&mut harness);
    harness.snapshot("people-remove");
    assert_eq!(commands(&mut harness), []);
    click(&mut harness, "Cancel");
    harness.key_press(Key::Escape);
    settle(&mut harness);
    // A question that nobody answered is not still there later.
    ask(&mut harness);
    harness.key_press(Key::Escape);
    settle(&mut harness);
    click(&mut harness, "What you can do about Tom");
    assert!(has(&harness, "Remove from meeting"));
    harness.key_press(Key::Escape);
    settle(&mut harness);
    ask(&mut harness);
    click(&mut harness, "Remove");
    assert_eq!(commands(&mut harness), [Command::Remove { participant: 4 }]);
}

#[test]
fn who_is_no_host_can_write_to_others_and_do_nothing_else_about_them() {
    let now = some_time();
    let mut harness = opened(meeting(now, mixed(now)), now, 1280.0, 720.0, Theme::Dark);
    click(&mut harness, "What you can do about Tom");
    for label in ["Mute", "Remove from meeting", "Lock the meeting", "Waiting room"] {
        assert!(!has(&harness, label), "{label}");
    }
    click(&mut harness, "Message privately");
    settle(&mut harness);
    let to = harness.get_by_label("Who the message is for").accesskit_node().value();
    assert_eq!(to.as_deref(), Some("To: Tom"));
}

fn copied(harness: &Harness<'_, State>) -> Option<String> {
    harness.output().platform_output.commands.iter().find_map(|command| match command {
        egui::OutputCommand::CopyText(text) => Some(text.clone()),
        _ => None,
    })
}

#[test]
fn others_are_invited_by_link_code_and_picture() {
    let now = some_time();
    let alone = vec![Participant { is_self: true, ..pictured(7, "Sam") }];
    let mut harness = opened(meeting(now, alone), now, 1280.0, 720.0, Theme::Light);
    let meeting = meeting(now, Vec::new());
    for (label, text) in [("Copy invitation link", meeting.link), ("Copy code kfw-tqxm-ehd", meeting.code)] {
        harness.get_by_label(label).click();
        let copied = (0..3).find_map(|_| {
            harness.step();
            copied(&harness)
        });
        assert_eq!(copied, Some(text), "{label}");
    }
    harness.run_steps(2);
    assert!(has(&harness, "Code copied"));
    click(&mut harness, "Show QR code");
    settle(&mut harness);
    harness.get_by_label("QR code of the link");
    harness.snapshot("people-invite-light");
}
