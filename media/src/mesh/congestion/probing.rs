//! Decides when to send a burst faster than the estimate, to see whether more arrives than is known.
//!
//! At the start, and as long as each probe finds more; when more is wanted than the estimate allows; now and then while the
//! application is limited, for what it sends shows nothing; after a deep drop; and now and then while more is wanted than
//! the path was known to carry, because growth alone takes a minute to find what one burst of 15 ms finds. Never while
//! queues fill or drain or losses grow, and never far beyond what is wanted.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::loss_based::LossState;
use super::overuse::PathUsage;
use super::probe_result::ProbeResult;
use super::{Probe, ProbeCluster};

/// Probes at the start and each further one, as multiples of the estimate.
const FIRST: f64 = 3.0;
const FURTHER: f64 = 2.0;

/// A probe goes on where this share of it arrived.
const FURTHER_ABOVE: f64 = 0.7;

/// Probes while the application is limited, and while more is wanted.
const LIMITED: f64 = 2.0;
const GROWTH: f64 = 2.0;

/// Probes while losses limit but the estimate grows again.
const LOSS_LIMITED: f64 = 1.5;

/// A probe is worth sending from this multiple of the estimate on.
const WORTHWHILE: f64 = 1.1;

/// Probes go up to this multiple of what is wanted, so that an encoder's peaks have been tried.
const BEYOND_WANTED: f64 = 2.0;

/// Least duration of a probe.
const DURATION: Duration = Duration::from_millis(15);

/// Least packets: as many long ones as take this time, within limits. Five would be a queue of 150 ms on a slow path. Where the
/// delay varies fewer tell too little.
const PACKETS_TAKE: Duration = Duration::from_millis(40);
const PACKET_BITS: f64 = 1200.0 * 8.0;
const PACKETS: (u32, u32) = (3, 5);

/// How long a result is awaited.
const AWAITED: Duration = Duration::from_secs(1);

/// Time between probes while the application is limited, and while more is wanted.
const LIMITED_INTERVAL: Duration = Duration::from_secs(5);
const GROWTH_INTERVAL: Duration = Duration::from_secs(3);
/// Part of the latter on a steady path, where a probe tells more.
const OF_INTERVAL_WHEN_STEADY: f64 = 0.75;

/// What a probe has found is there where the path is not overused for so long, or where this share of it arrives. Otherwise
/// the interval doubles, up to this.
const PROVED: Duration = Duration::from_secs(2);
const PROVED_BY: f64 = 0.85;

/// In the beginning much is found at once, and what is sent of it has settled only after a round trip and this.
const BEGINNING: Duration = Duration::from_secs(3);
const SETTLES_IN: Duration = Duration::from_millis(400);
const LONGEST_GROWTH_INTERVAL: Duration = Duration::from_secs(6);

/// Time to the next one where the last found this much more.
const GREW_INTERVAL: Duration = Duration::from_millis(600);
const GREW: f64 = 1.1;

/// Time between a probe and the next because more is wanted than before.
const WANTED_INTERVAL: Duration = Duration::from_millis(500);

/// An estimate that falls below this share of what it was in the last seconds has dropped; a probe may find it back, at this
/// share.
const DROP: f64 = 0.66;
const DROP_AGE: Duration = Duration::from_secs(5);
const AFTER_DROP: f64 = 0.85;

/// Probes that wait to be sent.
const PENDING: usize = 4;

/// What is known of the path when it is to be decided on probes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Situation {
    pub(super) estimate_bps: f64,
    pub(super) usage: PathUsage,
    pub(super) loss: LossState,
    /// Whether packets wait on their way: then the path is full, and a probe finds only what others leave.
    pub(super) has_queue: bool,
    /// Whether the path delays all packets about alike.
    pub(super) is_steady: bool,
    /// Since when the application has been limited.
    pub(super) limited_since: Option<Instant>,
}

/// What probes have found, and nothing has proved right or wrong since.
#[derive(Clone, Copy, Debug)]
struct Growth {
    at: Instant,
    /// The estimate before them.
    before_bps: f64,
}

/// The largest estimate of the last seconds.
#[derive(Clone, Copy, Debug)]
struct Peak {
    at: Instant,
    bps: f64,
}

#[derive(Clone, Debug)]
pub(super) struct Probing {
    max_bps: f64,
    wanted_bps: Option<f64>,
    /// More is wanted than when the last probe was sent.
    wants_more: bool,
    pending: VecDeque<Probe>,
    next_cluster: u32,
    estimate_bps: f64,
    is_steady: bool,
    /// When the first packet was sent, or feedback returned.
    began: Option<Instant>,
    last: Option<Instant>,
    /// An estimate above this lets the probes go on.
    further_above_bps: Option<f64>,
    /// A probe that counts only by half where it filled the path: others may share it, of whose share it took some.
    tentative: Option<ProbeCluster>,
    /// The last such probe found more.
    grew: bool,
    growth: Option<Growth>,
    growth_interval: Duration,
    /// It has been sent because the one before found more.
    follows_up: bool,
    peak: Option<Peak>,
}

impl Probing {
    pub(super) fn new(start_bps: f64, max_bps: f64) -> Self {
        Self {
            max_bps,
            wanted_bps: None,
            wants_more: false,
            pending: VecDeque::new(),
            next_cluster: 0,
            estimate_bps: start_bps,
            is_steady: true,
            began: None,
            last: None,
            further_above_bps: None,
            tentative: None,
            grew: false,
            growth: None,
            growth_interval: GROWTH_INTERVAL,
            follows_up: false,
            peak: None,
        }
    }

    pub(super) fn set_wanted(&mut self, wanted_bps: f64) {
        self.wants_more |= self.wanted_bps.is_none_or(|before| wanted_bps > before);
        self.wanted_bps = Some(wanted_bps);
    }

    pub(super) fn next(&mut self) -> Option<Probe> {
        self.pending.pop_front()
    }

    /// The first packet is being sent.
    pub(super) fn begin(&mut self, now: Instant) {
        self.began = Some(now);
        self.probe(now, FIRST * self.estimate_bps, true, f64::INFINITY);
    }

    /// Feedback has returned after a silence, before which the estimate was this, in bits per second.
    pub(super) fn recover(&mut self, now: Instant, before_bps: f64) {
        self.began = Some(now);
        self.probe(now, AFTER_DROP * before_bps, true, f64::INFINITY);
    }

    /// What a result says of the path, in bits per second; `None` where it says nothing.
    pub(super) fn believed_bps(&mut self, now: Instant, result: &ProbeResult) -> Option<f64> {
        let is_tentative = self.tentative == Some(result.cluster);
        if !is_tentative && !result.is_saturated && result.bitrate_bps < self.estimate_bps {
            return None; // it arrived as slowly as it left: the program was late to send it
        }
        let mut believed_bps = result.bitrate_bps;
        if is_tentative && (result.is_saturated || !self.follows_up) {
            believed_bps = self.estimate_bps.midpoint(believed_bps).max(self.estimate_bps);
        }
        if believed_bps > GREW * self.estimate_bps {
            self.grew = is_tentative;
            let before_bps = self.growth.map_or(self.estimate_bps, |growth| growth.before_bps);
            self.growth = Some(Growth { at: now, before_bps });
        }
        Some(believed_bps)
    }

    /// The path is overused, and this much arrives. Says what the estimate was before probes found more, where that does not
    /// arrive: others had left it for a moment.
    pub(super) fn disproved(&mut self, now: Instant, arriving_bps: f64, round_trip: Duration) -> Option<f64> {
        if self.is_settling(now, round_trip) {
            return None;
        }
        let growth = self.growth.take()?;
        if arriving_bps >= PROVED_BY * self.estimate_bps {
            return None;
        }
        self.growth_interval = (self.growth_interval * 2).min(LONGEST_GROWTH_INTERVAL);
        Some(growth.before_bps)
    }

    /// Whether what probes found in the beginning has not arrived yet, and the delay shows no more than how they filled the path.
    pub(super) fn is_settling(&self, now: Instant, round_trip: Duration) -> bool {
        self.is_beginning(now)
            && self.growth.is_some_and(|growth| now.saturating_duration_since(growth.at) < round_trip + SETTLES_IN)
    }

    fn is_beginning(&self, now: Instant) -> bool {
        self.began.is_some_and(|began| now.saturating_duration_since(began) < BEGINNING)
    }

    pub(super) fn update(&mut self, now: Instant, situation: &Situation) {
        let estimate_bps = situation.estimate_bps;
        let is_over = |peak: Peak| now.saturating_duration_since(peak.at) > DROP_AGE || peak.bps <= estimate_bps;
        if self.peak.is_none_or(is_over) {
            self.peak = Some(Peak { at: now, bps: estimate_bps });
        }
        (self.estimate_bps, self.is_steady) = (estimate_bps, situation.is_steady);
        if self.growth.is_some_and(|growth| now.saturating_duration_since(growth.at) > PROVED) {
            (self.growth, self.growth_interval) = (None, GROWTH_INTERVAL);
        }
        let Some(last) = self.last else { return };
        let since_last = now.saturating_duration_since(last);
        if since_last > AWAITED {
            self.further_above_bps = None;
        }
        if situation.usage != PathUsage::Normal || situation.loss == LossState::Decreasing {
            return;
        }
        let most_bps =
            if situation.loss == LossState::Increasing { LOSS_LIMITED * estimate_bps } else { f64::INFINITY };
        if let Some(above_bps) = self.further_above_bps {
            if estimate_bps > above_bps {
                self.probe(now, FURTHER * estimate_bps, true, most_bps);
            }
            return; // one thing after the other
        }
        let wanted_bps = self.wanted_bps.unwrap_or(self.max_bps);
        let limited_for = situation.limited_since.map(|since| now.saturating_duration_since(since));
        let of_interval = if situation.is_steady { OF_INTERVAL_WHEN_STEADY } else { 1.0 };
        let growth_interval = if self.grew { GREW_INTERVAL } else { self.growth_interval.mul_f64(of_interval) };
        if self.wants_more && wanted_bps > estimate_bps && since_last >= WANTED_INTERVAL {
            self.probe(now, wanted_bps.min(FURTHER * estimate_bps), true, most_bps);
        } else if let Some(peak) = self.peak.filter(|peak| estimate_bps < DROP * peak.bps) {
            self.peak = None;
            self.tentative = self.probe(now, AFTER_DROP * peak.bps, true, most_bps);
        } else if limited_for.is_some_and(|limited| limited.min(since_last) >= LIMITED_INTERVAL) {
            self.probe(now, LIMITED * estimate_bps, true, most_bps);
        } else if limited_for.is_none()
            && !situation.has_queue
            && wanted_bps > estimate_bps
            && since_last >= growth_interval
        {
            (self.follows_up, self.grew) = (self.grew, false);
            self.tentative = self.probe(now, GROWTH * estimate_bps, true, most_bps);
        }
    }

    fn probe(&mut self, now: Instant, bps: f64, goes_on: bool, most_bps: f64) -> Option<ProbeCluster> {
        let wanted_bps = self.wanted_bps.map_or(f64::INFINITY, |wanted_bps| BEYOND_WANTED * wanted_bps);
        let limit_bps = wanted_bps.min(self.max_bps).min(most_bps);
        (self.wants_more, self.further_above_bps) = (false, None);
        self.last = Some(now);
        let sent_bps = bps.min(limit_bps);
        if sent_bps < WORTHWHILE * self.estimate_bps || self.pending.len() >= PENDING {
            return None;
        }
        if goes_on && bps < limit_bps {
            self.further_above_bps = Some(FURTHER_ABOVE * sent_bps);
        }
        let cluster = ProbeCluster(self.next_cluster);
        self.next_cluster = self.next_cluster.wrapping_add(1);
        let bytes = (sent_bps * DURATION.as_secs_f64() / 8.0) as u32;
        let in_time = (sent_bps * PACKETS_TAKE.as_secs_f64() / PACKET_BITS) as u32;
        let packets = if self.is_steady { in_time.clamp(PACKETS.0, PACKETS.1) } else { PACKETS.1 };
        self.pending.push_back(Probe { cluster, bps: sent_bps as u32, packets, bytes });
        Some(cluster)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALM: Situation = Situation {
        estimate_bps: 1e6,
        usage: PathUsage::Normal,
        loss: LossState::Unlimited,
        has_queue: false,
        is_steady: true,
        limited_since: None,
    };

    fn begun(wanted_bps: f64) -> (Probing, Instant) {
        let now = Instant::now();
        let mut probing = Probing::new(1e6, 30e6);
        probing.set_wanted(wanted_bps);
        probing.begin(now);
        (probing, now)
    }

    fn bps(probe: Option<Probe>) -> Option<u32> {
        probe.map(|probe| probe.bps)
    }

    #[test]
    fn it_begins_at_three_times_the_start_and_doubles_while_that_finds_more() {
        let (mut probing, now) = begun(20e6);
        let first = probing.next().unwrap();
        assert_eq!((first.bps, first.packets, first.bytes), (3_000_000, 5, 5625));
        assert_eq!(probing.next(), None, "each once");
        let now = now + Duration::from_millis(200);
        probing.update(now, &CALM);
        assert_eq!(probing.next(), None, "nothing found so far");
        probing.update(now, &Situation { estimate_bps: 2.9e6, ..CALM });
        assert_eq!(bps(probing.next()), Some(5_800_000));
        probing.update(now, &Situation { estimate_bps: 3.5e6, ..CALM });
        assert_eq!(probing.next(), None, "that was the end of it");
    }

    #[test]
    fn it_does_not_probe_far_beyond_what_is_wanted() {
        let (mut probing, now) = begun(1.2e6);
        assert_eq!(bps(probing.next()), Some(2_400_000));
        probing.update(now, &Situation { estimate_bps: 2.4e6, ..CALM });
        assert_eq!(probing.next(), None);
        let (mut probing, _) = begun(0.4e6);
        assert_eq!(probing.next(), None, "the start is more than enough");
    }

    #[test]
    fn it_probes_when_more_is_wanted_than_the_estimate() {
        let (mut probing, now) = begun(0.2e6);
        probing.set_wanted(1.5e6);
        probing.update(now + Duration::from_secs(1), &CALM);
        assert_eq!(bps(probing.next()), Some(1_500_000));
    }

    #[test]
    fn it_probes_now_and_then_while_the_application_is_limited() {
        let (mut probing, start) = begun(5e6);
        probing.next();
        let mut probes = 0;
        for tick in 0..600 {
            let now = start + Duration::from_millis(50 * tick);
            probing.update(now, &Situation { limited_since: Some(start), ..CALM });
            probes += u32::from(probing.next().is_some());
        }
        assert_eq!(probes, 5, "each five seconds");
    }

    #[test]
    fn a_probe_that_left_too_slowly_says_nothing() {
        let (mut probing, now) = begun(5e6);
        let cluster = probing.next().unwrap().cluster;
        let slow = ProbeResult { cluster, bitrate_bps: 0.3e6, is_saturated: false };
        assert_eq!(probing.believed_bps(now, &slow), None);
        assert_eq!(probing.believed_bps(now, &ProbeResult { is_saturated: true, ..slow }), Some(0.3e6));
    }

    #[test]
    fn it_does_not_probe_while_queues_fill_or_drain_or_losses_grow() {
        let (mut probing, start) = begun(5e6);
        probing.next();
        let now = start + Duration::from_secs(20);
        for usage in [PathUsage::Overusing, PathUsage::Underusing] {
            probing.update(now, &Situation { usage, ..CALM });
            assert_eq!(probing.next(), None);
        }
        probing.update(now, &Situation { loss: LossState::Decreasing, ..CALM });
        assert_eq!(probing.next(), None);
        probing.update(now, &Situation { loss: LossState::Increasing, ..CALM });
        assert_eq!(bps(probing.next()), Some(1_500_000));
    }

    #[test]
    fn a_deep_drop_is_looked_back_at_once() {
        let (mut probing, start) = begun(5e6);
        probing.next();
        probing.update(start, &CALM);
        let now = start + Duration::from_secs(2);
        let dropped = Situation { estimate_bps: 0.5e6, ..CALM };
        probing.update(now, &Situation { usage: PathUsage::Overusing, ..dropped });
        assert_eq!(probing.next(), None);
        probing.update(now, &dropped);
        assert_eq!(bps(probing.next()), Some(850_000));
        probing.update(now, &dropped);
        assert_eq!(probing.next(), None);
    }

    #[test]
    fn a_growth_probe_is_believed_by_half_until_another_agrees() {
        let (mut probing, start) = begun(5e6);
        probing.next();
        probing.update(start + Duration::from_secs(4), &CALM);
        let cluster = probing.next().unwrap().cluster;
        let result = ProbeResult { cluster, bitrate_bps: 1.5e6, is_saturated: true };
        assert!((probing.believed_bps(start, &result).unwrap() - 1.25e6).abs() < 1.0);
        let less = ProbeResult { bitrate_bps: 0.5e6, ..result };
        assert!((probing.believed_bps(start, &less).unwrap() - 1e6).abs() < 1.0);
        let unsaturated = ProbeResult { is_saturated: false, ..result };
        assert!(
            (probing.believed_bps(start, &unsaturated).unwrap() - 1.25e6).abs() < 1.0,
            "others may have left it for a moment"
        );
    }
}
