//! One meeting as the server keeps it: who is in it or waits for it, over which connection, what they share and say, and
//! who are its hosts. A state machine: it is told what happened and the time, and adds to a list what is to be done.
//!
//! It relays what peers say to each other without reading it, and knows neither sockets nor other meetings; those are
//! with [`crate::server`] and [`crate::directory`]. What only hosts can is in `room/hosts.rs`, who is let in and who waits in
//! `room/door.rs`, chat and reactions in `room/chat.rs`, who is told what is so in `room/tell.rs`.

mod chat;
mod door;
mod hosts;
mod pace;
mod tell;

use crate::protocol::{
    ClientMessage, DisplayName, ErrorCode, LinkKey, MeetingCode, ParticipantId, ResumeToken, ServerMessage, WaitingId,
    limits,
};
use chat::{History, Speech};
use door::{Door, WaitingRow};
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

/// Where a connection comes from; nobody can tell the address by it, only whether two are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AddressKey(pub u64);

/// Who comes in.
#[derive(Clone, Debug)]
pub struct Entrance {
    pub connection: ConnectionId,
    pub address: AddressKey,
    pub name: DisplayName,
    pub microphone: bool,
    pub camera: bool,
    pub token: ResumeToken,
    /// The key that the link had.
    pub link_key: Option<LinkKey>,
    /// The highest id of the chat messages that one has already.
    pub last_chat: u64,
}

/// How somebody has come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entered {
    Joined(ParticipantId),
    /// Until a host lets them in.
    Waiting(WaitingId),
}

/// Where somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Presence {
    Online(ConnectionId),
    /// The connection is lost; at this time so is who had it.
    Lost {
        until: Instant,
    },
}

impl Presence {
    fn connection(self) -> Option<ConnectionId> {
        match self {
            Self::Online(connection) => Some(connection),
            Self::Lost { .. } => None,
        }
    }

    fn lost_until(self) -> Option<Instant> {
        match self {
            Self::Online(_) => None,
            Self::Lost { until } => Some(until),
        }
    }
}

/// Who is to be a member: from the door, or from those who waited.
#[derive(Debug)]
struct Newcomer {
    presence: Presence,
    address: AddressKey,
    /// Nobody else has it.
    name: DisplayName,
    microphone: bool,
    camera: bool,
    token: ResumeToken,
    last_chat: u64,
}

#[derive(Debug)]
struct Member {
    name: DisplayName,
    microphone: bool,
    camera: bool,
    token: ResumeToken,
    address: AddressKey,
    presence: Presence,
    is_host: bool,
    /// Its number in the order of raising, while it is up.
    hand: Option<u32>,
    speech: Speech,
}

/// One meeting. See the module.
#[derive(Debug)]
pub struct Room {
    code: MeetingCode,
    members: BTreeMap<ParticipantId, Member>,
    /// Who opened the meeting: host whenever they are in it.
    owner: Option<ResumeToken>,
    /// The highest id given out.
    last_id: u32,
    last_hand: u32,
    history: History,
    door: Door,
    waiting: WaitingRow,
    /// What those who wait were told last of whether a host is there.
    told_host_present: bool,
    is_over: bool,
    /// While nobody is in it: when it ends.
    empty_until: Option<Instant>,
}

impl Room {
    /// A meeting that waits for its first participant, its owner and host.
    pub fn new(code: MeetingCode, link_key: LinkKey, now: Instant) -> Self {
        Self {
            code,
            members: BTreeMap::new(),
            owner: None,
            last_id: 0,
            last_hand: 0,
            history: History::default(),
            door: Door::new(link_key),
            waiting: WaitingRow::default(),
            told_host_present: false,
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
        let lost = self.members.values().filter_map(|member| member.presence.lost_until());
        lost.chain(self.waiting.next_deadline()).chain(self.empty_until).min()
    }

    /// Lets somebody in or has them wait, or lets them back: whose token is known is that one.
    ///
    /// # Errors
    ///
    /// When the meeting is full, locked or over, or they are kept out.
    pub fn enter(
        &mut self,
        now: Instant,
        entrance: Entrance,
        effects: &mut VecDeque<Effect>,
    ) -> Result<Entered, ErrorCode> {
        if self.is_over {
            return Err(ErrorCode::NoSuchMeeting);
        }
        let known = self.members.iter().find(|(_, member)| member.token == entrance.token).map(|(id, _)| *id);
        let entered = match known {
            Some(id) => {
                self.come_back(now, id, &entrance, effects);
                Ok(Entered::Joined(id))
            }
            None => self.knock(entrance, effects),
        };
        self.settle(effects);
        entered
    }

    /// Makes somebody a member.
    fn come_in(&mut self, newcomer: Newcomer, effects: &mut VecDeque<Effect>) -> Result<ParticipantId, ErrorCode> {
        let Some(next) = self.last_id.checked_add(1).filter(|_| self.members.len() < limits::MAX_PARTICIPANTS) else {
            return Err(ErrorCode::MeetingFull);
        };
        self.last_id = next;
        let id = ParticipantId(next);
        let Newcomer { presence, address, name, microphone, camera, token, last_chat } = newcomer;
        let owner = *self.owner.get_or_insert(token);
        let is_host = owner == token || self.members.values().all(|member| !member.is_host);
        let speech = Speech::default();
        let member = Member { name, microphone, camera, token, address, presence, is_host, hand: None, speech };
        self.members.insert(id, member);
        self.empty_until = None;
        if let Presence::Online(connection) = presence {
            self.welcome(id, connection, last_chat, effects);
        }
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
            self.lose_member(now, id, effects);
        }
        let Some(member) = self.members.get_mut(&id) else { return };
        member.presence = Presence::Online(entrance.connection);
        member.address = entrance.address;
        (member.microphone, member.camera) = (entrance.microphone, entrance.camera);
        self.welcome(id, entrance.connection, entrance.last_chat, effects);
        self.tell_others_of(id, effects);
    }

    /// Takes in that a connection of the meeting's was lost.
    pub fn lose(&mut self, now: Instant, connection: ConnectionId, effects: &mut VecDeque<Effect>) {
        match self.member_on(connection) {
            Some(id) => self.lose_member(now, id, effects),
            None => self.waiting.lose(now, connection),
        }
        self.settle(effects);
    }

    fn lose_member(&mut self, now: Instant, id: ParticipantId, effects: &mut VecDeque<Effect>) {
        let Some(member) = self.members.get_mut(&id) else { return };
        if let Presence::Online(_) = member.presence {
            member.presence = Presence::Lost { until: now + RECONNECT_PATIENCE };
            self.tell_others_of(id, effects);
        }
    }

    /// Takes in what is said on a connection of the meeting's; `unix_ms` is the time that people's clocks show.
    ///
    /// # Errors
    ///
    /// When it cannot be done; the sender is to be told.
    pub fn receive(
        &mut self,
        now: Instant,
        unix_ms: u64,
        connection: ConnectionId,
        message: ClientMessage,
        effects: &mut VecDeque<Effect>,
    ) -> Result<(), ErrorCode> {
        let done = match self.member_on(connection) {
            Some(id) => self.receive_from(now, unix_ms, id, message, effects),
            None => self.waiting.receive(connection, &message, effects),
        };
        self.settle(effects);
        done
    }

    fn receive_from(
        &mut self,
        now: Instant,
        unix_ms: u64,
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
            ClientMessage::Chat { text, to, key } => {
                self.say(now, unix_ms, id, chat::Saying { text, to, key }, effects);
                Ok(())
            }
            ClientMessage::Reaction { reaction } => self.react(now, id, reaction, effects),
            ClientMessage::RaiseHand => {
                if member.hand.is_none() {
                    self.last_hand = self.last_hand.saturating_add(1);
                    member.hand = Some(self.last_hand);
                    self.tell_all_of(id, effects);
                }
                Ok(())
            }
            ClientMessage::LowerHand { id: whose } => self.lower_hand(id, whose.unwrap_or(id), effects),
            control => self.receive_from_host(id, control, effects),
        }
    }

    fn lower_hand(
        &mut self,
        by: ParticipantId,
        whose: ParticipantId,
        effects: &mut VecDeque<Effect>,
    ) -> Result<(), ErrorCode> {
        if by != whose {
            self.check_host(by)?;
        }
        let member = self.members.get_mut(&whose).ok_or(ErrorCode::NoSuchParticipant)?;
        if member.hand.take().is_some() {
            self.tell_all_of(whose, effects);
        }
        Ok(())
    }

    /// Lets go of who was waited for long enough, and of the meeting if it stayed empty.
    pub fn tick(&mut self, now: Instant, effects: &mut VecDeque<Effect>) {
        let is_due = |member: &Member| member.presence.lost_until().is_some_and(|until| until <= now);
        let due: Vec<_> = self.members.iter().filter(|(_, member)| is_due(member)).map(|(id, _)| *id).collect();
        for id in due {
            self.remove(id, effects);
            if self.members.is_empty() {
                self.empty_until = Some(now + EMPTY_PATIENCE);
            }
        }
        self.waiting.let_go_of_lost(now);
        if self.empty_until.is_some_and(|until| until <= now) {
            self.is_over = true;
        }
        self.settle(effects);
    }

    fn remove(&mut self, id: ParticipantId, effects: &mut VecDeque<Effect>) {
        let Some(member) = self.members.remove(&id) else { return };
        if let Presence::Online(connection) = member.presence {
            effects.push_back(Effect::Close { connection });
        }
        self.tell_others(id, &ServerMessage::ParticipantLeft { id }, effects);
        self.pass_host_on(effects);
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
}

#[cfg(test)]
mod tests;
