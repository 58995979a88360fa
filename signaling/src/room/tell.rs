//! What members are told of the meeting as it is, and over which connections.

use super::{ConnectionId, Effect, Room};
use crate::protocol::{ParticipantId, ParticipantInfo, ServerMessage, VERSION};
use std::collections::VecDeque;

impl Room {
    pub(super) fn welcome(
        &self,
        you: ParticipantId,
        connection: ConnectionId,
        last_chat: u64,
        effects: &mut VecDeque<Effect>,
    ) {
        let is_host = self.members.get(&you).is_some_and(|member| member.is_host);
        let message = ServerMessage::Welcome {
            version: VERSION,
            code: self.code,
            you,
            participants: self.members.keys().filter_map(|id| self.info(*id)).collect(),
            link_key: Some(self.door.link_key()),
            locked: self.door.is_locked,
            waiting_room: self.door.waiting_room,
            waiting: if is_host { self.waiting.list() } else { Vec::new() },
        };
        effects.push_back(Effect::Send { connection, message });
        self.history.tell(you, last_chat, connection, effects);
    }

    pub(super) fn tell_others_of(&self, id: ParticipantId, effects: &mut VecDeque<Effect>) {
        if let Some(participant) = self.info(id) {
            self.tell_others(id, &ServerMessage::ParticipantUpdated { participant }, effects);
        }
    }

    /// What the participant itself does not know yet.
    pub(super) fn tell_all_of(&self, id: ParticipantId, effects: &mut VecDeque<Effect>) {
        if let Some(participant) = self.info(id) {
            self.tell_all(&ServerMessage::ParticipantUpdated { participant }, effects);
        }
    }

    pub(super) fn tell_others(&self, but: ParticipantId, message: &ServerMessage, effects: &mut VecDeque<Effect>) {
        let others = self.connections().filter(|(id, _)| *id != but);
        effects.extend(others.map(|(_, connection)| Effect::Send { connection, message: message.clone() }));
    }

    pub(super) fn tell_all(&self, message: &ServerMessage, effects: &mut VecDeque<Effect>) {
        effects.extend(self.connections().map(|(_, connection)| Effect::Send { connection, message: message.clone() }));
    }

    pub(super) fn connections(&self) -> impl Iterator<Item = (ParticipantId, ConnectionId)> {
        self.members.iter().filter_map(|(id, member)| Some((*id, member.presence.connection()?)))
    }

    pub(super) fn member_on(&self, connection: ConnectionId) -> Option<ParticipantId> {
        self.connections().find(|(_, of_member)| *of_member == connection).map(|(id, _)| id)
    }

    pub(super) fn info(&self, id: ParticipantId) -> Option<ParticipantInfo> {
        let member = self.members.get(&id)?;
        Some(ParticipantInfo {
            id,
            name: member.name.clone(),
            host: member.is_host,
            microphone: member.microphone,
            camera: member.camera,
            reconnecting: member.presence.connection().is_none(),
            hand: member.hand,
        })
    }
}
