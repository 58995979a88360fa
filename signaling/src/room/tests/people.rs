//! Names, hands, and what hosts can.

use super::*;

fn set_host(who: u8, host: bool) -> ClientMessage {
    ClientMessage::SetHost { id: id(who), host }
}

fn hosts(bench: &Bench) -> Vec<u32> {
    bench.room.members.iter().filter(|(_, member)| member.is_host).map(|(id, _)| id.0).collect()
}

#[test]
fn people_of_one_name_are_told_apart() {
    let mut bench = Bench::new();
    for (number, name) in ["Ana", "ana", "Ana", "Ana (2)"].into_iter().enumerate() {
        let number = number as u8 + 1;
        let entrance = Entrance { name: DisplayName::new(name), ..entrance(u64::from(number), number) };
        bench.come(entrance).unwrap();
    }
    let names: Vec<_> = bench.room.members.values().map(|member| member.name.as_str().to_owned()).collect();
    assert_eq!(names, ["Ana", "ana (2)", "Ana (3)", "Ana (2) (2)"]);
    bench.receive(1, ClientMessage::Leave).unwrap();
    bench.come(Entrance { name: DisplayName::new("Ana"), ..entrance(9, 9) }).unwrap();
    assert_eq!(bench.room.members[&id(5)].name.as_str(), "Ana", "the name is free again");
}

#[test]
fn hands_have_their_order_and_a_host_can_lower_them() {
    let mut bench = Bench::with(3);
    bench.receive(3, ClientMessage::RaiseHand).unwrap();
    assert_eq!(bench.told(|message| is_updated(message, 3, |info| info.hand == Some(1))), [1, 2, 3]);
    bench.receive(3, ClientMessage::RaiseHand).unwrap();
    assert_eq!(bench.take(), [], "it is up already");
    bench.receive(2, ClientMessage::RaiseHand).unwrap();
    assert_eq!(bench.told(|message| is_updated(message, 2, |info| info.hand == Some(2))), [1, 2, 3]);
    assert_eq!(bench.receive(2, ClientMessage::LowerHand { id: Some(id(3)) }), Err(ErrorCode::NotHost));
    bench.receive(1, ClientMessage::LowerHand { id: Some(id(3)) }).unwrap();
    assert_eq!(bench.told(|message| is_updated(message, 3, |info| info.hand.is_none())), [1, 2, 3]);
    bench.receive(3, ClientMessage::RaiseHand).unwrap();
    assert_eq!(
        bench.told(|message| is_updated(message, 3, |info| info.hand == Some(3))),
        [1, 2, 3],
        "behind the other"
    );
    bench.receive(2, ClientMessage::LowerHand { id: None }).unwrap();
    assert_eq!(bench.told(|message| is_updated(message, 2, |info| info.hand.is_none())), [1, 2, 3]);
    assert_eq!(bench.receive(1, ClientMessage::LowerHand { id: Some(id(7)) }), Err(ErrorCode::NoSuchParticipant));
}

#[test]
fn a_hand_stays_up_through_a_loss_of_connection() {
    let mut bench = Bench::with(2);
    bench.receive(2, ClientMessage::RaiseHand).unwrap();
    bench.lose(2);
    bench.take();
    bench.enter(20, 2).unwrap();
    assert_eq!(bench.told(|message| is_updated(message, 2, |info| info.hand == Some(1))), [1]);
}

#[test]
fn hosts_make_hosts_and_the_owner_stays_one() {
    let mut bench = Bench::with(3);
    assert_eq!(bench.receive(2, set_host(2, true)), Err(ErrorCode::NotHost));
    bench.receive(1, set_host(2, true)).unwrap();
    let effects = bench.take();
    assert!(effects.iter().any(|effect| *effect
        == Effect::Send { connection: ConnectionId(2), message: ServerMessage::WaitingList { waiting: Vec::new() } }));
    assert_eq!(hosts(&bench), [1, 2]);
    assert_eq!(bench.receive(2, set_host(1, false)), Err(ErrorCode::OwnerStays));
    assert_eq!(bench.receive(2, ClientMessage::Remove { id: id(1) }), Err(ErrorCode::OwnerStays));
    assert_eq!(bench.receive(1, set_host(7, true)), Err(ErrorCode::NoSuchParticipant));
    bench.receive(1, set_host(1, false)).unwrap();
    assert_eq!(hosts(&bench), [2], "one may step back oneself");
    assert_eq!(bench.receive(2, set_host(2, false)), Err(ErrorCode::LastHost));
    assert_eq!(bench.receive(1, ClientMessage::EndForAll), Err(ErrorCode::NotHost));
}

#[test]
fn a_host_who_is_lost_stays_one_until_lost_for_good() {
    let mut bench = Bench::with(3);
    bench.receive(1, set_host(3, true)).unwrap();
    bench.lose(1);
    bench.receive(3, ClientMessage::Leave).unwrap();
    assert_eq!(hosts(&bench), [1], "the one who is lost may come back");
    bench.pass(RECONNECT_PATIENCE - SECOND);
    bench.enter(20, 1).unwrap();
    assert_eq!(hosts(&bench), [1]);
    bench.lose(1);
    bench.pass(RECONNECT_PATIENCE);
    assert_eq!(hosts(&bench), [2]);
    bench.take();
    assert_eq!(bench.enter(21, 1), Ok(id(4)));
    assert_eq!(hosts(&bench), [2, 4], "who opened the meeting is host again on returning late");
}

#[test]
fn what_a_host_asks_of_somebody_is_told_to_that_one_alone() {
    let mut bench = Bench::with(3);
    let by = id(1);
    for (message, told) in [
        (ClientMessage::Mute { id: id(3) }, ServerMessage::Muted { by }),
        (ClientMessage::AskToUnmute { id: id(3) }, ServerMessage::AskedToUnmute { by }),
        (ClientMessage::StopCamera { id: id(3) }, ServerMessage::CameraStopped { by }),
    ] {
        assert_eq!(bench.receive(2, message.clone()), Err(ErrorCode::NotHost));
        bench.receive(1, message).unwrap();
        assert_eq!(bench.take(), [Effect::Send { connection: ConnectionId(3), message: told }]);
    }
    assert_eq!(bench.receive(1, ClientMessage::Mute { id: id(1) }), Err(ErrorCode::NoSuchParticipant));
}

#[test]
fn who_is_removed_is_told_and_kept_out() {
    let mut bench = Bench::with(3);
    assert_eq!(bench.receive(2, ClientMessage::Remove { id: id(3) }), Err(ErrorCode::NotHost));
    bench.receive(1, ClientMessage::Remove { id: id(3) }).unwrap();
    let effects = bench.take();
    let removed = Effect::Send { connection: ConnectionId(3), message: ServerMessage::Removed { by: id(1) } };
    assert_eq!(effects[..2], [removed, Effect::Close { connection: ConnectionId(3) }]);
    let left = |connection| Effect::Send {
        connection: ConnectionId(connection),
        message: ServerMessage::ParticipantLeft { id: id(3) },
    };
    assert_eq!(effects[2..], [left(1), left(2)]);
    assert_eq!(bench.enter(20, 3), Err(ErrorCode::Removed));
    // From the same place with another token: a host decides. From elsewhere: nobody needs to.
    let disguised = Entrance { address: AddressKey(3), link_key: Some(key()), ..entrance(21, 4) };
    assert_eq!(bench.come(disguised), Ok(Entered::Waiting(WaitingId(1))));
    assert_eq!(bench.enter(22, 5), Ok(id(4)));
    bench.receive(1, ClientMessage::Admit { ids: vec![WaitingId(1)] }).unwrap();
    assert!(bench.room.members.contains_key(&id(5)));
}
