//! Opus (RFC 6716) as a meeting uses it: 48 kHz, mono, 20 ms, tuned for speech, with in-band forward error correction.
//!
//! Knows nothing of RTP or time. Bytes from the network are checked before libopus sees them and can only fail.

use std::time::Duration;

use bytes::Bytes;
use opus::{Application, Bitrate, Channels};

use crate::frame::{AUDIO_FRAME_SAMPLES, SAMPLE_RATE_HZ};

/// Bits per second that an encoder starts with.
pub const DEFAULT_BITRATE_BPS: u32 = 40_000;

/// Fewest bits per second that keep speech pleasant, in-band forward error correction included.
pub const MIN_BITRATE_BPS: u32 = 16_000;

/// Most bits per second that one mono voice gains anything from.
pub const MAX_BITRATE_BPS: u32 = 64_000;

/// Most bytes of one Opus frame (RFC 6716 §3.4, R2), which is all that a 20 ms packet holds.
pub const MAX_PACKET_BYTES: usize = 1_275;

/// How much later than its first sample's time a packet's sound comes out of the decoder: what the encoder looks ahead.
pub const LOOK_AHEAD: Duration = Duration::from_micros(6_500);

/// A packet no longer than this says only that silence goes on (RFC 6716 §2.1.9). libopus does not want it sent; sent once, it tells
/// the receiver that nothing is lost.
pub const LONGEST_SILENCE_BYTES: usize = 2;

/// What an encoder is asked for; any of it may change between two packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EncoderSettings {
    /// Held within [`MIN_BITRATE_BPS`]–[`MAX_BITRATE_BPS`].
    pub bitrate_bps: u32,
    /// Whether packets carry what recovers the one before them (RFC 6716 §2.1.7).
    pub forward_error_correction: bool,
    /// Share of packets that is expected to be lost, 0–100. The more, the more of the bits go to recovery; with 0 none do.
    pub expected_loss_percent: u8,
    /// Whether silence is said once and then left out but for an update every 400 ms, which becomes comfort noise.
    pub discontinuous: bool,
}

impl Default for EncoderSettings {
    /// For a network of which nothing is known yet.
    fn default() -> Self {
        Self {
            bitrate_bps: DEFAULT_BITRATE_BPS,
            forward_error_correction: true,
            expected_loss_percent: 10,
            discontinuous: false,
        }
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

/// Encodes one voice.
#[derive(Debug)]
pub struct Encoder {
    encoder: opus::Encoder,
    packet: [u8; MAX_PACKET_BYTES],
}

impl Encoder {
    /// An encoder with the default settings.
    ///
    /// # Errors
    ///
    /// When libopus has no memory.
    pub fn new() -> Result<Self, OpusError> {
        let encoder = opus::Encoder::new(SAMPLE_RATE_HZ, Channels::Mono, Application::Voip)?;
        let mut encoder = Self { encoder, packet: [0; MAX_PACKET_BYTES] };
        encoder.set(&EncoderSettings::default())?;
        Ok(encoder)
    }

    /// Changes the settings from the next packet on; nothing is lost by it.
    ///
    /// # Errors
    ///
    /// When libopus refuses, which it does not within the limits that settings are held to.
    pub fn set(&mut self, settings: &EncoderSettings) -> Result<(), OpusError> {
        let bits = settings.bitrate_bps.clamp(MIN_BITRATE_BPS, MAX_BITRATE_BPS);
        self.encoder.set_bitrate(Bitrate::Bits(bits.cast_signed()))?;
        self.encoder.set_inband_fec(settings.forward_error_correction)?;
        self.encoder.set_packet_loss_perc(settings.expected_loss_percent.min(100).into())?;
        Ok(self.encoder.set_dtx(settings.discontinuous)?)
    }

    /// Forgets what was encoded before, so that the next packet depends on none.
    ///
    /// # Errors
    ///
    /// When libopus refuses.
    pub fn reset(&mut self) -> Result<(), OpusError> {
        Ok(self.encoder.reset_state()?)
    }

    /// Encodes 20 ms of samples in −1…1.
    ///
    /// # Errors
    ///
    /// When libopus refuses.
    pub fn encode(&mut self, samples: &[f32; AUDIO_FRAME_SAMPLES]) -> Result<Bytes, OpusError> {
        let length = self.encoder.encode_float(samples, &mut self.packet)?;
        Ok(Bytes::copy_from_slice(&self.packet[..length]))
    }
}

/// Decodes one participant's voice. After an error the output holds nothing of use; conceal instead.
#[derive(Debug)]
pub struct Decoder {
    decoder: opus::Decoder,
}

impl Decoder {
    /// A decoder that has heard nothing yet.
    ///
    /// # Errors
    ///
    /// When libopus has no memory.
    pub fn new() -> Result<Self, OpusError> {
        Ok(Self { decoder: opus::Decoder::new(SAMPLE_RATE_HZ, Channels::Mono)? })
    }

    /// Decodes one packet.
    ///
    /// # Errors
    ///
    /// When the payload is not one packet of 20 ms, or does not decode.
    pub fn decode(&mut self, payload: &[u8], out: &mut [f32; AUDIO_FRAME_SAMPLES]) -> Result<(), OpusError> {
        self.decode_packet(payload, out, false)
    }

    /// Rebuilds the packet before `next`, which was lost, from what `next` carries for that, or failing that as
    /// [`Decoder::conceal`] does.
    ///
    /// # Errors
    ///
    /// When the payload is not one packet of 20 ms, or does not decode.
    pub fn recover(&mut self, next: &[u8], out: &mut [f32; AUDIO_FRAME_SAMPLES]) -> Result<(), OpusError> {
        self.decode_packet(next, out, true)
    }

    /// Continues the sound over a packet that is lost for good.
    ///
    /// # Errors
    ///
    /// When libopus refuses.
    pub fn conceal(&mut self, out: &mut [f32; AUDIO_FRAME_SAMPLES]) -> Result<(), OpusError> {
        self.decoder.decode_float(&[], out, false)?;
        Ok(())
    }

    fn decode_packet(
        &mut self,
        payload: &[u8],
        out: &mut [f32; AUDIO_FRAME_SAMPLES],
        forward_error_correction: bool,
    ) -> Result<(), OpusError> {
        if !is_one_packet(payload) {
            return Err(OpusError::NotOnePacket);
        }
        self.decoder.decode_float(payload, out, forward_error_correction)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::testing::{best_correlation, speech_like};
    use proptest::prelude::*;

    const FRAME: usize = AUDIO_FRAME_SAMPLES;

    fn frames(samples: &[f32]) -> impl Iterator<Item = &[f32; FRAME]> {
        samples.as_chunks::<FRAME>().0.iter()
    }

    #[test]
    fn the_encoder_looks_ahead_as_far_as_it_is_taken_to() {
        let samples = Encoder::new().unwrap().encoder.get_lookahead().unwrap();
        assert_eq!(Duration::from_secs(1) * samples as u32 / SAMPLE_RATE_HZ, LOOK_AHEAD);
    }

    #[test]
    fn speech_survives_the_round_trip() {
        let spoken = speech_like(3.0);
        let (mut encoder, mut decoder) = (Encoder::new().unwrap(), Decoder::new().unwrap());
        let (mut heard, mut bytes) = (Vec::new(), 0);
        for frame in frames(&spoken) {
            let packet = encoder.encode(frame).unwrap();
            assert!(is_one_packet(&packet));
            bytes += packet.len();
            let mut out = [0.0; FRAME];
            decoder.decode(&packet, &mut out).unwrap();
            heard.extend_from_slice(&out);
        }
        let kilobits = bytes as f64 * 8.0 / 3.0 / 1000.0;
        assert!((20.0..50.0).contains(&kilobits), "{kilobits} kb/s");
        let correlation = best_correlation(&spoken, &heard, 960);
        assert!(correlation > 0.9, "correlation {correlation}");
    }

    #[test]
    fn forward_error_correction_beats_concealment() {
        let spoken = speech_like(6.0);
        let mut encoder = Encoder::new().unwrap();
        let packets: Vec<Bytes> = frames(&spoken).map(|frame| encoder.encode(frame).unwrap()).collect();
        let play = |recover: bool| {
            let mut decoder = Decoder::new().unwrap();
            let mut heard = Vec::new();
            for (index, packet) in packets.iter().enumerate() {
                let mut out = [0.0; FRAME];
                match packets.get(index + 1) {
                    Some(next) if index % 5 == 4 && recover => decoder.recover(next, &mut out).unwrap(),
                    Some(_) if index % 5 == 4 => decoder.conceal(&mut out).unwrap(),
                    _ => decoder.decode(packet, &mut out).unwrap(),
                }
                heard.extend_from_slice(&out);
            }
            best_correlation(&spoken, &heard, 960)
        };
        let (recovered, concealed) = (play(true), play(false));
        assert!(recovered > concealed + 0.01, "recovered {recovered}, concealed {concealed}");
    }

    #[test]
    fn an_empty_or_oversized_payload_is_refused() {
        let mut decoder = Decoder::new().unwrap();
        let mut out = [0.0; FRAME];
        assert!(matches!(decoder.decode(&[], &mut out), Err(OpusError::NotOnePacket)));
        assert!(matches!(decoder.decode(&[0x48; MAX_PACKET_BYTES + 1], &mut out), Err(OpusError::NotOnePacket)));
    }

    #[test]
    fn a_packet_of_another_duration_is_refused() {
        // Table of contents 0x18: SILK, narrowband, 60 ms (RFC 6716 §3.1).
        assert!(!is_one_packet(&[0x18, 0, 0]));
        assert!(is_one_packet(&[0x08, 0, 0]));
    }

    #[test]
    fn settings_are_held_within_their_limits() {
        let mut encoder = Encoder::new().unwrap();
        for (bitrate_bps, expected_loss_percent) in [(0, 0), (u32::MAX, u8::MAX)] {
            let settings = EncoderSettings { bitrate_bps, expected_loss_percent, ..EncoderSettings::default() };
            encoder.set(&settings).unwrap();
            assert!(is_one_packet(&encoder.encode(&[0.1; FRAME]).unwrap()));
        }
    }

    #[test]
    fn silence_is_said_once_in_a_while_only_where_that_is_wanted() {
        let spoken = [speech_like(1.0), vec![0.0; 96_000]].concat();
        let silent_packets = |discontinuous| {
            let mut encoder = Encoder::new().unwrap();
            encoder.set(&EncoderSettings { discontinuous, ..EncoderSettings::default() }).unwrap();
            let packets: Vec<Bytes> = frames(&spoken).map(|frame| encoder.encode(frame).unwrap()).collect();
            packets.iter().filter(|packet| packet.len() <= LONGEST_SILENCE_BYTES).count()
        };
        assert_eq!(silent_packets(false), 0);
        let silent = silent_packets(true);
        assert!((60..100).contains(&silent), "{silent} of 100");
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_decoder_panic_or_give_samples_that_are_not_numbers(
            payloads in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 1..20)
        ) {
            let mut decoder = Decoder::new().unwrap();
            for payload in payloads {
                let mut out = [0.0; FRAME];
                let decoded = decoder.decode(&payload, &mut out).is_ok();
                prop_assert!(!decoded || out.iter().all(|sample| sample.is_finite()));
                let _ = decoder.recover(&payload, &mut out);
            }
        }
    }
}
