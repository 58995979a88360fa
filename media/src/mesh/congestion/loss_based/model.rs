//! A link as losses see it, and how likely it makes what was observed.

use super::observations::{Observation, Observations};

/// Inherent loss of a link of which nothing is known, and the least that is reckoned with.
const FIRST_INHERENT_LOSS: f64 = 0.01;
const LEAST_INHERENT_LOSS: f64 = 1e-3;

/// Most inherent loss that is believed untried: this much, and more where the bandwidth is so small that there is little to
/// win.
const INHERENT_LOSS: f64 = 0.02;
const INHERENT_LOSS_BALANCE_BPS: f64 = 50_000.0;

/// Losses beyond this are borne only by bitrates below the balance over the excess.
const BEARABLE_LOSS: f64 = 0.05;
const BEARABLE_LOSS_BALANCE_BPS: f64 = 100_000.0;

/// Part of Newton's step that is taken.
const NEWTON_STEP: f64 = 0.75;

/// More bandwidth is preferred up to this loss and shunned beyond, within this distance of it only in part.
const PREFERENCE_ENDS: f64 = 0.2;
const PREFERENCE_SMOOTHING: f64 = 0.002;

/// How much more bandwidth is preferred, for each kilobit a second and for its logarithm.
const PREFERENCE_PER_KBPS: f64 = 0.0002;
const PREFERENCE_PER_LOG: f64 = 0.02;

/// Probabilities are kept so far from 0 and 1.
const LEAST_PROBABILITY: f64 = 1e-6;

/// A link that carries so much, loses what is above, and of the rest an inherent share.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Channel {
    pub(super) bandwidth_bps: f64,
    /// 0 to 1.
    pub(super) inherent_loss: f64,
}

impl Channel {
    pub(super) fn new(bandwidth_bps: f64) -> Self {
        Self { bandwidth_bps, inherent_loss: FIRST_INHERENT_LOSS }
    }

    /// The same bandwidth with the inherent loss that suits what was observed better.
    ///
    /// `tried_loss` is what the path is known to lose even of less.
    pub(super) fn fitted(self, observations: &Observations, tried_loss: f64) -> Self {
        let inherent_loss = self.feasible(self.inherent_loss, tried_loss);
        let start = Self { inherent_loss, ..self };
        let (mut first, mut second) = (0.0, 0.0);
        for (weight, observation) in observations.weighted() {
            let loss = start.loss(observation);
            let (lost, received) = kilobytes(observation);
            first += weight * (lost / loss - received / (1.0 - loss));
            second -= weight * (lost / loss.powi(2) + received / (1.0 - loss).powi(2));
        }
        if second >= 0.0 {
            return start; // nothing was observed
        }
        Self { inherent_loss: self.feasible(inherent_loss - NEWTON_STEP * first / second, tried_loss), ..self }
    }

    /// Logarithm of how likely what was observed is, and the preference for bandwidth.
    pub(super) fn likelihood(&self, observations: &Observations, tried_loss: f64) -> f64 {
        let preference = self.preference(observations.average_loss() - tried_loss);
        let likelihood = |(weight, observation): (f64, &Observation)| {
            let loss = self.loss(observation);
            let (lost, received) = kilobytes(observation);
            weight * (lost * loss.ln() + received * (1.0 - loss).ln() + preference * (lost + received))
        };
        observations.weighted().map(likelihood).sum()
    }

    fn loss(&self, observation: &Observation) -> f64 {
        let excess = if observation.sent_bps > self.bandwidth_bps {
            (observation.sent_bps - self.bandwidth_bps) / observation.sent_bps
        } else {
            0.0
        };
        let loss = self.inherent_loss + (1.0 - self.inherent_loss) * excess;
        loss.clamp(LEAST_PROBABILITY, 1.0 - LEAST_PROBABILITY)
    }

    fn feasible(&self, inherent_loss: f64, tried_loss: f64) -> f64 {
        let untried = INHERENT_LOSS + INHERENT_LOSS_BALANCE_BPS / self.bandwidth_bps.max(1.0);
        inherent_loss.clamp(LEAST_INHERENT_LOSS, untried.max(tried_loss).min(1.0))
    }

    fn preference(&self, further_loss: f64) -> f64 {
        let distance = PREFERENCE_ENDS - further_loss;
        let kbps = self.bandwidth_bps / 1000.0;
        (PREFERENCE_PER_KBPS * kbps + PREFERENCE_PER_LOG * (1.0 + kbps).ln()) * distance
            / (PREFERENCE_SMOOTHING + distance.abs())
    }
}

/// The most that may be sent while so much is lost, in bits per second.
pub(super) fn bearable_bps(average_loss: f64, tried_loss: f64) -> f64 {
    let excess = average_loss - tried_loss - BEARABLE_LOSS;
    if excess > 0.0 { BEARABLE_LOSS_BALANCE_BPS / excess } else { f64::INFINITY }
}

/// Lost and received.
fn kilobytes(observation: &Observation) -> (f64, f64) {
    (observation.lost_bytes / 1000.0, (observation.bytes - observation.lost_bytes) / 1000.0)
}
