//! Sends less for a moment, to see whether less is lost then.
//!
//! From losses alone a path that loses a fifth of everything looks like a path that is sent a quarter too much. libwebrtc
//! resolves that by believing in little inherent loss, and so leaves most of a lossy path unused and yet overfills one with a short
//! queue. A dip of half a second every few seconds tells them apart: where as much arrives although less is sent, the path was
//! full; where less arrives in proportion, what is still lost then the path loses anyway.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use super::super::PacketResult;
use super::super::difference::between_instants;

/// A dip is worth it from this average loss on.
const LOSS: f64 = 0.02;

/// What is left of the bitrate in a dip, how long it lasts, and how long until the next.
const LEFT: f64 = 0.7;
const LASTS: Duration = Duration::from_millis(600);
const LONGEST: Duration = Duration::from_secs(2);
const INTERVAL: Duration = Duration::from_secs(12);
const FIRST_DIPS: u32 = 4;
const FIRST_INTERVAL: Duration = Duration::from_secs(2);

/// What was produced before the dip still has to leave.
const SETTLES: Duration = Duration::from_millis(150);

/// Packets that must have been sent in a dip for it to tell something.
const NEEDED_PACKETS: u32 = 10;

/// More than are sent in a dip at 30 Mb/s.
const MOST_PACKETS: u32 = 8192;

/// What earlier dips count for when a new one has ended.
const REMEMBERED: f64 = 0.7;

/// Standard deviations by which few packets may have lost less than the path does.
const DEVIATIONS: f64 = 2.0;

/// Most loss that is believed to be the path's own.
const MOST_BELIEVED: f64 = 0.4;

/// Where what arrives has fallen by at least this part of what is sent, the path was not full.
const NOT_FULL: f64 = 0.75;

/// A dip tells something where at least this part less was sent.
const LEAST_FALL: f64 = 0.1;

/// Bitrates before a dip, in bits per second.
#[derive(Clone, Copy, Debug)]
pub(super) struct Before {
    pub(super) sent_bps: f64,
    pub(super) arrived_bps: f64,
}

#[derive(Clone, Debug)]
struct Running {
    began: Instant,
    before: Before,
    packets: u32,
    /// Numbers of those that were reported lost and not yet received after all.
    lost: BTreeSet<u64>,
    bytes: u64,
    arrived_bytes: u64,
    /// When the first and the last packet of the dip were sent.
    sent: Option<(Instant, Instant)>,
}

impl Running {
    fn new(began: Instant, before: Before) -> Self {
        Self { began, before, packets: 0, lost: BTreeSet::new(), bytes: 0, arrived_bytes: 0, sent: None }
    }

    fn add(&mut self, result: &PacketResult) {
        if self.packets >= MOST_PACKETS {
            return;
        }
        let (at, bytes) = (result.sent.at, u64::from(result.sent.bytes));
        let was_lost = match result.arrival {
            Some(_) => {
                self.arrived_bytes += bytes;
                self.lost.remove(&result.sent.number)
            }
            None => !self.lost.insert(result.sent.number),
        };
        if was_lost {
            return;
        }
        self.packets += 1;
        self.bytes += bytes;
        self.sent = Some(self.sent.map_or((at, at), |(first, last)| (first.min(at), last.max(at))));
    }

    /// How far what arrives has fallen in proportion to what is sent: 0 where the path was full, 1 where it was not.
    fn proportion(&self) -> Option<f64> {
        let (first, last) = self.sent?;
        let intervals = f64::from(self.packets.checked_sub(1)?);
        let took_ms = (between_instants(last, first) * f64::from(self.packets) / intervals).max(1.0);
        let fall = |bytes: u64, before_bps: f64| 1.0 - bytes as f64 * 8000.0 / took_ms / before_bps.max(1.0);
        let sent_fell = fall(self.bytes, self.before.sent_bps);
        let arrived_fell = fall(self.arrived_bytes, self.before.arrived_bps);
        (sent_fell >= LEAST_FALL).then(|| (arrived_fell / sent_fell / NOT_FULL).clamp(0.0, 1.0))
    }

    /// Where little is sent, it takes longer to see how much of that is lost.
    fn until(&self) -> Instant {
        self.began + if self.packets < NEEDED_PACKETS { LONGEST } else { LASTS }
    }
}

#[derive(Clone, Debug, Default)]
pub(super) struct Dip {
    running: Option<Running>,
    last: Option<Instant>,
    /// Packets that were sent in the last dips and lost by the path itself, the latest counting most.
    packets: f64,
    lost: f64,
    dips: u32,
}

impl Dip {
    /// Takes the results of one feedback message, the average loss of the last seconds, and what was sent and arrived then;
    /// `None` where that was not all that may be sent.
    pub(super) fn feedback(
        &mut self,
        now: Instant,
        results: &[PacketResult],
        average_loss: f64,
        before: Option<Before>,
    ) {
        if let Some(running) = &mut self.running {
            let (since, until) = (running.began + SETTLES, running.until());
            for result in results.iter().filter(|result| result.sent.at >= since && result.sent.at < until) {
                running.add(result);
            }
            if results.iter().any(|result| result.sent.at >= until)
                && let Some(ended) = self.running.take()
            {
                self.conclude(&ended);
            }
        } else if average_loss < LOSS {
            *self = Self { last: self.last, ..Self::default() };
        } else if let Some(before) = before
            && self.last.is_none_or(|last| now.saturating_duration_since(last) > self.interval(average_loss))
        {
            self.last = Some(now);
            self.running = Some(Running::new(now, before));
        }
    }

    /// The first dips follow each other faster, and those while more is lost than is explained.
    fn interval(&self, average_loss: f64) -> Duration {
        if self.dips < FIRST_DIPS || average_loss > self.believed_loss() { FIRST_INTERVAL } else { INTERVAL }
    }

    /// Part of the bitrate that is to be sent now.
    pub(super) fn left(&self, now: Instant) -> f64 {
        let is_on = self.running.as_ref().is_some_and(|running| now < running.until());
        if is_on { LEFT } else { 1.0 }
    }

    /// Share of packets that the path has lost even of less, 0 to 0.4; 0 where that is not known.
    pub(super) fn found_loss(&self) -> f64 {
        if self.packets < f64::from(NEEDED_PACKETS) { 0.0 } else { (self.lost / self.packets).min(MOST_BELIEVED) }
    }

    /// Share of packets that the path may lose by itself, 0 to 0.4: what was found, and what chance has hidden.
    pub(super) fn believed_loss(&self) -> f64 {
        let found = self.found_loss();
        let deviation = (found * (1.0 - found) / self.packets.max(1.0)).sqrt();
        (found + DEVIATIONS * deviation).min(MOST_BELIEVED)
    }

    fn conclude(&mut self, ended: &Running) {
        self.dips = self.dips.saturating_add(1);
        let Some(proportion) = ended.proportion() else { return };
        self.packets = self.packets * REMEMBERED + f64::from(ended.packets);
        self.lost = self.lost * REMEMBERED + ended.lost.len() as f64 * proportion;
    }
}
