//! The same things under two names: what signaling and media call roles, descriptions, candidates and paths, since neither
//! knows the other; and what the window and signaling call reactions and waiting rooms.

use nonet_media::mesh;
use nonet_signaling::meeting::{DescriptionKind, PathState, Role};
use nonet_signaling::protocol::{self, IceCandidate, Reaction};

use crate::view::{ReactionKind, WaitingRoom};

/// Which side of a pair makes the offers.
pub fn role_for_mesh(role: Role) -> mesh::Role {
    match role {
        Role::Offerer => mesh::Role::Offerer,
        Role::Answerer => mesh::Role::Answerer,
    }
}

/// A candidate that came from the peer.
pub fn candidate_for_mesh(candidate: IceCandidate) -> mesh::Candidate {
    let IceCandidate { candidate, sdp_mid, sdp_mline_index } = candidate;
    mesh::Candidate { candidate, sdp_mid, sdp_mline_index }
}

/// A candidate of ours.
pub fn candidate_for_meeting(candidate: mesh::Candidate) -> IceCandidate {
    let mesh::Candidate { candidate, sdp_mid, sdp_mline_index } = candidate;
    IceCandidate { candidate, sdp_mid, sdp_mline_index }
}

/// What a description of ours is.
pub fn kind_for_meeting(kind: mesh::DescriptionKind) -> DescriptionKind {
    match kind {
        mesh::DescriptionKind::Offer => DescriptionKind::Offer,
        mesh::DescriptionKind::Answer => DescriptionKind::Answer,
    }
}

/// Whether media can flow to the peer.
pub fn path_for_meeting(state: mesh::PathState) -> PathState {
    match state {
        mesh::PathState::Connecting => PathState::Connecting,
        mesh::PathState::Connected => PathState::Connected,
        mesh::PathState::Disconnected => PathState::Disconnected,
        mesh::PathState::Failed => PathState::Failed,
    }
}

/// What one shows.
pub fn reaction_for_meeting(kind: ReactionKind) -> Reaction {
    match kind {
        ReactionKind::ThumbsUp => Reaction::ThumbsUp,
        ReactionKind::Clapping => Reaction::Clapping,
        ReactionKind::Heart => Reaction::Heart,
        ReactionKind::Laughing => Reaction::Laughing,
        ReactionKind::Surprised => Reaction::Surprised,
        ReactionKind::Celebrating => Reaction::Celebrating,
    }
}

/// What somebody shows.
pub fn reaction_for_view(reaction: Reaction) -> ReactionKind {
    match reaction {
        Reaction::ThumbsUp => ReactionKind::ThumbsUp,
        Reaction::Clapping => ReactionKind::Clapping,
        Reaction::Heart => ReactionKind::Heart,
        Reaction::Laughing => ReactionKind::Laughing,
        Reaction::Surprised => ReactionKind::Surprised,
        Reaction::Celebrating => ReactionKind::Celebrating,
    }
}

/// Who is to wait.
pub fn waiting_room_for_meeting(mode: WaitingRoom) -> protocol::WaitingRoom {
    match mode {
        WaitingRoom::Off => protocol::WaitingRoom::Off,
        WaitingRoom::WithoutLink => protocol::WaitingRoom::WithoutKey,
        WaitingRoom::All => protocol::WaitingRoom::All,
    }
}

/// Who has to wait.
pub fn waiting_room_for_view(mode: protocol::WaitingRoom) -> WaitingRoom {
    match mode {
        protocol::WaitingRoom::Off => WaitingRoom::Off,
        protocol::WaitingRoom::WithoutKey => WaitingRoom::WithoutLink,
        protocol::WaitingRoom::All => WaitingRoom::All,
    }
}
