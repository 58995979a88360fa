//! What comes and goes at the top of the window.

use std::time::{Duration, Instant, SystemTime};

use egui::accesskit::Live;
use egui::{Key, Theme};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use nonet::settings::AppearanceSettings;
use nonet::text::LanguageChoice;
use nonet::view::{ChatMessage, ChatPerson, Device, Meeting, Notice, NoticeKind, Screen, View};

use super::{State, click, commands, meeting, nine, open, some_time, two, view};

const SECOND: Duration = Duration::from_secs(1);

fn in_meeting(now: Instant, width: f32, height: f32, theme: Theme) -> Harness<'static, State> {
    let mut meeting = meeting(now, nine(now));
    meeting.participants.drain(1..7);
    open(view(Screen::Meeting(meeting)), now, width, height, theme)
}

fn change(harness: &mut Harness<'_, State>, change: impl FnOnce(&mut Meeting)) {
    if let Screen::Meeting(meeting) = &mut harness.state_mut().view.screen {
        change(meeting);
    }
    harness.run_steps(2);
}

fn written(number: u64, name: &str, text: &str) -> ChatMessage {
    let from = ChatPerson { id: 1, name: name.into(), is_self: false };
    ChatMessage { number, from, to: None, text: text.into(), at: SystemTime::UNIX_EPOCH, is_sent: true }
}

#[test]
fn people_who_come_together_are_told_of_together() {
    let now = some_time();
    let mut harness = in_meeting(now, 1280.0, 720.0, Theme::Dark);
    change(&mut harness, |meeting| {
        meeting.participants = nine(now);
        meeting.participants[0].hand = Some(1);
        meeting.chat =
            [written(1, "Ana Ruiz", "Shall we begin?\nI have the slides here, and a long story to each of them.")]
                .into();
    });
    harness.get_by_label("Jonas and 5 others joined");
    harness.get_by_label("Ana Ruiz raised a hand");
    // Tiles come to rest.
    harness.state_mut().now = now + SECOND;
    harness.run_steps(2);
    harness.snapshot("notices-many");
    assert_eq!(commands(&mut harness), []);
    harness.state_mut().now = now + 5 * SECOND;
    harness.run_steps(2);
    assert!(harness.query_by_label("Jonas and 5 others joined").is_none());
}

#[test]
fn in_a_small_window_they_are_read_in_german() {
    let now = some_time();
    let mut harness = in_meeting(now, 480.0, 360.0, Theme::Light);
    harness.state_mut().view.appearance =
        AppearanceSettings { language: LanguageChoice::German, ..AppearanceSettings::default() };
    change(&mut harness, |meeting| {
        meeting.signaling_lost_since = Some(now - 7 * SECOND);
        meeting.participants.remove(1);
    });
    harness.get_by_label("Server nicht erreichbar, neuer Versuch läuft. Du bleibst mit allen verbunden.");
    harness.state_mut().now = now + SECOND;
    harness.run_steps(2);
    harness.snapshot("notices-480x360-light-german");
}

#[test]
fn each_can_be_dismissed_with_the_pointer_and_with_keys() {
    let now = some_time();
    let mut harness = in_meeting(now, 1280.0, 720.0, Theme::Dark);
    change(&mut harness, |meeting| drop(meeting.participants.remove(1)));
    click(&mut harness, "Dismiss: Chidi left");
    assert!(harness.query_by_label("Chidi left").is_none());

    let mut harness = in_meeting(now, 1280.0, 720.0, Theme::Dark);
    change(&mut harness, |meeting| drop(meeting.participants.remove(1)));
    harness.get_by_label("Dismiss: Chidi left").focus();
    harness.run_steps(2);
    harness.key_press(Key::Enter);
    harness.run_steps(2);
    assert!(harness.query_by_label("Chidi left").is_none());
}

#[test]
fn none_goes_while_somebody_points_at_one() {
    let now = some_time();
    let mut harness = in_meeting(now, 1280.0, 720.0, Theme::Dark);
    change(&mut harness, |meeting| drop(meeting.participants.remove(1)));
    harness.get_by_label("Chidi left").hover();
    harness.run_steps(2);
    harness.state_mut().now = now + Duration::from_millis(4900);
    harness.run_steps(2);
    harness.state_mut().now = now + 6 * SECOND;
    harness.run_steps(2);
    harness.get_by_label("Chidi left");
    harness.remove_cursor();
    harness.run_steps(2);
    harness.state_mut().now = now + 9 * SECOND;
    harness.run_steps(2);
    assert!(harness.query_by_label("Chidi left").is_none());
}

#[test]
fn who_listens_is_told_politely_and_of_warnings_at_once() {
    let now = some_time();
    let mut harness = in_meeting(now, 1280.0, 720.0, Theme::Dark);
    let warning = Notice { number: 0, kind: NoticeKind::Warning, text: "The camera is gone.".into(), at: now };
    harness.state_mut().view.notices = vec![warning];
    change(&mut harness, |meeting| {
        meeting.camera = Device::Off;
        meeting.participants.remove(1);
    });
    let live = |label| harness.get_by_label(label).accesskit_node().live();
    assert_eq!(live("Chidi left"), Live::Polite);
    assert_eq!(live("The camera is gone."), Live::Assertive);
}

#[test]
fn seconds_that_are_counted_are_not_said_again_and_again() {
    let now = some_time();
    let mut lost = meeting(now, two());
    lost.signaling_lost_since = Some(now - 3 * SECOND);
    let mut harness = open(view(Screen::Meeting(lost)), now, 1280.0, 720.0, Theme::Dark);
    let said = "Server lost, trying again. You stay connected to everyone.";
    harness.get_by_label(said);
    harness.state_mut().now = now + 5 * SECOND;
    harness.run_steps(2);
    harness.get_by_label(said);
}

#[test]
fn a_notice_from_another_meeting_is_not_told_again() {
    let now = some_time();
    let notice = Notice { number: 3, kind: NoticeKind::Information, text: "A".into(), at: now };
    let view = View { notices: vec![notice.clone()], ..view(Screen::Meeting(meeting(now, two()))) };
    let mut harness = open(view, now, 1280.0, 720.0, Theme::Dark);
    click(&mut harness, "Dismiss: A");
    harness.state_mut().view.notices =
        vec![notice, Notice { number: 4, kind: NoticeKind::Information, text: "B".into(), at: now }];
    harness.run_steps(2);
    assert!(harness.query_by_label("A").is_none());
    harness.get_by_label("B");
}
