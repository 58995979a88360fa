//! What holds in every world once it has come to rest.

use super::{Person, World};
use nonet_signaling::meeting::{ChatEntry, Delivery, Path, PathState, Role, Signaling, Stage};
use nonet_signaling::protocol::{ParticipantId, ParticipantInfo};
use std::collections::{BTreeMap, BTreeSet};

impl World {
    fn people_in(&self) -> impl Iterator<Item = &Person> {
        self.people.iter().filter(|person| person.is_in())
    }

    pub fn people_in_meeting(&self) -> u64 {
        self.people_in().count() as u64
    }

    /// The generations of all connections, in order.
    pub fn generations(&self) -> Vec<u32> {
        self.people_in()
            .flat_map(|person| person.media.connections.values().map(|connection| connection.generation))
            .collect()
    }

    /// Everybody knows the same people, and of each what that one really shares.
    pub fn assert_all_agree(&self) {
        let infos = |person: &Person| -> Vec<ParticipantInfo> {
            person.meeting.state().participants.iter().map(|participant| participant.info.clone()).collect()
        };
        let Some(first) = self.people_in().next() else { return };
        let known = infos(first);
        assert_eq!(known.len(), self.people_in().count(), "{known:#?}");
        assert_eq!(self.directory.participants(), known.len());
        assert!(known.iter().any(|info| info.host), "a host: {known:#?}");
        let opener = &self.people[0];
        if opener.is_in() {
            assert!(opener.meeting.state().is_host(), "who opened it is one: {known:#?}");
        }
        assert!(known.iter().all(|info| !info.reconnecting), "{known:#?}");
        assert!(known.is_sorted_by_key(|info| info.id), "in order of joining: {known:#?}");
        for person in self.people_in() {
            let state = person.meeting.state();
            assert_eq!(state.stage, Stage::Joined);
            assert_eq!(state.signaling, Signaling::Connected);
            assert_eq!(infos(person), known);
            let me = known.iter().find(|info| Some(info.id) == state.me).expect("one knows oneself");
            assert_eq!((me.microphone, me.camera), (state.microphone, state.camera));
            assert!(state.participants.iter().all(|participant| participant.is_me == (participant.info.id == me.id)));
        }
    }

    /// Everybody has heard what was said to all and is kept, once and in order, and private messages were heard by those whom they are
    /// for. What one has said oneself is settled.
    pub fn assert_chat_agrees(&self) {
        let sent = |person: &Person| -> BTreeMap<u64, (ParticipantId, Option<ParticipantId>, String)> {
            let entries = person.meeting.state().chat.entries().iter();
            let sent = entries.filter_map(|entry| match entry.delivery {
                Delivery::Sent { id, .. } => Some((id, (entry.from, entry.to, entry.text.as_str().to_owned()))),
                _ => None,
            });
            sent.collect()
        };
        let everything: BTreeMap<_, _> = self.people_in().flat_map(sent).collect();
        for person in self.people_in() {
            let state = person.meeting.state();
            let ids = state.chat.entries().iter().filter_map(|entry| match entry.delivery {
                Delivery::Sent { id, .. } => Some(id),
                _ => None,
            });
            let ids: Vec<_> = ids.collect();
            assert!(ids.is_sorted_by(|a, b| a < b), "once and in order: {ids:?}");
            let heard = sent(person);
            let mut numbers: Vec<_> = state.chat.entries().iter().map(|entry| entry.number).collect();
            numbers.sort_unstable();
            assert!(numbers.is_sorted_by(|a, b| a < b), "each has its own number");
            for (id, message) in &everything {
                let (from, to, _) = message;
                if to.is_none() || state.me.is_some_and(|me| me == *from || *to == Some(me)) {
                    assert_eq!(heard.get(id), Some(message), "{:?} has not heard {id}", state.me);
                }
            }
            let is_pending = |entry: &ChatEntry| matches!(entry.delivery, Delivery::Pending { .. });
            assert!(!state.chat.entries().iter().any(is_pending), "nothing is waited for");
        }
        // What was said once was taken in once.
        let texts: BTreeSet<_> = everything.values().map(|(_, _, text)| text).collect();
        assert_eq!(texts.len(), everything.len(), "{everything:#?}");
    }

    /// Each hand is as its owner last wanted it, unless a host has lowered it or its owner was away for too long.
    pub fn assert_hands_are_as_wanted(&self) {
        for person in self.people_in() {
            if let Some((me, wanted)) = person.wants_hand
                && person.meeting.state().me == Some(me)
            {
                assert_eq!(person.meeting.state().my_hand().is_some(), wanted);
            }
        }
    }

    /// Each two have one connection, with each other, of the same generation, and media flows.
    pub fn assert_one_connection_per_pair(&self) {
        let others = self.people_in().count().saturating_sub(1);
        for person in self.people_in() {
            let state = person.meeting.state();
            let me = state.me.expect("in the meeting");
            assert_eq!(person.media.connections.len(), others);
            assert_eq!(person.meeting.next_deadline(), None, "nothing is waited for");
            for participant in &state.participants {
                assert_eq!(participant.path, Path::Connected, "{me} to {}", participant.info.id);
            }
            for (peer, connection) in &person.media.connections {
                assert_eq!(connection.role, if me > *peer { Role::Offerer } else { Role::Answerer });
                assert_eq!(connection.state, PathState::Connected, "{me} to {peer}");
                let (other, generation) = connection.path.expect("media flows");
                let (other_person, other_peer) = self.owners[&other];
                assert_eq!(self.people[other_person].meeting.state().me, Some(*peer));
                assert_eq!(other_peer, me);
                let back = self.connection(other).expect("the other side has it too");
                assert_eq!(back.path, Some((connection.object, generation)));
                assert_eq!(back.generation, connection.generation);
            }
        }
    }

    /// The server keeps nothing, and nobody has a connection.
    pub fn assert_nothing_is_left(&self) {
        assert!(self.directory.is_empty(), "{:#?}", self.directory);
        assert!(self.people.iter().all(|person| person.media.connections.is_empty()));
    }
}
