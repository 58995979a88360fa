//! The chat.

use std::sync::Arc;

use super::*;
use nonet::view::{ChatMessage, ChatPerson};

/// A moment that clocks show as so many minutes past two in the afternoon, wherever this runs.
fn at(minutes: i8) -> std::time::SystemTime {
    let there = jiff::civil::date(2026, 3, 5).at(14, minutes, 0, 0).to_zoned(jiff::tz::TimeZone::system());
    there.expect("no zone skips an afternoon").timestamp().into()
}

fn person(id: u32) -> ChatPerson {
    let name = match id {
        1 => "Ana Ruiz",
        2 => "Jonas",
        3 => "Mei Lin",
        _ => "Sam",
    };
    ChatPerson { id, name: name.into(), is_self: id == 8 || id == 9 }
}

fn message(number: u64, from: u32, to: Option<u32>, minutes: i8, text: &str) -> ChatMessage {
    let (from, to) = (person(from), to.map(person));
    ChatMessage { number, from, to, text: text.into(), at: at(minutes), is_sent: true }
}

/// What was said, each a minute after the other.
pub fn said(messages: &[(u32, &str)]) -> Arc<[ChatMessage]> {
    let message = |(number, (from, text)): (u64, &(u32, &str))| message(number, *from, None, number as i8 % 60, text);
    (1..).zip(messages).map(message).collect()
}

fn four(now: Instant) -> Vec<Participant> {
    let mut participants = nine(now);
    participants.drain(3..8);
    participants
}

fn talk() -> Arc<[ChatMessage]> {
    [
        message(1, 1, None, 2, "Agenda: demo, the two open questions, then the release."),
        message(2, 2, None, 3, "Numbers are here: https://docs.example.org/q3"),
        message(3, 8, None, 5, "I can show the new grid in five minutes."),
        message(4, 3, Some(8), 6, "Your microphone is quite loud 😊"),
        message(5, 8, Some(3), 7, "Thanks, better now?"),
        ChatMessage { is_sent: false, ..message(6, 8, None, 9, "Here is what I see:\nonly every second picture.") },
    ]
    .into()
}

fn opened(meeting: Meeting, now: Instant, width: f32, height: f32, theme: Theme) -> Harness<'static, State> {
    let mut harness = open(view(Screen::Meeting(meeting)), now, width, height, theme);
    click(&mut harness, "Chat");
    settle(&mut harness);
    harness
}

fn outputs(harness: &mut Harness<'_, State>, steps: usize) -> Vec<egui::OutputCommand> {
    let mut outputs = Vec::new();
    for _ in 0..steps {
        harness.step();
        outputs.extend(harness.output().platform_output.commands.clone());
    }
    outputs
}

#[test]
fn it_looks_as_drawn() {
    let now = some_time();
    let meeting = Meeting { chat: talk(), microphone: Device::Off, ..meeting(now, four(now)) };
    let mut harness = opened(meeting, now, 1280.0, 720.0, Theme::Light);
    harness.get_by_label("Mei Lin → you, privately, 14:06: Your microphone is quite loud 😊");
    harness.get_by_label("Not sent yet");
    // The cursor blinks.
    harness.get_by_label("Camera").focus();
    settle(&mut harness);
    harness.snapshot("chat-light");
}

#[test]
fn without_messages_it_says_who_reads_them() {
    let now = some_time();
    let mut harness = opened(meeting(now, two()), now, 800.0, 600.0, Theme::Dark);
    harness.get_by_label("Camera").focus();
    settle(&mut harness);
    harness.snapshot("chat-empty-800x600");
}

#[test]
fn in_a_small_window_it_fills_what_is_above_the_bar() {
    let now = some_time();
    let meeting = Meeting { chat: talk(), ..meeting(now, four(now)) };
    let mut harness = open_german(meeting, now, 480.0, 360.0, Theme::Dark);
    click(&mut harness, "Chat");
    harness.get_by_label("Kamera").focus();
    settle(&mut harness);
    harness.snapshot("chat-480x360-german");
    click(&mut harness, "Chat schließen");
    assert!(!has(&harness, "Chat schließen"));
}

#[test]
fn in_the_smallest_window_of_all_one_can_read_and_write_and_close_it() {
    let now = some_time();
    let meeting = Meeting { chat: talk(), ..meeting(now, four(now)) };
    let mut harness = open(view(Screen::Meeting(meeting)), now, 480.0, 360.0, Theme::Dark);
    harness.state_mut().view.appearance.text_percent = 200;
    settle(&mut harness);
    click(&mut harness, "More");
    click(&mut harness, "3 unread messages");
    settle(&mut harness);
    let window = harness.ctx.content_rect();
    for label in ["Message", "Send", "Close chat"] {
        let rect = harness.get_by_label(label).rect();
        assert!(window.contains_rect(rect), "{label} at {rect:?} in {window:?}");
    }
    harness.get_by_label("Close chat").focus();
    settle(&mut harness);
    harness.snapshot("chat-480x360-double");
}

#[test]
fn enter_sends_and_shift_and_enter_break_the_line() {
    let now = some_time();
    let mut harness = opened(meeting(now, two()), now, 1280.0, 720.0, Theme::Dark);
    // It is where one writes at once.
    assert!(harness.get_by_label("Message").accesskit_node().is_focused());
    harness.get_by_label("Message").type_text("Hello");
    harness.run_steps(2);
    harness.key_press_modifiers(egui::Modifiers::SHIFT, Key::Enter);
    harness.run_steps(2);
    harness.get_by_label("Message").type_text("Ana ");
    harness.run_steps(2);
    harness.key_press(Key::Enter);
    harness.run_steps(2);
    let said = Command::SendChat { text: "Hello\nAna".into(), to: None };
    assert_eq!(commands(&mut harness), [said]);
    harness.key_press(Key::Enter);
    harness.run_steps(2);
    assert_eq!(commands(&mut harness), [], "there is nothing to send");
    harness.get_by_label("Message").type_text("And");
    harness.run_steps(2);
    click(&mut harness, "Send");
    assert_eq!(commands(&mut harness), [Command::SendChat { text: "And".into(), to: None }]);
}

#[test]
fn what_is_being_written_outlives_the_panel() {
    let now = some_time();
    let mut harness = opened(meeting(now, two()), now, 1280.0, 720.0, Theme::Dark);
    harness.get_by_label("Message").type_text("Half a thou");
    harness.run_steps(2);
    click(&mut harness, "Close chat");
    assert!(!has(&harness, "Message"));
    click(&mut harness, "Chat");
    harness.get_by_label("Message").type_text("ght");
    harness.run_steps(2);
    click(&mut harness, "Send");
    assert_eq!(commands(&mut harness), [Command::SendChat { text: "Half a thought".into(), to: None }]);
}

#[test]
fn what_is_for_one_person_is_never_for_all_because_they_left() {
    let now = some_time();
    let mut harness = opened(meeting(now, four(now)), now, 1280.0, 720.0, Theme::Dark);
    click(&mut harness, "Who the message is for");
    click(&mut harness, "Mei Lin");
    harness.run_steps(2);
    harness.get_by_label("Message").type_text("A secret");
    harness.run_steps(2);
    click(&mut harness, "Send");
    assert_eq!(commands(&mut harness), [Command::SendChat { text: "A secret".into(), to: Some(3) }]);

    harness.get_by_label("Message").type_text("Another");
    harness.run_steps(2);
    shown(&mut harness).participants.retain(|participant| participant.id != 3);
    harness.run_steps(2);
    let to = harness.get_by_label("Who the message is for").accesskit_node().value();
    assert_eq!(to.as_deref(), Some("Mei Lin has left. Choose who the message is for."));
    assert!(harness.get_by_label("Send").accesskit_node().is_disabled());
    harness.key_press(Key::Enter);
    harness.run_steps(2);
    assert_eq!(commands(&mut harness), []);
    click(&mut harness, "Who the message is for");
    click(&mut harness, "Everyone");
    harness.run_steps(2);
    click(&mut harness, "Send");
    assert_eq!(commands(&mut harness), [Command::SendChat { text: "Another".into(), to: None }]);
}

#[test]
fn a_message_is_no_longer_than_a_server_takes_and_one_is_told_in_time() {
    let now = some_time();
    let mut harness = opened(meeting(now, two()), now, 1280.0, 720.0, Theme::Dark);
    harness.get_by_label("Message").type_text(&"ä".repeat(1790));
    settle(&mut harness);
    assert!(!has(&harness, "210 characters left"));
    harness.get_by_label("Message").type_text(&"ä".repeat(20));
    settle(&mut harness);
    harness.get_by_label("190 characters left");
    harness.get_by_label("Message").type_text(&"ä".repeat(500));
    settle(&mut harness);
    harness.get_by_label("0 characters left");
    harness.get_by_label("Camera").focus();
    settle(&mut harness);
    harness.snapshot("chat-long-draft");
    click(&mut harness, "Send");
    assert_eq!(commands(&mut harness), [Command::SendChat { text: "ä".repeat(2000), to: None }]);
}

#[test]
fn emoji_are_written_where_the_cursor_is() {
    let now = some_time();
    let mut harness = opened(meeting(now, two()), now, 1280.0, 720.0, Theme::Dark);
    harness.get_by_label("Message").type_text("ab");
    harness.run_steps(2);
    harness.key_press(Key::ArrowLeft);
    harness.run_steps(2);
    click(&mut harness, "Emoji");
    settle(&mut harness);
    harness.snapshot("chat-emoji");
    click(&mut harness, "🎉");
    click(&mut harness, "👍");
    harness.key_press(Key::Escape);
    harness.run_steps(2);
    assert!(has(&harness, "Close chat"), "the key has closed the choice alone");
    click(&mut harness, "Send");
    assert_eq!(commands(&mut harness), [Command::SendChat { text: "a🎉👍b".into(), to: None }]);
}

#[test]
fn links_are_opened_and_messages_copied() {
    let now = some_time();
    let meeting = Meeting { chat: talk(), ..meeting(now, four(now)) };
    let mut harness = opened(meeting, now, 1280.0, 720.0, Theme::Dark);
    harness.get_by_label("https://docs.example.org/q3").click();
    let opened: Vec<_> = outputs(&mut harness, 3)
        .into_iter()
        .filter_map(|output| match output {
            egui::OutputCommand::OpenUrl(open) => Some(open.url),
            _ => None,
        })
        .collect();
    assert_eq!(opened, ["https://docs.example.org/q3"]);
    harness.get_by_label("Copy message of Jonas").click();
    let copied = outputs(&mut harness, 3).into_iter().any(|output| {
        matches!(output, egui::OutputCommand::CopyText(text) if text == "Numbers are here: https://docs.example.org/q3")
    });
    assert!(copied);
}

/// Many messages, the last of which is the highest number.
fn many(count: u64) -> Arc<[ChatMessage]> {
    let text = |number| format!("Message {number}{}", " and more of it".repeat(number as usize % 9));
    (1..=count).map(|number| message(number, 1 + number as u32 % 3, None, 5, &text(number))).collect()
}

/// What is said of something to those who listen: of text it is its value.
fn words(node: &egui_kittest::kittest::AccessKitNode<'_>) -> String {
    node.label().or_else(|| node.value()).unwrap_or_default()
}

fn sees(harness: &Harness<'_, State>, number: u64) -> bool {
    let start = format!("Message {number}");
    let list = harness.get_by_label("Message").rect().top() - 30.0;
    harness
        .query_all_by(|node| {
            let words = words(node);
            let text = words.split(": ").nth(1).unwrap_or_default();
            text == start || text.starts_with(&format!("{start} "))
        })
        .any(|node| node.rect().top() > 90.0 && node.rect().bottom() < list)
}

#[test]
fn of_many_messages_only_those_that_are_seen_are_shown() {
    let now = some_time();
    let meeting = Meeting { chat: many(500), ..meeting(now, four(now)) };
    let harness = opened(meeting, now, 1280.0, 720.0, Theme::Dark);
    assert!(sees(&harness, 500));
    let shown = harness.query_all_by(|node| words(node).contains(": Message ")).count();
    assert!((1..30).contains(&shown), "{shown} of 500");
}

#[test]
fn who_has_gone_up_to_read_is_left_there_and_told_of_what_comes() {
    let now = some_time();
    let meeting = Meeting { chat: many(60), ..meeting(now, four(now)) };
    let mut harness = opened(meeting, now, 1280.0, 720.0, Theme::Dark);
    // What comes is seen at once while one is at the newest.
    shown(&mut harness).chat = many(61);
    settle(&mut harness);
    assert!(sees(&harness, 61));

    let center = egui::pos2(1100.0, 300.0);
    harness.hover_at(center);
    harness.run_steps(2);
    harness.event(egui::Event::MouseWheel {
        unit: egui::MouseWheelUnit::Point,
        delta: vec2(0.0, 600.0),
        phase: egui::TouchPhase::Move,
        source: egui::MouseWheelSource::Wheel,
        modifiers: egui::Modifiers::NONE,
    });
    harness.run_steps(20);
    assert!(!sees(&harness, 61));
    assert!(has(&harness, "To the newest message"));
    let before = harness.query_all_by(|node| words(node).contains(": Message ")).count();
    assert!(before > 0);
    shown(&mut harness).chat = many(63);
    settle(&mut harness);
    assert!(!sees(&harness, 63));
    harness.remove_cursor();
    settle(&mut harness);
    harness.get_by_label("Camera").focus();
    settle(&mut harness);
    harness.snapshot("chat-scrolled-up");
    click(&mut harness, "2 new messages");
    settle(&mut harness);
    assert!(sees(&harness, 63));
}

#[test]
fn where_one_has_read_to_there_is_a_line() {
    let now = some_time();
    let mut harness = opened(Meeting { chat: many(3), ..meeting(now, four(now)) }, now, 1280.0, 720.0, Theme::Dark);
    click(&mut harness, "Close chat");
    shown(&mut harness).chat = many(5);
    settle(&mut harness);
    assert!(described(&harness, "Chat").starts_with("2 unread"));
    click(&mut harness, "Chat");
    harness.get_by_label("Camera").focus();
    settle(&mut harness);
    harness.snapshot("chat-unread-line");
}
