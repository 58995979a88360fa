//! Every message between a participant and the signaling server: one tagged enum each way, as JSON in WebSocket text
//! frames. `docs/protocol.md` describes each with an example, which the tests read.
//!
//! What arrives is decoded only through [`ClientMessage::decode`] and [`ServerMessage::decode`], which hold it to the
//! [`limits`]; so nothing behind them needs to fear a message's size. Nothing here knows what a meeting is about: that
//! is the business of [`crate::room`] and [`crate::meeting`].

mod chat;
mod code;
mod error;
mod key;
pub mod limits;
mod link;
mod name;
mod people;
mod token;

pub use chat::{ChatMessage, ChatText, ChatTextError, Reaction};
pub use code::{MeetingCode, MeetingCodeError};
pub use error::{DecodeError, ErrorCode};
pub use key::{LinkKey, LinkKeyError};
pub use link::{Fingerprint, FingerprintError, LinkError, MeetingLink, Security, ServerAddress};
pub use name::DisplayName;
pub use people::{ParticipantId, ParticipantInfo, WaitingId, WaitingPerson, WaitingRoom};
pub use token::{ResumeToken, ResumeTokenError};

use serde::{Deserialize, Serialize};

/// The version of the protocol that this crate speaks; `create` and `join` carry it, and so does `welcome`.
pub const VERSION: u32 = 1;

/// The WebSocket's path on the server.
pub const PATH: &str = "/signaling";

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
    Join {
        version: u32,
        code: MeetingCode,
        name: DisplayName,
        microphone: bool,
        camera: bool,
        token: ResumeToken,
        /// The key of the link that one came with.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        link_key: Option<LinkKey>,
        /// The highest id of the chat messages that one has already; 0 for none.
        #[serde(default, skip_serializing_if = "is_zero")]
        last_chat: u64,
    },
    /// Leaves the meeting at once, or waits for it no longer.
    Leave,
    /// Ends the meeting for all; only a host can, as all that follows up to `remove`.
    EndForAll,
    /// Makes a participant a host, or no longer one. Who opened the meeting stays it, and so does the last one.
    SetHost { id: ParticipantId, host: bool },
    /// Whether nobody else can join.
    SetLocked { locked: bool },
    /// Who has to wait until a host lets them in, of those who come from now on.
    SetWaitingRoom { waiting_room: WaitingRoom },
    /// Lets those in who wait.
    Admit { ids: Vec<WaitingId> },
    /// Turns those away who wait.
    Deny { ids: Vec<WaitingId> },
    /// Has a participant's client switch its microphone off; the participant can switch it on again.
    Mute { id: ParticipantId },
    /// Asks a participant to switch the microphone on.
    AskToUnmute { id: ParticipantId },
    /// Has a participant's client switch its camera off; the participant can switch it on again.
    StopCamera { id: ParticipantId },
    /// Puts a participant out of the meeting.
    Remove { id: ParticipantId },
    /// Says something to everybody, or to one.
    Chat {
        text: ChatText,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<ParticipantId>,
        /// Another one for each message of a participant; said twice with the same, it is taken in once.
        key: u32,
    },
    /// Raises one's hand.
    RaiseHand,
    /// Takes a hand down: one's own, or, as a host, somebody's.
    LowerHand {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<ParticipantId>,
    },
    /// Shows everybody a reaction for a moment.
    Reaction { reaction: Reaction },
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
        /// What links to the meeting carry; absent from servers that know none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        link_key: Option<LinkKey>,
        /// Whether nobody else can join.
        #[serde(default)]
        locked: bool,
        #[serde(default)]
        waiting_room: WaitingRoom,
        /// Who waits to be let in, in order of coming; told to hosts alone.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        waiting: Vec<WaitingPerson>,
    },
    /// One has to wait until a host lets one in; `welcome` follows, or an error.
    Waiting {
        /// Whether a host is there who could.
        host_present: bool,
    },
    /// Everybody who waits, in order of coming; told to hosts alone, after each change.
    WaitingList { waiting: Vec<WaitingPerson> },
    /// Who can join, from now on.
    AccessUpdated { locked: bool, waiting_room: WaitingRoom },
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
    /// Somebody said something, oneself included: it is in the meeting's chat.
    Chat { message: ChatMessage },
    /// What was said before one came, or while one was away; in order, in as many messages as it takes, after `welcome`.
    ChatHistory { messages: Vec<ChatMessage> },
    /// Somebody shows a reaction, oneself included.
    Reaction { from: ParticipantId, reaction: Reaction },
    /// A host has one's microphone switched off.
    Muted { by: ParticipantId },
    /// A host asks one to switch the microphone on.
    AskedToUnmute { by: ParticipantId },
    /// A host has one's camera switched off.
    CameraStopped { by: ParticipantId },
    /// A host has put one out of the meeting.
    Removed { by: ParticipantId },
    /// The last message of the receiver's could not be done.
    Error {
        code: ErrorCode,
        /// A sentence for a person.
        message: String,
        /// Of the chat message that was refused.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key: Option<u32>,
    },
    /// A host ended the meeting; its code is dead.
    MeetingEnded,
}

impl ServerMessage {
    /// The error of this kind, with its usual sentence.
    pub fn error(code: ErrorCode) -> Self {
        let message = code.sentence().to_owned();
        Self::Error { code, message, key: None }
    }
}

fn is_zero(number: &u64) -> bool {
    *number == 0
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
            Self::Admit { ids } | Self::Deny { ids } => {
                check_count("list of those who wait", ids, limits::MAX_WAITING)?;
            }
            // A chat message that is too long is refused in the meeting, where its sender is told which one.
            Self::Leave
            | Self::EndForAll
            | Self::SetHost { .. }
            | Self::SetLocked { .. }
            | Self::SetWaitingRoom { .. }
            | Self::Mute { .. }
            | Self::AskToUnmute { .. }
            | Self::StopCamera { .. }
            | Self::Remove { .. }
            | Self::Chat { .. }
            | Self::RaiseHand
            | Self::LowerHand { .. }
            | Self::Reaction { .. }
            | Self::MediaState { .. }
            | Self::RequestOffer { .. } => {}
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
            Self::Welcome { version, participants, waiting, .. } => {
                check_version(*version)?;
                check_count("list of participants", participants, limits::MAX_PARTICIPANTS)?;
                check_count("list of those who wait", waiting, limits::MAX_WAITING)?;
            }
            Self::WaitingList { waiting } => check_count("list of those who wait", waiting, limits::MAX_WAITING)?,
            Self::Chat { message } => check_chat(message)?,
            Self::ChatHistory { messages } => {
                check_count("list of messages", messages, limits::MAX_CHAT_MESSAGES)?;
                messages.iter().try_for_each(check_chat)?;
            }
            Self::Offer { sdp, .. } | Self::Answer { sdp, .. } => check_sdp(sdp)?,
            Self::IceCandidate { candidate, .. } => candidate.check()?,
            Self::Error { message, .. } => check_length("error message", message, limits::MAX_ERROR_BYTES)?,
            Self::ParticipantJoined { .. }
            | Self::ParticipantUpdated { .. }
            | Self::ParticipantLeft { .. }
            | Self::RequestOffer { .. }
            | Self::Waiting { .. }
            | Self::AccessUpdated { .. }
            | Self::Reaction { .. }
            | Self::Muted { .. }
            | Self::AskedToUnmute { .. }
            | Self::CameraStopped { .. }
            | Self::Removed { .. }
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

fn check_chat(message: &ChatMessage) -> Result<(), DecodeError> {
    match message.text.check() {
        Err(ChatTextError::TooLong) => {
            Err(DecodeError::TooLong { what: "chat message", limit: limits::MAX_CHAT_CHARS })
        }
        Err(ChatTextError::Empty) | Ok(()) => Ok(()),
    }
}

fn check_count<T>(what: &'static str, list: &[T], limit: usize) -> Result<(), DecodeError> {
    if list.len() <= limit { Ok(()) } else { Err(DecodeError::TooLong { what, limit }) }
}

fn check_length(what: &'static str, text: &str, limit: usize) -> Result<(), DecodeError> {
    if text.len() <= limit { Ok(()) } else { Err(DecodeError::TooLong { what, limit }) }
}
