use std::time::SystemTime;

use nonet_media::latest::Latest;

use super::*;
use crate::statistics::History;
use crate::view::{ChatPerson, Connection, Device, Motion, Participant, WaitingRoom};

const SECOND: Duration = Duration::from_secs(1);

fn meeting(others: &[&str]) -> Meeting {
    let participant = |(id, name): (u32, &&str)| Participant {
        id,
        name: (*name).to_owned(),
        is_self: id == 0,
        is_host: false,
        microphone_on: true,
        camera_on: true,
        speaking: false,
        connection: Connection::Connected,
        motion: Motion::Live,
        pictures: Latest::new(),
        volume_percent: 100,
        hand: None,
        quality: None,
    };
    Meeting {
        code: String::new(),
        link: String::new(),
        joined_at: Instant::now(),
        participants: (0..).zip(["Sam"].iter().chain(others)).map(participant).collect(),
        microphone: Device::On,
        camera: Device::On,
        signaling_lost_since: None,
        is_forgotten: false,
        statistics: History::default(),
        is_host: false,
        ends_with_me: false,
        is_locked: false,
        waiting_room: WaitingRoom::Off,
        waiting: Vec::new(),
        chat: Default::default(),
        reactions: Vec::new(),
        alert: None,
    }
}

fn message(number: u64, name: &str, text: &str) -> ChatMessage {
    ChatMessage {
        number,
        from: ChatPerson { id: 1, name: name.into(), is_self: name == "Sam" },
        to: None,
        text: text.into(),
        at: SystemTime::UNIX_EPOCH,
        is_sent: true,
    }
}

fn whats(happenings: &Happenings) -> Vec<What> {
    happenings.list().iter().map(|happening| happening.what.clone()).collect()
}

fn names<const COUNT: usize>(names: [&str; COUNT]) -> Vec<String> {
    names.map(str::to_owned).to_vec()
}

#[test]
fn who_was_there_before_is_not_told_of() {
    let (mut happenings, now) = (Happenings::default(), Instant::now());
    happenings.look(Some(&meeting(&["Ana", "Ben"])), false, &[], now);
    assert_eq!(whats(&happenings), []);
}

#[test]
fn who_comes_soon_after_another_is_told_of_together() {
    let (mut happenings, now) = (Happenings::default(), Instant::now());
    happenings.look(Some(&meeting(&[])), false, &[], now);
    happenings.look(Some(&meeting(&["Ana"])), false, &[], now);
    happenings.look(Some(&meeting(&["Ana", "Ben", "Cem"])), false, &[], now + 4 * SECOND);
    assert_eq!(whats(&happenings), [What::Joined(names(["Ana", "Ben", "Cem"]))]);
    assert_eq!(happenings.next_end(), Some(now + 9 * SECOND), "the last is seen as long as any other");
    happenings.look(Some(&meeting(&["Ana", "Ben", "Cem"])), false, &[], now + 9 * SECOND);
    assert_eq!(whats(&happenings), []);
}

#[test]
fn who_leaves_and_who_raises_a_hand_is_told_of() {
    let (mut happenings, now) = (Happenings::default(), Instant::now());
    happenings.look(Some(&meeting(&["Ana", "Ben"])), false, &[], now);
    let mut after = meeting(&["Ana"]);
    after.participants[1].hand = Some(1);
    happenings.look(Some(&after), false, &[], now);
    assert_eq!(whats(&happenings), [What::Left(names(["Ben"])), What::RaisedHands(names(["Ana"]))]);
}

#[test]
fn of_messages_the_last_is_told_and_how_many_there_are() {
    let (mut happenings, now) = (Happenings::default(), Instant::now());
    let with = |messages: &[ChatMessage]| Meeting { chat: messages.into(), ..meeting(&["Ana"]) };
    let messages =
        [message(1, "Ana", "old"), message(2, "Ana", "Hello"), message(3, "Sam", "Hi"), message(4, "Ana", "So?")];
    happenings.look(Some(&with(&messages[..1])), false, &[], now);
    happenings.look(Some(&with(&messages[..2])), false, &[], now);
    let wrote = |count, text: &str| What::Wrote { count, who: "Ana".into(), text: text.into() };
    assert_eq!(whats(&happenings), [wrote(1, "Hello")]);
    happenings.look(Some(&with(&messages)), false, &[], now);
    assert_eq!(whats(&happenings), [wrote(2, "So?")], "one's own are not counted");
    happenings.look(Some(&with(&messages)), true, &[], now);
    assert_eq!(whats(&happenings), [], "who sees the chat has seen it");
}

#[test]
fn who_looks_again_after_a_while_is_not_told_what_happened_meanwhile() {
    let (mut happenings, now) = (Happenings::default(), Instant::now());
    happenings.look(Some(&meeting(&[])), false, &[], now);
    happenings.look(Some(&meeting(&["Ana"])), false, &[], now + 60 * SECOND);
    assert_eq!(whats(&happenings), []);
}

#[test]
fn what_the_engine_says_is_said_once_and_for_some_seconds() {
    let (mut happenings, now) = (Happenings::default(), Instant::now());
    let notice = |number, at| Notice { number, kind: NoticeKind::Warning, text: number.to_string(), at };
    let said = |text: &str| What::Said { kind: NoticeKind::Warning, text: text.into() };
    let notices = [notice(0, now), notice(1, now)];
    happenings.look(None, false, &notices, now);
    assert_eq!(whats(&happenings), [said("0"), said("1")]);
    happenings.dismiss(happenings.list()[0].number);
    happenings.look(None, false, &notices, now + SECOND);
    assert_eq!(whats(&happenings), [said("1")]);
    happenings.look(None, false, &notices, now + 5 * SECOND);
    assert_eq!(whats(&happenings), []);
    // Another meeting counts from the beginning.
    happenings.look(None, false, &[notice(0, now + 6 * SECOND)], now + 6 * SECOND);
    assert_eq!(whats(&happenings), [said("0")]);
}

#[test]
fn what_somebody_points_at_stays_and_goes_soon_after() {
    let (mut happenings, now) = (Happenings::default(), Instant::now());
    let notices = [Notice { number: 0, kind: NoticeKind::Information, text: "0".into(), at: now }];
    happenings.look(None, false, &notices, now);
    happenings.hold(now + 4 * SECOND);
    assert_eq!(happenings.next_end(), Some(now + 6 * SECOND));
    happenings.look(None, false, &notices, now + 5 * SECOND);
    assert_eq!(happenings.list().len(), 1);
    happenings.look(None, false, &notices, now + 6 * SECOND);
    assert_eq!(happenings.list().len(), 0);
}

#[test]
fn of_very_many_only_the_newest_are_kept() {
    let (mut happenings, now) = (Happenings::default(), Instant::now());
    let notice = |number: u64| Notice { number, kind: NoticeKind::Information, text: number.to_string(), at: now };
    happenings.look(None, false, &(0..100).map(notice).collect::<Vec<_>>(), now);
    let numbers: Vec<_> = happenings.list().iter().map(|happening| happening.number).collect();
    assert_eq!(numbers, (92..100).collect::<Vec<_>>());
}
