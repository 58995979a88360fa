//! What the meeting wants of the media is carried out; what the media says goes to the meeting and to one's own devices.

use std::time::Instant;

use nonet_media::choice::DeviceEvent;
use nonet_media::mesh::{self, MeshEvent};
use nonet_media::rtp::PeerId;
use nonet_media::session::SessionEvent;
use nonet_media::sound::SoundEvent;
use nonet_signaling::meeting::{Effect, Input};
use nonet_signaling::protocol::ParticipantId;

use super::{Call, Outcome};
use crate::engine::translation::{
    candidate_for_meeting, candidate_for_mesh, kind_for_meeting, path_for_meeting, role_for_mesh,
};
use crate::report;
use crate::view::NoticeKind;

/// Participants of the past that the report remembers.
const MOST_DEPARTED: usize = 64;

impl Call<'_> {
    pub(super) fn session_event(&mut self, event: SessionEvent) -> Option<Outcome> {
        match event {
            SessionEvent::Mesh(event) => self.mesh_event(event),
            SessionEvent::Sound(SoundEvent::Microphone(event)) => {
                let news = self.microphone.handle(event);
                self.say(news);
                self.share()
            }
            SessionEvent::Sound(SoundEvent::Speaker(event)) => {
                let news = self.speaker.handle(event);
                self.say(news);
                self.publish();
                None
            }
        }
    }

    pub(super) fn camera_event(&mut self, event: DeviceEvent) -> Option<Outcome> {
        let news = self.camera.handle(event);
        self.say(news);
        self.share()
    }

    fn mesh_event(&mut self, event: MeshEvent) -> Option<Outcome> {
        let input = match event {
            MeshEvent::LocalDescription { peer, generation, kind, sdp } => {
                let kind = kind_for_meeting(kind);
                Input::LocalDescription { peer: ParticipantId(peer.0), generation, kind, sdp }
            }
            MeshEvent::LocalCandidate { peer, generation, candidate } => {
                let candidate = candidate_for_meeting(candidate);
                Input::LocalCandidate { peer: ParticipantId(peer.0), generation, candidate }
            }
            MeshEvent::Path { peer, generation, state } => {
                self.session.path_changed(peer, state);
                let state = path_for_meeting(state);
                Input::PathState { peer: ParticipantId(peer.0), generation, state }
            }
            MeshEvent::Interest { peer, interest } => {
                self.session.interest_changed(peer, interest);
                return None;
            }
            MeshEvent::Account { peer, account } => {
                self.receptions.told(Instant::now(), peer.0, account);
                return None;
            }
            MeshEvent::EstimateFell { .. } => {
                self.session.reallocate();
                return None;
            }
            MeshEvent::KeyFrameWanted { .. } => return None,
        };
        self.input(input)
    }

    pub(super) fn effect(&mut self, effect: Effect) -> Option<Outcome> {
        match effect {
            Effect::Send(message) => self.doors.send(message),
            Effect::Connect { peer, generation, role } => {
                let name = self.name_of(peer);
                if let Err(error) = self.session.connect(PeerId(peer.0), &name, generation, role_for_mesh(role)) {
                    tracing::error!(%error, "no connection to a participant");
                    let error = error.to_string();
                    self.notice(NoticeKind::Warning, |texts| texts.call().unreachable(&name, &error));
                }
                self.session.set_volume(PeerId(peer.0), self.desk.settings().volume(&name));
            }
            Effect::ApplyOffer { peer, generation, sdp } => {
                self.session.apply_description(PeerId(peer.0), generation, mesh::DescriptionKind::Offer, sdp);
            }
            Effect::ApplyAnswer { peer, generation, sdp } => {
                self.session.apply_description(PeerId(peer.0), generation, mesh::DescriptionKind::Answer, sdp);
            }
            Effect::AddCandidate { peer, candidate, .. } => {
                self.session.add_candidate(PeerId(peer.0), candidate_for_mesh(candidate));
            }
            Effect::RestartIce { peer, generation } => self.session.restart_ice(PeerId(peer.0), generation),
            Effect::Close { peer } => self.close(peer),
            Effect::Reacted { from, reaction } => self.reacted(from, reaction),
            Effect::Muted { by } => return self.muted(by),
            Effect::AskedToUnmute { by } => self.asked_to_unmute(by),
            Effect::CameraStopped { by } => return self.camera_stopped(by),
            Effect::Refused(code) => self.refused(&code),
            Effect::Changed => self.changed(),
            Effect::Ended(reason) => return Some(self.outcome(reason)),
        }
        None
    }

    fn close(&mut self, peer: ParticipantId) {
        let name = self.name_of(peer);
        if let Some(statistics) = self.session.close(PeerId(peer.0))
            && self.departed.len() < MOST_DEPARTED
        {
            self.departed.push(report::Remote::new(&name, self.since, &statistics));
        }
    }
}
