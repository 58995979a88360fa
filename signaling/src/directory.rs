//! All meetings of a server: which connection is in which of them. A state machine around [`Room`]s: input and the time
//! in, effects out. Codes and keys are drawn outside, from a cryptographic source, and handed in.

use crate::protocol::{ClientMessage, ErrorCode, LinkKey, MeetingCode, ServerMessage};
use crate::room::{AddressKey, ConnectionId, Effect, Entrance, Room};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::time::{Duration, Instant};

/// How long a connection may stay without saying `create` or `join`.
pub const ENTRANCE_PATIENCE: Duration = Duration::from_secs(10);

/// What happened.
#[derive(Clone, Debug)]
pub enum Input {
    /// A connection is open. Their numbers only grow.
    Opened { connection: ConnectionId, address: AddressKey },
    /// A connection said something, at this time in milliseconds since 1970 (UTC).
    Received { connection: ConnectionId, message: ClientMessage, unix_ms: u64 },
    /// A connection is gone, whoever closed it.
    Closed { connection: ConnectionId },
    /// [`Directory::next_deadline`] has come.
    Tick,
}

/// A connection in no meeting.
#[derive(Clone, Copy, Debug)]
struct Comer {
    /// When it is closed.
    until: Instant,
    address: AddressKey,
}

/// The meetings of a server. See the module.
pub struct Directory {
    draw_code: Box<dyn FnMut() -> MeetingCode + Send>,
    draw_key: Box<dyn FnMut() -> LinkKey + Send>,
    max_meetings: usize,
    rooms: BTreeMap<MeetingCode, Room>,
    /// When each room that has a deadline wants its tick.
    deadlines: BTreeSet<(Instant, MeetingCode)>,
    /// The connections that are in a meeting or wait for one.
    seats: BTreeMap<ConnectionId, MeetingCode>,
    /// Those in no meeting; in order of opening, so of the time at which they are closed too.
    entrance: BTreeMap<ConnectionId, Comer>,
    /// Drained by the shell after each input, so it holds what one input causes.
    effects: VecDeque<Effect>,
}

impl fmt::Debug for Directory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Directory").field("rooms", &self.rooms).field("seats", &self.seats).finish_non_exhaustive()
    }
}

impl Directory {
    /// A server without meetings that takes `max_meetings` at once and has their codes and their links' keys from these.
    pub fn new(
        max_meetings: usize,
        draw_code: impl FnMut() -> MeetingCode + Send + 'static,
        draw_key: impl FnMut() -> LinkKey + Send + 'static,
    ) -> Self {
        Self {
            draw_code: Box::new(draw_code),
            draw_key: Box::new(draw_key),
            max_meetings,
            rooms: BTreeMap::new(),
            deadlines: BTreeSet::new(),
            seats: BTreeMap::new(),
            entrance: BTreeMap::new(),
            effects: VecDeque::new(),
        }
    }

    /// Meetings that are going on.
    pub fn meetings(&self) -> usize {
        self.rooms.len()
    }

    /// Connections that are in a meeting or wait to be let into one.
    pub fn participants(&self) -> usize {
        self.seats.len()
    }

    /// Whether nothing is kept: no meeting, no connection, no deadline.
    pub fn is_empty(&self) -> bool {
        self.rooms.is_empty() && self.seats.is_empty() && self.entrance.is_empty() && self.deadlines.is_empty()
    }

    /// The next thing to do; call it until there is none after each [`Directory::handle`].
    pub fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// When to give [`Input::Tick`], unless something else happens before.
    pub fn next_deadline(&self) -> Option<Instant> {
        let room = self.deadlines.first().map(|(at, _)| *at);
        room.into_iter().chain(self.entrance.first_key_value().map(|(_, comer)| comer.until)).min()
    }

    /// Takes in what happened.
    pub fn handle(&mut self, now: Instant, input: Input) {
        match input {
            Input::Opened { connection, address } => {
                self.entrance.insert(connection, Comer { until: now + ENTRANCE_PATIENCE, address });
            }
            Input::Received { connection, message, unix_ms } => self.receive(now, unix_ms, connection, message),
            Input::Closed { connection } => {
                self.entrance.remove(&connection);
                if let Some(code) = self.seats.remove(&connection) {
                    self.in_room(code, |room, effects| room.lose(now, connection, effects));
                }
            }
            Input::Tick => {}
        }
        self.tick(now);
    }

    fn tick(&mut self, now: Instant) {
        while let Some((at, code)) = self.deadlines.first().copied()
            && at <= now
        {
            self.in_room(code, |room, effects| room.tick(now, effects));
        }
        while let Some((connection, comer)) = self.entrance.first_key_value().map(|(id, comer)| (*id, *comer))
            && comer.until <= now
        {
            self.entrance.remove(&connection);
            self.effects.push_back(Effect::Close { connection });
        }
    }

    fn receive(&mut self, now: Instant, unix_ms: u64, connection: ConnectionId, message: ClientMessage) {
        let done = match (self.seats.get(&connection).copied(), self.entrance.get(&connection)) {
            (Some(code), _) => self
                .in_room(code, |room, effects| room.receive(now, unix_ms, connection, message, effects))
                .unwrap_or(Err(ErrorCode::NotInMeeting)),
            // What a connection says after it was to be closed is too late.
            (None, None) => return,
            (None, Some(comer)) => self.enter(now, connection, comer.address, message),
        };
        if let Err(code) = done {
            self.effects.push_back(Effect::Send { connection, message: ServerMessage::error(code) });
            if self.entrance.remove(&connection).is_some() {
                // Who was not let in has nothing more to say.
                self.effects.push_back(Effect::Close { connection });
            }
        }
    }

    fn enter(
        &mut self,
        now: Instant,
        connection: ConnectionId,
        address: AddressKey,
        message: ClientMessage,
    ) -> Result<(), ErrorCode> {
        let (code, entrance) = match message {
            ClientMessage::Create { name, microphone, camera, token, .. } => {
                let (link_key, last_chat) = (None, 0);
                let entrance = Entrance { connection, address, name, microphone, camera, token, link_key, last_chat };
                (self.open_room(now)?, entrance)
            }
            ClientMessage::Join { code, name, microphone, camera, token, link_key, last_chat, .. } => {
                (code, Entrance { connection, address, name, microphone, camera, token, link_key, last_chat })
            }
            _ => return Err(ErrorCode::NotInMeeting),
        };
        self.in_room(code, |room, effects| room.enter(now, entrance, effects))
            .unwrap_or(Err(ErrorCode::NoSuchMeeting))?;
        self.entrance.remove(&connection);
        self.seats.insert(connection, code);
        Ok(())
    }

    fn open_room(&mut self, now: Instant) -> Result<MeetingCode, ErrorCode> {
        if self.rooms.len() >= self.max_meetings {
            return Err(ErrorCode::ServerFull);
        }
        // With 6·10¹³ codes a second draw is next to never needed; a source that repeats itself must not hang us.
        for _ in 0..8 {
            let code = (self.draw_code)();
            if let std::collections::btree_map::Entry::Vacant(vacant) = self.rooms.entry(code) {
                vacant.insert(Room::new(code, (self.draw_key)(), now));
                return Ok(code);
            }
        }
        Err(ErrorCode::ServerFull)
    }

    /// Lets a room act, and follows up: its deadline, the seats of connections that it closed, and its end.
    fn in_room<R>(&mut self, code: MeetingCode, act: impl FnOnce(&mut Room, &mut VecDeque<Effect>) -> R) -> Option<R> {
        let room = self.rooms.get_mut(&code)?;
        if let Some(at) = room.next_deadline() {
            self.deadlines.remove(&(at, code));
        }
        let before = self.effects.len();
        let result = act(room, &mut self.effects);
        for effect in self.effects.range(before..) {
            if let Effect::Close { connection } = effect {
                self.seats.remove(connection);
            }
        }
        if room.is_over() {
            self.rooms.remove(&code);
        } else if let Some(at) = room.next_deadline() {
            self.deadlines.insert((at, code));
        }
        Some(result)
    }
}

#[cfg(test)]
mod tests;
