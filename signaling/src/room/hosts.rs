//! Who the hosts are, and what only they can. There is at least one as long as anybody is in the meeting; who opened it is one
//! whenever they are in it.

use super::{Effect, Presence, Room};
use crate::protocol::{ClientMessage, ErrorCode, ParticipantId, ServerMessage, WaitingId};
use std::collections::VecDeque;

impl Room {
    pub(super) fn check_host(&self, id: ParticipantId) -> Result<(), ErrorCode> {
        let is_host = self.members.get(&id).is_some_and(|member| member.is_host);
        if is_host { Ok(()) } else { Err(ErrorCode::NotHost) }
    }

    /// Takes in what only a host can say.
    pub(super) fn receive_from_host(
        &mut self,
        by: ParticipantId,
        message: ClientMessage,
        effects: &mut VecDeque<Effect>,
    ) -> Result<(), ErrorCode> {
        self.check_host(by)?;
        match message {
            ClientMessage::EndForAll => {
                self.end(effects);
                Ok(())
            }
            ClientMessage::SetHost { id, host } => self.set_host(by, id, host, effects),
            ClientMessage::SetLocked { locked } => {
                if std::mem::replace(&mut self.door.is_locked, locked) != locked {
                    self.tell_access(effects);
                }
                Ok(())
            }
            ClientMessage::SetWaitingRoom { waiting_room } => {
                if std::mem::replace(&mut self.door.waiting_room, waiting_room) != waiting_room {
                    self.tell_access(effects);
                }
                Ok(())
            }
            ClientMessage::Admit { ids } => self.for_each_waiting(&ids, |room, id| room.admit(id, effects)),
            ClientMessage::Deny { ids } => self.for_each_waiting(&ids, |room, id| room.deny(id, effects)),
            ClientMessage::Mute { id } => self.relay(by, id, ServerMessage::Muted { by }, effects),
            ClientMessage::AskToUnmute { id } => self.relay(by, id, ServerMessage::AskedToUnmute { by }, effects),
            ClientMessage::StopCamera { id } => self.relay(by, id, ServerMessage::CameraStopped { by }, effects),
            ClientMessage::Remove { id } => self.put_out(by, id, effects),
            _ => Err(ErrorCode::MalformedMessage),
        }
    }

    /// Does it to each that it can be done to; the last reason why it could not be done is told.
    fn for_each_waiting(
        &mut self,
        ids: &[WaitingId],
        mut act: impl FnMut(&mut Self, WaitingId) -> Result<(), ErrorCode>,
    ) -> Result<(), ErrorCode> {
        let mut done = Ok(());
        for id in ids {
            done = act(self, *id).and(done);
        }
        done
    }

    fn set_host(
        &mut self,
        by: ParticipantId,
        id: ParticipantId,
        is_host: bool,
        effects: &mut VecDeque<Effect>,
    ) -> Result<(), ErrorCode> {
        let hosts = self.members.values().filter(|member| member.is_host).count();
        let owner = self.owner;
        let member = self.members.get_mut(&id).ok_or(ErrorCode::NoSuchParticipant)?;
        if member.is_host == is_host {
            return Ok(());
        }
        if !is_host && owner == Some(member.token) && by != id {
            return Err(ErrorCode::OwnerStays);
        }
        if !is_host && hosts == 1 {
            return Err(ErrorCode::LastHost);
        }
        member.is_host = is_host;
        self.tell_host(id, effects);
        Ok(())
    }

    /// Everybody is told that somebody is a host now, or is no longer; a new one also who waits.
    fn tell_host(&mut self, id: ParticipantId, effects: &mut VecDeque<Effect>) {
        self.tell_all_of(id, effects);
        let Some(member) = self.members.get(&id).filter(|member| member.is_host) else { return };
        if let Presence::Online(connection) = member.presence {
            let message = ServerMessage::WaitingList { waiting: self.waiting.list() };
            effects.push_back(Effect::Send { connection, message });
        }
    }

    /// To who has been here longest, of those whose connection holds if there are any, where no host is left.
    pub(super) fn pass_host_on(&mut self, effects: &mut VecDeque<Effect>) {
        if self.members.values().any(|member| member.is_host) {
            return;
        }
        let next = self.connections().next().map(|(id, _)| id).or_else(|| self.members.keys().next().copied());
        let Some(next) = next else { return };
        if let Some(member) = self.members.get_mut(&next) {
            member.is_host = true;
        }
        self.tell_host(next, effects);
    }

    fn put_out(
        &mut self,
        by: ParticipantId,
        id: ParticipantId,
        effects: &mut VecDeque<Effect>,
    ) -> Result<(), ErrorCode> {
        let member = self.members.get(&id).filter(|_| by != id).ok_or(ErrorCode::NoSuchParticipant)?;
        if self.owner == Some(member.token) {
            return Err(ErrorCode::OwnerStays);
        }
        self.door.keep_out(member.token, ErrorCode::Removed);
        self.door.watch(member.address);
        if let Presence::Online(connection) = member.presence {
            effects.push_back(Effect::Send { connection, message: ServerMessage::Removed { by } });
        }
        self.remove(id, effects);
        Ok(())
    }

    fn tell_access(&self, effects: &mut VecDeque<Effect>) {
        let (locked, waiting_room) = (self.door.is_locked, self.door.waiting_room);
        self.tell_all(&ServerMessage::AccessUpdated { locked, waiting_room }, effects);
    }

    fn end(&mut self, effects: &mut VecDeque<Effect>) {
        self.tell_all(&ServerMessage::MeetingEnded, effects);
        effects.extend(self.connections().map(|(_, connection)| Effect::Close { connection }));
        self.members.clear();
        self.turn_away_all(&ServerMessage::MeetingEnded, effects);
        self.is_over = true;
    }
}
