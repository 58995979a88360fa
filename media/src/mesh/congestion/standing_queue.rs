//! Finds queues that stay, and has them drained.
//!
//! The delay's slope tells when a queue grows, not how long it has become: a queue that is full, or that filled before the
//! slope was known, would stay for good, and one that filled when the capacity fell would take seconds to drain at the usual
//! back-off. libwebrtc has nothing against either. Here the delay is held against its own minimum of the last seconds. A queue
//! that does not yield while we give way is somebody else's, and giving way to it for longer would starve us.

use std::time::{Duration, Instant};

use super::difference::{between_arrivals, between_instants, milliseconds};

/// The least delay is that of the last one to two such times: it follows clocks that drift and ways that change.
const REMEMBERED_MS: f64 = 10_000.0;

/// A queue longer than this is drained, down to less than that.
const BEGINS_ABOVE_MS: f64 = 45.0;
const ENDS_BELOW_MS: f64 = 25.0;

/// On a path whose delay varies, a queue must be longer than so many times what it varies by from message to message.
const VARIATIONS: f64 = 6.0;

/// A path is steady whose delay varies by less than this.
const STEADY_MS: f64 = 25.0;

/// A queue is noticeable above this, and above so many variations.
const NOTICEABLE_MS: f64 = 10.0;
const NOTICEABLE_VARIATIONS: f64 = 3.0;

/// Weight of a new variation.
const VARIATION_WEIGHT: f64 = 0.1;

/// Feedback messages that must agree, for one picture's packets alone are a queue for a moment.
const MESSAGES: u32 = 3;

/// The queue is to be gone after so long; least and most of what arrives that is sent meanwhile.
const DRAINED_IN_MS: f64 = 550.0;
const LEAST_SENT: f64 = 0.5;
const MOST_SENT: f64 = 0.9;

/// A queue that has not shrunk to this share after this time and two round trips is not ours; it is left alone for so long.
const YIELDED: f64 = 0.6;
const YIELDS_IN: Duration = Duration::from_millis(1000);
const LEFT_ALONE: Duration = Duration::from_secs(8);

/// How far what is known to arrive follows a message that says less or more: at first it falls, then it varies.
const FALLS: f64 = 0.7;
const RISES: f64 = 0.3;

#[derive(Clone, Copy, Debug)]
enum State {
    Idle { above: u32 },
    Draining { since: Instant, began_ms: f64, arriving_bps: f64 },
    Foreign { until: Instant },
}

#[derive(Clone, Debug)]
pub(super) struct StandingQueue {
    /// Delays are relative to this one's: when a packet was sent on our clock, and arrived on the receiver's.
    origin: Option<(Instant, Duration)>,
    /// Least delay since a time, and in the time before.
    least_ms: f64,
    least_since: Option<Instant>,
    least_before_ms: f64,
    /// Least delay of the last message, and by how much that changes from one to the next.
    last_delay_ms: Option<f64>,
    variation_ms: f64,
    queue_ms: f64,
    state: State,
}

impl Default for StandingQueue {
    fn default() -> Self {
        Self {
            origin: None,
            least_ms: f64::INFINITY,
            least_since: None,
            least_before_ms: f64::INFINITY,
            last_delay_ms: None,
            variation_ms: 0.0,
            queue_ms: 0.0,
            state: State::Idle { above: 0 },
        }
    }
}

impl StandingQueue {
    /// Takes the packets of one feedback message, when each was sent and arrived, and what arrives in bits per second.
    pub(super) fn feedback(
        &mut self,
        now: Instant,
        packets: impl Iterator<Item = (Instant, Duration)>,
        arriving_bps: Option<f64>,
        round_trip: Duration,
    ) {
        let Some(delay_ms) = self.least_delay(packets) else { return };
        if let Some(last_ms) = self.last_delay_ms.replace(delay_ms) {
            self.variation_ms += VARIATION_WEIGHT * ((delay_ms - last_ms).abs() - self.variation_ms);
        }
        let since = *self.least_since.get_or_insert(now);
        if between_instants(now, since) > REMEMBERED_MS {
            (self.least_before_ms, self.least_ms, self.least_since) = (self.least_ms, f64::INFINITY, Some(now));
        }
        self.least_ms = self.least_ms.min(delay_ms);
        self.queue_ms = delay_ms - self.least_ms.min(self.least_before_ms);
        self.advance(now, arriving_bps, round_trip);
    }

    /// Delay of the fastest packet.
    fn least_delay(&mut self, packets: impl Iterator<Item = (Instant, Duration)>) -> Option<f64> {
        let mut least: Option<f64> = None;
        for (sent, arrival) in packets {
            let (first_sent, first_arrival) = *self.origin.get_or_insert((sent, arrival));
            let arrived_ms = between_arrivals(arrival, first_arrival);
            let delay_ms = arrived_ms - between_instants(sent, first_sent);
            least = Some(least.map_or(delay_ms, |least| least.min(delay_ms)));
        }
        least
    }

    fn advance(&mut self, now: Instant, arriving_bps: Option<f64>, round_trip: Duration) {
        let is_long = self.is_long();
        let is_gone = self.queue_ms < ENDS_BELOW_MS;
        self.state = match self.state {
            State::Idle { above } if is_long => match arriving_bps {
                Some(arriving_bps) if above + 1 >= MESSAGES => {
                    State::Draining { since: now, began_ms: self.queue_ms, arriving_bps }
                }
                _ => State::Idle { above: above + 1 },
            },
            State::Idle { .. } => State::Idle { above: 0 },
            State::Draining { .. } if is_gone => State::Idle { above: 0 },
            State::Draining { since, began_ms, arriving_bps: known_bps } => {
                let yields_in_ms = milliseconds(YIELDS_IN) + 2.0 * milliseconds(round_trip);
                if between_instants(now, since) > yields_in_ms {
                    if self.queue_ms > YIELDED * began_ms {
                        State::Foreign { until: now + LEFT_ALONE }
                    } else {
                        State::Draining { since: now, began_ms: self.queue_ms, arriving_bps: known_bps }
                    }
                } else {
                    let arriving_bps = arriving_bps.map_or(known_bps, |bps| {
                        known_bps + (bps - known_bps) * if bps < known_bps { FALLS } else { RISES }
                    });
                    State::Draining { since, began_ms, arriving_bps }
                }
            }
            State::Foreign { until } if now >= until => State::Idle { above: 0 },
            foreign @ State::Foreign { .. } => foreign,
        };
    }

    /// The most that may be sent for the queue to drain, in bits per second; `None` where there is nothing to drain.
    pub(super) fn limit_bps(&self) -> Option<f64> {
        let State::Draining { arriving_bps, .. } = self.state else { return None };
        Some(arriving_bps * (1.0 - self.queue_ms / DRAINED_IN_MS).clamp(LEAST_SENT, MOST_SENT))
    }

    /// What arrives while the queue is draining, in bits per second: what the bottleneck gives us.
    pub(super) fn drains_at_bps(&self) -> Option<f64> {
        let State::Draining { arriving_bps, .. } = self.state else { return None };
        Some(0.9 * arriving_bps)
    }

    /// Whether the path delays all packets about alike.
    pub(super) fn is_steady(&self) -> bool {
        self.variation_ms < STEADY_MS
    }

    /// Whether the queue is one to be drained, if it stays.
    pub(super) fn is_long(&self) -> bool {
        self.queue_ms > BEGINS_ABOVE_MS.max(VARIATIONS * self.variation_ms)
    }

    /// Whether the queue is somebody else's.
    pub(super) fn is_foreign(&self) -> bool {
        matches!(self.state, State::Foreign { .. })
    }

    /// Whether packets wait for longer than the path lets them vary.
    pub(super) fn is_noticeable(&self) -> bool {
        !self.is_foreign() && self.queue_ms > NOTICEABLE_MS.max(NOTICEABLE_VARIATIONS * self.variation_ms)
    }

    /// How much longer than at best packets are on their way.
    pub(super) fn queue(&self) -> Duration {
        Duration::try_from_secs_f64(self.queue_ms / 1000.0).unwrap_or_default()
    }
}
