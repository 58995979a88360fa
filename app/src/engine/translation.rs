//! The same things under two names: what signaling and media call roles, descriptions, candidates and paths, since neither
//! knows the other.

use nonet_media::mesh;
use nonet_signaling::meeting::{DescriptionKind, PathState, Role};
use nonet_signaling::protocol::IceCandidate;

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
