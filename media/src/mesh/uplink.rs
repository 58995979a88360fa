//! What all links together carry, where they share a bottleneck: mostly the first hop of this machine.
//!
//! Owns that figure. Knows no packets and no layers: it is told what the estimators of all links know, and when. Each
//! estimator alone sees that its link is full, but not that it is so because of the others; so many of them find no fair
//! shares, and who comes late or has backed off gets nothing. A queue that most links see at the same time is one that they
//! share, and while it stands what arrives on all of them together is what its bottleneck carries. So much is then shared out
//! by the allocation. The figure grows until it shows again that it is the limit, or no longer matters.
//!
//! A bottleneck that drops rather than queues is not found: losses tell too little of who shares them.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use super::congestion::LinkEstimate;
use crate::rtp::PeerId;

/// A link is congested where packets wait for longer than this.
const CONGESTED: Duration = Duration::from_millis(30);

/// Least share of the links that must be congested at the same time for their bottleneck to be one; at least two.
const LEAST_SHARE: f64 = 0.7;

/// How long they must be, so that what arrives has had time to tell the capacity.
const LASTS: Duration = Duration::from_millis(200);

/// What arrives in this time counts.
const WINDOW: Duration = Duration::from_millis(600);

/// What is told sooner after the last is not taken.
const LEAST_INTERVAL: Duration = Duration::from_millis(50);

/// What is given out of what is carried, so that the queue drains.
const GIVEN: f64 = 0.92;

/// How the figure grows per second while the links are not congested: up to what was carried last, and beyond.
const GROWTH_WITHIN: f64 = 0.015;
const GROWTH_BEYOND: f64 = 0.05;

/// For a queue to drain less is given, in proportion: nothing while it is so long, if that were not less than this share.
const DRAINED_IN: Duration = Duration::from_millis(600);
const LEAST_GIVEN: f64 = 0.65;

/// No bottleneck is believed to carry less than this for each link: what they tell may be absurd.
const LEAST_PER_LINK_BPS: f64 = 30_000.0;

/// It no longer matters once it is so many times what is wanted.
const FORGOTTEN_ABOVE: f64 = 1.3;

/// A link is narrow that was congested more than the others, for so long after it was. Then it is tried again, since links that
/// are new may look so without being it.
const NARROW_FOR: Duration = Duration::from_secs(10);

/// A link is congested by itself where packets wait for so many times what they wait on the link in the middle, and so long
/// beyond that.
const BY_ITSELF: u32 = 2;
const BY_ITSELF_BEYOND: Duration = Duration::from_millis(80);

/// What a link that is not narrow is taken to carry at least, in fair shares of the bottleneck.
const FAIR_SHARES: f64 = 1.5;

/// What the estimator of one link knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkLoad {
    pub peer: PeerId,
    /// Bits per second that would be sent on it if everything were carried, headers included.
    pub wanted_bps: u32,
    /// Bits per second that arrive, headers included.
    pub arriving_bps: u32,
    /// How much longer than at best packets wait.
    pub queue: Duration,
}

/// The bottleneck that links share, if they do.
#[derive(Clone, Debug, Default)]
pub struct Uplink {
    /// Sums of what arrives, oldest first, within the window.
    sums: VecDeque<(Instant, u64)>,
    congested_since: Option<Instant>,
    /// Links that were congested by themselves, and when last.
    narrow: BTreeMap<PeerId, Instant>,
    bps: Option<f64>,
    /// The most that a link gets if it is shared out fairly (max-min): none more than it wants, and what those leave to the
    /// others. In bits per second; `None` where all get what they want.
    fair_bps: Option<f64>,
    /// What was carried when they were congested last.
    carried_bps: f64,
    /// The queue that most of them see, while they are congested.
    queue: Duration,
    updated: Option<Instant>,
}

impl Uplink {
    /// Bits per second that all links together may be given, headers included; `None` where only the links limit them.
    pub fn bps(&self) -> Option<u32> {
        let given = 1.0 - self.queue.as_secs_f64() / DRAINED_IN.as_secs_f64();
        self.bps.map(|bps| (bps * given.max(LEAST_GIVEN)) as u32)
    }

    /// Takes what is known of all links that are sent to. To be called every 100 ms or so.
    pub fn update(&mut self, now: Instant, links: &[LinkLoad]) {
        let elapsed = self.updated.map(|updated| now.saturating_duration_since(updated));
        if elapsed.is_some_and(|elapsed| elapsed < LEAST_INTERVAL) {
            return;
        }
        self.updated = Some(now);
        let elapsed = elapsed.unwrap_or_default();
        let sum = links.iter().map(|link| u64::from(link.arriving_bps)).sum();
        self.sums.push_back((now, sum));
        while self.sums.front().is_some_and(|(at, _)| now.saturating_duration_since(*at) > WINDOW) {
            self.sums.pop_front();
        }
        let middle = self.find_narrow(now, links);
        let congested = links.iter().filter(|link| link.queue > CONGESTED).count();
        if congested < 2 || (congested as f64) < LEAST_SHARE * links.len() as f64 {
            self.congested_since = None;
            self.queue = Duration::ZERO;
            let growth = if self.bps < Some(self.carried_bps) { GROWTH_WITHIN } else { GROWTH_BEYOND };
            self.bps = self.bps.map(|bps| bps * (1.0 + growth * elapsed.as_secs_f64()));
        } else {
            let since = *self.congested_since.get_or_insert(now);
            if now.saturating_duration_since(since) >= LASTS {
                let most = self.sums.iter().map(|(_, sum)| *sum).max().unwrap_or_default();
                self.carried_bps = (most as f64).max(LEAST_PER_LINK_BPS * links.len() as f64);
                let given_bps = self.carried_bps * GIVEN;
                self.bps = Some(self.bps.map_or(given_bps, |bps| bps.min(given_bps)));
                self.queue = middle;
            }
        }
        let wanted_bps: f64 = links.iter().map(|link| f64::from(link.wanted_bps)).sum();
        self.bps = self.bps.filter(|bps| *bps < wanted_bps * FORGOTTEN_ABOVE);
        self.fair_bps = self.bps.and_then(|bps| fair_bps(bps, links));
    }

    /// What a link is to be taken to carry. An estimator that has given way to the other links believes its own to be narrow,
    /// and learns nothing else while it is sent little: where the bottleneck is shared and the link was not congested by itself,
    /// it carries its share of that.
    pub fn estimate(&self, peer: PeerId, estimate: LinkEstimate) -> LinkEstimate {
        let Some(least_bps) = self.least_bps().filter(|_| !self.narrow.contains_key(&peer)) else { return estimate };
        LinkEstimate {
            momentary_bps: estimate.momentary_bps.max(least_bps),
            steady_bps: estimate.steady_bps.max(least_bps),
        }
    }

    /// What a link is to be tried for: not for more than the bottleneck may leave it.
    pub fn wanted_bps(&self, wanted_bps: u32) -> u32 {
        self.least_bps().map_or(wanted_bps, |least_bps| wanted_bps.min(least_bps))
    }

    fn least_bps(&self) -> Option<u32> {
        self.fair_bps.map(|bps| (bps * FAIR_SHARES) as u32)
    }

    /// Finds the narrow ones. Gives what packets wait on the link in the middle.
    fn find_narrow(&mut self, now: Instant, links: &[LinkLoad]) -> Duration {
        let mut queues: Vec<Duration> = links.iter().map(|link| link.queue).collect();
        queues.sort();
        let middle = queues.get(queues.len() / 2).copied().unwrap_or_default();
        let by_itself = middle.saturating_mul(BY_ITSELF).saturating_add(BY_ITSELF_BEYOND);
        // Before that is known to be shared, the first links see the queue and the others do not know it otherwise.
        for link in links.iter().filter(|link| self.bps.is_some() && link.queue > by_itself) {
            self.narrow.insert(link.peer, now);
        }
        self.narrow.retain(|peer, at| {
            links.iter().any(|link| link.peer == *peer) && now.saturating_duration_since(*at) < NARROW_FOR
        });
        middle
    }
}

/// The most that a link gets of so many bits per second, shared out fairly; `None` where all get what they want.
fn fair_bps(bps: f64, links: &[LinkLoad]) -> Option<f64> {
    let mut wanted: Vec<u32> = links.iter().map(|link| link.wanted_bps).collect();
    wanted.sort_unstable();
    let mut left_bps = bps;
    for (place, wanted_bps) in wanted.iter().enumerate() {
        let share_bps = left_bps / (wanted.len() - place) as f64;
        if f64::from(*wanted_bps) > share_bps {
            return Some(share_bps);
        }
        left_bps -= f64::from(*wanted_bps);
    }
    None
}

#[cfg(test)]
mod tests;
