//! The world that meetings are simulated in: the server, the people, the network between them, and time.

mod doings;
mod invariants;
mod paths;

use crate::media::Media;
use crate::random::Random;
use nonet_signaling::directory::{self, Directory};
use nonet_signaling::meeting::{DescriptionKind, Effect, EndReason, Input, JoinRequest, Meeting, PathState};
use nonet_signaling::protocol::{
    ClientMessage, DisplayName, LinkKey, MeetingCode, ParticipantId, ResumeToken, ServerMessage,
};
use nonet_signaling::room::{self, AddressKey, ConnectionId};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::time::{Duration, Instant};

const MILLISECOND: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);
/// A world in which more happens than this never settles.
const MOST_EVENTS: u64 = 2_000_000;
/// What is planned and its consequences take less than this.
const LONGEST_CALM: Duration = Duration::from_secs(400);

/// Something that is done to the world.
#[derive(Clone, Copy, Debug)]
pub enum Action {
    Join,
    Leave,
    /// Somebody switches the microphone or the camera on or off.
    Share,
    /// Somebody's connection to the server dies; both ends notice in their time.
    CutConnection,
    CutEverybody,
    /// Somebody cannot reach the server for longer than it waits.
    LongAbsence,
    /// Media between two stops; it comes back by itself or not.
    BreakPath,
    /// Only one of two notices that media stopped.
    BreakPathForOne,
    /// Somebody's process dies.
    Crash,
    CrashAndReturn,
    /// Somebody says something, to all or to one.
    Say,
    /// Somebody raises or lowers the hand.
    Hand,
    /// A host lowers a hand, makes somebody a host, or sets who can join.
    Control,
    /// A host lets in or turns away who waits.
    Decide,
}

#[derive(Debug)]
enum Event {
    Act(Action),
    Dial { person: usize },
    ToServer { connection: ConnectionId, message: ClientMessage },
    ToClient { connection: ConnectionId, message: ServerMessage },
    ServerNotices { connection: ConnectionId },
    ClientNotices { connection: ConnectionId, redial_after: Duration },
    ServerTick,
    MeetingTick { person: usize },
    Described { person: usize, peer: ParticipantId, object: u64, generation: u32, kind: DescriptionKind },
    Report { person: usize, input: Input },
    LinkUp { object: u64 },
    Lapse { object: u64, state: PathState },
    Heal { object: u64, other: u64, generation: u32 },
}

/// A connection to the server.
#[derive(Debug)]
struct Wire {
    person: usize,
    is_cut: bool,
    /// When what was sent last arrives: what is sent later arrives later.
    to_server_at: Duration,
    to_client_at: Duration,
}

struct Person {
    meeting: Meeting,
    media: Media,
    wire: Option<ConnectionId>,
    is_alive: bool,
    ended: Option<EndReason>,
    reported_until: Duration,
    ticks_at: Option<Instant>,
    /// How the hand was last wanted, and as whom, where nothing else can have moved it since.
    wants_hand: Option<(ParticipantId, bool)>,
}

impl Person {
    fn is_in(&self) -> bool {
        self.is_alive && self.ended.is_none()
    }
}

pub struct World {
    random: Random,
    start: Instant,
    now: Duration,
    /// What will happen, by its time and then in order of planning.
    agenda: BinaryHeap<Reverse<(Duration, u64)>>,
    events: BTreeMap<u64, Event>,
    planned: u64,
    directory: Directory,
    server_ticks_at: Option<Instant>,
    people: Vec<Person>,
    wires: BTreeMap<ConnectionId, Wire>,
    connections: u64,
    objects: u64,
    /// Who has an object, and for which peer.
    owners: BTreeMap<u64, (usize, ParticipantId)>,
    media_faults: bool,
    /// Texts that were said; each is another.
    said: u64,
    /// When a host last lowered a hand.
    lowered_at: Option<Duration>,
}

impl World {
    pub fn new(mut random: Random) -> Self {
        let (mut codes, mut keys) = (random.fork(), random.fork());
        Self {
            random,
            start: Instant::now(),
            now: Duration::ZERO,
            agenda: BinaryHeap::new(),
            events: BTreeMap::new(),
            planned: 0,
            directory: Directory::new(
                10,
                move || MeetingCode::from_entropy(codes.entropy()),
                move || LinkKey::from_entropy(keys.entropy()),
            ),
            server_ticks_at: None,
            people: Vec::new(),
            wires: BTreeMap::new(),
            connections: 0,
            objects: 0,
            owners: BTreeMap::new(),
            media_faults: false,
            said: 0,
            lowered_at: None,
        }
    }

    /// Whether the media fails now and then to make a description.
    pub fn set_media_faults(&mut self, faults: bool) {
        self.media_faults = faults;
    }

    /// Somebody opens the meeting.
    pub fn create(&mut self) {
        self.begin(None);
    }

    pub fn plan(&mut self, after: Duration, action: Action) {
        self.schedule(after, Event::Act(action));
    }

    pub fn run_for(&mut self, duration: Duration) {
        let until = self.now + duration;
        while self.agenda.peek().is_some_and(|Reverse((at, _))| *at <= until) {
            self.step();
        }
        self.now = until;
    }

    /// Runs until nothing more will happen by itself: all is settled, and nobody waits for anything.
    pub fn run_until_idle(&mut self) {
        let until = self.now + LONGEST_CALM;
        while !self.agenda.is_empty() {
            self.step();
            assert!(self.now < until, "it never settles: {:?}", self.events);
        }
    }

    fn instant(&self) -> Instant {
        self.start + self.now
    }

    fn schedule(&mut self, after: Duration, event: Event) {
        self.schedule_at(self.now + after, event);
    }

    fn schedule_at(&mut self, at: Duration, event: Event) {
        self.planned += 1;
        assert!(self.planned < MOST_EVENTS, "it never settles");
        self.agenda.push(Reverse((at, self.planned)));
        self.events.insert(self.planned, event);
    }

    fn step(&mut self) {
        let Some(Reverse((at, number))) = self.agenda.pop() else { return };
        let event = self.events.remove(&number).expect("each agenda entry has its event");
        self.now = self.now.max(at);
        match event {
            Event::Act(action) => self.act(action),
            Event::Dial { person } => self.dial(person),
            Event::ToServer { connection, message } => {
                if self.wires.get(&connection).is_some_and(|wire| !wire.is_cut) {
                    let unix_ms = self.now.as_millis() as u64;
                    self.tell_server(directory::Input::Received { connection, message, unix_ms });
                }
            }
            Event::ToClient { connection, message } => {
                if let Some(person) = self.listener(connection)
                    && !self.wires[&connection].is_cut
                {
                    self.tell(person, Input::Received(message));
                }
            }
            Event::ServerNotices { connection } => self.tell_server(directory::Input::Closed { connection }),
            Event::ClientNotices { connection, redial_after } => {
                if let Some(person) = self.listener(connection) {
                    self.people[person].wire = None;
                    self.tell(person, Input::Disconnected);
                    self.schedule(redial_after, Event::Dial { person });
                }
            }
            Event::ServerTick => {
                self.server_ticks_at = None;
                self.tell_server(directory::Input::Tick);
            }
            Event::MeetingTick { person } => {
                self.people[person].ticks_at = None;
                self.tell(person, Input::Tick);
            }
            Event::Described { person, peer, object, generation, kind } => {
                self.described(person, peer, object, generation, kind);
            }
            Event::Report { person, input } => self.tell(person, input),
            Event::LinkUp { object } => self.link_up(object),
            Event::Lapse { object, state } => self.lapse(object, state),
            Event::Heal { object, other, generation } => self.heal(object, other, generation),
        }
    }

    // People and the server.

    fn begin(&mut self, code: Option<MeetingCode>) {
        let request = JoinRequest {
            code,
            name: DisplayName::new(&format!("Person {}", self.people.len())),
            microphone: self.random.once_in(2),
            camera: self.random.once_in(2),
            token: ResumeToken::from_entropy(self.random.entropy()),
            link_key: None,
        };
        self.people.push(Person {
            meeting: Meeting::new(request, self.instant()),
            media: Media::default(),
            wire: None,
            is_alive: true,
            ended: None,
            reported_until: Duration::ZERO,
            ticks_at: None,
            wants_hand: None,
        });
        let after = self.random.duration(50 * MILLISECOND);
        self.schedule(after, Event::Dial { person: self.people.len() - 1 });
    }

    fn dial(&mut self, person: usize) {
        if !self.people[person].is_in() {
            return;
        }
        self.connections += 1;
        let connection = ConnectionId(self.connections);
        let wire = Wire { person, is_cut: false, to_server_at: self.now, to_client_at: self.now };
        self.wires.insert(connection, wire);
        self.people[person].wire = Some(connection);
        self.tell_server(directory::Input::Opened { connection, address: AddressKey(person as u64) });
        self.tell(person, Input::Connected);
    }

    /// Who listens on a connection.
    fn listener(&self, connection: ConnectionId) -> Option<usize> {
        let person = self.wires.get(&connection)?.person;
        (self.people[person].is_in() && self.people[person].wire == Some(connection)).then_some(person)
    }

    fn tell_server(&mut self, input: directory::Input) {
        self.directory.handle(self.instant(), input);
        while let Some(effect) = self.directory.poll_effect() {
            match effect {
                room::Effect::Send { connection, message } => {
                    let at = self.arrival(connection, false);
                    let message = if self.random.once_in(16) {
                        ServerMessage::decode(&message.encode()).expect("what the server says is within its limits")
                    } else {
                        message
                    };
                    self.schedule_at(at, Event::ToClient { connection, message });
                }
                room::Effect::Close { connection } => {
                    if !self.wires[&connection].is_cut {
                        let at = self.arrival(connection, false);
                        let redial_after = self.random.duration(SECOND);
                        self.schedule_at(at, Event::ClientNotices { connection, redial_after });
                    }
                    self.schedule(MILLISECOND, Event::ServerNotices { connection });
                }
            }
        }
        if let Some(at) = self.directory.next_deadline()
            && self.server_ticks_at.is_none_or(|planned| at < planned)
        {
            self.server_ticks_at = Some(at);
            self.schedule_at(at - self.start, Event::ServerTick);
        }
    }

    /// When what is sent now arrives.
    fn arrival(&mut self, connection: ConnectionId, to_server: bool) -> Duration {
        let longest = if self.random.once_in(20) { 900 * MILLISECOND } else { 80 * MILLISECOND };
        let delayed = self.now + MILLISECOND + self.random.duration(longest);
        let wire = self.wires.get_mut(&connection).expect("a connection stays known");
        let at = if to_server { &mut wire.to_server_at } else { &mut wire.to_client_at };
        *at = delayed.max(*at);
        *at
    }

    fn tell(&mut self, person: usize, input: Input) {
        if !self.people[person].is_in() {
            return;
        }
        let now = self.instant();
        self.people[person].meeting.handle(now, input);
        while let Some(effect) = self.people[person].meeting.poll_effect() {
            assert!(self.people[person].ended.is_none(), "after the end: {effect:?}");
            match effect {
                Effect::Send(message) => self.send(person, message),
                Effect::Changed | Effect::Refused(_) => {}
                Effect::Ended(reason) => self.ended(person, reason),
                effect => self.carry_out(person, &effect),
            }
        }
        let at = self.people[person].meeting.next_deadline();
        if let Some(at) = at
            && self.people[person].is_in()
            && self.people[person].ticks_at.is_none_or(|planned| at < planned)
        {
            self.people[person].ticks_at = Some(at);
            self.schedule_at((at - self.start).max(self.now), Event::MeetingTick { person });
        }
    }

    fn send(&mut self, person: usize, message: ClientMessage) {
        let connection = self.people[person].wire.expect("nothing is said without a connection");
        let at = self.arrival(connection, true);
        let message = if self.random.once_in(16) {
            ClientMessage::decode(&message.encode()).expect("what a participant says is within the limits")
        } else {
            message
        };
        self.schedule_at(at, Event::ToServer { connection, message });
    }

    fn ended(&mut self, person: usize, reason: EndReason) {
        assert!(self.people[person].media.connections.is_empty(), "every connection is closed before the end");
        self.people[person].ended = Some(reason);
        if let Some(connection) = self.people[person].wire.take()
            && !self.wires[&connection].is_cut
        {
            let at = self.arrival(connection, true);
            self.schedule_at(at, Event::ServerNotices { connection });
        }
    }

    // What is done to them.

    fn act(&mut self, action: Action) {
        match action {
            Action::Join => self.join(),
            Action::Leave => {
                if let Some(person) = self.anybody() {
                    self.tell(person, Input::Leave);
                }
            }
            Action::Share => {
                if let Some(person) = self.anybody() {
                    let on = self.random.once_in(2);
                    let input = if self.random.once_in(2) { Input::SetMicrophone(on) } else { Input::SetCamera(on) };
                    self.tell(person, input);
                }
            }
            Action::CutConnection => {
                if let Some(person) = self.anybody() {
                    let away = self.random.duration(7 * SECOND);
                    self.cut(person, Some(away));
                }
            }
            Action::CutEverybody => {
                for person in 0..self.people.len() {
                    let away = self.random.duration(7 * SECOND);
                    self.cut(person, Some(away));
                }
            }
            Action::LongAbsence => {
                if let Some(person) = self.anybody() {
                    let away = 30 * SECOND + self.random.duration(60 * SECOND);
                    self.cut(person, Some(away));
                }
            }
            Action::Say => self.somebody_says_something(),
            Action::Hand => self.somebody_moves_the_hand(),
            Action::Control => self.a_host_controls(),
            Action::Decide => self.a_host_decides(),
            Action::BreakPath => self.break_path(true),
            Action::BreakPathForOne => self.break_path(false),
            Action::Crash => {
                if let Some(person) = self.anybody() {
                    self.crash(person);
                }
            }
            Action::CrashAndReturn => {
                if let Some(person) = self.anybody() {
                    self.crash(person);
                    let after = SECOND + self.random.duration(4 * SECOND);
                    self.plan(after, Action::Join);
                }
            }
        }
    }

    fn anybody(&mut self) -> Option<usize> {
        let people: Vec<_> = (0..self.people.len()).filter(|person| self.people[*person].is_in()).collect();
        self.random.choose(&people)
    }

    fn join(&mut self) {
        let people: Vec<_> = self.people.iter().filter(|person| person.is_in()).collect();
        if people.is_empty() || people.len() >= 9 {
            return;
        }
        match people.iter().find_map(|person| person.meeting.state().code) {
            Some(code) => self.begin(Some(code)),
            // Who opens the meeting does not know the code yet, so cannot have told it.
            None => self.plan(100 * MILLISECOND, Action::Join),
        }
    }

    /// The connection dies: nothing more arrives, and each end notices in its own time.
    fn cut(&mut self, person: usize, redial_after: Option<Duration>) {
        let Some(connection) = self.people[person].wire else { return };
        let wire = self.wires.get_mut(&connection).expect("a connection stays known");
        if std::mem::replace(&mut wire.is_cut, true) {
            return;
        }
        let server_notices = self.random.duration(12 * SECOND);
        self.schedule(server_notices, Event::ServerNotices { connection });
        if let Some(redial_after) = redial_after {
            let client_notices = self.random.duration(6 * SECOND);
            self.schedule(client_notices, Event::ClientNotices { connection, redial_after });
        }
    }

    fn crash(&mut self, person: usize) {
        self.cut(person, None);
        self.people[person].is_alive = false;
        let connections = std::mem::take(&mut self.people[person].media.connections);
        self.closed(connections.into_values().collect());
    }

    pub fn everybody_crashes(&mut self) {
        for person in 0..self.people.len() {
            self.crash(person);
        }
    }

    pub fn everybody_leaves(&mut self) {
        for person in 0..self.people.len() {
            if self.random.once_in(4) {
                self.crash(person);
            } else {
                self.tell(person, Input::Leave);
            }
            let after = self.random.duration(SECOND);
            self.run_for(after);
        }
    }

    pub fn host_ends_it(&mut self) {
        let host = (0..self.people.len())
            .find(|person| self.people[*person].is_in() && self.people[*person].meeting.state().is_host())
            .expect("every meeting has a host");
        self.tell(host, Input::EndForAll);
    }
}
