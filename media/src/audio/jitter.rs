//! One participant's packets on their way from a network that delays, reorders, repeats and loses them to a player that
//! needs 20 ms of sound every 20 ms.
//!
//! A pure state machine: [`JitterBuffer::insert`] takes what arrives, [`JitterBuffer::pull`] says what to play next. It
//! decodes nothing. How long sound waits follows the jitter that is measured: the wait grows where sound would be
//! missed and shrinks again, at best while nobody speaks, when it has been longer than needed for a while. At most
//! [`CAPACITY_PACKETS`] are held; when more come, the oldest are dropped.

mod delay;
mod order;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::codec::opus::is_one_packet;
use crate::frame::AUDIO_FRAME_SAMPLES;
use crate::rtp::RtpPacket;
use delay::DelayEstimator;
use order::{Accepted, Order};

/// Packets held at most: 1.28 s of sound.
pub const CAPACITY_PACKETS: usize = 64;

/// What one packet plays for.
pub const FRAME: Duration = Duration::from_millis(20);

/// Frames that are concealed in a row before there is silence: longer guesses sound worse than nothing.
pub const MAX_CONCEALED_FRAMES: u32 = 5;

/// One frame in units of the RTP clock.
const FRAME_TICKS: i64 = AUDIO_FRAME_SAMPLES as i64;

/// Timestamps this close to the one that is due are taken for it.
const TOLERANCE_TICKS: i64 = FRAME_TICKS / 2;

/// A gap in timestamps above this is not played through.
const LONGEST_GAP_TICKS: i64 = 10 * FRAME_TICKS;

/// Sound that waits this much longer than it should is skipped at once rather than frame by frame.
const EXCESS_TO_SKIP: Duration = Duration::from_millis(200);

/// Sound must wait this much longer than it should before a frame is merged away: a frame, and a margin so that merging
/// does not lead straight to missing one.
const EXCESS_TO_MERGE: Duration = Duration::from_millis(30);

/// Pulls over which the shortest wait is taken before it may be changed: a second of speech…
const PULLS_BETWEEN_CHANGES: u32 = 50;

/// …or a tenth of a second of quiet, where a change is not heard.
const QUIET_PULLS_BETWEEN_CHANGES: u32 = 5;

/// What to play for the next 20 ms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pull {
    /// This packet.
    Packet(Bytes),
    /// Both of these in the time of one: more sound is waiting than is needed.
    Merge { first: Bytes, second: Bytes },
    /// The packet is lost, but this, the one after it, may carry what recovers it (RFC 6716 §2.1.7).
    Recover { next: Bytes },
    /// A guess at what is missing.
    Conceal,
    /// Nothing: nobody sends, or not yet enough has come.
    Silence,
}

/// What has become of a participant's packets so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JitterStatistics {
    /// Packets that came, repeated and malformed ones not counted.
    pub packets: u64,
    /// Packets that were sent but not played: they did not come in time, or were skipped.
    pub lost: u64,
    /// Sound that had to be guessed.
    pub concealed: Duration,
}

#[derive(Debug)]
struct Held {
    sequence_number: i64,
    payload: Bytes,
}

/// See the module's description.
#[derive(Debug, Default)]
pub struct JitterBuffer {
    stream: Option<Stream>,
    least_wait: Duration,
    statistics: JitterStatistics,
}

/// What is known since the first packet, or since the numbering last started anew.
#[derive(Debug)]
struct Stream {
    order: Order,
    estimator: DelayEstimator,
    /// By extended timestamp.
    held: BTreeMap<i64, Held>,
    /// Whether sound is being played, rather than waiting for enough of it.
    playing: bool,
    /// The timestamp to play next, once anything was played.
    due: Option<i64>,
    /// The last sequence number that was played.
    played: Option<i64>,
    /// Of the packet that the last pull began to play.
    playing_timestamp: Option<u32>,
    /// Frames that were concealed because nothing was there, while `due` stood still.
    starved: u32,
    /// Frames in a row that were concealed.
    concealed: u32,
    /// The shortest wait of the last `pulls` pulls.
    shortest_wait: Duration,
    pulls: u32,
    /// The wait at the last pull.
    wait: Duration,
}

impl JitterBuffer {
    /// An empty buffer.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in a packet that arrived at `now`. What is malformed, repeated or too late changes nothing else.
    pub fn insert(&mut self, now: Instant, packet: RtpPacket) {
        if !is_one_packet(&packet.payload) {
            return;
        }
        let (number, timestamp) = (packet.sequence_number, packet.timestamp);
        let accepted =
            self.stream.as_mut().map_or(Accepted::Elsewhere, |stream| stream.order.accept(number, timestamp));
        let (sequence_number, timestamp) = match accepted {
            Accepted::Unusable => return,
            Accepted::Packet { sequence_number, timestamp } => (sequence_number, timestamp),
            Accepted::Elsewhere => {
                self.stream = Some(Stream::new(now, Order::starting_at(number, timestamp)));
                (i64::from(number), i64::from(timestamp))
            }
        };
        self.statistics.packets += 1;
        let Some(stream) = &mut self.stream else { return };
        stream.estimator.record(now, timestamp);
        if stream.due.is_some_and(|due| timestamp + TOLERANCE_TICKS < due) {
            return;
        }
        stream.held.entry(timestamp).or_insert(Held { sequence_number, payload: packet.payload });
        if stream.held.len() > CAPACITY_PACKETS {
            stream.held.pop_first();
        }
    }

    /// What to play for the 20 ms that begin at `now`; called every 20 ms. `quiet` says that what was played last could
    /// hardly be heard, so that the wait may change now.
    pub fn pull(&mut self, now: Instant, quiet: bool) -> Pull {
        match &mut self.stream {
            Some(stream) => stream.pull(now, quiet, self.least_wait, &mut self.statistics),
            None => Pull::Silence,
        }
    }

    /// Makes sound wait so long even where the jitter would allow less, from the next opportunity on: for pictures that come
    /// later. Longer waits than the buffer holds lose sound.
    pub fn set_least_wait(&mut self, least_wait: Duration) {
        self.least_wait = least_wait;
    }

    /// The RTP timestamp of the packet that the last pull began to play; `None` when it played none.
    pub fn playing(&self) -> Option<u32> {
        self.stream.as_ref()?.playing_timestamp
    }

    /// What has become of the packets so far.
    pub fn statistics(&self) -> JitterStatistics {
        self.statistics
    }

    /// How much later than the fastest packets the slow ones of the last seconds came.
    pub fn jitter(&self) -> Duration {
        self.stream.as_ref().map_or(Duration::ZERO, |stream| stream.estimator.jitter())
    }

    /// How long sound waits here between the moment the fastest packets would bring it and its being played.
    pub fn wait(&self) -> Duration {
        self.stream.as_ref().map_or(Duration::ZERO, |stream| stream.wait)
    }
}

impl Stream {
    fn new(now: Instant, order: Order) -> Self {
        Self {
            order,
            estimator: DelayEstimator::new(now),
            held: BTreeMap::new(),
            playing: false,
            due: None,
            played: None,
            playing_timestamp: None,
            starved: 0,
            concealed: 0,
            shortest_wait: Duration::MAX,
            pulls: 0,
            wait: Duration::ZERO,
        }
    }

    fn pull(&mut self, now: Instant, quiet: bool, least_wait: Duration, statistics: &mut JitterStatistics) -> Pull {
        self.playing_timestamp = None;
        let target = self.estimator.target().max(least_wait);
        self.skip_excess(now, target);
        let Some((&first, held)) = self.held.first_key_value() else { return self.starve() };
        let follows = self.played.is_none_or(|played| held.sequence_number == played + 1);

        if self.starved > 0 {
            // What was concealed while nothing was there stands for what is missing before the first packet.
            let due = self.due.unwrap_or(first);
            let missing = ((first - due) / FRAME_TICKS).clamp(0, i64::from(self.starved));
            self.due = Some(due + missing * FRAME_TICKS);
            if missing == 0 || !follows {
                statistics.concealed += FRAME * self.starved;
            }
            self.starved = 0;
        }
        if self.playing && self.due.is_some_and(|due| first - due > LONGEST_GAP_TICKS) {
            self.playing = false;
        }
        if !self.playing {
            // Half a frame of grace: pulls come on a grid of frames, so that the wait is right on average.
            if self.estimator.wait(now, first) + FRAME / 2 < target {
                return Pull::Silence;
            }
            self.playing = true;
            self.due = Some(first);
            self.restart_window();
        }

        let due = self.due.unwrap_or(first);
        if first - due > TOLERANCE_TICKS {
            if follows {
                // The sender said nothing here.
                self.due = Some(due + FRAME_TICKS);
                return Pull::Silence;
            }
            return self.bridge(now, due, first, target, statistics);
        }
        self.adapt(now, quiet, first, target, statistics)
    }

    /// Nothing is there. It may be late, so what is due stays due for a while.
    fn starve(&mut self) -> Pull {
        if !self.playing {
            return Pull::Silence;
        }
        if self.starved == MAX_CONCEALED_FRAMES {
            // Nobody sends, or nothing comes through: what comes next starts anew, and tells which it was.
            self.playing = false;
            return Pull::Silence;
        }
        self.starved += 1;
        self.concealed += 1;
        Pull::Conceal
    }

    /// What is due is missing, and something later, `first`, is there.
    fn bridge(
        &mut self,
        now: Instant,
        due: i64,
        first: i64,
        target: Duration,
        statistics: &mut JitterStatistics,
    ) -> Pull {
        self.concealed += 1;
        let silent = self.concealed > MAX_CONCEALED_FRAMES;
        if self.estimator.wait(now, due) + FRAME <= target {
            // It would have had to wait longer anyhow, and may still come.
            statistics.concealed += FRAME;
            return if silent { Pull::Silence } else { Pull::Conceal };
        }
        self.due = Some(due + FRAME_TICKS);
        match self.held.get(&first) {
            Some(held) if first - due <= FRAME_TICKS + TOLERANCE_TICKS => Pull::Recover { next: held.payload.clone() },
            _ => {
                statistics.concealed += FRAME;
                if silent { Pull::Silence } else { Pull::Conceal }
            }
        }
    }

    /// Plays what is due, which is there, unless the wait is to be changed.
    fn adapt(
        &mut self,
        now: Instant,
        quiet: bool,
        first: i64,
        target: Duration,
        statistics: &mut JitterStatistics,
    ) -> Pull {
        self.wait = self.estimator.wait(now, first);
        self.shortest_wait = self.shortest_wait.min(self.wait);
        self.pulls += 1;
        let may_change = self.pulls >= PULLS_BETWEEN_CHANGES || quiet && self.pulls >= QUIET_PULLS_BETWEEN_CHANGES;
        if quiet && may_change && self.shortest_wait + FRAME <= target {
            self.restart_window();
            return Pull::Silence;
        }
        let merge = may_change && self.shortest_wait >= target + EXCESS_TO_MERGE;
        if merge || self.pulls >= PULLS_BETWEEN_CHANGES {
            self.restart_window();
        }
        let Some(payload) = self.take(first, statistics) else { return Pull::Silence };
        // The low bits of an extended timestamp are the timestamp itself.
        self.playing_timestamp = Some(first as u32);
        let second = first + FRAME_TICKS;
        if merge && let Some(second) = self.take(second, statistics) {
            return Pull::Merge { first: payload, second };
        }
        Pull::Packet(payload)
    }

    /// Takes out a packet that is being played.
    fn take(&mut self, timestamp: i64, statistics: &mut JitterStatistics) -> Option<Bytes> {
        let held = self.held.remove(&timestamp)?;
        if let Some(played) = self.played {
            statistics.lost += u64::try_from(held.sequence_number - played - 1).unwrap_or(0);
        }
        self.played = Some(held.sequence_number);
        self.due = Some(timestamp + FRAME_TICKS);
        self.concealed = 0;
        Some(held.payload)
    }

    /// Drops what has waited far too long, as after the network stood still.
    fn skip_excess(&mut self, now: Instant, target: Duration) {
        let excessive = |timestamp, limit| self.estimator.wait(now, timestamp) > limit;
        if self.held.first_key_value().is_none_or(|(first, _)| !excessive(*first, target + EXCESS_TO_SKIP)) {
            return;
        }
        while let Some((&first, _)) = self.held.first_key_value()
            && self.held.len() > 1
            && self.estimator.wait(now, first) > target
        {
            self.held.pop_first();
            self.due = Some(first + FRAME_TICKS);
        }
    }

    fn restart_window(&mut self) {
        self.shortest_wait = Duration::MAX;
        self.pulls = 0;
    }
}

#[cfg(test)]
mod tests;
