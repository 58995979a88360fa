//! Opus (RFC 6716) as a meeting uses it: 48 kHz, packets of 20 ms, one channel tuned for speech or up to two of music.
//!
//! Two channels come and go as mid and side (see [`AudioFrame`](crate::frame::AudioFrame)); inside of a packet they are Opus's
//! business. Knows nothing of RTP or time. Bytes from the network are checked before libopus sees them and can only fail.

mod decoder;
mod encoder;

use std::time::Duration;

use crate::choice::SoundMode;
use crate::frame::{AUDIO_FRAME_SAMPLES, SAMPLE_RATE_HZ};
pub use decoder::Decoder;
pub use encoder::Encoder;

/// Bits per second that an encoder starts with.
pub const DEFAULT_BITRATE_BPS: u32 = 40_000;

/// Fewest bits per second that keep speech pleasant, in-band forward error correction included.
pub const MIN_BITRATE_BPS: u32 = 16_000;

/// Most bits per second that one mono voice gains anything from.
pub const MAX_VOICE_BITRATE_BPS: u32 = 64_000;

/// Most bits per second that music in stereo gains anything from (RFC 7587 §3.1.1).
pub const MAX_MUSIC_BITRATE_BPS: u32 = 128_000;

/// Most bytes of one Opus frame (RFC 6716 §3.4, R2), which is all that a 20 ms packet holds.
pub const MAX_PACKET_BYTES: usize = 1_275;

/// How much later than its first sample's time a packet's sound comes out of the decoder: what the encoder looks ahead.
pub const LOOK_AHEAD: Duration = Duration::from_micros(6_500);

/// A packet no longer than this says only that silence goes on (RFC 6716 §2.1.9). libopus does not want it sent; sent once, it tells
/// the receiver that nothing is lost.
pub const LONGEST_SILENCE_BYTES: usize = 2;

/// Samples of 20 ms of two channels, as libopus has them: left and right in turn.
const INTERLEAVED_SAMPLES: usize = 2 * AUDIO_FRAME_SAMPLES;

/// What an encoder is asked for; any of it may change between two packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EncoderSettings {
    /// Whether what is encoded is taken for a voice or for music. Of a voice one channel is encoded.
    pub mode: SoundMode,
    /// Held within [`MIN_BITRATE_BPS`] and [`most_bitrate_bps`].
    pub bitrate_bps: u32,
    /// Whether packets carry what recovers the one before them (RFC 6716 §2.1.7). Only speech can.
    pub forward_error_correction: bool,
    /// Share of packets that is expected to be lost, 0–100. The more, the more of the bits go to recovery, or in music the less
    /// packets build on one another; with 0 neither.
    pub expected_loss_percent: u8,
    /// Whether silence is said once and then left out but for an update every 400 ms, which becomes comfort noise. Not in music.
    pub discontinuous: bool,
}

impl Default for EncoderSettings {
    /// For a network of which nothing is known yet.
    fn default() -> Self {
        Self {
            mode: SoundMode::default(),
            bitrate_bps: DEFAULT_BITRATE_BPS,
            forward_error_correction: true,
            expected_loss_percent: 10,
            discontinuous: false,
        }
    }
}

/// Most bits per second that sound of this mode gains anything from.
pub fn most_bitrate_bps(mode: SoundMode) -> u32 {
    match mode {
        SoundMode::Voice => MAX_VOICE_BITRATE_BPS,
        SoundMode::Music => MAX_MUSIC_BITRATE_BPS,
    }
}

/// Why sound could not be encoded or decoded.
#[derive(Debug, thiserror::Error)]
pub enum OpusError {
    /// Not one 20 ms packet: empty, too large, malformed, or of another duration.
    #[error("the sound packet is not 20 ms of Opus")]
    NotOnePacket,
    /// libopus refused it.
    #[error("Opus failed: {0}")]
    Library(#[from] opus::Error),
}

/// Whether these bytes are one packet of exactly 20 ms, mono or stereo. Costs a look at a few bytes, decodes nothing.
pub fn is_one_packet(payload: &[u8]) -> bool {
    (1..=MAX_PACKET_BYTES).contains(&payload.len())
        && opus::packet::get_nb_samples(payload, SAMPLE_RATE_HZ).is_ok_and(|samples| samples == AUDIO_FRAME_SAMPLES)
}

/// Whether a packet carries two channels: the third bit from the right of its first byte (RFC 6716 §3.1).
fn is_stereo(payload: &[u8]) -> bool {
    payload.first().is_some_and(|contents| contents & 0b100 != 0)
}

#[cfg(test)]
mod tests;
