//! One participant's media: joins capture, codecs, mesh and playout, and is all that the engine sees of them.
//!
//! Owns every source, pipeline and connection of the participant; dropping it stops them all. Knows no meeting: who the
//! peers are, when to connect to them and where descriptions go is the business of whoever owns it.

mod latency;
mod remote;
mod standstill;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use crate::audio::encoding::{SoundLink, encoding_for};
use crate::audio::mixer::Volume;
use crate::audio::receive::AudioStatistics;
use crate::audio::xruns::MissedSound;
use crate::camera::Camera;
use crate::choice::{CameraChoice, SoundMode, VideoLimits};
use crate::codec::opus::{EncoderSettings, OpusError};
use crate::frame::VideoFrame;
use crate::latest::Latest;
use crate::layer::{Layer, LayerTarget, Layers, PerLayer};
use crate::mesh::allocation::{Allocation, AllocationInput, PeerNeeds, allocate, sound_wire_bps, wanted_bps};
use crate::mesh::uplink::Uplink;
use crate::mesh::{
    Account, Candidate, Demand, DescriptionKind, Interest, LinkStatistics, Mesh, MeshConfig, MeshError, MeshEvent,
    PathState, Role,
};
use crate::rtp::{AudioPacket, PeerId};
use crate::sound::{Sound, SoundConfig, SoundError, SoundEvent};
use crate::video::ladder::sizes::largest_within;
use crate::video::ladder::{KeyFrameRequester, Ladder, LadderConfig, LayerStatistics};
use crate::video::receive::ReceiveStatistics;
use remote::Remote;

/// Called when a picture of somebody is there to be shown; must not block.
pub type PictureArrived = Arc<dyn Fn() + Send + Sync>;

/// What a participant sends, shows and plays.
#[derive(Clone)]
pub struct SessionConfig {
    pub sound: SoundConfig,
    /// Most that is captured and sent.
    pub limits: VideoLimits,
    /// Whether received pictures are decoded. A participant that nobody looks at only counts them.
    pub decode_video: bool,
    /// Where each remote participant's decoded pictures are written, as `NAME.y4m`.
    pub save_video: Option<PathBuf>,
    /// Whether the time from capture to decoded picture is read off pictures that carry the test pattern's stamp.
    pub measure_latency: bool,
    pub mesh: MeshConfig,
    pub picture_arrived: PictureArrived,
}

impl std::fmt::Debug for SessionConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SessionConfig").field("sound", &self.sound).finish_non_exhaustive()
    }
}

/// What a session has to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionEvent {
    /// To be carried to the peer, or taken note of. Requests for key frames do not come this far.
    Mesh(MeshEvent),
    Sound(SoundEvent),
}

/// Why there is no media at all. What a single device lacks is a [`SessionEvent`] instead.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    #[error(transparent)]
    Mesh(#[from] MeshError),
    #[error("no thread could be started for media: {0}")]
    Thread(#[from] std::io::Error),
    #[error(transparent)]
    Sound(#[from] SoundError),
    #[error("the audio codec cannot be used: {0}")]
    Opus(#[from] OpusError),
}

/// What is known of one peer's media.
#[derive(Clone, Debug)]
pub struct RemoteStatistics {
    pub video: ReceiveStatistics,
    pub audio: AudioStatistics,
    pub link: LinkStatistics,
    /// Median time from capture to decoded picture, when the pictures carry the test pattern's stamp.
    pub latency: Option<Duration>,
    /// How often the connection was negotiated: once where nothing went wrong.
    pub negotiations: u64,
}

type OnEvent = Arc<dyn Fn(SessionEvent) + Send + Sync>;

/// A participant's running media.
pub struct Session {
    config: SessionConfig,
    /// Before what feeds on them, so that dropping stops sources first.
    camera: Camera,
    sound: Sound,
    video: Ladder,
    remotes: BTreeMap<PeerId, Remote>,
    mesh: Arc<Mesh>,
    uplink: Uplink,
    /// Who gets what at present.
    allocation: Allocation,
    /// What one's own sound is encoded with.
    encoding: EncoderSettings,
    /// What a person allows of what is captured.
    allowed: VideoLimits,
    /// Whether everybody is asked how they receive the others.
    asks_accounts: bool,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("config", &self.config).field("mesh", &self.mesh).finish_non_exhaustive()
    }
}

impl Session {
    /// Starts the microphone and speaker, and takes the camera over as it is, on or off: what happens to it is still told to whoever
    /// started it. Connects to nobody. `on_event` is called on threads of the session and must not block.
    ///
    /// # Errors
    ///
    /// When the system gives no threads or sockets.
    pub fn start(
        config: SessionConfig,
        camera: Camera,
        microphone_on: bool,
        on_event: impl Fn(SessionEvent) + Send + Sync + 'static,
    ) -> Result<Self, SessionError> {
        let on_event: OnEvent = Arc::new(on_event);
        let key_frames = Arc::new(OnceLock::<KeyFrameRequester>::new());

        let (events, for_key_frames) = (on_event.clone(), key_frames.clone());
        let mesh = Arc::new(Mesh::start(config.mesh.clone(), move |event| match event {
            MeshEvent::KeyFrameWanted { layer, .. } => {
                if let Some(encoder) = for_key_frames.get() {
                    encoder.request(layer);
                }
            }
            event => events(SessionEvent::Mesh(event)),
        })?);

        // Sources do not keep the mesh: one that is stuck in its device and left behind must not keep connections open.
        let to_all = Arc::downgrade(&mesh);
        let video = Ladder::start(camera.hand_over(), LadderConfig::new(config.limits), move |picture| {
            to_all.upgrade().map_or(Layers::NONE, |mesh| mesh.send_video(&picture))
        })?;
        key_frames.set(video.key_frame_requester()).expect("set once, here");

        let (to_all, events) = (Arc::downgrade(&mesh), on_event.clone());
        let send = move |packet: Arc<AudioPacket>| {
            if let Some(mesh) = to_all.upgrade() {
                mesh.send_audio(&packet);
            }
        };
        let sound = Sound::start(config.sound.clone(), send, move |event| events(SessionEvent::Sound(event)))?;
        let encoding = EncoderSettings { discontinuous: true, ..EncoderSettings::default() };
        sound.sender().set_encoding(&encoding)?;
        sound.sender().set_active(microphone_on);

        let mut session = Self {
            config,
            camera,
            sound,
            video,
            remotes: BTreeMap::new(),
            mesh,
            uplink: Uplink::default(),
            allocation: Allocation::default(),
            encoding,
            allowed: VideoLimits::MAX,
            asks_accounts: false,
        };
        session.reallocate();
        Ok(session)
    }

    /// Tells everybody how we look at their pictures, as far as it has changed: who speaks matters more than others. To be
    /// called now and then.
    pub fn tell_interest(&self) {
        let listened_to = self.sound.playout().listened_to();
        for (peer, remote) in &self.remotes {
            self.mesh.set_interest(*peer, remote.interest(listened_to == Some(*peer)));
        }
    }

    /// Whether everybody is asked to tell how they receive the others, as [`MeshEvent::Account`].
    pub fn ask_for_accounts(&mut self, asks: bool) {
        self.asks_accounts = asks;
        self.remotes.values_mut().for_each(|remote| remote.asks_account = asks);
        self.tell_interest();
    }

    /// Whether anybody asks how we receive the others.
    pub fn is_asked_for_account(&self) -> bool {
        self.remotes.values().any(|remote| remote.peer_interest.asks_account)
    }

    /// Tells those who have asked how we receive the others.
    pub fn tell_account(&self, account: &Account) {
        for (peer, _) in self.remotes.iter().filter(|(_, remote)| remote.peer_interest.asks_account) {
            self.mesh.tell_account(*peer, account.clone());
        }
    }

    /// Whether sound leaves this process.
    pub fn set_microphone(&self, on: bool) {
        self.sound.sender().set_active(on);
    }

    /// One's microphone and speaker, and how they sound.
    pub fn sound(&self) -> &Sound {
        &self.sound
    }

    /// The same, to choose others.
    pub fn sound_mut(&mut self) -> &mut Sound {
        &mut self.sound
    }

    /// How loud a peer is played.
    pub fn set_volume(&self, peer: PeerId, volume: Volume) {
        if let Some(remote) = self.remotes.get(&peer) {
            remote.audio.set_volume(volume);
        }
    }

    /// Whether pictures are taken. Off ends at once what leaves this process, and soon releases the camera.
    pub fn set_camera(&mut self, on: bool) {
        self.camera.set_on(on);
        self.reallocate();
    }

    /// Takes pictures with another camera, soon; one that is off stays off. Sound goes on.
    pub fn choose_camera(&mut self, choice: CameraChoice) {
        self.camera.choose(choice);
    }

    /// Sends no larger layer and no more pictures a second than this from now on, whatever is captured. Of a capture whose smallest
    /// layer is larger, that one is sent.
    pub fn allow(&mut self, limits: VideoLimits) {
        self.allowed = limits;
        self.reallocate();
    }

    /// Chooses anew who gets which layer and what is encoded: after every change of what is wanted, and now and then, since
    /// captured sizes and what the machine bears change by themselves.
    pub fn reallocate(&mut self) {
        let is_camera_on = self.camera.is_on();
        let formats = self.video.formats();
        let largest = self.largest_layer();
        let sound_bps = sound_wire_bps(self.encoding.bitrate_bps);
        let connected = || self.remotes.iter().filter(|(_, remote)| remote.is_connected);
        let loads: Vec<_> =
            connected().filter_map(|(peer, remote)| self.mesh.load(*peer, self.wanted_of(remote))).collect();
        self.uplink.update(Instant::now(), &loads);
        for (peer, remote) in &self.remotes {
            self.mesh.set_wanted(*peer, self.uplink.wanted_bps(self.wanted_of(remote)));
        }
        let peers: Vec<_> = connected()
            .filter(|_| is_camera_on)
            .map(|(peer, remote)| PeerNeeds {
                peer: *peer,
                demand: remote.peer_interest.demand,
                priority: remote.peer_interest.priority,
                estimate: self.mesh.estimate(*peer).map(|estimate| self.uplink.estimate(*peer, estimate)),
            })
            .collect();
        let allocation = allocate(&AllocationInput {
            peers: &peers,
            sound_bps,
            uplink_bps: self.uplink.bps(),
            formats,
            largest,
            fps: self.config.limits.fps.min(self.allowed.fps.max(1)),
            previous: &self.allocation,
        });
        // Links that wait for the key frame of another layer go on with the one they have until it comes.
        let set_target = |peer: &PeerId| self.mesh.set_video_target(*peer, allocation.layer(*peer));
        let wanted: Layers = self.remotes.keys().filter_map(set_target).collect();
        let in_use = self.mesh.layers_in_use();
        let mut targets = allocation.targets;
        for layer in Layer::ALL.into_iter().filter(|layer| is_camera_on && in_use.contains(*layer)) {
            let target = &mut targets[layer.index()];
            *target = target.or(self.allocation.targets[layer.index()]);
        }
        self.video.set_targets(targets);
        wanted.iter().for_each(|layer| self.video.key_frame_requester().request(layer));
        self.allocation = Allocation { targets, ..allocation };
    }

    /// Bits per second that a peer would be sent if its link carried everything.
    fn wanted_of(&self, remote: &Remote) -> u32 {
        let demand = if self.camera.is_on() { remote.peer_interest.demand } else { Demand::Hidden };
        let sound_bps = sound_wire_bps(self.encoding.bitrate_bps);
        wanted_bps(demand, &self.video.formats(), self.largest_layer(), sound_bps)
    }

    /// The largest layer that the machine bears and the person allows.
    fn largest_layer(&self) -> Layer {
        self.video.limits().largest.min(largest_within(&self.video.formats(), self.allowed))
    }

    /// What the microphone is for, from the next frames on: a voice at first. Music is sent in both channels of a microphone that
    /// has two, with the bits that the links bear, and without processing: who plays the others aloud sends them their echo, so that
    /// headphones are to be recommended. What was chosen for a voice is kept for when it is one again. Needs no negotiation,
    /// and nothing of the others.
    pub fn set_sound_mode(&mut self, mode: SoundMode) {
        self.sound.set_mode(mode);
        self.encode_sound(EncoderSettings { mode, ..self.encoding });
        self.reallocate();
    }

    /// Encodes one's own sound anew as the links bear and need it; to be called now and then.
    pub fn follow_links_with_sound(&mut self) {
        self.encode_sound(self.encoding);
    }

    /// Encodes one's own sound as the links bear and need it, starting from these settings.
    fn encode_sound(&mut self, from: EncoderSettings) {
        let connected = self.remotes.iter().filter(|(_, remote)| remote.is_connected);
        let links = connected.filter_map(|(peer, _)| {
            let estimate = self.mesh.estimate(*peer).map(|estimate| self.uplink.estimate(*peer, estimate));
            let loss = f64::from(self.mesh.statistics(*peer)?.transport.loss);
            Some(SoundLink { estimate_bps: estimate.map(|estimate| estimate.steady_bps), loss })
        });
        let encoding = encoding_for(links, &from);
        if encoding == self.encoding {
            return;
        }
        self.encoding = encoding;
        if let Err(error) = self.sound.sender().set_encoding(&encoding) {
            tracing::warn!(%error, "sound goes on as it was encoded before");
        }
    }

    /// Takes note of how a peer looks at our picture, as told by [`MeshEvent::Interest`].
    pub fn interest_changed(&mut self, peer: PeerId, interest: Interest) {
        if let Some(remote) = self.remotes.get_mut(&peer) {
            remote.peer_interest = interest;
        }
        self.reallocate();
    }

    /// Makes a connection to a peer, in place of the one there may be. `name` is what its pictures are saved under.
    ///
    /// # Errors
    ///
    /// When the system gives no thread for the peer's pictures.
    pub fn connect(&mut self, peer: PeerId, name: &str, generation: u32, role: Role) -> Result<(), SessionError> {
        let mut remote = match self.remotes.remove(&peer) {
            Some(remote) => remote,
            None => Remote::start(peer, name, &self.config, &self.mesh, self.sound.playout())?,
        };
        remote.negotiations += u64::from(role == Role::Offerer);
        remote.is_connected = false;
        remote.asks_account = self.asks_accounts;
        let interest = remote.interest(self.sound.playout().listened_to() == Some(peer));
        self.mesh.connect(peer, generation, role, interest, remote.media());
        self.remotes.insert(peer, remote);
        Ok(())
    }

    /// Applies a peer's description; an answer to an offer follows as an event.
    pub fn apply_description(&mut self, peer: PeerId, generation: u32, kind: DescriptionKind, sdp: String) {
        if let (DescriptionKind::Offer, Some(remote)) = (kind, self.remotes.get_mut(&peer)) {
            remote.negotiations += 1;
        }
        self.mesh.apply_description(peer, generation, kind, sdp);
    }

    /// Adds a peer's candidate, after its description.
    pub fn add_candidate(&self, peer: PeerId, candidate: Candidate) {
        self.mesh.add_candidate(peer, candidate);
    }

    /// Looks for a new path to a peer; an offer follows as an event.
    pub fn restart_ice(&mut self, peer: PeerId, generation: u32) {
        if let Some(remote) = self.remotes.get_mut(&peer) {
            remote.negotiations += 1;
        }
        self.mesh.restart_ice(peer, generation);
    }

    /// Takes note of a peer's path, as told by [`MeshEvent::Path`].
    pub fn path_changed(&mut self, peer: PeerId, state: PathState) {
        if let Some(remote) = self.remotes.get_mut(&peer) {
            remote.is_connected = match state {
                PathState::Connected => true,
                PathState::Failed => false,
                PathState::Connecting | PathState::Disconnected => remote.is_connected,
            };
        }
        self.reallocate();
    }

    /// How large a peer's picture is shown. What is hidden is neither sent to us nor decoded.
    pub fn set_shown(&mut self, peer: PeerId, demand: Demand) {
        if let Some(remote) = self.remotes.get_mut(&peer) {
            remote.set_shown(demand);
            self.mesh.set_interest(peer, remote.interest(self.sound.playout().listened_to() == Some(peer)));
        }
    }

    /// Takes note of whether a peer's camera is on, so that no picture is not taken for a frozen one.
    pub fn set_peer_camera(&mut self, peer: PeerId, on: bool) {
        if let Some(remote) = self.remotes.get_mut(&peer) {
            remote.set_camera(on);
        }
    }

    /// When a peer's last picture came, if it has stood still for two seconds although the camera is on and it is shown.
    pub fn stands_still_since(&self, peer: PeerId) -> Option<Instant> {
        let remote = self.remotes.get(&peer)?;
        remote.standstill.since(Instant::now(), remote.video.statistics().last_picture_at)
    }

    /// Closes a peer's connection and pipelines. Gives what was known of it, if it was there.
    pub fn close(&mut self, peer: PeerId) -> Option<RemoteStatistics> {
        let statistics = self.remote_statistics(peer);
        self.mesh.close(peer);
        self.sound.playout().remove_remote(peer);
        self.remotes.remove(&peer);
        self.reallocate();
        statistics
    }

    /// One's own pictures, as captured.
    pub fn own_pictures(&self) -> &Latest<Arc<VideoFrame>> {
        self.camera.pictures()
    }

    /// A peer's decoded pictures; the same handle for as long as the peer is not closed.
    pub fn pictures(&self, peer: PeerId) -> Option<&Latest<Arc<VideoFrame>>> {
        self.remotes.get(&peer).map(|remote| &remote.pictures)
    }

    /// Whether one's own voice is heard at the microphone and sent.
    pub fn is_speaking(&self) -> bool {
        self.sound.sender().is_active() && self.sound.sender().level().is_speaking()
    }

    /// Whether one has spoken for a while although the microphone is off, and should be told; once each time.
    pub fn take_spoke_unheard(&self) -> bool {
        self.sound.sender().take_spoke_unheard()
    }

    /// Whether a peer's voice is heard.
    pub fn is_peer_speaking(&self, peer: PeerId) -> bool {
        self.remotes.get(&peer).is_some_and(|remote| remote.audio.statistics().speaking)
    }

    /// When the first picture of a peer was there.
    pub fn first_picture_at(&self, peer: PeerId) -> Option<Instant> {
        self.remotes.get(&peer)?.video.statistics().first_picture_at
    }

    /// What was sent of each layer, at [`Layer::index`].
    pub fn send_statistics(&self) -> PerLayer<LayerStatistics> {
        self.video.statistics()
    }

    /// What the sound devices have missed so far.
    pub fn missed_sound(&self) -> MissedSound {
        self.sound.missed()
    }

    /// What is aimed at in each layer, at [`Layer::index`]; none of one that nobody gets.
    pub fn send_targets(&self) -> PerLayer<Option<LayerTarget>> {
        self.allocation.targets
    }

    /// The layer that is chosen for a peer; none for no pictures.
    pub fn sent_layer(&self, peer: PeerId) -> Option<Layer> {
        self.allocation.layer(peer)
    }

    /// Bits per second that a peer would be sent if its link carried everything, with all headers.
    pub fn wanted_bps(&self, peer: PeerId) -> Option<u32> {
        self.remotes.get(&peer).map(|remote| self.wanted_of(remote))
    }

    /// How large a peer's picture is shown.
    pub fn shown(&self, peer: PeerId) -> Option<Demand> {
        self.remotes.get(&peer).map(|remote| remote.demand)
    }

    /// Whether less is encoded than was asked for, because this machine does not keep up.
    pub fn is_overloaded(&self) -> bool {
        let limits = self.video.limits();
        limits.largest < Layer::Top || limits.max_fps < self.config.limits.fps
    }

    /// What is known of a peer.
    pub fn remote_statistics(&self, peer: PeerId) -> Option<RemoteStatistics> {
        self.remotes.get(&peer).map(|remote| RemoteStatistics {
            video: remote.video.statistics(),
            audio: remote.audio.statistics(),
            link: self.mesh.statistics(peer).unwrap_or_default(),
            latency: remote.latency.median(),
            negotiations: remote.negotiations,
        })
    }
}
