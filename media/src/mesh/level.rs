//! The level of a packet's sound on its way to the transport: through the stack, which passes headers on and nothing beside them.
//!
//! There it stands in the header under a number of its own; on the wire under the one that both sides have agreed on, which only
//! the transport knows. What a peer tells is not read: whoever gets its sound decodes it and knows better.

use rtc::rtp::header::Header;

use crate::audio::audio_level::AudioLevel;

/// Its number in the chain: the last that a one-byte header has (RFC 8285 §4.2), so that the stack, which counts from one, comes
/// to it last.
const IN_CHAIN: u8 = 14;

/// Gives a header to be sent its level.
pub(super) fn put(header: &mut Header, level: AudioLevel) {
    if let Err(error) = header.set_extension(IN_CHAIN, level.encode().to_vec().into()) {
        tracing::debug!(%error, "a packet goes without its level");
    }
}

/// The level in a header, inside the chain.
pub(super) fn of(header: &Header) -> Option<AudioLevel> {
    AudioLevel::decode(&header.get_extension(IN_CHAIN)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_that_is_put_into_a_header_is_found_there() {
        let mut header = Header { version: 2, ..Header::default() };
        assert_eq!(of(&header), None);
        let level = AudioLevel::new(-20.0, true);
        put(&mut header, level);
        assert_eq!(of(&header), Some(level));
    }
}
