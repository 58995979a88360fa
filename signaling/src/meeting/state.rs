//! What a participant's meeting shows of itself, as plain data.

use super::{Chat, JoinRequest};
use crate::protocol::{ErrorCode, LinkKey, MeetingCode, ParticipantId, ParticipantInfo, WaitingPerson, WaitingRoom};
use std::time::Instant;
use thiserror::Error;

/// Everything there is to show of a meeting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeetingState {
    pub stage: Stage,
    /// Whether the server is there. While it is not, people stay seen and heard; nobody can join.
    pub signaling: Signaling,
    /// Known from the start to who joins, from the welcome on to who opens the meeting.
    pub code: Option<MeetingCode>,
    /// Who one is; known from the welcome on. Another after an absence that was too long.
    pub me: Option<ParticipantId>,
    /// Whether one's own microphone is to be on.
    pub microphone: bool,
    /// Whether one's own camera is to be on.
    pub camera: bool,
    /// Everybody, oneself included, in order of joining.
    pub participants: Vec<Participant>,
    /// What links to the meeting carry; known from the welcome on.
    pub link_key: Option<LinkKey>,
    /// Whether nobody else can join.
    pub locked: bool,
    pub waiting_room: WaitingRoom,
    /// Who waits to be let in, in order of coming; known to hosts alone.
    pub waiting: Vec<WaitingPerson>,
    /// What was said in the chat.
    pub chat: Chat,
}

impl MeetingState {
    pub(super) fn new(request: &JoinRequest, now: Instant) -> Self {
        Self {
            stage: Stage::Joining,
            signaling: Signaling::Away { since: now },
            code: request.code,
            me: None,
            microphone: request.microphone,
            camera: request.camera,
            participants: Vec::new(),
            link_key: None,
            locked: false,
            waiting_room: WaitingRoom::Off,
            waiting: Vec::new(),
            chat: Chat::default(),
        }
    }

    /// Somebody in the meeting.
    pub fn participant(&self, id: ParticipantId) -> Option<&Participant> {
        self.participants.iter().find(|participant| participant.info.id == id)
    }

    /// One's own hand, as the server knows it.
    pub fn my_hand(&self) -> Option<u32> {
        self.me.and_then(|me| self.participant(me)).and_then(|me| me.info.hand)
    }

    /// Whose hand is up, the one that was raised first first.
    pub fn hands(&self) -> Vec<ParticipantId> {
        let mut hands: Vec<_> =
            self.participants.iter().filter_map(|somebody| Some((somebody.info.hand?, somebody.info.id))).collect();
        hands.sort_unstable();
        hands.into_iter().map(|(_, id)| id).collect()
    }

    /// Whether one is a host.
    pub fn is_host(&self) -> bool {
        self.participants.iter().any(|participant| participant.is_me && participant.info.host)
    }
}

/// How far one is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    /// On the way in.
    Joining,
    /// A host has yet to let one in.
    Waiting {
        since: Instant,
        /// Whether a host is there who could.
        host_present: bool,
    },
    /// In the meeting.
    Joined,
    /// It is over for this participant.
    Ended(EndReason),
}

/// Whether one is connected to the signaling server, and known there as a participant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signaling {
    Connected,
    Away {
        since: Instant,
    },
    /// The server is there and does not know the meeting any more, as after its restart. Who is connected stays so; nobody
    /// can join, and who is lost cannot be found again.
    Forgotten {
        since: Instant,
    },
}

/// Somebody in the meeting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Participant {
    pub info: ParticipantInfo,
    pub is_me: bool,
    /// How media flows between oneself and this one; always connected for oneself.
    pub path: Path,
}

/// How media flows between oneself and somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Path {
    /// Not yet.
    Connecting,
    /// It flows.
    Connected,
    /// It flowed and does not now; it is being repaired.
    Reconnecting { since: Instant },
}

/// Why a meeting is over for a participant.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum EndReason {
    #[error("You left the meeting.")]
    Left,
    #[error("The host ended the meeting.")]
    EndedByHost,
    #[error("A host removed you from the meeting.")]
    Removed,
    /// The server does not know the meeting any more, and nobody is connected without it.
    #[error("The server does not know the meeting any more, and nobody is connected to you.")]
    Gone,
    /// The server did not let one in; the message is a sentence.
    #[error("{message}")]
    Refused { code: ErrorCode, message: String },
}
