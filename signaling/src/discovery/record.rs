//! What a host announces of its meeting, and its form as the TXT record of a service (RFC 6763 §6).

use super::seal::Seal;
use crate::protocol::{DisplayName, Fingerprint, VERSION, limits};
use thiserror::Error;

/// The form of the record; what has another is let pass.
const FORMAT: &[u8] = b"1";
/// Pairs of a record that are looked at; there are eight.
const MAX_PAIRS: usize = 32;
/// The longest that a value can be.
const MAX_VALUE_BYTES: usize = 255;

mod key {
    pub const FORMAT: &str = "txtvers";
    pub const PROTOCOL: &str = "protocol";
    pub const SALT: &str = "salt";
    pub const TAG: &str = "seal";
    pub const FINGERPRINT: &str = "fp";
    pub const PEOPLE: &str = "people";
    pub const OPEN: &str = "open";
    pub const HOST: &str = "host";
}

/// What is announced of a meeting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The version of the signaling protocol that is spoken there.
    pub protocol: u32,
    pub seal: Seal,
    /// Of the server's certificate.
    pub fingerprint: Fingerprint,
    /// Whose meeting it is, if they want that known.
    pub host: Option<DisplayName>,
    /// How many are in it.
    pub people: u8,
    /// Whether others can join.
    pub is_open: bool,
}

/// Why a record is of no use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RecordError {
    #[error("the record has another form")]
    OtherFormat,
    #[error("the record has no {key}")]
    Missing { key: &'static str },
    #[error("the record's {key} is not understood")]
    Malformed { key: &'static str },
}

impl Record {
    /// The record of a meeting that speaks this version of the protocol.
    pub fn new(seal: Seal, fingerprint: Fingerprint, host: Option<DisplayName>, people: u8, is_open: bool) -> Self {
        Self { protocol: VERSION, seal, fingerprint, host, people, is_open }
    }

    /// The pairs of the TXT record. Each is shorter than the 255 bytes that one may have.
    pub fn encode(&self) -> Vec<(&'static str, String)> {
        let mut pairs = vec![
            (key::FORMAT, String::from_utf8_lossy(FORMAT).into_owned()),
            (key::PROTOCOL, self.protocol.to_string()),
            (key::SALT, hexadecimal(&self.seal.salt)),
            (key::TAG, hexadecimal(&self.seal.tag)),
            (key::FINGERPRINT, self.fingerprint.to_string()),
            (key::PEOPLE, self.people.to_string()),
            (key::OPEN, u8::from(self.is_open).to_string()),
        ];
        pairs.extend(self.host.as_ref().map(|host| (key::HOST, host.as_str().to_owned())));
        pairs
    }

    /// Reads the pairs of a TXT record, whoever made it. Of several of one key the first counts, and keys that are not known are
    /// let pass.
    ///
    /// # Errors
    ///
    /// When something is missing or not as it must be.
    pub fn decode<'a>(pairs: impl IntoIterator<Item = (&'a str, Option<&'a [u8]>)>) -> Result<Self, RecordError> {
        let pairs: Vec<_> = pairs.into_iter().take(MAX_PAIRS).collect();
        let find = |key: &'static str| {
            let value = pairs.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)).and_then(|(_, value)| *value);
            value.filter(|value| value.len() <= MAX_VALUE_BYTES).ok_or(RecordError::Missing { key })
        };
        if find(key::FORMAT)? != FORMAT {
            return Err(RecordError::OtherFormat);
        }
        let seal =
            Seal { salt: sixteen_bytes(key::SALT, find(key::SALT)?)?, tag: sixteen_bytes(key::TAG, find(key::TAG)?)? };
        let fingerprint = text(key::FINGERPRINT, find(key::FINGERPRINT)?)?
            .parse()
            .map_err(|_| RecordError::Malformed { key: key::FINGERPRINT })?;
        // Only shown, so that a lie does no harm, but no more than there can be.
        let people = number(key::PEOPLE, find(key::PEOPLE)?)?.min(limits::MAX_PARTICIPANTS as u32) as u8;
        let is_open = number(key::OPEN, find(key::OPEN)?)? == 1;
        let host = match find(key::HOST) {
            Ok(name) => Some(DisplayName::new(&String::from_utf8_lossy(name))),
            Err(_) => None,
        };
        Ok(Self { protocol: number(key::PROTOCOL, find(key::PROTOCOL)?)?, seal, fingerprint, host, people, is_open })
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn text<'a>(key: &'static str, value: &'a [u8]) -> Result<&'a str, RecordError> {
    str::from_utf8(value).map_err(|_| RecordError::Malformed { key })
}

/// Digits alone: what else Rust would take for a number is none here.
fn number(key: &'static str, value: &[u8]) -> Result<u32, RecordError> {
    let digits = text(key, value)?;
    let number = digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok()).flatten();
    number.ok_or(RecordError::Malformed { key })
}

fn sixteen_bytes(key: &'static str, value: &[u8]) -> Result<[u8; 16], RecordError> {
    let malformed = RecordError::Malformed { key };
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok()).ok_or(malformed);
    let mut bytes = [0; 16];
    if value.len() != 2 * bytes.len() {
        return Err(malformed);
    }
    for (byte, digits) in bytes.iter_mut().zip(value.chunks_exact(2)) {
        *byte = digit(digits[0])? << 4 | digit(digits[1])?;
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests;
