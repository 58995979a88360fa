//! The participant's meeting: who is in it, what they share, and one peer connection with each. A state machine that
//! knows no clock, socket or media: it is told what happened and the time, and says what to do.
//!
//! It is the only owner of meeting truth. The engine gives it one [`Input`] at a time, carries out every [`Effect`] in
//! order, and shows its [`MeetingState`]. How a pair comes to its connection and keeps it is in `meeting/pair.rs`.

mod pair;
mod state;

pub use state::{EndReason, MeetingState, Participant, Path, Signaling, Stage};

use crate::protocol::{
    ClientMessage, DisplayName, ErrorCode, IceCandidate, MeetingCode, ParticipantId, ParticipantInfo, ResumeToken,
    ServerMessage, VERSION, limits,
};
use pair::Pair;
use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

/// How long somebody who is not connected is waited for once the server has forgotten the meeting; nobody can be called
/// back then.
const FORGOTTEN_PATIENCE: Duration = Duration::from_secs(8);

/// What one wants of the server, and what one shares from the start.
#[derive(Clone, Debug)]
pub struct JoinRequest {
    /// The meeting to join; none opens a new one.
    pub code: Option<MeetingCode>,
    pub name: DisplayName,
    pub microphone: bool,
    pub camera: bool,
    /// A fresh one for each meeting, from `random::resume_token`.
    pub token: ResumeToken,
}

/// Which of a pair's two sides one is; fixed by the ids, so that both never offer at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Joined later: makes the offers.
    Offerer,
    /// Joined earlier: answers, and asks for an offer where it needs one.
    Answerer,
}

/// Which of the two session descriptions of a negotiation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DescriptionKind {
    Offer,
    Answer,
}

/// The state of a peer connection, as WebRTC's `RTCPeerConnectionState` says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PathState {
    /// Not yet, or again on the way.
    Connecting,
    /// Media flows.
    Connected,
    /// Nothing has been heard for a moment; it may come back by itself.
    Disconnected,
    /// It will not come back by itself. Also said when a description could not be made or applied.
    Failed,
}

/// What happened.
#[derive(Clone, Debug)]
pub enum Input {
    /// A fresh connection to the server is open.
    Connected,
    /// The connection to the server is lost.
    Disconnected,
    /// The server said something.
    Received(ServerMessage),
    /// Whether the microphone is to be on.
    SetMicrophone(bool),
    /// Whether the camera is to be on.
    SetCamera(bool),
    /// Leave; the meeting goes on without oneself.
    Leave,
    /// End the meeting for everybody. Does nothing for who is not the host; while the server is away it only leaves.
    EndForAll,
    /// The media has made and set the local description of a negotiation.
    LocalDescription { peer: ParticipantId, generation: u32, kind: DescriptionKind, sdp: String },
    /// The media has found a candidate of its own in a negotiation.
    LocalCandidate { peer: ParticipantId, generation: u32, candidate: IceCandidate },
    /// The state of the connection changed; `generation` is the newest of which the media was told for this peer.
    PathState { peer: ParticipantId, generation: u32, state: PathState },
    /// [`Meeting::next_deadline`] has come.
    Tick,
}

/// What is to be done. Those of one peer are to be carried out in order, each after the one before is done; one whose
/// generation is older than the newest `Connect`'s for that peer has lost its object and is let pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Say this to the server.
    Send(ClientMessage),
    /// Make the peer connection with this peer, closing the one there may be. The offerer then makes an offer and
    /// gives it as [`Input::LocalDescription`]; for the answerer an `ApplyOffer` follows.
    Connect { peer: ParticipantId, generation: u32, role: Role },
    /// Set the remote offer, then make an answer and give it as [`Input::LocalDescription`].
    ApplyOffer { peer: ParticipantId, generation: u32, sdp: String },
    /// Set the remote answer.
    ApplyAnswer { peer: ParticipantId, generation: u32, sdp: String },
    /// Add a remote candidate; its remote description came before.
    AddCandidate { peer: ParticipantId, generation: u32, candidate: IceCandidate },
    /// Offerer only: on the connection there is, make an offer that restarts ICE.
    RestartIce { peer: ParticipantId, generation: u32 },
    /// Close the peer connection, if there is one; this peer is not heard of again.
    Close { peer: ParticipantId },
    /// [`Meeting::state`] has changed.
    Changed,
    /// The meeting is over for this participant; nothing follows. Every connection has had its `Close` before.
    Ended(EndReason),
}

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
    changed: bool,
    /// Drained by the engine after each input, so it holds what one input causes.
    effects: VecDeque<Effect>,
}

impl Meeting {
    /// A meeting that is entered as soon as there is a connection to the server.
    pub fn new(request: JoinRequest, now: Instant) -> Self {
        let state = MeetingState::new(&request, now);
        Self { request, link: Link::Down, state, pairs: BTreeMap::new(), changed: false, effects: VecDeque::new() }
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
            Some(code) => ClientMessage::Join { version: VERSION, code, name, microphone, camera, token },
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
            (Link::Entering, ServerMessage::Welcome { code, you, participants, .. }) => {
                self.welcome(now, code, you, participants);
            }
            (Link::Entering, ServerMessage::Error { code, message }) => self.refused(now, code, message),
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
            // In a meeting an error means that somebody left just before, or that the connection is about to be
            // closed; both are told in their own way.
            ServerMessage::Error { .. } | ServerMessage::Welcome { .. } | ServerMessage::MeetingEnded => {}
        }
    }

    fn refused(&mut self, now: Instant, code: ErrorCode, message: String) {
        match code {
            // The server closes the connection; the next one tries again.
            ErrorCode::RateLimited => {}
            ErrorCode::NoSuchMeeting if self.state.stage == Stage::Joined => {
                if self.forgotten_since().is_none() {
                    self.state.signaling = Signaling::Forgotten { since: now };
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

    fn welcome(&mut self, now: Instant, code: MeetingCode, you: ParticipantId, participants: Vec<ParticipantInfo>) {
        let Some(mine) = participants.iter().find(|participant| participant.id == you) else {
            return;
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
    }

    /// Takes in what the server says of somebody, known or new.
    fn update_participant(&mut self, now: Instant, mut info: ParticipantInfo) {
        let (Some(me), id) = (self.state.me, info.id) else { return };
        let is_me = id == me;
        if is_me {
            // What one shares oneself is known best here.
            (info.microphone, info.camera, info.reconnecting) = (self.state.microphone, self.state.camera, false);
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
