//! One meeting as the server keeps it: who is in it, over which connection, what they share, and who is the host. A
//! state machine: it is told what happened and the time, and adds to a list what is to be done.
//!
//! It relays what peers say to each other without reading it, and knows neither sockets nor other meetings; those are
//! with [`crate::server`] and [`crate::directory`].

use crate::protocol::{
    ClientMessage, DisplayName, ErrorCode, MeetingCode, ParticipantId, ParticipantInfo, ResumeToken, ServerMessage,
    VERSION, limits,
};
use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

/// How long the server waits for somebody whose connection was lost.
pub const RECONNECT_PATIENCE: Duration = Duration::from_secs(30);

/// How long a meeting whose last participant was lost can still be joined. One that the last participant leaves ends
/// at once.
pub const EMPTY_PATIENCE: Duration = Duration::from_secs(60);

/// A connection to the server; numbered in order of opening, never reused while the server runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub u64);

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Say this on a connection.
    Send { connection: ConnectionId, message: ServerMessage },
    /// Close a connection, after what was to be said on it.
    Close { connection: ConnectionId },
}

/// Who comes in.
#[derive(Clone, Debug)]
pub struct Entrance {
    pub connection: ConnectionId,
    pub name: DisplayName,
    pub microphone: bool,
    pub camera: bool,
    pub token: ResumeToken,
}

/// Where a member is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Presence {
    Online(ConnectionId),
    /// The connection is lost; at this time so is the member.
    Lost {
        until: Instant,
    },
}

#[derive(Debug)]
struct Member {
    name: DisplayName,
    microphone: bool,
    camera: bool,
    token: ResumeToken,
    presence: Presence,
}

/// One meeting. See the module.
#[derive(Debug)]
pub struct Room {
    code: MeetingCode,
    members: BTreeMap<ParticipantId, Member>,
    host: Option<ParticipantId>,
    /// The highest id given out.
    last_id: u32,
    is_over: bool,
    /// While nobody is in it: when it ends.
    empty_until: Option<Instant>,
}

impl Room {
    /// A meeting that waits for its first participant, the host.
    pub fn new(code: MeetingCode, now: Instant) -> Self {
        Self {
            code,
            members: BTreeMap::new(),
            host: None,
            last_id: 0,
            is_over: false,
            empty_until: Some(now + EMPTY_PATIENCE),
        }
    }

    /// Whether the meeting has ended, so that its code is dead.
    pub fn is_over(&self) -> bool {
        self.is_over
    }

    /// How many are in it, those included whose connection is lost.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether nobody is in it.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// When to call [`Room::tick`], unless something else happens before.
    pub fn next_deadline(&self) -> Option<Instant> {
        let lost = self.members.values().filter_map(|member| match member.presence {
            Presence::Online(_) => None,
            Presence::Lost { until } => Some(until),
        });
        lost.chain(self.empty_until).min()
    }

    /// Lets somebody in, or back in: whose token is known is that member.
    ///
    /// # Errors
    ///
    /// When the meeting is full or over.
    pub fn enter(
        &mut self,
        now: Instant,
        entrance: Entrance,
        effects: &mut VecDeque<Effect>,
    ) -> Result<ParticipantId, ErrorCode> {
        if self.is_over {
            return Err(ErrorCode::NoSuchMeeting);
        }
        let known = self.members.iter().find(|(_, member)| member.token == entrance.token).map(|(id, _)| *id);
        match known {
            Some(id) => {
                self.come_back(now, id, &entrance, effects);
                Ok(id)
            }
            None => self.come_in(entrance, effects),
        }
    }

    fn come_in(&mut self, entrance: Entrance, effects: &mut VecDeque<Effect>) -> Result<ParticipantId, ErrorCode> {
        let Some(next) = self.last_id.checked_add(1).filter(|_| self.members.len() < limits::MAX_PARTICIPANTS) else {
            return Err(ErrorCode::MeetingFull);
        };
        self.last_id = next;
        let id = ParticipantId(next);
        let Entrance { connection, name, microphone, camera, token } = entrance;
        let member = Member { name, microphone, camera, token, presence: Presence::Online(connection) };
        self.members.insert(id, member);
        self.host.get_or_insert(id);
        self.empty_until = None;
        self.welcome(id, connection, effects);
        if let Some(participant) = self.info(id) {
            self.tell_others(id, &ServerMessage::ParticipantJoined { participant }, effects);
        }
        Ok(id)
    }

    fn come_back(&mut self, now: Instant, id: ParticipantId, entrance: &Entrance, effects: &mut VecDeque<Effect>) {
        if let Some(Presence::Online(old)) = self.members.get(&id).map(|member| member.presence) {
            // Its loss was not noticed yet. The others are told of it all the same: what was said meanwhile may be
            // lost, and this is how they know.
            effects.push_back(Effect::Close { connection: old });
            self.lose(now, id, effects);
        }
        let Some(member) = self.members.get_mut(&id) else { return };
        member.presence = Presence::Online(entrance.connection);
        (member.microphone, member.camera) = (entrance.microphone, entrance.camera);
        self.welcome(id, entrance.connection, effects);
        self.tell_others_of(id, effects);
    }

    /// Takes in that a member's connection was lost.
    pub fn lose(&mut self, now: Instant, id: ParticipantId, effects: &mut VecDeque<Effect>) {
        let Some(member) = self.members.get_mut(&id) else { return };
        if let Presence::Online(_) = member.presence {
            member.presence = Presence::Lost { until: now + RECONNECT_PATIENCE };
            self.tell_others_of(id, effects);
        }
    }

    /// Takes in what a member says.
    ///
    /// # Errors
    ///
    /// When it cannot be done; the sender is to be told.
    pub fn receive(
        &mut self,
        id: ParticipantId,
        message: ClientMessage,
        effects: &mut VecDeque<Effect>,
    ) -> Result<(), ErrorCode> {
        let Some(member) = self.members.get_mut(&id) else { return Err(ErrorCode::NotInMeeting) };
        match message {
            ClientMessage::Create { .. } | ClientMessage::Join { .. } => Err(ErrorCode::AlreadyInMeeting),
            ClientMessage::Leave => {
                self.remove(id, effects);
                self.is_over = self.members.is_empty();
                Ok(())
            }
            ClientMessage::EndForAll if self.host == Some(id) => {
                self.end(effects);
                Ok(())
            }
            ClientMessage::EndForAll => Err(ErrorCode::NotHost),
            ClientMessage::MediaState { microphone, camera } => {
                if (microphone, camera) != (member.microphone, member.camera) {
                    (member.microphone, member.camera) = (microphone, camera);
                    self.tell_others_of(id, effects);
                }
                Ok(())
            }
            ClientMessage::Offer { to, generation, connection, sdp } => {
                self.relay(id, to, ServerMessage::Offer { from: id, generation, connection, sdp }, effects)
            }
            ClientMessage::Answer { to, generation, sdp } => {
                self.relay(id, to, ServerMessage::Answer { from: id, generation, sdp }, effects)
            }
            ClientMessage::IceCandidate { to, generation, candidate } => {
                self.relay(id, to, ServerMessage::IceCandidate { from: id, generation, candidate }, effects)
            }
            ClientMessage::RequestOffer { to, generation } => {
                self.relay(id, to, ServerMessage::RequestOffer { from: id, generation }, effects)
            }
        }
    }

    /// Lets go of who was waited for long enough, and of the meeting if it stayed empty.
    pub fn tick(&mut self, now: Instant, effects: &mut VecDeque<Effect>) {
        let is_due = |member: &Member| matches!(member.presence, Presence::Lost { until } if until <= now);
        let due: Vec<_> = self.members.iter().filter(|(_, member)| is_due(member)).map(|(id, _)| *id).collect();
        for id in due {
            self.remove(id, effects);
            if self.members.is_empty() {
                self.empty_until = Some(now + EMPTY_PATIENCE);
            }
        }
        if self.empty_until.is_some_and(|until| until <= now) {
            self.is_over = true;
        }
    }

    fn remove(&mut self, id: ParticipantId, effects: &mut VecDeque<Effect>) {
        let Some(member) = self.members.remove(&id) else { return };
        if let Presence::Online(connection) = member.presence {
            effects.push_back(Effect::Close { connection });
        }
        self.tell_others(id, &ServerMessage::ParticipantLeft { id }, effects);
        if self.host == Some(id) {
            self.pass_host_on(effects);
        }
    }

    /// To who has been here longest, of those whose connection holds if there are any.
    fn pass_host_on(&mut self, effects: &mut VecDeque<Effect>) {
        let mut online = self.members.iter().filter(|(_, member)| matches!(member.presence, Presence::Online(_)));
        self.host = online.next().or_else(|| self.members.iter().next()).map(|(id, _)| *id);
        if let Some(participant) = self.host.and_then(|host| self.info(host)) {
            self.tell_all(&ServerMessage::ParticipantUpdated { participant }, effects);
        }
    }

    fn end(&mut self, effects: &mut VecDeque<Effect>) {
        self.tell_all(&ServerMessage::MeetingEnded, effects);
        effects.extend(self.connections().map(|(_, connection)| Effect::Close { connection }));
        self.members.clear();
        self.host = None;
        self.is_over = true;
    }

    /// Passes on what one member says to another. To one whose connection is lost it is not said: both begin anew
    /// after the return.
    fn relay(
        &self,
        from: ParticipantId,
        to: ParticipantId,
        message: ServerMessage,
        effects: &mut VecDeque<Effect>,
    ) -> Result<(), ErrorCode> {
        let Some(member) = self.members.get(&to).filter(|_| from != to) else {
            return Err(ErrorCode::NoSuchParticipant);
        };
        if let Presence::Online(connection) = member.presence {
            effects.push_back(Effect::Send { connection, message });
        }
        Ok(())
    }

    fn welcome(&self, you: ParticipantId, connection: ConnectionId, effects: &mut VecDeque<Effect>) {
        let participants = self.members.keys().filter_map(|id| self.info(*id)).collect();
        let message = ServerMessage::Welcome { version: VERSION, code: self.code, you, participants };
        effects.push_back(Effect::Send { connection, message });
    }

    fn tell_others_of(&self, id: ParticipantId, effects: &mut VecDeque<Effect>) {
        if let Some(participant) = self.info(id) {
            self.tell_others(id, &ServerMessage::ParticipantUpdated { participant }, effects);
        }
    }

    fn tell_others(&self, but: ParticipantId, message: &ServerMessage, effects: &mut VecDeque<Effect>) {
        let others = self.connections().filter(|(id, _)| *id != but);
        effects.extend(others.map(|(_, connection)| Effect::Send { connection, message: message.clone() }));
    }

    fn tell_all(&self, message: &ServerMessage, effects: &mut VecDeque<Effect>) {
        effects.extend(self.connections().map(|(_, connection)| Effect::Send { connection, message: message.clone() }));
    }

    fn connections(&self) -> impl Iterator<Item = (ParticipantId, ConnectionId)> {
        self.members.iter().filter_map(|(id, member)| match member.presence {
            Presence::Online(connection) => Some((*id, connection)),
            Presence::Lost { .. } => None,
        })
    }

    fn info(&self, id: ParticipantId) -> Option<ParticipantInfo> {
        let member = self.members.get(&id)?;
        Some(ParticipantInfo {
            id,
            name: member.name.clone(),
            host: self.host == Some(id),
            microphone: member.microphone,
            camera: member.camera,
            reconnecting: matches!(member.presence, Presence::Lost { .. }),
        })
    }
}

#[cfg(test)]
mod tests;
