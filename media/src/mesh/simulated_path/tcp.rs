//! A greedy flow after Reno beside the media of a test: slow start, one packet more each round trip, half after a loss.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::SimulatedPath;

const PACKET_BYTES: u32 = 1500;
/// The way of an acknowledgement, which finds no queue.
const WAY_BACK: Duration = Duration::from_millis(50);
/// How long after it would have arrived a loss is noticed at the sender.
const LOSS_NOTICED_AFTER: Duration = Duration::from_millis(100);
const FIRST_WINDOW: f64 = 10.0;

pub struct TcpFlow {
    /// Packets still to be sent; `u64::MAX` never ends.
    left: u64,
    window: f64,
    threshold: f64,
    /// When what was sent is acknowledged, or found lost.
    in_flight: VecDeque<(Instant, bool)>,
    recovers_until: Option<Instant>,
}

impl TcpFlow {
    pub fn new(packets: u64) -> Self {
        let in_flight = VecDeque::new();
        Self { left: packets, window: FIRST_WINDOW, threshold: f64::MAX, in_flight, recovers_until: None }
    }

    /// Sends what the window allows by now. Returns what will arrive: how long it waits at the bottleneck, when it
    /// arrives, and its bytes.
    pub fn step(&mut self, now: Instant, path: &mut SimulatedPath) -> Vec<(Duration, Instant, u32)> {
        while let Some((_, has_arrived)) = self.in_flight.pop_front_if(|(at, _)| *at <= now) {
            self.acknowledge(now, has_arrived);
        }
        let mut arriving = Vec::new();
        while (self.in_flight.len() as f64) < self.window && self.left > 0 {
            let waits = path.queueing_delay(now);
            if let Some(arrival) = path.send(now, PACKET_BYTES) {
                arriving.push((waits, arrival, PACKET_BYTES));
                self.in_flight.push_back((arrival + WAY_BACK, true));
            } else {
                self.in_flight.push_back((now + waits + LOSS_NOTICED_AFTER, false));
            }
            self.left = self.left.saturating_sub(u64::from(self.left != u64::MAX));
        }
        arriving
    }

    fn acknowledge(&mut self, now: Instant, has_arrived: bool) {
        if has_arrived {
            self.window += if self.window < self.threshold { 1.0 } else { 1.0 / self.window };
        } else if self.recovers_until.is_none_or(|until| now >= until) {
            self.threshold = (self.window / 2.0).max(2.0);
            self.window = self.threshold;
            // Losses of the same round trip count once.
            self.recovers_until = self.in_flight.back().map(|(at, _)| *at);
        }
    }
}
