//! One participant's packets on their way from a network that delays, reorders, repeats and loses them to a player that
//! needs sound without a gap.
//!
//! A pure state machine of NetEQ's kind: [`JitterBuffer::insert`] takes what arrives, [`JitterBuffer::pull`] says what the next
//! 20 ms of sound are made of, [`JitterBuffer::advise`] whether to stretch them. It decodes nothing and holds no sound. How
//! long sound waits follows the jitter and the losses that are measured: long enough for packets, and where some get lost for
//! their recovery, to be there in time, and little more than 10 ms longer, to which pulls are bound. At most [`CAPACITY_PACKETS`] are
//! held; when more come, the oldest are dropped.

mod control;
mod delay;
mod losses;
mod order;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::codec::opus::{LONGEST_SILENCE_BYTES, is_one_packet};
use crate::frame::{AUDIO_FRAME, AUDIO_FRAME_SAMPLES, AUDIO_PIECE_SAMPLES};
use crate::rtp::RtpPacket;
use crate::signed_time;
pub use control::Advice;
use control::WaitControl;
use delay::DelayEstimator;
use losses::Losses;
use order::{Accepted, Order};

/// Packets held at most: 1.28 s of sound.
pub const CAPACITY_PACKETS: usize = 64;

/// Frames that are concealed in a row before there is silence: longer guesses sound worse than nothing.
pub const MAX_CONCEALED_FRAMES: u32 = 5;

/// Frames of comfort noise after the last packet of a sender that announced silence: a second, more than twice what lies
/// between two of its updates. After that it is gone rather than silent.
const MAX_COMFORT_FRAMES: u32 = 50;

/// One frame in units of the RTP clock, which are samples.
const FRAME_TICKS: i64 = AUDIO_FRAME_SAMPLES as i64;

/// What is played at a time.
const PIECE_TICKS: i64 = AUDIO_PIECE_SAMPLES as i64;

/// Timestamps this close to the one that is due are taken for it.
const TOLERANCE_TICKS: i64 = FRAME_TICKS / 2;

/// A gap in timestamps above this is not played through.
const LONGEST_GAP_TICKS: i64 = 10 * FRAME_TICKS;

/// Sound that waits this much longer than it should, 200 ms, is skipped at once rather than played faster.
const EXCESS_TO_SKIP_TICKS: i64 = 10 * FRAME_TICKS;

/// What the next 20 ms are made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pull {
    /// This packet.
    Packet(Bytes),
    /// The packet is lost, but this, the one after it, may carry what recovers it (RFC 6716 §2.1.7).
    Recover { next: Bytes },
    /// A guess at what is missing.
    Conceal,
    /// What the sender's silence sounds like: it said that it would be silent, and nothing is missing.
    Comfort,
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
    /// By how much sound was made longer and shorter, in all.
    pub stretched: Duration,
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
    least_wait: i64,
    statistics: JitterStatistics,
}

/// What is known since the first packet, or since the numbering last started anew.
#[derive(Debug)]
struct Stream {
    order: Order,
    estimator: DelayEstimator,
    control: WaitControl,
    /// By extended timestamp.
    held: BTreeMap<i64, Held>,
    /// Whether sound is being played, rather than waiting for enough of it.
    playing: bool,
    /// The timestamp to play next, once anything was played.
    due: Option<i64>,
    /// Whether what the last pull gave is the sound right before what is due.
    in_time: bool,
    /// The last sequence number that was played.
    played: Option<i64>,
    /// Whether the last packet that was played announced silence, and frames of comfort noise since.
    comfort: bool,
    comforted: u32,
    /// Frames that were concealed because nothing was there, while `due` stood still.
    starved: u32,
    /// Frames in a row that were concealed.
    concealed: u32,
    losses: Losses,
    /// The wait of what was played last.
    wait: i64,
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

    /// What the next 20 ms of sound are made of; asked at `now` because they are needed now.
    pub fn pull(&mut self, now: Instant) -> Pull {
        match &mut self.stream {
            Some(stream) => stream.pull(now, self.least_wait, &mut self.statistics),
            None => Pull::Silence,
        }
    }

    /// How to stretch the sound that is about to be played from `now` on: `ready` samples that were made of what was pulled.
    /// Asked once after each pull that was played from, and answered by [`JitterBuffer::stretched`].
    pub fn advise(&mut self, now: Instant, ready: usize) -> Advice {
        match &mut self.stream {
            Some(stream) => stream.advise(now, ready, self.least_wait),
            None => Advice::Keep,
        }
    }

    /// Sound was made longer by so many samples, or shorter where that is negative.
    pub fn stretched(&mut self, by: i64) {
        if let Some(stream) = &mut self.stream {
            stream.control.change(by);
            self.statistics.stretched += duration(by.saturating_abs());
        }
    }

    /// Makes sound wait so long even where the jitter would allow less: for pictures that come later. Longer waits than the
    /// buffer holds lose sound.
    pub fn set_least_wait(&mut self, least_wait: Duration) {
        self.least_wait = ticks(least_wait);
    }

    /// Whether sound is being played, rather than waited for: then silence is as long as a frame too.
    pub fn is_playing(&self) -> bool {
        self.stream.as_ref().is_some_and(|stream| stream.playing)
    }

    /// The RTP timestamp of what is due after what was pulled; `None` where what was pulled last is no sound of the sender
    /// or not followed by what is due.
    pub fn due(&self) -> Option<u32> {
        let stream = self.stream.as_ref()?;
        // The low bits of an extended timestamp are the timestamp itself.
        stream.due.filter(|_| stream.in_time).map(|due| due as u32)
    }

    /// What has become of the packets so far.
    pub fn statistics(&self) -> JitterStatistics {
        self.statistics
    }

    /// How much later than the fastest packets the slow ones of the last seconds came.
    pub fn jitter(&self) -> Duration {
        self.stream.as_ref().map_or(Duration::ZERO, |stream| duration(stream.estimator.jitter()))
    }

    /// How long sound should wait now. A packet must wait half a piece less, and may wait half a piece longer, since it is
    /// pulled when a piece is played.
    pub fn target(&self) -> Duration {
        let needed = self.stream.as_ref().map_or(0, Stream::needed);
        duration((needed + PIECE_TICKS / 2).max(self.least_wait))
    }

    /// How long sound waits here between the moment the fastest packets would bring it and its being played.
    pub fn wait(&self) -> Duration {
        self.stream.as_ref().map_or(Duration::ZERO, |stream| duration(stream.wait))
    }
}

/// In units of the RTP clock, of which 48 are a millisecond.
fn ticks(duration: Duration) -> i64 {
    signed_time::micros(duration).saturating_mul(6) / 125
}

/// Of units of the RTP clock; nothing where that would be negative.
fn duration(ticks: i64) -> Duration {
    signed_time::duration(ticks.saturating_mul(125) / 6)
}

impl Stream {
    fn new(now: Instant, order: Order) -> Self {
        Self {
            order,
            estimator: DelayEstimator::new(now),
            control: WaitControl::new(),
            held: BTreeMap::new(),
            playing: false,
            due: None,
            in_time: false,
            played: None,
            comfort: false,
            comforted: 0,
            starved: 0,
            concealed: 0,
            losses: Losses::default(),
            wait: 0,
        }
    }

    /// How long a packet must wait at least.
    fn needed(&self) -> i64 {
        self.estimator.needed(self.losses.matter())
    }

    fn pull(&mut self, now: Instant, least_wait: i64, statistics: &mut JitterStatistics) -> Pull {
        self.in_time = false;
        let needed = self.needed().max(least_wait);
        self.skip_excess(now, needed);
        let Some((&first, held)) = self.held.first_key_value() else { return self.starve() };
        let follows = self.played.is_none_or(|played| held.sequence_number == played + 1);

        if self.starved > 0 {
            // What was concealed while nothing was there stands for what is missing before the first packet.
            let due = self.due.unwrap_or(first);
            let missing = ((first - due) / FRAME_TICKS).clamp(0, i64::from(self.starved));
            self.due = Some(due + missing * FRAME_TICKS);
            if missing == 0 || !follows {
                statistics.concealed += AUDIO_FRAME * self.starved;
            }
            self.control.change((i64::from(self.starved) - missing) * FRAME_TICKS);
            self.starved = 0;
        }
        if self.playing && self.due.is_some_and(|due| first - due > LONGEST_GAP_TICKS) {
            self.playing = false;
        }
        if !self.playing {
            if self.estimator.wait(now, first) < needed {
                return self.rest();
            }
            self.playing = true;
            self.due = Some(first);
            self.control = WaitControl::new();
        }

        let due = self.due.unwrap_or(first);
        if first - due <= TOLERANCE_TICKS {
            return self.take(first, statistics).map_or(Pull::Silence, Pull::Packet);
        }
        if follows {
            // The sender said nothing here.
            self.due = Some(due + FRAME_TICKS);
            return self.rest();
        }
        self.bridge(due, first, statistics)
    }

    /// Nothing is there. It may be late, so what is due stays due for a while.
    fn starve(&mut self) -> Pull {
        if self.comfort || self.starved == MAX_CONCEALED_FRAMES {
            // Nobody sends, or nothing comes through: what comes next starts anew, and tells which it was.
            self.playing = false;
        }
        if !self.playing {
            return self.rest();
        }
        self.starved += 1;
        self.concealed += 1;
        Pull::Conceal
    }

    /// Nothing is missing.
    fn rest(&mut self) -> Pull {
        if !self.comfort || self.comforted == MAX_COMFORT_FRAMES {
            return Pull::Silence;
        }
        self.comforted += 1;
        Pull::Comfort
    }

    /// What is due is missing, and something later, `first`, is there.
    fn bridge(&mut self, due: i64, first: i64, statistics: &mut JitterStatistics) -> Pull {
        self.concealed += 1;
        self.due = Some(due + FRAME_TICKS);
        match self.held.get(&first) {
            Some(held) if first - due <= FRAME_TICKS + TOLERANCE_TICKS => {
                self.in_time = true;
                Pull::Recover { next: held.payload.clone() }
            }
            _ => {
                statistics.concealed += AUDIO_FRAME;
                if self.concealed > MAX_CONCEALED_FRAMES { Pull::Silence } else { Pull::Conceal }
            }
        }
    }

    /// Takes out a packet that is being played.
    fn take(&mut self, timestamp: i64, statistics: &mut JitterStatistics) -> Option<Bytes> {
        let held = self.held.remove(&timestamp)?;
        let lost = self.played.map_or(0, |played| held.sequence_number - played - 1);
        let lost = u64::try_from(lost).unwrap_or(0);
        statistics.lost += lost;
        self.losses.record(lost);
        self.played = Some(held.sequence_number);
        self.due = Some(timestamp + FRAME_TICKS);
        self.in_time = true;
        self.concealed = 0;
        self.comfort = held.payload.len() <= LONGEST_SILENCE_BYTES;
        self.comforted = 0;
        Some(held.payload)
    }

    fn advise(&mut self, now: Instant, ready: usize, least_wait: i64) -> Advice {
        let (Some(due), true) = (self.due, self.in_time) else { return Advice::Keep };
        let ready = ready as i64;
        self.wait = self.estimator.wait(now, due - ready);
        self.control.observe(self.wait);
        let left_over = ready.rem_euclid(PIECE_TICKS);
        let advice = self.control.advise(self.needed(), least_wait, left_over);
        let next_is_there = self.held.first_key_value().is_some_and(|(first, _)| first - due <= TOLERANCE_TICKS);
        match advice {
            // What is taken beyond what is left over must be there to take its place.
            Advice::Shorten { at_most, least_likeness } if !next_is_there => {
                Advice::Shorten { at_most: at_most.min(usize::try_from(left_over).unwrap_or(0)), least_likeness }
            }
            advice => advice,
        }
    }

    /// Drops what has waited far too long, as after the network stood still.
    fn skip_excess(&mut self, now: Instant, needed: i64) {
        let excessive = |timestamp, limit| self.estimator.wait(now, timestamp) > limit;
        if self.held.first_key_value().is_none_or(|(first, _)| !excessive(*first, needed + EXCESS_TO_SKIP_TICKS)) {
            return;
        }
        while let Some((&first, _)) = self.held.first_key_value()
            && self.held.len() > 1
            && self.estimator.wait(now, first) >= needed + FRAME_TICKS
        {
            self.held.pop_first();
            self.due = Some(first + FRAME_TICKS);
        }
        self.control = WaitControl::new();
    }
}

#[cfg(test)]
mod tests;
