//! What can be wrong with a message, as this side finds it and as the server says it.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Why a message was not understood.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DecodeError {
    #[error("The message was not understood: {reason}.")]
    Malformed { reason: String },
    #[error("The {what} is too long: at most {limit} are allowed.")]
    TooLong { what: &'static str, limit: usize },
    #[error("The other side speaks version {version} of the protocol, and this one version {}.", super::VERSION)]
    UnsupportedVersion { version: u32 },
}

impl DecodeError {
    /// What the server tells the sender.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Malformed { .. } => ErrorCode::MalformedMessage,
            Self::TooLong { .. } => ErrorCode::MessageTooLarge,
            Self::UnsupportedVersion { .. } => ErrorCode::UnsupportedVersion,
        }
    }
}

/// Why the server did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ErrorCode {
    /// The text is not a message of this protocol.
    MalformedMessage,
    /// The message or a part of it is beyond the limits.
    MessageTooLarge,
    /// Another version of the protocol.
    UnsupportedVersion,
    /// Too many messages in too short a time; the connection is closed.
    RateLimited,
    /// No meeting has this code, or it is over.
    NoSuchMeeting,
    /// The meeting has as many participants as it can.
    MeetingFull,
    /// The server has as many meetings as it can.
    ServerFull,
    /// The message needs `create` or `join` first.
    NotInMeeting,
    /// `create` or `join` on a connection that is in a meeting.
    AlreadyInMeeting,
    /// Nobody in the meeting has this id.
    NoSuchParticipant,
    /// Only a host can.
    NotHost,
    /// Chat messages or reactions come faster than they are taken; this one was not. Nothing else happens.
    TooFast,
    /// Nobody else can join.
    MeetingLocked,
    /// As many wait as can.
    WaitingRoomFull,
    /// A host did not let one in.
    Denied,
    /// A host has put one out of the meeting.
    Removed,
    /// Nobody who waits has this id.
    NoSuchWaiting,
    /// Who opened the meeting stays its host, as long as they are in it.
    OwnerStays,
    /// A meeting without a host would be nobody's: the last one cannot give it up.
    LastHost,
    /// One that this side does not know yet; its sentence still tells a person.
    #[serde(untagged)]
    Other(String),
}

impl ErrorCode {
    /// What it means, for a person.
    pub fn sentence(&self) -> &'static str {
        match self {
            Self::MalformedMessage => "The server did not understand a message.",
            Self::MessageTooLarge => "A message was too long for the server.",
            Self::UnsupportedVersion => {
                "The server speaks another version of the protocol. Update Nonet on both sides."
            }
            Self::RateLimited => "Too many messages were sent in too short a time.",
            Self::NoSuchMeeting => "There is no meeting with this code. Check the code; a code dies with its meeting.",
            Self::MeetingFull => "The meeting is full: nine people are in it.",
            Self::ServerFull => "The server has as many meetings as it can take. Try again later.",
            Self::NotInMeeting => "This needs a meeting: create or join one first.",
            Self::AlreadyInMeeting => "This connection is in a meeting already.",
            Self::NoSuchParticipant => "Nobody in the meeting has this number.",
            Self::NotHost => "Only a host can do this.",
            Self::TooFast => "That was too fast. Wait a moment and try again.",
            Self::MeetingLocked => "The meeting is locked: nobody else can join. Ask somebody in it to unlock it.",
            Self::WaitingRoomFull => "Too many people are waiting to be let in. Try again later.",
            Self::Denied => "A host did not let you in.",
            Self::Removed => "A host removed you from the meeting.",
            Self::NoSuchWaiting => "Nobody who waits has this number.",
            Self::OwnerStays => "Who opened the meeting stays its host.",
            Self::LastHost => "A meeting needs a host. Make somebody else a host first.",
            Self::Other(_) => "The server refused.",
        }
    }
}
