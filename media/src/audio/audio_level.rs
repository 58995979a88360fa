//! The level of a packet's sound as its header tells it: one byte of the extension "client-to-mixer audio level" (RFC 6464), by which
//! whoever passes packets on knows who speaks without decoding them.
//!
//! Knows the byte only. How extensions are agreed on and where they stand in a packet is the mesh's.

use super::level::SILENCE_DBFS;

/// What the extension is called when it is agreed on (RFC 6464 §5).
pub const URI: &str = "urn:ietf:params:rtp-hdrext:ssrc-audio-level";

/// Bytes that it takes in a header, its own header apart (RFC 6464 §3).
pub const BYTES: usize = 1;

/// Marks a voice (RFC 6464 §3, "V").
const VOICE: u8 = 0x80;

/// How loud a packet's sound is, and whether it is a voice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AudioLevel {
    /// Decibels below the loudest that can be said, a full-scale square wave: 0…127, where 127 is silence.
    below_overload: u8,
    is_voice: bool,
}

impl AudioLevel {
    /// From a root mean square in dBFS; what is out of range becomes the nearest that can be told, and what is no number silence.
    pub fn new(dbfs: f32, is_voice: bool) -> Self {
        let dbfs = if dbfs.is_nan() { SILENCE_DBFS } else { dbfs.clamp(SILENCE_DBFS, 0.0) };
        Self { below_overload: (-dbfs).round() as u8, is_voice }
    }

    /// Root mean square in dBFS, −127…0 in whole numbers.
    pub fn dbfs(self) -> f32 {
        -f32::from(self.below_overload)
    }

    /// Whether the sender takes it for a voice.
    pub fn is_voice(self) -> bool {
        self.is_voice
    }

    /// The extension's data.
    pub fn encode(self) -> [u8; BYTES] {
        [self.below_overload | if self.is_voice { VOICE } else { 0 }]
    }

    /// Reads the extension's data; none where it has not the length that it must have.
    pub fn decode(data: &[u8]) -> Option<Self> {
        let [byte] = data else { return None };
        Some(Self { below_overload: byte & !VOICE, is_voice: byte & VOICE != 0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_those_of_the_rfc() {
        assert_eq!(AudioLevel::new(0.0, true).encode(), [0x80]);
        assert_eq!(AudioLevel::new(-30.4, false).encode(), [30]);
        assert_eq!(AudioLevel::new(-30.6, true).encode(), [0x80 | 31]);
        assert_eq!(AudioLevel::new(SILENCE_DBFS, false).encode(), [127]);
    }

    #[test]
    fn what_cannot_be_told_becomes_the_nearest_that_can() {
        for (dbfs, told) in [(3.0, 0.0), (-500.0, -127.0), (f32::NEG_INFINITY, -127.0), (f32::NAN, -127.0)] {
            assert_eq!(AudioLevel::new(dbfs, false).dbfs(), told, "{dbfs}");
        }
    }

    #[test]
    fn every_byte_is_a_level_and_comes_back() {
        for byte in 0..=u8::MAX {
            let level = AudioLevel::decode(&[byte]).unwrap();
            assert_eq!(level.encode(), [byte]);
            assert_eq!(AudioLevel::new(level.dbfs(), level.is_voice()), level);
        }
    }

    #[test]
    fn data_of_another_length_is_refused() {
        assert_eq!(AudioLevel::decode(&[]), None);
        assert_eq!(AudioLevel::decode(&[1, 2]), None);
    }
}
