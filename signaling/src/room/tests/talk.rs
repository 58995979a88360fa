//! Chat and reactions.

use super::*;
use crate::protocol::{ChatMessage, Reaction};

fn chat(text: &str, to: Option<u8>, key: u32) -> ClientMessage {
    ClientMessage::Chat { text: ChatText::new(text), to: to.map(id), key }
}

/// The texts among these messages, pages of history included.
fn texts(heard: &[ServerMessage]) -> Vec<String> {
    messages(heard).iter().map(|message| message.text.as_str().to_owned()).collect()
}

fn messages(heard: &[ServerMessage]) -> Vec<ChatMessage> {
    let of = |message: &ServerMessage| match message {
        ServerMessage::Chat { message } => vec![message.clone()],
        ServerMessage::ChatHistory { messages } => messages.clone(),
        _ => Vec::new(),
    };
    heard.iter().flat_map(of).collect()
}

/// With which key which refusal was told.
fn refusals(heard: &[ServerMessage]) -> Vec<(u32, ErrorCode)> {
    let of = |message: &ServerMessage| match message {
        ServerMessage::Error { code, key: Some(key), .. } => Some((*key, code.clone())),
        _ => None,
    };
    heard.iter().filter_map(of).collect()
}

#[test]
fn what_is_said_is_numbered_and_told_to_all_or_to_two() {
    let mut bench = Bench::with(3);
    bench.receive(2, chat("to all", None, 7)).unwrap();
    bench.receive(2, chat("to one", Some(1), 8)).unwrap();
    let effects = bench.take();
    let told: Vec<_> = effects
        .iter()
        .map(|effect| match effect {
            Effect::Send { connection, message: ServerMessage::Chat { message } } => (connection.0, message.id),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(told, [(1, 1), (2, 1), (3, 1), (1, 2), (2, 2)]);
    let Some(Effect::Send { message: ServerMessage::Chat { message }, .. }) = effects.last() else { panic!() };
    assert_eq!((message.at, message.key, message.name.as_str()), (UNIX_MS, 8, "Person 2"));
    assert_eq!((message.to, message.to_name.as_ref().unwrap().as_str()), (Some(id(1)), "Person 1"));
}

#[test]
fn who_comes_later_is_told_what_was_said_to_all() {
    let mut bench = Bench::with(2);
    bench.receive(1, chat("one", None, 1)).unwrap();
    bench.receive(1, chat("private", Some(2), 2)).unwrap();
    bench.receive(2, chat("two", None, 1)).unwrap();
    bench.take();
    bench.enter(3, 3).unwrap();
    let heard = bench.heard(3);
    assert!(matches!(heard[0], ServerMessage::Welcome { .. }));
    assert_eq!(texts(&heard), ["one", "two"]);
}

#[test]
fn who_comes_back_is_told_what_was_missed_once() {
    let mut bench = Bench::with(3);
    bench.receive(1, chat("before", None, 1)).unwrap();
    bench.lose(2);
    bench.receive(1, chat("missed", None, 2)).unwrap();
    bench.receive(3, chat("for two", Some(2), 1)).unwrap();
    bench.receive(3, chat("not for two", Some(1), 2)).unwrap();
    bench.take();
    bench.come(Entrance { last_chat: 1, ..entrance(20, 2) }).unwrap();
    assert_eq!(texts(&bench.heard(20)), ["missed", "for two"]);
}

#[test]
fn what_is_said_again_is_taken_in_once_and_confirmed_again() {
    let mut bench = Bench::with(2);
    bench.receive(2, chat("hello", None, 5)).unwrap();
    bench.take();
    bench.receive(2, chat("hello", None, 5)).unwrap();
    let effects = bench.take();
    assert!(
        matches!(&effects[..], [Effect::Send { connection: ConnectionId(2), message: ServerMessage::Chat { message } }]
            if message.id == 1 && message.key == 5),
        "{effects:?}"
    );
    bench.receive(1, chat("hello", None, 5)).unwrap();
    assert_eq!(messages(&bench.heard(1))[0].id, 2, "keys are each participant's own");
}

#[test]
fn what_cannot_be_said_is_refused_with_its_key() {
    let mut bench = Bench::with(2);
    bench.receive(1, chat(&"x".repeat(limits::MAX_CHAT_CHARS + 1), None, 1)).unwrap();
    bench.receive(1, chat(" \n", None, 2)).unwrap();
    bench.receive(1, chat("to nobody", Some(9), 3)).unwrap();
    bench.receive(1, chat("to oneself", Some(1), 4)).unwrap();
    let heard = bench.heard(1);
    let expected = [
        (1, ErrorCode::MessageTooLarge),
        (2, ErrorCode::MalformedMessage),
        (3, ErrorCode::NoSuchParticipant),
        (4, ErrorCode::NoSuchParticipant),
    ];
    assert_eq!(refusals(&heard), expected);
    assert_eq!(heard.len(), expected.len());
}

#[test]
fn who_talks_too_fast_is_told_and_not_cut_off() {
    let mut bench = Bench::with(2);
    for key in 0..100 {
        bench.receive(2, chat("flood", None, key)).unwrap();
    }
    let effects = bench.take();
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Close { .. })));
    let said = bench.room.history.size().0;
    assert!((16..40).contains(&said), "{said}");
    bench.receive(2, chat("flood", None, 1000)).unwrap();
    assert_eq!(refusals(&bench.heard(2)), [(1000, ErrorCode::TooFast)]);
    bench.pass(2 * SECOND);
    bench.receive(2, chat("later", None, 1001)).unwrap();
    assert_eq!(texts(&bench.heard(1)), ["later"]);
    let reaction = ClientMessage::Reaction { reaction: Reaction::Heart };
    assert!((0..100).any(|_| bench.receive(2, reaction.clone()) == Err(ErrorCode::TooFast)));
}

#[test]
fn reactions_go_to_all_and_are_not_kept() {
    let mut bench = Bench::with(2);
    bench.receive(2, ClientMessage::Reaction { reaction: Reaction::Clapping }).unwrap();
    let message = ServerMessage::Reaction { from: id(2), reaction: Reaction::Clapping };
    let tell = |connection| Effect::Send { connection: ConnectionId(connection), message: message.clone() };
    assert_eq!(bench.take(), [tell(1), tell(2)]);
    bench.enter(3, 3).unwrap();
    assert!(!bench.heard(3).contains(&message));
}

#[test]
fn no_more_is_kept_than_the_limits_say_and_it_is_told_in_pages_that_can_be_read() {
    for text in ["short".to_owned(), "\"".repeat(limits::MAX_CHAT_CHARS), "€".repeat(limits::MAX_CHAT_CHARS)] {
        let mut bench = Bench::with(2);
        for key in 0..600 {
            bench.receive(1, chat(&text, None, key)).unwrap();
            bench.pass(SECOND);
        }
        let (kept, bytes) = bench.room.history.size();
        assert!(kept <= limits::MAX_CHAT_MESSAGES && bytes <= limits::MAX_CHAT_BYTES);
        bench.take();
        bench.enter(3, 3).unwrap();
        let heard = bench.heard(3);
        assert!(heard.len() < 100);
        for message in &heard {
            assert_eq!(ServerMessage::decode(&message.encode()).as_ref(), Ok(message));
        }
        let told = messages(&heard);
        assert_eq!(told.len(), kept);
        assert!(told.is_sorted_by_key(|message| message.id));
        assert_eq!(told.last().map(|message| message.id), Some(600));
    }
}

#[test]
fn the_order_stands_also_when_the_clock_is_set_back() {
    let mut bench = Bench::with(1);
    for (key, unix_ms) in [(1, 2000), (2, 1000)] {
        let connection = ConnectionId(1);
        bench.room.receive(bench.now, unix_ms, connection, chat("x", None, key), &mut bench.effects).unwrap();
    }
    assert_eq!(messages(&bench.heard(1)).iter().map(|message| message.at).collect::<Vec<_>>(), [2000, 2000]);
}
