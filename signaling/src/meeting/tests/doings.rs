//! Chat, hands, waiting, and what hosts do, as one participant lives it.

use super::*;

fn said(id: u64, from: u32, key: u32, text: &str) -> ChatMessage {
    let name = DisplayName::new(&format!("Person {from}"));
    let text = ChatText::new(text);
    ChatMessage { id, at: 1000 + id, from: ParticipantId(from), name, to: None, to_name: None, key, text }
}

fn hear(message: ChatMessage) -> Input {
    Input::Received(ServerMessage::Chat { message })
}

fn say(text: &str) -> Input {
    Input::Say { text: ChatText::new(text), to: None }
}

fn chat(text: &str, key: u32) -> Effect {
    Effect::Send(ClientMessage::Chat { text: ChatText::new(text), to: None, key })
}

fn update(info: ParticipantInfo) -> Input {
    Input::Received(ServerMessage::ParticipantUpdated { participant: info })
}

impl Bench {
    fn texts(&self) -> Vec<&str> {
        self.meeting.state().chat.entries().iter().map(|entry| entry.text.as_str()).collect()
    }

    fn deliveries(&self) -> Vec<Delivery> {
        self.meeting.state().chat.entries().iter().map(|entry| entry.delivery.clone()).collect()
    }

    fn away(&mut self) {
        self.handle(Input::Disconnected);
        self.handle(Input::Connected);
    }
}

const SENT: fn(u64) -> Delivery = |id| Delivery::Sent { id, at: 1000 + id };
const SAID: Delivery = Delivery::Pending { was_said: true };

#[test]
fn what_is_said_waits_at_the_end_until_it_is_confirmed() {
    let mut bench = Bench::joined(2, &[1, 2]);
    assert_eq!(bench.handle(say("mine")), [chat("mine", 1), Effect::Changed]);
    let number = bench.meeting.state().chat.entries()[0].number;
    bench.handle(hear(said(1, 1, 9, "theirs")));
    assert_eq!((bench.texts(), bench.deliveries()), (vec!["theirs", "mine"], vec![SENT(1), SAID]));
    assert_eq!(bench.handle(hear(said(2, 2, 1, "mine"))), [Effect::Changed]);
    assert_eq!((bench.texts(), bench.deliveries()), (vec!["theirs", "mine"], vec![SENT(1), SENT(2)]));
    let entries = bench.meeting.state().chat.entries();
    assert_eq!((entries[1].number, entries[0].is_mine, entries[1].is_mine), (number, false, true));
    assert_eq!(bench.handle(hear(said(2, 2, 1, "mine"))), [], "confirmed twice, it is there once");
    assert_eq!(bench.handle(say("  ")), []);
}

#[test]
fn what_was_not_confirmed_is_said_again_after_coming_back() {
    let mut bench = Bench::joined(2, &[1, 2]);
    bench.handle(hear(said(4, 1, 1, "before")));
    bench.handle(say("on the way"));
    bench.handle(Input::Disconnected);
    assert_eq!(bench.handle(say("while away")), [Effect::Changed]);
    let effects = bench.handle(Input::Connected);
    assert!(matches!(effects[..], [Effect::Send(ClientMessage::Join { last_chat: 4, .. })]), "{effects:?}");
    let effects = bench.handle(welcome(2, &[1, 2]));
    let again: Vec<_> =
        effects.into_iter().filter(|effect| matches!(effect, Effect::Send(ClientMessage::Chat { .. }))).collect();
    assert_eq!(again, [chat("on the way", 1), chat("while away", 2)]);
    let messages = vec![said(5, 2, 1, "on the way"), said(6, 1, 2, "missed")];
    bench.handle(Input::Received(ServerMessage::ChatHistory { messages }));
    bench.handle(hear(said(5, 2, 1, "on the way")));
    assert_eq!(bench.texts(), ["before", "on the way", "missed", "while away"]);
    assert_eq!(bench.deliveries(), [SENT(4), SENT(5), SENT(6), SAID]);
}

#[test]
fn as_somebody_new_one_says_only_what_cannot_have_arrived() {
    let mut bench = Bench::joined(2, &[1, 2]);
    bench.handle(say("perhaps arrived"));
    bench.handle(say("lost"));
    bench.handle(Input::Disconnected);
    bench.handle(say("while away"));
    bench.handle(Input::Connected);
    let effects = bench.handle(welcome(3, &[1, 3]));
    let sent: Vec<_> =
        effects.into_iter().filter(|effect| matches!(effect, Effect::Send(ClientMessage::Chat { .. }))).collect();
    assert_eq!(sent, [chat("while away", 3)]);
    // The history shows that one of them had arrived.
    let messages = vec![said(1, 2, 1, "perhaps arrived")];
    bench.handle(Input::Received(ServerMessage::ChatHistory { messages }));
    assert_eq!(bench.deliveries(), [SENT(1), Delivery::Unknown, SAID]);
    assert!(bench.meeting.state().chat.entries()[0].is_mine);
}

#[test]
fn a_refused_message_says_why_and_too_many_are_not_taken() {
    let mut bench = Bench::joined(1, &[1, 2]);
    bench.handle(say("fast"));
    let message = ErrorCode::TooFast.sentence().to_owned();
    bench.handle(Input::Received(ServerMessage::Error { code: ErrorCode::TooFast, message, key: Some(1) }));
    assert_eq!(bench.deliveries(), [Delivery::Refused(ErrorCode::TooFast)]);
    for _ in 0..limits::MAX_PENDING_CHAT {
        bench.handle(say("more"));
    }
    assert_eq!(bench.deliveries(), vec![SAID; limits::MAX_PENDING_CHAT], "the refused one gave way");
    assert_eq!(bench.handle(say("too much")), [Effect::Refused(ErrorCode::TooFast)]);
    let long = "x".repeat(limits::MAX_CHAT_CHARS + 1);
    let mut bench = Bench::joined(1, &[1, 2]);
    assert_eq!(bench.handle(say(&long)), [Effect::Refused(ErrorCode::MessageTooLarge)]);
    let to_nobody = Input::Say { text: ChatText::new("hello"), to: Some(ParticipantId(7)) };
    assert_eq!(bench.handle(to_nobody), [Effect::Refused(ErrorCode::NoSuchParticipant)]);
}

#[test]
fn a_server_s_chat_is_kept_within_the_limits() {
    let mut bench = Bench::joined(1, &[1, 2]);
    for id in 1..=2000 {
        bench.handle(hear(said(id, 2, id as u32, &"x".repeat(1900))));
    }
    let entries = bench.meeting.state().chat.entries();
    assert!(entries.len() * 1900 <= limits::MAX_CHAT_BYTES);
    assert_eq!(entries.last().unwrap().delivery, SENT(2000));
    let mut bench = Bench::joined(1, &[1, 2]);
    for id in 1..=2000 {
        bench.handle(hear(said(id, 2, id as u32, "x")));
    }
    assert_eq!(bench.meeting.state().chat.entries().len(), limits::MAX_CHAT_MESSAGES);
}

#[test]
fn a_server_without_a_chat_and_one_that_has_forgotten_it_are_told_apart_from_a_slow_one() {
    let mut bench = Bench::joined(1, &[1, 2]);
    bench.meeting.state.link_key = None;
    assert_eq!(bench.handle(say("hello")), [Effect::Refused(ErrorCode::UnsupportedVersion)]);
    let mut bench = Bench::joined(1, &[1, 2]);
    bench.handle(path(2, PathState::Connected));
    bench.handle(say("hello"));
    bench.away();
    bench.handle(Input::Received(ServerMessage::error(ErrorCode::NoSuchMeeting)));
    assert_eq!(bench.deliveries(), [Delivery::Refused(ErrorCode::NoSuchMeeting)]);
    assert_eq!(bench.handle(say("hello")), [Effect::Refused(ErrorCode::NoSuchMeeting)]);
}

#[test]
fn a_hand_is_up_when_the_server_says_so_and_asked_for_until_then() {
    let mut bench = Bench::joined(2, &[1, 2]);
    let raise = Effect::Send(ClientMessage::RaiseHand);
    assert_eq!(bench.handle(Input::SetHand(true)), std::slice::from_ref(&raise));
    assert_eq!(bench.handle(Input::SetHand(true)), []);
    assert_eq!(bench.meeting.state().my_hand(), None);
    bench.away();
    assert!(bench.handle(welcome(2, &[1, 2])).contains(&raise), "what was lost is asked for again");
    bench.handle(update(ParticipantInfo { hand: Some(3), ..info(2) }));
    bench.handle(update(ParticipantInfo { hand: Some(2), ..info(1) }));
    assert_eq!(bench.meeting.state().hands(), [ParticipantId(1), ParticipantId(2)]);
    // A host lowers it: it is not raised again by itself.
    bench.handle(update(info(2)));
    bench.away();
    assert!(!bench.handle(welcome(2, &[1, 2])).contains(&raise));
    assert_eq!(bench.handle(Input::SetHand(false)), []);
}

#[test]
fn what_hosts_ask_is_done_and_told() {
    let mut bench = Bench::joined(2, &[1, 2]);
    let by = ParticipantId(1);
    let received = |message| Input::Received(message);
    let state = |microphone, camera| Effect::Send(ClientMessage::MediaState { microphone, camera });
    let muted = bench.handle(received(ServerMessage::Muted { by }));
    assert_eq!(muted, [state(false, true), Effect::Muted { by }, Effect::Changed]);
    let again = bench.handle(received(ServerMessage::Muted { by }));
    assert_eq!(again, [Effect::Muted { by }], "one that is about to be on is to stay off");
    assert_eq!(bench.handle(received(ServerMessage::AskedToUnmute { by })), [Effect::AskedToUnmute { by }]);
    let stopped = bench.handle(received(ServerMessage::CameraStopped { by }));
    assert_eq!(stopped, [state(false, false), Effect::CameraStopped { by }, Effect::Changed]);
    assert_eq!(bench.handle(Input::SetMicrophone(true)), [state(true, false), Effect::Changed], "one may unmute");
    let reaction = Reaction::Heart;
    assert_eq!(
        bench.handle(received(ServerMessage::Reaction { from: by, reaction })),
        [Effect::Reacted { from: by, reaction }]
    );
    let removed = bench.handle(received(ServerMessage::Removed { by }));
    assert_eq!(removed, [close(1), Effect::Changed, Effect::Ended(EndReason::Removed)]);
}

#[test]
fn only_a_host_controls_and_knows_who_waits() {
    let mut bench = Bench::joined(2, &[1, 2]);
    let person = WaitingPerson { id: WaitingId(1), name: DisplayName::new("Dan") };
    let list = Input::Received(ServerMessage::WaitingList { waiting: vec![person.clone()] });
    assert_eq!(bench.handle(list.clone()), []);
    let admit = Input::Control(HostControl::Admit(vec![WaitingId(1)]));
    assert_eq!(bench.handle(admit.clone()), [Effect::Refused(ErrorCode::NotHost)]);
    bench.handle(update(ParticipantInfo { host: true, ..info(2) }));
    assert_eq!(bench.handle(list), [Effect::Changed]);
    assert_eq!(bench.meeting.state().waiting, [person]);
    assert_eq!(bench.handle(admit), [Effect::Send(ClientMessage::Admit { ids: vec![WaitingId(1)] })]);
    let (locked, waiting_room) = (true, WaitingRoom::WithoutKey);
    bench.handle(Input::Received(ServerMessage::AccessUpdated { locked, waiting_room }));
    assert_eq!((bench.meeting.state().locked, bench.meeting.state().waiting_room), (locked, waiting_room));
    bench.handle(update(info(2)));
    assert_eq!(bench.meeting.state().waiting, []);
}

#[test]
fn one_waits_is_told_of_hosts_and_comes_in() {
    let mut bench = Bench::new(Some(code()));
    bench.handle(Input::Connected);
    let waiting = |host_present| Input::Received(ServerMessage::Waiting { host_present });
    let since = bench.now;
    assert_eq!(bench.handle(waiting(true)), [Effect::Changed]);
    assert_eq!(bench.meeting.state().stage, Stage::Waiting { since, host_present: true });
    bench.now += Duration::from_secs(5);
    bench.handle(waiting(false));
    assert_eq!(bench.meeting.state().stage, Stage::Waiting { since, host_present: false });
    assert_eq!(bench.handle(Input::SetCamera(false)), [Effect::Changed]);
    bench.away();
    bench.handle(waiting(true));
    assert_eq!(bench.meeting.state().stage, Stage::Waiting { since, host_present: true }, "one has not begun anew");
    let effects = bench.handle(welcome(3, &[1, 2, 3]));
    assert!(effects.contains(&connect(1, Role::Offerer)) && bench.meeting.state().stage == Stage::Joined);
}

#[test]
fn who_waits_may_be_turned_away_or_go() {
    for code_of_error in [ErrorCode::Denied, ErrorCode::NoSuchMeeting] {
        let mut bench = Bench::new(Some(code()));
        bench.handle(Input::Connected);
        bench.handle(Input::Received(ServerMessage::Waiting { host_present: true }));
        let effects = bench.handle(Input::Received(ServerMessage::error(code_of_error.clone())));
        let message = code_of_error.sentence().to_owned();
        let refused = EndReason::Refused { code: code_of_error, message };
        assert_eq!(effects, [Effect::Changed, Effect::Ended(refused)]);
    }
    let mut bench = Bench::new(Some(code()));
    bench.handle(Input::Connected);
    bench.handle(Input::Received(ServerMessage::Waiting { host_present: true }));
    let left = [Effect::Send(ClientMessage::Leave), Effect::Changed, Effect::Ended(EndReason::Left)];
    assert_eq!(bench.handle(Input::Leave), left);
}

#[test]
fn who_comes_back_too_late_may_have_to_wait_again() {
    let mut bench = Bench::joined(2, &[1, 2]);
    bench.handle(say("on the way"));
    bench.away();
    let effects = bench.handle(Input::Received(ServerMessage::Waiting { host_present: true }));
    assert_eq!(effects, [close(1), Effect::Changed]);
    assert_eq!((bench.ids(), bench.meeting.state().me), (vec![], None));
    bench.handle(welcome(4, &[1, 4]));
    let messages = vec![said(1, 2, 1, "on the way")];
    bench.handle(Input::Received(ServerMessage::ChatHistory { messages }));
    assert_eq!(bench.deliveries(), [SENT(1)]);
    assert!(bench.meeting.state().chat.entries()[0].is_mine, "said as who one was before");
}

#[test]
fn one_brings_the_link_s_key_and_then_the_one_that_was_told() {
    let link_key = Some(LinkKey::from_entropy([9; 16]));
    let now = Instant::now();
    let mut bench = Bench { meeting: Meeting::new(JoinRequest { link_key, ..request(Some(code())) }, now), now };
    let key = |effects: &[Effect]| match effects {
        [Effect::Send(ClientMessage::Join { link_key, .. })] => *link_key,
        other => panic!("{other:?}"),
    };
    assert_eq!(key(&bench.handle(Input::Connected)), link_key);
    bench.handle(welcome(2, &[1, 2]));
    bench.handle(Input::Disconnected);
    assert_eq!(key(&bench.handle(Input::Connected)), Some(LinkKey::from_entropy([4; 16])));
}
