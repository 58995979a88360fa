//! Who is let into the meeting, who waits to be let in by a host, and who is kept out.
//!
//! Who waits is nobody to the others: only hosts are told, and can neither be heard nor hear. A connection that is lost is
//! waited for as a participant's is.

use super::{AddressKey, ConnectionId, Effect, Entered, Entrance, Newcomer, Presence, RECONNECT_PATIENCE, Room};
use crate::protocol::{
    ClientMessage, DisplayName, ErrorCode, LinkKey, ResumeToken, ServerMessage, WaitingId, WaitingPerson, WaitingRoom,
    limits,
};
use std::collections::VecDeque;
use std::time::Instant;

/// Tokens, and addresses, of who was removed or denied that are remembered; the oldest go.
const MOST_KEPT_OUT: usize = 64;

/// What decides about who comes.
#[derive(Debug)]
pub(super) struct Door {
    link_key: LinkKey,
    pub is_locked: bool,
    pub waiting_room: WaitingRoom,
    kept_out: VecDeque<(ResumeToken, ErrorCode)>,
    /// From here somebody was removed: whoever comes from here has to wait.
    watched: VecDeque<AddressKey>,
}

impl Door {
    pub(super) fn new(link_key: LinkKey) -> Self {
        let (kept_out, watched) = (VecDeque::new(), VecDeque::new());
        Self { link_key, is_locked: false, waiting_room: WaitingRoom::Off, kept_out, watched }
    }

    pub(super) fn link_key(&self) -> LinkKey {
        self.link_key
    }

    /// Whoever has this token is told this from now on.
    pub(super) fn keep_out(&mut self, token: ResumeToken, code: ErrorCode) {
        push_bounded(&mut self.kept_out, (token, code));
    }

    pub(super) fn watch(&mut self, address: AddressKey) {
        if !self.watched.contains(&address) {
            push_bounded(&mut self.watched, address);
        }
    }

    fn has_to_wait(&self, entrance: &Entrance) -> bool {
        self.watched.contains(&entrance.address)
            || match self.waiting_room {
                WaitingRoom::Off => false,
                WaitingRoom::WithoutKey => entrance.link_key != Some(self.link_key),
                WaitingRoom::All => true,
            }
    }
}

fn push_bounded<T>(list: &mut VecDeque<T>, new: T) {
    if list.len() == MOST_KEPT_OUT {
        list.pop_front();
    }
    list.push_back(new);
}

#[derive(Debug)]
struct Waiter {
    id: WaitingId,
    who: Newcomer,
}

/// Those who wait, in order of coming.
#[derive(Debug, Default)]
pub(super) struct WaitingRow {
    waiters: Vec<Waiter>,
    /// The highest id given out.
    last_id: u32,
    /// Whether hosts have yet to be told.
    has_changed: bool,
}

impl WaitingRow {
    pub(super) fn list(&self) -> Vec<WaitingPerson> {
        self.waiters.iter().map(|waiter| WaitingPerson { id: waiter.id, name: waiter.who.name.clone() }).collect()
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.waiters.iter().filter_map(|waiter| waiter.who.presence.lost_until()).min()
    }

    /// Takes in what somebody says who waits, if somebody is on this connection.
    pub(super) fn receive(
        &mut self,
        connection: ConnectionId,
        message: &ClientMessage,
        effects: &mut VecDeque<Effect>,
    ) -> Result<(), ErrorCode> {
        let at = self.position_on(connection).ok_or(ErrorCode::NotInMeeting)?;
        match message {
            ClientMessage::Create { .. } | ClientMessage::Join { .. } => Err(ErrorCode::AlreadyInMeeting),
            ClientMessage::Leave => {
                self.waiters.remove(at);
                self.has_changed = true;
                effects.push_back(Effect::Close { connection });
                Ok(())
            }
            ClientMessage::MediaState { microphone, camera } => {
                let who = &mut self.waiters[at].who;
                (who.microphone, who.camera) = (*microphone, *camera);
                Ok(())
            }
            _ => Err(ErrorCode::NotInMeeting),
        }
    }

    pub(super) fn lose(&mut self, now: Instant, connection: ConnectionId) {
        if let Some(at) = self.position_on(connection) {
            self.waiters[at].who.presence = Presence::Lost { until: now + RECONNECT_PATIENCE };
        }
    }

    pub(super) fn let_go_of_lost(&mut self, now: Instant) {
        let before = self.waiters.len();
        self.waiters.retain(|waiter| waiter.who.presence.lost_until().is_none_or(|until| until > now));
        self.has_changed |= self.waiters.len() != before;
    }

    fn add(&mut self, who: Newcomer) -> Result<WaitingId, ErrorCode> {
        let next = self.last_id.checked_add(1).filter(|_| self.waiters.len() < limits::MAX_WAITING);
        self.last_id = next.ok_or(ErrorCode::WaitingRoomFull)?;
        let id = WaitingId(self.last_id);
        self.waiters.push(Waiter { id, who });
        self.has_changed = true;
        Ok(id)
    }

    fn take(&mut self, id: WaitingId) -> Result<Newcomer, ErrorCode> {
        let at = self.waiters.iter().position(|waiter| waiter.id == id).ok_or(ErrorCode::NoSuchWaiting)?;
        self.has_changed = true;
        Ok(self.waiters.remove(at).who)
    }

    fn position_on(&self, connection: ConnectionId) -> Option<usize> {
        self.waiters.iter().position(|waiter| waiter.who.presence == Presence::Online(connection))
    }

    fn connections(&self) -> impl Iterator<Item = ConnectionId> {
        self.waiters.iter().filter_map(|waiter| waiter.who.presence.connection())
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.waiters.len()
    }
}

impl Room {
    /// Somebody comes who is not a member: who waits already, or is new.
    pub(super) fn knock(&mut self, entrance: Entrance, effects: &mut VecDeque<Effect>) -> Result<Entered, ErrorCode> {
        let is_known = |waiter: &&mut Waiter| waiter.who.token == entrance.token;
        let host_present = self.is_host_present();
        let wait = Effect::Send { connection: entrance.connection, message: ServerMessage::Waiting { host_present } };
        if let Some(waiter) = self.waiting.waiters.iter_mut().find(is_known) {
            if let Presence::Online(connection) = waiter.who.presence {
                effects.push_back(Effect::Close { connection });
            }
            waiter.who.presence = Presence::Online(entrance.connection);
            (waiter.who.address, waiter.who.last_chat) = (entrance.address, entrance.last_chat);
            (waiter.who.microphone, waiter.who.camera) = (entrance.microphone, entrance.camera);
            effects.push_back(wait);
            return Ok(Entered::Waiting(waiter.id));
        }
        let has_to_wait = self.check_door(&entrance)?;
        let Entrance { connection, address, name, microphone, camera, token, last_chat, .. } = entrance;
        let (presence, name) = (Presence::Online(connection), self.unique_name(&name));
        let who = Newcomer { presence, address, name, microphone, camera, token, last_chat };
        if has_to_wait {
            let id = self.waiting.add(who)?;
            effects.push_back(wait);
            Ok(Entered::Waiting(id))
        } else {
            self.come_in(who, effects).map(Entered::Joined)
        }
    }

    /// Whether somebody new has to wait.
    fn check_door(&self, entrance: &Entrance) -> Result<bool, ErrorCode> {
        if let Some((_, code)) = self.door.kept_out.iter().find(|(token, _)| *token == entrance.token) {
            return Err(code.clone());
        }
        // Nobody stands before the door of a meeting that is their own.
        if self.owner.is_none_or(|owner| owner == entrance.token) {
            return Ok(false);
        }
        if self.door.is_locked {
            return Err(ErrorCode::MeetingLocked);
        }
        if self.members.len() >= limits::MAX_PARTICIPANTS {
            return Err(ErrorCode::MeetingFull);
        }
        Ok(self.door.has_to_wait(entrance))
    }

    /// The name, with a number if somebody has it already.
    fn unique_name(&self, name: &DisplayName) -> DisplayName {
        let is_taken = |name: &DisplayName| {
            let members = self.members.values().map(|member| &member.name);
            members
                .chain(self.waiting.waiters.iter().map(|waiter| &waiter.who.name))
                .any(|taken| taken.reads_like(name))
        };
        if !is_taken(name) {
            return name.clone();
        }
        let most = limits::MAX_PARTICIPANTS + limits::MAX_WAITING + 2;
        (2..most).map(|number| name.numbered(number)).find(|name| !is_taken(name)).unwrap_or_else(|| name.clone())
    }

    /// Lets one in who waits.
    pub(super) fn admit(&mut self, id: WaitingId, effects: &mut VecDeque<Effect>) -> Result<(), ErrorCode> {
        if self.members.len() >= limits::MAX_PARTICIPANTS {
            return Err(ErrorCode::MeetingFull);
        }
        let who = self.waiting.take(id)?;
        self.come_in(who, effects)?;
        Ok(())
    }

    /// Turns one away who waits.
    pub(super) fn deny(&mut self, id: WaitingId, effects: &mut VecDeque<Effect>) -> Result<(), ErrorCode> {
        let who = self.waiting.take(id)?;
        self.door.keep_out(who.token, ErrorCode::Denied);
        if let Presence::Online(connection) = who.presence {
            let message = ServerMessage::error(ErrorCode::Denied);
            effects.extend([Effect::Send { connection, message }, Effect::Close { connection }]);
        }
        Ok(())
    }

    /// Whether somebody could let people in.
    fn is_host_present(&self) -> bool {
        self.members.values().any(|member| member.is_host && member.presence.connection().is_some())
    }

    /// Tells those who wait, and those who can let them in, what has changed for them. Who waits for a meeting that is over is told
    /// so.
    pub(super) fn settle(&mut self, effects: &mut VecDeque<Effect>) {
        let tell = |connection, message: &ServerMessage| Effect::Send { connection, message: message.clone() };
        if self.is_over {
            let message = ServerMessage::error(ErrorCode::NoSuchMeeting);
            self.turn_away_all(&message, effects);
        }
        let host_present = self.is_host_present();
        if std::mem::replace(&mut self.told_host_present, host_present) != host_present {
            let message = ServerMessage::Waiting { host_present };
            effects.extend(self.waiting.connections().map(|connection| tell(connection, &message)));
        }
        if std::mem::take(&mut self.waiting.has_changed) {
            let message = ServerMessage::WaitingList { waiting: self.waiting.list() };
            let hosts = self.members.values().filter(|member| member.is_host);
            let connections = hosts.filter_map(|member| member.presence.connection());
            effects.extend(connections.map(|connection| tell(connection, &message)));
        }
    }

    pub(super) fn turn_away_all(&mut self, message: &ServerMessage, effects: &mut VecDeque<Effect>) {
        for waiter in self.waiting.waiters.drain(..) {
            if let Presence::Online(connection) = waiter.who.presence {
                effects.push_back(Effect::Send { connection, message: message.clone() });
                effects.push_back(Effect::Close { connection });
            }
        }
    }
}
