//! The secret by which a participant is known again after a loss of connection.

use serde::{Deserialize, Serialize};
use std::fmt;
use thiserror::Error;

/// 128 bits that only the participant and the server know. Each participant draws its own (`random::resume_token`),
/// so that a `join` whose welcome was lost can be said again without joining twice.
#[derive(Clone, Copy, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ResumeToken([u8; 16]);

/// The text is not a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a resume token is 32 hexadecimal digits")]
pub struct ResumeTokenError;

impl ResumeToken {
    /// The token made of these bytes, which come from a cryptographic source.
    pub const fn from_entropy(entropy: [u8; 16]) -> Self {
        Self(entropy)
    }
}

/// Takes the same time wherever two tokens differ, so that none can be guessed byte by byte.
impl PartialEq for ResumeToken {
    fn eq(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).fold(0, |differing, (a, b)| differing | (a ^ b)) == 0
    }
}

/// Keeps the secret out of logs.
impl fmt::Debug for ResumeToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResumeToken(…)")
    }
}

impl TryFrom<String> for ResumeToken {
    type Error = ResumeTokenError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.len() != 32 || !text.is_ascii() {
            return Err(ResumeTokenError);
        }
        let mut bytes = [0; 16];
        for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
            let digit = |digit: u8| char::from(digit).to_digit(16).ok_or(ResumeTokenError);
            *byte = u8::try_from(digit(digits[0])? * 16 + digit(digits[1])?).map_err(|_| ResumeTokenError)?;
        }
        Ok(Self(bytes))
    }
}

impl From<ResumeToken> for String {
    fn from(token: ResumeToken) -> Self {
        token.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_reads_back_what_it_wrote() {
        let token = ResumeToken::from_entropy(std::array::from_fn(|index| (index * 17) as u8));
        let text = String::from(token);
        assert_eq!(text, "00112233445566778899aabbccddeeff");
        assert_eq!(ResumeToken::try_from(text), Ok(token));
    }

    #[test]
    fn anything_else_is_refused_and_differs() {
        for text in
            ["", "0011", "00112233445566778899aabbccddeefg", "0011223344556677889900aabbccddeeff", "éééééééééééééééé"]
        {
            assert_eq!(ResumeToken::try_from(text.to_owned()), Err(ResumeTokenError), "{text}");
        }
        assert_ne!(ResumeToken::from_entropy([1; 16]), ResumeToken::from_entropy([2; 16]));
        assert!(!format!("{:?}", ResumeToken::from_entropy([0xab; 16])).contains("ab"));
    }
}
