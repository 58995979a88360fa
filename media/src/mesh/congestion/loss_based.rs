//! The bitrate that losses allow: tells losses that come of sending too much from those that the path has anyway.
//!
//! Of what was sent and lost in the last observations, it asks which link would have made that most likely: one that carries
//! some bitrate and loses all above, and of the rest an inherent share (libwebrtc's `LossBasedBweV2`). Candidates around the
//! present estimate compete by that likelihood, with a preference for more bandwidth while the loss is bearable. Random loss so
//! costs no bandwidth.

mod dip;
mod model;
mod observations;
#[cfg(test)]
mod tests;

use std::time::{Duration, Instant};

use super::PacketResult;
use dip::Dip;
use model::Channel;
use observations::Observations;

/// Candidates beside what arrives and what the delay allows, as shares of the present estimate.
const CANDIDATES: [f64; 3] = [1.02, 1.0, 0.95];

/// Observations before losses have a say.
const NEEDED_OBSERVATIONS: u64 = 3;

/// Once limited by loss, the estimate grows at most by this share in a window of this length.
const GROWTH_IN_WINDOW: f64 = 1.3;
const GROWTH_WINDOW: Duration = Duration::from_millis(300);

/// Once limited by loss, the estimate grows at most to so many times what arrives; and less where what arrives is about
/// what it was when the estimate was last held.
const RAMP_UP: f64 = 1.5;
const RAMP_UP_NEAR_HELD: f64 = 1.2;
const NEAR_HELD: f64 = 1.3;

/// How long a bitrate is held after a decrease at first, how the time grows with further ones, and up to what.
const FIRST_HOLD: Duration = Duration::from_millis(300);
const HOLD_FACTOR: u32 = 2;
const LONGEST_HOLD: Duration = Duration::from_secs(60);

/// What limits the estimate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum LossState {
    /// Losses do not limit.
    #[default]
    Unlimited,
    /// Limited by loss, and growing again.
    Increasing,
    /// Limited by loss, falling or held.
    Decreasing,
}

#[derive(Clone, Copy, Debug)]
struct Hold {
    until: Option<Instant>,
    next: Duration,
    bitrate_bps: f64,
}

impl Default for Hold {
    fn default() -> Self {
        Self { until: None, next: FIRST_HOLD, bitrate_bps: f64::INFINITY }
    }
}

/// What is measured elsewhere and limits the candidates.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measured {
    pub(super) delay_based_bps: f64,
    pub(super) acknowledged_bps: Option<f64>,
    pub(super) is_application_limited: bool,
}

#[derive(Clone, Debug)]
pub(super) struct LossBased {
    min_bps: f64,
    max_bps: f64,
    observations: Observations,
    dip: Dip,
    /// What the link is taken for.
    channel: Option<Channel>,
    state: LossState,
    bitrate_bps: f64,
    hold: Hold,
    /// When the growth window began, and what the estimate may be within it.
    growth_window: Option<(Instant, f64)>,
}

impl LossBased {
    pub(super) fn new(min_bps: f64, max_bps: f64) -> Self {
        Self {
            min_bps,
            max_bps,
            observations: Observations::default(),
            dip: Dip::default(),
            channel: None,
            state: LossState::Unlimited,
            bitrate_bps: max_bps,
            hold: Hold::default(),
            growth_window: None,
        }
    }

    /// In bits per second; `None` before enough was observed.
    pub(super) fn bitrate_bps(&self) -> Option<f64> {
        (self.channel.is_some() && self.observations.count() >= NEEDED_OBSERVATIONS).then_some(self.bitrate_bps)
    }

    pub(super) fn state(&self) -> LossState {
        self.state
    }

    /// Part of the estimate that is to be sent just now, 0 to 1.
    pub(super) fn left(&self, now: Instant) -> f64 {
        self.dip.left(now)
    }

    /// Share of bytes lost lately, 0 to 1, without the best and the worst moment.
    pub(super) fn average_loss(&self) -> f64 {
        self.observations.average_loss()
    }

    /// Share of bytes that the path is taken to lose whatever is sent, 0 to 1.
    pub(super) fn inherent_loss(&self) -> f64 {
        self.channel.map_or(0.0, |channel| channel.inherent_loss)
    }

    /// Takes the results of one feedback message.
    pub(super) fn feedback(&mut self, now: Instant, results: &[PacketResult], measured: &Measured) {
        let before = self.observations.recent().filter(|_| !measured.is_application_limited);
        self.dip.feedback(now, results, self.observations.average_loss(), before);
        let Some(now) = self.observations.add(results) else { return };
        let channel = *self.channel.get_or_insert_with(|| {
            self.bitrate_bps = measured.delay_based_bps;
            Channel::new(measured.delay_based_bps)
        });
        let average_loss = self.observations.average_loss();
        let mut best = self.best_candidate(&channel, measured);
        // More loss than the path is known for: that is no time to grow.
        if average_loss > best.inherent_loss.max(self.dip.believed_loss()) {
            best.bandwidth_bps = best.bandwidth_bps.min(channel.bandwidth_bps);
        }
        if self.state != LossState::Unlimited {
            self.limit_growth(&channel, &mut best, measured, now);
        }
        // What arrives the path does carry, and what it is known to lose afterwards as well.
        let carried_bps = measured.acknowledged_bps.map_or(0.0, |bps| bps / (1.0 - self.dip.found_loss()));
        let floor_bps = carried_bps.min(measured.delay_based_bps).max(self.min_bps);
        let limit_bps = model::bearable_bps(average_loss, self.dip.believed_loss()).min(measured.delay_based_bps);
        let bounded_bps = best.bandwidth_bps.min(limit_bps).max(floor_bps);
        if bounded_bps < best.bandwidth_bps {
            self.channel = Some(Channel { bandwidth_bps: bounded_bps, inherent_loss: best.inherent_loss });
        } else {
            self.channel = Some(Channel { bandwidth_bps: best.bandwidth_bps.max(floor_bps), ..best });
        }
        self.decide(bounded_bps, floor_bps, measured, now);
    }

    fn best_candidate(&self, channel: &Channel, measured: &Measured) -> Channel {
        let mut ceiling_bps = self.max_bps;
        if let (true, Some((_, limit_bps))) = (self.state != LossState::Unlimited, self.growth_window) {
            ceiling_bps = limit_bps;
        }
        let ceiling_bps = ceiling_bps.max(channel.bandwidth_bps);
        let acknowledged = measured.acknowledged_bps.filter(|_| !measured.is_application_limited);
        let delay_based = Some(measured.delay_based_bps).filter(|bps| *bps > channel.bandwidth_bps);
        let around = CANDIDATES.iter().map(|share| share * channel.bandwidth_bps);
        let candidates = around.chain(acknowledged).chain(delay_based).map(|bandwidth_bps| {
            let candidate = Channel { bandwidth_bps: bandwidth_bps.min(ceiling_bps), ..*channel };
            candidate.fitted(&self.observations, self.dip.believed_loss())
        });
        let mut best = (*channel, f64::MIN);
        for candidate in candidates {
            let likelihood = candidate.likelihood(&self.observations, self.dip.believed_loss());
            if likelihood > best.1 {
                best = (candidate, likelihood);
            }
        }
        best.0
    }

    fn limit_growth(&self, channel: &Channel, best: &mut Channel, measured: &Measured, now: Instant) {
        if let Some((began, limit_bps)) = self.growth_window
            && now.saturating_duration_since(began) < GROWTH_WINDOW
        {
            best.bandwidth_bps = best.bandwidth_bps.min(limit_bps);
        }
        let grows = best.bandwidth_bps > channel.bandwidth_bps
            || (best.bandwidth_bps >= channel.bandwidth_bps && self.state == LossState::Increasing);
        if let (true, Some(acknowledged_bps)) = (grows, measured.acknowledged_bps) {
            let acknowledged_bps = acknowledged_bps / (1.0 - self.dip.believed_loss());
            let is_near_held =
                acknowledged_bps < NEAR_HELD * self.hold.bitrate_bps && self.hold.bitrate_bps.is_finite();
            let ramp_up = if is_near_held { RAMP_UP_NEAR_HELD } else { RAMP_UP };
            best.bandwidth_bps = best.bandwidth_bps.min(ramp_up * acknowledged_bps).max(channel.bandwidth_bps);
            if self.state == LossState::Decreasing && best.bandwidth_bps <= channel.bandwidth_bps {
                best.bandwidth_bps = channel.bandwidth_bps + 1.0; // enough to leave the state of decreasing
            }
        }
    }

    fn decide(&mut self, bounded_bps: f64, floor_bps: f64, measured: &Measured, now: Instant) {
        let is_limited = bounded_bps < measured.delay_based_bps && bounded_bps < self.max_bps;
        if self.state == LossState::Decreasing && is_limited && self.hold.until.is_some_and(|until| until > now) {
            self.hold.bitrate_bps = self.hold.bitrate_bps.max(floor_bps);
            self.bitrate_bps = bounded_bps.min(self.hold.bitrate_bps);
            return;
        }
        let grows =
            bounded_bps > self.bitrate_bps || (bounded_bps >= self.bitrate_bps && self.state == LossState::Increasing);
        if is_limited && self.state != LossState::Unlimited && grows {
            self.state = LossState::Increasing;
        } else if is_limited {
            if self.state != LossState::Decreasing {
                self.hold.until = now.checked_add(self.hold.next);
                self.hold.next = (self.hold.next * HOLD_FACTOR).min(LONGEST_HOLD);
                self.hold.bitrate_bps = bounded_bps;
            }
            self.state = LossState::Decreasing;
        } else {
            self.hold = Hold::default();
            self.state = LossState::Unlimited;
        }
        self.bitrate_bps = bounded_bps;
        let is_window_over =
            self.growth_window.is_none_or(|(began, _)| now.saturating_duration_since(began) > GROWTH_WINDOW);
        if self.state != LossState::Unlimited && is_window_over {
            let channel_bps = self.channel.map_or(bounded_bps, |channel| channel.bandwidth_bps);
            self.growth_window = Some((now, (channel_bps * GROWTH_IN_WINDOW).max(self.min_bps)));
        }
    }
}
