//! What people do in a meeting beside being in it: chat, hands, and what hosts do.

use super::{SECOND, World};
use nonet_signaling::meeting::{HostControl, Input, Stage};
use nonet_signaling::protocol::{ChatText, ParticipantId, WaitingRoom};

impl World {
    fn somebody_joined(&mut self) -> Option<usize> {
        let is_joined = |person: &usize| {
            self.people[*person].is_in() && self.people[*person].meeting.state().stage == Stage::Joined
        };
        let people: Vec<_> = (0..self.people.len()).filter(is_joined).collect();
        self.random.choose(&people)
    }

    fn a_host(&mut self) -> Option<usize> {
        let is_host = |person: &usize| self.people[*person].is_in() && self.people[*person].meeting.state().is_host();
        let hosts: Vec<_> = (0..self.people.len()).filter(is_host).collect();
        self.random.choose(&hosts)
    }

    /// Another than this one, as this one knows them.
    fn another(&mut self, person: usize) -> Option<ParticipantId> {
        let state = self.people[person].meeting.state();
        let others = state.participants.iter().filter(|participant| !participant.is_me);
        let others: Vec<_> = others.map(|participant| participant.info.id).collect();
        self.random.choose(&others)
    }

    pub(super) fn somebody_says_something(&mut self) {
        let Some(person) = self.somebody_joined() else { return };
        let to = if self.random.once_in(3) { self.another(person) } else { None };
        self.said += 1;
        let text = ChatText::new(&format!("words {}", self.said));
        self.tell(person, Input::Say { text, to });
    }

    pub(super) fn somebody_moves_the_hand(&mut self) {
        let Some(person) = self.somebody_joined() else { return };
        let is_up = self.random.once_in(2);
        // What a host has just said may arrive after it.
        let is_settled = self.lowered_at.is_none_or(|at| at + 3 * SECOND < self.now);
        let me = self.people[person].meeting.state().me;
        self.people[person].wants_hand = me.filter(|_| is_settled).map(|me| (me, is_up));
        self.tell(person, Input::SetHand(is_up));
    }

    pub(super) fn a_host_controls(&mut self) {
        let Some(host) = self.a_host() else { return };
        let Some(id) = self.another(host) else { return };
        let control = match self.random.between(0, 6) {
            0 => HostControl::LowerHand(id),
            1 => HostControl::SetHost { id, host: true },
            2 => HostControl::Mute(id),
            3 => HostControl::StopCamera(id),
            4 => HostControl::SetWaitingRoom(WaitingRoom::All),
            5 => HostControl::SetWaitingRoom(WaitingRoom::Off),
            _ => HostControl::SetLocked(self.random.once_in(2)),
        };
        if let HostControl::LowerHand(_) = control {
            // Whose it is by the time it is lowered, nobody can tell beforehand.
            self.people.iter_mut().for_each(|person| person.wants_hand = None);
            self.lowered_at = Some(self.now);
        }
        self.tell(host, Input::Control(control));
    }

    pub(super) fn a_host_decides(&mut self) {
        let Some(host) = self.a_host() else { return };
        let ids: Vec<_> = self.people[host].meeting.state().waiting.iter().map(|waiter| waiter.id).collect();
        let control = if self.random.once_in(4) { HostControl::Deny(ids) } else { HostControl::Admit(ids) };
        self.tell(host, Input::Control(control));
    }

    /// Hosts let everybody in who waits, until nobody does; the door is open then.
    pub fn everybody_is_let_in(&mut self) {
        for _ in 0..20 {
            let Some(host) = self.a_host() else { return };
            self.tell(host, Input::Control(HostControl::SetLocked(false)));
            self.tell(host, Input::Control(HostControl::SetWaitingRoom(WaitingRoom::Off)));
            let ids: Vec<_> = self.people[host].meeting.state().waiting.iter().map(|waiter| waiter.id).collect();
            self.tell(host, Input::Control(HostControl::Admit(ids)));
            self.run_until_idle();
        }
    }
}
