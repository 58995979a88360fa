//! The home screen beside its form: what is recognised, meetings nearby and of the past.

use std::time::UNIX_EPOCH;

use super::*;
use nonet::settings::ThemeChoice;
use nonet::view::{NearbyMeeting, RecentMeeting};
use nonet::when::{self, Zone};

const LINK: &str =
    "nonet://192.168.1.20:7443/kfw-tqxm-ehd#0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f";

/// Saturday, the 21st of November 2026, half past nine.
const NOW: u64 = 1_795_253_400;

fn recent(link: &str, people: &[&str], hours_ago: u64, minutes: u64) -> RecentMeeting {
    RecentMeeting {
        link: link.to_owned(),
        people: people.iter().map(|name| (*name).to_owned()).collect(),
        most_people: people.len() as u8 + 1,
        left_at: UNIX_EPOCH + Duration::from_secs(NOW - hours_ago * 3600),
        lasted: Duration::from_secs(minutes * 60),
    }
}

fn full() -> Home {
    let nearby = |host: &str, people, is_locked, code_or_link: Option<&str>| NearbyMeeting {
        host: host.to_owned(),
        people,
        is_locked,
        code_or_link: code_or_link.map(str::to_owned),
    };
    Home {
        name: "Sam".into(),
        problem: None,
        nearby: [nearby("Ana", 3, false, Some(LINK)), nearby("Maximiliane von Hohenstein-Brandenburg", 1, false, None)]
            .into(),
        recent: [
            recent(LINK, &["Ana Ruiz", "Jonas", "Mei Lin", "Priya S.", "Tom Wetterstrand-Brandt"], 20, 47),
            recent("nonet://meet.example.org:443/abc-defg-hij", &["Dr. Okafor"], 95, 12),
        ]
        .into(),
    }
}

fn opened(home: Home, width: f32, height: f32, language: LanguageChoice) -> Harness<'static, State> {
    let theme = if language == LanguageChoice::German { ThemeChoice::Light } else { ThemeChoice::Dark };
    let mut harness = open(view(Screen::Home(home)), some_time(), width, height, Theme::Dark);
    when::say(&harness.ctx, UNIX_EPOCH + Duration::from_secs(NOW), Zone::default());
    let appearance = AppearanceSettings { language, theme, ..AppearanceSettings::default() };
    harness.state_mut().view.appearance = appearance;
    harness.run_steps(4);
    harness
}

fn english(home: Home) -> Harness<'static, State> {
    opened(home, 1280.0, 720.0, LanguageChoice::English)
}

fn preview_of(code_or_link: &str) -> Command {
    Command::Preview { name: "Sam".into(), code_or_link: Some(code_or_link.to_owned()) }
}

#[test]
fn meetings_nearby_and_of_the_past_look_as_drawn() {
    english(full()).snapshot("home-meetings");
}

#[test]
fn meetings_nearby_and_of_the_past_are_told_in_german() {
    let home = Home { problem: Some("Niemand trifft sich unter diesem Code.".into()), ..full() };
    let harness = &mut opened(home, 800.0, 600.0, LanguageChoice::German);
    harness.get_by_label("Neues Meeting");
    harness.get_by_label("In diesem Netz");
    harness.snapshot("home-meetings-german-800x600");
}

#[test]
fn in_a_small_window_the_meetings_are_reached_by_scrolling() {
    let mut harness = opened(full(), 480.0, 360.0, LanguageChoice::German);
    harness.snapshot("home-meetings-480x360");
    harness.get_by_label("Wieder beitreten: Dr. Okafor").scroll_to_me();
    harness.run_steps(6);
    harness.snapshot("home-meetings-480x360-below");
    click(&mut harness, "Wieder beitreten: Dr. Okafor");
    assert_eq!(commands(&mut harness), [preview_of("nonet://meet.example.org:443/abc-defg-hij")]);
}

#[test]
fn with_the_largest_text_too_one_gets_in() {
    let mut harness = opened(full(), 480.0, 360.0, LanguageChoice::German);
    harness.state_mut().view.appearance.text_percent = 200;
    harness.run_steps(6);
    harness.get_by_label("Code oder Link").scroll_to_me();
    harness.run_steps(6);
    harness.snapshot("home-480x360-large-text");
    click(&mut harness, "Neues Meeting");
    assert_eq!(commands(&mut harness), [Command::Preview { name: "Sam".into(), code_or_link: None }]);
}

#[test]
fn without_meetings_there_are_no_cards() {
    let harness = english(Home { name: "Sam".into(), ..Home::default() });
    for caption in ["On this network", "Recent"] {
        assert!(harness.query_by_label(caption).is_none());
    }
}

#[test]
fn a_meeting_nearby_is_joined_or_its_code_is_typed() {
    let mut harness = english(full());
    click(&mut harness, "Join Ana’s meeting");
    assert_eq!(commands(&mut harness), [preview_of(LINK)]);
    click(&mut harness, "Type the code of Maximiliane von Hohenstein-Brandenburg’s meeting");
    harness.run_steps(2);
    assert_eq!(commands(&mut harness), []);
    assert!(harness.get_by_label("Code or link").accesskit_node().is_focused());
}

#[test]
fn a_meeting_that_lets_nobody_in_cannot_be_joined() {
    let mut home = full();
    home.nearby = home.nearby.iter().map(|meeting| NearbyMeeting { is_locked: true, ..meeting.clone() }).collect();
    let mut harness = english(home);
    click(&mut harness, "Join Ana’s meeting");
    assert_eq!(commands(&mut harness), []);
}

#[test]
fn a_meeting_of_the_past_says_who_when_how_long_and_how_many_and_is_joined_again() {
    let mut harness = english(full());
    let again = "Join again: Ana Ruiz, Jonas, Mei Lin, Priya S., Tom Wetterstrand-Brandt";
    let described =
        |harness: &Harness<'_, State>, label: &str| harness.get_by_label(label).accesskit_node().description();
    assert_eq!(described(&harness, again).as_deref(), Some("Yesterday · 47 min · 6 people"));
    assert_eq!(described(&harness, "Join again: Dr. Okafor").as_deref(), Some("Tuesday · 12 min · 2 people"));
    click(&mut harness, again);
    assert_eq!(commands(&mut harness), [preview_of(LINK)]);
}

#[test]
fn a_meeting_of_the_past_is_copied_and_forgotten() {
    let mut harness = english(full());
    click(&mut harness, "More about Dr. Okafor");
    harness.snapshot("home-menu");
    harness.get_by_label("Copy link").click();
    let link = "nonet://meet.example.org:443/abc-defg-hij";
    let is_copied = |harness: &Harness<'_, State>| {
        let commands = &harness.output().platform_output.commands;
        commands.iter().any(|command| matches!(command, egui::OutputCommand::CopyText(text) if text == link))
    };
    let copied = (0..3).any(|_| {
        harness.step();
        is_copied(&harness)
    });
    assert!(copied);
    harness.run_steps(2);
    let described = harness.get_by_label("Join again: Dr. Okafor").accesskit_node().description();
    assert_eq!(described.as_deref(), Some("Link copied"));
    for (label, command) in
        [("Forget", Command::ForgetRecent(link.to_owned())), ("Forget all", Command::ForgetAllRecent)]
    {
        click(&mut harness, "More about Dr. Okafor");
        click(&mut harness, label);
        assert_eq!(commands(&mut harness), [command]);
    }
}

#[test]
fn who_has_no_name_is_asked_for_it_before_joining_again() {
    let mut harness = english(Home { name: String::new(), ..full() });
    click(&mut harness, "Join again: Dr. Okafor");
    harness.run_steps(2);
    assert_eq!(commands(&mut harness), []);
    assert!(harness.get_by_label("Your name").accesskit_node().is_focused());
}

#[test]
fn a_link_among_other_words_is_recognised_and_said() {
    let mut harness = english(Home { name: "Sam".into(), ..Home::default() });
    write(&mut harness, "Code or link", &format!("Let us meet tomorrow: {LINK}."));
    harness.get_by_label("Meeting kfw-tqxm-ehd on 192.168.1.20");
    harness.snapshot("home-found");
    click(&mut harness, "Join");
    assert_eq!(commands(&mut harness), [preview_of(LINK)]);

    let mut harness = english(Home { name: "Sam".into(), ..Home::default() });
    write(&mut harness, "Code or link", "https://meet.example.org/kfw-tqxm-ehd");
    harness.get_by_label("Meeting kfw-tqxm-ehd on meet.example.org");
    harness.key_press(Key::Enter);
    harness.run_steps(2);
    assert_eq!(commands(&mut harness), [preview_of("nonet://meet.example.org:443/kfw-tqxm-ehd")]);
}

#[test]
fn words_without_a_code_are_not_passed_over_in_silence() {
    let mut harness = english(Home { name: "Sam".into(), ..Home::default() });
    write(&mut harness, "Code or link", "kfw-tqxm");
    assert!(harness.query_by_label("There is no code or link in this.").is_none(), "somebody is still typing");
    write(&mut harness, "Code or link", " is what they told me");
    harness.get_by_label("There is no code or link in this.");
    assert!(harness.get_by_label("Join").accesskit_node().is_disabled());
}
