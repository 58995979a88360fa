//! Packets as the transport's cores see them, and what a packet costs on the wire.

use bytes::Bytes;

use crate::audio::audio_level::AudioLevel;

/// What IP (20 bytes of version 4), UDP (8) and the SRTP tag of AES-GCM (16, RFC 7714) add to each packet.
const OUTER_BYTES: usize = 20 + 8 + 16;

/// The fixed part of an RTP header (RFC 3550 §5.1).
const RTP_HEADER_BYTES: usize = 12;

/// The header extension with the transport-wide number: its own header, the number, and filling to whole words (RFC 8285
/// §4.2).
const NUMBER_EXTENSION_BYTES: usize = 8;

/// What the level of sound adds to that, filling included.
const LEVEL_EXTENSION_BYTES: u32 = 4;

/// Bytes that a retransmission has before its payload: the original's sequence number (RFC 4588 §4).
const ORIGINAL_SEQUENCE_BYTES: usize = 2;

/// A packet of ours: the parts of the RTP header that we use, and the payload, which all links share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaPacket {
    pub ssrc: u32,
    pub payload_type: u8,
    pub sequence_number: u16,
    /// In units of the stream's clock rate.
    pub timestamp: u32,
    pub marker: bool,
    /// How loud the sound in it is, for the header.
    pub audio_level: Option<AudioLevel>,
    pub payload: Bytes,
}

impl MediaPacket {
    /// Bytes on the wire, everything from the IP header on.
    pub fn wire_bytes(&self) -> u32 {
        wire_bytes(self.payload.len()) + if self.audio_level.is_some() { LEVEL_EXTENSION_BYTES } else { 0 }
    }

    /// The packet once more in the stream that carries retransmissions (RFC 4588 §4).
    pub fn in_retransmission_stream(&self, stream: &mut RetransmissionStream) -> Self {
        let mut payload = Vec::with_capacity(ORIGINAL_SEQUENCE_BYTES + self.payload.len());
        payload.extend_from_slice(&self.sequence_number.to_be_bytes());
        payload.extend_from_slice(&self.payload);
        Self {
            ssrc: stream.ssrc,
            payload_type: stream.payload_type,
            sequence_number: stream.take_sequence_number(),
            timestamp: self.timestamp,
            marker: self.marker,
            audio_level: None,
            payload: payload.into(),
        }
    }
}

/// Bytes on the wire of a packet with so many bytes of payload, everything from the IP header on.
pub fn wire_bytes(payload_bytes: usize) -> u32 {
    u32::try_from(payload_bytes + RTP_HEADER_BYTES + NUMBER_EXTENSION_BYTES + OUTER_BYTES).unwrap_or(u32::MAX)
}

/// What a packet of sound takes on the wire beside its payload.
pub fn sound_header_bytes() -> u32 {
    wire_bytes(0) + LEVEL_EXTENSION_BYTES
}

/// The stream beside a media stream that carries its retransmissions, with numbers of its own: with another number the same
/// packet is never encrypted twice under one nonce.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetransmissionStream {
    pub ssrc: u32,
    pub payload_type: u8,
    /// Of the packet to come.
    pub next_sequence_number: u16,
}

impl RetransmissionStream {
    fn take_sequence_number(&mut self) -> u16 {
        let sequence_number = self.next_sequence_number;
        self.next_sequence_number = sequence_number.wrapping_add(1);
        sequence_number
    }
}

/// The original's sequence number and payload in a retransmission's payload; `None` where there is no original in it.
pub fn original_of(payload: &Bytes) -> Option<(u16, Bytes)> {
    let (number, _) = payload.split_first_chunk::<ORIGINAL_SEQUENCE_BYTES>()?;
    Some((u16::from_be_bytes(*number), payload.slice(ORIGINAL_SEQUENCE_BYTES..)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_retransmission_holds_its_original() {
        let original = MediaPacket {
            ssrc: 1,
            payload_type: 102,
            sequence_number: 0xfffe,
            timestamp: 9000,
            marker: true,
            audio_level: None,
            payload: Bytes::from_static(b"picture"),
        };
        let mut stream = RetransmissionStream { ssrc: 2, payload_type: 103, next_sequence_number: 0xffff };
        let again = original.in_retransmission_stream(&mut stream);
        assert_eq!((again.ssrc, again.payload_type, again.sequence_number), (2, 103, 0xffff));
        assert_eq!((again.timestamp, again.marker), (9000, true));
        assert_eq!(original_of(&again.payload), Some((0xfffe, original.payload.clone())));
        assert_eq!(original.in_retransmission_stream(&mut stream).sequence_number, 0);
    }

    #[test]
    fn what_is_too_short_holds_no_original() {
        assert_eq!(original_of(&Bytes::from_static(&[1])), None);
        assert_eq!(original_of(&Bytes::from_static(&[1, 2])), Some((0x0102, Bytes::new())));
    }
}
