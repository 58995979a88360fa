//! Before and after: the way in, the waiting room, and the end.

use super::*;
use nonet::settings::ThemeChoice;
use nonet::view::{Kept, Summary, Waiting};

fn waiting(now: Instant, is_host_there: bool) -> Waiting {
    Waiting {
        code: "kfw-tqxm-ehd".into(),
        since: now - Duration::from_secs(83),
        is_host_there,
        microphone: Device::Off,
        camera: Device::On,
        pictures: pictured(7, "Sam").pictures,
    }
}

fn opened(screen: Screen, now: Instant, width: f32, height: f32, language: LanguageChoice) -> Harness<'static, State> {
    let theme = if language == LanguageChoice::German { ThemeChoice::Light } else { ThemeChoice::Dark };
    let mut harness = open(view(screen), now, width, height, Theme::Dark);
    harness.state_mut().view.appearance = AppearanceSettings { language, theme, ..AppearanceSettings::default() };
    harness.state_mut().view.kept = Kept { name: "Sam".into(), ..Kept::default() };
    harness.run_steps(4);
    harness
}

fn summary() -> Summary {
    Summary {
        lasted: Duration::from_secs(47 * 60),
        most_people: 6,
        good_part: 0.934,
        troubles: vec![
            "Jonas Wetterstrand-Brandt’s picture stood still or was broken for 41 s.".into(),
            "Ana’s sound had gaps for 12 s.".into(),
        ],
    }
}

fn ended(rejoin: Option<&str>, summary: Option<Summary>) -> Screen {
    Screen::Ended(Ended { why: "You left the meeting.".into(), rejoin: rejoin.map(str::to_owned), summary })
}

#[test]
fn who_waits_sees_oneself_and_how_it_stands() {
    let now = some_time();
    let screen = Screen::Waiting(waiting(now, true));
    let mut harness = opened(screen, now, 1280.0, 720.0, LanguageChoice::English);
    harness.get_by_label("Somebody will let you in soon");
    harness.get_by_label("Waiting for 1:23");
    harness.snapshot("waiting");
    click(&mut harness, "Microphone");
    click(&mut harness, "Camera");
    click(&mut harness, "Leave");
    assert_eq!(commands(&mut harness), [Command::SetMicrophone(true), Command::SetCamera(false), Command::Leave]);
}

#[test]
fn who_waits_for_a_host_to_come_is_told_so_in_german() {
    let now = some_time();
    let screen = Screen::Waiting(waiting(now, false));
    let mut harness = opened(screen, now, 480.0, 360.0, LanguageChoice::German);
    harness.get_by_label("Noch ist niemand da, der dich hereinlassen kann");
    harness.snapshot("waiting-480x360-german");
    harness.get_by_label("Verlassen").scroll_to_me();
    harness.run_steps(4);
    click(&mut harness, "Verlassen");
    assert_eq!(commands(&mut harness), [Command::Leave]);
}

#[test]
fn a_waiting_room_is_painted_once_a_second_for_its_clock() {
    let now = some_time();
    let screen = Screen::Waiting(waiting(now, true));
    let mut harness = opened(screen, now, 1280.0, 720.0, LanguageChoice::English);
    harness.state_mut().view.appearance.reduced_motion = true;
    harness.run_steps(2);
    assert_eq!(next_paint(&mut harness), Duration::from_secs(1));
}

#[test]
fn the_end_says_what_it_was_like_and_leads_back_in() {
    let link = "nonet://192.168.1.20:7443/kfw-tqxm-ehd";
    let screen = ended(Some(link), Some(summary()));
    let mut harness = opened(screen, some_time(), 1280.0, 720.0, LanguageChoice::English);
    harness.snapshot("ended-summary");
    click(&mut harness, "Join again");
    click(&mut harness, "New meeting");
    click(&mut harness, "Home");
    let preview = |code_or_link: Option<&str>| Command::Preview {
        name: "Sam".into(),
        code_or_link: code_or_link.map(str::to_owned),
    };
    assert_eq!(commands(&mut harness), [preview(Some(link)), preview(None), Command::GoHome]);
    harness.key_press(Key::Escape);
    harness.run_steps(2);
    assert_eq!(commands(&mut harness), [Command::GoHome]);
}

#[test]
fn a_meeting_that_went_badly_is_said_to_in_a_small_window_too() {
    let bad = Summary { good_part: 0.52, ..summary() };
    let screen = ended(Some("nonet://host/kfw-tqxm-ehd"), Some(bad));
    let mut harness = opened(screen, some_time(), 480.0, 360.0, LanguageChoice::German);
    harness.snapshot("ended-480x360-german");
    let meter = harness.get_all_by_label("Schlecht – 52 % der Zeit ungestört").last().unwrap().accesskit_node();
    assert_eq!(meter.numeric_value(), Some(52.0));
    harness.get_by_label("Wieder beitreten").scroll_to_me();
    harness.run_steps(4);
    click(&mut harness, "Wieder beitreten");
    assert_eq!(commands(&mut harness).len(), 1);
}

#[test]
fn without_a_way_back_none_is_offered() {
    let harness = opened(ended(None, None), some_time(), 800.0, 600.0, LanguageChoice::English);
    assert!(harness.query_by_label("Join again").is_none());
    harness.get_by_label("Home");
}

#[test]
fn joining_speaks_german_too() {
    let now = some_time();
    let joining = Joining { what: "Meeting wird gestartet …".into(), since: now };
    let mut harness = opened(Screen::Joining(joining), now, 800.0, 600.0, LanguageChoice::German);
    harness.get_by_label("Einen Moment");
    click(&mut harness, "Abbrechen");
    assert_eq!(commands(&mut harness), [Command::CancelJoining]);
}
