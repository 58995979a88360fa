//! One person's peer connections, as strict as WebRTC: a description or candidate that comes out of order, or to an
//! object that does not expect it, fails the test.

use nonet_signaling::meeting::{DescriptionKind, Effect, PathState, Role};
use nonet_signaling::protocol::{IceCandidate, ParticipantId};
use std::collections::BTreeMap;

/// The signaling state of RFC 9429 §3.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignalingState {
    Stable,
    /// An offer is being made.
    MakingOffer,
    HaveLocalOffer,
    /// An offer was applied, and the answer is being made.
    HaveRemoteOffer,
}

/// A peer connection object.
#[derive(Clone, Debug)]
pub struct PeerConnection {
    /// Its number, unique in the world.
    pub object: u64,
    pub role: Role,
    /// The newest of which the media was told.
    pub generation: u32,
    pub signaling: SignalingState,
    /// The generation of the local description.
    pub local: Option<u32>,
    /// The object that made the remote description, and its generation.
    pub remote: Option<(u64, u32)>,
    /// Candidates of the remote description's generation.
    pub remote_candidates: usize,
    /// What was reported last.
    pub state: PathState,
    /// The generation in which the path last came to be; media flows if this and the other side's agree.
    pub path: Option<(u64, u32)>,
}

impl PeerConnection {
    fn new(object: u64, role: Role, generation: u32) -> Self {
        Self {
            object,
            role,
            generation,
            signaling: SignalingState::Stable,
            local: None,
            remote: None,
            remote_candidates: 0,
            state: PathState::Connecting,
            path: None,
        }
    }
}

/// What the media begins to do on an effect; it is done a moment later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begun {
    Nothing,
    /// A local description of this object and generation is being made.
    Describing {
        object: u64,
        generation: u32,
        kind: DescriptionKind,
    },
    /// What is known of the other side has changed: perhaps a path can be found.
    Informed,
}

pub fn describe(object: u64, generation: u32) -> String {
    format!("{object} {generation}")
}

pub fn candidate(object: u64, generation: u32) -> IceCandidate {
    IceCandidate { candidate: describe(object, generation), sdp_mid: Some("0".to_owned()), sdp_mline_index: Some(0) }
}

fn read(description: &str) -> (u64, u32) {
    let (object, generation) = description.split_once(' ').expect("a description of this simulation");
    (object.parse().unwrap(), generation.parse().unwrap())
}

#[derive(Debug, Default)]
pub struct Media {
    pub connections: BTreeMap<ParticipantId, PeerConnection>,
}

impl Media {
    /// Carries out an effect. `objects` counts the objects of the world; closed ones are added to `closed`.
    pub fn carry_out(&mut self, effect: &Effect, objects: &mut u64, closed: &mut Vec<PeerConnection>) -> Begun {
        match effect {
            Effect::Connect { peer, generation, role } => {
                *objects += 1;
                let mut connection = PeerConnection::new(*objects, *role, *generation);
                let begun = match role {
                    Role::Offerer => {
                        connection.signaling = SignalingState::MakingOffer;
                        let kind = DescriptionKind::Offer;
                        Begun::Describing { object: *objects, generation: *generation, kind }
                    }
                    Role::Answerer => Begun::Nothing,
                };
                closed.extend(self.connections.insert(*peer, connection));
                begun
            }
            Effect::RestartIce { peer, generation } => {
                let connection = self.expect(*peer);
                assert_eq!(connection.role, Role::Offerer);
                assert_eq!(connection.signaling, SignalingState::Stable, "an offer is under way: {connection:?}");
                assert!(connection.remote.is_some(), "nothing to restart: {connection:?}");
                connection.generation = *generation;
                connection.signaling = SignalingState::MakingOffer;
                let kind = DescriptionKind::Offer;
                Begun::Describing { object: connection.object, generation: *generation, kind }
            }
            Effect::ApplyOffer { peer, generation, sdp } => {
                let connection = self.expect(*peer);
                assert_eq!(connection.role, Role::Answerer);
                assert_eq!(connection.signaling, SignalingState::Stable, "{connection:?}");
                let (object, described) = read(sdp);
                assert_eq!(described, *generation);
                if let Some((before, _)) = connection.remote {
                    assert_eq!(before, object, "an offer of another object: {connection:?}");
                }
                connection.generation = *generation;
                connection.remote = Some((object, described));
                connection.remote_candidates = 0;
                connection.signaling = SignalingState::HaveRemoteOffer;
                let kind = DescriptionKind::Answer;
                Begun::Describing { object: connection.object, generation: *generation, kind }
            }
            Effect::ApplyAnswer { peer, generation, sdp } => {
                let connection = self.expect(*peer);
                assert_eq!(connection.signaling, SignalingState::HaveLocalOffer, "{connection:?}");
                assert_eq!(connection.local, Some(*generation), "{connection:?}");
                let (object, described) = read(sdp);
                assert_eq!(described, *generation);
                connection.remote = Some((object, described));
                connection.remote_candidates = 0;
                connection.signaling = SignalingState::Stable;
                Begun::Informed
            }
            Effect::AddCandidate { peer, generation, candidate } => {
                let connection = self.expect(*peer);
                assert_eq!(connection.remote, Some(read(&candidate.candidate)), "no such description: {connection:?}");
                assert_eq!(connection.generation, *generation, "{connection:?}");
                connection.remote_candidates += 1;
                Begun::Informed
            }
            Effect::Close { peer } => {
                closed.extend(self.connections.remove(peer));
                Begun::Nothing
            }
            _ => Begun::Nothing,
        }
    }

    fn expect(&mut self, peer: ParticipantId) -> &mut PeerConnection {
        self.connections.get_mut(&peer).unwrap_or_else(|| panic!("no connection with {peer}"))
    }

    /// A local description is made, unless its object is gone or has gone on.
    pub fn described(&mut self, peer: ParticipantId, object: u64, generation: u32) -> bool {
        let Some(connection) = self.connections.get_mut(&peer).filter(|connection| connection.object == object) else {
            return false;
        };
        assert_eq!(connection.generation, generation);
        connection.local = Some(generation);
        connection.signaling = match connection.signaling {
            SignalingState::MakingOffer => SignalingState::HaveLocalOffer,
            SignalingState::HaveRemoteOffer => SignalingState::Stable,
            other => panic!("nothing is being described: {other:?}"),
        };
        true
    }
}
