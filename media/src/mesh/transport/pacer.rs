//! When a packet may leave: sound at once, then what was asked for again, then pictures, at the pace that the link bears.
//!
//! Owns the queues and the pace. Each packet takes its time on an imagined link of that pace; what would fall due within
//! [`BURST`] leaves together, so that a timer need not wake for every packet. A probe has a pace of its own, which padding
//! fills where the queues do not. Knows neither what packets are nor how the pace is found.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::super::congestion::{Probe, ProbeCluster};

/// What falls due within this leaves at once, as libwebrtc has it.
const BURST: Duration = Duration::from_millis(5);

/// Longest that a packet is to wait: the pace is raised as far as that takes. A picture that is much later is of no use.
const LONGEST_WAIT: Duration = Duration::from_millis(250);
/// The least time over which a queue is emptied, however late it is.
const SHORTEST_EMPTYING: Duration = Duration::from_millis(20);

/// Packets that wait at most, of all kinds together; more are refused.
const MAX_PACKETS: usize = 2048;

/// A probe that is not over by then is given up: nothing could be sent for it.
const PROBE_TAKES_AT_MOST: Duration = Duration::from_secs(1);

/// What a packet is, in the order in which packets leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    Audio,
    Retransmission,
    Video,
}

impl Class {
    const ALL: [Self; 3] = [Self::Audio, Self::Retransmission, Self::Video];
}

/// What leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Release<P> {
    Packet {
        packet: P,
        class: Class,
        probe: Option<ProbeCluster>,
    },
    /// Something without use but for a probe, which its bytes are charged to with [`Pacer::padded`].
    Padding {
        probe: ProbeCluster,
    },
}

#[derive(Debug)]
struct Waiting<P> {
    packet: P,
    bytes: u32,
    since: Instant,
}

#[derive(Debug)]
struct ActiveProbe {
    probe: Probe,
    began: Option<Instant>,
    packets: u32,
    bytes: u64,
}

impl ActiveProbe {
    fn due_at(&self, now: Instant) -> Instant {
        self.began.map_or(now, |began| began + takes(self.bytes, self.probe.bps))
    }

    fn is_complete(&self) -> bool {
        self.packets >= self.probe.packets && self.bytes >= u64::from(self.probe.bytes)
    }

    fn charge(&mut self, now: Instant, bytes: u32) {
        self.began.get_or_insert(now);
        self.packets += 1;
        self.bytes += u64::from(bytes);
    }
}

/// How long so many bytes take at a pace.
fn takes(bytes: u64, bps: u32) -> Duration {
    Duration::from_nanos(bytes.saturating_mul(8_000_000_000) / u64::from(bps.max(1)))
}

/// Holds packets until they may leave.
#[derive(Debug)]
pub struct Pacer<P> {
    queues: [VecDeque<Waiting<P>>; Class::ALL.len()],
    queued_bytes: u64,
    pace_bps: u32,
    /// When the imagined link has sent all that has left.
    free_at: Option<Instant>,
    probe: Option<ActiveProbe>,
}

impl<P> Pacer<P> {
    pub fn new(pace_bps: u32) -> Self {
        Self { queues: Default::default(), queued_bytes: 0, pace_bps, free_at: None, probe: None }
    }

    /// Changes the pace, also for what has left but is not over yet.
    pub fn set_pace(&mut self, now: Instant, pace_bps: u32) {
        let pace_bps = pace_bps.max(1);
        if pace_bps == self.pace_bps {
            return;
        }
        let owed = self.free_at.map_or(Duration::ZERO, |free_at| free_at.saturating_duration_since(now));
        self.free_at = Some(now + owed.mul_f64(f64::from(self.pace_bps) / f64::from(pace_bps)));
        self.pace_bps = pace_bps;
    }

    /// Takes a packet in; gives it back where too many wait.
    pub fn push(&mut self, now: Instant, class: Class, bytes: u32, packet: P) -> Result<(), P> {
        if self.queues.iter().map(VecDeque::len).sum::<usize>() >= MAX_PACKETS {
            return Err(packet);
        }
        self.queued_bytes += u64::from(bytes);
        self.queues[class as usize].push_back(Waiting { packet, bytes, since: now });
        Ok(())
    }

    /// Begins a probe, in place of the one there may be.
    pub fn begin_probe(&mut self, probe: Probe) {
        self.probe = Some(ActiveProbe { probe, began: None, packets: 0, bytes: 0 });
    }

    /// Whether a probe is under way.
    pub fn is_probing(&self) -> bool {
        self.probe.is_some()
    }

    /// Gives up the probe: there is nothing to fill it with.
    pub fn end_probe(&mut self) {
        self.probe = None;
    }

    /// Charges padding that was sent to the probe that it was for.
    pub fn padded(&mut self, now: Instant, bytes: u32) {
        if let Some(probe) = &mut self.probe {
            probe.charge(now, bytes);
        }
    }

    /// What may leave now; to be asked again until there is nothing.
    pub fn pop(&mut self, now: Instant) -> Option<Release<P>> {
        let is_over = |probe: &ActiveProbe| {
            probe.is_complete() || probe.began.is_some_and(|began| now > began + PROBE_TAKES_AT_MOST)
        };
        self.probe.take_if(|probe| is_over(probe));
        let probe_is_due = self.probe.as_ref().is_some_and(|probe| probe.due_at(now) <= now);
        let class = match self.first_class() {
            Some(class) if class == Class::Audio || probe_is_due || self.due_at(now) <= now => class,
            _ if probe_is_due => {
                return self.probe.as_ref().map(|active| Release::Padding { probe: active.probe.cluster });
            }
            _ => return None,
        };
        let Waiting { packet, bytes, .. } = self.queues[class as usize].pop_front()?;
        let pace_bps = self.raised_pace(now);
        self.queued_bytes -= u64::from(bytes);
        let free_at = self.free_at.map_or(now, |free_at| free_at.max(now));
        self.free_at = Some((free_at + takes(u64::from(bytes), pace_bps)).min(now + LONGEST_WAIT));
        // What a probe's pace has no room for yet leaves at the ordinary pace, and is no part of it.
        let probe = self.probe.as_mut().filter(|_| probe_is_due).map(|active| {
            active.charge(now, bytes);
            active.probe.cluster
        });
        Some(Release::Packet { packet, class, probe })
    }

    /// When there is something to leave next; `None` while there is nothing.
    pub fn next_at(&self, now: Instant) -> Option<Instant> {
        let probe = self.probe.as_ref().map(|probe| probe.due_at(now));
        let queued = self.first_class().map(|class| if class == Class::Audio { now } else { self.due_at(now) });
        probe.into_iter().chain(queued).min()
    }

    /// How long it takes to send so many bytes.
    pub fn takes(&self, bytes: u64) -> Duration {
        takes(bytes, self.pace_bps)
    }

    /// Bytes that wait.
    pub fn queued_bytes(&self) -> u64 {
        self.queued_bytes
    }

    /// The class that leaves next.
    fn first_class(&self) -> Option<Class> {
        Class::ALL.into_iter().find(|class| !self.queues[*class as usize].is_empty())
    }

    /// When the next packet that is not sound may leave.
    fn due_at(&self, now: Instant) -> Instant {
        self.free_at.and_then(|free_at| free_at.checked_sub(BURST)).map_or(now, |at| at.max(now))
    }

    /// The pace, or the one that empties the queues in time.
    fn raised_pace(&self, now: Instant) -> u32 {
        let oldest = self.queues.iter().filter_map(VecDeque::front).map(|waiting| waiting.since).min();
        let waited = oldest.map_or(Duration::ZERO, |since| now.saturating_duration_since(since));
        let left = LONGEST_WAIT.saturating_sub(waited).max(SHORTEST_EMPTYING);
        let needed_bps = u128::from(self.queued_bytes) * 8_000_000_000 / left.as_nanos();
        self.pace_bps.max(u32::try_from(needed_bps).unwrap_or(u32::MAX))
    }
}

#[cfg(test)]
mod tests;
