//! The key of a meeting's link: who brings it was invited by somebody inside.

use super::code::{ALPHABET, letters_from_entropy};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;
use thiserror::Error;

const LETTERS: usize = 16;

/// Sixteen letters, 73 bits. Everybody in the meeting knows it, so that the links that they pass on carry it. It opens nothing but the
/// waiting room's door, and lives as long as its meeting.
#[derive(Clone, Copy, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LinkKey([u8; LETTERS]);

/// The text is not a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a link's key has sixteen letters")]
pub struct LinkKeyError;

impl LinkKey {
    /// The key made of these bytes, which come from a cryptographic source.
    pub fn from_entropy(entropy: [u8; 16]) -> Self {
        Self(letters_from_entropy(entropy))
    }
}

/// Takes the same time wherever two keys differ, so that none can be guessed letter by letter.
impl PartialEq for LinkKey {
    fn eq(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).fold(0, |differing, (a, b)| differing | (a ^ b)) == 0
    }
}

impl Hash for LinkKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

/// Reads a key without regard to case.
impl FromStr for LinkKey {
    type Err = LinkKeyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let letters: [u8; LETTERS] = text.to_ascii_lowercase().as_bytes().try_into().map_err(|_| LinkKeyError)?;
        if letters.iter().all(|letter| ALPHABET.contains(letter)) { Ok(Self(letters)) } else { Err(LinkKeyError) }
    }
}

impl fmt::Display for LinkKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|letter| write!(f, "{}", char::from(*letter)))
    }
}

/// Keeps the secret out of logs.
impl fmt::Debug for LinkKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkKey(…)")
    }
}

impl TryFrom<String> for LinkKey {
    type Error = LinkKeyError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<LinkKey> for String {
    fn from(key: LinkKey) -> Self {
        key.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_no_key_is_refused_and_keys_stay_secret() {
        for text in ["", "abc", "abcdefghijkmnpq0", "abcdefghijkmnpqrs", "abcdefghijkmnp-é"] {
            assert_eq!(text.parse::<LinkKey>(), Err(LinkKeyError), "{text}");
        }
        let key: LinkKey = "ABCDEFGHIJKMNPQR".parse().unwrap();
        assert_eq!(key.to_string(), "abcdefghijkmnpqr");
        assert!(!format!("{key:?}").contains("abc"));
    }

    proptest! {
        #[test]
        fn any_entropy_makes_a_key_that_reads_back(entropy in any::<[u8; 16]>()) {
            let key = LinkKey::from_entropy(entropy);
            prop_assert_eq!(key.to_string().parse::<LinkKey>(), Ok(key));
        }
    }
}
