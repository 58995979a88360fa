//! Media between people: descriptions are made in their time, a path comes to be where both sides have each other's, and
//! breaks.

use super::{Event, MILLISECOND, SECOND, World};
use crate::media::{Begun, PeerConnection, SignalingState, candidate, describe};
use nonet_signaling::meeting::{DescriptionKind, Effect, Input, PathState};
use nonet_signaling::protocol::ParticipantId;

impl World {
    pub(super) fn carry_out(&mut self, person: usize, effect: &Effect) {
        let mut closed = Vec::new();
        let peer = match effect {
            Effect::Connect { peer, .. }
            | Effect::RestartIce { peer, .. }
            | Effect::ApplyOffer { peer, .. }
            | Effect::ApplyAnswer { peer, .. }
            | Effect::AddCandidate { peer, .. }
            | Effect::Close { peer } => *peer,
            _ => return,
        };
        let begun = self.people[person].media.carry_out(effect, &mut self.objects, &mut closed);
        if let Some(connection) = self.people[person].media.connections.get(&peer) {
            self.owners.insert(connection.object, (person, peer));
        }
        self.closed(closed);
        match begun {
            Begun::Nothing => {}
            Begun::Informed => self.try_link(person, peer),
            Begun::Describing { object, .. } if self.media_faults && self.random.once_in(15) => {
                self.set_state(object, PathState::Failed);
            }
            Begun::Describing { object, generation, kind } => {
                let after = MILLISECOND + self.random.duration(100 * MILLISECOND);
                self.schedule(after, Event::Described { person, peer, object, generation, kind });
            }
        }
    }

    pub(super) fn described(
        &mut self,
        person: usize,
        peer: ParticipantId,
        object: u64,
        generation: u32,
        kind: DescriptionKind,
    ) {
        let is_current = self.people[person].media.described(peer, object, generation);
        let early_candidates = self.random.between(0, 2);
        for number in 0..3 {
            if number == early_candidates {
                let sdp = describe(object, generation);
                self.tell(person, Input::LocalDescription { peer, generation, kind, sdp });
            }
            let candidate = candidate(object, generation);
            self.tell(person, Input::LocalCandidate { peer, generation, candidate });
        }
        if is_current {
            self.try_link(person, peer);
        }
    }

    pub(super) fn connection(&self, object: u64) -> Option<&PeerConnection> {
        let (person, peer) = self.owners.get(&object)?;
        let connection = self.people[*person].media.connections.get(peer)?;
        (connection.object == object).then_some(connection)
    }

    fn connection_mut(&mut self, object: u64) -> Option<&mut PeerConnection> {
        let (person, peer) = self.owners.get(&object)?;
        let connection = self.people[*person].media.connections.get_mut(peer)?;
        (connection.object == object).then_some(connection)
    }

    /// The other side, if both have the descriptions of one generation from each other and a candidate to try.
    fn can_link(&self, object: u64) -> Option<(u64, u32)> {
        let one = self.connection(object)?;
        let generation = one.local?;
        let (other_object, _) = one.remote?;
        let other = self.connection(other_object)?;
        let is_ready = |a: &PeerConnection, b: &PeerConnection| {
            a.signaling == SignalingState::Stable
                && a.local == Some(generation)
                && a.remote == Some((b.object, generation))
                && a.remote_candidates > 0
        };
        (is_ready(one, other) && is_ready(other, one)).then_some((other_object, generation))
    }

    fn try_link(&mut self, person: usize, peer: ParticipantId) {
        let Some(object) = self.people[person].media.connections.get(&peer).map(|connection| connection.object) else {
            return;
        };
        if let Some((other, generation)) = self.can_link(object)
            && self.connection(object).is_some_and(|connection| connection.path != Some((other, generation)))
        {
            let after = self.random.duration(300 * MILLISECOND);
            self.schedule(after, Event::LinkUp { object });
        }
    }

    pub(super) fn link_up(&mut self, object: u64) {
        if let Some((other, generation)) = self.can_link(object) {
            for (object, other) in [(object, other), (other, object)] {
                if let Some(connection) = self.connection_mut(object) {
                    connection.path = Some((other, generation));
                }
                self.set_state(object, PathState::Connected);
            }
        }
    }

    /// Changes the state of a connection, and reports it if it is another.
    fn set_state(&mut self, object: u64, state: PathState) {
        let Some(connection) = self.connection_mut(object) else { return };
        if std::mem::replace(&mut connection.state, state) == state {
            return;
        }
        let generation = connection.generation;
        let (person, peer) = self.owners[&object];
        let delayed = self.now + self.random.duration(50 * MILLISECOND);
        let at = self.people[person].reported_until.max(delayed);
        self.people[person].reported_until = at;
        self.schedule_at(at, Event::Report { person, input: Input::PathState { peer, generation, state } });
    }

    /// These objects are no more; what was connected with them notices.
    pub(super) fn closed(&mut self, closed: Vec<PeerConnection>) {
        for connection in closed {
            if let Some((other, _)) = connection.remote
                && self
                    .connection(other)
                    .is_some_and(|other| other.path.is_some_and(|path| path.0 == connection.object))
            {
                self.lose_path(other);
            }
        }
    }

    fn lose_path(&mut self, object: u64) {
        if let Some(connection) = self.connection_mut(object) {
            connection.path = None;
            let notices = 300 * MILLISECOND + self.random.duration(SECOND);
            self.schedule(notices, Event::Lapse { object, state: PathState::Disconnected });
            self.schedule(notices + 4 * SECOND, Event::Lapse { object, state: PathState::Failed });
        }
    }

    pub(super) fn lapse(&mut self, object: u64, state: PathState) {
        let before = match state {
            PathState::Disconnected => PathState::Connected,
            _ => PathState::Disconnected,
        };
        if self.connection(object).is_some_and(|connection| connection.path.is_none() && connection.state == before) {
            self.set_state(object, state);
        }
    }

    pub(super) fn break_path(&mut self, for_both: bool) {
        let linked: Vec<_> = self
            .people
            .iter()
            .flat_map(|person| person.media.connections.values())
            .filter_map(|connection| Some((connection.object, connection.path?)))
            .collect();
        let Some((object, (other, generation))) = self.random.choose(&linked) else { return };
        self.lose_path(object);
        if for_both {
            self.lose_path(other);
            if self.random.once_in(2) {
                let after = self.random.duration(4 * SECOND);
                self.schedule(after, Event::Heal { object, other, generation });
            }
        }
    }

    /// The path comes back by itself, unless something else has happened to it.
    pub(super) fn heal(&mut self, object: u64, other: u64, generation: u32) {
        let is_waiting = |connection: Option<&PeerConnection>| {
            connection.is_some_and(|connection| {
                connection.path.is_none()
                    && connection.local == Some(generation)
                    && connection.state != PathState::Failed
            })
        };
        if is_waiting(self.connection(object)) && is_waiting(self.connection(other)) {
            self.link_up(object);
        }
    }
}
