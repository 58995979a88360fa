//! One participant's voice from packets to samples: waiting, decoding, recovering what is lost, stretching, fading.
//!
//! A pure state machine but for the decoder it owns; [`super::playout`] feeds it and plays what it makes. Sound is decoded
//! when it is needed, packet by packet, and played in pieces of 10 ms; what is left over of a packet begins the next piece: at most
//! a frame and what one stretching adds. There is a second channel, the side, only for as long as somebody sends one; levels are those of the mid.

use std::time::{Duration, Instant};

use super::jitter::{Advice, JitterBuffer, MAX_CONCEALED_FRAMES, Pull};
use super::level::{LevelMeter, SILENCE_DBFS, dbfs_of_mean_square, energy};
use super::stretch::{Channel, HISTORY_SAMPLES, lengthen, shorten};
use crate::codec::opus::{Decoder, OpusError};
use crate::frame::{AUDIO_FRAME_SAMPLES, AUDIO_PIECE_SAMPLES};
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

    /// The side of what was made last; none where that is one channel.
    fn side(&self) -> Option<&[f32; AUDIO_FRAME_SAMPLES]> {
        None
    }
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

    fn side(&self) -> Option<&[f32; AUDIO_FRAME_SAMPLES]> {
        Self::side(self)
    }
}

/// The second channel of somebody's sound.
#[derive(Debug)]
struct Side {
    /// With as much next as the mid has.
    channel: Channel,
    /// How much of that, from its beginning, was decoded rather than filled up.
    sounding: usize,
    /// What was rendered last.
    rendered: [f32; AUDIO_PIECE_SAMPLES],
}

/// See the module's description.
#[derive(Debug)]
pub struct Receiver<D = Decoder> {
    jitter: JitterBuffer,
    decoder: D,
    /// The one channel, or the mean of two.
    mid: Box<Channel>,
    /// How much of what is next, from its beginning, is not silence.
    sounding: usize,
    /// While there are two channels.
    side: Option<Box<Side>>,
    meter: LevelMeter,
    /// The first half of the frame that is measured next, in every other piece.
    measured_next: Option<[f32; AUDIO_PIECE_SAMPLES]>,
    /// How loud the end of the last decoded frame was made, 0…1: sound fades instead of breaking off.
    gain: f32,
    /// Frames in a row that were concealed.
    concealed: u32,
    /// The RTP timestamp that the last rendered piece began with.
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
            mid: Box::new(Channel::silent(0)),
            sounding: 0,
            side: None,
            meter: LevelMeter::default(),
            measured_next: None,
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

    /// What the last 10 ms that were made begin with: an RTP timestamp, and how long that sound had waited. `None` when they
    /// are not the sender's sound.
    pub fn playing(&self) -> Option<(u32, Duration)> {
        Some((self.playing?, self.jitter.wait()))
    }

    /// How long sound should wait now; see [`JitterBuffer::target`].
    pub fn target(&self) -> Duration {
        self.jitter.target()
    }

    /// Makes the 10 ms to be played from `now`; called every 10 ms. Gives the one channel or the mean of two, of which
    /// [`Receiver::side`] tells the rest, and whether there is sound in it.
    pub fn render(&mut self, now: Instant, out: &mut [f32; AUDIO_PIECE_SAMPLES]) -> bool {
        if self.sounding == 0 && !self.jitter.is_playing() {
            // Silence is made as long as it is needed.
            self.mid.next.clear();
            self.side = None;
        }
        self.side.take_if(|side| side.sounding == 0);
        if self.fill(now) {
            self.stretch(now);
            self.fill(now);
        }
        self.playing = self.jitter.due().map(|due| due.wrapping_sub(self.mid.next.len() as u32));
        take(&mut self.mid, out);
        let has_sound = self.sounding > 0;
        self.sounding = self.sounding.saturating_sub(AUDIO_PIECE_SAMPLES);
        if let Some(side) = &mut self.side {
            take(&mut side.channel, &mut side.rendered);
            side.sounding = side.sounding.saturating_sub(AUDIO_PIECE_SAMPLES);
        }
        self.measure(out);
        if has_sound {
            self.first_audio_at.get_or_insert(now);
            self.played_energy += energy(out);
            self.played_samples += AUDIO_PIECE_SAMPLES as u64;
        }
        has_sound
    }

    /// The side of what was rendered last; none where that is one channel.
    pub fn side(&self) -> Option<&[f32; AUDIO_PIECE_SAMPLES]> {
        self.side.as_ref().map(|side| &side.rendered)
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

    /// Measures each whole frame.
    fn measure(&mut self, piece: &[f32; AUDIO_PIECE_SAMPLES]) {
        match self.measured_next.take() {
            None => self.measured_next = Some(*piece),
            Some(before) => {
                let mut frame = [0.0; AUDIO_FRAME_SAMPLES];
                frame[..AUDIO_PIECE_SAMPLES].copy_from_slice(&before);
                frame[AUDIO_PIECE_SAMPLES..].copy_from_slice(piece);
                self.meter.update(&frame);
            }
        }
    }

    /// Decodes until there is a piece to play. Returns whether it had to.
    fn fill(&mut self, now: Instant) -> bool {
        let mut has_pulled = false;
        while self.mid.next.len() < AUDIO_PIECE_SAMPLES {
            has_pulled = true;
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
            let mut has_side = false;
            if has_sound {
                let is_decoded = match self.decode(&pull, &mut frame) {
                    Ok(()) => true,
                    Err(error) => {
                        tracing::debug!(%error, "a participant's packet does not decode");
                        self.conceal(&mut frame)
                    }
                };
                has_side = is_decoded && self.add_side(gain);
                fade(&mut frame, self.gain, gain);
                self.gain = gain;
            }
            // While sound is waited for, it may begin with any piece.
            let is_waiting = !has_sound && !self.jitter.is_playing();
            let length = if is_waiting { AUDIO_PIECE_SAMPLES } else { AUDIO_FRAME_SAMPLES };
            self.mid.next.extend_from_slice(&frame[..length]);
            if has_sound {
                self.sounding = self.mid.next.len();
            }
            if !has_side && let Some(side) = &mut self.side {
                side.channel.next.resize(self.mid.next.len(), 0.0);
            }
        }
        has_pulled
    }

    /// Adds the side of what was decoded last, if it has one, with a gain that is led from what it was to this one.
    fn add_side(&mut self, gain: f32) -> bool {
        let Some(decoded) = self.decoder.side() else { return false };
        let mut frame = *decoded;
        fade(&mut frame, self.gain, gain);
        let side = self.side.get_or_insert_with(|| {
            let channel = Channel::silent(self.mid.next.len());
            Box::new(Side { channel, sounding: 0, rendered: [0.0; AUDIO_PIECE_SAMPLES] })
        });
        side.channel.next.extend_from_slice(&frame);
        side.sounding = side.channel.next.len();
        true
    }

    /// Makes what is about to be played longer or shorter where it should wait longer or shorter.
    fn stretch(&mut self, now: Instant) {
        let advice = self.jitter.advise(now, self.mid.next.len());
        let side = self.side.as_mut().map(|side| &mut side.channel);
        let by = match advice {
            Advice::Keep => return,
            Advice::Lengthen { least_likeness } => lengthen(&mut self.mid, side, least_likeness) as i64,
            Advice::Shorten { at_most, least_likeness } => {
                -(shorten(&mut self.mid, side, at_most, least_likeness) as i64)
            }
        };
        self.jitter.stretched(by);
        self.sounding = self.mid.next.len();
        if let Some(side) = self.side.as_mut().filter(|side| side.sounding > 0) {
            side.sounding = side.channel.next.len();
        }
    }

    fn decode(&mut self, pull: &Pull, out: &mut [f32; AUDIO_FRAME_SAMPLES]) -> Result<(), OpusError> {
        match pull {
            Pull::Packet(payload) => self.decoder.decode(payload, out),
            Pull::Recover { next } => self.decoder.recover(next, out),
            // What was heard last fades out, where somebody stops sending too.
            Pull::Conceal | Pull::Comfort | Pull::Silence => self.decoder.conceal(out),
        }
    }

    /// Whether there is something other than silence.
    fn conceal(&mut self, out: &mut [f32; AUDIO_FRAME_SAMPLES]) -> bool {
        let concealed = self.decoder.conceal(out);
        if concealed.is_err() {
            out.fill(0.0);
        }
        concealed.is_ok()
    }
}

/// Takes the next piece out of a channel.
fn take(channel: &mut Channel, out: &mut [f32; AUDIO_PIECE_SAMPLES]) {
    out.copy_from_slice(&channel.next[..AUDIO_PIECE_SAMPLES]);
    channel.next.drain(..AUDIO_PIECE_SAMPLES);
    channel.before.copy_within(AUDIO_PIECE_SAMPLES.., 0);
    channel.before[HISTORY_SAMPLES - AUDIO_PIECE_SAMPLES..].copy_from_slice(out);
}

/// Fades in quickly, out over the whole frame.
fn fade(out: &mut [f32; AUDIO_FRAME_SAMPLES], before: f32, gain: f32) {
    if gain == before && gain == 1.0 {
        return;
    }
    let length = if gain > before { FADE_IN_SAMPLES } else { AUDIO_FRAME_SAMPLES };
    for (index, sample) in out.iter_mut().enumerate() {
        let along = (index as f32 / length as f32).min(1.0);
        *sample *= before + (gain - before) * along;
    }
}

#[cfg(test)]
mod tests;
