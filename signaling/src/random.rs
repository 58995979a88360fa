//! What must not be guessed, drawn from the operating system's cryptographic source.

use crate::protocol::{LinkKey, MeetingCode, ResumeToken};

/// A code for a new meeting.
pub fn meeting_code() -> MeetingCode {
    MeetingCode::from_entropy(entropy())
}

/// A key for a new meeting's link.
pub fn link_key() -> LinkKey {
    LinkKey::from_entropy(entropy())
}

/// A token by which a participant will be known again.
pub fn resume_token() -> ResumeToken {
    ResumeToken::from_entropy(entropy())
}

/// Sixteen bytes that nobody can guess.
pub(crate) fn entropy() -> [u8; 16] {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("an operating system without a random source runs no meeting");
    bytes
}

/// Evenly spread from 0 to 1, for spreading reconnections in time.
#[cfg(feature = "client")]
pub(crate) fn fraction() -> f64 {
    let [a, b, c, d, ..] = entropy();
    f64::from(u32::from_le_bytes([a, b, c, d])) / f64::from(u32::MAX)
}
