//! The level of a packet's sound in its header (RFC 6464), under the number that both sides have agreed on.
//!
//! What a peer tells is not read: whoever gets its sound decodes it and knows better.

use rtc::rtp::header::Header;

use crate::audio::audio_level::AudioLevel;

/// Gives a header its level.
pub(super) fn put(header: &mut Header, extension: u8, level: AudioLevel) {
    if let Err(error) = header.set_extension(extension, level.encode().to_vec().into()) {
        tracing::debug!(%error, "a packet goes without its level");
    }
}

/// The level in a header.
pub(super) fn of(header: &Header, extension: u8) -> Option<AudioLevel> {
    AudioLevel::decode(&header.get_extension(extension)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_that_is_put_into_a_header_is_found_there() {
        let mut header = Header { version: 2, ..Header::default() };
        assert_eq!(of(&header, 3), None);
        let level = AudioLevel::new(-20.0, true);
        put(&mut header, 3, level);
        assert_eq!((of(&header, 3), of(&header, 4)), (Some(level), None));
    }
}
