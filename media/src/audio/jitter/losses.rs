//! Whether so many packets get lost that it is worth waiting for the next one, which recovers them.

/// Share of lost packets from which on recoveries are waited for, and the one at which they are not any more: one packet of a
/// hundred is not worth the delay to all.
const TO_WAIT_FOR: f32 = 0.025;
const TO_LET_PASS: f32 = 0.01;

/// What one packet counts in the share, which is that of about 8 s; of the first packets each counts more, but none so much that
/// one loss would be enough.
const WEIGHT: f32 = 0.0025;
const FIRST_PACKETS: f32 = 50.0;

/// Losses in a row above this, two seconds, are an outage and count no more.
const MOST_IN_A_ROW: u64 = 100;

/// See the module's description.
#[derive(Debug, Default)]
pub(super) struct Losses {
    share: f32,
    counted: u32,
    matter: bool,
}

impl Losses {
    /// A packet is played before which so many were lost.
    pub(super) fn record(&mut self, lost: u64) {
        self.counted = self.counted.saturating_add(1);
        let weight = WEIGHT.max(1.0 / (self.counted as f32 + FIRST_PACKETS));
        for _ in 0..lost.min(MOST_IN_A_ROW) {
            self.share += (1.0 - self.share) * weight;
        }
        self.share *= 1.0 - weight;
        self.matter = self.share > if self.matter { TO_LET_PASS } else { TO_WAIT_FOR };
    }

    /// Whether recoveries should be waited for.
    pub(super) fn matter(&self) -> bool {
        self.matter
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Plays packets of which every so manyth is lost.
    fn lose(losses: &mut Losses, packets: u64, every: u64) {
        (0..packets).for_each(|number| losses.record(u64::from(number % every == 1)));
    }

    #[test]
    fn a_tenth_of_all_packets_matters_within_a_second_and_no_longer_some_seconds_after() {
        let mut losses = Losses::default();
        lose(&mut losses, 50, 10);
        assert!(losses.matter());
        lose(&mut losses, 3_000, 10);
        assert!(losses.matter());
        (0..1_000).for_each(|_| losses.record(0));
        assert!(!losses.matter());
    }

    #[test]
    fn one_lost_packet_and_one_of_a_hundred_do_not_matter() {
        let mut losses = Losses::default();
        losses.record(1);
        assert!(!losses.matter());
        let mut losses = Losses::default();
        lose(&mut losses, 5_000, 100);
        assert!(!losses.matter());
    }
}
