//! `docs/protocol.md` is the golden file of the protocol: its examples are read, written again and compared, so that
//! neither it nor the messages change unnoticed.

#![allow(clippy::unwrap_used, reason = "in helpers of tests too, a failure is the test's")]

use nonet_signaling::protocol::{ClientMessage, ErrorCode, ServerMessage, VERSION, limits};
use serde_json::Value;
use std::collections::BTreeSet;

const DOCUMENT: &str = include_str!("../../docs/protocol.md");

/// The examples in fenced blocks that are marked so.
fn examples(mark: &str) -> Vec<&'static str> {
    DOCUMENT
        .split("```json ")
        .skip(1)
        .filter_map(|block| block.split_once("```")?.0.strip_prefix(mark)?.strip_prefix('\n'))
        .collect()
}

fn tag(message: &Value) -> String {
    message["type"].as_str().expect("each message has a type").to_owned()
}

#[test]
fn every_example_reads_and_is_written_the_same_again() {
    let (client, server) = (examples("client"), examples("server"));
    for example in &client {
        let message = ClientMessage::decode(example).unwrap_or_else(|error| panic!("{error}: {example}"));
        let written: Value = serde_json::from_str(&message.encode()).unwrap();
        assert_eq!(written, serde_json::from_str::<Value>(example).unwrap());
        assert_eq!(ClientMessage::decode(&message.encode()), Ok(message));
    }
    for example in &server {
        let message = ServerMessage::decode(example).unwrap_or_else(|error| panic!("{error}: {example}"));
        let written: Value = serde_json::from_str(&message.encode()).unwrap();
        assert_eq!(written, serde_json::from_str::<Value>(example).unwrap());
        assert_eq!(ServerMessage::decode(&message.encode()), Ok(message));
    }
}

#[test]
fn every_message_has_an_example() {
    let tags = |mark| -> BTreeSet<String> {
        examples(mark).iter().map(|example| tag(&serde_json::from_str(example).unwrap())).collect()
    };
    // An unknown type is refused with a list of those that there are.
    let known =
        |error: String| -> BTreeSet<String> { error.split('`').skip(3).step_by(2).map(str::to_owned).collect() };
    let client = ClientMessage::decode(r#"{"type":"?"}"#).unwrap_err().to_string();
    let server = ServerMessage::decode(r#"{"type":"?"}"#).unwrap_err().to_string();
    assert_eq!(known(client), tags("client"));
    assert_eq!(known(server), tags("server"));
    assert!(tags("client").len() == 22 && tags("server").len() == 20);
}

#[test]
fn every_error_code_is_listed_with_its_sentence() {
    let codes = [
        ErrorCode::MalformedMessage,
        ErrorCode::MessageTooLarge,
        ErrorCode::UnsupportedVersion,
        ErrorCode::RateLimited,
        ErrorCode::NoSuchMeeting,
        ErrorCode::MeetingFull,
        ErrorCode::ServerFull,
        ErrorCode::NotInMeeting,
        ErrorCode::AlreadyInMeeting,
        ErrorCode::NoSuchParticipant,
        ErrorCode::NotHost,
        ErrorCode::TooFast,
        ErrorCode::MeetingLocked,
        ErrorCode::WaitingRoomFull,
        ErrorCode::Denied,
        ErrorCode::Removed,
        ErrorCode::NoSuchWaiting,
        ErrorCode::OwnerStays,
        ErrorCode::LastHost,
    ];
    for code in codes {
        let name = serde_json::to_value(&code).unwrap();
        assert!(DOCUMENT.contains(&format!("| `{}` |", name.as_str().unwrap())), "{name}");
        assert_eq!(serde_json::from_value::<ErrorCode>(name).unwrap(), code);
    }
    let unknown: ErrorCode = serde_json::from_str("\"newer\"").unwrap();
    assert_eq!(unknown, ErrorCode::Other("newer".to_owned()));
}

#[test]
fn the_limits_are_those_of_the_document() {
    for (what, limit) in [
        ("message", limits::MAX_MESSAGE_BYTES),
        ("session description", limits::MAX_SDP_BYTES),
        ("candidate", limits::MAX_CANDIDATE_BYTES),
        ("candidates in one generation", limits::MAX_CANDIDATES),
        ("name", limits::MAX_NAME_CHARS),
        ("participants", limits::MAX_PARTICIPANTS),
        ("people who wait to be let in", limits::MAX_WAITING),
        ("chat message", limits::MAX_CHAT_CHARS),
        ("chat messages that are kept", limits::MAX_CHAT_MESSAGES),
        ("chat messages of one's own that are not confirmed", limits::MAX_PENDING_CHAT),
        ("what is kept of a chat", limits::MAX_CHAT_BYTES),
    ] {
        assert!(DOCUMENT.contains(&format!("| {what} | {limit} ")), "{what} {limit}");
    }
    assert!(DOCUMENT.contains(&format!("version {VERSION}")));
}

#[test]
fn what_is_unknown_in_a_message_is_let_pass_and_what_is_wrong_is_refused() {
    assert_eq!(ClientMessage::decode(r#"{"type":"leave","newer":[1]}"#), Ok(ClientMessage::Leave));
    let code = |text: &str| ClientMessage::decode(text).unwrap_err().code();
    for text in ["", "{}", "[]", "null", "leave", r#"{"type":"offer"}"#, r#"{"type":"leave""#, "\u{0}"] {
        assert_eq!(code(text), ErrorCode::MalformedMessage, "{text}");
    }
    assert_eq!(code(r#"{"type":"create","version":2,"who":"?"}"#), ErrorCode::UnsupportedVersion);
    let older = r#"{"type":"welcome","version":1,"code":"abc-defg-hij","you":1,"participants":[]}"#;
    assert!(matches!(ServerMessage::decode(older), Ok(ServerMessage::Welcome { link_key: None, locked: false, .. })));
    let long = "x".repeat(limits::MAX_SDP_BYTES + 1);
    assert_eq!(
        code(&format!(r#"{{"type":"answer","to":1,"generation":1,"sdp":"{long}"}}"#)),
        ErrorCode::MessageTooLarge
    );
    assert_eq!(code(&" ".repeat(limits::MAX_MESSAGE_BYTES + 1)), ErrorCode::MessageTooLarge);
    let deep = "[".repeat(limits::MAX_MESSAGE_BYTES);
    assert_eq!(code(&deep), ErrorCode::MalformedMessage, "depth is bounded too");
}
