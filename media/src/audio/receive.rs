//! One participant's voice from packets to samples: waiting, decoding, recovering what is lost, fading.
//!
//! A pure state machine but for the decoder it owns; [`super::playout`] feeds it and plays what it makes.

use std::time::{Duration, Instant};

use super::jitter::{JitterBuffer, MAX_CONCEALED_FRAMES, Pull};
use super::level::{LevelMeter, SILENCE_DBFS, dbfs_of_mean_square, energy};
use crate::codec::opus::{Decoder, OpusError};
use crate::frame::AUDIO_FRAME_SAMPLES;
use crate::rtp::RtpPacket;

/// Below this a change of the wait is not heard.
const QUIET_DBFS: f32 = -50.0;

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
            level_dbfs: SILENCE_DBFS,
            speaking: false,
            jitter_ms: 0.0,
            buffer_ms: 0.0,
            audio_dbfs: SILENCE_DBFS,
        }
    }
}

/// See the module's description.
#[derive(Debug)]
pub struct Receiver {
    jitter: JitterBuffer,
    decoder: Decoder,
    meter: LevelMeter,
    /// How loud the end of the last frame was made, 0…1: sound fades instead of breaking off.
    gain: f32,
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
        Ok(Self {
            jitter: JitterBuffer::new(),
            decoder: Decoder::new()?,
            meter: LevelMeter::default(),
            gain: 0.0,
            first_audio_at: None,
            played_energy: 0.0,
            played_samples: 0,
        })
    }

    /// Takes in a packet that arrived at `now`.
    pub fn insert(&mut self, now: Instant, packet: RtpPacket) {
        self.jitter.insert(now, packet);
    }

    /// Makes sound wait so long at least; see [`JitterBuffer::set_least_wait`].
    pub fn set_least_wait(&mut self, least_wait: Duration) {
        self.jitter.set_least_wait(least_wait);
    }

    /// What the last 20 ms that were made begin with: the RTP timestamp of the packet, and how long it had waited. `None` when
    /// they are not the sound of a packet.
    pub fn playing(&self) -> Option<(u32, Duration)> {
        Some((self.jitter.playing()?, self.jitter.wait()))
    }

    /// Makes the 20 ms to be played from `now`; called every 20 ms. Returns whether there is sound in it.
    pub fn render(&mut self, now: Instant, out: &mut [f32; AUDIO_FRAME_SAMPLES]) -> bool {
        let pull = self.jitter.pull(now, self.meter.dbfs() < QUIET_DBFS);
        let gain = match pull {
            Pull::Silence if self.gain == 0.0 => {
                out.fill(0.0);
                self.meter.update(out);
                return false;
            }
            Pull::Silence => 0.0,
            Pull::Conceal => (self.gain - 1.0 / MAX_CONCEALED_FRAMES as f32).max(0.0),
            _ => 1.0,
        };
        if let Err(error) = self.decode(&pull, out) {
            tracing::debug!(%error, "a participant's packet does not decode");
            self.conceal(out);
        }
        self.fade_to(gain, out);
        self.meter.update(out);
        self.first_audio_at.get_or_insert(now);
        self.played_energy += energy(out);
        self.played_samples += AUDIO_FRAME_SAMPLES as u64;
        true
    }

    /// What is known so far.
    pub fn statistics(&self) -> AudioStatistics {
        let jitter = self.jitter.statistics();
        AudioStatistics {
            first_audio_at: self.first_audio_at,
            packets: jitter.packets,
            lost: jitter.lost,
            concealed: jitter.concealed,
            level_dbfs: self.meter.dbfs(),
            speaking: self.meter.speaking(),
            jitter_ms: self.jitter.jitter().as_secs_f32() * 1000.0,
            buffer_ms: self.jitter.wait().as_secs_f32() * 1000.0,
            audio_dbfs: dbfs_of_mean_square(self.played_energy / self.played_samples.max(1) as f64),
        }
    }

    fn decode(&mut self, pull: &Pull, out: &mut [f32; AUDIO_FRAME_SAMPLES]) -> Result<(), OpusError> {
        match pull {
            Pull::Packet(payload) => self.decoder.decode(payload, out),
            Pull::Merge { first, second } => {
                let mut later = [0.0; AUDIO_FRAME_SAMPLES];
                self.decoder.decode(first, out)?;
                self.decoder.decode(second, &mut later)?;
                for (index, (sample, later)) in out.iter_mut().zip(later).enumerate() {
                    let along = index as f32 / AUDIO_FRAME_SAMPLES as f32;
                    *sample += (later - *sample) * along;
                }
                Ok(())
            }
            Pull::Recover { next } => self.decoder.recover(next, out),
            // What was heard last fades out, where somebody stops sending too.
            Pull::Conceal | Pull::Silence => self.decoder.conceal(out),
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
