//! Two participants and the one peer connection between them, as one of the two sees it.
//!
//! The side that joined later offers, always; the other asks it to. The offerer numbers each negotiation with a
//! generation, and both let pass what belongs to an older one. A message can be lost only with a connection to the
//! server, so whenever both sides are back there (`reachable`), an offerer whose negotiation is not settled begins a new
//! one. As a second net, each side has one deadline, `repair_at`: it stands while the pair is not settled, and when it
//! comes the offerer negotiates anew and the answerer asks for that, with growing patience.
//!
//! A negotiation is an ICE restart where the connection has carried media and nothing else is under way on it; after
//! some of those in vain, or where there is no such connection, it is a new connection.

use super::{DescriptionKind, Effect, Path, PathState, Role};
use crate::protocol::{ClientMessage, IceCandidate, ParticipantId, limits};
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// How long a lost path is given to come back by itself.
pub(super) const DISCONNECTED_PATIENCE: Duration = Duration::from_secs(2);
/// How long the answerer waits for an offer that should come by itself.
const OFFER_PATIENCE: Duration = Duration::from_secs(3);
/// How long a negotiation is given to end with a connected path; doubled after the second in vain, up to the most.
const NEGOTIATION_PATIENCE: Duration = Duration::from_secs(8);
const MOST_NEGOTIATION_PATIENCE: Duration = Duration::from_secs(32);
/// How long one waits after the second failure; the first is answered at once, each further one waits twice as long.
const BACK_OFF: Duration = Duration::from_secs(1);
const MOST_BACK_OFF: Duration = Duration::from_secs(16);
/// A path that held for this long begins with a clean slate when it fails.
const STABLE: Duration = Duration::from_secs(30);
/// ICE restarts that are tried on a connection before it is replaced.
const MOST_RESTARTS: u32 = 2;

/// How far the negotiation of the current generation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Negotiation {
    /// None has begun.
    None,
    /// The media is making the local description: the offerer's offer, or the answerer's answer.
    AwaitingLocal,
    /// Offerer only: the offer is sent.
    AwaitingAnswer,
    /// Offer and answer are exchanged, as far as this side knows.
    Complete,
}

#[derive(Debug)]
pub(super) struct Pair {
    peer: ParticipantId,
    role: Role,
    /// Whether both sides are at the server, so that messages pass.
    reachable: bool,
    /// The newest negotiation; 0 before the first.
    generation: u32,
    /// The generation that made the current connection; 0 while there is none.
    connection: u32,
    negotiation: Negotiation,
    path: PathState,
    /// Whether the current connection has ever carried media.
    has_connected: bool,
    /// Since when media flows undisturbed by failures and negotiations.
    connected_since: Option<Instant>,
    /// Since when media that flowed does not.
    lost_since: Option<Instant>,
    /// The answerer asked for a negotiation that has to wait for its time.
    asked: bool,
    /// Negotiations begun (offerer) or asked for (answerer) since all was well.
    attempts: u32,
    /// ICE restarts among the last attempts.
    restarts: u32,
    /// When to begin or ask for another negotiation.
    repair_at: Option<Instant>,
    /// Candidates of this generation that wait for their description, at most [`limits::MAX_CANDIDATES`].
    held_local: Vec<IceCandidate>,
    held_remote: Vec<IceCandidate>,
    /// Candidates of this generation so far, held ones included.
    local_count: usize,
    remote_count: usize,
}

impl Pair {
    pub(super) fn new(peer: ParticipantId, role: Role) -> Self {
        Self {
            peer,
            role,
            reachable: false,
            generation: 0,
            connection: 0,
            negotiation: Negotiation::None,
            path: PathState::Connecting,
            has_connected: false,
            connected_since: None,
            lost_since: None,
            asked: false,
            attempts: 0,
            restarts: 0,
            repair_at: None,
            held_local: Vec::new(),
            held_remote: Vec::new(),
            local_count: 0,
            remote_count: 0,
        }
    }

    pub(super) fn path(&self) -> Path {
        match (self.path, self.lost_since) {
            (PathState::Connected, _) => Path::Connected,
            (_, Some(since)) => Path::Reconnecting { since },
            (_, None) => Path::Connecting,
        }
    }

    /// Since when media does not flow, as far as it matters from `start` on.
    pub(super) fn away_since(&self, start: Instant) -> Option<Instant> {
        let is_away = self.path != PathState::Connected;
        is_away.then(|| self.lost_since.map_or(start, |lost| lost.max(start)))
    }

    pub(super) fn has_failed(&self) -> bool {
        self.path == PathState::Failed
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.repair_at.filter(|_| self.reachable)
    }

    /// Nothing is left to do: both sides have described themselves, and media flows.
    fn is_settled(&self) -> bool {
        self.negotiation == Negotiation::Complete && self.path == PathState::Connected && !self.asked
    }

    /// Whether messages pass between the two sides. When they do again, some may have been lost.
    pub(super) fn set_reachable(&mut self, now: Instant, reachable: bool, effects: &mut VecDeque<Effect>) {
        let returned = reachable && !self.reachable;
        self.reachable = reachable;
        if !returned || self.is_settled() {
            return;
        }
        self.attempts = 0;
        match self.role {
            Role::Offerer => self.negotiate(now, effects),
            Role::Answerer => self.repair_at = Some(now + OFFER_PATIENCE),
        }
    }

    pub(super) fn tick(&mut self, now: Instant, effects: &mut VecDeque<Effect>) {
        if self.reachable && self.repair_at.is_some_and(|at| at <= now) {
            self.repair(now, effects);
        }
    }

    /// Begins another negotiation, or asks for one.
    fn repair(&mut self, now: Instant, effects: &mut VecDeque<Effect>) {
        match self.role {
            Role::Offerer => self.negotiate(now, effects),
            Role::Answerer => {
                self.attempts += 1;
                self.repair_at = Some(now + self.patience());
                let message = ClientMessage::RequestOffer { to: self.peer, generation: self.generation };
                effects.push_back(Effect::Send(message));
            }
        }
    }

    /// Offerer: begins a negotiation.
    fn negotiate(&mut self, now: Instant, effects: &mut VecDeque<Effect>) {
        let restart = self.negotiation == Negotiation::Complete && self.has_connected && self.restarts < MOST_RESTARTS;
        self.attempts += 1;
        self.begin(now, self.generation + 1);
        let (peer, generation) = (self.peer, self.generation);
        if restart {
            self.restarts += 1;
            effects.push_back(Effect::RestartIce { peer, generation });
        } else {
            self.replace_connection(now, generation, effects);
        }
    }

    /// Enters a generation; nothing of the one before counts any more.
    fn begin(&mut self, now: Instant, generation: u32) {
        self.generation = generation;
        self.negotiation = Negotiation::AwaitingLocal;
        self.asked = false;
        self.connected_since = None;
        self.repair_at = Some(now + self.patience());
        self.held_local.clear();
        self.held_remote.clear();
        self.local_count = 0;
        self.remote_count = 0;
    }

    fn replace_connection(&mut self, now: Instant, connection: u32, effects: &mut VecDeque<Effect>) {
        if self.path == PathState::Connected {
            self.lost_since = Some(now);
        }
        self.connection = connection;
        self.path = PathState::Connecting;
        self.has_connected = false;
        self.restarts = 0;
        effects.push_back(Effect::Connect { peer: self.peer, generation: self.generation, role: self.role });
    }

    fn patience(&self) -> Duration {
        let doublings = self.attempts.saturating_sub(2).min(8);
        (NEGOTIATION_PATIENCE * 2_u32.pow(doublings)).min(MOST_NEGOTIATION_PATIENCE)
    }

    fn back_off(&self) -> Duration {
        match self.attempts {
            0 | 1 => Duration::ZERO,
            attempts => (BACK_OFF * 2_u32.pow((attempts - 2).min(8))).min(MOST_BACK_OFF),
        }
    }

    /// Brings the repair forward to this time.
    fn repair_by(&mut self, at: Instant) {
        self.repair_at = Some(self.repair_at.map_or(at, |before| before.min(at)));
    }

    /// Takes note when all has become well.
    fn settle(&mut self, now: Instant) {
        if self.is_settled() {
            self.repair_at = None;
            self.connected_since.get_or_insert(now);
        }
    }

    /// After a failure: how many came before counts only if they were recent.
    fn forget_old_attempts(&mut self, now: Instant) {
        if self.connected_since.is_some_and(|since| now.saturating_duration_since(since) >= STABLE) {
            self.attempts = 0;
            self.restarts = 0;
        }
    }

    /// The media says how its connection is.
    pub(super) fn path_state(
        &mut self,
        now: Instant,
        generation: u32,
        state: PathState,
        effects: &mut VecDeque<Effect>,
    ) {
        // During an ICE restart the connection is still the same, and what is said of it in an older generation true.
        if self.connection == 0 || generation < self.connection || generation > self.generation {
            return;
        }
        let was_connected = self.path == PathState::Connected;
        self.path = state;
        if state == PathState::Connected {
            self.has_connected = true;
            self.lost_since = None;
            self.settle(now);
            return;
        }
        if was_connected {
            self.lost_since = Some(now);
        }
        self.forget_old_attempts(now);
        self.connected_since = None;
        match state {
            PathState::Failed if generation == self.generation => {
                self.repair_by(now + self.back_off());
                self.tick(now, effects);
            }
            PathState::Disconnected if self.negotiation == Negotiation::Complete => {
                self.repair_by(now + DISCONNECTED_PATIENCE);
            }
            _ => {
                let at = now + self.patience();
                self.repair_at.get_or_insert(at);
            }
        }
    }

    pub(super) fn local_description(
        &mut self,
        now: Instant,
        generation: u32,
        kind: DescriptionKind,
        sdp: String,
        effects: &mut VecDeque<Effect>,
    ) {
        let expected = match self.role {
            Role::Offerer => DescriptionKind::Offer,
            Role::Answerer => DescriptionKind::Answer,
        };
        if generation != self.generation
            || kind != expected
            || self.negotiation != Negotiation::AwaitingLocal
            || sdp.len() > limits::MAX_SDP_BYTES
        {
            return;
        }
        let to = self.peer;
        let message = match self.role {
            Role::Offerer => {
                self.negotiation = Negotiation::AwaitingAnswer;
                ClientMessage::Offer { to, generation, connection: self.connection, sdp }
            }
            Role::Answerer => {
                self.negotiation = Negotiation::Complete;
                ClientMessage::Answer { to, generation, sdp }
            }
        };
        self.send(message, effects);
        for candidate in std::mem::take(&mut self.held_local) {
            self.send(ClientMessage::IceCandidate { to, generation, candidate }, effects);
        }
        self.settle(now);
    }

    pub(super) fn local_candidate(&mut self, generation: u32, candidate: IceCandidate, effects: &mut VecDeque<Effect>) {
        if generation != self.generation || self.local_count >= limits::MAX_CANDIDATES || candidate.check().is_err() {
            return;
        }
        self.local_count += 1;
        match self.negotiation {
            Negotiation::None | Negotiation::AwaitingLocal => self.held_local.push(candidate),
            Negotiation::AwaitingAnswer | Negotiation::Complete => {
                self.send(ClientMessage::IceCandidate { to: self.peer, generation, candidate }, effects);
            }
        }
    }

    /// What cannot be sent now is lost: once both sides are back, the offerer begins anew.
    fn send(&self, message: ClientMessage, effects: &mut VecDeque<Effect>) {
        if self.reachable {
            effects.push_back(Effect::Send(message));
        }
    }

    /// Answerer: the other side opens a negotiation.
    pub(super) fn offer(
        &mut self,
        now: Instant,
        generation: u32,
        connection: u32,
        sdp: String,
        effects: &mut VecDeque<Effect>,
    ) {
        if self.role != Role::Answerer || generation <= self.generation || connection > generation || connection == 0 {
            return;
        }
        self.begin(now, generation);
        if connection != self.connection {
            self.replace_connection(now, connection, effects);
        }
        effects.push_back(Effect::ApplyOffer { peer: self.peer, generation, sdp });
    }

    /// Offerer: the other side answers.
    pub(super) fn answer(&mut self, now: Instant, generation: u32, sdp: String, effects: &mut VecDeque<Effect>) {
        if self.role != Role::Offerer
            || generation != self.generation
            || self.negotiation != Negotiation::AwaitingAnswer
        {
            return;
        }
        self.negotiation = Negotiation::Complete;
        let peer = self.peer;
        effects.push_back(Effect::ApplyAnswer { peer, generation, sdp });
        for candidate in std::mem::take(&mut self.held_remote) {
            effects.push_back(Effect::AddCandidate { peer, generation, candidate });
        }
        self.settle(now);
    }

    pub(super) fn remote_candidate(
        &mut self,
        generation: u32,
        candidate: IceCandidate,
        effects: &mut VecDeque<Effect>,
    ) {
        if generation == 0 || generation != self.generation || self.remote_count >= limits::MAX_CANDIDATES {
            return;
        }
        self.remote_count += 1;
        let is_described = match self.role {
            Role::Offerer => self.negotiation == Negotiation::Complete,
            Role::Answerer => true,
        };
        if is_described {
            effects.push_back(Effect::AddCandidate { peer: self.peer, generation, candidate });
        } else {
            self.held_remote.push(candidate);
        }
    }

    /// Offerer: the other side asks for a negotiation, knowing of those up to this generation.
    pub(super) fn requested(&mut self, now: Instant, generation: u32, effects: &mut VecDeque<Effect>) {
        if self.role != Role::Offerer || generation < self.generation {
            return;
        }
        self.forget_old_attempts(now);
        self.connected_since = None;
        self.asked = true;
        self.repair_by(now + self.back_off());
        self.tick(now, effects);
    }
}

#[cfg(test)]
mod tests;
