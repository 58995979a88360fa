//! One's own sound on its way to everyone: each frame is encoded once, whatever the number of peers. Levels are those of the one
//! channel, or of the mean of two.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::audio_level::AudioLevel;
use super::level::{LevelMeter, SILENCE_DBFS};
use super::muted_speech::MutedSpeech;
use crate::codec::opus::{Encoder, EncoderSettings, LONGEST_SILENCE_BYTES, OpusError};
use crate::frame::{AUDIO_FRAME, AUDIO_FRAME_SAMPLES, AudioFrame};
use crate::lock::lock;
use crate::rtp::AudioPacket;

/// A frame captured this much later than the one before ended comes after a pause of the microphone.
const PAUSE: Duration = Duration::from_millis(100);

/// Takes frames from the microphone and gives packets for all peers. Clones are the same sender, so that one may stay
/// with the microphone's thread and another switch it on and off; a new microphone goes on where the old one stopped.
#[derive(Clone)]
pub struct AudioSender {
    shared: Arc<Shared>,
}

/// How loud it is at the microphone, for whoever looks: each frame writes it. Clones are the same microphone.
#[derive(Clone, Debug)]
pub struct MicrophoneLevel {
    shared: Arc<SharedLevel>,
}

#[derive(Debug)]
struct SharedLevel {
    /// Bits of an `f32`.
    dbfs: AtomicU32,
    speaking: AtomicBool,
}

impl MicrophoneLevel {
    /// Root mean square of the last frame in dBFS, −127…0, also while it is not sent.
    pub fn dbfs(&self) -> f32 {
        f32::from_bits(self.shared.dbfs.load(Ordering::Relaxed))
    }

    /// Whether there is a voice at the microphone, also while it is not sent.
    pub fn is_speaking(&self) -> bool {
        self.shared.speaking.load(Ordering::Relaxed)
    }

    fn set(&self, meter: &LevelMeter) {
        self.shared.dbfs.store(meter.dbfs().to_bits(), Ordering::Relaxed);
        self.shared.speaking.store(meter.speaking(), Ordering::Relaxed);
    }
}

impl Default for MicrophoneLevel {
    /// Silence.
    fn default() -> Self {
        let dbfs = AtomicU32::new(SILENCE_DBFS.to_bits());
        Self { shared: Arc::new(SharedLevel { dbfs, speaking: AtomicBool::new(false) }) }
    }
}

struct Shared {
    active: AtomicBool,
    level: MicrophoneLevel,
    /// Whether somebody spoke while nothing was sent, and was not told so far.
    spoke_unheard: AtomicBool,
    /// Held by whoever delivers frames; there is no more than one microphone at a time, so nobody waits for it.
    encoding: Mutex<Encoding>,
}

struct Encoding {
    encoder: Encoder,
    meter: LevelMeter,
    muted_speech: MutedSpeech,
    /// Whether the frame before was sent.
    sending: bool,
    /// Whether the packet before announced silence: more of the same need not be sent.
    silent: bool,
    timestamp: u32,
    /// When the frame before ended.
    captured_until: Option<Instant>,
    deliver: Box<dyn FnMut(Arc<AudioPacket>) + Send>,
}

impl std::fmt::Debug for AudioSender {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AudioSender").field("active", &self.is_active()).finish_non_exhaustive()
    }
}

impl AudioSender {
    /// A sender that is not active yet. `deliver` is called with each packet on the microphone's thread and must not
    /// block.
    ///
    /// # Errors
    ///
    /// When libopus has no memory.
    pub fn new(deliver: impl FnMut(Arc<AudioPacket>) + Send + 'static) -> Result<Self, OpusError> {
        let encoding = Encoding {
            encoder: Encoder::new()?,
            meter: LevelMeter::default(),
            muted_speech: MutedSpeech::default(),
            sending: false,
            silent: false,
            timestamp: 0,
            captured_until: None,
            deliver: Box::new(deliver),
        };
        Ok(Self {
            shared: Arc::new(Shared {
                active: AtomicBool::new(false),
                level: MicrophoneLevel::default(),
                spoke_unheard: AtomicBool::new(false),
                encoding: Mutex::new(encoding),
            }),
        })
    }

    /// Encodes so from the next frame on.
    ///
    /// # Errors
    ///
    /// When libopus refuses.
    pub fn set_encoding(&self, settings: &EncoderSettings) -> Result<(), OpusError> {
        lock(&self.shared.encoding).encoder.set(settings)
    }

    /// Whether sound leaves; once this returns from `false`, nothing more is delivered. Time goes on while it does not,
    /// so that the others see a pause in the timestamps and not sound that is late.
    pub fn set_active(&self, active: bool) {
        // Under the lock, so that a frame that is being encoded is out before muting returns.
        let _encoding = lock(&self.shared.encoding);
        self.shared.active.store(active, Ordering::Relaxed);
    }

    /// Whether sound leaves.
    pub fn is_active(&self) -> bool {
        self.shared.active.load(Ordering::Relaxed)
    }

    /// How loud it is at the microphone.
    pub fn level(&self) -> &MicrophoneLevel {
        &self.shared.level
    }

    /// Whether somebody has spoken for a while although nothing is sent, and should be told; once each time.
    pub fn take_spoke_unheard(&self) -> bool {
        self.shared.spoke_unheard.swap(false, Ordering::Relaxed)
    }

    /// Takes in a frame that is only measured.
    pub fn withhold(&self, frame: &AudioFrame) {
        let mut encoding = lock(&self.shared.encoding);
        encoding.meter.update(&frame.samples);
        self.shared.level.set(&encoding.meter);
        encoding.sending = false;
    }

    /// There is no microphone for now.
    pub fn silence(&self) {
        let mut encoding = lock(&self.shared.encoding);
        encoding.meter = LevelMeter::default();
        self.shared.level.set(&encoding.meter);
    }

    /// Takes in the next frame.
    pub fn push(&self, frame: &AudioFrame) {
        let mut encoding = lock(&self.shared.encoding);
        let encoding = &mut *encoding;
        encoding.meter.update(&frame.samples);
        self.shared.level.set(&encoding.meter);

        let timestamp = encoding.timestamp_of(frame);
        let active = self.is_active();
        if encoding.muted_speech.update(frame.captured_at, encoding.meter.dbfs(), !active) {
            self.shared.spoke_unheard.store(true, Ordering::Relaxed);
        }
        if active && let Err(error) = encoding.send(frame, timestamp) {
            tracing::warn!(%error, "a frame of sound could not be encoded");
        }
        encoding.sending = active;
    }
}

impl Encoding {
    /// The frame's timestamp: that of the frame before and what was captured since, in whole frames.
    fn timestamp_of(&mut self, frame: &AudioFrame) -> u32 {
        let paused =
            self.captured_until.map_or(Duration::ZERO, |until| frame.captured_at.saturating_duration_since(until));
        if paused > PAUSE {
            let frames = (paused.as_millis() / AUDIO_FRAME.as_millis()) as u32;
            self.timestamp = self.timestamp.wrapping_add(frames.wrapping_mul(AUDIO_FRAME_SAMPLES as u32));
        }
        self.captured_until = Some(frame.captured_at + AUDIO_FRAME);
        let timestamp = self.timestamp;
        self.timestamp = timestamp.wrapping_add(AUDIO_FRAME_SAMPLES as u32);
        timestamp
    }

    fn send(&mut self, frame: &AudioFrame, timestamp: u32) -> Result<(), OpusError> {
        if !self.sending {
            // The others' decoders lost track of what was said before the pause.
            self.encoder.reset()?;
        }
        let payload = self.encoder.encode_with_side(&frame.samples, frame.side.as_deref())?;
        let was_silent = std::mem::replace(&mut self.silent, payload.len() <= LONGEST_SILENCE_BYTES);
        if self.sending && self.silent && was_silent {
            return Ok(());
        }
        let level = AudioLevel::new(self.meter.dbfs(), self.meter.speaking());
        (self.deliver)(Arc::new(AudioPacket { timestamp, captured_at: frame.captured_at, level, payload }));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Sent {
        sender: AudioSender,
        timestamps: Arc<Mutex<Vec<u32>>>,
        now: Instant,
    }

    impl Sent {
        fn new() -> Self {
            let timestamps = Arc::new(Mutex::new(Vec::new()));
            let sink = timestamps.clone();
            let sender = AudioSender::new(move |packet| sink.lock().unwrap().push(packet.timestamp / 960)).unwrap();
            Self { sender, timestamps, now: Instant::now() }
        }

        fn say(&mut self, frames: u32, amplitude: f32) {
            for _ in 0..frames {
                self.sender.push(&AudioFrame::mono([amplitude; AUDIO_FRAME_SAMPLES], self.now));
                self.now += AUDIO_FRAME;
            }
        }

        fn sent(&self) -> Vec<u32> {
            self.timestamps.lock().unwrap().clone()
        }
    }

    #[test]
    fn nothing_leaves_until_it_is_active_and_time_goes_on_while_it_is_not() {
        let mut sent = Sent::new();
        sent.say(3, 0.1);
        sent.sender.set_active(true);
        sent.say(2, 0.1);
        sent.sender.set_active(false);
        sent.say(5, 0.1);
        sent.sender.set_active(true);
        sent.say(2, 0.1);
        assert_eq!(sent.sent(), [3, 4, 10, 11]);
    }

    #[test]
    fn a_microphone_that_was_away_leaves_a_pause_in_the_timestamps() {
        let mut sent = Sent::new();
        sent.sender.set_active(true);
        sent.say(2, 0.1);
        sent.now += Duration::from_secs(3);
        sent.say(1, 0.1);
        assert_eq!(sent.sent(), [0, 1, 152]);
    }

    #[test]
    fn silence_is_announced_once_and_updated_now_and_then() {
        let mut sent = Sent::new();
        let settings = EncoderSettings { discontinuous: true, ..EncoderSettings::default() };
        sent.sender.set_encoding(&settings).unwrap();
        sent.sender.set_active(true);
        sent.say(200, 0.0);
        let frames = sent.sent();
        assert!(frames.len() < 50, "{frames:?}");
        assert!(frames.windows(2).all(|pair| pair[1] - pair[0] <= 21), "{frames:?}");
    }

    #[test]
    fn frames_that_come_unevenly_are_not_a_pause() {
        let mut sent = Sent::new();
        sent.sender.set_active(true);
        for jitter_ms in [0, 40, 0, 15, 60] {
            sent.now += Duration::from_millis(jitter_ms);
            sent.say(1, 0.1);
            sent.now -= Duration::from_millis(jitter_ms);
        }
        assert_eq!(sent.sent(), [0, 1, 2, 3, 4]);
    }

    #[test]
    fn who_speaks_while_muted_is_told_once() {
        let mut sent = Sent::new();
        sent.say(50, 0.0001);
        sent.say(100, 0.1);
        assert!(sent.sender.take_spoke_unheard());
        sent.say(100, 0.1);
        assert!(!sent.sender.take_spoke_unheard(), "it was said a moment ago");
        sent.sender.set_active(true);
        sent.say(1000, 0.1);
        assert!(!sent.sender.take_spoke_unheard());
    }

    #[test]
    fn ones_own_voice_shows_even_while_muted() {
        let mut sent = Sent::new();
        assert_eq!(sent.sender.level().dbfs(), SILENCE_DBFS);
        sent.say(5, 0.1);
        assert!((sent.sender.level().dbfs() + 20.0).abs() < 0.1);
        assert!(sent.sender.level().is_speaking());
        sent.say(30, 0.0);
        assert!(!sent.sender.level().is_speaking());
        assert!(sent.sent().is_empty());
    }
}
