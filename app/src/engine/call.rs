//! One meeting, from joining to its end: carries what each of meeting, client and session says to the others.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use nonet_media::choice::{CameraChoice, MicrophoneChoice};
use nonet_media::mesh::{self, MeshEvent};
use nonet_media::rtp::PeerId;
use nonet_media::session::{Session, SessionError, SessionEvent};
use nonet_signaling::client::{Client, ClientEvent};
use nonet_signaling::meeting::{
    DescriptionKind, Effect, EndReason, Input, JoinRequest, Meeting, PathState, Role, Signaling, Stage,
};
use nonet_signaling::protocol::{DisplayName, IceCandidate, ParticipantId, ParticipantInfo, ServerAddress};
use nonet_signaling::random;
use nonet_signaling::server::Server;
use tokio::sync::{mpsc, watch};

use super::entrance::Entrance;
use super::own_device::OwnDevice;
use super::{Commands, EngineConfig, Event, picture};
use crate::command::Command;
use crate::report::{self, Report};
use crate::statistics::{Counts, Recorder, RemoteCounts};
use crate::view::{Notice, NoticeKind, Screen, View};

/// What the media says that the engine has not handled yet. Descriptions and candidates of nine peers fit many times over;
/// when it is full, what comes is dropped, and the meeting repairs the pair.
const SESSION_EVENTS: usize = 1024;
/// How often levels and first pictures are looked at.
const LOOK_INTERVAL: Duration = Duration::from_millis(100);
/// How long leaving waits for the server to end the meeting for all.
const ENDING_TAKES_AT_MOST: Duration = Duration::from_secs(1);
/// Participants of the past that the report remembers.
const MOST_DEPARTED: usize = 64;

/// How a call ended; the reasons are sentences.
pub(super) enum Outcome {
    Left,
    NotJoined(String),
    Over(String),
}

/// Another participant, as told in events.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Other {
    name: String,
    microphone: bool,
    camera: bool,
}

impl Other {
    fn new(info: &ParticipantInfo) -> Self {
        Self { name: info.name.as_str().to_owned(), microphone: info.microphone, camera: info.camera }
    }
}

pub(super) struct Call {
    meeting: Meeting,
    client: Client,
    client_events: mpsc::Receiver<ClientEvent>,
    session: Session,
    session_events: mpsc::Receiver<SessionEvent>,
    server: Option<Server>,
    address: ServerAddress,
    since: Instant,
    joined_at: Option<Instant>,
    microphone: OwnDevice,
    camera: OwnDevice,
    speaker: OwnDevice,
    /// When leaving began: the next end is ours.
    leaving_since: Option<Instant>,
    notices: Vec<Notice>,
    next_notice: u64,
    /// Whether the server had forgotten the meeting at the last look.
    is_forgotten: bool,
    /// The others who are there, as they were last told of in events.
    others: BTreeMap<ParticipantId, Other>,
    seen: HashSet<ParticipantId>,
    departed: Vec<report::Remote>,
    speaking: Vec<ParticipantId>,
    /// Whose pictures stand still, as was last shown.
    stale: Vec<ParticipantId>,
    statistics: Recorder,
    publisher: watch::Sender<Arc<View>>,
    events: mpsc::Sender<Event>,
    view_changed: Arc<dyn Fn() + Send + Sync>,
}

impl Call {
    /// Starts the media and the way to the server.
    pub fn start(
        config: &EngineConfig,
        entrance: Entrance,
        name: &str,
        since: Instant,
        publisher: watch::Sender<Arc<View>>,
        events: mpsc::Sender<Event>,
    ) -> Result<Self, SessionError> {
        let microphone_on = config.microphone_on && config.session.microphone != MicrophoneChoice::Off;
        let camera_on = config.camera_on && config.session.camera != CameraChoice::Off;
        let mut session_config = config.session.clone();
        session_config.mesh.loopback |= entrance.is_on_this_machine();
        let (session_sender, session_events) = mpsc::channel(SESSION_EVENTS);
        let session = Session::start(session_config, microphone_on, camera_on, move |event| {
            if session_sender.try_send(event).is_err() {
                tracing::warn!("the engine does not keep up with its media");
            }
        })?;
        let request = JoinRequest {
            code: entrance.code,
            name: DisplayName::new(name),
            // Told when they run.
            microphone: false,
            camera: false,
            token: random::resume_token(),
        };
        let (client, client_events) = Client::start(entrance.address.clone());
        Ok(Self {
            meeting: Meeting::new(request, since),
            client,
            client_events,
            session,
            session_events,
            server: entrance.server,
            address: entrance.address,
            since,
            joined_at: None,
            microphone: OwnDevice::kept("microphone", microphone_on),
            camera: OwnDevice::released_when_off("camera", camera_on),
            speaker: OwnDevice::kept("speaker", true),
            leaving_since: None,
            notices: Vec::new(),
            next_notice: 0,
            is_forgotten: false,
            others: BTreeMap::new(),
            seen: HashSet::new(),
            departed: Vec::new(),
            speaking: Vec::new(),
            stale: Vec::new(),
            statistics: Recorder::new(since),
            publisher,
            events,
            view_changed: config.view_changed.clone(),
        })
    }

    /// Runs until the meeting is over for us. Commands that end it are taken; the others are carried out.
    pub async fn run(mut self, commands: &mut Commands) -> (Outcome, Report) {
        let mut look = tokio::time::interval(LOOK_INTERVAL);
        look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
        let outcome = loop {
            let deadline = self.meeting.next_deadline().map(tokio::time::Instant::from_std);
            let outcome = tokio::select! {
                // Once leaving has begun, nothing more is asked for.
                command = commands.recv(), if self.leaving_since.is_none() => self.command(command),
                event = self.client_events.recv() => self.client_event(event),
                Some(event) = self.session_events.recv() => self.session_event(event),
                () = async { tokio::time::sleep_until(deadline.unwrap_or_else(tokio::time::Instant::now)).await },
                    if deadline.is_some() => self.input(Input::Tick),
                _ = look.tick() => self.look(),
            };
            if let Some(outcome) = outcome {
                break outcome;
            }
        };
        let report = self.report();
        self.client.close().await;
        if let Some(server) = self.server {
            server.shutdown().await;
        }
        (outcome, report)
    }

    fn command(&mut self, command: Option<Command>) -> Option<Outcome> {
        match command {
            Some(Command::SetMicrophone(wanted)) => {
                self.microphone.want(wanted);
                self.share()
            }
            Some(Command::SetCamera(wanted)) => {
                self.camera.want(wanted);
                // Off ends the trying; on begins it afresh.
                self.session.set_camera(wanted);
                self.share()
            }
            Some(Command::Show(tiles)) => {
                for id in self.others.keys() {
                    let tile = tiles.iter().find(|tile| tile.participant == id.0);
                    let demand = tile.map_or(mesh::Demand::Hidden, |tile| mesh::Demand::Shown {
                        width: tile.width,
                        height: tile.height,
                    });
                    self.session.set_shown(PeerId(id.0), demand);
                }
                None
            }
            Some(Command::CancelJoining) if self.joined_at.is_some() => None,
            // Without commands there is nobody to stay for.
            Some(Command::Leave | Command::CancelJoining) | None => {
                self.leaving_since.get_or_insert_with(Instant::now);
                // The meeting lives on our server: it ends with us, and the others are told.
                let input = if self.server.is_some() { Input::EndForAll } else { Input::Leave };
                self.input(input)
            }
            Some(Command::Host { .. } | Command::Join { .. } | Command::GoHome) => None,
        }
    }

    fn client_event(&mut self, event: Option<ClientEvent>) -> Option<Outcome> {
        match event {
            Some(ClientEvent::Connected) => self.input(Input::Connected),
            Some(ClientEvent::Received(message)) => self.input(Input::Received(message)),
            Some(ClientEvent::Disconnected { reason }) => {
                tracing::info!(%reason, "signaling was lost");
                self.input(Input::Disconnected)
            }
            Some(ClientEvent::Unreachable { reason }) => match self.joined_at {
                None => Some(Outcome::NotJoined(reason.to_string())),
                Some(_) if reason.is_permanent() => Some(Outcome::Over(reason.to_string())),
                Some(_) => None,
            },
            None => Some(Outcome::Over("The connection to the signaling server ended.".to_owned())),
        }
    }

    fn session_event(&mut self, event: SessionEvent) -> Option<Outcome> {
        match event {
            SessionEvent::Mesh(event) => {
                let input = match event {
                    MeshEvent::LocalDescription { peer, generation, kind, sdp } => {
                        let kind = match kind {
                            mesh::DescriptionKind::Offer => DescriptionKind::Offer,
                            mesh::DescriptionKind::Answer => DescriptionKind::Answer,
                        };
                        Input::LocalDescription { peer: ParticipantId(peer.0), generation, kind, sdp }
                    }
                    MeshEvent::LocalCandidate { peer, generation, candidate } => {
                        let mesh::Candidate { candidate, sdp_mid, sdp_mline_index } = candidate;
                        let candidate = IceCandidate { candidate, sdp_mid, sdp_mline_index };
                        Input::LocalCandidate { peer: ParticipantId(peer.0), generation, candidate }
                    }
                    MeshEvent::Path { peer, generation, state } => {
                        self.session.path_changed(peer, state);
                        let state = match state {
                            mesh::PathState::Connecting => PathState::Connecting,
                            mesh::PathState::Connected => PathState::Connected,
                            mesh::PathState::Disconnected => PathState::Disconnected,
                            mesh::PathState::Failed => PathState::Failed,
                        };
                        Input::PathState { peer: ParticipantId(peer.0), generation, state }
                    }
                    MeshEvent::Interest { peer, interest } => {
                        self.session.interest_changed(peer, interest);
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
            SessionEvent::Camera(event) => {
                let news = self.camera.handle(event);
                self.say(news);
                self.share()
            }
            SessionEvent::Microphone(event) => {
                let news = self.microphone.handle(event);
                self.say(news);
                self.share()
            }
            SessionEvent::Speaker(event) => {
                let news = self.speaker.handle(event);
                self.say(news);
                self.publish();
                None
            }
        }
    }

    fn say(&mut self, news: Option<(NoticeKind, String)>) {
        if let Some((kind, text)) = news {
            tracing::info!("{text}");
            self.notice(kind, text);
        }
    }

    /// Tells media and meeting what of one's own is on. What cannot be had is off for the others, whatever one wants.
    fn share(&mut self) -> Option<Outcome> {
        self.session.set_microphone(self.microphone.is_on());
        let (microphone, camera) = (self.microphone.is_on(), self.camera.is_on());
        let outcome = self.input(Input::SetMicrophone(microphone)).or_else(|| self.input(Input::SetCamera(camera)));
        self.publish();
        outcome
    }

    /// Gives the meeting one input and carries out what follows.
    fn input(&mut self, input: Input) -> Option<Outcome> {
        self.meeting.handle(Instant::now(), input);
        let mut outcome = None;
        while let Some(effect) = self.meeting.poll_effect() {
            outcome = outcome.or(self.effect(effect));
        }
        outcome
    }

    fn effect(&mut self, effect: Effect) -> Option<Outcome> {
        match effect {
            Effect::Send(message) => self.client.send(message),
            Effect::Connect { peer, generation, role } => {
                let role = match role {
                    Role::Offerer => mesh::Role::Offerer,
                    Role::Answerer => mesh::Role::Answerer,
                };
                let name = self.name_of(peer);
                if let Err(error) = self.session.connect(PeerId(peer.0), &name, generation, role) {
                    tracing::error!(%error, "no connection to a participant");
                    self.notice(NoticeKind::Warning, format!("{name} cannot be seen or heard: {error}."));
                }
            }
            Effect::ApplyOffer { peer, generation, sdp } => {
                self.session.apply_description(PeerId(peer.0), generation, mesh::DescriptionKind::Offer, sdp);
            }
            Effect::ApplyAnswer { peer, generation, sdp } => {
                self.session.apply_description(PeerId(peer.0), generation, mesh::DescriptionKind::Answer, sdp);
            }
            Effect::AddCandidate { peer, candidate, .. } => {
                let IceCandidate { candidate, sdp_mid, sdp_mline_index } = candidate;
                self.session.add_candidate(PeerId(peer.0), mesh::Candidate { candidate, sdp_mid, sdp_mline_index });
            }
            Effect::RestartIce { peer, generation } => self.session.restart_ice(PeerId(peer.0), generation),
            Effect::Close { peer } => self.close(peer),
            Effect::Changed => self.changed(),
            Effect::Ended(reason) => return Some(self.outcome(reason)),
        }
        None
    }

    fn outcome(&self, reason: EndReason) -> Outcome {
        match reason {
            EndReason::Left => Outcome::Left,
            _ if self.leaving_since.is_some() => Outcome::Left,
            reason if self.joined_at.is_none() => Outcome::NotJoined(reason.to_string()),
            reason => Outcome::Over(reason.to_string()),
        }
    }

    fn name_of(&self, id: ParticipantId) -> String {
        let participants = &self.meeting.state().participants;
        match participants.iter().find(|participant| participant.info.id == id) {
            Some(participant) => participant.info.name.as_str().to_owned(),
            None => {
                self.others.get(&id).map(|other| other.name.clone()).unwrap_or_else(|| DisplayName::NOBODY.to_owned())
            }
        }
    }

    fn close(&mut self, peer: ParticipantId) {
        let name = self.name_of(peer);
        if let Some(statistics) = self.session.close(PeerId(peer.0))
            && self.departed.len() < MOST_DEPARTED
        {
            self.departed.push(report::Remote::new(&name, self.since, &statistics));
        }
    }

    /// The meeting's state has changed: say what is new, and show it.
    fn changed(&mut self) {
        let state = self.meeting.state();
        for participant in &state.participants {
            self.session.set_peer_camera(PeerId(participant.info.id.0), participant.info.camera);
        }
        if self.joined_at.is_none() && state.stage == Stage::Joined {
            let opened_by_us = state.is_host() && state.participants.len() == 1;
            let (code, link) = match state.code {
                Some(code) => (code.to_string(), self.address.link(code).to_string()),
                None => Default::default(),
            };
            self.joined_at = Some(Instant::now());
            self.emit(if opened_by_us { Event::Hosting { code, link } } else { Event::Joined { code, link } });
            for notice in &self.notices {
                self.emit(Event::Notice { text: notice.text.clone() });
            }
            self.greet(true);
        } else if self.joined_at.is_some() && !matches!(state.stage, Stage::Ended(_)) {
            self.greet(false);
        }
        let is_forgotten = matches!(self.meeting.state().signaling, Signaling::Forgotten { .. });
        if !std::mem::replace(&mut self.is_forgotten, is_forgotten) && is_forgotten {
            // The window says it for as long as it is so.
            let text = "The server has lost this meeting. The call goes on, but nobody can join it any more.";
            self.emit(Event::Notice { text: text.to_owned() });
        }
        self.publish();
    }

    /// Says who came, who left, and who switched a device. Those who were there before us are told as events only.
    fn greet(&mut self, were_there_before: bool) {
        let others = self.meeting.state().participants.iter().filter(|participant| !participant.is_me);
        let now: BTreeMap<_, _> =
            others.map(|participant| (participant.info.id, Other::new(&participant.info))).collect();
        let before = std::mem::replace(&mut self.others, now.clone());
        for (id, Other { name, microphone, camera }) in &now {
            let (name, microphone, camera) = (name.clone(), *microphone, *camera);
            match before.get(id) {
                None => {
                    self.emit(Event::ParticipantJoined { name: name.clone(), microphone, camera });
                    if !were_there_before {
                        self.notice(NoticeKind::Information, format!("{name} joined"));
                    }
                }
                Some(known) if *known != now[id] => self.emit(Event::ParticipantUpdated { name, microphone, camera }),
                Some(_) => {}
            }
        }
        for (id, Other { name, .. }) in before.into_iter().filter(|(id, _)| !now.contains_key(id)) {
            self.seen.remove(&id);
            self.emit(Event::ParticipantLeft { name: name.clone() });
            self.notice(NoticeKind::Information, format!("{name} left"));
        }
    }

    /// Looks at what has no event of its own: voices, first pictures, pictures that stand still, and a farewell that the server
    /// does not answer.
    fn look(&mut self) -> Option<Outcome> {
        if self.leaving_since.is_some_and(|since| since.elapsed() > ENDING_TAKES_AT_MOST) {
            return Some(Outcome::Left);
        }
        self.joined_at?;
        self.session.tell_interest();
        self.session.reallocate();
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

    /// Records what the last second was like, once a second. Wakes nobody: a window that shows figures looks by itself.
    fn record(&mut self, now: Instant) {
        if !self.statistics.is_due(now) {
            return;
        }
        let remotes = self.others.iter().filter_map(|(id, other)| {
            let peer = PeerId(id.0);
            let statistics = self.session.remote_statistics(peer)?;
            let layer = self.session.sent_layer(peer);
            Some(RemoteCounts { id: id.0, name: other.name.as_str().into(), layer, statistics })
        });
        let remotes = remotes.collect();
        let (layers, targets) = (self.session.send_statistics(), self.session.send_targets());
        self.statistics.record(now, Counts { layers, targets, remotes });
        self.renew_view();
    }

    /// Says something in a sentence. Being in the meeting is always the first event, so what comes before it waits.
    fn notice(&mut self, kind: NoticeKind, text: String) {
        if self.joined_at.is_some() {
            self.emit(Event::Notice { text: text.clone() });
        }
        if self.notices.len() == View::MAX_NOTICES {
            self.notices.remove(0);
        }
        self.notices.push(Notice { number: self.next_notice, kind, text, at: Instant::now() });
        self.next_notice += 1;
    }

    fn emit(&self, event: Event) {
        super::emit(&self.events, event);
    }

    /// Shows the meeting; before it is joined, what is shown stays.
    fn publish(&self) {
        self.renew_view();
        if self.joined_at.is_some() {
            (self.view_changed)();
        }
    }

    fn renew_view(&self) {
        let Some(joined_at) = self.joined_at else { return };
        let meeting = picture::meeting(
            self.meeting.state(),
            &self.session,
            &self.address,
            joined_at,
            &self.microphone,
            &self.camera,
            self.statistics.history(),
        );
        let view = View { screen: Screen::Meeting(meeting), notices: self.notices.clone() };
        self.publisher.send_replace(Arc::new(view));
    }

    fn report(&mut self) -> Report {
        let joined = self.joined_at.map(|at| at - self.since);
        let mut remotes = std::mem::take(&mut self.departed);
        let present = self.others.iter().filter_map(|(id, other)| {
            let statistics = self.session.remote_statistics(PeerId(id.0))?;
            Some(report::Remote::new(&other.name, self.since, &statistics))
        });
        remotes.extend(present);
        Report::new(joined, &self.session.send_statistics(), remotes, self.statistics.history())
    }
}
