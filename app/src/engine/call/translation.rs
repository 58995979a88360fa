//! The same things under two names: what signaling and media call roles, descriptions, candidates and paths, since neither
//! knows the other.

use nonet_media::mesh;
use nonet_signaling::meeting::{DescriptionKind, PathState, Role};
use nonet_signaling::protocol::IceCandidate;

pub(super) fn role_for_mesh(role: Role) -> mesh::Role {
    match role {
        Role::Offerer => mesh::Role::Offerer,
        Role::Answerer => mesh::Role::Answerer,
    }
}

pub(super) fn candidate_for_mesh(candidate: IceCandidate) -> mesh::Candidate {
    let IceCandidate { candidate, sdp_mid, sdp_mline_index } = candidate;
    mesh::Candidate { candidate, sdp_mid, sdp_mline_index }
}

pub(super) fn candidate_for_meeting(candidate: mesh::Candidate) -> IceCandidate {
    let mesh::Candidate { candidate, sdp_mid, sdp_mline_index } = candidate;
    IceCandidate { candidate, sdp_mid, sdp_mline_index }
}

pub(super) fn kind_for_meeting(kind: mesh::DescriptionKind) -> DescriptionKind {
    match kind {
        mesh::DescriptionKind::Offer => DescriptionKind::Offer,
        mesh::DescriptionKind::Answer => DescriptionKind::Answer,
    }
}

pub(super) fn path_for_meeting(state: mesh::PathState) -> PathState {
    match state {
        mesh::PathState::Connecting => PathState::Connecting,
        mesh::PathState::Connected => PathState::Connected,
        mesh::PathState::Disconnected => PathState::Disconnected,
        mesh::PathState::Failed => PathState::Failed,
    }
}
