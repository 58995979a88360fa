//! Plays the meeting: one thread that every 10 ms takes what each participant's packets make, mixes it, and gives it to
//! the speaker.
//!
//! A speaker sets the pace by what it takes; with a file, without a speaker, or while it takes nothing, the clock does.
//! Sound is decoded and measured in any case, so that the window can show who speaks. A speaker that is missing or lost
//! is told once and tried again every second; meanwhile another stands in for it, if there is one.

mod sound_writer;

use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use super::device::{Device as _, DeviceError, OutputDevice};
use super::local_sound::LocalSound;
use super::mixer::{self, Mixer, Volume};
use super::pace::Pace;
use super::processing::far_end::Played;
use super::receive::{AudioStatistics, Receiver};
use super::report::DeviceReporter;
use super::speaker::ActiveSpeaker;
use super::successor::Successor;
use super::xruns::Xruns;
use crate::choice::{DeviceEvent, RETRY_INTERVAL, SpeakerChoice};
use crate::codec::opus::{self, OpusError};
use crate::frame::{AUDIO_PIECE, AUDIO_PIECE_SAMPLES};
use crate::latest::Latest;
use crate::lock::lock;
use crate::rtp::{PeerId, Presentation, RtpPacket};
use crate::synchronise::SharedSynchroniser;
use crate::worker::{StopSignal, Worker};
use sound_writer::SoundWriter;
pub use sound_writer::{SoundWriterError, check};

/// Packets of one participant on their way to the thread, more than a second. Of more, the newest are dropped.
const INBOX_PACKETS: usize = 64;

/// The meeting's sound, playing. Dropping it stops it and finishes the file.
#[derive(Debug)]
pub struct Playout {
    remotes: Remotes,
    chosen: Latest<SpeakerChoice>,
    local: LocalSound,
    listened_to: Arc<Mutex<Option<PeerId>>>,
    xruns: Xruns,
    _worker: Worker,
}

/// Held for as long as a piece takes to make, or a participant to come or go.
type Remotes = Arc<Mutex<BTreeMap<PeerId, Remote>>>;

#[derive(Debug)]
struct Remote {
    inbox: mpsc::Receiver<(Instant, RtpPacket)>,
    receiver: Receiver,
    synchroniser: SharedSynchroniser,
    statistics: Arc<Mutex<AudioStatistics>>,
    /// How loud it is to be played, in percent, and how loud it was played last.
    percent: Arc<AtomicU8>,
    volume: Volume,
}

/// Where one participant's packets go. Clones are the same participant.
#[derive(Clone, Debug)]
pub struct RemoteAudio {
    inbox: mpsc::SyncSender<(Instant, RtpPacket)>,
    statistics: Arc<Mutex<AudioStatistics>>,
    percent: Arc<AtomicU8>,
}

impl RemoteAudio {
    /// How loud this participant is played from the next 10 ms on.
    pub fn set_volume(&self, volume: Volume) {
        self.percent.store(volume.as_percent(), Ordering::Relaxed);
    }

    /// Hands over a packet that has just arrived. Never blocks: what does not fit the queue is lost, as in the network.
    pub fn push(&self, packet: RtpPacket) {
        // Where the participant was removed, nobody wants it.
        let _ = self.inbox.try_send((Instant::now(), packet));
    }

    /// What is known of this participant's sound, as of the last 20 ms.
    pub fn statistics(&self) -> AudioStatistics {
        *lock(&self.statistics)
    }
}

impl Playout {
    /// Starts to play to the chosen speaker. `played` is told what a device plays and when it is heard. `on_event` is told
    /// what happens to it, on the playing thread, and must not block.
    ///
    /// # Errors
    ///
    /// When a file cannot be written, or the system has no thread to give. A speaker that is missing is an event.
    pub fn start(
        speaker: SpeakerChoice,
        played: Played,
        on_event: impl Fn(DeviceEvent) + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let xruns = Xruns::default();
        let mut player = Player::new(speaker, played, xruns.clone(), Arc::new(on_event))?;
        let remotes = Remotes::default();
        let (playing, listened_to) = (remotes.clone(), player.listened_to.clone());
        let (chosen, local) = (player.chosen.clone(), player.local.clone());
        let worker = Worker::spawn("playout", move |stop| player.run(&playing, stop))?;
        Ok(Self { remotes, chosen, local, listened_to, xruns, _worker: worker })
    }

    /// Plays to another speaker from now on. Voices go on as they were, and so does the microphone.
    pub fn choose(&self, speaker: SpeakerChoice) {
        self.chosen.publish(speaker);
    }

    /// Where sounds of one's own are played.
    pub fn local(&self) -> &LocalSound {
        &self.local
    }

    /// Plays another participant, from now on, as the synchroniser says. One of the same number is replaced.
    ///
    /// # Errors
    ///
    /// When libopus has no memory.
    pub fn add_remote(&self, peer: PeerId, synchroniser: SharedSynchroniser) -> Result<RemoteAudio, OpusError> {
        let (sender, inbox) = mpsc::sync_channel(INBOX_PACKETS);
        let statistics = Arc::<Mutex<AudioStatistics>>::default();
        let volume = Volume::default();
        let percent = Arc::new(AtomicU8::new(volume.as_percent()));
        let audio = RemoteAudio { inbox: sender, statistics: statistics.clone(), percent: percent.clone() };
        let remote = Remote { inbox, receiver: Receiver::new()?, synchroniser, statistics, percent, volume };
        lock(&self.remotes).insert(peer, remote);
        Ok(audio)
    }

    /// Which of the others spoke last; none before anybody did.
    pub fn listened_to(&self) -> Option<PeerId> {
        *lock(&self.listened_to)
    }

    /// How often the speaker wanted sound that was not there.
    pub fn underruns(&self) -> u64 {
        self.xruns.counted()
    }

    /// Plays a participant no longer. The statistics stay what they were.
    pub fn remove_remote(&self, peer: PeerId) {
        lock(&self.remotes).remove(&peer);
    }
}

enum Output {
    /// No speaker, or no longer a file.
    Nothing,
    File(SoundWriter),
    Device(Box<Speaker>),
    /// There will be a speaker once it is opened, which may take seconds: not the playing thread's.
    Opening {
        opened: Latest<Result<OutputDevice, DeviceError>>,
        _worker: Worker,
    },
}

/// A speaker in use.
struct Speaker {
    device: OutputDevice,
    since: Instant,
    successor: Option<Successor<OutputDevice>>,
}

type OnEvent = Arc<dyn Fn(DeviceEvent) + Send + Sync>;

/// The playing thread's state.
struct Player {
    /// Which speaker: part of its name, or none for the default. Of no meaning where a speaker was not chosen.
    part: Option<String>,
    output: Output,
    reporter: DeviceReporter,
    xruns: Xruns,
    on_event: OnEvent,
    /// The speaker to go on with, once somebody has chosen another.
    chosen: Latest<SpeakerChoice>,
    local: LocalSound,
    mixer: Mixer,
    pace: Pace,
    /// Whether the next piece is the second half of a frame, by which levels are told.
    is_second_half: bool,
    /// Told of what a device plays, and of nothing that nobody hears.
    played: Played,
    active_speaker: ActiveSpeaker<PeerId>,
    listened_to: Arc<Mutex<Option<PeerId>>>,
}

impl Player {
    fn new(speaker: SpeakerChoice, played: Played, xruns: Xruns, on_event: OnEvent) -> io::Result<Self> {
        let (part, output, reporter) = begin(speaker, xruns.clone(), on_event.clone())?;
        Ok(Self {
            part,
            output,
            reporter,
            xruns,
            on_event,
            chosen: Latest::new(),
            local: LocalSound::default(),
            mixer: Mixer::default(),
            pace: Pace::new(Instant::now(), AUDIO_PIECE),
            is_second_half: false,
            played,
            active_speaker: ActiveSpeaker::default(),
            listened_to: Arc::default(),
        })
    }

    fn run(&mut self, remotes: &Mutex<BTreeMap<PeerId, Remote>>, stop: &StopSignal) {
        while !stop.is_stopped() {
            if let Some(speaker) = self.chosen.take() {
                self.go_on_with(speaker);
            }
            let now = Instant::now();
            let needed = self.until_needed(now);
            let wait = needed.unwrap_or_else(|| self.pace.until_due(now));
            if wait > Duration::ZERO {
                stop.sleep(wait);
                continue;
            }
            let piece = self.mix(now, remotes);
            if needed.is_none() {
                self.pace.advance(now);
            }
            self.write(now, &piece, needed.is_some());
        }
    }

    fn go_on_with(&mut self, speaker: SpeakerChoice) {
        // A device may allow for one user only.
        self.output = Output::Nothing;
        match begin(speaker, self.xruns.clone(), self.on_event.clone()) {
            Ok((part, output, reporter)) => (self.part, self.output, self.reporter) = (part, output, reporter),
            Err(error) => self.reporter.unavailable(format!("The speaker cannot be used: {error}.")),
        }
    }

    /// How long until the speaker needs a piece, or none where the clock sets the pace.
    fn until_needed(&mut self, now: Instant) -> Option<Duration> {
        match &mut self.output {
            Output::Nothing | Output::File(_) => None,
            Output::Opening { opened, .. } => {
                match opened.take()? {
                    Ok(device) => self.use_device(device),
                    Err(error) => self.reporter.unavailable(self.reporter.reason_for(error)),
                }
                None
            }
            Output::Device(speaker) => {
                if let Some(device) = speaker.successor.as_ref().and_then(Successor::take) {
                    self.use_device(device);
                    return None;
                }
                let used_for = now.saturating_duration_since(speaker.since);
                speaker.device.until_needed(now).unwrap_or_else(|error| {
                    self.reporter.unavailable(self.reporter.reason_for(error));
                    // Another may stand in at once for one that has been of use.
                    let wait = RETRY_INTERVAL.saturating_sub(used_for);
                    self.output = open_speaker(self.part.clone(), wait).unwrap_or_else(|error| {
                        self.reporter.unavailable(format!("The speaker cannot be opened again: {error}."));
                        Output::Nothing
                    });
                    None
                })
            }
        }
    }

    fn use_device(&mut self, mut device: OutputDevice) {
        let successor = Successor::beside(self.part.as_deref(), device.opened(), &mut self.reporter);
        self.output = Output::Device(Box::new(Speaker { device, since: Instant::now(), successor }));
    }

    /// The next 10 ms of everyone, as one channel; the mixer knows of the second, if there is one.
    fn mix(&mut self, now: Instant, remotes: &Mutex<BTreeMap<PeerId, Remote>>) -> [f32; AUDIO_PIECE_SAMPLES] {
        let latency = match &self.output {
            Output::Device(speaker) => speaker.device.latency(now),
            Output::Nothing | Output::File(_) | Output::Opening { .. } => Duration::ZERO,
        } + opus::LOOK_AHEAD
            + mixer::LOOK_AHEAD;
        let mut levels = Vec::new();
        for (peer, remote) in &mut *lock(remotes) {
            while let Ok((arrived, packet)) = remote.inbox.try_recv() {
                remote.receiver.insert(arrived, packet);
            }
            remote.receiver.set_least_wait(lock(&remote.synchroniser).least_sound_wait(now));
            let wanted = Volume::percent(remote.percent.load(Ordering::Relaxed));
            let volume = remote.volume.toward(wanted);
            let before = std::mem::replace(&mut remote.volume, volume);
            let mut voice = [0.0; AUDIO_PIECE_SAMPLES];
            if remote.receiver.render(now, &mut voice) {
                self.mixer.add(&voice, before, remote.volume);
                if let Some(side) = remote.receiver.side() {
                    self.mixer.add_side(side, before, remote.volume);
                }
            }
            if let Some((timestamp, waited)) = remote.receiver.playing() {
                let sound = Presentation { timestamp, at: now + latency };
                lock(&remote.synchroniser).sound_is_heard(sound, waited);
            }
            let statistics = remote.receiver.statistics();
            levels.push((*peer, statistics.level_dbfs));
            *lock(&remote.statistics) = statistics;
        }
        // A speaker that is still being opened is waited for, or the beginning would be missed.
        let is_opening = matches!(self.output, Output::Opening { .. });
        if let Some(sound) = (!is_opening).then(|| self.local.next()).flatten() {
            self.mixer.add(&sound, Volume::default(), Volume::default());
        }
        if self.is_second_half {
            self.active_speaker.update(now, levels);
            *lock(&self.listened_to) = self.active_speaker.active();
        }
        self.is_second_half = !self.is_second_half;
        self.mixer.take()
    }

    /// Plays a piece. A device that does not take sound is given none, or all that follows would be late.
    fn write(&mut self, now: Instant, piece: &[f32; AUDIO_PIECE_SAMPLES], device_takes: bool) {
        match &mut self.output {
            Output::Device(speaker) if device_takes => {
                self.played.push(piece, now + speaker.device.latency(now));
                speaker.device.write(piece, self.mixer.side());
            }
            Output::Device(_) | Output::Opening { .. } | Output::Nothing => {}
            Output::File(file) => {
                if let Err(error) = file.write(piece) {
                    self.output = Output::Nothing;
                    self.reporter.unavailable(error.to_string());
                }
            }
        }
    }
}

/// Part of the name of a chosen speaker, where it plays to, and who tells what happens to it.
fn begin(
    speaker: SpeakerChoice,
    xruns: Xruns,
    on_event: OnEvent,
) -> io::Result<(Option<String>, Output, DeviceReporter)> {
    let (name, part, output) = match speaker {
        SpeakerChoice::Default => ("default speaker".to_owned(), None, open_speaker(None, Duration::ZERO)?),
        SpeakerChoice::Named(part) => (part.clone(), Some(part.clone()), open_speaker(Some(part), Duration::ZERO)?),
        SpeakerChoice::File(path) => {
            let writer = SoundWriter::create(&path).map_err(io::Error::other)?;
            (path.display().to_string(), None, Output::File(writer))
        }
        SpeakerChoice::Off => (String::new(), None, Output::Nothing),
    };
    let mut reporter = DeviceReporter::new(name.clone(), xruns, move |event| on_event(event));
    if matches!(output, Output::File(_)) {
        reporter.opened(&name);
    }
    Ok((part, output, reporter))
}

/// Opens a speaker after a while, and tries again until it is there.
fn open_speaker(part: Option<String>, after: Duration) -> io::Result<Output> {
    let opened = Latest::new();
    let sink = opened.clone();
    let worker = Worker::spawn("speaker", move |stop| {
        let mut wait = after;
        while !stop.sleep(wait) {
            let device = OutputDevice::open(part.as_deref());
            let done = device.is_ok();
            sink.publish(device);
            if done {
                return;
            }
            wait = RETRY_INTERVAL;
        }
    })?;
    Ok(Output::Opening { opened, _worker: worker })
}

#[cfg(test)]
mod tests;
