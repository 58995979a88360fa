//! Finds queues that stay, and has them drained.
//!
//! The delay's slope tells when a queue grows, not how long it has become: a queue that is full, or that filled before the
//! slope was known, would stay for good, and one that filled when the capacity fell would take seconds to drain at the usual
//! back-off. libwebrtc has nothing against either. Here the delay is held against its own minimum of the last seconds, and next
//! to nothing is sent until what the bottleneck holds ([`Backlog`]) has left. A queue that is not gone soon then is somebody
//! else's as well: we give way less, and to one that does not yield for long not at all, since that would starve us.

use std::time::{Duration, Instant};

use super::SentPacket;
use super::backlog::Backlog;
use super::difference::{between_arrivals, between_instants, milliseconds};
use super::throughput::Throughput;

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

/// A queue longer than this on a steady path is none for a moment: one message is enough.
const SUDDEN_MS: f64 = 70.0;

/// Of what arrives, nothing is sent while the queue is so long and all when it is gone, within these limits.
const NOTHING_SENT_MS: f64 = 300.0;
const LEAST_SENT: f64 = 0.5;
const MOST_SENT: f64 = 0.9;

/// On a steady path less is sent at first, for so long: a queue of our own is gone by then.
const LEAST_SENT_AT_FIRST: f64 = 0.1;
const AT_FIRST_MS: f64 = 400.0;

/// What the bitrate is set to meanwhile, as a part of what arrives.
const KEPT: f64 = 0.9;

/// A queue that has not shrunk to this share after this time and two round trips is not ours; it is left alone for so long.
const YIELDED: f64 = 0.6;
const YIELDS_IN: Duration = Duration::from_millis(1500);
const LEFT_ALONE: Duration = Duration::from_secs(8);

/// Where the delay varies by more than this, a queue is not told from it: what arrives is followed down all the same.
const UNTOLD_MS: f64 = 50.0;

/// Where less than this share of what was sent arrives, it is the bottleneck that gives us less.
const GIVEN_LESS: f64 = 0.7;

/// How far what is known to arrive follows a message that says less or more: at first it falls, then it varies.
const FALLS: f64 = 0.7;
const RISES: f64 = 0.3;

#[derive(Clone, Copy, Debug)]
enum State {
    Idle {
        above: u32,
    },
    Draining {
        began: Instant,
        /// When it was looked at last whether the queue yields, and how long it was then.
        since: Instant,
        since_ms: f64,
        arriving_bps: f64,
    },
    Foreign {
        until: Instant,
    },
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
    backlog: Backlog,
    /// When next to nothing was sent last, and whether there was a time without a queue since.
    gave_way: Option<Instant>,
    was_gone: bool,
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
            backlog: Backlog::default(),
            gave_way: None,
            was_gone: true,
            state: State::Idle { above: 0 },
        }
    }
}

impl StandingQueue {
    pub(super) fn sent(&mut self, packet: &SentPacket) {
        self.backlog.sent(packet);
    }

    /// Takes the packets of one feedback message, each with its arrival.
    pub(super) fn feedback(
        &mut self,
        now: Instant,
        packets: &[(SentPacket, Duration)],
        throughput: &Throughput,
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
        self.was_gone |= self.queue_ms < ENDS_BELOW_MS;
        if let Some((newest, _)) = packets.iter().max_by_key(|(sent, _)| sent.number) {
            self.backlog.arrived(newest.number, newest.at, self.queue_ms);
        }
        self.advance(now, throughput, round_trip);
    }

    /// Delay of the fastest packet.
    fn least_delay(&mut self, packets: &[(SentPacket, Duration)]) -> Option<f64> {
        let mut least: Option<f64> = None;
        for (sent, arrival) in packets {
            let (first_sent, first_arrival) = *self.origin.get_or_insert((sent.at, *arrival));
            let arrived_ms = between_arrivals(*arrival, first_arrival);
            let delay_ms = arrived_ms - between_instants(sent.at, first_sent);
            least = Some(least.map_or(delay_ms, |least| least.min(delay_ms)));
        }
        least
    }

    fn advance(&mut self, now: Instant, throughput: &Throughput, round_trip: Duration) {
        let needed = if self.is_steady() && self.queue_ms > SUDDEN_MS { 1 } else { MESSAGES };
        let is_gone = self.queue_ms < ENDS_BELOW_MS;
        self.state = match self.state {
            State::Idle { above } if self.is_long() => match throughput.arriving_bps() {
                Some(arriving_bps) if above + 1 >= needed => {
                    if std::mem::take(&mut self.was_gone) {
                        self.gave_way = Some(now);
                    }
                    State::Draining { began: now, since: now, since_ms: self.queue_ms, arriving_bps }
                }
                _ => State::Idle { above: above + 1 },
            },
            State::Idle { .. } => State::Idle { above: 0 },
            State::Draining { .. } if is_gone => State::Idle { above: 0 },
            State::Draining { began, since, since_ms, arriving_bps: known_bps } => {
                let yields_in_ms = milliseconds(YIELDS_IN) + 2.0 * milliseconds(round_trip);
                if between_instants(now, since) <= yields_in_ms {
                    let arriving_bps = self.followed(known_bps, throughput, began);
                    State::Draining { began, since, since_ms, arriving_bps }
                } else if self.queue_ms > YIELDED * since_ms {
                    State::Foreign { until: now + LEFT_ALONE }
                } else {
                    State::Draining { began, since: now, since_ms: self.queue_ms, arriving_bps: known_bps }
                }
            }
            State::Foreign { until } if now >= until => State::Idle { above: 0 },
            foreign @ State::Foreign { .. } => foreign,
        };
    }

    /// What is known to arrive, after a message. Of what was sent since the queue began to be drained less arrives because less
    /// was sent: to follow that down would leave the path to whoever else is on it.
    fn followed(&self, known_bps: f64, throughput: &Throughput, began: Instant) -> f64 {
        let Some(bps) = throughput.arriving_bps() else { return known_bps };
        let is_of_before = self.backlog.newest_sent().is_some_and(|sent| sent <= began);
        let is_given_less = throughput.sent_bps().is_some_and(|sent_bps| bps < GIVEN_LESS * sent_bps);
        if !is_of_before && !is_given_less && self.variation_ms < UNTOLD_MS {
            return known_bps;
        }
        known_bps + (bps - known_bps) * if bps < known_bps { FALLS } else { RISES }
    }

    /// The most that may be sent for the queue to drain, in bits per second; `None` where there is nothing to drain.
    pub(super) fn limit_bps(&self, now: Instant) -> Option<f64> {
        let State::Draining { arriving_bps, .. } = self.state else { return None };
        let is_first = self.gave_way.is_some_and(|at| between_instants(now, at) < AT_FIRST_MS);
        let least_sent = if is_first && self.is_steady() { LEAST_SENT_AT_FIRST } else { LEAST_SENT };
        let queue_ms = self.backlog.queue_ms(now, arriving_bps);
        Some(arriving_bps * (1.0 - queue_ms / NOTHING_SENT_MS).clamp(least_sent, MOST_SENT))
    }

    /// What the bottleneck gives us while the queue is draining, in bits per second, less a little.
    pub(super) fn drains_at_bps(&self) -> Option<f64> {
        let State::Draining { arriving_bps, .. } = self.state else { return None };
        Some(KEPT * arriving_bps)
    }

    pub(super) fn is_draining(&self) -> bool {
        matches!(self.state, State::Draining { .. })
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

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);
    const ROUND_TRIP: Duration = Duration::from_millis(100);

    /// One packet of 1250 bytes each 10 ms, and feedback each 50 ms.
    struct Path {
        standing: StandingQueue,
        throughput: Throughput,
        now: Instant,
        number: u64,
    }

    impl Path {
        fn new() -> Self {
            let (standing, throughput) = (StandingQueue::default(), Throughput::default());
            Self { standing, throughput, now: Instant::now(), number: 0 }
        }

        /// Sends for one message, whose packets find a queue.
        fn message(&mut self, queue_ms: u32) {
            let packets: Vec<_> = (0..5_u32)
                .map(|_| {
                    self.now += 10 * MS;
                    self.number += 1;
                    let sent = SentPacket { number: self.number, at: self.now, bytes: 1250, probe: None };
                    (sent, 10 * MS * self.number as u32 + queue_ms * MS)
                })
                .collect();
            for (sent, arrival) in &packets {
                self.standing.sent(sent);
                self.throughput.packet(sent.at, *arrival, sent.bytes);
            }
            self.standing.feedback(self.now, &packets, &self.throughput, ROUND_TRIP);
        }
    }

    #[test]
    fn one_message_of_a_long_queue_is_enough_and_a_short_one_takes_three() {
        for (queue_ms, messages) in [(100, 1), (55, 3)] {
            let mut path = Path::new();
            (0..20).for_each(|_| path.message(0));
            let taken = (1..10).find(|_| {
                path.message(queue_ms);
                path.standing.is_draining()
            });
            assert_eq!(taken, Some(messages), "for {queue_ms} ms");
        }
    }

    #[test]
    fn next_to_nothing_is_sent_until_what_was_sent_has_left() {
        let mut path = Path::new();
        (0..20).for_each(|_| path.message(0));
        path.message(200);
        for number in 1..=10 {
            path.standing.sent(&SentPacket { number: path.number + number, at: path.now, bytes: 1250, probe: None });
        }
        let share = |at: Instant| path.standing.limit_bps(at).unwrap() / path.standing.drains_at_bps().unwrap() * KEPT;
        assert!((share(path.now) - LEAST_SENT_AT_FIRST).abs() < 1e-9);
        assert!((share(path.now + 1000 * MS) - MOST_SENT).abs() < 1e-9, "though no feedback tells that it has left");
    }

    #[test]
    fn a_queue_that_stays_is_given_way_to_less_and_then_not_at_all() {
        let mut path = Path::new();
        (0..20).for_each(|_| path.message(0));
        (0..10).for_each(|_| path.message(250));
        let limit_bps = path.standing.limit_bps(path.now).unwrap();
        assert!(limit_bps >= LEAST_SENT * path.standing.drains_at_bps().unwrap());
        (0..40).for_each(|_| path.message(250));
        assert!(path.standing.is_foreign());
    }
}
