//! How one's own sound is encoded, once for everybody: with what the slowest link bears and the lossiest one needs.
//!
//! Pure. Sound is a small part of most links, so that all may have what suits the slowest; and who loses nothing hears no
//! difference where there is room for recovery. Who plays music wants it to be heard, and gives it a larger part.

use crate::choice::SoundMode;
use crate::codec::opus::{EncoderSettings, most_bitrate_bps};

/// What sound may be encoded with, in bits per second, up to the most of its mode. Speech is understood with the least.
const BITRATES_BPS: [u32; 9] = [16_000, 20_000, 24_000, 32_000, 40_000, 48_000, 64_000, 96_000, 128_000];

/// So much more than it takes must be there for more bits, in percent, so that small changes of an estimate change nothing.
const RESERVE_PERCENT: u32 = 15;

/// More is not prepared for, in percent: recovery would take what is left of the bits.
const MOST_LOSS_PERCENT: u8 = 30;

/// A change of what is lost by less is none, in percent.
const LEAST_LOSS_CHANGE_PERCENT: u8 = 3;

/// What is known of a link that sound goes over.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SoundLink {
    /// What it carries, in bits per second; `None` before the first estimate.
    pub estimate_bps: Option<u32>,
    /// Share of what was sent that was lost, 0 to 1.
    pub loss: f64,
}

/// Part of what a link carries that sound is given; headers come on top.
fn share(mode: SoundMode) -> u32 {
    match mode {
        SoundMode::Voice => 16,
        SoundMode::Music => 8,
    }
}

/// What to encode with from now on, given what it was until now, or what is chosen from now on. Without links it stays, but for
/// what is too much for its mode.
pub fn encoding_for(links: impl IntoIterator<Item = SoundLink>, previous: &EncoderSettings) -> EncoderSettings {
    let mut slowest_bps = None::<u32>;
    let mut loss = None::<f64>;
    for link in links {
        slowest_bps = slowest_bps.into_iter().chain(link.estimate_bps).min();
        loss = Some(loss.unwrap_or(0.0).max(link.loss));
    }
    let previous_bps = previous.bitrate_bps.min(most_bitrate_bps(previous.mode));
    let bitrate_bps = slowest_bps.map_or(previous_bps, |bps| bitrate_bps(bps, previous_bps, previous.mode));
    let expected_loss_percent = loss.map_or(previous.expected_loss_percent, |loss| {
        let percent = ((loss.clamp(0.0, 1.0) * 100.0).ceil() as u8).min(MOST_LOSS_PERCENT);
        let is_same = percent.abs_diff(previous.expected_loss_percent) < LEAST_LOSS_CHANGE_PERCENT;
        if is_same { previous.expected_loss_percent } else { percent }
    });
    EncoderSettings { bitrate_bps, expected_loss_percent, ..*previous }
}

fn bitrate_bps(link_bps: u32, previous_bps: u32, mode: SoundMode) -> u32 {
    let most_bps = most_bitrate_bps(mode);
    let largest_in = |bps: u32| BITRATES_BPS.into_iter().rev().find(|bitrate_bps| *bitrate_bps <= bps.min(most_bps));
    let share_bps = link_bps / share(mode);
    let with_reserve = largest_in(share_bps / (100 + RESERVE_PERCENT) * 100).unwrap_or(BITRATES_BPS[0]);
    let without = largest_in(share_bps).unwrap_or(BITRATES_BPS[0]);
    // Down at once, up with a reserve, else as it is.
    if without < previous_bps { without } else { with_reserve.max(previous_bps) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn link(estimate_bps: u32, loss: f64) -> SoundLink {
        SoundLink { estimate_bps: Some(estimate_bps), loss }
    }

    fn after(links: &[SoundLink], previous: &EncoderSettings) -> EncoderSettings {
        encoding_for(links.iter().copied(), previous)
    }

    #[test]
    fn the_slowest_link_and_the_lossiest_decide() {
        let start = EncoderSettings::default();
        let settings = after(&[link(5_000_000, 0.2), link(100_000, 0.0)], &start);
        assert_eq!((settings.bitrate_bps, settings.expected_loss_percent), (16_000, 20));
        let settings = after(&[link(5_000_000, 0.0), link(2_000_000, 0.0)], &settings);
        assert_eq!((settings.bitrate_bps, settings.expected_loss_percent), (64_000, 0));
    }

    #[test]
    fn nothing_changes_while_nothing_is_known() {
        let start = EncoderSettings::default();
        assert_eq!(after(&[], &start), start);
        let unknown = SoundLink { estimate_bps: None, loss: 0.1 };
        assert_eq!(after(&[unknown], &start), start);
    }

    #[test]
    fn small_changes_change_nothing() {
        let settings = after(&[link(700_000, 0.10)], &EncoderSettings::default());
        assert_eq!(settings.bitrate_bps, 40_000);
        for (bps, loss) in [(640_000, 0.08), (700_000, 0.12), (800_000, 0.1)] {
            assert_eq!(after(&[link(bps, loss)], &settings), settings, "{bps} {loss}");
        }
        assert_eq!(after(&[link(630_000, 0.1)], &settings).bitrate_bps, 32_000);
        assert_eq!(after(&[link(900_000, 0.1)], &settings).bitrate_bps, 48_000);
    }

    #[test]
    fn music_gets_more_where_the_slowest_link_bears_it_and_gives_it_back() {
        let voice = after(&[link(5_000_000, 0.0)], &EncoderSettings::default());
        assert_eq!(voice.bitrate_bps, 64_000);
        let music = EncoderSettings { mode: SoundMode::Music, ..voice };
        for (bps, bitrate_bps) in [(5_000_000, 128_000), (1_000_000, 96_000), (600_000, 64_000), (150_000, 16_000)] {
            assert_eq!(after(&[link(5_000_000, 0.0), link(bps, 0.0)], &music).bitrate_bps, bitrate_bps, "{bps}");
        }
        let music = after(&[link(5_000_000, 0.0)], &music);
        assert_eq!(after(&[link(700_000, 0.0)], &music).bitrate_bps, 64_000, "a link that became slower");
        let voice_again = EncoderSettings { mode: SoundMode::Voice, ..music };
        assert_eq!(after(&[link(5_000_000, 0.0)], &voice_again), voice);
        assert_eq!(after(&[], &voice_again), voice, "also while nothing is known of links");
    }

    proptest! {
        #[test]
        fn sound_stays_within_its_bounds_and_settles_at_once(
            links in proptest::collection::vec((any::<u32>(), -1.0..2.0f64), 1..9), is_music in any::<bool>(),
        ) {
            let links: Vec<_> = links.into_iter().map(|(bps, loss)| link(bps, loss)).collect();
            let mode = if is_music { SoundMode::Music } else { SoundMode::Voice };
            let settings = after(&links, &EncoderSettings { mode, ..EncoderSettings::default() });
            prop_assert!(settings.bitrate_bps <= most_bitrate_bps(mode));
            prop_assert!(BITRATES_BPS.contains(&settings.bitrate_bps));
            prop_assert!(settings.expected_loss_percent <= MOST_LOSS_PERCENT);
            prop_assert_eq!(after(&links, &settings), settings);
        }
    }
}
