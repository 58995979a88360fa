//! The meeting's state and the media's, drawn together into the view. Looks at both, changes neither.

use std::sync::Arc;
use std::time::Instant;

use nonet_media::rtp::PeerId;
use nonet_media::session::Session;
use nonet_signaling::meeting::{self, MeetingState, Path, Signaling};
use nonet_signaling::protocol::{self, ParticipantId, ServerAddress};

use super::desk::Desk;
use super::own_device::OwnDevice;
use super::translation::waiting_room_for_view;
use crate::settings::Settings;
use crate::statistics::History;
use crate::view::{ChatMessage, Connection, Meeting, Motion, Participant, Reaction, Waiting, WaitingPerson};

/// What is one's own in it.
#[derive(Clone, Copy)]
pub(super) struct Own<'a> {
    pub desk: &'a Desk,
    pub microphone: &'a OwnDevice,
    pub camera: &'a OwnDevice,
}

/// The meeting screen.
pub(super) fn meeting(
    state: &MeetingState,
    session: &Session,
    own: Own<'_>,
    address: &ServerAddress,
    joined_at: Instant,
    statistics: &History,
    (chat, reactions): (Arc<[ChatMessage]>, Vec<Reaction>),
) -> Meeting {
    let hands = state.hands();
    Meeting {
        code: state.code.map(|code| code.to_string()).unwrap_or_default(),
        link: state.code.map(|code| address.link(code, state.link_key).to_string()).unwrap_or_default(),
        joined_at,
        participants: state
            .participants
            .iter()
            .map(|somebody| participant(somebody, session, own.desk.settings(), &hands))
            .collect(),
        microphone: own.microphone.shown(own.desk.texts()),
        camera: own.camera.shown(own.desk.texts()),
        signaling_lost_since: match state.signaling {
            Signaling::Connected => None,
            Signaling::Away { since } | Signaling::Forgotten { since } => Some(since),
        },
        is_forgotten: matches!(state.signaling, Signaling::Forgotten { .. }),
        statistics: statistics.clone(),
        is_host: state.is_host(),
        is_locked: state.locked,
        waiting_room: waiting_room_for_view(state.waiting_room),
        waiting: state.waiting.iter().map(waiting_person).collect(),
        chat,
        reactions,
        alert: None,
    }
}

/// The waiting room, as one sees it from inside.
pub(super) fn waiting(
    state: &MeetingState,
    session: &Session,
    own: Own<'_>,
    since: Instant,
    is_host_there: bool,
) -> Waiting {
    Waiting {
        code: state.code.map(|code| code.to_string()).unwrap_or_default(),
        since,
        is_host_there,
        microphone: own.microphone.shown(own.desk.texts()),
        camera: own.camera.shown(own.desk.texts()),
        pictures: session.own_pictures().clone(),
    }
}

fn waiting_person(waiter: &protocol::WaitingPerson) -> WaitingPerson {
    WaitingPerson { id: waiter.id.0, name: waiter.name.as_str().to_owned() }
}

fn participant(
    somebody: &meeting::Participant,
    session: &Session,
    settings: &Settings,
    hands: &[ParticipantId],
) -> Participant {
    let rank = hands.iter().position(|id| *id == somebody.info.id);
    let peer = PeerId(somebody.info.id.0);
    let speaking = if somebody.is_me { session.is_speaking() } else { session.is_peer_speaking(peer) };
    let pictures = if somebody.is_me { Some(session.own_pictures()) } else { session.pictures(peer) };
    Participant {
        id: somebody.info.id.0,
        name: somebody.info.name.as_str().to_owned(),
        is_self: somebody.is_me,
        is_host: somebody.info.host,
        microphone_on: somebody.info.microphone,
        camera_on: somebody.info.camera,
        speaking,
        connection: match somebody.path {
            Path::Connecting => Connection::Connecting,
            Path::Connected => Connection::Connected,
            Path::Reconnecting { since } => Connection::Reconnecting { since },
        },
        motion: match session.stands_still_since(peer) {
            Some(since) if !somebody.is_me => Motion::Stale { since },
            _ => Motion::Live,
        },
        pictures: pictures.cloned().unwrap_or_default(),
        volume_percent: settings.volume(somebody.info.name.as_str()).as_percent(),
        hand: rank.and_then(|rank| u32::try_from(rank + 1).ok()),
        quality: None,
    }
}
