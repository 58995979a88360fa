//! Encodes one source of sound, which may be a voice now and music in two channels then.
//!
//! libopus fixes channels and purpose when an encoder is made, so that another takes over where they change. It begins with the
//! frame before, as if it had always been there, and with a packet that builds on none: sound goes on without a step. A second
//! channel fades in, and out by itself, since windows overlap.

use bytes::Bytes;
use opus::{Application, Bitrate, Channels, Signal};

use super::{EncoderSettings, INTERLEAVED_SAMPLES, MAX_PACKET_BYTES, MIN_BITRATE_BPS, OpusError, most_bitrate_bps};
use crate::choice::SoundMode;
use crate::frame::{AUDIO_FRAME_SAMPLES, SAMPLE_RATE_HZ, cross_fade, left_and_right};

const SILENCE: [f32; AUDIO_FRAME_SAMPLES] = [0.0; AUDIO_FRAME_SAMPLES];

/// What an encoder is made for once and for all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Purpose {
    mode: SoundMode,
    is_stereo: bool,
}

/// See the module's description.
#[derive(Debug)]
pub struct Encoder {
    encoder: opus::Encoder,
    purpose: Purpose,
    settings: EncoderSettings,
    /// What was encoded last: the one channel, or the mean of two.
    before: Option<[f32; AUDIO_FRAME_SAMPLES]>,
    packet: [u8; MAX_PACKET_BYTES],
}

impl Encoder {
    /// An encoder with the default settings.
    ///
    /// # Errors
    ///
    /// When libopus has no memory.
    pub fn new() -> Result<Self, OpusError> {
        let settings = EncoderSettings::default();
        let purpose = Purpose { mode: settings.mode, is_stereo: false };
        let encoder = open(purpose, &settings)?;
        Ok(Self { encoder, purpose, settings, before: None, packet: [0; MAX_PACKET_BYTES] })
    }

    /// Changes the settings from the next packet on; nothing is lost by it.
    ///
    /// # Errors
    ///
    /// When libopus refuses, which it does not within the limits that settings are held to.
    pub fn set(&mut self, settings: &EncoderSettings) -> Result<(), OpusError> {
        self.settings = *settings;
        // For another mode there will be another encoder.
        if settings.mode == self.purpose.mode { apply(&mut self.encoder, settings) } else { Ok(()) }
    }

    /// Forgets what was encoded before, so that the next packet depends on none.
    ///
    /// # Errors
    ///
    /// When libopus refuses.
    pub fn reset(&mut self) -> Result<(), OpusError> {
        self.before = None;
        Ok(self.encoder.reset_state()?)
    }

    /// Encodes 20 ms of one channel, of samples in −1…1.
    ///
    /// # Errors
    ///
    /// When libopus refuses.
    pub fn encode(&mut self, samples: &[f32; AUDIO_FRAME_SAMPLES]) -> Result<Bytes, OpusError> {
        self.encode_with_side(samples, None)
    }

    /// Encodes 20 ms of one channel, or of music in two.
    ///
    /// # Errors
    ///
    /// When libopus refuses.
    pub fn encode_with_side(
        &mut self,
        mid: &[f32; AUDIO_FRAME_SAMPLES],
        side: Option<&[f32; AUDIO_FRAME_SAMPLES]>,
    ) -> Result<Bytes, OpusError> {
        let side = side.filter(|_| self.settings.mode == SoundMode::Music);
        let purpose = Purpose { mode: self.settings.mode, is_stereo: side.is_some() };
        let changed = purpose != self.purpose;
        if changed {
            self.take_up(purpose)?;
        }
        let length = match side {
            Some(side) => {
                let mut faded_in = SILENCE;
                let side = if changed && self.before.is_some() {
                    cross_fade(&mut faded_in, side);
                    &faded_in
                } else {
                    side
                };
                self.encoder.encode_float(&interleaved(mid, side), &mut self.packet)?
            }
            None => self.encoder.encode_float(mid, &mut self.packet)?,
        };
        if changed {
            self.encoder.set_prediction_disabled(false)?;
        }
        self.before = Some(*mid);
        Ok(Bytes::copy_from_slice(&self.packet[..length]))
    }

    /// Goes on with another encoder.
    fn take_up(&mut self, purpose: Purpose) -> Result<(), OpusError> {
        let mut encoder = open(purpose, &self.settings)?;
        if let Some(before) = &self.before {
            // Nobody gets this packet, so that the next must not build on it.
            match purpose.is_stereo {
                true => encoder.encode_float(&interleaved(before, &SILENCE), &mut self.packet)?,
                false => encoder.encode_float(before, &mut self.packet)?,
            };
            encoder.set_prediction_disabled(true)?;
        }
        self.encoder = encoder;
        self.purpose = purpose;
        Ok(())
    }
}

fn open(purpose: Purpose, settings: &EncoderSettings) -> Result<opus::Encoder, OpusError> {
    let channels = if purpose.is_stereo { Channels::Stereo } else { Channels::Mono };
    let application = match purpose.mode {
        SoundMode::Voice => Application::Voip,
        SoundMode::Music => Application::Audio,
    };
    let mut encoder = opus::Encoder::new(SAMPLE_RATE_HZ, channels, application)?;
    if purpose.mode == SoundMode::Music {
        encoder.set_signal(Signal::Music)?;
    }
    apply(&mut encoder, settings)?;
    Ok(encoder)
}

fn apply(encoder: &mut opus::Encoder, settings: &EncoderSettings) -> Result<(), OpusError> {
    let bits = settings.bitrate_bps.clamp(MIN_BITRATE_BPS, most_bitrate_bps(settings.mode));
    let is_voice = settings.mode == SoundMode::Voice;
    encoder.set_bitrate(Bitrate::Bits(bits.cast_signed()))?;
    encoder.set_inband_fec(settings.forward_error_correction && is_voice)?;
    encoder.set_packet_loss_perc(settings.expected_loss_percent.min(100).into())?;
    Ok(encoder.set_dtx(settings.discontinuous && is_voice)?)
}

fn interleaved(mid: &[f32; AUDIO_FRAME_SAMPLES], side: &[f32; AUDIO_FRAME_SAMPLES]) -> [f32; INTERLEAVED_SAMPLES] {
    let mut interleaved = [0.0; INTERLEAVED_SAMPLES];
    for ((both, mid), side) in interleaved.as_chunks_mut::<2>().0.iter_mut().zip(mid).zip(side) {
        *both = left_and_right(*mid, *side);
    }
    interleaved
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::opus::LOOK_AHEAD;
    use std::time::Duration;

    #[test]
    fn every_encoder_looks_ahead_as_far_as_it_is_taken_to() {
        for mode in [SoundMode::Voice, SoundMode::Music] {
            for is_stereo in [false, true] {
                let settings = EncoderSettings { mode, ..EncoderSettings::default() };
                let samples = open(Purpose { mode, is_stereo }, &settings).unwrap().get_lookahead().unwrap();
                assert_eq!(Duration::from_secs(1) * samples as u32 / SAMPLE_RATE_HZ, LOOK_AHEAD);
            }
        }
    }
}
