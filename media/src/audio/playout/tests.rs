use std::path::Path;

use super::*;
use crate::audio::processing::far_end::far_end;
use crate::audio::send::AudioSender;
use crate::audio::sound_mode::SoundModeSwitch;
use crate::audio::testing::power_at;
use crate::capture::microphone::Microphone;
use crate::capture::tone::{Tone, frequency_hz};
use crate::choice::MicrophoneChoice;
use crate::frame::{AUDIO_FRAME, AUDIO_FRAME_SAMPLES};

fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < deadline, "never: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A tone that is sent as it would be to a peer, without a network.
fn talk(number: u8, to: RemoteAudio) -> (Microphone, AudioSender) {
    let mut sequence_number = 0u16;
    let sender = AudioSender::new(move |packet| {
        let timestamp = packet.timestamp;
        to.push(RtpPacket { sequence_number, timestamp, marker: false, payload: packet.payload.clone() });
        sequence_number = sequence_number.wrapping_add(1);
    })
    .unwrap();
    sender.set_active(true);
    let speaking = sender.clone();
    let (tone, mode) = (MicrophoneChoice::Tone(number), SoundModeSwitch::default());
    let microphone = Microphone::start(tone, mode, Xruns::default(), move |frame| speaking.push(&frame), |_| {});
    (microphone.unwrap(), sender)
}

/// Somebody who is played, and who sends a tone as it would come from the network.
struct Voice {
    packets: mpsc::SyncSender<(Instant, RtpPacket)>,
    encoder: opus::Encoder,
    tone: Tone,
    statistics: Arc<Mutex<AudioStatistics>>,
}

impl Voice {
    fn new(peer: PeerId, tone: u8, remotes: &Mutex<BTreeMap<PeerId, Remote>>) -> Self {
        let (packets, inbox) = mpsc::sync_channel(INBOX_PACKETS);
        let statistics = Arc::<Mutex<AudioStatistics>>::default();
        let remote = Remote {
            inbox,
            receiver: Receiver::new().unwrap(),
            synchroniser: SharedSynchroniser::default(),
            statistics: statistics.clone(),
            percent: Arc::new(AtomicU8::new(Volume::default().as_percent())),
            volume: Volume::default(),
        };
        lock(remotes).insert(peer, remote);
        Self { packets, encoder: opus::Encoder::new().unwrap(), tone: Tone::new(tone), statistics }
    }

    /// Sends the next 20 ms, the frame of this number.
    fn say(&mut self, now: Instant, frame: u32, is_silent: bool) {
        let samples = self.tone.next_frame().map(|sample| if is_silent { 0.0 } else { sample });
        let payload = self.encoder.encode(&samples).unwrap();
        let (sequence_number, timestamp) = (frame as u16, frame * AUDIO_FRAME_SAMPLES as u32);
        self.packets.send((now, RtpPacket { sequence_number, timestamp, marker: false, payload })).unwrap();
    }
}

#[test]
fn two_voices_are_heard_in_the_file_and_measured() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.wav");
    let mut player =
        Player::new(SpeakerChoice::File(path.clone()), far_end().0, Xruns::default(), Arc::new(|_| {})).unwrap();
    let remotes = Mutex::new(BTreeMap::new());
    let mut voices = [1u8, 6].map(|number| Voice::new(PeerId(number.into()), number, &remotes));
    let start = Instant::now();
    for frame in 0..110 {
        let now = start + AUDIO_FRAME * frame;
        voices.iter_mut().for_each(|voice| voice.say(now, frame, false));
        for now in [now, now + AUDIO_PIECE] {
            let mixed = player.mix(now, &remotes);
            player.write(now, &mixed, false);
        }
    }
    for voice in &voices {
        let statistics = *lock(&voice.statistics);
        assert!(statistics.packets >= 100 && statistics.first_audio_at.is_some(), "{statistics:?}");
        assert!((-30.0..-24.0).contains(&statistics.audio_dbfs), "{statistics:?}");
        assert_eq!(statistics.lost, 0, "{statistics:?}");
    }
    drop(player);
    let heard = samples_of(&path);
    let power = |number| power_at(&heard, frequency_hz(number) as f32);
    assert!(power(1) > 50.0 * power(3) && power(6) > 50.0 * power(3), "{} {} {}", power(1), power(6), power(3));
}

fn samples_of(path: &Path) -> Vec<f32> {
    let samples = hound::WavReader::open(path).unwrap().into_samples::<i16>();
    samples.map(|sample| f32::from(sample.unwrap()) / 32_768.0).collect()
}

#[test]
fn a_file_is_written_as_time_goes_by_and_is_whole_once_nobody_plays() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.wav");
    let playout = Playout::start(SpeakerChoice::File(path.clone()), far_end().0, |_| {}).unwrap();
    let remote = playout.add_remote(PeerId(1), SharedSynchroniser::default()).unwrap();
    let _voice = talk(1, remote.clone());
    wait_until("half a second is received", || remote.statistics().packets >= 25);
    drop(playout);
    let heard = samples_of(&path);
    assert!(heard.iter().any(|sample| sample.abs() > 0.02), "nothing is heard");
    assert_eq!(heard.len() % AUDIO_PIECE_SAMPLES, 0);
}

#[test]
fn without_a_speaker_voices_are_decoded_and_measured_all_the_same() {
    let playout = Playout::start(SpeakerChoice::Off, far_end().0, |_| {}).unwrap();
    let remote = playout.add_remote(PeerId(7), SharedSynchroniser::default()).unwrap();
    let (_microphone, sender) = talk(0, remote.clone());
    wait_until("the voice is noticed", || remote.statistics().speaking);
    sender.set_active(false);
    wait_until("its end is noticed", || !remote.statistics().speaking);
    playout.remove_remote(PeerId(7));
    sender.set_active(true);
    let packets = remote.statistics().packets;
    remote.push(RtpPacket { sequence_number: 0, timestamp: 0, marker: false, payload: vec![8, 0, 0].into() });
    assert_eq!(remote.statistics().packets, packets);
}

#[test]
fn a_speaker_that_is_not_there_is_told_and_the_meeting_goes_on_by_the_clock() {
    let (sink, events) = mpsc::channel();
    let playout = Playout::start(SpeakerChoice::Named("no such speaker".to_owned()), far_end().0, move |event| {
        let _ = sink.send(event);
    })
    .unwrap();
    let event = events.recv_timeout(Duration::from_secs(20)).unwrap();
    match event {
        DeviceEvent::Unavailable { device, reason } => {
            assert_eq!(device, "no such speaker");
            assert!(reason.to_string().contains("No speaker is called “no such speaker”"), "{reason}");
        }
        event => panic!("{event:?}"),
    }
    let remote = playout.add_remote(PeerId(1), SharedSynchroniser::default()).unwrap();
    let _voice = talk(2, remote.clone());
    wait_until("sound is decoded", || remote.statistics().first_audio_at.is_some());
}

#[test]
fn a_file_that_cannot_be_written_fails_at_once_with_a_sentence() {
    let error = Playout::start(SpeakerChoice::File("/none/such/out.wav".into()), far_end().0, |_| {}).unwrap_err();
    assert!(error.to_string().contains("cannot be written"), "{error}");
}

#[test]
fn a_participant_nobody_plays_for_costs_bounded_memory() {
    let (sender, inbox) = mpsc::sync_channel(INBOX_PACKETS);
    let remote = RemoteAudio { inbox: sender, statistics: Arc::default(), percent: Arc::default() };
    for number in 0..10_000u16 {
        remote.push(RtpPacket { sequence_number: number, timestamp: 0, marker: false, payload: vec![8, 0, 0].into() });
    }
    assert_eq!(inbox.try_iter().count(), INBOX_PACKETS);
}

#[test]
fn who_speaks_is_listened_to_and_who_is_silent_is_not() {
    const SPEAKS: PeerId = PeerId(7);
    const IS_SILENT: PeerId = PeerId(8);
    let mut player = Player::new(SpeakerChoice::Off, far_end().0, Xruns::default(), Arc::new(|_| {})).unwrap();
    let remotes = Mutex::new(BTreeMap::new());
    let mut voices = [IS_SILENT, SPEAKS].map(|peer| Voice::new(peer, 3, &remotes));
    let start = Instant::now();
    for frame in 0..250 {
        let now = start + AUDIO_FRAME * frame;
        // Syllables, as it were.
        let is_silent = [true, frame % 15 >= 9];
        voices.iter_mut().zip(is_silent).for_each(|(voice, is_silent)| voice.say(now, frame, is_silent));
        player.mix(now, &remotes);
        player.mix(now + AUDIO_PIECE, &remotes);
    }
    assert_eq!(*lock(&player.listened_to), Some(SPEAKS));
}
