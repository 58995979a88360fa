//! Anything said by anybody, in any order: nobody does more than they may, everybody is told the chat once and in order, and
//! nothing is left behind.
//!
//! A model beside the room says who is a host and who may come in, from what is said alone; what the room tells each is held to it.

use super::*;
use crate::protocol::{ChatMessage, Reaction};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const PEOPLE: u8 = 12;

/// What somebody does. Numbers choose among what there is.
#[derive(Clone, Copy, Debug)]
enum Step {
    Come { who: u8, with_key: bool },
    Lose { who: u8 },
    Say { who: u8, to: Option<u8>, repeats: bool },
    Control { who: u8, target: u8, what: u8 },
    Pass { seconds: u8 },
}

fn step() -> impl Strategy<Value = Step> {
    let who = 0..PEOPLE;
    prop_oneof![
        4 => (who.clone(), any::<bool>()).prop_map(|(who, with_key)| Step::Come { who, with_key }),
        1 => who.clone().prop_map(|who| Step::Lose { who }),
        4 => (who.clone(), prop::option::of(1..20_u8), prop::bool::weighted(0.2))
            .prop_map(|(who, to, repeats)| Step::Say { who, to, repeats }),
        6 => (who, 0..20_u8, 0..22_u8).prop_map(|(who, target, what)| Step::Control { who, target, what }),
        1 => (0..50_u8).prop_map(|seconds| Step::Pass { seconds }),
    ]
}

/// What a person outside of the room knows.
#[derive(Default)]
struct Person {
    connection: Option<u64>,
    /// Of the current connection.
    is_waiting: bool,
    me: Option<ParticipantId>,
    /// Who was told of as a host on the current connection.
    hosts: BTreeSet<ParticipantId>,
    keys: u32,
    /// What was heard of the chat, by all connections.
    heard: Vec<ChatMessage>,
    /// Keys of what was confirmed, with the id.
    confirmed: BTreeMap<(ParticipantId, u32), u64>,
}

struct World {
    bench: Bench,
    people: Vec<Person>,
    connections: u64,
    /// Everything that was said, by id, as first told.
    said: BTreeMap<u64, ChatMessage>,
}

impl World {
    fn new() -> Self {
        let people = (0..PEOPLE).map(|_| Person::default()).collect();
        Self { bench: Bench::new(), people, connections: 0, said: BTreeMap::new() }
    }

    fn on(&mut self, connection: ConnectionId) -> Option<&mut Person> {
        self.people.iter_mut().find(|person| person.connection == Some(connection.0))
    }

    fn is_host(&self, who: u8) -> bool {
        let person = &self.people[usize::from(who)];
        person.me.is_some_and(|me| person.hosts.contains(&me))
    }

    fn carry_out(&mut self, step: Step) {
        match step {
            Step::Come { who, with_key } => self.come(who, with_key),
            Step::Lose { who } => {
                if let Some(connection) = self.people[usize::from(who)].connection.take() {
                    let bench = &mut self.bench;
                    bench.room.lose(bench.now, ConnectionId(connection), &mut bench.effects);
                }
            }
            Step::Say { who, to, repeats } => {
                let person = &mut self.people[usize::from(who)];
                person.keys += u32::from(!repeats);
                let (key, text) = (person.keys, ChatText::new(&format!("{who} says {}", person.keys)));
                self.tell(who, ClientMessage::Chat { text, to: to.map(id), key });
            }
            Step::Control { who, target, what } => self.control(who, target, what),
            Step::Pass { seconds } => self.bench.pass(u32::from(seconds) * SECOND),
        }
        self.hear();
        self.check();
    }

    fn come(&mut self, who: u8, with_key: bool) {
        self.connections += 1;
        let connection = self.connections;
        let person = &mut self.people[usize::from(who)];
        let last_chat = person.heard.last().map_or(0, |message| message.id);
        let link_key = with_key.then(key);
        let (was_locked, room) = (self.bench.room.door.is_locked, self.bench.room.door.waiting_room);
        let token = ResumeToken::from_entropy([who; 16]);
        let is_known = self.bench.room.members.values().any(|member| member.token == token);
        let is_owner = self.bench.room.owner.is_none_or(|owner| owner == token);
        let entered = self.bench.come(Entrance { link_key, last_chat, ..entrance(connection, who) });
        if let Ok(entered) = entered {
            person.connection = Some(connection);
            person.is_waiting = matches!(entered, Entered::Waiting(_));
            person.hosts.clear();
            if let Entered::Joined(_) = entered
                && !is_known
                && !is_owner
            {
                assert!(!was_locked, "nobody comes into a locked meeting");
                assert!(room != WaitingRoom::All && (room == WaitingRoom::Off || with_key), "or past the waiting room");
            }
        }
    }

    fn control(&mut self, who: u8, target: u8, what: u8) {
        let target_id = id(target);
        let ids = vec![WaitingId(u32::from(target))];
        let (message, for_hosts) = match what {
            0 => (ClientMessage::SetHost { id: target_id, host: true }, true),
            1 => (ClientMessage::SetHost { id: target_id, host: false }, true),
            2 => (ClientMessage::SetLocked { locked: target < 4 }, true),
            3 => (ClientMessage::SetWaitingRoom { waiting_room: WaitingRoom::All }, true),
            4 => (ClientMessage::SetWaitingRoom { waiting_room: WaitingRoom::WithoutKey }, true),
            5 => (ClientMessage::SetWaitingRoom { waiting_room: WaitingRoom::Off }, true),
            6 | 7 => (ClientMessage::Admit { ids }, true),
            8 => (ClientMessage::Deny { ids }, true),
            9 => (ClientMessage::Mute { id: target_id }, true),
            10 => (ClientMessage::AskToUnmute { id: target_id }, true),
            11 => (ClientMessage::StopCamera { id: target_id }, true),
            12 => (ClientMessage::Remove { id: target_id }, true),
            13 if target == 0 => (ClientMessage::EndForAll, true),
            14 => {
                (ClientMessage::LowerHand { id: Some(target_id) }, self.people[usize::from(who)].me != Some(target_id))
            }
            15 | 16 => (ClientMessage::RaiseHand, false),
            17 => (ClientMessage::LowerHand { id: None }, false),
            18 => (ClientMessage::Reaction { reaction: Reaction::ALL[usize::from(target) % 6] }, false),
            19 => (ClientMessage::Leave, false),
            20 => (ClientMessage::RequestOffer { to: target_id, generation: 1 }, false),
            _ => (ClientMessage::MediaState { microphone: target < 10, camera: target < 5 }, false),
        };
        let before = format!("{:?}", self.bench.room);
        let (is_host, leaves) = (self.is_host(who), message == ClientMessage::Leave);
        let is_waiting = self.people[usize::from(who)].is_waiting;
        let Some(done) = self.tell(who, message) else { return };
        if for_hosts && !is_host {
            let refusal = if is_waiting { ErrorCode::NotInMeeting } else { ErrorCode::NotHost };
            assert_eq!(done, Err(refusal));
            assert_eq!(format!("{:?}", self.bench.room), before, "what is refused changes nothing");
            assert_eq!(self.bench.effects.len(), 0, "and is told nobody");
        }
        if leaves {
            assert_eq!(done, Ok(()));
        }
    }

    fn tell(&mut self, who: u8, message: ClientMessage) -> Option<Result<(), ErrorCode>> {
        let connection = self.people[usize::from(who)].connection?;
        Some(self.bench.receive_on(connection, message))
    }

    /// Everybody hears what they are told.
    fn hear(&mut self) {
        for effect in self.bench.take() {
            match effect {
                Effect::Close { connection } => {
                    if let Some(person) = self.on(connection) {
                        person.connection = None;
                    }
                }
                Effect::Send { connection, message } => {
                    assert_eq!(ServerMessage::decode(&message.encode()).as_ref(), Ok(&message));
                    for said in self.hear_one(connection, message) {
                        let first = self.said.entry(said.id).or_insert_with(|| said.clone());
                        assert_eq!(*first, said, "all are told the same");
                    }
                }
            }
        }
    }

    fn hear_one(&mut self, connection: ConnectionId, message: ServerMessage) -> Vec<ChatMessage> {
        // Its owner has left it for another one.
        let Some(person) = self.on(connection) else { return Vec::new() };
        let info_of = |person: &mut Person, info: &ParticipantInfo| {
            if info.host {
                person.hosts.insert(info.id);
            } else {
                person.hosts.remove(&info.id);
            }
        };
        if person.is_waiting {
            assert!(
                matches!(
                    message,
                    ServerMessage::Waiting { .. }
                        | ServerMessage::Welcome { .. }
                        | ServerMessage::Error { .. }
                        | ServerMessage::MeetingEnded
                ),
                "who waits hears nothing of the meeting: {message:?}"
            );
        }
        match message {
            ServerMessage::Welcome { you, participants, waiting, .. } => {
                person.is_waiting = false;
                person.me = Some(you);
                person.hosts.clear();
                participants.iter().for_each(|info| info_of(person, info));
                assert!(waiting.is_empty() || person.hosts.contains(&you));
            }
            ServerMessage::ParticipantJoined { participant } | ServerMessage::ParticipantUpdated { participant } => {
                info_of(person, &participant);
            }
            ServerMessage::ParticipantLeft { id } => {
                person.hosts.remove(&id);
            }
            ServerMessage::WaitingList { .. } => {
                assert!(person.me.is_some_and(|me| person.hosts.contains(&me)), "only hosts know who waits");
            }
            ServerMessage::Chat { message } => return person.hear_chat(message, true).into_iter().collect(),
            ServerMessage::ChatHistory { messages } => {
                return messages.into_iter().filter_map(|message| person.hear_chat(message, false)).collect();
            }
            _ => {}
        }
        Vec::new()
    }

    /// What holds at any moment.
    fn check(&self) {
        let room = &self.bench.room;
        assert!(room.members.len() <= limits::MAX_PARTICIPANTS && room.waiting.len() <= limits::MAX_WAITING);
        assert!(room.members.is_empty() || room.members.values().any(|member| member.is_host), "somebody is a host");
        let hands: BTreeSet<_> = room.members.values().filter_map(|member| member.hand).collect();
        assert_eq!(hands.len(), room.members.values().filter(|member| member.hand.is_some()).count());
        let hosts: BTreeSet<_> = room.members.iter().filter(|(_, member)| member.is_host).map(|(id, _)| *id).collect();
        for person in self.people.iter().filter(|person| person.connection.is_some() && !person.is_waiting) {
            assert_eq!(person.hosts, hosts, "everybody knows the hosts");
        }
        if room.is_over() {
            assert!(room.members.is_empty() && room.waiting.len() == 0);
            assert!(self.people.iter().all(|person| person.connection.is_none()), "nobody is left hanging");
        }
    }
}

impl Person {
    /// Takes in a message; gives it back if it is one that was told for the first time.
    fn hear_chat(&mut self, message: ChatMessage, is_live: bool) -> Option<ChatMessage> {
        let me = self.me.expect("chat comes after the welcome");
        assert!(message.is_for(me), "private messages stay private");
        let is_repeat = is_live && self.confirmed.get(&(me, message.key)) == Some(&message.id) && message.from == me;
        if message.from == me {
            assert_eq!(*self.confirmed.entry((me, message.key)).or_insert(message.id), message.id, "taken in once");
        }
        if is_repeat {
            return None;
        }
        let last = self.heard.last().map_or(0, |message| message.id);
        assert!(message.id > last, "once and in order: {} after {last}", message.id);
        self.heard.push(message.clone());
        Some(message)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn nobody_does_more_than_they_may_and_all_agree(steps in prop::collection::vec(step(), 1..250)) {
        let mut world = World::new();
        for step in steps {
            world.carry_out(step);
        }
        // Everybody who is away comes back as far as they may, and has heard all that was for them and is kept.
        for who in 0..PEOPLE {
            if world.people[usize::from(who)].connection.is_none() {
                world.carry_out(Step::Come { who, with_key: true });
            }
        }
        for person in world.people.iter().filter(|person| person.connection.is_some() && !person.is_waiting) {
            let me = person.me.unwrap();
            let missing = world.bench.room.history.messages().find(|message| {
                message.is_for(me) && !person.heard.iter().any(|heard| heard.id == message.id)
            });
            prop_assert_eq!(missing, None);
        }
        // All go, one way or another, and nothing stays.
        for who in 0..PEOPLE {
            world.carry_out(if who % 2 == 0 {
                Step::Lose { who }
            } else {
                Step::Control { who, target: 1, what: 19 }
            });
        }
        let mut ticks = 0;
        while !world.bench.room.is_over() {
            world.bench.now = world.bench.room.next_deadline().expect("it ends by itself");
            world.bench.pass(Duration::ZERO);
            world.hear();
            ticks += 1;
            prop_assert!(ticks < 100);
        }
        world.check();
    }
}
