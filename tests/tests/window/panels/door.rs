//! What is said at the top of a meeting: who waits, what is wrong, whether others can come.

use super::*;
use nonet::view::Alert;

#[test]
fn somebody_who_waits_is_let_in_or_turned_away() {
    let now = some_time();
    let meeting = Meeting { waiting: waiting(&["Priya S."]), ..hosted(now, two()) };
    let mut harness = open(view(Screen::Meeting(meeting)), now, 1280.0, 720.0, Theme::Dark);
    harness.get_by_label("Priya S. is waiting to join");
    harness.snapshot("door-one");
    click(&mut harness, "Admit");
    click(&mut harness, "Deny");
    assert_eq!(commands(&mut harness), [Command::Admit(vec![100]), Command::Deny(vec![100])]);
}

#[test]
fn several_are_seen_in_the_list_or_let_in_together() {
    let now = some_time();
    let waiting = waiting(&["Priya S.", "Ivo", "A name that is as long as names may be, and then some"]);
    let meeting = Meeting { waiting, ..hosted(now, two()) };
    let mut harness = open(view(Screen::Meeting(meeting)), now, 800.0, 600.0, Theme::Light);
    harness.get_by_label("3 people are waiting");
    harness.snapshot("door-several-800x600-light");
    click(&mut harness, "Admit all");
    assert_eq!(commands(&mut harness), [Command::Admit(vec![100, 101, 102])]);
    click(&mut harness, "See");
    settle(&mut harness);
    assert!(!has(&harness, "3 people are waiting"), "where they are listed they are not told of twice");
    click(&mut harness, "Admit Ivo");
    click(&mut harness, "Deny Priya S.");
    click(&mut harness, "Deny all");
    let expected = [Command::Admit(vec![101]), Command::Deny(vec![100]), Command::Deny(vec![100, 101, 102])];
    assert_eq!(commands(&mut harness), expected);
}

#[test]
fn in_a_small_window_the_words_stand_above_the_buttons() {
    let now = some_time();
    let waiting = waiting(&["Bartholomäus Wetterstrand-Oberhausen"]);
    let meeting = Meeting { waiting, ..hosted(now, two()) };
    let mut harness = open_german(meeting, now, 480.0, 360.0, Theme::Dark);
    harness.state_mut().view.appearance.text_percent = 150;
    settle(&mut harness);
    harness.snapshot("door-480x360-german");
    click(&mut harness, "Einlassen");
    assert_eq!(commands(&mut harness), [Command::Admit(vec![100])]);
}

#[test]
fn who_is_no_host_is_not_bothered() {
    let now = some_time();
    let meeting = Meeting { waiting: waiting(&["Priya S."]), ..meeting(now, two()) };
    let harness = open(view(Screen::Meeting(meeting)), now, 1280.0, 720.0, Theme::Dark);
    assert!(!has(&harness, "Admit"));
}

fn alert() -> Alert {
    Alert {
        what: "Your connection carries less than your camera needs.".into(),
        help: "Turn your camera off, or end what else is sending.".into(),
    }
}

#[test]
fn what_is_wrong_is_said_until_it_is_dismissed() {
    let now = some_time();
    let meeting = Meeting { alert: Some(alert()), is_locked: true, ..meeting(now, nine(now)) };
    let mut harness = open(view(Screen::Meeting(meeting)), now, 1280.0, 720.0, Theme::Dark);
    let words = format!("{} {}", alert().what, alert().help);
    harness.get_by_label(&words);
    harness.get_by_label("Locked");
    harness.snapshot("alert");
    click(&mut harness, "Do not show this again");
    assert!(!has(&harness, &words));
    shown(&mut harness).alert = Some(Alert { what: "This computer is busy.".into(), ..alert() });
    harness.run_steps(2);
    assert!(has(&harness, "Do not show this again"), "that is another cause");
}

#[test]
fn in_a_small_window_it_breaks_its_lines() {
    let now = some_time();
    let meeting = Meeting { alert: Some(alert()), ..meeting(now, two()) };
    open(view(Screen::Meeting(meeting)), now, 480.0, 360.0, Theme::Light).snapshot("alert-480x360-light");
}
