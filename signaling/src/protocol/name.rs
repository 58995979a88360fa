//! A participant's name, made safe to show.

use super::limits::MAX_NAME_CHARS;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A name as others see it: trimmed, without control characters and those that change the direction of text or are
/// invisible, at most [`MAX_NAME_CHARS`] long, never empty. It cannot be had any other way, not even from the wire.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct DisplayName(String);

impl DisplayName {
    /// Who gives no name.
    pub const NOBODY: &'static str = "Guest";

    /// Makes a name safe.
    pub fn new(name: &str) -> Self {
        let mut safe = String::new();
        let mut kept = 0;
        let mut pending_space = false;
        for character in name.chars() {
            if character.is_whitespace() {
                pending_space = kept > 0;
            } else if !is_unsafe(character) {
                let needed = 1 + usize::from(pending_space);
                if kept + needed > MAX_NAME_CHARS {
                    break;
                }
                if pending_space {
                    safe.push(' ');
                }
                safe.push(character);
                kept += needed;
                pending_space = false;
            }
        }
        // Joiners belong in Persian names and in emoji, but alone they show nothing.
        if safe.chars().all(|character| matches!(character, ' ' | '\u{200c}' | '\u{200d}')) {
            safe.clear();
            safe.push_str(Self::NOBODY);
        }
        Self(safe)
    }

    /// The name with a number after it, by which people of one name are told apart: `Ana (2)`. What does not fit is cut from the name.
    pub fn numbered(&self, number: usize) -> Self {
        let suffix = format!(" ({number})");
        let room = MAX_NAME_CHARS.saturating_sub(suffix.len());
        let name: String = self.0.chars().take(room).collect();
        Self::new(&format!("{}{suffix}", name.trim_end()))
    }

    /// Whether two are taken for the same at a glance.
    pub fn reads_like(&self, other: &Self) -> bool {
        let letters = |name: &Self| name.0.chars().flat_map(char::to_lowercase).collect::<String>();
        letters(self) == letters(other)
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Control characters, marks and overrides of direction (UAX #9), and characters that show nothing.
pub(super) fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{00ad}' | '\u{034f}' | '\u{061c}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{3164}' | '\u{ffa0}'
            | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

impl From<String> for DisplayName {
    fn from(name: String) -> Self {
        Self::new(&name)
    }
}

impl From<&str> for DisplayName {
    fn from(name: &str) -> Self {
        Self::new(name)
    }
}

impl From<DisplayName> for String {
    fn from(name: DisplayName) -> Self {
        name.0
    }
}

impl fmt::Display for DisplayName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ordinary_names_stay() {
        for name in ["Ana", "José María", "李小龙", "Øystein 🎉", "👩‍👩‍👧"] {
            assert_eq!(DisplayName::new(name).as_str(), name);
        }
    }

    #[test]
    fn what_could_deceive_is_removed() {
        assert_eq!(DisplayName::new("  A\u{202e}na\n\t B\u{0}ob \u{200b}").as_str(), "Ana Bob");
    }

    #[test]
    fn nothing_left_is_a_guest() {
        for name in ["", "   ", "\u{202e}\u{200b}\u{7}", "\u{200d} \u{200c}"] {
            assert_eq!(DisplayName::new(name).as_str(), "Guest");
        }
    }

    #[test]
    fn people_of_one_name_are_numbered_within_the_limit() {
        assert_eq!(DisplayName::new("Ana").numbered(2).as_str(), "Ana (2)");
        let long = DisplayName::new(&"é".repeat(60)).numbered(12);
        assert_eq!(long.as_str().chars().count(), MAX_NAME_CHARS);
        assert!(long.as_str().ends_with("é (12)"));
        assert!(DisplayName::new("ANA").reads_like(&DisplayName::new("Ana")));
        assert!(!DisplayName::new("Ana").reads_like(&DisplayName::new("Anna")));
    }

    #[test]
    fn the_wire_cannot_bring_an_unsafe_one() {
        let name: DisplayName = serde_json::from_str(r#""\u202e eve\u0007""#).unwrap();
        assert_eq!(name.as_str(), "eve");
    }

    proptest! {
        #[test]
        fn any_text_becomes_safe_and_stays_so(text in any::<String>()) {
            let name = DisplayName::new(&text);
            prop_assert!(!name.as_str().is_empty());
            prop_assert!(name.as_str().chars().count() <= MAX_NAME_CHARS);
            prop_assert!(!name.as_str().chars().any(is_unsafe));
            prop_assert_eq!(DisplayName::new(name.as_str()), name);
        }
    }
}
