//! One peer's connection: an actor that owns it from the first description to its close.
//!
//! Commands are handled one after another in the order given, so that a candidate never overtakes its description. The
//! stack's callbacks run on its driver's task: they only hand over.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rtc::rtp_transceiver::rtp_sender::RtpCodecKind;
use rtc::rtp_transceiver::{RTCRtpTransceiverDirection, RTCRtpTransceiverInit};
use rtc::statistics::StatsSelector;
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinSet;
use webrtc::data_channel::DataChannel;
use webrtc::error::Result;
use webrtc::media_stream::track_local::TrackLocal;
use webrtc::media_stream::track_local::static_rtp::TrackLocalStaticRTP;
use webrtc::media_stream::track_remote::TrackRemote;
use webrtc::peer_connection::{
    PeerConnection, PeerConnectionEventHandler, RTCIceCandidateInit, RTCIceCandidateType, RTCPeerConnectionIceEvent,
    RTCPeerConnectionState, RTCSessionDescription, RTCStatsReportEntry,
};

use super::fan_out::FanOut;
use super::send::Agreed;
use super::sender_reports::{CaptureClock, LocalStream, SenderReports};
use super::stack::{self, Stack};
use super::transport::{TransportLink, repair_wait};
use super::{
    Account, Candidate, DescriptionKind, Interest, LinkStatistics, MeshEvent, OnEvent, PathKind, PathState, PeerMedia,
    Role,
};
use super::{demand, receive, send};
use crate::audio::audio_level;
use crate::lock::lock;
use crate::rtp::{AUDIO_CLOCK_HZ, PeerId, VIDEO_CLOCK_HZ};

/// What the stack tells us that we have not handled yet. Beyond that, candidates are lost, which only narrows the choice of
/// paths; states repeat.
const CONNECTION_EVENTS: usize = 128;

const STATISTICS_INTERVAL: Duration = Duration::from_secs(1);

/// What the owner of the mesh wants of one connection.
pub(super) enum PeerCommand {
    ApplyDescription { generation: u32, kind: DescriptionKind, sdp: String },
    AddCandidate(Candidate),
    RestartIce { generation: u32 },
    RequestKeyFrame,
}

/// What a connection works with.
pub(super) struct PeerContext {
    pub peer: PeerId,
    pub stack: Arc<Stack>,
    pub on_event: OnEvent,
    pub fan_out: Arc<FanOut>,
    pub media: Arc<dyn PeerMedia>,
    /// How we look at the peer's picture.
    pub interest: watch::Receiver<Interest>,
    /// How we receive the others, for a peer that asks.
    pub account: watch::Receiver<Account>,
    pub link: Arc<TransportLink>,
    pub statistics: Arc<Mutex<LinkStatistics>>,
}

enum ConnectionEvent {
    Candidate(Candidate),
    State(RTCPeerConnectionState),
    Track(Arc<dyn TrackRemote>),
    Channel(Arc<dyn DataChannel>),
}

struct Callbacks {
    events: mpsc::Sender<ConnectionEvent>,
}

impl Callbacks {
    fn hand_over(&self, event: ConnectionEvent) {
        if let Err(mpsc::error::TrySendError::Full(_)) = self.events.try_send(event) {
            tracing::warn!("a connection's event queue is full");
        }
    }
}

#[async_trait::async_trait]
impl PeerConnectionEventHandler for Callbacks {
    async fn on_ice_candidate(&self, event: RTCPeerConnectionIceEvent) {
        // An empty candidate marks the end of gathering, which nobody here waits for.
        if let Ok(RTCIceCandidateInit { candidate, sdp_mid, sdp_mline_index, .. }) = event.candidate.to_json()
            && !candidate.is_empty()
        {
            self.hand_over(ConnectionEvent::Candidate(Candidate { candidate, sdp_mid, sdp_mline_index }));
        }
    }

    async fn on_connection_state_change(&self, state: RTCPeerConnectionState) {
        self.hand_over(ConnectionEvent::State(state));
    }

    async fn on_data_channel(&self, channel: Arc<dyn DataChannel>) {
        self.hand_over(ConnectionEvent::Channel(channel));
    }

    async fn on_track(&self, track: Arc<dyn TrackRemote>) {
        self.hand_over(ConnectionEvent::Track(track));
    }
}

/// One connection and the tasks that move its media.
struct Connection {
    context: PeerContext,
    connection: Arc<dyn PeerConnection>,
    generation: u32,
    video: Arc<TrackLocalStaticRTP>,
    audio: Arc<TrackLocalStaticRTP>,
    /// What our reports are made of.
    video_stream: LocalStream,
    audio_stream: LocalStream,
    /// Whether the peer has made its data channel.
    has_channel: bool,
    /// What the peer's tracks that were taken are of.
    kinds: Vec<RtpCodecKind>,
    /// Wakes the task that asks the peer for key frames.
    key_frame_wanted: Arc<Notify>,
    /// The link's number in the fan-out, once it sends, and the count of pictures its queue refused.
    link: Option<(u64, Arc<std::sync::atomic::AtomicU64>)>,
    tasks: JoinSet<()>,
}

/// Runs one connection until `commands` closes.
pub(super) async fn run(context: PeerContext, role: Role, generation: u32, mut commands: mpsc::Receiver<PeerCommand>) {
    let (events, mut connection_events) = mpsc::channel(CONNECTION_EVENTS);
    let (peer, on_event, link) = (context.peer, context.on_event.clone(), context.link.clone());
    let mut connection = match Connection::open(context, generation, Callbacks { events }).await {
        Ok(connection) => connection,
        Err(error) => {
            tracing::error!(peer = peer.0, %error, "no connection could be made");
            on_event(MeshEvent::Path { peer, generation, state: PathState::Failed });
            return;
        }
    };
    if role == Role::Offerer {
        connection.open_channel().await;
        connection.offer().await;
    }
    let mut statistics = tokio::time::interval(STATISTICS_INTERVAL);
    statistics.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    loop {
        tokio::select! {
            command = commands.recv() => match command {
                Some(command) => connection.command(command).await,
                None => break,
            },
            Some(event) = connection_events.recv() => connection.event(event).await,
            () = link.estimate_fell() => on_event(MeshEvent::EstimateFell { peer }),
            _ = statistics.tick() => connection.renew_statistics().await,
        }
    }
    connection.close().await;
}

impl Connection {
    async fn open(context: PeerContext, generation: u32, callbacks: Callbacks) -> Result<Self> {
        let local_stream = |clock_hz| LocalStream { ssrc: rand::random(), clock_hz, capture: CaptureClock::default() };
        let (audio_stream, video_stream) = (local_stream(AUDIO_CLOCK_HZ), local_stream(VIDEO_CLOCK_HZ));
        let audio = stack::local_track(RtpCodecKind::Audio, audio_stream.ssrc);
        let video = stack::local_track(RtpCodecKind::Video, video_stream.ssrc);
        let sender_reports = SenderReports::new([audio_stream.clone(), video_stream.clone()], context.media.clone());
        let connection = context.stack.connection(Arc::new(callbacks), context.link.clone(), sender_reports).await?;
        for track in [&audio, &video] {
            let init = RTCRtpTransceiverInit {
                direction: RTCRtpTransceiverDirection::Sendrecv,
                ..RTCRtpTransceiverInit::default()
            };
            connection.add_transceiver_from_track(track.clone() as Arc<dyn TrackLocal>, Some(init)).await?;
        }
        Ok(Self {
            context,
            connection,
            generation,
            video,
            audio,
            video_stream,
            audio_stream,
            has_channel: false,
            kinds: Vec::new(),
            key_frame_wanted: Arc::default(),
            link: None,
            tasks: JoinSet::new(),
        })
    }

    fn emit(&self, event: MeshEvent) {
        (self.context.on_event)(event);
    }

    fn report(&self, state: PathState) {
        self.emit(MeshEvent::Path { peer: self.context.peer, generation: self.generation, state });
    }

    /// Reports a failed step; the meeting decides what to do about it.
    fn check(&self, step: &str, result: Result<()>) -> bool {
        if let Err(error) = result {
            tracing::warn!(peer = self.context.peer.0, step, %error, "negotiation failed");
            self.report(PathState::Failed);
            return false;
        }
        true
    }

    async fn command(&mut self, command: PeerCommand) {
        match command {
            PeerCommand::ApplyDescription { generation, kind, sdp } => {
                self.generation = generation;
                let result = self.apply(kind, sdp).await;
                self.check("applying a description", result);
            }
            PeerCommand::AddCandidate(Candidate { candidate, sdp_mid, sdp_mline_index }) => {
                let init =
                    RTCIceCandidateInit { candidate, sdp_mid, sdp_mline_index, ..RTCIceCandidateInit::default() };
                // One candidate that cannot be used leaves the others.
                if let Err(error) = self.connection.add_ice_candidate(init).await {
                    tracing::debug!(peer = self.context.peer.0, %error, "a candidate was refused");
                }
            }
            PeerCommand::RestartIce { generation } => {
                self.generation = generation;
                let result = self.connection.restart_ice().await;
                if self.check("restarting ICE", result) {
                    self.offer().await;
                }
            }
            PeerCommand::RequestKeyFrame => self.key_frame_wanted.notify_one(),
        }
    }

    async fn open_channel(&mut self) {
        match demand::open(&self.connection).await {
            Ok(channel) => self.talk_over(channel, false),
            // Without it everything is sent large, which is no reason not to meet.
            Err(error) => tracing::warn!(peer = self.context.peer.0, %error, "no data channel could be made"),
        }
    }

    fn talk_over(&mut self, channel: Arc<dyn DataChannel>, is_open: bool) {
        let (on_event, peer) = (self.context.on_event.clone(), self.context.peer);
        let ours = demand::Ours { interest: self.context.interest.clone(), account: self.context.account.clone() };
        self.tasks.spawn(demand::run(channel, is_open, ours, move |told| {
            on_event(match told {
                demand::Told::Interest(interest) => MeshEvent::Interest { peer, interest },
                demand::Told::Account(account) => MeshEvent::Account { peer, account },
            });
        }));
    }

    async fn offer(&mut self) {
        let result = async {
            let offer = self.connection.create_offer(None).await?;
            let sdp = offer.sdp.clone();
            // Out before the local description starts to gather, so that it is ahead of its candidates.
            self.describe(DescriptionKind::Offer, sdp);
            self.connection.set_local_description(offer).await
        }
        .await;
        self.check("offering", result);
    }

    async fn apply(&self, kind: DescriptionKind, sdp: String) -> Result<()> {
        match kind {
            DescriptionKind::Answer => {
                self.connection.set_remote_description(RTCSessionDescription::answer(sdp)?).await
            }
            DescriptionKind::Offer => {
                self.connection.set_remote_description(RTCSessionDescription::offer(sdp)?).await?;
                let answer = self.connection.create_answer(None).await?;
                self.describe(DescriptionKind::Answer, answer.sdp.clone());
                self.connection.set_local_description(answer).await
            }
        }
    }

    fn describe(&self, kind: DescriptionKind, sdp: String) {
        let (peer, generation) = (self.context.peer, self.generation);
        self.emit(MeshEvent::LocalDescription { peer, generation, kind, sdp });
    }

    async fn event(&mut self, event: ConnectionEvent) {
        match event {
            ConnectionEvent::Candidate(candidate) => {
                let (peer, generation) = (self.context.peer, self.generation);
                self.emit(MeshEvent::LocalCandidate { peer, generation, candidate });
            }
            ConnectionEvent::State(RTCPeerConnectionState::Connected) => {
                if self.link.is_none() {
                    self.start_sending().await;
                }
                self.report(PathState::Connected);
                self.renew_statistics().await;
            }
            ConnectionEvent::State(RTCPeerConnectionState::Disconnected) => self.report(PathState::Disconnected),
            ConnectionEvent::State(RTCPeerConnectionState::Failed) => self.report(PathState::Failed),
            ConnectionEvent::State(_) => {}
            ConnectionEvent::Channel(channel) => {
                // A peer that makes more than the one gets no tasks for them.
                if demand::is_ours(&channel).await && !std::mem::replace(&mut self.has_channel, true) {
                    self.talk_over(channel, true);
                }
            }
            ConnectionEvent::Track(track) => {
                let media = self.context.media.clone();
                let kind = track.kind().await;
                // A peer that adds more than one of each gets no tasks for them.
                if self.kinds.contains(&kind) {
                    return;
                }
                self.kinds.push(kind);
                if kind == RtpCodecKind::Video {
                    self.tasks.spawn(receive::request_key_frames(track.clone(), self.key_frame_wanted.clone()));
                    self.tasks.spawn(receive::forward(track, move |packet| media.video(packet)));
                } else {
                    self.tasks.spawn(receive::forward(track, move |packet| media.audio(packet)));
                }
            }
        }
    }

    /// What was agreed on for a track.
    async fn agreed(&self, kind: RtpCodecKind) -> Option<Agreed> {
        for sender in self.connection.get_senders().await {
            if sender.track().kind().await == kind {
                let parameters = sender.get_parameters().await.ok()?.rtp_parameters;
                let payload_type = parameters.codecs.iter().find(|codec| stack::is_media(codec))?.payload_type;
                let level = parameters.header_extensions.iter().find(|extension| extension.uri == audio_level::URI);
                let level_extension = level.and_then(|extension| u8::try_from(extension.id).ok());
                return Some(Agreed { payload_type, level_extension });
            }
        }
        None
    }

    async fn start_sending(&mut self) {
        let (Some(video), Some(audio)) =
            (self.agreed(RtpCodecKind::Video).await, self.agreed(RtpCodecKind::Audio).await)
        else {
            tracing::warn!(peer = self.context.peer.0, "the peer takes neither our video nor our sound");
            return self.report(PathState::Failed);
        };
        let (number, queues) = self.context.fan_out.add(self.context.peer);
        self.link = Some((number, queues.dropped.clone()));
        self.tasks.spawn(send::run(
            queues,
            send::Stream::new(self.video.clone(), &self.video_stream, video),
            send::Stream::new(self.audio.clone(), &self.audio_stream, audio),
            self.context.link.clone(),
        ));
        let (on_event, peer) = (self.context.on_event.clone(), self.context.peer);
        let fan_out = self.context.fan_out.clone();
        let key_frame_wanted = move || {
            if let Some(layer) = fan_out.target(peer) {
                on_event(MeshEvent::KeyFrameWanted { peer, layer });
            }
        };
        // The link is new: the encoder must start it with a key frame.
        key_frame_wanted();
        self.tasks.spawn(send::listen_for_key_frame_requests(self.video.clone(), key_frame_wanted));
    }

    async fn renew_statistics(&self) {
        let path = self.path_kind().await;
        let now = Instant::now();
        let mut statistics = LinkStatistics { measured_at: Some(now), path, ..LinkStatistics::default() };
        let report = self.connection.get_stats(now, StatsSelector::None).await;
        let pair = report.transport().and_then(|transport| report.get(&transport.selected_candidate_pair_id));
        if let Some(RTCStatsReportEntry::IceCandidatePair(pair)) = pair {
            let measured = pair.current_round_trip_time > 0.0;
            statistics.round_trip =
                measured.then(|| Duration::try_from_secs_f64(pair.current_round_trip_time).unwrap_or_default());
            if let Some(round_trip) = statistics.round_trip {
                self.context.link.set_checked_round_trip(round_trip);
            }
            statistics.bytes_sent = pair.bytes_sent;
            statistics.bytes_received = pair.bytes_received;
        }
        if let Some((_, dropped)) = &self.link {
            statistics.pictures_dropped = dropped.load(Ordering::Relaxed);
        }
        statistics.transport = self.context.link.statistics();
        if let Some(round_trip) = statistics.transport.round_trip.or(statistics.round_trip) {
            self.context.media.repairs_take(repair_wait(round_trip));
        }
        *lock(&self.context.statistics) = statistics;
    }

    /// How the selected path leaves this machine. Asked of the transport: the statistics name the candidate by an id that
    /// they do not list it under.
    async fn path_kind(&self) -> Option<PathKind> {
        let senders = self.connection.get_senders().await;
        let transport = senders.first()?.transport().await.ok()??;
        let pair = transport.ice_transport().get_selected_candidate_pair().await.ok()??;
        match pair.local().typ {
            RTCIceCandidateType::Host => Some(PathKind::Host),
            RTCIceCandidateType::Srflx => Some(PathKind::ServerReflexive),
            RTCIceCandidateType::Prflx => Some(PathKind::PeerReflexive),
            RTCIceCandidateType::Relay => Some(PathKind::Relay),
            _ => None,
        }
    }

    async fn close(mut self) {
        if let Some((number, _)) = self.link {
            self.context.fan_out.remove(number);
        }
        self.tasks.shutdown().await;
        if let Err(error) = self.connection.close().await {
            tracing::debug!(peer = self.context.peer.0, %error, "a connection did not close cleanly");
        }
    }
}
