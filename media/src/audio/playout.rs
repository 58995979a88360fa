//! Plays the meeting: one thread that every 20 ms takes what each participant's packets make, mixes it, and gives it to
//! the speaker.
//!
//! A speaker sets the pace by what it takes; with a file, without a speaker, or while one takes nothing, the clock does. Sound is decoded and measured in
//! any case, so that the window can show who speaks. A speaker that is missing or lost is told once and tried again every
//! second, with the clock as the pace meanwhile.

mod sound_writer;

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::{Duration, Instant};

use super::device::OutputDevice;
use super::mixer::Mixer;
use super::pace::Pace;
use super::receive::{AudioStatistics, Receiver};
use super::report::DeviceReporter;
use crate::choice::{DeviceEvent, SpeakerChoice};
use crate::codec::opus::OpusError;
use crate::frame::AUDIO_FRAME_SAMPLES;
use crate::rtp::{PeerId, RtpPacket};
use crate::worker::{StopSignal, Worker};
use sound_writer::SoundWriter;
pub use sound_writer::{SoundWriterError, check};

/// Packets of one participant on their way to the thread: more than a second. When there are more, the newest are dropped.
const INBOX_PACKETS: usize = 64;

/// How long a speaker that is not there is left alone.
const RETRY: Duration = Duration::from_secs(1);

/// The meeting's sound, playing. Dropping it stops it and finishes the file.
#[derive(Debug)]
pub struct Playout {
    remotes: Remotes,
    _worker: Worker,
}

/// Held for as long as a frame takes to make, or a participant to come or go.
type Remotes = Arc<Mutex<BTreeMap<PeerId, Remote>>>;

#[derive(Debug)]
struct Remote {
    inbox: mpsc::Receiver<(Instant, RtpPacket)>,
    receiver: Receiver,
    statistics: Arc<Mutex<AudioStatistics>>,
}

/// Where one participant's packets go. Clones are the same participant.
#[derive(Clone, Debug)]
pub struct RemoteAudio {
    inbox: mpsc::SyncSender<(Instant, RtpPacket)>,
    statistics: Arc<Mutex<AudioStatistics>>,
}

impl RemoteAudio {
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

/// What is locked here is replaced as a whole, so that a panic elsewhere cannot have left it half changed.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Playout {
    /// Starts to play to the chosen speaker. `on_event` tells what happens to it, on the playing thread; it must not block.
    ///
    /// # Errors
    ///
    /// When a file cannot be written, or the system has no thread to give. A speaker that is missing is an event.
    pub fn start(speaker: SpeakerChoice, on_event: impl Fn(DeviceEvent) + Send + 'static) -> io::Result<Self> {
        let output = match &speaker {
            SpeakerChoice::File(path) => Output::File(SoundWriter::create(path).map_err(io::Error::other)?),
            _ => Output::Nothing,
        };
        let remotes = Remotes::default();
        let playing = remotes.clone();
        let worker = Worker::spawn("playout", move |stop| {
            Player::new(speaker, output, on_event).run(&playing, stop);
        })?;
        Ok(Self { remotes, _worker: worker })
    }

    /// Plays another participant, from now on. One of the same number is replaced.
    ///
    /// # Errors
    ///
    /// When libopus has no memory.
    pub fn add_remote(&self, peer: PeerId) -> Result<RemoteAudio, OpusError> {
        let (sender, inbox) = mpsc::sync_channel(INBOX_PACKETS);
        let statistics = Arc::<Mutex<AudioStatistics>>::default();
        let remote = Remote { inbox, receiver: Receiver::new()?, statistics: statistics.clone() };
        lock(&self.remotes).insert(peer, remote);
        Ok(RemoteAudio { inbox: sender, statistics })
    }

    /// Plays a participant no longer. The statistics stay what they were.
    pub fn remove_remote(&self, peer: PeerId) {
        lock(&self.remotes).remove(&peer);
    }
}

enum Output {
    /// By the clock: there is no speaker, or none at the moment.
    Nothing,
    File(SoundWriter),
    Device(Box<OutputDevice>),
}

/// The playing thread's state.
struct Player {
    /// The speaker to try again: none, part of a name, or the default.
    device: Option<Option<String>>,
    retry_at: Instant,
    output: Output,
    reporter: DeviceReporter,
    mixer: Mixer,
    pace: Pace,
}

impl Player {
    fn new(speaker: SpeakerChoice, output: Output, on_event: impl Fn(DeviceEvent) + Send + 'static) -> Self {
        let (device, name) = match speaker {
            SpeakerChoice::Default => (Some(None), "default speaker".to_owned()),
            SpeakerChoice::Named(part) => (Some(Some(part.clone())), part),
            SpeakerChoice::File(path) => (None, path.display().to_string()),
            SpeakerChoice::Off => (None, String::new()),
        };
        let mut reporter = DeviceReporter::new(name.clone(), on_event);
        if matches!(output, Output::File(_)) {
            reporter.opened(&name);
        }
        let now = Instant::now();
        Self { device, retry_at: now, output, reporter, mixer: Mixer::default(), pace: Pace::new(now) }
    }

    fn run(&mut self, remotes: &Mutex<BTreeMap<PeerId, Remote>>, stop: &StopSignal) {
        while !stop.is_stopped() {
            self.open_device();
            let now = Instant::now();
            let needed = self.until_needed(now);
            let wait = needed.unwrap_or_else(|| self.pace.until_due(now));
            if wait > Duration::ZERO {
                stop.sleep(wait);
                continue;
            }
            let frame = self.mix(now, remotes);
            if needed.is_none() {
                self.pace.advance(now);
            }
            self.write(&frame, needed.is_some());
        }
    }

    /// Opens the speaker where there is one to open and it is time to try.
    fn open_device(&mut self) {
        let Some(part) = &self.device else { return };
        if matches!(self.output, Output::Device(_)) || Instant::now() < self.retry_at {
            return;
        }
        match OutputDevice::open(part.as_deref()) {
            Ok(device) => {
                self.reporter.opened(device.name());
                self.output = Output::Device(Box::new(device));
            }
            Err(error) => self.reporter.unavailable(error.to_string()),
        }
        self.retry_at = Instant::now() + RETRY;
    }

    /// How long until the speaker needs a frame, or none where the clock sets the pace.
    fn until_needed(&mut self, now: Instant) -> Option<Duration> {
        let Output::Device(device) = &mut self.output else { return None };
        device.until_needed(now).unwrap_or_else(|error| {
            self.output = Output::Nothing;
            self.reporter.unavailable(error.to_string());
            self.retry_at = now + RETRY;
            None
        })
    }

    /// The next 20 ms of everyone.
    fn mix(&mut self, now: Instant, remotes: &Mutex<BTreeMap<PeerId, Remote>>) -> [f32; AUDIO_FRAME_SAMPLES] {
        for remote in lock(remotes).values_mut() {
            while let Ok((arrived, packet)) = remote.inbox.try_recv() {
                remote.receiver.insert(arrived, packet);
            }
            let mut voice = [0.0; AUDIO_FRAME_SAMPLES];
            if remote.receiver.render(now, &mut voice) {
                self.mixer.add(&voice);
            }
            *lock(&remote.statistics) = remote.receiver.statistics();
        }
        self.mixer.take()
    }

    /// Plays a frame. A device that does not take sound is given none, or it would be late for as long as the device runs.
    fn write(&mut self, frame: &[f32; AUDIO_FRAME_SAMPLES], device_takes: bool) {
        match &mut self.output {
            Output::Device(device) if device_takes => device.write(frame),
            Output::Device(_) | Output::Nothing => {}
            Output::File(file) => {
                if let Err(error) = file.write(frame) {
                    self.output = Output::Nothing;
                    self.reporter.unavailable(error.to_string());
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
