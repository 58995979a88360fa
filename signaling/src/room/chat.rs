//! The meeting's chat and reactions: who is told what, what is kept for those who come later, and how fast one may speak.
//!
//! Nothing is kept but in memory, and no more than the limits say. A message that is said again, since its sender cannot know
//! whether it arrived, is recognised by its key.

use super::pace::Pace;
use super::{ConnectionId, Effect, Room};
use crate::protocol::{
    ChatMessage, ChatText, ChatTextError, ErrorCode, ParticipantId, Reaction, ServerMessage, limits,
};
use std::collections::VecDeque;
use std::time::Instant;

/// As many as may wait for acknowledgement after a loss of connection, and some that were said before.
const CHAT_BURST: u32 = 20;
const CHAT_PER_SECOND: f64 = 1.0;
const REACTION_BURST: u32 = 10;
const REACTIONS_PER_SECOND: f64 = 2.0;
/// Keys of a member's last messages that are kept: more than one has unacknowledged.
const KEPT_KEYS: usize = 2 * limits::MAX_PENDING_CHAT;
/// Of a page of history; what else is in the message fits into the rest.
const PAGE_BYTES: usize = limits::MAX_MESSAGE_BYTES - 1024;

/// What a member wants to say.
pub(super) struct Saying {
    pub text: ChatText,
    pub to: Option<ParticipantId>,
    pub key: u32,
}

/// How a member has spoken so far.
#[derive(Debug)]
pub(super) struct Speech {
    chat: Pace,
    reactions: Pace,
    /// The last messages that were taken in: key, id and time.
    said: VecDeque<(u32, u64, u64)>,
}

impl Default for Speech {
    fn default() -> Self {
        let chat = Pace::new(CHAT_BURST, CHAT_PER_SECOND);
        Self { chat, reactions: Pace::new(REACTION_BURST, REACTIONS_PER_SECOND), said: VecDeque::new() }
    }
}

/// What was said, as far as it is kept.
#[derive(Debug, Default)]
pub(super) struct History {
    messages: VecDeque<ChatMessage>,
    bytes: usize,
    last_id: u64,
    last_at: u64,
}

impl History {
    fn keep(&mut self, message: ChatMessage) {
        self.bytes += message.weight();
        self.messages.push_back(message);
        while self.messages.len() > limits::MAX_CHAT_MESSAGES || self.bytes > limits::MAX_CHAT_BYTES {
            let Some(oldest) = self.messages.pop_front() else { break };
            self.bytes -= oldest.weight();
        }
    }

    /// Tells a participant what it has not had yet of what is for it, in pages.
    pub(super) fn tell(
        &self,
        id: ParticipantId,
        last_chat: u64,
        connection: ConnectionId,
        effects: &mut VecDeque<Effect>,
    ) {
        let mut page = Vec::new();
        let mut bytes = 0;
        let mut turn = |page: &mut Vec<ChatMessage>| {
            if !page.is_empty() {
                let message = ServerMessage::ChatHistory { messages: std::mem::take(page) };
                effects.push_back(Effect::Send { connection, message });
            }
        };
        for message in self.messages.iter().filter(|message| message.id > last_chat && message.is_for(id)) {
            let needed = message.most_encoded_bytes();
            if bytes + needed > PAGE_BYTES {
                turn(&mut page);
                bytes = 0;
            }
            bytes += needed;
            page.push(message.clone());
        }
        turn(&mut page);
    }

    #[cfg(test)]
    pub(super) fn messages(&self) -> impl Iterator<Item = &ChatMessage> {
        self.messages.iter()
    }

    #[cfg(test)]
    pub(super) fn size(&self) -> (usize, usize) {
        (self.messages.len(), self.bytes)
    }
}

impl Room {
    /// Takes in a chat message; its sender is told what becomes of it, with its key.
    pub(super) fn say(
        &mut self,
        now: Instant,
        unix_ms: u64,
        from: ParticipantId,
        saying: Saying,
        effects: &mut VecDeque<Effect>,
    ) {
        let key = saying.key;
        if let Err(code) = self.try_say(now, unix_ms, from, saying, effects)
            && let Some(connection) = self.members.get(&from).and_then(|member| member.presence.connection())
        {
            let message = code.sentence().to_owned();
            let message = ServerMessage::Error { code, message, key: Some(key) };
            effects.push_back(Effect::Send { connection, message });
        }
    }

    fn try_say(
        &mut self,
        now: Instant,
        unix_ms: u64,
        from: ParticipantId,
        Saying { text, to, key }: Saying,
        effects: &mut VecDeque<Effect>,
    ) -> Result<(), ErrorCode> {
        text.check().map_err(|error| match error {
            ChatTextError::Empty => ErrorCode::MalformedMessage,
            ChatTextError::TooLong => ErrorCode::MessageTooLarge,
        })?;
        let to_name = to.and_then(|to| self.members.get(&to)).map(|member| member.name.clone());
        let Some(member) = self.members.get_mut(&from) else { return Err(ErrorCode::NotInMeeting) };
        let name = member.name.clone();
        if let Some((_, id, at)) = member.speech.said.iter().find(|said| said.0 == key) {
            // Said again, since its acknowledgement was lost. The sender is the only one to be told.
            let message = ChatMessage { id: *id, at: *at, from, name, to, to_name, key, text };
            let kept = self.history.messages.iter().find(|kept| kept.id == message.id).cloned();
            if let Some(connection) = member.presence.connection() {
                let message = ServerMessage::Chat { message: kept.unwrap_or(message) };
                effects.push_back(Effect::Send { connection, message });
            }
            return Ok(());
        }
        if to == Some(from) || (to.is_some() && to_name.is_none()) {
            return Err(ErrorCode::NoSuchParticipant);
        }
        if !member.speech.chat.admits(now) {
            return Err(ErrorCode::TooFast);
        }
        self.history.last_id += 1;
        // A clock that was set back must not turn the order around.
        self.history.last_at = self.history.last_at.max(unix_ms);
        let (id, at) = (self.history.last_id, self.history.last_at);
        if member.speech.said.len() == KEPT_KEYS {
            member.speech.said.pop_front();
        }
        member.speech.said.push_back((key, id, at));
        let message = ChatMessage { id, at, from, name, to, to_name, key, text };
        for (id, connection) in self.connections() {
            if message.is_for(id) {
                let message = ServerMessage::Chat { message: message.clone() };
                effects.push_back(Effect::Send { connection, message });
            }
        }
        self.history.keep(message);
        Ok(())
    }

    pub(super) fn react(
        &mut self,
        now: Instant,
        from: ParticipantId,
        reaction: Reaction,
        effects: &mut VecDeque<Effect>,
    ) -> Result<(), ErrorCode> {
        let member = self.members.get_mut(&from).ok_or(ErrorCode::NotInMeeting)?;
        if !member.speech.reactions.admits(now) {
            return Err(ErrorCode::TooFast);
        }
        self.tell_all(&ServerMessage::Reaction { from, reaction }, effects);
        Ok(())
    }
}
