//! Who is in the meeting: says who comes, who goes and who switches a device.

use std::collections::BTreeMap;
use std::time::Instant;

use nonet_media::audio::mixer::Volume;
use nonet_media::rtp::PeerId;
use nonet_signaling::discovery::Attendance;
use nonet_signaling::meeting::{Signaling, Stage};
use nonet_signaling::protocol::{DisplayName, ParticipantId, ParticipantInfo, limits};

use super::Call;
use crate::engine::Event;
use crate::engine::past::Past;
use crate::text::{Language, Texts};
use crate::view::Screen;

/// Another participant, as told in events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Other {
    pub name: String,
    microphone: bool,
    camera: bool,
}

impl Other {
    fn new(info: &ParticipantInfo) -> Self {
        Self { name: info.name.as_str().to_owned(), microphone: info.microphone, camera: info.camera }
    }
}

impl Call<'_> {
    /// The name of somebody who is there, or was at the last look.
    pub(super) fn name_of(&self, id: ParticipantId) -> String {
        let participants = &self.meeting.state().participants;
        match participants.iter().find(|participant| participant.info.id == id) {
            Some(participant) => participant.info.name.as_str().to_owned(),
            None => {
                self.others.get(&id).map(|other| other.name.clone()).unwrap_or_else(|| DisplayName::NOBODY.to_owned())
            }
        }
    }

    /// Plays somebody so loud from now on, also after coming back and in meetings to come.
    pub(super) fn set_volume(&mut self, id: ParticipantId, volume: Volume) {
        if let Some(other) = self.others.get(&id) {
            self.desk.remember_volume(&other.name, volume);
            self.session.set_volume(PeerId(id.0), volume);
            self.publish();
        }
    }

    /// The meeting's state has changed: say what is new, and show it.
    pub(super) fn changed(&mut self) {
        let state = self.meeting.state();
        for participant in &state.participants {
            self.session.set_peer_camera(PeerId(participant.info.id.0), participant.info.camera);
        }
        if !std::mem::replace(&mut self.is_told_to_wait, matches!(state.stage, Stage::Waiting { .. }))
            && let (Stage::Waiting { .. }, Some(code)) = (&state.stage, state.code)
        {
            self.emit(Event::Waiting { code: code.to_string() });
        }
        if self.joined_at.is_none() && state.stage == Stage::Joined {
            let opened_by_us = state.is_host() && state.participants.len() == 1;
            let (code, link) = match (state.code, self.doors.address()) {
                (Some(code), Some(server)) => (code.to_string(), server.link(code, state.link_key).to_string()),
                _ => Default::default(),
            };
            let now = Instant::now();
            self.joined_at = Some(now);
            self.past = Some(Past::new(link.clone(), now));
            self.emit(if opened_by_us { Event::Hosting { code, link } } else { Event::Joined { code, link } });
            for text in std::mem::take(&mut self.untold) {
                self.emit(Event::Notice { text });
            }
            self.greet(true);
        } else if self.joined_at.is_some() && !matches!(state.stage, Stage::Ended(_)) {
            self.greet(false);
        }
        self.changed_together();
        let is_forgotten = matches!(self.meeting.state().signaling, Signaling::Forgotten { .. });
        if !std::mem::replace(&mut self.is_forgotten, is_forgotten) && is_forgotten {
            // The window says it for as long as it is so.
            let text = Texts::new(Language::English).call().meeting_lost();
            self.emit(Event::Notice { text: text.to_owned() });
        }
        self.publish();
        self.announce();
    }

    /// Tells this network of the meeting, if it is ours and is to be found.
    fn announce(&mut self) {
        let state = self.meeting.state();
        let (Some(herald), Some(code), Stage::Joined) = (&mut self.herald, state.code, &state.stage) else { return };
        let is_locked = matches!(&self.publisher.borrow().screen, Screen::Meeting(meeting) if meeting.is_locked);
        let people = state.participants.len();
        let is_open = !is_locked && people < limits::MAX_PARTICIPANTS;
        herald.tell(code, Attendance { people: u8::try_from(people).unwrap_or(u8::MAX), is_open });
    }

    /// Tells listeners what the window sees by itself, and says together where it happens often.
    pub(super) fn tell(&self, say: impl Fn(Texts) -> String) {
        let text = say(Texts::new(Language::English));
        tracing::info!("{text}");
        self.emit(Event::Notice { text });
    }

    /// Says who came, who left, and who switched a device. Those who were there before us are told as events only.
    fn greet(&mut self, were_there_before: bool) {
        let others = self.meeting.state().participants.iter().filter(|participant| !participant.is_me);
        let now: BTreeMap<_, _> =
            others.map(|participant| (participant.info.id, Other::new(&participant.info))).collect();
        let before = std::mem::replace(&mut self.others, now.clone());
        if let Some(past) = &mut self.past {
            past.see(now.values().map(|other| other.name.as_str()));
        }
        for (id, Other { name, microphone, camera }) in &now {
            let (name, microphone, camera) = (name.clone(), *microphone, *camera);
            match before.get(id) {
                None => {
                    self.emit(Event::ParticipantJoined { name: name.clone(), microphone, camera });
                    if !were_there_before {
                        self.tell(|texts| texts.call().joined(&name));
                    }
                }
                Some(known) if *known != now[id] => self.emit(Event::ParticipantUpdated { name, microphone, camera }),
                Some(_) => {}
            }
        }
        for (id, Other { name, .. }) in before.into_iter().filter(|(id, _)| !now.contains_key(id)) {
            self.seen.remove(&id);
            self.emit(Event::ParticipantLeft { name: name.clone() });
            self.tell(|texts| texts.call().left(&name));
        }
    }
}
