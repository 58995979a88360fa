//! RTP as the rest of the crate sees it: plain values, without the WebRTC stack's types.
//!
//! The mesh turns these into packets and back; codecs and pipelines never see a socket.

use std::time::Instant;

use bytes::Bytes;

use crate::audio::audio_level::AudioLevel;
use crate::layer::Layer;

/// Clock rate of H.264 timestamps (RFC 6184 §8.1).
pub const VIDEO_CLOCK_HZ: u32 = 90_000;

/// Clock rate of Opus timestamps (RFC 7587 §4.1).
pub const AUDIO_CLOCK_HZ: u32 = 48_000;

/// Most bytes of payload in one packet, so that with all headers it stays under 1,280 bytes, which every path carries.
pub const MAX_PAYLOAD_BYTES: usize = 1_180;

/// From one timestamp to another, negative when it is before. Timestamps wrap around (RFC 3550 §5.1).
pub fn ticks_between(timestamp: u32, from: u32) -> i32 {
    timestamp.wrapping_sub(from).cast_signed()
}

/// The timestamp if it is later than the last one, or else the next after that: a receiver takes packets with the same
/// timestamp for one picture.
pub fn later_timestamp(timestamp: u32, last: Option<u32>) -> u32 {
    match last {
        Some(last) if ticks_between(timestamp, last) <= 0 => last.wrapping_add(1),
        _ => timestamp,
    }
}

/// The number of more digits that ends in `low` and is nearest to `near`.
pub fn extend(low: u16, near: u64) -> u64 {
    let distance = low.wrapping_sub(near as u16).cast_signed();
    near.saturating_add_signed(i64::from(distance))
}

/// A received packet, headers taken off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RtpPacket {
    pub sequence_number: u16,
    /// In units of the stream's clock rate.
    pub timestamp: u32,
    /// Video: the last packet of a picture.
    pub marker: bool,
    pub payload: Bytes,
}

/// How a stream's timestamps belong to its sender's clock, which all its streams share (RFC 3550 §6.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SenderReport {
    /// Seconds of the sender's clock in 32.32 bits; when they began matters to nobody here.
    pub ntp_time: u64,
    /// What is captured at that moment has this timestamp, in units of the stream's clock rate.
    pub timestamp: u32,
}

/// A moment of a stream as somebody sees or hears it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Presentation {
    /// Of what is seen or heard, in units of the stream's clock rate.
    pub timestamp: u32,
    /// When it is.
    pub at: Instant,
}

/// Another participant, as the mesh tells them apart. Chosen by whoever owns the mesh.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PeerId(pub u32);

/// One encoded picture, cut into payloads once for all peers (RFC 6184). Sent as they are, in order, the marker on the
/// last; each peer gets its own sequence numbers.
#[derive(Clone, Debug)]
pub struct VideoPackets {
    /// Which of the sizes it has. Each layer is a stream of pictures of its own: a picture builds on the one before it in
    /// the same layer.
    pub layer: Layer,
    /// In units of [`VIDEO_CLOCK_HZ`]. All layers of one captured frame have the same.
    pub timestamp: u32,
    /// When that frame was captured.
    pub captured_at: Instant,
    /// Whether a decoder can start here.
    pub is_key_frame: bool,
    pub payloads: Vec<Bytes>,
}

/// One encoded piece of sound, 20 ms of Opus.
#[derive(Clone, Debug)]
pub struct AudioPacket {
    /// In units of [`AUDIO_CLOCK_HZ`].
    pub timestamp: u32,
    /// When its first sample was captured.
    pub captured_at: Instant,
    /// How loud it is.
    pub level: AudioLevel,
    pub payload: Bytes,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_that_is_not_later_is_made_so_across_the_wrap() {
        assert_eq!(later_timestamp(7, None), 7);
        assert_eq!(later_timestamp(7, Some(6)), 7);
        assert_eq!(later_timestamp(7, Some(7)), 8);
        assert_eq!(later_timestamp(7, Some(u32::MAX)), 7);
        assert_eq!(later_timestamp(u32::MAX, Some(u32::MAX)), 0);
        assert_eq!(ticks_between(u32::MAX, 1), -2);
    }

    #[test]
    fn numbers_go_on_beyond_their_sixteen_bits() {
        assert_eq!(extend(0xffff, 1 << 16), 0xffff);
        assert_eq!(extend(3, 0xffff), 0x1_0003);
        assert_eq!(extend(0xffff, 0), 0, "nothing lies before the first number");
    }
}
