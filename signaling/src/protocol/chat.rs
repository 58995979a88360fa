//! What is said in a meeting's chat, made safe to show, and the reactions there are.

use super::name::{DisplayName, is_unsafe};
use super::{ParticipantId, limits};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The text of a chat message: without control characters and those that change the direction of text or show nothing,
/// but with its line breaks; trimmed. How long it may be is checked by [`ChatText::check`], so that who said too much can be
/// told which message it was.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct ChatText(String);

/// Why a text cannot be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChatTextError {
    Empty,
    TooLong,
}

impl ChatText {
    /// Makes a text safe.
    pub fn new(text: &str) -> Self {
        let mut safe = String::with_capacity(text.len());
        let mut characters = text.chars().peekable();
        while let Some(character) = characters.next() {
            match character {
                '\r' => {
                    // One break, as Windows writes it.
                    characters.next_if_eq(&'\n');
                    safe.push('\n');
                }
                '\n' | '\u{85}' | '\u{2028}' | '\u{2029}' => safe.push('\n'),
                '\t' => safe.push(' '),
                character if is_unsafe(character) => {}
                character => safe.push(character),
            }
        }
        let trimmed = safe.trim_matches(|character: char| character.is_whitespace() || is_joiner(character));
        // Joiners belong between letters and into emoji; a text of nothing else shows nothing.
        Self(trimmed.to_owned())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it can be said.
    ///
    /// # Errors
    ///
    /// When nothing of it is left, or it has more than [`limits::MAX_CHAT_CHARS`] characters.
    pub fn check(&self) -> Result<(), ChatTextError> {
        if self.0.is_empty() {
            Err(ChatTextError::Empty)
        } else if self.0.chars().count() > limits::MAX_CHAT_CHARS {
            Err(ChatTextError::TooLong)
        } else {
            Ok(())
        }
    }
}

fn is_joiner(character: char) -> bool {
    matches!(character, '\u{200c}' | '\u{200d}')
}

/// Keeps what people say out of logs.
impl fmt::Debug for ChatText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ChatText({} bytes)", self.0.len())
    }
}

impl From<String> for ChatText {
    fn from(text: String) -> Self {
        Self::new(&text)
    }
}

impl From<ChatText> for String {
    fn from(text: ChatText) -> Self {
        text.0
    }
}

/// Something that was said, as the server keeps it and tells it to whom it is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ChatMessage {
    /// Counts up in the meeting, private messages included; so who is told some of them sees gaps.
    pub id: u64,
    /// When the server took it in, in milliseconds since 1970 (UTC).
    pub at: u64,
    pub from: ParticipantId,
    /// The name of `from`, who may have left since.
    pub name: DisplayName,
    /// Who alone is told it beside `from`; everybody if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<ParticipantId>,
    /// The name of `to`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_name: Option<DisplayName>,
    /// By which `from` knows it as its own.
    pub key: u32,
    pub text: ChatText,
}

impl ChatMessage {
    /// Whether it is for this participant.
    pub fn is_for(&self, id: ParticipantId) -> bool {
        self.to.is_none_or(|to| to == id) || self.from == id
    }

    /// About how much memory it takes; with [`limits::MAX_CHAT_BYTES`] this bounds what is kept of a chat.
    pub fn weight(&self) -> usize {
        let names = self.name.as_str().len() + self.to_name.as_ref().map_or(0, |name| name.as_str().len());
        size_of::<Self>() + names + self.text.as_str().len()
    }

    /// No more bytes than this as JSON: a quote, a backslash and a line break take two, other text itself.
    pub fn most_encoded_bytes(&self) -> usize {
        const FIELDS: usize = 192;
        let names = self.name.as_str().len() + self.to_name.as_ref().map_or(0, |name| name.as_str().len());
        FIELDS + 2 * (names + self.text.as_str().len())
    }
}

/// What somebody shows everybody for a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reaction {
    ThumbsUp,
    Clapping,
    Heart,
    Laughing,
    Surprised,
    Celebrating,
}

impl Reaction {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::ThumbsUp, Self::Clapping, Self::Heart, Self::Laughing, Self::Surprised, Self::Celebrating];
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn line_breaks_stay_and_what_could_deceive_goes() {
        let text = ChatText::new("  one\r\ntwo\rthree\u{2028}f\u{202e}o\u{7}ur\tfive \n");
        assert_eq!(text.as_str(), "one\ntwo\nthree\nfour five");
        assert_eq!(ChatText::new("👩‍👩‍👧 نامه‌ای").as_str(), "👩‍👩‍👧 نامه‌ای");
    }

    #[test]
    fn what_shows_nothing_or_too_much_cannot_be_said() {
        for text in ["", " \n\t", "\u{202e}\u{200b}", "\u{200d}\n\u{200c}"] {
            assert_eq!(ChatText::new(text).check(), Err(ChatTextError::Empty), "{text:?}");
        }
        assert_eq!(ChatText::new(&"é".repeat(limits::MAX_CHAT_CHARS)).check(), Ok(()));
        assert_eq!(ChatText::new(&"é".repeat(limits::MAX_CHAT_CHARS + 1)).check(), Err(ChatTextError::TooLong));
    }

    #[test]
    fn logs_do_not_show_what_is_said() {
        assert!(!format!("{:?}", ChatText::new("secret")).contains("secret"));
    }

    proptest! {
        #[test]
        fn any_text_becomes_safe_stays_so_and_keeps_within_its_size(text in any::<String>()) {
            let text = ChatText::new(&text);
            prop_assert!(!text.as_str().chars().any(|character| character != '\n' && is_unsafe(character)));
            prop_assert_eq!(&ChatText::new(text.as_str()), &text);
            let name = DisplayName::new(text.as_str());
            let (from, id, at, key) = (ParticipantId(u32::MAX), u64::MAX, u64::MAX, u32::MAX);
            let message =
                ChatMessage { id, at, from, name: name.clone(), to: Some(from), to_name: Some(name), key, text };
            let encoded = serde_json::to_string(&message).unwrap();
            prop_assert!(encoded.len() <= message.most_encoded_bytes());
        }
    }
}
