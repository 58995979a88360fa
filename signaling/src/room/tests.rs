use super::*;
use crate::protocol::{ChatText, ParticipantInfo, WaitingPerson, WaitingRoom};

mod people;
mod random_meetings;
mod talk;
mod waiting;

const SECOND: Duration = Duration::from_secs(1);

/// A room in virtual time. Participant `n` comes over connection `n` with token `n`.
struct Bench {
    room: Room,
    now: Instant,
    effects: VecDeque<Effect>,
}

impl Bench {
    fn new() -> Self {
        let now = Instant::now();
        let room = Room::new(MeetingCode::from_entropy([0; 16]), key(), now);
        Self { room, now, effects: VecDeque::new() }
    }

    /// A room with participants 1 to `people`.
    fn with(people: u8) -> Self {
        let mut bench = Self::new();
        for number in 1..=people {
            assert_eq!(bench.enter(u64::from(number), number), Ok(id(number)));
        }
        bench.effects.clear();
        bench
    }

    fn enter(&mut self, connection: u64, token: u8) -> Result<ParticipantId, ErrorCode> {
        match self.come(entrance(connection, token))? {
            Entered::Joined(id) => Ok(id),
            Entered::Waiting(id) => panic!("has to wait as {id:?}"),
        }
    }

    fn come(&mut self, entrance: Entrance) -> Result<Entered, ErrorCode> {
        self.room.enter(self.now, entrance, &mut self.effects)
    }

    fn receive(&mut self, from: u8, message: ClientMessage) -> Result<(), ErrorCode> {
        let connection = self.connection_of(from);
        self.receive_on(connection.0, message)
    }

    fn receive_on(&mut self, connection: u64, message: ClientMessage) -> Result<(), ErrorCode> {
        self.room.receive(self.now, UNIX_MS, ConnectionId(connection), message, &mut self.effects)
    }

    fn connection_of(&self, who: u8) -> ConnectionId {
        self.room.members[&id(who)].presence.connection().unwrap()
    }

    fn lose(&mut self, who: u8) {
        let connection = self.connection_of(who);
        self.room.lose(self.now, connection, &mut self.effects);
    }

    /// Everything said on a connection.
    fn heard(&mut self, connection: u64) -> Vec<ServerMessage> {
        let effects = self.take();
        let heard = effects.into_iter().filter_map(|effect| match effect {
            Effect::Send { connection: to, message } if to == ConnectionId(connection) => Some(message),
            _ => None,
        });
        heard.collect()
    }

    fn pass(&mut self, duration: Duration) {
        self.now += duration;
        self.room.tick(self.now, &mut self.effects);
    }

    fn take(&mut self) -> Vec<Effect> {
        self.effects.drain(..).collect()
    }

    /// To whom messages that `wanted` accepts went.
    fn told(&mut self, wanted: impl Fn(&ServerMessage) -> bool) -> Vec<u64> {
        let effects = self.take();
        effects
            .into_iter()
            .filter_map(|effect| match effect {
                Effect::Send { connection, message } if wanted(&message) => Some(connection.0),
                _ => None,
            })
            .collect()
    }
}

const UNIX_MS: u64 = 1_800_000_000_000;

fn key() -> LinkKey {
    LinkKey::from_entropy([5; 16])
}

/// Somebody new, of the same number as their token, without the link's key.
fn entrance(connection: u64, token: u8) -> Entrance {
    Entrance {
        connection: ConnectionId(connection),
        address: AddressKey(u64::from(token)),
        name: DisplayName::new(&format!("Person {token}")),
        microphone: true,
        camera: false,
        token: ResumeToken::from_entropy([token; 16]),
        link_key: None,
        last_chat: 0,
    }
}

fn id(number: u8) -> ParticipantId {
    ParticipantId(u32::from(number))
}

fn is_updated(message: &ServerMessage, who: u8, check: impl Fn(&ParticipantInfo) -> bool) -> bool {
    matches!(message, ServerMessage::ParticipantUpdated { participant } if participant.id == id(who) && check(participant))
}

#[test]
fn who_comes_is_welcomed_with_everybody_and_the_others_are_told() {
    let mut bench = Bench::with(2);
    bench.enter(3, 3).unwrap();
    let effects = bench.take();
    let Effect::Send { connection: ConnectionId(3), message: ServerMessage::Welcome { you, participants, .. } } =
        &effects[0]
    else {
        panic!("{effects:?}")
    };
    assert_eq!(*you, id(3));
    assert_eq!(participants.iter().map(|participant| participant.id.0).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(participants.iter().map(|participant| participant.host).collect::<Vec<_>>(), [true, false, false]);
    let joined = ServerMessage::ParticipantJoined { participant: participants[2].clone() };
    let tell = |connection| Effect::Send { connection: ConnectionId(connection), message: joined.clone() };
    assert_eq!(effects[1..], [tell(1), tell(2)]);
}

#[test]
fn the_tenth_is_told_that_it_is_full_and_ids_are_not_reused() {
    let mut bench = Bench::with(9);
    assert_eq!(bench.enter(10, 10), Err(ErrorCode::MeetingFull));
    assert_eq!(bench.take(), []);
    bench.receive(4, ClientMessage::Leave).unwrap();
    assert_eq!(bench.enter(11, 11), Ok(id(10)));
}

#[test]
fn who_lost_the_connection_is_waited_for() {
    let mut bench = Bench::with(3);
    bench.lose(2);
    assert_eq!(bench.told(|message| is_updated(message, 2, |info| info.reconnecting)), [1, 3]);
    bench.pass(RECONNECT_PATIENCE - SECOND);
    assert_eq!(bench.take(), []);
    assert_eq!(bench.enter(20, 2), Ok(id(2)));
    assert_eq!(bench.told(|message| is_updated(message, 2, |info| !info.reconnecting)), [1, 3]);
    bench.pass(RECONNECT_PATIENCE);
    assert_eq!(bench.take(), []);
}

#[test]
fn who_does_not_come_back_in_time_has_left_and_returns_as_somebody_new() {
    let mut bench = Bench::with(3);
    bench.lose(1);
    bench.take();
    bench.pass(RECONNECT_PATIENCE);
    let effects = bench.take();
    for connection in [2, 3].map(ConnectionId) {
        let left = Effect::Send { connection, message: ServerMessage::ParticipantLeft { id: id(1) } };
        assert!(effects.contains(&left), "{effects:?}");
    }
    assert_eq!(bench.enter(20, 1), Ok(id(4)));
}

#[test]
fn a_return_before_the_loss_was_noticed_is_seen_by_the_others_as_both() {
    let mut bench = Bench::with(2);
    assert_eq!(bench.enter(20, 2), Ok(id(2)));
    let effects = bench.take();
    assert!(effects.contains(&Effect::Close { connection: ConnectionId(2) }));
    let seen: Vec<_> = effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Send {
                connection: ConnectionId(1),
                message: ServerMessage::ParticipantUpdated { participant },
            } => Some(participant.reconnecting),
            _ => None,
        })
        .collect();
    assert_eq!(seen, [true, false]);
}

#[test]
fn the_host_role_passes_to_who_has_been_here_longest() {
    let mut bench = Bench::with(4);
    bench.lose(2);
    bench.take();
    bench.receive(1, ClientMessage::Leave).unwrap();
    assert_eq!(bench.told(|message| is_updated(message, 3, |info| info.host)), [3, 4]);
    assert_eq!(bench.receive(4, ClientMessage::EndForAll), Err(ErrorCode::NotHost));
}

#[test]
fn the_host_can_end_it_for_all() {
    let mut bench = Bench::with(3);
    bench.receive(1, ClientMessage::EndForAll).unwrap();
    let effects = bench.take();
    for connection in [1, 2, 3].map(ConnectionId) {
        let said = effects
            .iter()
            .position(|effect| *effect == Effect::Send { connection, message: ServerMessage::MeetingEnded });
        let closed = effects.iter().position(|effect| *effect == Effect::Close { connection });
        assert!(said.unwrap() < closed.unwrap());
    }
    assert!(bench.room.is_over() && bench.room.is_empty());
    assert_eq!(bench.enter(9, 9), Err(ErrorCode::NoSuchMeeting));
}

#[test]
fn what_peers_say_goes_to_the_one_that_is_meant() {
    let mut bench = Bench::with(3);
    let offer = |to| ClientMessage::Offer { to, generation: 2, connection: 1, sdp: "sdp".to_owned() };
    bench.receive(3, offer(id(1))).unwrap();
    let message = ServerMessage::Offer { from: id(3), generation: 2, connection: 1, sdp: "sdp".to_owned() };
    assert_eq!(bench.take(), [Effect::Send { connection: ConnectionId(1), message }]);
    for nobody in [id(3), id(4), ParticipantId(0)] {
        assert_eq!(bench.receive(3, offer(nobody)), Err(ErrorCode::NoSuchParticipant));
    }
    bench.lose(1);
    bench.take();
    assert_eq!(bench.receive(3, offer(id(1))), Ok(()));
    assert_eq!(bench.take(), [], "who is away does not hear it");
}

#[test]
fn what_is_shared_is_told_once() {
    let mut bench = Bench::with(2);
    let state = ClientMessage::MediaState { microphone: false, camera: true };
    bench.receive(1, state.clone()).unwrap();
    assert_eq!(bench.told(|message| is_updated(message, 1, |info| !info.microphone && info.camera)), [2]);
    bench.receive(1, state).unwrap();
    assert_eq!(bench.take(), []);
}

#[test]
fn it_ends_when_the_last_one_leaves() {
    let mut bench = Bench::with(2);
    bench.receive(1, ClientMessage::Leave).unwrap();
    assert!(!bench.room.is_over());
    bench.receive(2, ClientMessage::Leave).unwrap();
    assert!(bench.room.is_over());
}

#[test]
fn it_can_be_joined_for_a_while_after_the_last_one_was_lost() {
    let mut bench = Bench::with(1);
    bench.lose(1);
    bench.pass(RECONNECT_PATIENCE);
    assert!(bench.room.is_empty() && !bench.room.is_over());
    bench.pass(EMPTY_PATIENCE - SECOND);
    assert_eq!(bench.enter(2, 1), Ok(id(2)));
    assert!(
        bench
            .told(|message| matches!(message, ServerMessage::Welcome { participants, .. } if participants[0].host))
            .contains(&2)
    );
    bench.lose(2);
    bench.pass(RECONNECT_PATIENCE);
    bench.pass(EMPTY_PATIENCE);
    assert!(bench.room.is_over());
    assert_eq!(bench.room.next_deadline().map(|at| at <= bench.now), Some(true));
}
