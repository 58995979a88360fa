//! What goes into a participant's meeting and what comes out of it.

use super::EndReason;
use crate::protocol::{
    ChatText, ClientMessage, DisplayName, ErrorCode, IceCandidate, LinkKey, MeetingCode, ParticipantId, Reaction,
    ResumeToken, ServerMessage, WaitingId, WaitingRoom,
};

/// What one wants of the server, and what one shares from the start.
#[derive(Clone, Debug)]
pub struct JoinRequest {
    /// The meeting to join; none opens a new one.
    pub code: Option<MeetingCode>,
    pub name: DisplayName,
    pub microphone: bool,
    pub camera: bool,
    /// A fresh one for each meeting, from `random::resume_token`.
    pub token: ResumeToken,
    /// The key that the link had.
    pub link_key: Option<LinkKey>,
}

/// Which of a pair's two sides one is; fixed by the ids, so that both never offer at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Joined later: makes the offers.
    Offerer,
    /// Joined earlier: answers, and asks for an offer where it needs one.
    Answerer,
}

/// Which of the two session descriptions of a negotiation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DescriptionKind {
    Offer,
    Answer,
}

/// The state of a peer connection, as WebRTC's `RTCPeerConnectionState` says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PathState {
    /// Not yet, or again on the way.
    Connecting,
    /// Media flows.
    Connected,
    /// Nothing has been heard for a moment; it may come back by itself.
    Disconnected,
    /// It will not come back by itself. Also said when a description could not be made or applied.
    Failed,
}

/// What only hosts can.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostControl {
    SetHost { id: ParticipantId, host: bool },
    SetLocked(bool),
    SetWaitingRoom(WaitingRoom),
    Admit(Vec<WaitingId>),
    Deny(Vec<WaitingId>),
    LowerHand(ParticipantId),
    Mute(ParticipantId),
    AskToUnmute(ParticipantId),
    StopCamera(ParticipantId),
    Remove(ParticipantId),
}

/// What happened.
#[derive(Clone, Debug)]
pub enum Input {
    /// A fresh connection to the server is open.
    Connected,
    /// The connection to the server is lost.
    Disconnected,
    /// The server said something.
    Received(ServerMessage),
    /// Whether the microphone is to be on.
    SetMicrophone(bool),
    /// Whether the camera is to be on.
    SetCamera(bool),
    /// Leave; the meeting goes on without oneself.
    Leave,
    /// End the meeting for everybody. Does nothing for who is not a host; while the server is away it only leaves.
    EndForAll,
    /// Say something in the chat, to everybody or to one.
    Say { text: ChatText, to: Option<ParticipantId> },
    /// Whether one's hand is to be up.
    SetHand(bool),
    /// Show everybody a reaction; while the server is away nobody sees it.
    React(Reaction),
    /// Do what only hosts can; while the server is away nothing is done.
    Control(HostControl),
    /// The media has made and set the local description of a negotiation.
    LocalDescription { peer: ParticipantId, generation: u32, kind: DescriptionKind, sdp: String },
    /// The media has found a candidate of its own in a negotiation.
    LocalCandidate { peer: ParticipantId, generation: u32, candidate: IceCandidate },
    /// The state of the connection changed; `generation` is the newest of which the media was told for this peer.
    PathState { peer: ParticipantId, generation: u32, state: PathState },
    /// [`super::Meeting::next_deadline`] has come.
    Tick,
}

/// What is to be done. Those of one peer are to be carried out in order, each after the one before is done; one whose
/// generation is older than the newest `Connect`'s for that peer has lost its object and is let pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Say this to the server.
    Send(ClientMessage),
    /// Make the peer connection with this peer, closing the one there may be. The offerer then makes an offer and
    /// gives it as [`Input::LocalDescription`]; for the answerer an `ApplyOffer` follows.
    Connect { peer: ParticipantId, generation: u32, role: Role },
    /// Set the remote offer, then make an answer and give it as [`Input::LocalDescription`].
    ApplyOffer { peer: ParticipantId, generation: u32, sdp: String },
    /// Set the remote answer.
    ApplyAnswer { peer: ParticipantId, generation: u32, sdp: String },
    /// Add a remote candidate; its remote description came before.
    AddCandidate { peer: ParticipantId, generation: u32, candidate: IceCandidate },
    /// Offerer only: on the connection there is, make an offer that restarts ICE.
    RestartIce { peer: ParticipantId, generation: u32 },
    /// Close the peer connection, if there is one; this peer is not heard of again.
    Close { peer: ParticipantId },
    /// Somebody shows a reaction, oneself included.
    Reacted { from: ParticipantId, reaction: Reaction },
    /// A host has switched one's microphone off: it is to be off, as the state says by now.
    Muted { by: ParticipantId },
    /// A host asks one to switch the microphone on.
    AskedToUnmute { by: ParticipantId },
    /// A host has switched one's camera off: it is to be off, as the state says by now.
    CameraStopped { by: ParticipantId },
    /// What one asked for cannot be done. Of chat messages that are on the way, the state tells it.
    Refused(ErrorCode),
    /// [`super::Meeting::state`] has changed.
    Changed,
    /// The meeting is over for this participant; nothing follows. Every connection has had its `Close` before.
    Ended(EndReason),
}
