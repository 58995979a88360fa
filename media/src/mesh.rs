//! Peer connections to everyone in the meeting, on one thread. Only here is the WebRTC stack named.
//!
//! Owns the connections, their sockets and what is sent on them. Knows no codec, no meeting and no signaling server:
//! it is told which peers to connect to, gives out descriptions and candidates for somebody else to carry, takes encoded
//! media once for everybody, and hands received packets to each peer's [`PeerMedia`].

pub mod allocation;
mod arrival_times;
mod config;
pub mod congestion;
mod demand;
pub mod fan_out;
mod key_frame_requests;
mod level;
mod peer;
mod receive;
mod repeated_handshakes;
mod runtime;
mod send;
mod sender_reports;
mod shaped_sockets;
pub mod simulated_network;
pub mod simulated_path;
mod stack;
mod transport;
pub mod uplink;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use crate::layer::{Layer, Layers};
use crate::lock::lock;
use crate::rtp::{AudioPacket, PeerId, RtpPacket, SenderReport, VideoPackets};
use crate::worker::Worker;
pub use config::{MeshConfig, local_addresses};
use congestion::LinkEstimate;
pub use demand::{Account, Demand, Grade, Interest, Priority, Reception};
use fan_out::FanOut;
use peer::PeerCommand;
use stack::Stack;
use transport::TransportLink;
pub use transport::TransportStatistics;
use uplink::LinkLoad;

/// Commands that wait for one peer's connection. Beyond that the peer floods us: its connection is given up.
const PEER_COMMANDS: usize = 256;

/// How long dropping the mesh waits for connections to say goodbye.
const CLOSING_TAKES_AT_MOST: Duration = Duration::from_millis(500);

/// Which side of a pair makes the offers. Fixed for the life of the pair, so that both never offer at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Offerer,
    Answerer,
}

/// What a session description is (RFC 8829 §4.1.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DescriptionKind {
    Offer,
    Answer,
}

/// An ICE candidate as it travels (RFC 8840).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// `candidate:…`
    pub candidate: String,
    pub sdp_mid: Option<String>,
    pub sdp_mline_index: Option<u16>,
}

/// Whether media can flow to a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathState {
    Connecting,
    Connected,
    /// Nothing was heard for two seconds; it may come back by itself.
    Disconnected,
    /// It will not come back by itself.
    Failed,
}

/// What the mesh has to say. `generation` is the one of the command that led to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MeshEvent {
    LocalDescription {
        peer: PeerId,
        generation: u32,
        kind: DescriptionKind,
        sdp: String,
    },
    LocalCandidate {
        peer: PeerId,
        generation: u32,
        candidate: Candidate,
    },
    Path {
        peer: PeerId,
        generation: u32,
        state: PathState,
    },
    /// How the peer looks at our picture.
    Interest {
        peer: PeerId,
        interest: Interest,
    },
    /// How the peer receives the others; it is told to who asks for it.
    Account {
        peer: PeerId,
        account: Account,
    },
    /// The link to the peer carries clearly less than it did. That it carries more is seen at [`Mesh::estimate`].
    EstimateFell {
        peer: PeerId,
    },
    /// The peer cannot show our picture until it gets a key frame of the layer that was chosen for it.
    KeyFrameWanted {
        peer: PeerId,
        layer: Layer,
    },
}

/// Where a peer's received packets go. Called on the mesh's thread: hand over and return.
pub trait PeerMedia: Send + Sync {
    /// A packet of the peer's video.
    fn video(&self, packet: RtpPacket);
    /// A packet of the peer's sound.
    fn audio(&self, packet: RtpPacket);
    /// How long a packet that is missing may still come, on the way as it is now: it is asked for until then.
    fn repairs_take(&self, _wait: Duration) {}
    /// How the timestamps of the peer's video belong to its clock. Who does not synchronise has no use for it.
    fn video_report(&self, _report: SenderReport) {}
    /// The same of the peer's sound.
    fn audio_report(&self, _report: SenderReport) {}
}

/// How the selected path to a peer leaves this machine (RFC 8445 §4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathKind {
    Host,
    ServerReflexive,
    PeerReflexive,
    Relay,
}

/// What is known of the link to a peer, renewed each second.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LinkStatistics {
    /// When the rest was found to be so; `None` before the first time.
    pub measured_at: Option<Instant>,
    /// From connectivity checks; `None` before the first.
    pub round_trip: Option<Duration>,
    pub path: Option<PathKind>,
    pub bytes_sent: u64,
    pub bytes_received: u64,
    /// Pictures not sent because the link's queue was full.
    pub pictures_dropped: u64,
    pub transport: TransportStatistics,
}

/// Why there is no mesh.
#[derive(Debug, thiserror::Error)]
pub enum MeshError {
    #[error("no thread could be started for the network: {0}")]
    Thread(#[from] std::io::Error),
    #[error("no certificate for encrypted connections could be made: {0}")]
    Certificate(String),
}

struct Peer {
    commands: mpsc::Sender<PeerCommand>,
    interest: watch::Sender<Interest>,
    account: watch::Sender<Account>,
    generation: u32,
    task: JoinHandle<()>,
    link: Arc<TransportLink>,
    statistics: Arc<Mutex<LinkStatistics>>,
}

type OnEvent = Arc<dyn Fn(MeshEvent) + Send + Sync>;

/// Connections to all peers. Dropping it closes them and stops its thread.
pub struct Mesh {
    stack: Arc<Stack>,
    on_event: OnEvent,
    fan_out: Arc<FanOut>,
    peers: Mutex<HashMap<PeerId, Peer>>,
    /// Connections that are closing; waited for when the mesh is dropped.
    closing: Mutex<Vec<JoinHandle<()>>>,
    runtime: Handle,
    shutdown: Option<oneshot::Sender<Vec<JoinHandle<()>>>>,
    _worker: Worker,
}

impl std::fmt::Debug for Mesh {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mesh").field("peers", &lock(&self.peers).len()).finish_non_exhaustive()
    }
}

impl Mesh {
    /// Starts the mesh's thread, with nobody connected. `on_event` is called on that thread and must not block.
    ///
    /// # Errors
    ///
    /// When the system gives no thread or no certificate can be made.
    pub fn start(config: MeshConfig, on_event: impl Fn(MeshEvent) + Send + Sync + 'static) -> Result<Self, MeshError> {
        let stack = Arc::new(Stack::new(config)?);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (shutdown, shut_down) = oneshot::channel::<Vec<JoinHandle<()>>>();
        let worker = Worker::spawn("mesh", move |_| {
            runtime.block_on(async move {
                let tasks = shut_down.await.unwrap_or_default();
                let all_closed = async {
                    for task in tasks {
                        if let Err(error) = task.await
                            && error.is_panic()
                        {
                            tracing::error!("a connection's task panicked");
                        }
                    }
                };
                if tokio::time::timeout(CLOSING_TAKES_AT_MOST, all_closed).await.is_err() {
                    tracing::warn!("some connections did not close in time");
                }
            });
        })?;
        Ok(Self {
            stack,
            on_event: Arc::new(on_event),
            fan_out: Arc::new(FanOut::default()),
            peers: Mutex::default(),
            closing: Mutex::default(),
            runtime: handle,
            shutdown: Some(shutdown),
            _worker: worker,
        })
    }

    /// Makes a connection to a peer, in place of the one there may be. As [`Role::Offerer`] an offer follows as an event;
    /// as [`Role::Answerer`] it waits for one. `interest` is how we look at the peer's picture from the start.
    pub fn connect(&self, peer: PeerId, generation: u32, role: Role, interest: Interest, media: Arc<dyn PeerMedia>) {
        self.end_connection(peer);
        let (interest, our_interest) = watch::channel(interest);
        let (account, our_account) = watch::channel(Account::default());
        let (commands, receiver) = mpsc::channel(PEER_COMMANDS);
        let statistics = Arc::<Mutex<LinkStatistics>>::default();
        let link = Arc::<TransportLink>::default();
        let task = self.runtime.spawn(peer::run(
            peer::PeerContext {
                peer,
                stack: self.stack.clone(),
                on_event: self.on_event.clone(),
                fan_out: self.fan_out.clone(),
                media,
                interest: our_interest,
                account: our_account,
                link: link.clone(),
                statistics: statistics.clone(),
            },
            role,
            generation,
            receiver,
        ));
        lock(&self.peers).insert(peer, Peer { commands, interest, account, generation, task, link, statistics });
    }

    /// Applies a peer's description. An offer is answered by an event.
    pub fn apply_description(&self, peer: PeerId, generation: u32, kind: DescriptionKind, sdp: String) {
        self.command(peer, PeerCommand::ApplyDescription { generation, kind, sdp });
    }

    /// Adds a peer's candidate. The caller holds candidates back until the description was applied.
    pub fn add_candidate(&self, peer: PeerId, candidate: Candidate) {
        self.command(peer, PeerCommand::AddCandidate(candidate));
    }

    /// Looks for a new path on the same connection; a new offer follows. Only for the offerer of the pair.
    pub fn restart_ice(&self, peer: PeerId, generation: u32) {
        self.command(peer, PeerCommand::RestartIce { generation });
    }

    /// Asks a peer for a key frame.
    pub fn request_key_frame(&self, peer: PeerId) {
        self.command(peer, PeerCommand::RequestKeyFrame);
    }

    /// Tells a peer how we look at its picture; only the newest counts.
    pub fn set_interest(&self, peer: PeerId, interest: Interest) {
        if let Some(peer) = lock(&self.peers).get(&peer) {
            peer.interest.send_if_modified(|current| std::mem::replace(current, interest) != interest);
        }
    }

    /// Tells a peer how we receive the others; only the newest counts. For those who have asked.
    pub fn tell_account(&self, peer: PeerId, account: Account) {
        if let Some(peer) = lock(&self.peers).get(&peer) {
            peer.account.send_replace(account);
        }
    }

    /// Closes the connection to a peer and forgets what it was to be sent.
    pub fn close(&self, peer: PeerId) {
        self.fan_out.set_target(peer, None);
        self.end_connection(peer);
    }

    fn end_connection(&self, peer: PeerId) {
        let Some(Peer { task, .. }) = lock(&self.peers).remove(&peer) else { return };
        let mut closing = lock(&self.closing);
        closing.retain(|task| !task.is_finished());
        closing.push(task);
    }

    /// Chooses the layer that a peer is sent, on the connection that there is and on those that follow; none at first. See
    /// [`FanOut::set_target`]. Returns the layer of which a key frame is needed now.
    pub fn set_video_target(&self, peer: PeerId, target: Option<Layer>) -> Option<Layer> {
        self.fan_out.set_target(peer, target)
    }

    /// The layers that are to be encoded for no link to stop: those chosen, and those that links have until they can change.
    pub fn layers_in_use(&self) -> Layers {
        self.fan_out.layers_in_use()
    }

    /// Sends one picture to everybody who has its layer. Never blocks; each link drops to the next key frame when its
    /// queue is full. Returns the layers of which links need key frames.
    pub fn send_video(&self, picture: &Arc<VideoPackets>) -> Layers {
        self.fan_out.video(picture)
    }

    /// Sends one piece of sound to everybody who is connected. Never blocks; a link whose queue is full loses it.
    pub fn send_audio(&self, packet: &Arc<AudioPacket>) {
        self.fan_out.audio(packet);
    }

    /// What the link to a peer is estimated to carry beside parity; `None` before the first estimate.
    pub fn estimate(&self, peer: PeerId) -> Option<LinkEstimate> {
        lock(&self.peers).get(&peer).and_then(|peer| peer.link.room())
    }

    /// What is known of the link to a peer on which so many bits per second are wanted; `None` before the first estimate.
    pub fn load(&self, peer: PeerId, wanted_bps: u32) -> Option<LinkLoad> {
        let peers = lock(&self.peers);
        let link = &peers.get(&peer)?.link;
        link.estimate()?;
        let (arriving_bps, queue) = link.arriving();
        Some(LinkLoad { peer, wanted_bps, arriving_bps, queue })
    }

    /// Says what a peer would be sent if its link carried everything, in bits per second with all headers: so much the link is
    /// tried for.
    pub fn set_wanted(&self, peer: PeerId, bps: u32) {
        if let Some(peer) = lock(&self.peers).get(&peer) {
            peer.link.set_wanted(bps);
        }
    }

    /// What is known of the link to a peer.
    pub fn statistics(&self, peer: PeerId) -> Option<LinkStatistics> {
        lock(&self.peers).get(&peer).map(|peer| *lock(&peer.statistics))
    }

    fn command(&self, peer: PeerId, command: PeerCommand) {
        let mut peers = lock(&self.peers);
        let Some(entry) = peers.get_mut(&peer) else { return };
        if let PeerCommand::ApplyDescription { generation, .. } | PeerCommand::RestartIce { generation } = &command {
            entry.generation = *generation;
        }
        let generation = entry.generation;
        if matches!(entry.commands.try_send(command), Err(mpsc::error::TrySendError::Full(_))) {
            drop(peers);
            tracing::warn!(peer = peer.0, "a peer floods us with descriptions or candidates");
            self.close(peer);
            (self.on_event)(MeshEvent::Path { peer, generation, state: PathState::Failed });
        }
    }
}

impl Drop for Mesh {
    fn drop(&mut self) {
        let mut tasks = std::mem::take(&mut *lock(&self.closing));
        tasks.extend(lock(&self.peers).drain().map(|(_, peer)| peer.task));
        if let Some(shutdown) = self.shutdown.take() {
            // A thread that has already ended has nothing left to close.
            shutdown.send(tasks).ok();
        }
    }
}
