//! Estimates what one link carries, from what its receiver reports of each packet.
//!
//! Owns the estimate, and the probes that look for more. Knows no packets, sockets, streams or clocks: it is told what was
//! sent, what became of it and what time it is, and says how much may be allocated and how fast the pacer may send. Two
//! opinions are heard, and the smaller one counts: how the one-way delay moves ([`overuse`], [`rate_control`]) and what is lost
//! ([`loss_based`]). The whole follows Google congestion control as libwebrtc has it today (draft-ietf-rmcat-gcc-02 describes the
//! older half of it); where it departs, the module says why.
//!
//! Everything from the network may be absurd. Memory is bounded, and the estimate stays within its limits.

mod application_limit;
mod backlog;
mod difference;
mod inter_arrival;
mod lateness;
mod link_capacity;
mod loss_based;
mod overuse;
mod probe_result;
mod probing;
mod rate_control;
mod received;
mod silence;
mod standing_queue;
#[cfg(test)]
pub(super) mod tests;
mod throughput;
mod trendline;

use std::time::{Duration, Instant};

use application_limit::ApplicationLimit;
use difference::between_instants;
use inter_arrival::InterArrival;
use lateness::Lateness;
use loss_based::{LossBased, Measured};
use overuse::OveruseDetector;
pub use overuse::PathUsage;
use probe_result::{ProbeResult, ProbeResults};
use probing::{Probing, Situation};
use rate_control::RateControl;
use received::Received;
use silence::Silence;
use standing_queue::StandingQueue;
use throughput::Throughput;

/// The pacer sends at this multiple of the estimate. A large picture must not wait for those after it, but what is sent much
/// faster than it arrives only waits at the bottleneck instead, and sound behind it.
const PACING: f64 = 1.5;

/// The same while a queue is drained.
const PACING_IN_DRAIN: f64 = 1.2;

/// What a round trip is taken for while none was measured.
const FIRST_ROUND_TRIP: Duration = Duration::from_millis(200);

/// Longest round trip that is believed.
const LONGEST_ROUND_TRIP: Duration = Duration::from_secs(10);

/// After so long without feedback, what was known of the delay is no longer.
const DELAY_FORGOTTEN_MS: f64 = 2000.0;

/// No path is believed to lose more than half of everything by itself.
const LEAST_KEPT: f64 = 0.5;

/// Names one probe: a burst sent faster than the estimate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProbeCluster(pub u32);

/// One transmission, numbered across all streams of the link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SentPacket {
    pub number: u64,
    pub at: Instant,
    /// On the wire, with the headers of IP and UDP.
    pub bytes: u32,
    /// The probe that it belongs to.
    pub probe: Option<ProbeCluster>,
}

/// What feedback said of a transmission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PacketResult {
    pub sent: SentPacket,
    /// On the receiver's clock, of any epoch; `None` where it was lost so far.
    pub arrival: Option<Duration>,
}

/// A burst to be sent, each packet marked with its cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Probe {
    pub cluster: ProbeCluster,
    /// How fast, in bits per second on the wire.
    pub bps: u32,
    /// Least number of packets.
    pub packets: u32,
    /// Least number of bytes on the wire, all packets together.
    pub bytes: u32,
}

/// Limits of an estimate, in bits per second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EstimatorConfig {
    /// What a link is taken for at first.
    pub start_bps: u32,
    pub min_bps: u32,
    pub max_bps: u32,
}

impl Default for EstimatorConfig {
    fn default() -> Self {
        Self { start_bps: 1_000_000, min_bps: 30_000, max_bps: 30_000_000 }
    }
}

/// What a link is estimated to carry, in bits per second, headers included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkEstimate {
    /// What may be sent at this moment; at most `steady_bps`.
    pub momentary_bps: u32,
    /// The same without the moments in which less is sent to see what is lost of less.
    pub steady_bps: u32,
}

/// What an estimator knows. Bitrates are in bits per second, headers included.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EstimatorStatistics {
    pub estimate_bps: u32,
    /// As [`Estimator::steady_bps`] says.
    pub steady_bps: u32,
    /// What the delay allows.
    pub delay_based_bps: u32,
    /// What losses allow; `None` before enough was sent.
    pub loss_based_bps: Option<u32>,
    /// What arrives; `None` while too little does.
    pub acknowledged_bps: Option<u32>,
    /// Share of bytes lost in the last seconds, 0 to 1.
    pub loss: f64,
    pub round_trip: Duration,
    /// How much longer than at best packets wait on their way there.
    pub queue: Duration,
    pub usage: PathUsage,
    /// Whether less is sent than may be.
    pub is_application_limited: bool,
}

/// Estimates one link.
#[derive(Clone, Debug)]
pub struct Estimator {
    min_bps: f64,
    max_bps: f64,
    estimate_bps: f64,
    /// What the link is taken to carry, also while less is sent.
    capacity_bps: f64,
    steady_bps: f64,
    received: Received,
    lateness: Lateness,
    inter_arrival: InterArrival,
    detector: OveruseDetector,
    throughput: Throughput,
    rate_control: RateControl,
    loss_based: LossBased,
    application_limit: ApplicationLimit,
    probing: Probing,
    probe_results: ProbeResults,
    silence: Silence,
    standing_queue: StandingQueue,
    /// What the delay allowed before a queue began to be drained, in bits per second.
    before_drain_bps: Option<f64>,
    round_trip: Duration,
    has_sent: bool,
    last_feedback: Option<Instant>,
    /// When the last silence ended.
    silent_until: Option<Instant>,
}

impl Estimator {
    pub fn new(config: EstimatorConfig, now: Instant) -> Self {
        let min_bps = f64::from(config.min_bps);
        let max_bps = f64::from(config.max_bps).max(min_bps);
        let start_bps = f64::from(config.start_bps).clamp(min_bps, max_bps);
        Self {
            min_bps,
            max_bps,
            estimate_bps: start_bps,
            capacity_bps: start_bps,
            steady_bps: start_bps,
            received: Received::default(),
            lateness: Lateness::default(),
            inter_arrival: InterArrival::default(),
            detector: OveruseDetector::default(),
            throughput: Throughput::default(),
            rate_control: RateControl::new(start_bps, min_bps, max_bps, now),
            loss_based: LossBased::new(min_bps, max_bps),
            application_limit: ApplicationLimit::new(start_bps, now),
            probing: Probing::new(start_bps, max_bps),
            probe_results: ProbeResults::default(),
            silence: Silence::default(),
            standing_queue: StandingQueue::default(),
            before_drain_bps: None,
            round_trip: FIRST_ROUND_TRIP,
            has_sent: false,
            last_feedback: None,
            silent_until: None,
        }
    }

    /// A packet was sent, those of probes and retransmissions among them.
    pub fn on_sent(&mut self, packet: &SentPacket) {
        if !self.has_sent {
            self.has_sent = true;
            self.probing.begin(packet.at);
        }
        self.application_limit.sent(packet.at, packet.bytes);
        self.standing_queue.sent(packet);
        self.silence.sent(packet.at);
    }

    /// Takes the results of one feedback message, by number. What was reported lost may be reported received later.
    pub fn on_feedback(&mut self, now: Instant, results: &[PacketResult]) {
        let mut fresh = Vec::with_capacity(results.len());
        let silent_until = self.silent_until;
        // What was lost in a silence tells of an outage, not of congestion.
        let counts = |result: &&PacketResult| {
            result.sent.at <= now
                && (result.arrival.is_some() || silent_until.is_none_or(|until| result.sent.at > until))
        };
        for result in results.iter().filter(counts) {
            if !self.received.contains(result.sent.number) {
                fresh.push(*result);
                if result.arrival.is_some() {
                    self.received.insert(result.sent.number);
                }
            }
        }
        self.lateness.filter(now, &mut fresh);
        let mut arrived: Vec<(SentPacket, Duration)> =
            fresh.iter().filter_map(|result| Some((result.sent, result.arrival?))).collect();
        arrived.sort_by_key(|(sent, arrival)| (*arrival, sent.number));
        if let Some((_, last_arrival)) = arrived.last() {
            if let Some(before_bps) = self.silence.feedback() {
                self.resume(now, before_bps);
                fresh.retain(|result| result.arrival.is_some());
            }
            self.measure_round_trip(now, &arrived, *last_arrival);
            self.measure_delay(now, &arrived);
            self.update_delay_based(now, &arrived);
            self.drain(now, &arrived);
        }
        let measured = Measured {
            delay_based_bps: self.rate_control.bitrate_bps(),
            acknowledged_bps: self.throughput.bitrate_bps(),
            is_application_limited: self.application_limit.since().is_some(),
        };
        self.loss_based.feedback(now, &fresh, &measured);
        self.update_estimate(now);
    }

    /// A round trip was measured, without what the receiver waits before it reports.
    pub fn on_round_trip(&mut self, _now: Instant, round_trip: Duration) {
        self.round_trip = round_trip.min(LONGEST_ROUND_TRIP);
    }

    /// Says what would be sent if the link carried everything, in bits per second. Much more than that is not looked for.
    pub fn set_wanted(&mut self, now: Instant, bps: u32) {
        self.probing.set_wanted(f64::from(bps));
        self.update_estimate(now);
    }

    /// To be called every 25 ms or so.
    pub fn on_tick(&mut self, now: Instant) {
        self.application_limit.tick(now);
        if let Some(bps) = self.silence.back_off(now, self.round_trip, self.capacity_bps) {
            self.rate_control.set_bitrate(now, bps);
        }
        self.update_estimate(now);
    }

    /// A burst that is to be sent now; each once.
    pub fn next_probe(&mut self, _now: Instant) -> Option<Probe> {
        let probe = self.probing.next()?;
        self.probe_results.began(probe);
        Some(probe)
    }

    /// What may be allocated, in bits per second: media, sound, retransmissions and headers together.
    pub fn estimate_bps(&self) -> u32 {
        self.estimate_bps as u32
    }

    /// The estimate without the moments in which less is sent to see what is lost of less; in bits per second. What would be
    /// seen, as a change of layer, is better decided by this. While a queue is drained it is as low as the estimate: the least
    /// bitrate of too large a layer would keep the queue full.
    pub fn steady_bps(&self) -> u32 {
        self.steady_bps as u32
    }

    /// How fast the pacer may send, in bits per second.
    pub fn pacing_bps(&self) -> u32 {
        let pacing = if self.standing_queue.is_draining() { PACING_IN_DRAIN } else { PACING };
        (self.estimate_bps * pacing) as u32
    }

    pub fn statistics(&self) -> EstimatorStatistics {
        EstimatorStatistics {
            estimate_bps: self.estimate_bps(),
            steady_bps: self.steady_bps(),
            delay_based_bps: self.rate_control.bitrate_bps() as u32,
            loss_based_bps: self.loss_based.bitrate_bps().map(|bps| bps as u32),
            acknowledged_bps: self.throughput.bitrate_bps().map(|bps| bps as u32),
            loss: self.loss_based.average_loss(),
            round_trip: self.round_trip,
            queue: self.standing_queue.queue(),
            usage: self.detector.usage(),
            is_application_limited: self.application_limit.since().is_some(),
        }
    }

    /// What was known of the path before a silence may be true no longer.
    fn resume(&mut self, now: Instant, before_bps: f64) {
        self.silent_until = Some(now);
        self.inter_arrival = InterArrival::default();
        self.detector = OveruseDetector::default();
        self.throughput = Throughput::default();
        self.loss_based = LossBased::new(self.min_bps, self.max_bps);
        self.standing_queue = StandingQueue::default();
        self.probing.recover(now, before_bps);
    }

    fn measure_round_trip(&mut self, now: Instant, arrived: &[(SentPacket, Duration)], last_arrival: Duration) {
        // What waited at the receiver for the feedback has not been on the way.
        let round_trip = arrived.iter().map(|(sent, arrival)| {
            now.saturating_duration_since(sent.at).saturating_sub(last_arrival.saturating_sub(*arrival))
        });
        if let Some(shortest) = round_trip.min() {
            self.round_trip = shortest.min(LONGEST_ROUND_TRIP);
        }
    }

    fn measure_delay(&mut self, now: Instant, arrived: &[(SentPacket, Duration)]) {
        if self.last_feedback.is_some_and(|last| between_instants(now, last) > DELAY_FORGOTTEN_MS) {
            self.inter_arrival = InterArrival::default();
            self.detector = OveruseDetector::default();
        }
        self.last_feedback = Some(now);
        for (sent, arrival) in arrived {
            self.throughput.packet(sent.at, *arrival, sent.bytes);
            if let Some(delta) = self.inter_arrival.packet(sent.at, *arrival, now) {
                self.detector.group(delta, *arrival);
            }
        }
    }

    fn drain(&mut self, now: Instant, arrived: &[(SentPacket, Duration)]) {
        self.standing_queue.feedback(now, arrived, &self.throughput, self.round_trip);
        let bitrate_bps = self.rate_control.bitrate_bps();
        if let Some(bps) = self.standing_queue.drains_at_bps() {
            self.before_drain_bps.get_or_insert(bitrate_bps);
            self.rate_control.set_bitrate(now, bps.min(bitrate_bps));
        } else if let Some(before_bps) = self.before_drain_bps.take()
            && self.standing_queue.is_foreign()
        {
            self.rate_control.set_bitrate(now, before_bps.max(bitrate_bps)); // it was in vain
        }
    }

    fn update_delay_based(&mut self, now: Instant, arrived: &[(SentPacket, Duration)]) {
        let mut result: Option<ProbeResult> = None;
        for (sent, arrival) in arrived {
            if let Some(cluster) = sent.probe {
                result = self.probe_results.packet(cluster, sent.at, *arrival, sent.bytes).or(result);
            }
        }
        let usage = self.detector.usage();
        let is_settling = self.probing.is_settling(now, self.round_trip) && !self.standing_queue.is_long();
        let result = result.filter(|_| usage != PathUsage::Overusing);
        match result.and_then(|result| self.probing.believed_bps(now, &result)) {
            None if usage == PathUsage::Overusing && (is_settling || self.standing_queue.is_draining()) => {}
            Some(bitrate_bps) => self.rate_control.set_bitrate(now, bitrate_bps),
            None => {
                let is_limited = self.application_limit.since().is_some();
                // What arrives while a queue grows is the capacity, as it is at this moment; if packets arrive as they left.
                let is_telling = usage == PathUsage::Overusing && self.standing_queue.is_steady();
                let moment_bps = self.throughput.arriving_bps().filter(|_| is_telling);
                let carried_bps = moment_bps.or(self.throughput.bitrate_bps()).map(|bps| bps / self.kept());
                self.rate_control.update(now, usage, carried_bps, self.round_trip, is_limited);
                if let (PathUsage::Overusing, Some(carried_bps)) = (usage, carried_bps)
                    && let Some(before_bps) = self.probing.disproved(now, carried_bps, self.round_trip)
                {
                    self.rate_control.set_bitrate(now, before_bps.min(self.rate_control.bitrate_bps()));
                }
            }
        }
    }

    /// Share of what the path carries that arrives: some is lost after it, whatever is sent.
    fn kept(&self) -> f64 {
        let inherent_loss = self.loss_based.inherent_loss().min(self.loss_based.average_loss());
        (1.0 - inherent_loss).max(LEAST_KEPT)
    }

    fn update_estimate(&mut self, now: Instant) {
        let loss_based_bps = self.loss_based.bitrate_bps().unwrap_or(f64::INFINITY);
        let draining_bps = self.standing_queue.limit_bps(now).unwrap_or(f64::INFINITY);
        let capacity_bps = self.rate_control.bitrate_bps().min(loss_based_bps);
        let steady_bps = capacity_bps.min(draining_bps);
        let allowed_bps = steady_bps * self.loss_based.left(now);
        self.capacity_bps = capacity_bps.clamp(self.min_bps, self.max_bps);
        self.steady_bps = steady_bps.clamp(self.min_bps, self.max_bps);
        self.estimate_bps = allowed_bps.clamp(self.min_bps, self.max_bps);
        self.application_limit.set_estimate(self.estimate_bps);
        let situation = Situation {
            estimate_bps: self.capacity_bps,
            usage: self.detector.usage(),
            loss: self.loss_based.state(),
            has_queue: self.standing_queue.is_noticeable(),
            is_steady: self.standing_queue.is_steady(),
            limited_since: self.application_limit.since(),
        };
        self.probing.update(now, &situation);
    }
}
