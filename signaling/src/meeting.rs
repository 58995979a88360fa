//! The participant's meeting: who is in it, what they share, and one peer connection with each. A state machine that
//! knows no clock, socket or media: it is told what happened and the time, and says what to do.
//!
//! It is the only owner of meeting truth. The engine gives it one [`Input`] at a time, carries out every [`Effect`] in
//! order, and shows its [`MeetingState`]. How a pair comes to its connection and keeps it is in `meeting/pair.rs`, chat in
//! `meeting/chat.rs`, and what people do beside talking in `meeting/controls.rs`.

mod chat;
mod controls;
mod interface;
mod pair;
mod state;

pub use chat::{Chat, ChatEntry, Delivery};
pub use interface::{DescriptionKind, Effect, HostControl, Input, JoinRequest, PathState, Role};
pub use state::{EndReason, MeetingState, Participant, Path, Signaling, Stage};

use crate::protocol::{
    ClientMessage, ErrorCode, MeetingCode, ParticipantId, ParticipantInfo, ServerMessage, VERSION, limits,
};
use pair::Pair;
use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

/// How long somebody who is not connected is waited for once the server has forgotten the meeting; nobody can be called
/// back then.
const FORGOTTEN_PATIENCE: Duration = Duration::from_secs(8);

/// How far the current connection to the server is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Link {
    Down,
    /// Open; `create` or `join` is said and not yet answered.
    Entering,
    /// In the meeting.
    Up,
}

/// A meeting as one participant lives it. See the module.
#[derive(Debug)]
pub struct Meeting {
    request: JoinRequest,
    link: Link,
    state: MeetingState,
    pairs: BTreeMap<ParticipantId, Pair>,
    /// How one wants one's hand, until the server says that it is so.
    hand_wish: Option<bool>,
    /// Who one was before one had to wait again.
    former_me: Option<ParticipantId>,
    changed: bool,
    /// Drained by the engine after each input, so it holds what one input causes.
    effects: VecDeque<Effect>,
}

impl Meeting {
    /// A meeting that is entered as soon as there is a connection to the server.
    pub fn new(request: JoinRequest, now: Instant) -> Self {
        let state = MeetingState::new(&request, now);
        let (pairs, effects) = (BTreeMap::new(), VecDeque::new());
        Self { request, link: Link::Down, state, pairs, hand_wish: None, former_me: None, changed: false, effects }
    }

    /// What there is to show.
    pub fn state(&self) -> &MeetingState {
        &self.state
    }

    /// The next thing to do; call it until there is none after each [`Meeting::handle`].
    pub fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// When to give [`Input::Tick`] unless something else happens before.
    pub fn next_deadline(&self) -> Option<Instant> {
        let lost = self.forgotten_since().into_iter().flat_map(|since| {
            self.pairs.values().filter_map(move |pair| pair.away_since(since)).map(|since| since + FORGOTTEN_PATIENCE)
        });
        self.pairs.values().filter_map(Pair::deadline).chain(lost).min()
    }

    /// Takes in what happened. After the end nothing has an effect.
    pub fn handle(&mut self, now: Instant, input: Input) {
        if matches!(self.state.stage, Stage::Ended(_)) {
            return;
        }
        match input {
            Input::Connected => self.enter(now),
            Input::Disconnected => self.lose_server(now),
            Input::Received(message) => self.receive(now, message),
            Input::SetMicrophone(microphone) => self.share(microphone, self.state.camera),
            Input::SetCamera(camera) => self.share(self.state.microphone, camera),
            Input::Leave => self.leave(),
            Input::EndForAll => self.end_for_all(),
            Input::Say { text, to } => self.say(text, to),
            Input::SetHand(is_up) => self.set_hand(is_up),
            Input::React(reaction) if self.link == Link::Up => self.send(ClientMessage::Reaction { reaction }),
            Input::React(_) => {}
            Input::Control(control) => self.control(control),
            Input::LocalDescription { peer, generation, kind, sdp } => {
                self.with_pair(peer, |pair, effects| pair.local_description(now, generation, kind, sdp, effects));
            }
            Input::LocalCandidate { peer, generation, candidate } => {
                self.with_pair(peer, |pair, effects| pair.local_candidate(generation, candidate, effects));
            }
            Input::PathState { peer, generation, state } => {
                self.with_pair(peer, |pair, effects| pair.path_state(now, generation, state, effects));
            }
            Input::Tick => {}
        }
        for pair in self.pairs.values_mut() {
            pair.tick(now, &mut self.effects);
        }
        self.let_go_of_lost(now);
        self.show_paths();
        if std::mem::take(&mut self.changed) {
            // Before the end, if it has come: nothing follows that.
            let at = self.effects.len() - usize::from(matches!(self.effects.back(), Some(Effect::Ended(_))));
            self.effects.insert(at, Effect::Changed);
        }
    }

    fn with_pair(&mut self, peer: ParticipantId, act: impl FnOnce(&mut Pair, &mut VecDeque<Effect>)) {
        if let Some(pair) = self.pairs.get_mut(&peer) {
            act(pair, &mut self.effects);
        }
    }

    fn send(&mut self, message: ClientMessage) {
        self.effects.push_back(Effect::Send(message));
    }

    fn enter(&mut self, now: Instant) {
        if self.link == Link::Up {
            self.lose_server(now);
        }
        self.link = Link::Entering;
        let (name, token) = (self.request.name.clone(), self.request.token);
        let (microphone, camera) = (self.state.microphone, self.state.camera);
        self.send(match self.state.code {
            None => ClientMessage::Create { version: VERSION, name, microphone, camera, token },
            Some(code) => {
                let link_key = self.state.link_key.or(self.request.link_key);
                let last_chat = self.state.chat.last_id();
                ClientMessage::Join { version: VERSION, code, name, microphone, camera, token, link_key, last_chat }
            }
        });
    }

    fn lose_server(&mut self, now: Instant) {
        self.link = Link::Down;
        if self.state.signaling == Signaling::Connected {
            self.state.signaling = Signaling::Away { since: now };
            self.changed = true;
        }
        for pair in self.pairs.values_mut() {
            pair.set_reachable(now, false, &mut self.effects);
        }
    }

    fn share(&mut self, microphone: bool, camera: bool) {
        if (microphone, camera) == (self.state.microphone, self.state.camera) {
            return;
        }
        (self.state.microphone, self.state.camera) = (microphone, camera);
        if let Some(me) = self.state.participants.iter_mut().find(|participant| participant.is_me) {
            (me.info.microphone, me.info.camera) = (microphone, camera);
        }
        self.changed = true;
        // Otherwise the next `create` or `join` says it, or its welcome shows what is still to be said.
        if self.link == Link::Up {
            self.send(ClientMessage::MediaState { microphone, camera });
        }
    }

    fn leave(&mut self) {
        if self.link != Link::Down {
            self.send(ClientMessage::Leave);
        }
        self.end(EndReason::Left);
    }

    fn end_for_all(&mut self) {
        if self.link != Link::Up {
            self.leave();
        } else if self.state.is_host() {
            self.send(ClientMessage::EndForAll);
        }
    }

    fn end(&mut self, reason: EndReason) {
        self.close_all();
        self.state.participants.clear();
        self.state.stage = Stage::Ended(reason.clone());
        self.changed = true;
        self.effects.push_back(Effect::Ended(reason));
    }

    fn close_all(&mut self) {
        let peers = std::mem::take(&mut self.pairs);
        self.effects.extend(peers.into_keys().map(|peer| Effect::Close { peer }));
    }

    fn receive(&mut self, now: Instant, message: ServerMessage) {
        match (self.link, message) {
            (
                Link::Entering,
                ServerMessage::Welcome { code, you, participants, link_key, locked, waiting_room, waiting, .. },
            ) => {
                let before = self.state.me.or(self.former_me.take());
                if self.welcome(now, code, you, participants) {
                    self.state.link_key = link_key;
                    (self.state.locked, self.state.waiting_room) = (locked, waiting_room);
                    self.state.waiting = waiting;
                    self.catch_up(before, you);
                }
            }
            (Link::Entering, ServerMessage::Waiting { host_present }) => self.wait(now, host_present),
            (Link::Entering, ServerMessage::Error { code, message, .. }) => self.refused(now, code, message),
            (Link::Entering | Link::Up, ServerMessage::MeetingEnded) => self.end(EndReason::EndedByHost),
            (Link::Up, message) => self.receive_in_meeting(now, message),
            // Nothing else is said before the welcome, and what arrives after a loss is of no use.
            _ => {}
        }
    }

    fn receive_in_meeting(&mut self, now: Instant, message: ServerMessage) {
        match message {
            ServerMessage::ParticipantJoined { participant } | ServerMessage::ParticipantUpdated { participant } => {
                self.update_participant(now, participant);
            }
            ServerMessage::ParticipantLeft { id } => self.remove_participant(id),
            ServerMessage::Offer { from, generation, connection, sdp } => {
                self.with_pair(from, |pair, effects| pair.offer(now, generation, connection, sdp, effects));
            }
            ServerMessage::Answer { from, generation, sdp } => {
                self.with_pair(from, |pair, effects| pair.answer(now, generation, sdp, effects));
            }
            ServerMessage::IceCandidate { from, generation, candidate } => {
                self.with_pair(from, |pair, effects| pair.remote_candidate(generation, candidate, effects));
            }
            ServerMessage::RequestOffer { from, generation } => {
                self.with_pair(from, |pair, effects| pair.requested(now, generation, effects));
            }
            message => self.receive_about_meeting(message),
        }
    }

    fn refused(&mut self, now: Instant, code: ErrorCode, message: String) {
        match code {
            // The server closes the connection; the next one tries again.
            ErrorCode::RateLimited => {}
            ErrorCode::NoSuchMeeting if self.state.stage == Stage::Joined => {
                if self.forgotten_since().is_none() {
                    self.state.signaling = Signaling::Forgotten { since: now };
                    self.state.chat.refuse_all(&code);
                    self.changed = true;
                }
            }
            code => self.end(EndReason::Refused { code, message }),
        }
    }

    fn forgotten_since(&self) -> Option<Instant> {
        match self.state.signaling {
            Signaling::Forgotten { since } if self.state.stage == Stage::Joined => Some(since),
            _ => None,
        }
    }

    /// The server has forgotten the meeting: it goes on between those who are connected, and ends when nobody is left.
    fn let_go_of_lost(&mut self, now: Instant) {
        let Some(forgotten) = self.forgotten_since() else { return };
        let is_lost = |pair: &Pair| {
            pair.has_failed() || pair.away_since(forgotten).is_some_and(|since| since + FORGOTTEN_PATIENCE <= now)
        };
        let lost: Vec<_> = self.pairs.iter().filter(|(_, pair)| is_lost(pair)).map(|(id, _)| *id).collect();
        for id in lost {
            self.remove_participant(id);
        }
        if self.pairs.is_empty() {
            self.end(EndReason::Gone);
        }
    }

    /// Whether one is in the meeting.
    fn welcome(
        &mut self,
        now: Instant,
        code: MeetingCode,
        you: ParticipantId,
        participants: Vec<ParticipantInfo>,
    ) -> bool {
        let Some(mine) = participants.iter().find(|participant| participant.id == you) else {
            return false;
        };
        let told = (mine.microphone, mine.camera);
        self.link = Link::Up;
        self.changed = true;
        self.state.stage = Stage::Joined;
        self.state.signaling = Signaling::Connected;
        self.state.code = Some(code);
        if self.state.me != Some(you) {
            // Somebody new, even if one was in this meeting before: no connection of then is known to the others now.
            self.close_all();
            self.state.participants.clear();
            self.state.me = Some(you);
        }
        let gone: Vec<_> = self
            .state
            .participants
            .iter()
            .map(|participant| participant.info.id)
            .filter(|id| participants.iter().all(|participant| participant.id != *id))
            .collect();
        for id in gone {
            self.remove_participant(id);
        }
        for participant in participants {
            self.update_participant(now, participant);
        }
        let (microphone, camera) = (self.state.microphone, self.state.camera);
        if told != (microphone, camera) {
            self.send(ClientMessage::MediaState { microphone, camera });
        }
        true
    }

    /// Says what could not be said before. `before` is who one was in the meeting, if one was in it.
    fn catch_up(&mut self, before: Option<ParticipantId>, me: ParticipantId) {
        for message in self.state.chat.enter(before, me) {
            self.send(message);
        }
        self.say_hand();
    }

    /// Takes in what the server says of somebody, known or new.
    fn update_participant(&mut self, now: Instant, mut info: ParticipantInfo) {
        let (Some(me), id) = (self.state.me, info.id) else { return };
        let is_me = id == me;
        if is_me {
            // What one shares oneself is known best here.
            (info.microphone, info.camera, info.reconnecting) = (self.state.microphone, self.state.camera, false);
            self.hand_wish = self.hand_wish.filter(|is_up| *is_up != info.hand.is_some());
            if !info.host {
                self.state.waiting.clear();
            }
        }
        let reachable = !info.reconnecting;
        let participants = &mut self.state.participants;
        match participants.binary_search_by_key(&id, |participant| participant.info.id) {
            Ok(at) => {
                self.changed |= participants[at].info != info;
                participants[at].info = info;
            }
            Err(_) if participants.len() >= limits::MAX_PARTICIPANTS => return,
            Err(at) => {
                let path = if is_me { Path::Connected } else { Path::Connecting };
                participants.insert(at, Participant { info, is_me, path });
                self.changed = true;
            }
        }
        if !is_me {
            let role = if me > id { Role::Offerer } else { Role::Answerer };
            let pair = self.pairs.entry(id).or_insert_with(|| Pair::new(id, role));
            pair.set_reachable(now, reachable, &mut self.effects);
        }
    }

    fn remove_participant(&mut self, id: ParticipantId) {
        if self.state.me == Some(id) {
            return;
        }
        self.state.participants.retain(|participant| participant.info.id != id);
        if self.pairs.remove(&id).is_some() {
            self.effects.push_back(Effect::Close { peer: id });
            self.changed = true;
        }
    }

    fn show_paths(&mut self) {
        for participant in &mut self.state.participants {
            if let Some(pair) = self.pairs.get(&participant.info.id)
                && participant.path != pair.path()
            {
                participant.path = pair.path();
                self.changed = true;
            }
        }
    }
}

#[cfg(test)]
mod tests;
