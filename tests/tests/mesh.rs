//! Real peer connections on loopback: packets arrive as they were sent, key frames can be asked for, a restart keeps the
//! media flowing, and what is dropped is gone.
#![allow(clippy::unwrap_used, reason = "what fails here is to fail the test")]

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use nonet_media::audio::audio_level::{self, AudioLevel};
use nonet_media::layer::Layer;
use nonet_media::mesh::{
    Account, Demand, Grade, Interest, Mesh, MeshConfig, MeshEvent, PathKind, PathState, PeerMedia, Priority, Reception,
    Role,
};
use nonet_media::rtp::{AudioPacket, PeerId, RtpPacket, VideoPackets};

const A: PeerId = PeerId(1);
const B: PeerId = PeerId(2);
const LARGE: Interest =
    Interest { demand: Demand::Shown { width: 1280, height: 720 }, priority: Priority::Normal, asks_account: false };
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Debug, PartialEq)]
enum Got {
    Video(RtpPacket),
    Audio(RtpPacket),
}

struct Collector(Mutex<Sender<Got>>);

impl PeerMedia for Collector {
    fn video(&self, packet: RtpPacket) {
        self.0.lock().unwrap().send(Got::Video(packet)).ok();
    }
    fn audio(&self, packet: RtpPacket) {
        self.0.lock().unwrap().send(Got::Audio(packet)).ok();
    }
    fn repairs_take(&self, _: Duration) {}
}

/// Time is measured here: one at a time.
static ALONE: Mutex<()> = Mutex::new(());

/// Two meshes; what one says about the other is carried across by [`Pair::carry_until`].
struct Pair {
    a: Mesh,
    b: Mesh,
    events: Receiver<(PeerId, MeshEvent)>,
    a_got: Receiver<Got>,
    b_got: Receiver<Got>,
    candidates_to: [Vec<nonet_media::mesh::Candidate>; 2],
    described: [bool; 2],
    _alone: MutexGuard<'static, ()>,
}

impl Pair {
    fn new() -> Self {
        Self::over(None)
    }

    /// The first of the two behind a simulated network.
    fn over(network: Option<&str>) -> Self {
        tracing_subscriber::fmt().with_env_filter(tracing_subscriber::EnvFilter::from_default_env()).try_init().ok();
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let (sender, events) = channel();
        let start = |at: PeerId| {
            let sender = Mutex::new(sender.clone());
            let network = network.filter(|_| at == A).map(|words| words.parse().unwrap());
            let config = MeshConfig { loopback_only: true, network, ..MeshConfig::default() };
            Mesh::start(config, move |event| {
                sender.lock().unwrap().send((at, event)).ok();
            })
            .unwrap()
        };
        let (a, b) = (start(A), start(B));
        let (a_sender, a_got) = channel();
        let (b_sender, b_got) = channel();
        b.connect(A, 1, Role::Answerer, LARGE, Arc::new(Collector(Mutex::new(b_sender))));
        a.connect(B, 1, Role::Offerer, LARGE, Arc::new(Collector(Mutex::new(a_sender))));
        a.set_video_target(B, Some(Layer::Top));
        b.set_video_target(A, Some(Layer::Top));
        let (candidates_to, described) = Default::default();
        Self { a, b, events, a_got, b_got, candidates_to, described, _alone: alone }
    }

    /// Carries descriptions and candidates until `done` says so of an event.
    fn carry_until(&mut self, mut done: impl FnMut(PeerId, &MeshEvent) -> bool) {
        let end = Instant::now() + PATIENCE;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let (at, event) = self.events.recv_timeout(left).expect("the meshes go on in time");
            let is_done = done(at, &event);
            let (to, index) = if at == A { (&self.b, 1) } else { (&self.a, 0) };
            match event {
                MeshEvent::LocalDescription { generation, kind, sdp, .. } => {
                    to.apply_description(at, generation, kind, sdp);
                    self.described[index] = true;
                    for candidate in self.candidates_to[index].drain(..) {
                        to.add_candidate(at, candidate);
                    }
                }
                MeshEvent::LocalCandidate { candidate, .. } if self.described[index] => to.add_candidate(at, candidate),
                MeshEvent::LocalCandidate { candidate, .. } => self.candidates_to[index].push(candidate),
                MeshEvent::Path { .. }
                | MeshEvent::Interest { .. }
                | MeshEvent::Account { .. }
                | MeshEvent::EstimateFell { .. }
                | MeshEvent::KeyFrameWanted { .. } => {}
            }
            if is_done {
                return;
            }
        }
    }

    fn wait_until_connected(&mut self) {
        let mut connected = [false; 2];
        self.carry_until(|at, event| {
            if matches!(event, MeshEvent::Path { state: PathState::Connected, .. }) {
                connected[usize::from(at == B)] = true;
            }
            connected == [true; 2]
        });
    }
}

fn picture(timestamp: u32, is_key_frame: bool) -> Arc<VideoPackets> {
    let payloads = vec![vec![1; 1100].into(), vec![2; 300].into()];
    Arc::new(VideoPackets { layer: Layer::Top, timestamp, captured_at: Instant::now(), is_key_frame, payloads })
}

const LARGE_PICTURE_PACKETS: usize = 4;

fn large_picture(timestamp: u32, is_key_frame: bool) -> Arc<VideoPackets> {
    let payloads = vec![vec![3; 1100].into(); LARGE_PICTURE_PACKETS];
    Arc::new(VideoPackets { layer: Layer::Top, timestamp, captured_at: Instant::now(), is_key_frame, payloads })
}

#[test]
fn packets_cross_as_they_were_sent() {
    let mut pair = Pair::new();
    pair.wait_until_connected();

    pair.a.send_video(&picture(9000, true));
    let level = AudioLevel::new(-20.0, true);
    let packet = AudioPacket { timestamp: 960, captured_at: Instant::now(), level, payload: vec![7; 80].into() };
    pair.a.send_audio(&Arc::new(packet));
    let (mut video, mut audio) = (Vec::new(), Vec::new());
    while video.len() < 2 || audio.is_empty() {
        match pair.b_got.recv_timeout(PATIENCE).expect("all packets arrive") {
            Got::Video(packet) => video.push(packet),
            Got::Audio(packet) => audio.push(packet),
        }
    }
    assert_eq!([video[0].payload.len(), video[1].payload.len()], [1100, 300]);
    assert_eq!([video[0].marker, video[1].marker], [false, true]);
    assert_eq!(video[1].sequence_number, video[0].sequence_number.wrapping_add(1));
    assert!(video.iter().all(|packet| packet.timestamp == 9000));
    assert_eq!((audio[0].timestamp, &audio[0].payload[..]), (960, &[7; 80][..]));

    pair.b.send_video(&picture(1, true));
    assert!(matches!(pair.a_got.recv_timeout(PATIENCE), Ok(Got::Video(_))), "the other way works as well");
    let end = Instant::now() + PATIENCE;
    while pair.a.statistics(B).and_then(|link| link.path) != Some(PathKind::Host) {
        assert!(Instant::now() < end, "the statistics never tell the path");
        std::thread::yield_now();
    }
}

#[test]
fn a_receiver_can_ask_for_a_key_frame() {
    let mut pair = Pair::new();
    pair.wait_until_connected();
    // The stack learns of the track with its first packet; the request for the link's own start comes before that.
    pair.a.send_video(&picture(1, true));
    pair.b_got.recv_timeout(PATIENCE).expect("the picture arrives");
    // And the one who is asked receives as well, as everybody in a meeting does.
    pair.b.send_video(&picture(1, true));
    pair.a_got.recv_timeout(PATIENCE).expect("the picture arrives");
    while pair.events.try_recv().is_ok() {}
    pair.b.request_key_frame(A);
    pair.carry_until(|at, event| at == A && *event == MeshEvent::KeyFrameWanted { peer: B, layer: Layer::Top });
}

#[test]
fn an_ice_restart_keeps_the_connection_and_its_media() {
    let mut pair = Pair::new();
    pair.wait_until_connected();
    pair.described = [false; 2];
    pair.a.restart_ice(B, 2);
    pair.wait_until_connected();
    pair.a.send_video(&picture(1, true));
    assert!(matches!(pair.b_got.recv_timeout(PATIENCE), Ok(Got::Video(_))));
}

#[test]
fn a_peer_that_goes_silent_is_noticed() {
    let mut pair = Pair::new();
    pair.wait_until_connected();
    pair.b.close(A);
    pair.carry_until(|at, event| {
        at == A && matches!(event, MeshEvent::Path { state: PathState::Disconnected | PathState::Failed, .. })
    });
}

#[test]
fn a_peer_learns_how_it_is_looked_at_and_of_every_change() {
    let mut pair = Pair::new();
    let mut told = [false; 2];
    pair.carry_until(|at, event| {
        told[usize::from(at == B)] |= matches!(event, MeshEvent::Interest { interest: LARGE, .. });
        told == [true; 2]
    });
    let small = Demand::Shown { width: 320, height: 180 };
    for interest in [Demand::Hidden.into(), small.into(), Interest { priority: Priority::Pinned, ..small.into() }] {
        pair.a.set_interest(B, interest);
        pair.carry_until(|at, event| at == B && *event == MeshEvent::Interest { peer: A, interest });
    }
}

#[test]
fn a_peer_is_told_how_others_are_received() {
    let mut pair = Pair::new();
    pair.carry_until(|at, event| at == B && matches!(event, MeshEvent::Interest { .. }));
    let reception = Reception {
        from: PeerId(3),
        kbps: 560,
        lost_permille: Some(12),
        fps: 30,
        width: 640,
        height: 360,
        jitter_ms: 4,
        grade: Some(Grade::Good),
    };
    for receptions in [vec![reception], vec![reception; 8], Vec::new()] {
        let account = Account { receptions: receptions.into(), is_overloaded: false };
        pair.a.tell_account(B, account.clone());
        pair.carry_until(|at, event| at == B && *event == MeshEvent::Account { peer: A, account: account.clone() });
    }
}

#[test]
fn retransmissions_parity_feedback_levels_and_two_channels_are_agreed_on() {
    let mut pair = Pair::new();
    let mut descriptions = Vec::new();
    pair.carry_until(|_, event| {
        if let MeshEvent::LocalDescription { sdp, .. } = event {
            descriptions.push(sdp.clone());
        }
        descriptions.len() == 2
    });
    for sdp in &descriptions {
        let has = |line: &str| assert!(sdp.contains(line), "{line} is missing in {sdp}");
        has("a=rtpmap:103 rtx/90000");
        has("a=fmtp:103 apt=102");
        has("a=ssrc-group:FID ");
        has("a=rtpmap:104 flexfec-03/90000");
        has("a=ssrc-group:FEC-FR ");
        has("a=rtcp-fb:102 nack\r\n");
        has("a=rtcp-fb:102 transport-cc");
        has("a=rtcp-fb:111 transport-cc");
        has("a=fmtp:111 minptime=10;useinbandfec=1;stereo=1;sprop-stereo=1");
        has(audio_level::URI);
        assert_eq!(sdp.matches("http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01").count(), 2);
    }
}

/// Sends so many pictures at 30 a second from the first to the second, key frames where the link needs them; how many packets
/// have come of each when nothing more comes.
fn show_pictures(pair: &Pair, pictures: u32) -> BTreeMap<u32, usize> {
    /// Longer than the last packet and what repairs it are under way, and than statistics are kept.
    const REST: Duration = Duration::from_secs(2);
    let mut came = BTreeMap::new();
    let mut take_until = |end: Instant| {
        let Ok(got) = pair.b_got.recv_timeout(end.saturating_duration_since(Instant::now())) else { return false };
        if let Got::Video(packet) = got {
            assert_eq!(packet.payload, large_picture(packet.timestamp, false).payloads[0]);
            *came.entry(packet.timestamp).or_default() += 1;
        }
        true
    };
    let mut is_key_frame = true;
    for number in 0..pictures {
        is_key_frame = !pair.a.send_video(&large_picture(number, is_key_frame)).is_empty();
        let next_at = Instant::now() + Duration::from_millis(33);
        while take_until(next_at) {}
    }
    while take_until(Instant::now() + REST) {}
    came
}

#[test]
fn what_is_lost_on_a_long_way_comes_out_of_parity() {
    const PICTURES: u32 = 300;
    let mut pair = Pair::over(Some("loss=8%,delay=150ms,seed=1"));
    pair.wait_until_connected();
    let came = show_pictures(&pair, PICTURES);
    let (ours, theirs) = (pair.a.statistics(B).unwrap().transport, pair.b.statistics(A).unwrap().transport);
    assert!(came.values().all(|packets| *packets <= LARGE_PICTURE_PACKETS), "no packet comes twice");
    assert!(ours.parity_packets > 50 && theirs.recovered_packets > 10, "{ours:?}, {theirs:?}");
    assert!(ours.parity_bytes * 2 < u64::from(PICTURES) * 4 * 1100, "{ours:?}");
}

#[test]
fn what_is_lost_is_sent_again_and_what_the_link_carries_is_found_out() {
    const PICTURES: u32 = 150;
    let mut pair = Pair::over(Some("loss=5%,delay=20ms,seed=1"));
    pair.wait_until_connected();
    pair.a.set_wanted(B, 4_000_000);
    let came = show_pictures(&pair, PICTURES);
    let link = pair.a.statistics(B).unwrap().transport;
    // Requests and repairs are lost as well, and wait for a machine that is busy: not every picture can be whole. Without
    // repairs every fifth would not be.
    assert!(came.values().all(|packets| *packets <= LARGE_PICTURE_PACKETS), "no packet comes twice");
    let whole = came.values().filter(|packets| **packets == LARGE_PICTURE_PACKETS).count();
    assert!(whole >= PICTURES as usize * 95 / 100, "{whole} of {PICTURES} pictures");
    assert!(link.retransmitted_packets >= 10 && link.requests_received <= 2 * link.retransmitted_packets, "{link:?}");
    // How much that is depends on what else the machine does; the estimator's own tests say.
    assert!(pair.a.estimate(B).is_some());
    assert!(link.probes > 0 && link.loss > 0.0, "{link:?}");
    let round_trip = link.round_trip.unwrap();
    assert!(round_trip >= Duration::from_millis(35) && round_trip < Duration::from_millis(150), "{round_trip:?}");
}
