//! Which packets a path loses: each by itself, or in bursts.

use super::random::Random;

/// A path that is at times good and at times bad and loses another share in each (Gilbert and Elliott 1963).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Loss {
    /// Share of packets lost while the path is good, 0 to 1.
    pub while_good: f64,
    /// Share of packets lost while the path is bad, 0 to 1.
    pub while_bad: f64,
    /// Probability, at each packet, that a good path turns bad.
    pub turns_bad: f64,
    /// Probability, at each packet, that a bad path turns good.
    pub turns_good: f64,
}

impl Loss {
    /// Nothing is lost.
    pub const NONE: Self = Self::random(0.0);

    /// Each packet is lost with the same probability, 0 to 1, whatever happened to those before.
    pub const fn random(share: f64) -> Self {
        Self { while_good: share, while_bad: share, turns_bad: 0.0, turns_good: 1.0 }
    }

    /// Losses come in rows of this mean length (at least 1) and are this share of all packets (0 to less than 1).
    pub fn bursts(share: f64, mean_packets: f64) -> Self {
        let turns_good = 1.0 / mean_packets.max(1.0);
        let turns_bad = (turns_good * share / (1.0 - share)).clamp(0.0, 1.0);
        Self { while_good: 0.0, while_bad: 1.0, turns_bad, turns_good }
    }

    /// Share of packets that are lost in the long run, 0 to 1.
    #[cfg(test)]
    pub fn mean_share(&self) -> f64 {
        let bad = if self.turns_bad > 0.0 { self.turns_bad / (self.turns_bad + self.turns_good) } else { 0.0 };
        self.while_good * (1.0 - bad) + self.while_bad * bad
    }
}

/// Whether the path is good or bad just now.
#[derive(Clone, Debug, Default)]
pub(super) struct State {
    is_bad: bool,
}

impl State {
    /// Whether the next packet is lost.
    pub(super) fn loses(&mut self, loss: &Loss, random: &mut Random) -> bool {
        let turns = if self.is_bad { loss.turns_good } else { loss.turns_bad };
        if random.share() < turns {
            self.is_bad = !self.is_bad;
        }
        random.share() < if self.is_bad { loss.while_bad } else { loss.while_good }
    }
}
