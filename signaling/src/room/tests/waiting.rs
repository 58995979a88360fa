//! Who is let in, who waits, and who is turned away.

use super::*;

fn set_waiting_room(waiting_room: WaitingRoom) -> ClientMessage {
    ClientMessage::SetWaitingRoom { waiting_room }
}

/// A room of two, in which who comes has to wait.
fn guarded() -> Bench {
    let mut bench = Bench::with(2);
    bench.receive(1, set_waiting_room(WaitingRoom::All)).unwrap();
    bench.take();
    bench
}

fn waiting(number: u32) -> Result<Entered, ErrorCode> {
    Ok(Entered::Waiting(WaitingId(number)))
}

fn list(heard: &[ServerMessage]) -> Option<Vec<WaitingPerson>> {
    heard.iter().rev().find_map(|message| match message {
        ServerMessage::WaitingList { waiting } => Some(waiting.clone()),
        _ => None,
    })
}

fn admit(ids: &[u32]) -> ClientMessage {
    ClientMessage::Admit { ids: ids.iter().copied().map(WaitingId).collect() }
}

fn deny(ids: &[u32]) -> ClientMessage {
    ClientMessage::Deny { ids: ids.iter().copied().map(WaitingId).collect() }
}

const WAIT: ServerMessage = ServerMessage::Waiting { host_present: true };

#[test]
fn a_locked_meeting_takes_nobody_new_but_who_comes_back() {
    let mut bench = Bench::with(2);
    assert_eq!(bench.receive(2, ClientMessage::SetLocked { locked: true }), Err(ErrorCode::NotHost));
    bench.receive(1, ClientMessage::SetLocked { locked: true }).unwrap();
    let is_told = |message: &ServerMessage| matches!(message, ServerMessage::AccessUpdated { locked: true, .. });
    assert_eq!(bench.told(is_told), [1, 2]);
    assert_eq!(bench.enter(3, 3), Err(ErrorCode::MeetingLocked));
    bench.lose(2);
    assert_eq!(bench.enter(20, 2), Ok(id(2)));
    bench.receive(1, ClientMessage::Leave).unwrap();
    assert_eq!(bench.enter(21, 1), Ok(id(3)), "who opened it is not locked out");
    bench.receive(2, ClientMessage::SetLocked { locked: false }).unwrap();
    assert_eq!(bench.enter(4, 4), Ok(id(4)));
}

#[test]
fn with_the_link_s_key_one_need_not_wait() {
    let mut bench = Bench::with(1);
    bench.receive(1, set_waiting_room(WaitingRoom::WithoutKey)).unwrap();
    assert_eq!(bench.come(Entrance { link_key: Some(key()), ..entrance(2, 2) }), Ok(Entered::Joined(id(2))));
    assert_eq!(bench.come(entrance(3, 3)), waiting(1));
    let wrong = Some(LinkKey::from_entropy([6; 16]));
    assert_eq!(bench.come(Entrance { link_key: wrong, ..entrance(4, 4) }), waiting(2));
    bench.receive(1, set_waiting_room(WaitingRoom::All)).unwrap();
    assert_eq!(bench.come(Entrance { link_key: Some(key()), ..entrance(5, 5) }), waiting(3));
    bench.take();
    bench.receive(1, ClientMessage::Mute { id: id(2) }).unwrap();
    assert_eq!(bench.told(|_| true), [2], "who waits hears nothing of the meeting");
}

#[test]
fn who_waits_is_admitted_and_only_hosts_are_told_who_waits() {
    let mut bench = guarded();
    assert_eq!(bench.come(entrance(3, 3)), waiting(1));
    let effects = bench.take();
    let list = ServerMessage::WaitingList { waiting: bench.room.waiting.list() };
    let tell = |connection, message| Effect::Send { connection: ConnectionId(connection), message };
    assert_eq!(effects, [tell(3, WAIT), tell(1, list)]);
    assert_eq!(bench.receive(2, admit(&[1])), Err(ErrorCode::NotHost));
    bench.receive_on(3, ClientMessage::MediaState { microphone: false, camera: true }).unwrap();
    bench.receive(1, admit(&[1])).unwrap();
    let effects = bench.take();
    let Effect::Send {
        connection: ConnectionId(3),
        message: ServerMessage::Welcome { you, participants, waiting, .. },
    } = &effects[0]
    else {
        panic!("{effects:?}")
    };
    assert_eq!((*you, waiting.len()), (id(3), 0));
    assert!(!participants[2].microphone && participants[2].camera, "as it is by now");
    assert!(effects.contains(&tell(1, ServerMessage::WaitingList { waiting: Vec::new() })));
    assert_eq!(bench.receive(1, admit(&[1])), Err(ErrorCode::NoSuchWaiting));
}

#[test]
fn who_is_denied_is_told_and_does_not_come_by_the_same_token() {
    let mut bench = guarded();
    bench.come(entrance(3, 3)).unwrap();
    bench.come(entrance(4, 4)).unwrap();
    bench.take();
    bench.receive(1, deny(&[1, 2])).unwrap();
    let effects = bench.take();
    for connection in [3, 4].map(ConnectionId) {
        let message = ServerMessage::error(ErrorCode::Denied);
        assert!(effects.contains(&Effect::Send { connection, message }));
        assert!(effects.contains(&Effect::Close { connection }));
    }
    assert_eq!(bench.come(entrance(5, 3)), Err(ErrorCode::Denied));
    assert_eq!(bench.come(entrance(6, 5)), waiting(3));
}

#[test]
fn waiting_survives_a_loss_of_connection_and_ends_with_going_away() {
    let mut bench = guarded();
    bench.come(entrance(3, 3)).unwrap();
    bench.come(entrance(4, 4)).unwrap();
    bench.room.lose(bench.now, ConnectionId(3), &mut bench.effects);
    bench.take();
    bench.pass(RECONNECT_PATIENCE - SECOND);
    assert_eq!(bench.come(entrance(30, 3)), waiting(1), "in the same place");
    assert_eq!(bench.heard(30), [WAIT]);
    assert_eq!(bench.come(entrance(31, 3)), waiting(1));
    assert!(bench.take().contains(&Effect::Close { connection: ConnectionId(30) }));
    bench.receive_on(31, ClientMessage::Leave).unwrap();
    assert_eq!(list(&bench.heard(1)).map(|list| list.len()), Some(1));
    bench.room.lose(bench.now, ConnectionId(4), &mut bench.effects);
    bench.pass(RECONNECT_PATIENCE);
    assert_eq!(list(&bench.heard(1)), Some(Vec::new()));
    assert_eq!(bench.room.next_deadline(), None);
}

#[test]
fn who_is_admitted_while_away_is_in_the_meeting_on_returning() {
    let mut bench = guarded();
    bench.come(entrance(3, 3)).unwrap();
    bench.room.lose(bench.now, ConnectionId(3), &mut bench.effects);
    bench.receive(1, admit(&[1])).unwrap();
    assert_eq!(bench.enter(30, 3), Ok(id(3)));
}

#[test]
fn without_a_host_there_one_is_told_so_and_waits_on() {
    let mut bench = guarded();
    bench.come(entrance(3, 3)).unwrap();
    bench.take();
    bench.lose(1);
    assert_eq!(bench.heard(3), [ServerMessage::Waiting { host_present: false }]);
    assert_eq!(bench.come(entrance(4, 4)), waiting(2));
    assert_eq!(bench.heard(4), [ServerMessage::Waiting { host_present: false }]);
    bench.pass(RECONNECT_PATIENCE);
    let effects = bench.take();
    let told = |connection, message: &ServerMessage| {
        effects.contains(&Effect::Send { connection: ConnectionId(connection), message: message.clone() })
    };
    assert!(told(3, &WAIT) && told(4, &WAIT), "the other one is host now: {effects:?}");
    assert!(told(2, &ServerMessage::WaitingList { waiting: bench.room.waiting.list() }));
}

#[test]
fn who_waits_for_a_meeting_that_ends_is_told() {
    for ends_for_all in [true, false] {
        let mut bench = guarded();
        bench.come(entrance(3, 3)).unwrap();
        bench.take();
        let message = if ends_for_all {
            bench.receive(1, ClientMessage::EndForAll).unwrap();
            ServerMessage::MeetingEnded
        } else {
            bench.receive(1, ClientMessage::Leave).unwrap();
            bench.receive(2, ClientMessage::Leave).unwrap();
            ServerMessage::error(ErrorCode::NoSuchMeeting)
        };
        let effects = bench.take();
        assert!(effects.contains(&Effect::Send { connection: ConnectionId(3), message }));
        assert!(effects.contains(&Effect::Close { connection: ConnectionId(3) }));
        assert_eq!(bench.room.waiting.len(), 0);
    }
    let mut bench = guarded();
    bench.come(entrance(3, 3)).unwrap();
    bench.lose(1);
    bench.lose(2);
    bench.pass(RECONNECT_PATIENCE);
    bench.take();
    bench.pass(EMPTY_PATIENCE);
    assert!(bench.room.is_over());
    assert_eq!(bench.heard(3), [ServerMessage::error(ErrorCode::NoSuchMeeting)]);
}

#[test]
fn no_more_wait_than_can_and_a_full_meeting_admits_nobody() {
    let mut bench = guarded();
    let most = limits::MAX_WAITING as u8;
    for number in 0..most {
        assert_eq!(bench.come(entrance(100 + u64::from(number), 100 + number)), waiting(u32::from(number) + 1));
    }
    assert_eq!(bench.come(entrance(99, 99)), Err(ErrorCode::WaitingRoomFull));
    let all: Vec<_> = (1..=u32::from(most)).collect();
    assert_eq!(bench.receive(1, admit(&all)), Err(ErrorCode::MeetingFull));
    assert_eq!(bench.room.len(), limits::MAX_PARTICIPANTS);
    assert_eq!(bench.room.waiting.len(), limits::MAX_WAITING + 2 - limits::MAX_PARTICIPANTS);
}

#[test]
fn who_waits_can_do_nothing_in_the_meeting() {
    let mut bench = guarded();
    bench.come(entrance(3, 3)).unwrap();
    bench.take();
    let text = ChatText::new("hello");
    for message in [
        ClientMessage::Chat { text, to: None, key: 1 },
        ClientMessage::RaiseHand,
        ClientMessage::RequestOffer { to: id(1), generation: 0 },
        admit(&[1]),
        ClientMessage::EndForAll,
    ] {
        assert_eq!(bench.receive_on(3, message), Err(ErrorCode::NotInMeeting));
    }
    assert_eq!(bench.take(), []);
}
