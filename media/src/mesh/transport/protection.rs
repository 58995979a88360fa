//! How many packets of parity are worth sending beside those of pictures.
//!
//! What is lost can be asked for again, which costs only what was lost, but takes a round trip, for which the picture stands
//! still. Parity is there at once and costs bitrate whether something is lost or not. So it pays only where much is lost and
//! the round trip is long. Owns that decision; knows no packets.

use std::time::Duration;

/// Below the lower loss or round trip nothing is spent, from the upper of both on it is; between, it stays as it is.
const LOSS: (f64, f64) = (0.015, 0.03);
const ROUND_TRIP: (Duration, Duration) = (Duration::from_millis(90), Duration::from_millis(120));

/// Share of packets that may be missing after recovery: retransmissions bring those.
const MISSING_AFTER: f64 = 0.01;

/// Bytes of parity for each byte of pictures at most: three tenths of all.
const MAX_BYTES: f64 = 0.3 / 0.7;

/// What a packet of parity is taken to have of bytes for each of a packet of pictures while neither was sent. It is as long as
/// the longest that it covers, so it has more, but not without limit.
const FIRST_LENGTH: f64 = 1.1;
const LENGTHS: (f64, f64) = (1.0, 3.0);
/// Weight of the newest packet in the mean of their bytes.
const NEWEST_WEIGHS: f64 = 0.02;

/// What is needed is followed when it is more or less than these parts of what is spent.
const FOLLOW: (f64, f64) = (0.7, 1.1);

/// Decides for one link.
#[derive(Clone, Debug, Default)]
pub struct Protection {
    /// Packets of parity for each packet that losses call for.
    share: f64,
    /// Bytes of a packet in the mean, once one was sent.
    picture_bytes: Option<f64>,
    parity_bytes: Option<f64>,
}

impl Protection {
    /// Takes note of the share of packets lost, 0 to 1, and of the round trip; whether that begins or ends it.
    pub fn update(&mut self, loss: f64, round_trip: Duration) -> bool {
        let before = self.share;
        let was_on = before > 0.0;
        let is_on = if was_on {
            loss >= LOSS.0 && round_trip >= ROUND_TRIP.0
        } else {
            loss >= LOSS.1 && round_trip >= ROUND_TRIP.1
        };
        if !is_on {
            self.share = 0.0;
            return was_on;
        }
        let share = needed_share(loss);
        if share < before * FOLLOW.0 || share > before * FOLLOW.1 {
            self.share = share;
        }
        !was_on
    }

    /// Takes note of a packet's bytes on the wire.
    pub fn sent(&mut self, bytes: u32, is_parity: bool) {
        let mean = if is_parity { &mut self.parity_bytes } else { &mut self.picture_bytes };
        let before = mean.unwrap_or(bytes.into());
        *mean = Some(before + (f64::from(bytes) - before) * NEWEST_WEIGHS);
    }

    /// Packets of parity for each packet of pictures: 0, or as many as pay.
    pub fn share(&self) -> f64 {
        self.share.min(MAX_BYTES / self.length())
    }

    /// Bytes of parity for each byte of pictures: 0, or as many as pay, at most three for seven.
    pub fn share_of_bytes(&self) -> f64 {
        self.share() * self.length()
    }

    /// A bitrate, with as much parity as there may be if there is any: were it as much as there is, each change of it would have
    /// the link probed for more.
    pub fn with_parity(&self, bps: u32) -> u32 {
        let most = if self.share > 0.0 { MAX_BYTES } else { 0.0 };
        (f64::from(bps) * (1.0 + most)) as u32
    }

    /// Bytes of a packet of parity for each of a packet of pictures.
    fn length(&self) -> f64 {
        let length = self.parity_bytes.zip(self.picture_bytes).map(|(parity, picture)| parity / picture);
        length.unwrap_or(FIRST_LENGTH).clamp(LENGTHS.0, LENGTHS.1)
    }
}

/// What is left of a bitrate beside so many bytes of parity for each other byte.
pub fn beside_parity(bps: u32, share: f64) -> u32 {
    (f64::from(bps) / (1.0 + share)) as u32
}

/// A packet is missing when it is lost and so is another one of those that share its packet of parity, or that packet: with
/// `covered` others than itself that is `loss × (1 − (1 − loss)^covered)`.
fn needed_share(loss: f64) -> f64 {
    if loss >= 1.0 {
        return MAX_BYTES;
    }
    let covered = (1.0 - MISSING_AFTER / loss).ln() / (1.0 - loss).ln();
    (1.0 / covered.max(1.0)).min(MAX_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn share(loss: f64, round_trip: Duration) -> f64 {
        let mut protection = Protection::default();
        protection.update(loss, round_trip);
        protection.share()
    }

    #[test]
    fn nothing_is_spent_where_retransmissions_are_in_time_or_little_is_lost() {
        for (loss, round_trip) in [(0.0, 300 * MS), (0.02, 300 * MS), (0.2, 80 * MS), (0.029, 119 * MS), (0.0, MS)] {
            assert_eq!(share(loss, round_trip), 0.0, "{loss}, {round_trip:?}");
        }
    }

    #[test]
    fn the_more_is_lost_the_more_is_spent_up_to_three_tenths_of_all() {
        let shares = [0.03, 0.05, 0.08, 0.2, 0.7, 1.0].map(|loss| share(loss, 300 * MS));
        assert!(shares.is_sorted(), "{shares:?}");
        assert!((0.05..0.1).contains(&shares[0]), "{shares:?}");
        assert!((0.2..0.25).contains(&shares[1]), "{shares:?}");
        assert!((0.35..0.4).contains(&shares[5]), "{shares:?}");
    }

    #[test]
    fn three_tenths_are_of_the_bytes_however_long_parity_is() {
        let mut protection = Protection::default();
        protection.update(0.2, 300 * MS);
        for _ in 0..300 {
            protection.sent(1200, false);
            protection.sent(400, false);
            protection.sent(1200, true);
        }
        let bytes = protection.share_of_bytes();
        assert!((bytes / (1.0 + bytes) - 0.3).abs() < 1e-9);
        assert!(protection.share() < 0.35);
    }

    #[test]
    fn what_wavers_at_a_limit_does_not_turn_it_on_and_off() {
        let mut protection = Protection::default();
        let mut changes = 0;
        for step in 0..100 {
            let (loss, round_trip) = if step % 2 == 0 { (0.032, 121 * MS) } else { (0.028, 110 * MS) };
            changes += u32::from(protection.update(loss, round_trip));
        }
        assert_eq!(changes, 1);
        protection.update(0.01, 300 * MS);
        assert_eq!(protection.share(), 0.0);
    }
}
