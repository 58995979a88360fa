//! Which messages were not read yet: those of others that came while the chat was closed, or below what is looked at.

use crate::view::ChatMessage;

/// See the module's description. Numbers of messages grow in the order in which they become known.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unread {
    /// All up to this one were read.
    read: u64,
    /// All up to this one were told of.
    told: u64,
    /// The first that had not been read when the chat was opened, or that came while older ones were looked at.
    line_before: Option<u64>,
    was_open: bool,
}

impl Unread {
    /// Takes in what was said. Returns whether the chat was just opened.
    pub fn look(&mut self, chat: &[ChatMessage], is_open: bool, is_at_newest: bool) -> bool {
        let is_opened = is_open && !self.was_open;
        self.was_open = is_open;
        if !is_open {
            self.line_before = None;
        } else if is_opened || (!is_at_newest && self.line_before.is_none_or(|line| line <= self.read)) {
            // A line whose messages were read stays until there are others.
            let first = chat.iter().find(|message| self.is_unread(message)).map(|message| message.number);
            self.line_before = first.or(self.line_before);
        }
        if is_open && (is_at_newest || is_opened) {
            self.read = newest(chat).max(self.read);
        }
        is_opened
    }

    /// How many there are.
    pub fn count(&self, chat: &[ChatMessage]) -> usize {
        chat.iter().filter(|message| self.is_unread(message)).count()
    }

    /// Whether one has come since this was last asked.
    pub fn has_news(&mut self, chat: &[ChatMessage]) -> bool {
        let newest = newest(chat).max(self.told);
        let told = std::mem::replace(&mut self.told, newest);
        chat.iter().any(|message| message.number > told && self.is_unread(message))
    }

    /// Before which message the line stands.
    pub fn line_before(&self) -> Option<u64> {
        self.line_before
    }

    /// Who answers has read.
    pub fn forget_line(&mut self) {
        self.line_before = None;
    }

    fn is_unread(&self, message: &ChatMessage) -> bool {
        message.number > self.read && !message.from.is_self
    }
}

fn newest(chat: &[ChatMessage]) -> u64 {
    chat.iter().map(|message| message.number).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::view::ChatPerson;

    fn message(number: u64, is_self: bool) -> ChatMessage {
        let from = ChatPerson { id: 1, name: "Ana".into(), is_self };
        ChatMessage { number, from, to: None, text: "Hello".into(), at: SystemTime::UNIX_EPOCH, is_sent: true }
    }

    #[test]
    fn what_comes_while_the_chat_is_closed_is_unread_until_it_is_opened() {
        let mut unread = Unread::default();
        let chat = [message(1, false), message(2, true), message(3, false)];
        assert!(!unread.look(&chat, false, true));
        assert_eq!(unread.count(&chat), 2);
        assert!(unread.has_news(&chat));
        assert!(!unread.has_news(&chat), "it is news once");
        assert!(unread.look(&chat, true, false));
        assert_eq!((unread.count(&chat), unread.line_before()), (0, Some(1)));
        assert!(!unread.look(&chat, true, true));
        assert_eq!(unread.line_before(), Some(1), "it stays while one reads");
        unread.look(&chat, false, true);
        assert_eq!(unread.line_before(), None);
    }

    #[test]
    fn what_comes_below_what_is_looked_at_is_unread_until_one_goes_there() {
        let mut unread = Unread::default();
        let chat = [message(1, false), message(2, false), message(4, false)];
        unread.look(&chat[..1], true, true);
        unread.look(&chat, true, false);
        assert_eq!((unread.count(&chat), unread.line_before()), (2, Some(2)));
        unread.look(&chat, true, true);
        assert_eq!((unread.count(&chat), unread.line_before()), (0, Some(2)));
        unread.forget_line();
        unread.look(&chat, true, true);
        assert_eq!(unread.line_before(), None);
    }
}
