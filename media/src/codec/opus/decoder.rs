//! Decodes one participant's sound, of one channel or two, as each packet says.
//!
//! A decoder of one channel takes any packet and gives the mean of two channels; one of two channels takes any packet too, but makes
//! each sound twice. So a voice is decoded as one channel, and who sends packets of two is decoded as two until nothing but one has
//! come for a second. libopus fixes a decoder's channels: the one that takes over gets some packets beside the one that is
//! heard, until it knows of the sound all that later packets build on, and the two are cross-faded. Two decoders at most live at
//! a time, whatever packets say.

use opus::Channels;

use super::{INTERLEAVED_SAMPLES, OpusError, is_one_packet, is_stereo};
use crate::frame::{AUDIO_FRAME_SAMPLES, SAMPLE_RATE_HZ, cross_fade, mid_and_side};

/// Frames that a decoder hears before it takes over, 200 ms: what it cannot know of the energies before is by then below a
/// thousandth (RFC 6716 §4.3.2.1, where each frame of 20 ms keeps half of its error).
const FRAMES_TO_LEARN: u32 = 10;

/// Packets of one channel in a row after which there is no second any more: one second.
const PACKETS_TO_BE_MONO: u32 = 50;

/// See the module's description. After an error the output holds nothing of use; conceal instead.
#[derive(Debug)]
pub struct Decoder {
    heard: OneDecoder,
    successor: Option<Successor>,
    /// Of one channel, in a row.
    mono_packets: u32,
    /// The side of what was made last.
    side: Option<Box<[f32; AUDIO_FRAME_SAMPLES]>>,
}

/// The decoder of the other number of channels that is to be heard next.
#[derive(Debug)]
struct Successor {
    decoder: OneDecoder,
    frames: u32,
}

/// What 20 ms are made of.
#[derive(Clone, Copy)]
enum Input<'a> {
    Packet(&'a [u8]),
    /// The packet before this one.
    Before(&'a [u8]),
    Nothing,
}

impl Decoder {
    /// A decoder that has heard nothing yet.
    ///
    /// # Errors
    ///
    /// When libopus has no memory.
    pub fn new() -> Result<Self, OpusError> {
        Ok(Self { heard: OneDecoder::new(Channels::Mono)?, successor: None, mono_packets: 0, side: None })
    }

    /// Decodes one packet: its one channel, or the mean of two, of which [`Decoder::side`] tells the rest.
    ///
    /// # Errors
    ///
    /// When the payload is not one packet of 20 ms, or does not decode.
    pub fn decode(&mut self, payload: &[u8], out: &mut [f32; AUDIO_FRAME_SAMPLES]) -> Result<(), OpusError> {
        if !is_one_packet(payload) {
            return Err(OpusError::NotOnePacket);
        }
        self.follow(is_stereo(payload))?;
        self.make(Input::Packet(payload), out)
    }

    /// Rebuilds the packet before `next`, which was lost, from what `next` carries for that, or failing that as
    /// [`Decoder::conceal`] does.
    ///
    /// # Errors
    ///
    /// When the payload is not one packet of 20 ms, or does not decode.
    pub fn recover(&mut self, next: &[u8], out: &mut [f32; AUDIO_FRAME_SAMPLES]) -> Result<(), OpusError> {
        if !is_one_packet(next) {
            return Err(OpusError::NotOnePacket);
        }
        self.make(Input::Before(next), out)
    }

    /// Continues the sound over a packet that is lost for good.
    ///
    /// # Errors
    ///
    /// When libopus refuses.
    pub fn conceal(&mut self, out: &mut [f32; AUDIO_FRAME_SAMPLES]) -> Result<(), OpusError> {
        self.make(Input::Nothing, out)
    }

    /// The side of what was made last; none where that is one channel.
    pub fn side(&self) -> Option<&[f32; AUDIO_FRAME_SAMPLES]> {
        self.side.as_deref()
    }

    /// Prepares for as many channels as packets have.
    fn follow(&mut self, is_stereo: bool) -> Result<(), OpusError> {
        self.mono_packets = if is_stereo { 0 } else { self.mono_packets.saturating_add(1) };
        if self.heard.is_stereo() {
            if is_stereo {
                self.successor = None;
            } else if self.mono_packets >= PACKETS_TO_BE_MONO && self.successor.is_none() {
                self.successor = Some(Successor::new(Channels::Mono)?);
            }
        } else if is_stereo && self.successor.is_none() {
            self.successor = Some(Successor::new(Channels::Stereo)?);
        }
        Ok(())
    }

    fn make(&mut self, input: Input<'_>, out: &mut [f32; AUDIO_FRAME_SAMPLES]) -> Result<(), OpusError> {
        self.heard.make(input, out, &mut self.side)?;
        let Some(mut successor) = self.successor.take() else { return Ok(()) };
        let (mut mid, mut side) = ([0.0; AUDIO_FRAME_SAMPLES], None);
        if successor.decoder.make(input, &mut mid, &mut side).is_err() {
            // Another will be made where one is still needed.
            return Ok(());
        }
        successor.frames += 1;
        if successor.frames < FRAMES_TO_LEARN {
            self.successor = Some(successor);
            return Ok(());
        }
        cross_fade(out, &mid);
        let silence = || Box::new([0.0; AUDIO_FRAME_SAMPLES]);
        if self.side.is_some() || side.is_some() {
            cross_fade(self.side.get_or_insert_with(silence), &side.unwrap_or_else(silence));
        }
        self.heard = successor.decoder;
        Ok(())
    }
}

impl Successor {
    fn new(channels: Channels) -> Result<Self, OpusError> {
        Ok(Self { decoder: OneDecoder::new(channels)?, frames: 0 })
    }
}

/// A decoder of libopus.
#[derive(Debug)]
struct OneDecoder {
    decoder: opus::Decoder,
    /// What one of two channels decodes into.
    interleaved: Option<Box<[f32; INTERLEAVED_SAMPLES]>>,
}

impl OneDecoder {
    fn new(channels: Channels) -> Result<Self, OpusError> {
        let interleaved = (channels == Channels::Stereo).then(|| Box::new([0.0; INTERLEAVED_SAMPLES]));
        Ok(Self { decoder: opus::Decoder::new(SAMPLE_RATE_HZ, channels)?, interleaved })
    }

    fn is_stereo(&self) -> bool {
        self.interleaved.is_some()
    }

    fn make(
        &mut self,
        input: Input<'_>,
        mid: &mut [f32; AUDIO_FRAME_SAMPLES],
        side: &mut Option<Box<[f32; AUDIO_FRAME_SAMPLES]>>,
    ) -> Result<(), OpusError> {
        let (payload, forward_error_correction): (&[u8], _) = match input {
            Input::Packet(payload) => (payload, false),
            Input::Before(next) => (next, true),
            Input::Nothing => (&[], false),
        };
        let Some(interleaved) = &mut self.interleaved else {
            self.decoder.decode_float(payload, mid, forward_error_correction)?;
            *side = None;
            return Ok(());
        };
        self.decoder.decode_float(payload, &mut **interleaved, forward_error_correction)?;
        let side = side.get_or_insert_with(|| Box::new([0.0; AUDIO_FRAME_SAMPLES]));
        let both = interleaved.as_chunks::<2>().0;
        for ((both, mid), side) in both.iter().zip(mid).zip(side.iter_mut()) {
            (*mid, *side) = mid_and_side(*both);
        }
        Ok(())
    }
}
