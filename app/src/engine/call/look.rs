//! What has no event of its own is looked at now and then: voices, pictures, figures.

use std::time::{Duration, Instant};

use nonet_media::mesh::Demand;
use nonet_media::rtp::PeerId;
use nonet_signaling::meeting::Path;
use nonet_signaling::protocol::ParticipantId;

use super::{Call, Outcome};
use crate::engine::Event;
use crate::shortcuts::{self, Action};
use crate::statistics::{Counts, RemoteCounts};
use crate::view::NoticeKind;

/// How often to look.
pub(super) const LOOK_INTERVAL: Duration = Duration::from_millis(100);

/// How long leaving waits for the server to end the meeting for all.
const ENDING_TAKES_AT_MOST: Duration = Duration::from_secs(1);

impl Call<'_> {
    /// Looks at what has no event of its own: voices, first pictures, pictures that stand still, and a farewell that the server
    /// does not answer.
    pub(super) fn look(&mut self) -> Option<Outcome> {
        if self.leaving_since.is_some_and(|since| since.elapsed() > ENDING_TAKES_AT_MOST) {
            return Some(Outcome::Left);
        }
        self.joined_at?;
        self.let_go_of_reactions();
        self.session.tell_interest();
        self.session.follow_links_with_sound();
        self.session.reallocate();
        if self.session.take_spoke_unheard() && !self.microphone.is_on() {
            let talk = self.desk.settings().shortcuts.keys(Action::Talk);
            self.notice(NoticeKind::Information, |texts| match talk {
                Some(keys) => texts.call().unheard_but(&shortcuts::words(keys, texts.shortcuts())),
                None => texts.call().unheard().to_owned(),
            });
            self.publish();
        }
        let mut speaking = Vec::new();
        for participant in &self.meeting.state().participants {
            let id = participant.info.id;
            let is_speaking = if participant.is_me {
                self.session.is_speaking()
            } else {
                self.session.is_peer_speaking(PeerId(id.0))
            };
            if is_speaking {
                speaking.push(id);
            }
        }
        let others = self.others.iter().filter(|(id, _)| !self.seen.contains(id));
        let unseen: Vec<_> = others.map(|(id, other)| (*id, other.name.clone())).collect();
        for (id, name) in unseen {
            if let Some(at) = self.session.first_picture_at(PeerId(id.0)) {
                self.seen.insert(id);
                let after_ms = at.saturating_duration_since(self.since).as_secs_f64() * 1000.0;
                self.emit(Event::FirstFrame { name, after_ms });
            }
        }
        let stands_still = |id: &ParticipantId| self.session.stands_still_since(PeerId(id.0)).is_some();
        let stale: Vec<_> = self.others.keys().copied().filter(stands_still).collect();
        if (&speaking, &stale) != (&self.speaking, &self.stale) {
            (self.speaking, self.stale) = (speaking, stale);
            self.publish();
        }
        self.record(Instant::now());
        None
    }

    /// Records what the last second was like, once a second, and judges it. Wakes nobody unless the judgement changes: a window that
    /// shows figures looks by itself.
    fn record(&mut self, now: Instant) {
        if !self.statistics.is_due(now) {
            return;
        }
        let state = self.meeting.state();
        let remotes = self.others.iter().filter_map(|(id, other)| {
            let peer = PeerId(id.0);
            let participant = state.participants.iter().find(|participant| participant.info.id == *id)?;
            let awaited_height = match self.session.shown(peer)? {
                Demand::Shown { height, .. } if participant.info.camera => Some(height),
                _ => None,
            };
            Some(RemoteCounts {
                id: id.0,
                name: other.name.as_str().into(),
                is_connected: participant.path == Path::Connected,
                awaited_height,
                layer: self.session.sent_layer(peer),
                wanted_bps: self.session.wanted_bps(peer),
                statistics: self.session.remote_statistics(peer)?,
            })
        });
        let counts = Counts {
            layers: self.session.send_statistics(),
            targets: self.session.send_targets(),
            remotes: remotes.collect(),
            me: state.me.map(|me| me.0),
            is_overloaded: self.session.is_overloaded(),
            told: self.receptions.accounts(now, |id| self.others.contains_key(&ParticipantId(id))),
        };
        self.statistics.record(now, counts);
        if let (Some(past), Some(second)) = (&mut self.past, self.statistics.history().last()) {
            let people = self.meeting.state().participants.iter();
            let is_gone = |path| matches!(path, Path::Reconnecting { .. });
            let gone: Vec<_> = people.filter(|person| is_gone(person.path)).map(|person| person.info.id.0).collect();
            let still: Vec<_> = self.stale.iter().map(|id| id.0).collect();
            past.add(second, &gone, &still);
        }
        let has_changed = self.receptions.look(now, self.statistics.history(), &mut self.session);
        self.desk.save();
        if has_changed {
            self.publish();
        } else {
            self.renew_view();
        }
    }
}
