//! One participant's voice from packets to samples: waiting, decoding, recovering what is lost, stretching, fading.
//!
//! A pure state machine but for the decoder it owns; [`super::playout`] feeds it and plays what it makes. Sound is decoded
//! when it is needed, packet by packet, and what is left over of one begins the next frame: at most a frame and what one
//! stretching adds.

use std::time::{Duration, Instant};

use super::jitter::{Advice, JitterBuffer, MAX_CONCEALED_FRAMES, Pull};
use super::level::{LevelMeter, SILENCE_DBFS, dbfs_of_mean_square, energy};
use super::stretch::{HISTORY_SAMPLES, History, lengthen, shorten};
use crate::codec::opus::{Decoder, OpusError};
use crate::frame::AUDIO_FRAME_SAMPLES;
use crate::rtp::RtpPacket;

/// Of the frames that are concealed in a row, so many before the last fade: up to there Opus itself knows best.
const FADING_FRAMES: f32 = 3.0;

/// Samples over which sound comes back after silence: 5 ms, enough not to click.
const FADE_IN_SAMPLES: usize = 240;

/// What is known of the sound of one participant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AudioStatistics {
    /// When the first decoded sound was played.
    pub first_audio_at: Option<Instant>,
    /// Packets that came, repeated and malformed ones not counted.
    pub packets: u64,
    /// Packets that were sent but not played: they did not come in time, or were skipped.
    pub lost: u64,
    /// Sound that had to be guessed.
    pub concealed: Duration,
    /// By how much sound was made longer and shorter to change how long it waits, in all.
    pub stretched: Duration,
    /// Root mean square of the last 20 ms in dBFS, −127…0.
    pub level_dbfs: f32,
    /// Whether voice is heard right now.
    pub speaking: bool,
    /// How much later than the fastest packets the slow ones of the last seconds came.
    pub jitter_ms: f32,
    /// How long sound waits before it is played.
    pub buffer_ms: f32,
    /// Root mean square in dBFS, −127…0, of all that was played from this participant, pauses in sending left out.
    pub audio_dbfs: f32,
}

impl Default for AudioStatistics {
    /// Before anything came.
    fn default() -> Self {
        Self {
            first_audio_at: None,
            packets: 0,
            lost: 0,
            concealed: Duration::ZERO,
            stretched: Duration::ZERO,
            level_dbfs: SILENCE_DBFS,
            speaking: false,
            jitter_ms: 0.0,
            buffer_ms: 0.0,
            audio_dbfs: SILENCE_DBFS,
        }
    }
}

/// What turns packets into sound: Opus, and in tests something predictable. After an error the output holds nothing of use.
pub trait Decode {
    /// Decodes one packet.
    ///
    /// # Errors
    ///
    /// When it does not decode.
    fn decode(&mut self, payload: &[u8], out: &mut [f32; AUDIO_FRAME_SAMPLES]) -> Result<(), OpusError>;

    /// Rebuilds the packet before `next`, which was lost.
    ///
    /// # Errors
    ///
    /// When `next` does not decode.
    fn recover(&mut self, next: &[u8], out: &mut [f32; AUDIO_FRAME_SAMPLES]) -> Result<(), OpusError>;

    /// Continues the sound over a packet that is lost for good, or a silence over its length.
    ///
    /// # Errors
    ///
    /// When the decoder refuses.
    fn conceal(&mut self, out: &mut [f32; AUDIO_FRAME_SAMPLES]) -> Result<(), OpusError>;
}

impl Decode for Decoder {
    fn decode(&mut self, payload: &[u8], out: &mut [f32; AUDIO_FRAME_SAMPLES]) -> Result<(), OpusError> {
        Self::decode(self, payload, out)
    }

    fn recover(&mut self, next: &[u8], out: &mut [f32; AUDIO_FRAME_SAMPLES]) -> Result<(), OpusError> {
        Self::recover(self, next, out)
    }

    fn conceal(&mut self, out: &mut [f32; AUDIO_FRAME_SAMPLES]) -> Result<(), OpusError> {
        Self::conceal(self, out)
    }
}

/// See the module's description.
#[derive(Debug)]
pub struct Receiver<D = Decoder> {
    jitter: JitterBuffer,
    decoder: D,
    /// What was played last.
    before: Box<History>,
    /// Decoded and not played yet.
    ready: Vec<f32>,
    /// How much of it, from its beginning, is not silence.
    sounding: usize,
    meter: LevelMeter,
    /// How loud the end of the last decoded frame was made, 0…1: sound fades instead of breaking off.
    gain: f32,
    /// Frames in a row that were concealed.
    concealed: u32,
    /// The RTP timestamp that the last rendered frame began with.
    playing: Option<u32>,
    first_audio_at: Option<Instant>,
    played_energy: f64,
    played_samples: u64,
}

impl Receiver {
    /// For a participant who was not heard yet.
    ///
    /// # Errors
    ///
    /// When libopus has no memory.
    pub fn new() -> Result<Self, OpusError> {
        Ok(Self::with_decoder(Decoder::new()?))
    }
}

impl<D: Decode> Receiver<D> {
    /// For a participant who was not heard yet and is decoded in this way.
    pub fn with_decoder(decoder: D) -> Self {
        Self {
            jitter: JitterBuffer::new(),
            decoder,
            before: Box::new([0.0; HISTORY_SAMPLES]),
            ready: Vec::new(),
            sounding: 0,
            meter: LevelMeter::default(),
            gain: 0.0,
            concealed: 0,
            playing: None,
            first_audio_at: None,
            played_energy: 0.0,
            played_samples: 0,
        }
    }

    /// Takes in a packet that arrived at `now`.
    pub fn insert(&mut self, now: Instant, packet: RtpPacket) {
        self.jitter.insert(now, packet);
    }

    /// Makes sound wait so long at least; see [`JitterBuffer::set_least_wait`].
    pub fn set_least_wait(&mut self, least_wait: Duration) {
        self.jitter.set_least_wait(least_wait);
    }

    /// What the last 20 ms that were made begin with: an RTP timestamp, and how long that sound had waited. `None` when they
    /// are not the sender's sound.
    pub fn playing(&self) -> Option<(u32, Duration)> {
        Some((self.playing?, self.jitter.wait()))
    }

    /// How long sound should wait now; see [`JitterBuffer::target`].
    pub fn target(&self) -> Duration {
        self.jitter.target()
    }

    /// Makes the 20 ms to be played from `now`; called every 20 ms. Returns whether there is sound in it.
    pub fn render(&mut self, now: Instant, out: &mut [f32; AUDIO_FRAME_SAMPLES]) -> bool {
        if self.sounding == 0 {
            // Silence is made as long as it is needed.
            self.ready.clear();
        }
        self.fill(now);
        self.stretch(now);
        self.fill(now);
        self.playing = self.jitter.due().map(|due| due.wrapping_sub(self.ready.len() as u32));
        out.copy_from_slice(&self.ready[..AUDIO_FRAME_SAMPLES]);
        self.ready.drain(..AUDIO_FRAME_SAMPLES);
        let has_sound = self.sounding > 0;
        self.sounding = self.sounding.saturating_sub(AUDIO_FRAME_SAMPLES);
        if let Some(last) = out.last_chunk() {
            *self.before = *last;
        }
        self.meter.update(out);
        if has_sound {
            self.first_audio_at.get_or_insert(now);
            self.played_energy += energy(out);
            self.played_samples += AUDIO_FRAME_SAMPLES as u64;
        }
        has_sound
    }

    /// What is known so far.
    pub fn statistics(&self) -> AudioStatistics {
        let jitter = self.jitter.statistics();
        AudioStatistics {
            first_audio_at: self.first_audio_at,
            packets: jitter.packets,
            lost: jitter.lost,
            concealed: jitter.concealed,
            stretched: jitter.stretched,
            level_dbfs: self.meter.dbfs(),
            speaking: self.meter.speaking(),
            jitter_ms: self.jitter.jitter().as_secs_f32() * 1000.0,
            buffer_ms: self.jitter.wait().as_secs_f32() * 1000.0,
            audio_dbfs: dbfs_of_mean_square(self.played_energy / self.played_samples.max(1) as f64),
        }
    }

    /// Decodes until there is a frame to play.
    fn fill(&mut self, now: Instant) {
        while self.ready.len() < AUDIO_FRAME_SAMPLES {
            let pull = self.jitter.pull(now);
            let gain = match pull {
                Pull::Silence => 0.0,
                Pull::Conceal => {
                    self.concealed = (self.concealed + 1).min(MAX_CONCEALED_FRAMES);
                    ((MAX_CONCEALED_FRAMES - self.concealed) as f32 / FADING_FRAMES).min(self.gain)
                }
                Pull::Comfort => self.gain,
                Pull::Packet(_) | Pull::Recover { .. } => 1.0,
            };
            if !matches!(pull, Pull::Conceal) {
                self.concealed = 0;
            }
            let mut frame = [0.0; AUDIO_FRAME_SAMPLES];
            let has_sound = gain > 0.0 || self.gain > 0.0;
            if has_sound {
                if let Err(error) = self.decode(&pull, &mut frame) {
                    tracing::debug!(%error, "a participant's packet does not decode");
                    self.conceal(&mut frame);
                }
                self.fade_to(gain, &mut frame);
            }
            self.ready.extend_from_slice(&frame);
            if has_sound {
                self.sounding = self.ready.len();
            }
        }
    }

    /// Makes what is about to be played longer or shorter where it should wait longer or shorter.
    fn stretch(&mut self, now: Instant) {
        let length = self.ready.len();
        let by = match self.jitter.advise(now, length) {
            Advice::Keep => return,
            Advice::Lengthen { least_likeness } => lengthen(&self.before, &mut self.ready, least_likeness) as i64,
            Advice::Shorten { at_most, least_likeness } => {
                -(shorten(&self.before, &mut self.ready, at_most, least_likeness) as i64)
            }
        };
        self.jitter.stretched(by);
        self.sounding = self.ready.len();
    }

    fn decode(&mut self, pull: &Pull, out: &mut [f32; AUDIO_FRAME_SAMPLES]) -> Result<(), OpusError> {
        match pull {
            Pull::Packet(payload) => self.decoder.decode(payload, out),
            Pull::Recover { next } => self.decoder.recover(next, out),
            // What was heard last fades out, where somebody stops sending too.
            Pull::Conceal | Pull::Comfort | Pull::Silence => self.decoder.conceal(out),
        }
    }

    fn conceal(&mut self, out: &mut [f32; AUDIO_FRAME_SAMPLES]) {
        if self.decoder.conceal(out).is_err() {
            out.fill(0.0);
        }
    }

    /// Fades in quickly, out over the whole frame.
    fn fade_to(&mut self, gain: f32, out: &mut [f32; AUDIO_FRAME_SAMPLES]) {
        if gain == self.gain && gain == 1.0 {
            return;
        }
        let length = if gain > self.gain { FADE_IN_SAMPLES } else { AUDIO_FRAME_SAMPLES };
        for (index, sample) in out.iter_mut().enumerate() {
            let along = (index as f32 / length as f32).min(1.0);
            *sample *= self.gain + (gain - self.gain) * along;
        }
        self.gain = gain;
    }
}

#[cfg(test)]
mod tests;
