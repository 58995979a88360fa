//! One participant's microphone and speaker, whichever they are at the moment, and what is done to the sound in between.
//!
//! A session has one; outside of a meeting, one is enough to choose devices and to try them. Knows no peers and no network: what is
//! encoded is handed on, and who is played is told to [`Sound::playout`].

use std::io;
use std::sync::{Arc, Mutex};

use crate::audio::chime::chime;
use crate::audio::playout::Playout;
use crate::audio::processing::ProcessingSettings;
use crate::audio::processing::far_end::far_end;
use crate::audio::processing::stage::{ProcessingStage, ProcessingSwitch};
use crate::audio::send::{AudioSender, MicrophoneLevel};
use crate::audio::sound_mode::{SoundModeStage, SoundModeSwitch};
use crate::audio::voice_test::{VoiceTest, VoiceTestStage};
use crate::audio::xruns::{MissedSound, Xruns};
use crate::capture::microphone::Microphone;
use crate::capture::switch::SourceSwitch;
use crate::choice::{DeviceEvent, MicrophoneChoice, SoundMode, SpeakerChoice};
use crate::codec::opus::OpusError;
use crate::frame::AudioFrame;
use crate::lock::lock;
use crate::rtp::AudioPacket;

/// What somebody speaks into and listens to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SoundConfig {
    pub microphone: MicrophoneChoice,
    pub speaker: SpeakerChoice,
    /// Of no effect on a file or a tone: those are heard as they are.
    pub processing: ProcessingSettings,
}

/// What happened to a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SoundEvent {
    Microphone(DeviceEvent),
    Speaker(DeviceEvent),
}

/// Why there is no sound at all. What a single device lacks is a [`SoundEvent`] instead.
#[derive(Debug, thiserror::Error)]
pub enum SoundError {
    #[error("no thread could be started for sound: {0}")]
    Thread(#[from] io::Error),
    #[error("the audio codec cannot be used: {0}")]
    Opus(#[from] OpusError),
}

/// See the module's description. Dropping it releases the devices.
#[derive(Debug)]
pub struct Sound {
    /// Before what it feeds, so that dropping stops it first.
    microphone: SourceSwitch<MicrophoneChoice>,
    overruns: Xruns,
    processing: ProcessingSwitch,
    mode: SoundModeSwitch,
    sender: AudioSender,
    voice_test: VoiceTest,
    speaker: SpeakerChoice,
    playout: Playout,
}

impl Sound {
    /// Opens the devices, soon. Nothing is encoded before [`AudioSender::set_active`]; then `deliver` is called with each packet on
    /// the microphone's thread. `on_event` is called on threads of the devices. Neither may block.
    ///
    /// # Errors
    ///
    /// When the system gives no threads, or a file cannot be written.
    pub fn start(
        config: SoundConfig,
        deliver: impl FnMut(Arc<AudioPacket>) + Send + 'static,
        on_event: impl Fn(SoundEvent) + Send + Sync + 'static,
    ) -> Result<Self, SoundError> {
        let on_event = Arc::new(on_event);
        let (played, heard) = far_end();
        let events = on_event.clone();
        let playout = Playout::start(config.speaker.clone(), played, move |event| events(SoundEvent::Speaker(event)))?;
        let voice_test = VoiceTest::new(playout.local().clone());
        let sender = AudioSender::new(deliver)?;
        let (processing, mode) = (ProcessingSwitch::default(), SoundModeSwitch::default());
        processing.set(config.processing);
        // There is no more than one microphone at a time, so nobody waits for it.
        let stage = SoundModeStage::new(ProcessingStage::new(heard, processing.clone()), mode.clone());
        let stage = Arc::new(Mutex::new(stage));
        let (to_all, to_test, captured_for) = (sender.clone(), voice_test.clone(), mode.clone());
        let overruns = Xruns::default();
        let missed = overruns.clone();
        let begin = move |choice: &MicrophoneChoice, tell| {
            // A file and a tone are heard as they are; what is for voices would take a tone for noise.
            let is_device = matches!(choice, MicrophoneChoice::Default | MicrophoneChoice::Named(_));
            let (stage, heard, test) = (stage.clone(), SilentAfterwards(to_all.clone()), to_test.clone());
            let deliver = move |mut frame: AudioFrame| {
                if is_device {
                    lock(&stage).process(&mut frame);
                }
                let SilentAfterwards(sender) = &heard;
                if test.take(&frame) { sender.withhold(&frame) } else { sender.push(&frame) }
            };
            Microphone::start(choice.clone(), captured_for.clone(), missed.clone(), deliver, tell)
        };
        let tell = move |event| on_event(SoundEvent::Microphone(event));
        let microphone = SourceSwitch::start("microphone", begin, tell)?;
        let speaker = config.speaker;
        let mut sound = Self { microphone, overruns, processing, mode, sender, voice_test, speaker, playout };
        sound.choose_microphone(config.microphone);
        Ok(sound)
    }

    /// Captures from another microphone, soon, or from none, which releases the device. What is played goes on.
    pub fn choose_microphone(&mut self, choice: MicrophoneChoice) {
        self.microphone.set((choice != MicrophoneChoice::Off).then_some(choice));
    }

    /// Plays to another speaker, soon. What is captured goes on.
    pub fn choose_speaker(&mut self, choice: SpeakerChoice) {
        if self.speaker != choice {
            self.speaker = choice.clone();
            self.playout.choose(choice);
        }
    }

    /// What is done to the microphone's sound before it is sent, from the next 20 ms on.
    pub fn set_processing(&self, settings: ProcessingSettings) {
        self.processing.set(settings);
    }

    /// What the microphone is for, from the next frames on: a voice at first. Music keeps both channels of a microphone that has
    /// two, and is not processed. How it is encoded is told to [`Sound::sender`].
    pub fn set_mode(&self, mode: SoundMode) {
        self.mode.set(mode);
    }

    /// One's own voice on its way to the others.
    pub fn sender(&self) -> &AudioSender {
        &self.sender
    }

    /// What is played.
    pub fn playout(&self) -> &Playout {
        &self.playout
    }

    /// What the devices have missed so far, whichever they were.
    pub fn missed(&self) -> MissedSound {
        MissedSound { overruns: self.overruns.counted(), underruns: self.playout.underruns() }
    }

    /// Plays two notes, to hear whether the speaker works.
    pub fn test_speaker(&self) {
        self.playout.local().play(&chime());
    }

    /// Records one's voice and plays it back, or ends that. What is recorded goes to nobody else.
    pub fn test_voice(&self, on: bool) {
        if on {
            self.voice_test.start();
        } else {
            self.voice_test.stop();
        }
    }

    /// What can be seen of it at any moment.
    pub fn look(&self) -> SoundLook {
        SoundLook { level: self.sender.level().clone(), voice_test: self.voice_test.clone() }
    }
}

/// What can be seen of somebody's sound at any moment, without asking anybody. Clones see the same. Of nobody's there is silence.
#[derive(Clone, Debug, Default)]
pub struct SoundLook {
    level: MicrophoneLevel,
    voice_test: VoiceTest,
}

impl SoundLook {
    /// How loud it is at the microphone.
    pub fn level(&self) -> &MicrophoneLevel {
        &self.level
    }

    /// How far the test of one's voice is.
    pub fn voice_test(&self) -> VoiceTestStage {
        self.voice_test.stage()
    }
}

/// A microphone that has ended is not as loud as it was last.
struct SilentAfterwards(AudioSender);

impl Drop for SilentAfterwards {
    fn drop(&mut self) {
        self.0.silence();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::testing::power_at;
    use crate::audio::voice_test::RECORDING;
    use crate::capture::tone::frequency_hz;
    use std::sync::mpsc;
    use std::time::{Duration, Instant};

    const PATIENCE: Duration = Duration::from_secs(20);

    struct Heard {
        sound: Sound,
        packets: mpsc::Receiver<Arc<AudioPacket>>,
        events: mpsc::Receiver<SoundEvent>,
    }

    fn sound(microphone: MicrophoneChoice, speaker: SpeakerChoice) -> Heard {
        let ((packet_sink, packets), (event_sink, events)) = (mpsc::channel(), mpsc::channel());
        let config = SoundConfig { microphone, speaker, processing: ProcessingSettings::default() };
        let deliver = move |packet| drop(packet_sink.send(packet));
        let sound = Sound::start(config, deliver, move |event| drop(event_sink.send(event))).unwrap();
        Heard { sound, packets, events }
    }

    fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !holds() {
            assert!(Instant::now() < deadline, "never: {what}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn opened(device: &str) -> SoundEvent {
        SoundEvent::Microphone(DeviceEvent::Opened { device: device.to_owned() })
    }

    #[test]
    fn another_microphone_goes_on_where_the_one_before_stopped() {
        let mut heard = sound(MicrophoneChoice::Tone(1), SpeakerChoice::Off);
        heard.sound.sender().set_active(true);
        assert_eq!(heard.events.recv_timeout(PATIENCE), Ok(opened("tone 1")));
        let before = heard.packets.recv_timeout(PATIENCE).unwrap();
        heard.sound.choose_microphone(MicrophoneChoice::Tone(2));
        assert_eq!(heard.events.recv_timeout(PATIENCE), Ok(opened("tone 2")));
        while heard.packets.try_recv().is_ok() {}
        let after = heard.packets.recv_timeout(PATIENCE).unwrap();
        assert!(after.timestamp.wrapping_sub(before.timestamp) < 48_000 * 10, "time goes on");
    }

    #[test]
    fn a_microphone_that_is_released_is_silent_and_comes_back() {
        let mut heard = sound(MicrophoneChoice::Tone(1), SpeakerChoice::Off);
        assert_eq!(heard.events.recv_timeout(PATIENCE), Ok(opened("tone 1")));
        let level = heard.sound.sender().level().clone();
        wait_until("it is loud", || level.dbfs() > -40.0);
        heard.sound.choose_microphone(MicrophoneChoice::Off);
        wait_until("it is silent", || level.dbfs() < -100.0);
        heard.sound.choose_microphone(MicrophoneChoice::Tone(1));
        assert_eq!(heard.events.recv_timeout(PATIENCE), Ok(opened("tone 1")));
        wait_until("it is loud again", || level.dbfs() > -40.0);
    }

    #[test]
    fn ones_voice_is_played_back_and_sent_to_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.wav");
        let heard = sound(MicrophoneChoice::Tone(3), SpeakerChoice::File(path.clone()));
        heard.sound.sender().set_active(true);
        heard.packets.recv_timeout(PATIENCE).unwrap();
        heard.sound.test_voice(true);
        let recorded = || match heard.sound.look().voice_test() {
            VoiceTestStage::Recording(so_far) => so_far,
            _ => Duration::ZERO,
        };
        wait_until("it begins to record", || recorded() > Duration::ZERO);
        // What was on its way to the others when it began is not what is recorded.
        while heard.packets.try_recv().is_ok() {}
        wait_until("it records", || recorded() > Duration::from_millis(200));
        assert!(heard.packets.try_recv().is_err());
        // Between syllables there is none.
        wait_until("its level is seen meanwhile", || heard.sound.sender().level().dbfs() > -40.0);
        wait_until("it is over", || heard.sound.look().voice_test() == VoiceTestStage::Idle);
        heard.packets.recv_timeout(PATIENCE).expect("the others hear one again");
        drop(heard);
        let played: Vec<f32> = hound::WavReader::open(&path)
            .unwrap()
            .into_samples::<i16>()
            .map(|sample| f32::from(sample.unwrap()) / 32_768.0)
            .collect();
        let first = played.iter().position(|sample| sample.abs() > 0.01).expect("something is heard");
        let last = played.iter().rposition(|sample| sample.abs() > 0.01).unwrap();
        let lasted = Duration::from_secs_f64((last - first) as f64 / 48_000.0);
        assert!(lasted.abs_diff(RECORDING) < Duration::from_millis(100), "{lasted:?}");
        let power = |number| power_at(&played[first..last], frequency_hz(number) as f32);
        assert!(power(3) > 50.0 * power(5));
    }

    /// A machine that does not let a sound's thread run leaves gaps as well, but hardly at most of the times that a speaker is
    /// chosen.
    #[test]
    fn another_speaker_is_played_to_and_the_microphone_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let file = |number: usize| folder.path().join(format!("{number}.wav"));
        let mut heard = sound(MicrophoneChoice::Tone(1), SpeakerChoice::File(file(0)));
        heard.sound.sender().set_active(true);
        let mut last = heard.packets.recv_timeout(PATIENCE).unwrap().timestamp;
        let mut events = Vec::new();
        let mut gaps: Vec<usize> = (1..=5)
            .map(|number| {
                heard.sound.choose_speaker(SpeakerChoice::File(file(number)));
                let device = file(number).display().to_string();
                let opened = SoundEvent::Speaker(DeviceEvent::Opened { device });
                wait_until("it is opened", || {
                    events.extend(heard.events.try_iter());
                    events.contains(&opened)
                });
                heard.sound.test_speaker();
                wait_until("it is played", || !heard.sound.playout().local().is_playing());
                let mut timestamps = vec![last];
                timestamps.extend(heard.packets.try_iter().map(|packet| packet.timestamp));
                while timestamps.len() <= 31 {
                    timestamps.push(heard.packets.recv_timeout(PATIENCE).unwrap().timestamp);
                }
                last = timestamps[timestamps.len() - 1];
                timestamps.windows(2).filter(|pair| pair[1].wrapping_sub(pair[0]) != 960).count()
            })
            .collect();
        gaps.sort_unstable();
        assert_eq!(gaps[2], 0, "without a gap: {gaps:?}");
        events.extend(heard.events.try_iter());
        let microphones: Vec<_> = events.iter().filter(|event| matches!(event, SoundEvent::Microphone(_))).collect();
        assert_eq!(microphones, [&opened("tone 1")], "it is the same microphone all the time");
        drop(heard);
        let peak = |number| {
            let samples = hound::WavReader::open(file(number)).unwrap().into_samples::<i16>();
            samples.map(|sample| sample.unwrap().unsigned_abs()).max()
        };
        assert!(peak(0).is_none_or(|peak| peak == 0));
        for number in 1..=5 {
            assert!(peak(number).unwrap() > 3_000, "the {number}th speaker is silent");
        }
    }
}
