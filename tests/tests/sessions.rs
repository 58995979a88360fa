//! The media of two participants over real connections on loopback: what is hidden is not sent and comes back at once, lips
//! and voice are together, and a picture that stands still is noticed.
#![allow(clippy::unwrap_used, reason = "what fails here is to fail the test")]

use std::f32::consts::TAU;
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use nonet_media::audio::processing::ProcessingSettings;
use nonet_media::camera::Camera;
use nonet_media::capture::test_pattern;
use nonet_media::choice::{CameraChoice, DeviceEvent, MicrophoneChoice, SpeakerChoice, VideoLimits};
use nonet_media::layer::Layer;
use nonet_media::mesh::{Candidate, Demand, MeshConfig, MeshEvent, PathState, Role};
use nonet_media::rtp::PeerId;
use nonet_media::session::{RemoteStatistics, Session, SessionConfig, SessionEvent};
use nonet_media::sound::{SoundConfig, SoundEvent};
use nonet_tests::material::{VOICE_RATE_HZ, write_wav};

const PATIENCE: Duration = Duration::from_secs(60);
const MS: Duration = Duration::from_millis(1);
const TILE: Demand = Demand::Shown { width: 640, height: 360 };
/// Who sends, and who receives.
const ANA: PeerId = PeerId(1);
const BEN: PeerId = PeerId(2);

/// Time is measured here: one at a time.
static ALONE: Mutex<()> = Mutex::new(());

/// Two sessions; what they have to say to each other is carried by [`Pair::run_until`].
struct Pair {
    ana: Session,
    ben: Session,
    events: Receiver<(PeerId, Instant, SessionEvent)>,
    /// When Ana's microphone and Ben's speaker started.
    microphone_at: Option<Instant>,
    speaker_at: Option<Instant>,
    candidates: [Vec<Candidate>; 2],
    is_described: [bool; 2],
}

impl Pair {
    fn start(microphone: MicrophoneChoice, speaker: SpeakerChoice) -> Self {
        let (sender, events) = channel();
        let start = |who: PeerId, camera, microphone, speaker| {
            let sender = Mutex::new(Sender::clone(&sender));
            let config = SessionConfig {
                sound: SoundConfig { microphone, speaker, processing: ProcessingSettings::default() },
                limits: VideoLimits { width: 640, height: 360, fps: 30 },
                decode_video: true,
                save_video: None,
                measure_latency: false,
                mesh: MeshConfig { loopback_only: true, ..MeshConfig::default() },
                picture_arrived: Arc::new(|| {}),
            };
            let mut camera = Camera::start(camera, config.limits, || {}, |_| {}).unwrap();
            camera.set_on(true);
            Session::start(config, camera, true, move |event| {
                sender.lock().unwrap().send((who, Instant::now(), event)).ok();
            })
            .unwrap()
        };
        let mut ben = start(BEN, CameraChoice::Off, MicrophoneChoice::Off, speaker);
        let mut ana = start(ANA, CameraChoice::TestPattern(1), microphone, SpeakerChoice::Off);
        ben.connect(ANA, "Ana", 1, Role::Answerer).unwrap();
        ana.connect(BEN, "Ben", 1, Role::Offerer).unwrap();
        ben.set_shown(ANA, TILE);
        let (candidates, is_described) = Default::default();
        Self { ana, ben, events, microphone_at: None, speaker_at: None, candidates, is_described }
    }

    /// Carries what the sessions say until something is so.
    fn run_until(&mut self, what: &str, mut is_so: impl FnMut(&mut Self) -> bool) {
        let end = Instant::now() + PATIENCE;
        while !is_so(self) {
            assert!(Instant::now() < end, "never: {what}");
            if let Ok((who, at, event)) = self.events.recv_timeout(MS) {
                self.carry(who, at, event);
            }
        }
    }

    fn run_for(&mut self, duration: Duration) {
        let end = Instant::now() + duration;
        self.run_until("time passes", |_| Instant::now() >= end);
    }

    fn carry(&mut self, who: PeerId, at: Instant, event: SessionEvent) {
        let index = usize::from(who == BEN);
        let (from, to) = match who {
            ANA => (&mut self.ana, &mut self.ben),
            _ => (&mut self.ben, &mut self.ana),
        };
        match event {
            SessionEvent::Mesh(MeshEvent::LocalDescription { generation, kind, sdp, .. }) => {
                to.apply_description(who, generation, kind, sdp);
                self.is_described[index] = true;
                self.candidates[index].drain(..).for_each(|candidate| to.add_candidate(who, candidate));
            }
            SessionEvent::Mesh(MeshEvent::LocalCandidate { candidate, .. }) if self.is_described[index] => {
                to.add_candidate(who, candidate);
            }
            SessionEvent::Mesh(MeshEvent::LocalCandidate { candidate, .. }) => self.candidates[index].push(candidate),
            SessionEvent::Mesh(MeshEvent::Path { peer, state, .. }) => {
                assert_ne!(state, PathState::Failed);
                from.path_changed(peer, state);
            }
            SessionEvent::Mesh(MeshEvent::Interest { peer, interest }) => from.interest_changed(peer, interest),
            SessionEvent::Sound(SoundEvent::Microphone(DeviceEvent::Opened { .. })) => self.microphone_at = Some(at),
            SessionEvent::Sound(SoundEvent::Speaker(DeviceEvent::Opened { .. })) if who == BEN => {
                self.speaker_at = Some(at);
            }
            _ => {}
        }
    }

    /// What Ben has received of Ana.
    fn received(&self) -> RemoteStatistics {
        self.ben.remote_statistics(ANA).unwrap()
    }

    fn wait_for_pictures(&mut self) {
        self.run_until("pictures are shown", |pair| pair.received().video.pictures_decoded >= 30);
    }

    fn encoded(&self) -> u64 {
        Layer::ALL.map(|layer| self.ana.send_statistics()[layer.index()].frames_encoded).iter().sum()
    }
}

fn median<T: Ord + Copy>(mut values: Vec<T>) -> T {
    let middle = values.len() / 2;
    *values.select_nth_unstable(middle).1
}

#[test]
fn a_hidden_picture_is_neither_encoded_nor_decoded_and_comes_back_at_once() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let mut pair = Pair::start(MicrophoneChoice::Off, SpeakerChoice::Off);
    pair.wait_for_pictures();
    let mut away = Vec::new();
    for _ in 0..5 {
        pair.ben.set_shown(ANA, Demand::Hidden);
        let decoded = pair.received().video.pictures_decoded;
        pair.run_for(200 * MS);
        let encoded = pair.encoded();
        pair.run_for(300 * MS);
        assert_eq!(pair.encoded(), encoded, "the encoder goes on");
        // One may be in the decoder at the moment of hiding.
        assert!(pair.received().video.pictures_decoded <= decoded + 1, "the decoder goes on");

        pair.ben.pictures(ANA).unwrap().take();
        let shown_at = Instant::now();
        pair.ben.set_shown(ANA, TILE);
        pair.run_until("the picture comes back", |pair| pair.ben.pictures(ANA).unwrap().take().is_some());
        away.push(shown_at.elapsed());
    }
    let away = median(away);
    assert!(away <= 300 * MS, "a tile that reappears has a picture after {away:?}");
    let video = pair.received().video;
    assert_eq!((video.freezes, video.decode_errors), (0, 0));
}

#[test]
fn no_more_is_sent_than_a_person_allows_from_then_on() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let mut pair = Pair::start(MicrophoneChoice::Off, SpeakerChoice::Off);
    let width = |pair: &Pair| pair.received().video.width;
    pair.wait_for_pictures();
    pair.run_until("it is as large as it is shown", |pair| width(pair) == 640);
    pair.ana.allow(VideoLimits { width: 320, height: 180, fps: 15 });
    pair.run_until("it is as small as is allowed", |pair| width(pair) == 320);
    // The larger one was sent until this one came.
    pair.ana.reallocate();
    let encoded = pair.encoded();
    pair.run_for(2000 * MS);
    let encoded = pair.encoded() - encoded;
    assert!((1..=33).contains(&encoded), "{encoded} pictures in two seconds at 15 a second");
    pair.ana.allow(VideoLimits::MAX);
    pair.run_until("it is large again", |pair| width(pair) == 640);
}

/// Whether it is noticed that Ana's picture stands still, which it must be once it has stood still for two seconds, and must not
/// be before.
fn is_standstill_noticed(pair: &mut Pair) -> bool {
    const STALE_AFTER: Duration = Duration::from_secs(2);
    let looked_at = Instant::now();
    let noticed = pair.ben.stands_still_since(ANA);
    match noticed {
        Some(since) => assert!(since.elapsed() >= STALE_AFTER, "noticed after {:?}", since.elapsed()),
        None => {
            // Read after it was looked: newer than the picture that counted, if there has been one.
            let last = pair.received().video.last_picture_at.unwrap();
            assert!(looked_at.saturating_duration_since(last) < STALE_AFTER, "not noticed in time");
        }
    }
    noticed.is_some()
}

#[test]
fn a_picture_that_stands_still_is_noticed_until_it_moves_again() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let mut pair = Pair::start(MicrophoneChoice::Off, SpeakerChoice::Off);
    pair.wait_for_pictures();
    pair.run_until("it moves", |pair| !is_standstill_noticed(pair));
    // Ben is not told of it.
    pair.ana.set_camera(false);
    pair.run_until("it is noticed", is_standstill_noticed);
    pair.ana.set_camera(true);
    pair.run_until("it moves again", |pair| !is_standstill_noticed(pair));
    pair.ben.set_peer_camera(ANA, false);
    pair.ana.set_camera(false);
    pair.run_for(2500 * MS);
    assert_eq!(pair.ben.stands_still_since(ANA), None, "Ben has been told this time");
}

/// Seconds from one beep to the next, which no delay reaches.
const BETWEEN_BEEPS: f64 = 1.0;

/// Quiet with a short beep each second, and the first at the start.
fn write_beeps(path: &Path) {
    let period = (BETWEEN_BEEPS * f64::from(VOICE_RATE_HZ)) as usize;
    let beep = VOICE_RATE_HZ as usize / 40;
    let sample = |at: usize| {
        let is_beep = at % period < beep;
        if is_beep { 0.8 * (TAU * 600.0 * at as f32 / VOICE_RATE_HZ as f32).sin() } else { 0.0 }
    };
    write_wav(path, &(0..4 * period).map(sample).collect::<Vec<_>>()).unwrap();
}

/// Seconds into a file at which beeps begin.
fn beeps_in(path: &Path) -> Vec<f64> {
    let samples: Vec<f32> = hound::WavReader::open(path)
        .unwrap()
        .into_samples::<i16>()
        .map(|sample| f32::from(sample.unwrap()) / 32_768.0)
        .collect();
    let mut quiet_for = VOICE_RATE_HZ;
    let mut beeps = Vec::new();
    for (at, sample) in samples.iter().enumerate() {
        if sample.abs() < 0.15 {
            quiet_for += 1;
            continue;
        }
        if quiet_for > VOICE_RATE_HZ / 4 {
            beeps.push(at as f64 / f64::from(VOICE_RATE_HZ));
        }
        quiet_for = 0;
    }
    beeps
}

/// From being captured to being seen, of the pictures that come while somebody looks.
fn seen_after(pair: &mut Pair, for_how_long: Duration) -> Vec<Duration> {
    let end = Instant::now() + for_how_long;
    let mut delays = Vec::new();
    pair.run_until("time passes", |pair| {
        let stamp = pair.ben.pictures(ANA).unwrap().take().and_then(|picture| test_pattern::read(&picture));
        if let Some(stamp) = stamp {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
            delays.push(now.saturating_sub(Duration::from_micros(stamp.captured_at_micros)));
        }
        Instant::now() >= end
    });
    delays
}

/// Both delays are measured from outside, at both ends: of pictures by the stamp in their pixels, of sound by where beeps
/// lie in the file that is played, which is written as time goes by.
#[test]
fn lips_and_voice_are_together_within_40_ms() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = tempfile::tempdir().unwrap();
    let (said, heard) = (folder.path().join("said.wav"), folder.path().join("heard.wav"));
    write_beeps(&said);
    let mut pair = Pair::start(MicrophoneChoice::File(said), SpeakerChoice::File(heard.clone()));
    pair.wait_for_pictures();
    // Reports come each second, and pictures are not slowed down suddenly.
    seen_after(&mut pair, 6000 * MS);
    let from = Instant::now();
    let settled = seen_after(&mut pair, 5000 * MS);
    let (microphone_at, speaker_at) = (pair.microphone_at.unwrap(), pair.speaker_at.unwrap());
    drop(pair);

    let seen_ms = median(settled).as_secs_f64() * 1000.0;
    // A frame is made when its 20 ms are over.
    let file_begins = (speaker_at - microphone_at.min(speaker_at)).as_secs_f64()
        - (microphone_at - speaker_at.min(microphone_at)).as_secs_f64()
        + 0.02;
    let since_settled = from.saturating_duration_since(speaker_at).as_secs_f64();
    let delays: Vec<i64> = beeps_in(&heard)
        .into_iter()
        .filter(|at| *at > since_settled)
        .map(|at| ((at + file_begins).rem_euclid(BETWEEN_BEEPS) * 1e6) as i64)
        .collect();
    assert!(delays.len() >= 4, "{} beeps were heard", delays.len());
    let heard_ms = median(delays) as f64 / 1000.0;
    assert!((seen_ms - heard_ms).abs() <= 40.0, "seen after {seen_ms} ms, heard after {heard_ms} ms");
}
