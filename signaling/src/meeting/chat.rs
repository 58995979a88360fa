//! The chat as one participant knows it: what was said, in the server's order, and after it what one has said oneself and the
//! server has not confirmed.
//!
//! A message of one's own is said again after each return until it is confirmed; by its key the server takes it in once. Who
//! comes back too late is somebody new to the server, which does not know the keys then: what may have arrived is not said
//! again.

use crate::protocol::{
    ChatMessage, ChatText, ChatTextError, ClientMessage, DisplayName, ErrorCode, ParticipantId, limits,
};

/// Ids that one has had in the meeting, at most; one is new for each absence that was too long.
const MOST_FORMER_SELVES: usize = 32;

/// Something that was said in the chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatEntry {
    /// Stays the same, also when the server confirms it; never used again in the meeting. Not in the order of the chat.
    pub number: u64,
    pub from: ParticipantId,
    /// The name of `from`, who may have left since.
    pub name: DisplayName,
    pub is_mine: bool,
    /// Who alone is told it; everybody if absent.
    pub to: Option<ParticipantId>,
    pub to_name: Option<DisplayName>,
    pub text: ChatText,
    pub delivery: Delivery,
    key: u32,
}

/// How far a message is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// The server has it, since this time in milliseconds since 1970 (UTC).
    Sent { id: u64, at: u64 },
    /// One's own, on the way or waiting for it.
    Pending { was_said: bool },
    /// The server has refused it.
    Refused(ErrorCode),
    /// It was on the way when one was away for too long; it may have arrived.
    Unknown,
}

/// What is known of a meeting's chat.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chat {
    /// First what was sent, by id, then what was not, in order of being said.
    entries: Vec<ChatEntry>,
    /// Of the entries.
    bytes: usize,
    last_id: u64,
    last_number: u64,
    last_key: u32,
    revision: u64,
    former_selves: Vec<ParticipantId>,
}

impl Chat {
    /// What was said, in order.
    pub fn entries(&self) -> &[ChatEntry] {
        &self.entries
    }

    /// Grows with each change.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// The highest id that one knows; 0 for none.
    pub(super) fn last_id(&self) -> u64 {
        self.last_id
    }

    /// Takes in what the server tells, now or of former times. Whether anything changed.
    pub(super) fn receive(&mut self, me: ParticipantId, message: ChatMessage) -> bool {
        self.last_id = self.last_id.max(message.id);
        let Err(at) = self.entries.binary_search_by_key(&message.id, ChatEntry::order) else { return false };
        let is_mine = message.from == me || self.former_selves.contains(&message.from);
        let is_this =
            |entry: &ChatEntry| !entry.is_sent() && is_mine && entry.key == message.key && entry.from == message.from;
        // What is not sent stands behind, so its removal leaves `at` where it is.
        let number = match self.entries.iter().position(is_this) {
            Some(at) => self.remove(at).number,
            None => self.next_number(),
        };
        let ChatMessage { id, at: unix_ms, from, name, to, to_name, key, text } = message;
        let delivery = Delivery::Sent { id, at: unix_ms };
        self.insert(at, ChatEntry { number, from, name, is_mine, to, to_name, text, delivery, key });
        while self.sent_len() > limits::MAX_CHAT_MESSAGES || self.bytes > limits::MAX_CHAT_BYTES {
            if !self.entries.first().is_some_and(ChatEntry::is_sent) {
                break;
            }
            self.remove(0);
        }
        true
    }

    /// Says something; it is to be sent if the server is there.
    ///
    /// # Errors
    ///
    /// When it cannot be said, or too much waits to be confirmed already.
    pub(super) fn say(&mut self, entry: NewEntry) -> Result<&mut ChatEntry, ErrorCode> {
        entry.text.check().map_err(|error| match error {
            ChatTextError::Empty => ErrorCode::MalformedMessage,
            ChatTextError::TooLong => ErrorCode::MessageTooLarge,
        })?;
        if self.entries.len() - self.sent_len() >= limits::MAX_PENDING_CHAT {
            let is_over = |entry: &ChatEntry| matches!(entry.delivery, Delivery::Refused(_) | Delivery::Unknown);
            let at = self.entries.iter().position(is_over).ok_or(ErrorCode::TooFast)?;
            self.remove(at);
        }
        self.last_key = self.last_key.wrapping_add(1);
        let NewEntry { from, name, to, to_name, text } = entry;
        let (number, key) = (self.next_number(), self.last_key);
        let delivery = Delivery::Pending { was_said: false };
        let at = self.entries.len();
        self.insert(at, ChatEntry { number, from, name, is_mine: true, to, to_name, text, delivery, key });
        Ok(&mut self.entries[at])
    }

    /// The server has refused what has this key. Whether anything changed.
    pub(super) fn refuse(&mut self, key: u32, code: ErrorCode) -> bool {
        let is_this = |entry: &&mut ChatEntry| entry.key == key && matches!(entry.delivery, Delivery::Pending { .. });
        let Some(entry) = self.entries.iter_mut().find(is_this) else { return false };
        entry.delivery = Delivery::Refused(code);
        self.revision += 1;
        true
    }

    /// Nothing will be confirmed any more.
    pub(super) fn refuse_all(&mut self, code: &ErrorCode) {
        let keys: Vec<_> = self.pending().map(|entry| entry.key).collect();
        for key in keys {
            self.refuse(key, code.clone());
        }
    }

    /// One is in the meeting, or again; what is to be said now. `before` is who one was there before.
    pub(super) fn enter(&mut self, before: Option<ParticipantId>, me: ParticipantId) -> Vec<ClientMessage> {
        if let Some(before) = before.filter(|before| *before != me) {
            if self.former_selves.len() == MOST_FORMER_SELVES {
                self.former_selves.remove(0);
            }
            self.former_selves.push(before);
        }
        for entry in self.entries.iter_mut().filter(|entry| entry.from != me) {
            match entry.delivery {
                Delivery::Pending { was_said: true } => entry.delivery = Delivery::Unknown,
                Delivery::Pending { was_said: false } => entry.from = me,
                _ => continue,
            }
            self.revision += 1;
        }
        let pending = self.entries.iter_mut().filter(|entry| matches!(entry.delivery, Delivery::Pending { .. }));
        pending.map(ChatEntry::message).collect()
    }

    fn pending(&self) -> impl Iterator<Item = &ChatEntry> {
        self.entries.iter().filter(|entry| matches!(entry.delivery, Delivery::Pending { .. }))
    }

    fn sent_len(&self) -> usize {
        self.entries.partition_point(ChatEntry::is_sent)
    }

    fn next_number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }

    fn insert(&mut self, at: usize, entry: ChatEntry) {
        self.bytes += entry.weight();
        self.entries.insert(at, entry);
        self.revision += 1;
    }

    fn remove(&mut self, at: usize) -> ChatEntry {
        let entry = self.entries.remove(at);
        self.bytes -= entry.weight();
        self.revision += 1;
        entry
    }
}

/// What one wants to say.
pub(super) struct NewEntry {
    pub from: ParticipantId,
    pub name: DisplayName,
    pub to: Option<ParticipantId>,
    pub to_name: Option<DisplayName>,
    pub text: ChatText,
}

impl ChatEntry {
    fn is_sent(&self) -> bool {
        matches!(self.delivery, Delivery::Sent { .. })
    }

    /// By what it is ordered: what has no id yet comes last.
    fn order(&self) -> u64 {
        match self.delivery {
            Delivery::Sent { id, .. } => id,
            _ => u64::MAX,
        }
    }

    fn weight(&self) -> usize {
        let names = self.name.as_str().len() + self.to_name.as_ref().map_or(0, |name| name.as_str().len());
        size_of::<Self>() + names + self.text.as_str().len()
    }

    /// What is said to the server; from now on it may have arrived.
    pub(super) fn message(&mut self) -> ClientMessage {
        self.delivery = Delivery::Pending { was_said: true };
        ClientMessage::Chat { text: self.text.clone(), to: self.to, key: self.key }
    }
}
