//! Every message between a participant and the signaling server: one tagged enum each way, as JSON in WebSocket text
//! frames. `docs/protocol.md` describes each with an example, which the tests read.
//!
//! What arrives is decoded only through [`ClientMessage::decode`] and [`ServerMessage::decode`], which hold it to the
//! [`limits`]; so nothing behind them needs to fear a message's size. Nothing here knows what a meeting is about: that
//! is the business of [`crate::room`] and [`crate::meeting`].

mod code;
mod error;
pub mod limits;
mod link;
mod name;
mod token;

pub use code::{MeetingCode, MeetingCodeError};
pub use error::{DecodeError, ErrorCode};
pub use link::{Fingerprint, FingerprintError, LinkError, MeetingLink, Security, ServerAddress};
pub use name::DisplayName;
pub use token::{ResumeToken, ResumeTokenError};

use serde::{Deserialize, Serialize};
use std::fmt;

/// The version of the protocol that this crate speaks; `create` and `join` carry it, and so does `welcome`.
pub const VERSION: u32 = 1;

/// The WebSocket's path on the server.
pub const PATH: &str = "/signaling";

/// Who is meant, within one meeting: 1 for the first that joined, then counting up; never reused in that meeting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ParticipantId(pub u32);

impl fmt::Display for ParticipantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// What everybody knows of a participant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ParticipantInfo {
    pub id: ParticipantId,
    pub name: DisplayName,
    /// Whether this is the meeting's host; exactly one is.
    pub host: bool,
    /// Whether the participant's microphone is on.
    pub microphone: bool,
    /// Whether the participant's camera is on.
    pub camera: bool,
    /// Whether the server has lost the participant's connection and waits for its return.
    pub reconnecting: bool,
}

/// An ICE candidate as WebRTC trickles it (RFC 8838, `RTCIceCandidateInit`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct IceCandidate {
    /// The candidate attribute's value; empty says that there are no more.
    pub candidate: String,
    /// The media section's identification (`a=mid`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sdp_mid: Option<String>,
    /// The media section's index in the description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sdp_mline_index: Option<u16>,
}

/// What a participant says to the server.
///
/// The first message on a connection is `create` or `join`. For each pair of participants, the one with the higher id
/// offers and numbers each negotiation with a generation, counting up from 1; what answers it carries the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum ClientMessage {
    /// Opens a new meeting and joins it as its host. Answered by `welcome`.
    Create { version: u32, name: DisplayName, microphone: bool, camera: bool, token: ResumeToken },
    /// Joins a meeting, or comes back to it after a loss of connection: who joins with the token of somebody in the
    /// meeting is that participant. Answered by `welcome`.
    Join { version: u32, code: MeetingCode, name: DisplayName, microphone: bool, camera: bool, token: ResumeToken },
    /// Leaves the meeting at once.
    Leave,
    /// Ends the meeting for all; only the host can.
    EndForAll,
    /// What one shares from now on.
    MediaState { microphone: bool, camera: bool },
    /// A session description that opens a negotiation (RFC 9429).
    Offer {
        to: ParticipantId,
        generation: u32,
        /// The generation whose offer made the peer connection that is negotiated: this one for a new connection, an
        /// earlier one for an ICE restart of that connection.
        connection: u32,
        sdp: String,
    },
    /// The answer to the offer of the same generation.
    Answer { to: ParticipantId, generation: u32, sdp: String },
    /// A candidate of one's own for the negotiation of this generation.
    IceCandidate { to: ParticipantId, generation: u32, candidate: IceCandidate },
    /// Asks the side that offers to negotiate again. `generation` is the newest that the asker knows, 0 for none: who
    /// has already offered a newer one lets it pass.
    RequestOffer { to: ParticipantId, generation: u32 },
}

/// What the server says to a participant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum ServerMessage {
    /// One is in the meeting; everything there is to know of it.
    Welcome {
        version: u32,
        code: MeetingCode,
        /// Who one is. The same as before if one came back in time, another if not.
        you: ParticipantId,
        /// Everybody, oneself included, in order of joining.
        participants: Vec<ParticipantInfo>,
    },
    /// Somebody joined.
    ParticipantJoined { participant: ParticipantInfo },
    /// Something about somebody changed.
    ParticipantUpdated { participant: ParticipantInfo },
    /// Somebody left, or was lost for longer than is waited.
    ParticipantLeft { id: ParticipantId },
    /// Relayed from [`ClientMessage::Offer`].
    Offer { from: ParticipantId, generation: u32, connection: u32, sdp: String },
    /// Relayed from [`ClientMessage::Answer`].
    Answer { from: ParticipantId, generation: u32, sdp: String },
    /// Relayed from [`ClientMessage::IceCandidate`].
    IceCandidate { from: ParticipantId, generation: u32, candidate: IceCandidate },
    /// Relayed from [`ClientMessage::RequestOffer`].
    RequestOffer { from: ParticipantId, generation: u32 },
    /// The last message of the receiver's could not be done.
    Error {
        code: ErrorCode,
        /// A sentence for a person.
        message: String,
    },
    /// The host ended the meeting; its code is dead.
    MeetingEnded,
}

impl ServerMessage {
    /// The error of this kind, with its usual sentence.
    pub fn error(code: ErrorCode) -> Self {
        let message = code.sentence().to_owned();
        Self::Error { code, message }
    }
}

impl ClientMessage {
    /// Reads a message and holds it to the [`limits`].
    ///
    /// # Errors
    ///
    /// When the text is too long, is not such a message, speaks another version, or a part of it is too long.
    pub fn decode(text: &str) -> Result<Self, DecodeError> {
        let message: Self = decode(text)?;
        match &message {
            Self::Create { version, .. } | Self::Join { version, .. } => check_version(*version)?,
            Self::Offer { sdp, .. } | Self::Answer { sdp, .. } => check_sdp(sdp)?,
            Self::IceCandidate { candidate, .. } => candidate.check()?,
            Self::Leave | Self::EndForAll | Self::MediaState { .. } | Self::RequestOffer { .. } => {}
        }
        Ok(message)
    }

    /// The message as it goes over the wire.
    pub fn encode(&self) -> String {
        encode(self)
    }
}

impl ServerMessage {
    /// Reads a message and holds it to the [`limits`].
    ///
    /// # Errors
    ///
    /// When the text is too long, is not such a message, speaks another version, or a part of it is too long.
    pub fn decode(text: &str) -> Result<Self, DecodeError> {
        let message: Self = decode(text)?;
        match &message {
            Self::Welcome { version, participants, .. } => {
                check_version(*version)?;
                if participants.len() > limits::MAX_PARTICIPANTS {
                    return Err(DecodeError::TooLong { what: "list of participants", limit: limits::MAX_PARTICIPANTS });
                }
            }
            Self::Offer { sdp, .. } | Self::Answer { sdp, .. } => check_sdp(sdp)?,
            Self::IceCandidate { candidate, .. } => candidate.check()?,
            Self::Error { message, .. } => check_length("error message", message, limits::MAX_ERROR_BYTES)?,
            Self::ParticipantJoined { .. }
            | Self::ParticipantUpdated { .. }
            | Self::ParticipantLeft { .. }
            | Self::RequestOffer { .. }
            | Self::MeetingEnded => {}
        }
        Ok(message)
    }

    /// The message as it goes over the wire.
    pub fn encode(&self) -> String {
        encode(self)
    }
}

impl IceCandidate {
    /// Whether it keeps within the [`limits`].
    ///
    /// # Errors
    ///
    /// Which part is too long.
    pub fn check(&self) -> Result<(), DecodeError> {
        check_length("candidate", &self.candidate, limits::MAX_CANDIDATE_BYTES)?;
        check_length("sdp-mid", self.sdp_mid.as_deref().unwrap_or_default(), limits::MAX_SDP_MID_BYTES)
    }
}

fn encode<M: Serialize>(message: &M) -> String {
    serde_json::to_string(message).expect("messages have string keys and nothing that fails to serialise")
}

fn decode<'a, M: Deserialize<'a>>(text: &'a str) -> Result<M, DecodeError> {
    check_length("message", text, limits::MAX_MESSAGE_BYTES)?;
    serde_json::from_str(text).map_err(|error| {
        // A message of another version need not be readable here in anything but its version.
        #[derive(Deserialize)]
        struct Versioned {
            version: u32,
        }
        match serde_json::from_str::<Versioned>(text) {
            Ok(Versioned { version }) if version != VERSION => DecodeError::UnsupportedVersion { version },
            _ => DecodeError::Malformed { reason: error.to_string() },
        }
    })
}

fn check_version(version: u32) -> Result<(), DecodeError> {
    if version == VERSION { Ok(()) } else { Err(DecodeError::UnsupportedVersion { version }) }
}

fn check_sdp(sdp: &str) -> Result<(), DecodeError> {
    check_length("session description", sdp, limits::MAX_SDP_BYTES)
}

fn check_length(what: &'static str, text: &str, limit: usize) -> Result<(), DecodeError> {
    if text.len() <= limit { Ok(()) } else { Err(DecodeError::TooLong { what, limit }) }
}
