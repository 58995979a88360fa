//! What was sent and lost in the last moments, each a quarter of a second long or more.

use std::collections::{BTreeMap, VecDeque};
use std::time::Instant;

use super::super::PacketResult;
use super::super::difference::between_instants;
use super::dip::Before;

/// Observations that are remembered.
const OBSERVATIONS: usize = 15;

/// Shortest time over which packets of one observation were sent.
const LEAST_MS: f64 = 250.0;

/// Packets of one observation whose losses are known one by one; an observation ends when it has more.
const MOST_PACKETS: usize = 8192;

/// What an observation counts for, for each newer one.
const WEIGHT: f64 = 0.9;

/// Observations that are recent.
const RECENT: usize = 4;

/// An observation that was sent so many times faster than the middle one may have caused its own losses.
const SUDDEN: f64 = 2.0;

#[derive(Clone, Debug)]
pub(super) struct Observation {
    pub(super) bytes: f64,
    pub(super) lost_bytes: f64,
    /// Numbers and sizes of what was lost.
    lost: BTreeMap<u64, u32>,
    /// In bits per second.
    pub(super) sent_bps: f64,
}

impl Observation {
    fn loss(&self) -> f64 {
        if self.bytes > 0.0 { self.lost_bytes / self.bytes } else { 0.0 }
    }
}

#[derive(Clone, Debug, Default)]
struct Partial {
    packets: usize,
    bytes: u64,
    /// Numbers and sizes of those that were reported lost and not yet received after all.
    lost: BTreeMap<u64, u32>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Observations {
    /// Newest first.
    latest: VecDeque<Observation>,
    partial: Partial,
    /// When the last packet of the latest observation was sent.
    ended: Option<Instant>,
    count: u64,
    average_loss: f64,
}

impl Observations {
    /// How many there have been.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// Share of bytes lost, 0 to 1, the newest counting most, without the best and the worst observation.
    pub(super) fn average_loss(&self) -> f64 {
        self.average_loss
    }

    /// What was sent and arrived in the last moments, on average.
    pub(super) fn recent(&self) -> Option<Before> {
        let latest = self.latest.iter().take(RECENT);
        let (count, sent_bps, arrived_bps) = latest.fold((0.0, 0.0, 0.0), |(count, sent_bps, arrived_bps), one| {
            (count + 1.0, sent_bps + one.sent_bps, arrived_bps + one.sent_bps * (1.0 - one.loss()))
        });
        (count > 0.0).then(|| Before { sent_bps: sent_bps / count, arrived_bps: arrived_bps / count })
    }

    /// Each with what it counts for, newest first.
    pub(super) fn weighted(&self) -> impl Iterator<Item = (f64, &Observation)> {
        std::iter::successors(Some(1.0), |weight| Some(weight * WEIGHT)).zip(&self.latest)
    }

    /// Takes results; where they complete an observation, says when its last packet was sent.
    pub(super) fn add(&mut self, results: &[PacketResult]) -> Option<Instant> {
        let first_sent = results.iter().map(|result| result.sent.at).min()?;
        let last_sent = results.iter().map(|result| result.sent.at).max()?;
        for result in results {
            if result.arrival.is_some() && self.arrived_late(result.sent.number) {
                continue;
            }
            let was_lost = match result.arrival {
                Some(_) => self.partial.lost.remove(&result.sent.number).is_some(),
                None => self.partial.lost.insert(result.sent.number, result.sent.bytes).is_some(),
            };
            if !was_lost {
                self.partial.packets += 1;
                self.partial.bytes += u64::from(result.sent.bytes);
            }
        }
        let began = *self.ended.get_or_insert(first_sent);
        let took_ms = between_instants(last_sent, began);
        if took_ms < LEAST_MS {
            if self.partial.packets > MOST_PACKETS {
                self.partial = Partial::default();
            }
            return None;
        }
        self.ended = Some(last_sent);
        let partial = std::mem::take(&mut self.partial);
        self.latest.push_front(Observation {
            bytes: partial.bytes as f64,
            lost_bytes: partial.lost.values().map(|bytes| f64::from(*bytes)).sum(),
            lost: partial.lost,
            sent_bps: partial.bytes as f64 * 8000.0 / took_ms,
        });
        self.latest.truncate(OBSERVATIONS);
        self.count += 1;
        self.average_loss = self.averaged_loss();
        Some(last_sent)
    }

    /// Takes back a loss of an observation that has ended; says whether there was one.
    fn arrived_late(&mut self, number: u64) -> bool {
        for observation in self.latest.iter_mut().take(RECENT) {
            if let Some(bytes) = observation.lost.remove(&number) {
                observation.lost_bytes -= f64::from(bytes);
                return true;
            }
        }
        false
    }

    #[cfg(test)]
    pub(super) fn remembered_packets(&self) -> usize {
        self.partial.lost.len() + self.latest.iter().map(|observation| observation.lost.len()).sum::<usize>()
    }

    fn averaged_loss(&self) -> f64 {
        let sums = |observations: &mut dyn Iterator<Item = (f64, &Observation)>| {
            observations.fold((0.0, 0.0), |(lost, all), (weight, observation)| {
                (lost + weight * observation.lost_bytes, all + weight * observation.bytes)
            })
        };
        let (lost, all) = sums(&mut self.weighted());
        let share = |lost: f64, all: f64| if all > 0.0 { lost / all } else { 0.0 };
        let by_loss =
            |(_, one): &(f64, &Observation), (_, other): &(f64, &Observation)| one.loss().total_cmp(&other.loss());
        let (Some(best), Some(worst)) = (self.weighted().min_by(by_loss), self.weighted().max_by(by_loss)) else {
            return 0.0;
        };
        // A sudden burst's losses are no accident, and of three there is no middle.
        if self.latest.len() <= 3
            || worst.1.sent_bps >= SUDDEN * self.median_sent_bps()
            || std::ptr::eq(best.1, worst.1)
        {
            return share(lost, all);
        }
        let (extreme_lost, extreme_all) = sums(&mut [best, worst].into_iter());
        share(lost - extreme_lost, all - extreme_all)
    }

    fn median_sent_bps(&self) -> f64 {
        let mut bitrates: Vec<f64> = self.latest.iter().map(|observation| observation.sent_bps).collect();
        bitrates.sort_by(f64::total_cmp);
        bitrates.get(bitrates.len() / 2).copied().unwrap_or(0.0)
    }
}
