//! A network path that exists only in memory: a bottleneck with a queue, behind it delay, jitter and loss.
//!
//! Owns the arithmetic of when a packet arrives, if at all. Holds no packets and knows no sockets, clocks or threads: it is
//! told when something is sent and how long it is, so that it serves tests in virtual time and a shaper of real sockets
//! alike. The same seed and the same calls give the same arrivals, everywhere and for ever.
//!
//! Flows that share a bottleneck share one `SimulatedPath`. Where one of them has further to go, its own part of the way is
//! added to what [`SimulatedPath::send`] says.

mod loss;
mod random;
#[cfg(test)]
mod tcp;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

pub use loss::Loss;
use random::Random;
#[cfg(test)]
pub use tcp::TcpFlow;

/// Jitter beyond so many standard deviations does not happen.
const JITTER_REACHES: f64 = 3.0;

/// How a path treats packets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PathConfig {
    /// What the bottleneck carries, in bits per second, the headers of IP and UDP included. 0 is an outage: packets sent
    /// meanwhile are dropped, unless it is known to end before the queue is full.
    pub capacity_bps: u64,
    /// Longest time that a packet may wait at the bottleneck before its first bit leaves; what would wait longer is dropped
    /// (drop-tail, RFC 8867 §4.2.1 suggests 300 ms).
    pub queue: Duration,
    /// One-way delay beside the queue's and that of sending the bits.
    pub delay: Duration,
    /// Standard deviation of what is added to or taken from the delay, normally distributed up to three times as much; no
    /// packet arrives before it has left the bottleneck.
    pub jitter: Duration,
    /// Whether jitter lets packets overtake each other.
    pub reorders: bool,
    /// What is lost behind the bottleneck, whose capacity lost packets have used.
    pub loss: Loss,
}

impl Default for PathConfig {
    /// 1 Mb/s with a queue of 300 ms and 50 ms of delay, as most cases of RFC 8867 have it.
    fn default() -> Self {
        Self {
            capacity_bps: 1_000_000,
            queue: Duration::from_millis(300),
            delay: Duration::from_millis(50),
            jitter: Duration::ZERO,
            reorders: false,
            loss: Loss::NONE,
        }
    }
}

/// One direction of a simulated network.
#[derive(Clone, Debug)]
pub struct SimulatedPath {
    config: PathConfig,
    /// Changes of the capacity that are to come, oldest first.
    changes: VecDeque<(Instant, u64)>,
    /// When the bottleneck has sent all that it holds.
    free_at: Option<Instant>,
    last_arrival: Option<Instant>,
    loss: loss::State,
    random: Random,
}

impl SimulatedPath {
    pub fn new(config: PathConfig, seed: u64) -> Self {
        let loss = loss::State::default();
        Self { config, changes: VecDeque::new(), free_at: None, last_arrival: None, loss, random: Random::new(seed) }
    }

    /// Sends one packet: when it arrives, or `None` where it is lost or finds the queue full.
    ///
    /// `now` must not go back from call to call.
    pub fn send(&mut self, now: Instant, bytes: u32) -> Option<Instant> {
        while self.changes.front().is_some_and(|(at, _)| *at <= now) {
            self.config.capacity_bps = self.changes.pop_front().map_or(0, |(_, capacity_bps)| capacity_bps);
        }
        let begins = self.free_at.map_or(now, |free_at| free_at.max(now));
        if begins - now > self.config.queue {
            return None;
        }
        let leaves = self.leaves_at(begins, u64::from(bytes) * 8)?;
        // During an outage the bottleneck is free and yet nothing leaves: what waits for the outage's end waits in the queue.
        if self.capacity_bps(begins) == 0 && leaves - now > self.config.queue {
            return None;
        }
        self.free_at = Some(leaves);
        if self.loss.loses(&self.config.loss, &mut self.random) {
            return None;
        }
        let mut arrives = leaves + self.delay();
        if !self.config.reorders {
            arrives = self.last_arrival.map_or(arrives, |last| last.max(arrives));
        }
        self.last_arrival = Some(arrives);
        Some(arrives)
    }

    /// How long a packet sent now would wait before its first bit leaves.
    pub fn queueing_delay(&self, now: Instant) -> Duration {
        self.free_at.map_or(Duration::ZERO, |free_at| free_at.saturating_duration_since(now))
    }

    /// Changes the capacity from a moment on, which may be yet to come and must not lie before one already given.
    ///
    /// Packets that were sent before keep their arrivals unless the change was known by then: a test that tells its changes
    /// beforehand has them exact to the bit.
    pub fn set_capacity(&mut self, from: Instant, capacity_bps: u64) {
        self.changes.push_back((from, capacity_bps));
    }

    /// What is lost of the packets that are sent from now on.
    pub fn set_loss(&mut self, loss: Loss) {
        self.config.loss = loss;
    }

    /// What the bottleneck carries at a moment from the last packet's on, in bits per second.
    pub fn capacity_bps(&self, at: Instant) -> u64 {
        self.changes.iter().rev().find(|(from, _)| *from <= at).map_or(self.config.capacity_bps, |(_, bps)| *bps)
    }

    /// When the last of these bits leaves, the first of which leaves at `begins`, through all changes that are known;
    /// `None` where an outage has no end.
    fn leaves_at(&self, begins: Instant, bits: u64) -> Option<Instant> {
        const NANOSECONDS: u128 = 1_000_000_000;
        let mut at = begins;
        let mut left = u128::from(bits) * NANOSECONDS; // in billionths of a bit
        let mut capacity = u128::from(self.capacity_bps(begins));
        for (until, next_bps) in self.changes.iter().filter(|(from, _)| *from > begins) {
            let carried = capacity * (*until - at).as_nanos();
            if carried >= left {
                break;
            }
            left -= carried;
            (at, capacity) = (*until, u128::from(*next_bps));
        }
        let takes = left.checked_div(capacity)?;
        Some(at + Duration::from_nanos(u64::try_from(takes).ok()?))
    }

    fn delay(&mut self) -> Duration {
        if self.config.jitter.is_zero() {
            return self.config.delay;
        }
        let deviation = self.random.normal().clamp(-JITTER_REACHES, JITTER_REACHES);
        let jitter = self.config.jitter.mul_f64(deviation.abs());
        if deviation < 0.0 { self.config.delay.saturating_sub(jitter) } else { self.config.delay + jitter }
    }
}
