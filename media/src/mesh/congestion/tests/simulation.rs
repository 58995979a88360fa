//! Media flows, TCP flows and their feedback over simulated paths, in steps of a millisecond.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::super::{Estimator, EstimatorConfig, PacketResult, Probe, SentPacket};
use crate::mesh::simulated_path::{PathConfig, SimulatedPath, TcpFlow};

const STEP: Duration = Duration::from_millis(1);
const PACKET: u32 = 1200;
const FEEDBACK_BYTES: u32 = 100;
/// In how many milliseconds the pacer empties its queue at most.
const LONGEST_WAIT_MS: f64 = 250.0;
const FRAME: Duration = Duration::from_millis(33);

pub fn seconds(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

/// What a media flow wants to send and when.
#[derive(Clone, Copy)]
pub struct Media {
    pub start_bps: u32,
    pub wanted_bps: u32,
    pub begins: Duration,
    pub ends: Duration,
    /// Way beside the shared path's, in each direction.
    pub further: Duration,
    pub feedback_interval: Duration,
    /// Index of the path of its packets and of its feedback.
    pub path: usize,
    pub feedback_path: usize,
}

impl Default for Media {
    fn default() -> Self {
        Self {
            start_bps: 1_000_000,
            wanted_bps: 10_000_000,
            begins: Duration::ZERO,
            ends: Duration::MAX,
            further: Duration::ZERO,
            feedback_interval: Duration::from_millis(50),
            path: 0,
            feedback_path: 1,
        }
    }
}

struct MediaFlow {
    media: Media,
    /// Bits per second that are produced, where others than the flow itself decide that.
    produced_bps: Option<u32>,
    estimator: Estimator,
    next_frame: Duration,
    frames: u32,
    queue: VecDeque<u32>,
    budget_bytes: f64,
    probes: VecDeque<(Probe, u32, u32)>,
    probe_budget_bytes: f64,
    next_number: u64,
    /// Sent and not yet reported: by number.
    unreported: VecDeque<(SentPacket, Option<Instant>)>,
    next_feedback: Duration,
    feedback: VecDeque<(Instant, Vec<PacketResult>)>,
}

/// A flow beside the media's.
struct Beside {
    path: usize,
    begins: Duration,
    flow: TcpFlow,
}

/// What arrived and what waited, with the time.
#[derive(Default)]
pub struct Record {
    /// When a packet arrived, its bytes and the flow's index; TCP flows come after media flows.
    pub arrivals: Vec<(Duration, u32, usize)>,
    /// Waiting time at the bottleneck of each packet of a media flow, in seconds, with the path's index.
    pub waits: Vec<(Duration, f64, usize)>,
    pub sent: Vec<(Duration, u32, usize)>,
}

impl Record {
    fn within(from: f64, to: f64) -> impl Fn(Duration) -> bool {
        move |at| at >= seconds(from) && at < seconds(to)
    }

    /// Bits per second that arrived of a flow, or of all.
    pub fn arrived_bps(&self, flow: Option<usize>, from: f64, to: f64) -> f64 {
        let is_within = Self::within(from, to);
        let of_flow = |index| flow.is_none_or(|flow| flow == index);
        let bytes: u64 = (self.arrivals.iter())
            .filter(|(at, _, index)| is_within(*at) && of_flow(*index))
            .map(|(_, bytes, _)| u64::from(*bytes))
            .sum();
        bytes as f64 * 8.0 / (to - from)
    }

    /// Bits per second that were sent of a flow.
    pub fn sent_bps(&self, flow: usize, from: f64, to: f64) -> f64 {
        let is_within = Self::within(from, to);
        let sent = self.sent.iter().filter(|(at, _, index)| is_within(*at) && flow == *index);
        sent.map(|(_, bytes, _)| f64::from(*bytes)).sum::<f64>() * 8.0 / (to - from)
    }

    /// The waiting time that 95 % of the packets of a path do not exceed, in milliseconds.
    pub fn p95_wait_ms(&self, path: usize, from: f64, to: f64) -> f64 {
        let is_within = Self::within(from, to);
        let mut waits: Vec<f64> =
            self.waits.iter().filter(|(at, _, of)| is_within(*at) && *of == path).map(|(_, wait, _)| *wait).collect();
        waits.sort_by(f64::total_cmp);
        waits.get(waits.len() * 95 / 100).map_or(0.0, |wait| wait * 1000.0)
    }
}

pub struct Simulation {
    start: Instant,
    elapsed: Duration,
    pub paths: Vec<SimulatedPath>,
    media: Vec<MediaFlow>,
    tcp: Vec<Beside>,
    pub record: Record,
}

impl Simulation {
    /// Paths: by default 0 is the way there and 1 the way back.
    pub fn new(paths: &[PathConfig], flows: &[Media], seed: u64) -> Self {
        let start = Instant::now();
        let paths = paths.iter().zip(seed..).map(|(config, seed)| SimulatedPath::new(*config, seed)).collect();
        let media = flows.iter().map(|media| MediaFlow::new(*media, start)).collect();
        Self { start, elapsed: Duration::ZERO, paths, media, tcp: Vec::new(), record: Record::default() }
    }

    /// The way back carries only feedback and never fills.
    pub fn one_way(path: PathConfig, flows: &[Media], seed: u64) -> Self {
        let back = PathConfig { capacity_bps: 100_000_000, delay: path.delay, ..PathConfig::default() };
        Self::new(&[path, back], flows, seed)
    }

    pub fn capacity(&mut self, path: usize, at: f64, bps: u64) {
        self.paths[path].set_capacity(self.start + seconds(at), bps);
    }

    pub fn tcp(&mut self, path: usize, begins: f64, packets: u64) {
        self.tcp.push(Beside { path, begins: seconds(begins), flow: TcpFlow::new(packets) });
    }

    pub fn estimator(&mut self, flow: usize) -> &mut Estimator {
        &mut self.media[flow].estimator
    }

    pub fn want(&mut self, flow: usize, bps: u32) {
        let now = self.now();
        self.media[flow].media.wanted_bps = bps;
        self.media[flow].estimator.set_wanted(now, bps);
    }

    /// Produces so many bits per second from now on, whatever the flow's own estimate allows.
    pub fn produce(&mut self, flow: usize, bps: u32) {
        self.media[flow].produced_bps = Some(bps);
    }

    pub fn now(&self) -> Instant {
        self.start + self.elapsed
    }

    /// Runs to this many seconds from the start.
    pub fn run_to(&mut self, until: f64) {
        let until = seconds(until);
        while self.elapsed < until {
            for index in 0..self.media.len() {
                self.media_step(index);
            }
            for index in 0..self.tcp.len() {
                self.tcp_step(index);
            }
            self.elapsed += STEP;
        }
    }

    fn media_step(&mut self, index: usize) {
        let (now, elapsed) = (self.now(), self.elapsed);
        let flow = &mut self.media[index];
        let Media { begins, ends, path, feedback_path, further, feedback_interval, .. } = flow.media;
        while flow.feedback.front().is_some_and(|(at, _)| *at <= now) {
            if let Some((_, results)) = flow.feedback.pop_front() {
                flow.estimator.on_feedback(now, &results);
            }
        }
        if elapsed.as_millis().is_multiple_of(25) && elapsed >= begins {
            flow.estimator.on_tick(now);
        }
        if elapsed >= begins && elapsed < ends {
            flow.produce(elapsed);
        }
        for sent in flow.pace(now) {
            let waits = self.paths[path].queueing_delay(now);
            let arrival = self.paths[path].send(now, sent.bytes).map(|arrival| arrival + further);
            self.record.sent.push((elapsed, sent.bytes, index));
            if let Some(arrival) = arrival {
                self.record.waits.push((elapsed, waits.as_secs_f64(), path));
                self.record.arrivals.push((arrival - self.start, sent.bytes, index));
            }
            flow.unreported.push_back((sent, arrival));
        }
        if elapsed >= flow.next_feedback {
            flow.next_feedback = elapsed + feedback_interval;
            let results = flow.results(now, self.start);
            if !results.is_empty()
                && let Some(arrival) = self.paths[feedback_path].send(now, FEEDBACK_BYTES)
            {
                flow.feedback.push_back((arrival + further, results));
            }
        }
    }

    fn tcp_step(&mut self, index: usize) {
        let now = self.now();
        let flow_index = self.media.len() + index;
        let Beside { path, begins, flow } = &mut self.tcp[index];
        if self.elapsed < *begins {
            return;
        }
        for (_, arrival, bytes) in flow.step(now, &mut self.paths[*path]) {
            self.record.arrivals.push((arrival - self.start, bytes, flow_index));
        }
    }
}

impl MediaFlow {
    fn new(media: Media, start: Instant) -> Self {
        let config = EstimatorConfig { start_bps: media.start_bps, ..EstimatorConfig::default() };
        let mut estimator = Estimator::new(config, start + media.begins);
        estimator.set_wanted(start + media.begins, media.wanted_bps);
        Self {
            media,
            produced_bps: None,
            estimator,
            next_frame: media.begins,
            frames: 0,
            queue: VecDeque::new(),
            budget_bytes: 0.0,
            probes: VecDeque::new(),
            probe_budget_bytes: 0.0,
            next_number: 0,
            unreported: VecDeque::new(),
            next_feedback: media.begins,
            feedback: VecDeque::new(),
        }
    }

    /// Frames of the bitrate that is allowed and wanted, some larger and some smaller.
    fn produce(&mut self, elapsed: Duration) {
        while self.next_frame <= elapsed {
            self.next_frame += FRAME;
            self.frames = self.frames.wrapping_add(1);
            let allowed_bps = || self.estimator.estimate_bps().min(self.media.wanted_bps);
            let bps = self.produced_bps.unwrap_or_else(allowed_bps);
            let varies = [1.0, 0.8, 1.2, 0.9, 1.1, 0.75, 1.25][self.frames as usize % 7];
            let mut bytes = (f64::from(bps) / 8.0 * FRAME.as_secs_f64() * varies) as u32;
            while bytes > 0 && self.queue.len() < 2000 {
                let packet = bytes.clamp(100, PACKET);
                self.queue.push_back(packet);
                bytes = bytes.saturating_sub(packet);
            }
        }
    }

    /// What is sent in this step.
    fn pace(&mut self, now: Instant) -> Vec<SentPacket> {
        let mut sent = Vec::new();
        while let Some(probe) = self.estimator.next_probe(now) {
            self.probes.push_back((probe, 0, 0));
        }
        if self.next_number == 0 && self.queue.is_empty() {
            self.probes.clear();
        }
        if let Some((probe, packets, bytes)) = self.probes.front_mut() {
            self.probe_budget_bytes += f64::from(probe.bps) / 8000.0;
            while self.probe_budget_bytes >= 0.0 {
                let size = self.queue.pop_front().unwrap_or(PACKET);
                self.probe_budget_bytes -= f64::from(size);
                (*packets, *bytes) = (*packets + 1, *bytes + size);
                sent.push((size, Some(probe.cluster)));
                if *packets >= probe.packets && *bytes >= probe.bytes {
                    self.probe_budget_bytes = 0.0;
                    self.probes.pop_front();
                    break;
                }
            }
        } else {
            // What waits is emptied in time, as the pacer does it.
            let emptying = f64::from(self.queue.iter().sum::<u32>()) / LONGEST_WAIT_MS;
            let allowed = (f64::from(self.estimator.pacing_bps()) / 8000.0).max(emptying);
            self.budget_bytes = (self.budget_bytes + allowed).min(allowed);
            while self.budget_bytes >= 0.0 {
                let Some(size) = self.queue.pop_front() else { break };
                self.budget_bytes -= f64::from(size);
                sent.push((size, None));
            }
        }
        sent.into_iter()
            .map(|(bytes, probe)| {
                let packet = SentPacket { number: self.next_number, at: now, bytes, probe };
                self.next_number += 1;
                self.estimator.on_sent(&packet);
                packet
            })
            .collect()
    }

    /// What the receiver knows by now of packets up to the last that it has.
    fn results(&mut self, now: Instant, start: Instant) -> Vec<PacketResult> {
        let has_arrived = |(_, arrival): &(SentPacket, Option<Instant>)| arrival.is_some_and(|arrival| arrival <= now);
        let Some(last) = self.unreported.iter().rposition(has_arrived) else { return Vec::new() };
        let mut late = Vec::new();
        let mut results = Vec::new();
        for (sent, arrival) in self.unreported.drain(..=last) {
            let known = arrival.filter(|arrival| *arrival <= now);
            if arrival.is_some() && known.is_none() {
                late.push((sent, arrival)); // overtaken: reported lost now and received later
            }
            // The receiver's clock has an epoch of its own.
            let arrival = known.map(|arrival| arrival - start + Duration::from_secs(1000));
            results.push(PacketResult { sent, arrival });
        }
        for packet in late.into_iter().rev() {
            self.unreported.push_front(packet);
        }
        results
    }
}
