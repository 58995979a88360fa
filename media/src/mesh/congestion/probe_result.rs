//! What a probe has shown: the bitrate at which its packets arrived, once most of them have.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::difference::{between_arrivals, between_instants};
use super::{Probe, ProbeCluster};

/// Probes that are remembered; older ones no longer count.
const PROBES: usize = 8;

/// Share of a probe's packets and bytes that must have arrived.
const NEEDED_SHARE: f64 = 0.8;

/// Longest time from a probe's first packet to its last, sent and arriving.
const LONGEST_MS: f64 = 1000.0;

/// A probe cannot arrive so many times faster than it was sent; that is a path that held it up.
const FASTEST: f64 = 2.0;

/// Arriving at less than this share of what was sent, it has filled the path; then this share of what arrived is taken, to
/// drain what the probe has queued.
const UNSATURATED: f64 = 0.9;
const UTILISATION: f64 = 0.95;

#[derive(Clone, Debug)]
struct Cluster {
    probe: Probe,
    packets: u32,
    bytes: u64,
    first_sent: Instant,
    last_sent: Instant,
    last_sent_bytes: u32,
    first_arrival: Duration,
    first_arrival_bytes: u32,
    last_arrival: Duration,
}

/// The bitrate that a probe has found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct ProbeResult {
    pub(super) cluster: ProbeCluster,
    /// What the path is good for, in bits per second.
    pub(super) bitrate_bps: f64,
    /// Whether the probe filled the path: there is no more. Otherwise there may be.
    pub(super) is_saturated: bool,
}

#[derive(Clone, Debug, Default)]
pub(super) struct ProbeResults {
    /// Probes that were handed out, oldest first, with what has arrived of them.
    probes: VecDeque<(Probe, Option<Cluster>)>,
}

impl ProbeResults {
    pub(super) fn began(&mut self, probe: Probe) {
        self.probes.push_back((probe, None));
        if self.probes.len() > PROBES {
            self.probes.pop_front();
        }
    }

    /// Takes a packet of a probe that arrived; says what the probe has shown so far, if it has.
    pub(super) fn packet(
        &mut self,
        cluster: ProbeCluster,
        sent: Instant,
        arrival: Duration,
        bytes: u32,
    ) -> Option<ProbeResult> {
        let (probe, known) = self.probes.iter_mut().find(|(probe, _)| probe.cluster == cluster)?;
        let cluster = known.get_or_insert(Cluster {
            probe: *probe,
            packets: 0,
            bytes: 0,
            first_sent: sent,
            last_sent: sent,
            last_sent_bytes: bytes,
            first_arrival: arrival,
            first_arrival_bytes: bytes,
            last_arrival: arrival,
        });
        cluster.add(sent, arrival, bytes);
        cluster.result()
    }
}

impl Cluster {
    fn add(&mut self, sent: Instant, arrival: Duration, bytes: u32) {
        self.packets += 1;
        self.bytes += u64::from(bytes);
        self.first_sent = self.first_sent.min(sent);
        if sent > self.last_sent {
            (self.last_sent, self.last_sent_bytes) = (sent, bytes);
        }
        if arrival < self.first_arrival {
            (self.first_arrival, self.first_arrival_bytes) = (arrival, bytes);
        }
        self.last_arrival = self.last_arrival.max(arrival);
    }

    fn result(&self) -> Option<ProbeResult> {
        let has_enough = f64::from(self.packets) >= (f64::from(self.probe.packets) * NEEDED_SHARE).floor()
            && self.bytes as f64 >= f64::from(self.probe.bytes) * NEEDED_SHARE;
        let sent_ms = between_instants(self.last_sent, self.first_sent);
        let arrived_ms = between_arrivals(self.last_arrival, self.first_arrival);
        let is_timed = |took_ms: f64| took_ms > 0.0 && took_ms <= LONGEST_MS;
        if !has_enough || !is_timed(sent_ms) || !is_timed(arrived_ms) {
            return None;
        }
        // Neither the sending of the last packet nor the arriving of the first lies within the time that is measured.
        let sent_bps = (self.bytes - u64::from(self.last_sent_bytes)) as f64 * 8000.0 / sent_ms;
        let arrived_bps = (self.bytes - u64::from(self.first_arrival_bytes)) as f64 * 8000.0 / arrived_ms;
        if arrived_bps > FASTEST * sent_bps {
            return None;
        }
        let is_saturated = arrived_bps < UNSATURATED * sent_bps;
        let bitrate_bps = if is_saturated { UTILISATION * arrived_bps } else { sent_bps.min(arrived_bps) };
        Some(ProbeResult { cluster: self.probe.cluster, bitrate_bps, is_saturated })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROBE: Probe = Probe { cluster: ProbeCluster(7), bps: 1_000_000, packets: 5, bytes: 5000 };

    /// Packets of 1000 bytes sent every 8 ms that arrive every so many milliseconds.
    fn result(packets: u32, arrive_every_ms: u32) -> Option<ProbeResult> {
        let start = Instant::now();
        let mut results = ProbeResults::default();
        results.began(PROBE);
        let mut result = None;
        for packet in 0..packets {
            let arrival = Duration::from_millis((500 + packet * arrive_every_ms).into());
            let sent = start + Duration::from_millis((packet * 8).into());
            result = results.packet(PROBE.cluster, sent, arrival, 1000).or(result);
        }
        result
    }

    #[test]
    fn what_arrives_as_it_was_sent_shows_the_probes_bitrate() {
        let found = result(5, 8).unwrap();
        assert!((found.bitrate_bps - 1_000_000.0).abs() < 1.0 && !found.is_saturated);
    }

    #[test]
    fn what_arrives_slower_shows_the_capacity() {
        let found = result(5, 16).unwrap();
        assert!((found.bitrate_bps - 475_000.0).abs() < 1.0 && found.is_saturated);
    }

    #[test]
    fn too_few_packets_too_long_or_too_fast_ones_show_nothing() {
        assert_eq!(result(3, 8), None);
        assert_eq!(result(5, 400), None);
        assert_eq!(result(5, 2), None);
        assert_eq!(result(5, 0), None);
    }

    #[test]
    fn packets_of_probes_that_nobody_asked_for_are_let_pass() {
        let mut results = ProbeResults::default();
        for cluster in 0..100 {
            results.began(Probe { cluster: ProbeCluster(cluster), ..PROBE });
        }
        assert!(results.probes.len() <= PROBES);
        assert_eq!(results.packet(ProbeCluster(1), Instant::now(), Duration::ZERO, 1000), None);
        assert_eq!(results.packet(ProbeCluster(1000), Instant::now(), Duration::ZERO, 1000), None);
    }
}
