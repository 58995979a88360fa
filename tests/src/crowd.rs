//! People who cost next to nothing: they join a meeting as everybody does, connect to one person in it only, and send that
//! person what was encoded beforehand, over and over.
//!
//! So the seat of that person can be measured on a machine that could not carry nine. What it sends them arrives at real
//! connections; one of them decodes it and reads off how old it is.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use nonet::engine::translation::{
    candidate_for_meeting, candidate_for_mesh, kind_for_meeting, path_for_meeting, role_for_mesh,
};
use nonet_media::capture::test_pattern;
use nonet_media::layer::Layer;
use nonet_media::mesh::{self, Demand, Mesh, MeshConfig, MeshEvent, PeerMedia};
use nonet_media::rtp::{PeerId, RtpPacket};
use nonet_media::video::receive::{ReceiverConfig, VideoReceiver};
use nonet_media::worker::{StopSignal, Worker};
use nonet_signaling::client::{Client, ClientEvent};
use nonet_signaling::meeting::{Effect, Input, JoinRequest, Meeting, PathState};
use nonet_signaling::protocol::{DisplayName, MeetingCode, ParticipantId, Security, ServerAddress};
use nonet_signaling::random;
use nonet_signaling::server::{Server, ServerConfig};
use tokio::sync::mpsc;

use crate::recording::Recording;

/// The name of the one whom everybody connects to.
pub const SEAT: &str = "Seat";

/// What the crowd does.
#[derive(Clone, Copy, Debug)]
pub struct CrowdConfig {
    pub people: usize,
    /// Whether they send pictures and sound; else they only receive.
    pub send: bool,
    /// How large they show the seat's picture.
    pub demand: Demand,
}

/// A meeting with its server and everybody but the seat. Dropping it ends all.
pub struct Crowd {
    server: String,
    code: MeetingCode,
    latencies: Arc<Mutex<Vec<Duration>>>,
    received: Arc<AtomicU64>,
    _worker: Worker,
}

impl Crowd {
    /// Opens a meeting and brings everybody in.
    ///
    /// # Panics
    ///
    /// When that does not succeed: then there is nothing to measure.
    pub fn start(config: CrowdConfig, recording: &Arc<Recording>) -> Self {
        let (ready, wait) = std::sync::mpsc::channel();
        let latencies = Arc::<Mutex<Vec<Duration>>>::default();
        let received = Arc::<AtomicU64>::default();
        let shared = (latencies.clone(), received.clone(), recording.clone());
        let worker = Worker::spawn("crowd", move |stop| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(run(config, shared, &ready, stop));
        })
        .expect("a thread");
        let (server, code) = wait.recv_timeout(Duration::from_secs(20)).expect("a meeting opens");
        Self { server, code, latencies, received, _worker: worker }
    }

    /// What the seat's program is called with to get into the meeting.
    pub fn entrance(&self) -> [String; 5] {
        let words = ["join", &self.code.to_string(), "--server", &self.server, "--name"];
        words.map(ToOwned::to_owned)
    }

    /// Forgets what was measured up to now.
    pub fn begin(&self) {
        self.received.store(0, Ordering::Relaxed);
        self.latencies.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Packets that all have received from the seat.
    pub fn received_packets(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }

    /// Times from capture in the seat to decoded picture at one of the others.
    pub fn latencies(&self) -> Vec<Duration> {
        self.latencies.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

type SharedFigures = (Arc<Mutex<Vec<Duration>>>, Arc<AtomicU64>, Arc<Recording>);

async fn run(
    config: CrowdConfig,
    (latencies, received, recording): SharedFigures,
    ready: &std::sync::mpsc::Sender<(String, MeetingCode)>,
    stop: &StopSignal,
) {
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let server = Server::start(ServerConfig::new(listen, None)).await.expect("a server on loopback");
    let port = server.local_addr().port();
    let address = ServerAddress::new("127.0.0.1", port, Security::Plain).expect("loopback needs no encryption");
    let mut code = None;
    let mut people = Vec::new();
    for number in 0..config.people {
        let latencies = (number == 0).then(|| latencies.clone());
        let person = Person::new(number, config, &address, code, &recording, received.clone(), latencies);
        let (joined, has_joined) = tokio::sync::oneshot::channel();
        people.push(tokio::spawn(person.run(joined)));
        code = has_joined.await.ok();
    }
    let code = code.expect("somebody opened the meeting");
    ready.send((format!("ws://127.0.0.1:{port}"), code)).expect("somebody waits for the meeting");
    while !stop.is_stopped() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    people.iter().for_each(tokio::task::JoinHandle::abort);
    server.shutdown().await;
}

/// One of the crowd.
struct Person {
    config: CrowdConfig,
    meeting: Meeting,
    client: Client,
    client_events: mpsc::Receiver<ClientEvent>,
    mesh: Arc<Mesh>,
    mesh_events: mpsc::UnboundedReceiver<MeshEvent>,
    media: Arc<dyn PeerMedia>,
    wants_key_frame: Arc<AtomicBool>,
    /// Plays the recording; none while there is nobody to play it to, or nothing is to be sent.
    playing: Option<Worker>,
    recording: Arc<Recording>,
    number: usize,
}

impl Person {
    fn new(
        number: usize,
        config: CrowdConfig,
        address: &ServerAddress,
        code: Option<MeetingCode>,
        recording: &Arc<Recording>,
        received: Arc<AtomicU64>,
        latencies: Option<Arc<Mutex<Vec<Duration>>>>,
    ) -> Self {
        let request = JoinRequest {
            code,
            name: DisplayName::new(&format!("Extra {number}")),
            microphone: config.send,
            camera: config.send,
            token: random::resume_token(),
            link_key: None,
        };
        let (client, client_events) = Client::start(address.clone());
        let (sender, mesh_events) = mpsc::unbounded_channel();
        let mesh_config = MeshConfig { loopback_only: true, ..MeshConfig::default() };
        let mesh = Mesh::start(mesh_config, move |event| drop(sender.send(event))).expect("a mesh");
        Self {
            config,
            meeting: Meeting::new(request, Instant::now()),
            client,
            client_events,
            mesh: Arc::new(mesh),
            mesh_events,
            media: Arc::new(Audience { received, watching: latencies.map(watch) }),
            wants_key_frame: Arc::default(),
            playing: None,
            recording: recording.clone(),
            number,
        }
    }

    async fn run(mut self, joined: tokio::sync::oneshot::Sender<MeetingCode>) {
        let mut joined = Some(joined);
        loop {
            let deadline = self.meeting.next_deadline().map(tokio::time::Instant::from_std);
            tokio::select! {
                event = self.client_events.recv() => match event {
                    Some(ClientEvent::Connected) => self.input(Input::Connected),
                    Some(ClientEvent::Received(message)) => self.input(Input::Received(message)),
                    Some(ClientEvent::Disconnected { .. }) => self.input(Input::Disconnected),
                    Some(ClientEvent::Unreachable { .. }) => {}
                    None => return,
                },
                Some(event) = self.mesh_events.recv() => self.mesh_event(event),
                () = async { tokio::time::sleep_until(deadline.unwrap_or_else(tokio::time::Instant::now)).await },
                    if deadline.is_some() => self.input(Input::Tick),
            }
            if self.meeting.state().me.is_some()
                && let (Some(code), Some(joined)) = (self.meeting.state().code, joined.take())
            {
                joined.send(code).ok();
            }
        }
    }

    fn is_seat(&self, id: ParticipantId) -> bool {
        let participants = &self.meeting.state().participants;
        participants.iter().any(|participant| participant.info.id == id && participant.info.name.as_str() == SEAT)
    }

    fn input(&mut self, input: Input) {
        self.meeting.handle(Instant::now(), input);
        while let Some(effect) = self.meeting.poll_effect() {
            self.effect(effect);
        }
    }

    /// Does what the meeting wants as far as it is about the seat.
    fn effect(&mut self, effect: Effect) {
        let mesh_peer = |peer: ParticipantId| PeerId(peer.0);
        match effect {
            Effect::Send(message) => self.client.send(message),
            Effect::Connect { peer, generation, role } if self.is_seat(peer) => {
                let role = role_for_mesh(role);
                self.mesh.set_video_target(mesh_peer(peer), self.config.send.then_some(Layer::Middle));
                self.mesh.connect(mesh_peer(peer), generation, role, self.config.demand.into(), self.media.clone());
            }
            Effect::ApplyOffer { peer, generation, sdp } => {
                self.mesh.apply_description(mesh_peer(peer), generation, mesh::DescriptionKind::Offer, sdp);
            }
            Effect::ApplyAnswer { peer, generation, sdp } => {
                self.mesh.apply_description(mesh_peer(peer), generation, mesh::DescriptionKind::Answer, sdp);
            }
            Effect::AddCandidate { peer, candidate, .. } => {
                self.mesh.add_candidate(mesh_peer(peer), candidate_for_mesh(candidate));
            }
            Effect::RestartIce { peer, generation } => self.mesh.restart_ice(mesh_peer(peer), generation),
            Effect::Close { peer } => self.mesh.close(mesh_peer(peer)),
            _ => {}
        }
    }

    fn mesh_event(&mut self, event: MeshEvent) {
        match event {
            MeshEvent::LocalDescription { peer, generation, kind, sdp } => {
                let kind = kind_for_meeting(kind);
                self.input(Input::LocalDescription { peer: ParticipantId(peer.0), generation, kind, sdp });
            }
            MeshEvent::LocalCandidate { peer, generation, candidate } => {
                let candidate = candidate_for_meeting(candidate);
                self.input(Input::LocalCandidate { peer: ParticipantId(peer.0), generation, candidate });
            }
            MeshEvent::Path { peer, generation, state } => {
                let state = path_for_meeting(state);
                if state == PathState::Connected && self.config.send && self.playing.is_none() {
                    self.play();
                }
                self.input(Input::PathState { peer: ParticipantId(peer.0), generation, state });
            }
            MeshEvent::KeyFrameWanted { .. } => self.wants_key_frame.store(true, Ordering::Relaxed),
            MeshEvent::Interest { .. } | MeshEvent::Account { .. } | MeshEvent::EstimateFell { .. } => {}
        }
    }

    /// Plays the recording from now on, people apart from each other as they are in life.
    fn play(&mut self) {
        let (mesh, recording) = (self.mesh.clone(), self.recording.clone());
        let wants_key_frame = self.wants_key_frame.clone();
        let apart = Duration::from_millis(self.number as u64 * 4);
        let worker = Worker::spawn("play", move |stop| {
            stop.sleep(apart);
            let video = |picture: &_| {
                if !mesh.send_video(picture).is_empty() {
                    wants_key_frame.store(true, Ordering::Relaxed);
                }
            };
            recording.play(stop, &wants_key_frame, video, |packet| mesh.send_audio(packet));
        });
        self.playing = Some(worker.expect("a thread"));
    }
}

/// Decodes what comes and notes how old it is.
fn watch(latencies: Arc<Mutex<Vec<Duration>>>) -> VideoReceiver {
    let on_picture = move |picture: &Arc<nonet_media::frame::VideoFrame>, _| {
        let Some(stamp) = test_pattern::read(picture) else { return };
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let age = now.saturating_sub(Duration::from_micros(stamp.captured_at_micros));
        latencies.lock().unwrap_or_else(PoisonError::into_inner).push(age);
    };
    let config = ReceiverConfig { on_picture: Some(Box::new(on_picture)), ..ReceiverConfig::default() };
    VideoReceiver::start(config, Vec::new(), || {}).expect("a receiver")
}

/// Where the seat's packets go.
struct Audience {
    received: Arc<AtomicU64>,
    watching: Option<VideoReceiver>,
}

impl PeerMedia for Audience {
    fn video(&self, packet: RtpPacket) {
        self.received.fetch_add(1, Ordering::Relaxed);
        if let Some(watching) = &self.watching {
            watching.push(packet);
        }
    }

    fn audio(&self, _packet: RtpPacket) {
        self.received.fetch_add(1, Ordering::Relaxed);
    }
}
