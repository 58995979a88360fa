//! Meeting codes: what one person tells another to meet.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// The letters of codes: none that is taken for a digit or another letter when read aloud or off a screen.
pub(super) const ALPHABET: &[u8; 24] = b"abcdefghijkmnpqrstuvwxyz";
const LETTERS: usize = 10;

/// Ten letters, `abc-defg-hij`: 6·10¹³ codes. It lives as long as its meeting.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MeetingCode([u8; LETTERS]);

/// The text is not a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum MeetingCodeError {
    #[error("A meeting code has ten letters, like abc-defg-hij; this has {found}.")]
    WrongLength { found: usize },
    #[error("A meeting code has ten letters, like abc-defg-hij; {found:?} is never in one.")]
    WrongCharacter { found: char },
}

impl MeetingCode {
    /// The code made of these bytes, which come from a cryptographic source. Codes differ in likelihood by less than
    /// one in 10²⁴.
    pub fn from_entropy(entropy: [u8; 16]) -> Self {
        Self(letters_from_entropy(entropy))
    }
}

/// As many letters, at most 27, as these bytes give evenly.
pub(super) fn letters_from_entropy<const LETTERS: usize>(entropy: [u8; 16]) -> [u8; LETTERS] {
    let mut number = u128::from_le_bytes(entropy);
    std::array::from_fn(|_| {
        let letters = ALPHABET.len() as u128;
        let letter = ALPHABET[(number % letters) as usize];
        number /= letters;
        letter
    })
}

/// Reads a code without regard to case, spaces and dashes.
impl FromStr for MeetingCode {
    type Err = MeetingCodeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut letters = [0; LETTERS];
        let mut found = 0;
        for character in text.chars() {
            if character.is_whitespace() || matches!(character, '-' | '\u{2010}'..='\u{2015}') {
                continue;
            }
            let letter = u8::try_from(character.to_ascii_lowercase())
                .ok()
                .filter(|letter| ALPHABET.contains(letter))
                .ok_or(MeetingCodeError::WrongCharacter { found: character })?;
            if let Some(slot) = letters.get_mut(found) {
                *slot = letter;
            }
            found += 1;
        }
        if found == LETTERS { Ok(Self(letters)) } else { Err(MeetingCodeError::WrongLength { found }) }
    }
}

impl fmt::Display for MeetingCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::with_capacity(LETTERS + 2);
        for (index, letter) in self.0.iter().enumerate() {
            if index == 3 || index == 7 {
                text.push('-');
            }
            text.push(char::from(*letter));
        }
        f.pad(&text)
    }
}

impl fmt::Debug for MeetingCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MeetingCode({self})")
    }
}

impl TryFrom<String> for MeetingCode {
    type Error = MeetingCodeError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<MeetingCode> for String {
    fn from(code: MeetingCode) -> Self {
        code.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn case_spaces_and_dashes_do_not_matter() {
        let code: MeetingCode = "abc-defg-hij".parse().unwrap();
        for text in ["ABC-DEFG-HIJ", "abcdefghij", " a b c – d e f g – h i j\n", "ABCDEfg--hij"] {
            assert_eq!(text.parse(), Ok(code), "{text:?}");
        }
        assert_eq!(code.to_string(), "abc-defg-hij");
    }

    #[test]
    fn what_is_no_code_says_why() {
        assert_eq!("".parse::<MeetingCode>(), Err(MeetingCodeError::WrongLength { found: 0 }));
        assert_eq!("abc-defg-hijk".parse::<MeetingCode>(), Err(MeetingCodeError::WrongLength { found: 11 }));
        assert_eq!("abc-defg-hi0".parse::<MeetingCode>(), Err(MeetingCodeError::WrongCharacter { found: '0' }));
        assert_eq!("abc-defg-hİj".parse::<MeetingCode>(), Err(MeetingCodeError::WrongCharacter { found: 'İ' }));
    }

    proptest! {
        #[test]
        fn any_entropy_makes_a_code_that_reads_back(entropy in any::<[u8; 16]>()) {
            let code = MeetingCode::from_entropy(entropy);
            let text = code.to_string();
            prop_assert_eq!(text.len(), 12);
            prop_assert!(!text.contains(['l', 'o']));
            prop_assert_eq!(text.parse::<MeetingCode>(), Ok(code));
        }

        #[test]
        fn any_text_is_read_without_panic(text in any::<String>()) {
            let _ = text.parse::<MeetingCode>();
        }
    }
}
