//! When each picture is shown, so that movement is as even as it was captured although packets come unevenly.
//!
//! A pure state machine that is told the time. What a picture's way took is known up to a constant, from its timestamp
//! and its arrival. Pictures are shown when nearly all of the last seconds' would have come; those that come later are
//! shown at once. Pictures that only had to stand behind a late one count with it as one. Unevenness below
//! [`TOLERANCE`] disappears between a screen's own refreshes and is not waited for, so that a quiet network costs no
//! delay at all. Where the sound of the same moment is heard later than that, pictures wait for it too
//! ([`Schedule::follow_sound`]). Knows no picture, only timestamps.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::rtp::{Presentation, VIDEO_CLOCK_HZ, ticks_between};
use crate::signed_time::{duration, micros, micros_between};

/// Unevenness that is let pass: one refresh of a usual screen.
pub const TOLERANCE: Duration = Duration::from_millis(16);

/// How far pictures may be ahead of their sound. Less is not noticed, and waiting is what nobody wants in a conversation
/// (ITU-R BT.1359 finds 45 ms the least that anybody notices, where it is the sound that is early).
pub const AHEAD_OF_SOUND: Duration = Duration::from_millis(30);

/// Longest that a picture waits, whatever its reason.
pub const LONGEST_WAIT: Duration = Duration::from_millis(500);

/// How long an arrival is remembered.
const WINDOW: Duration = Duration::from_secs(5);

/// Arrivals remembered at most: those of the window at 60 pictures a second.
const MOST_ARRIVALS: usize = 300;

/// With fewer arrivals than this, it is not known yet how uneven they are, and each is shown as it comes.
const LEAST_ARRIVALS: usize = 20;

/// The part of the pictures that is waited for, in percent.
const WAITED_FOR: usize = 95;

/// A way that suddenly takes longer or shorter by this tells of a sender that started anew, or of a path that stood still:
/// nothing known before is of use.
const STANDSTILL_US: i64 = 1_000_000;

/// After so long without a picture the past is of no use either.
const PAUSE: Duration = Duration::from_secs(2);

/// How fast the wait changes, in microseconds for each second: a tenth faster or slower is hardly seen.
const CHANGE_US_PER_S: f64 = 100_000.0;

/// See the module's description.
#[derive(Debug, Default)]
pub struct Schedule {
    stream: Option<Stream>,
    sound: Option<Presentation>,
}

/// What is known since the first picture, or since the sender started anew. Ways are in microseconds: the arrival minus the
/// timestamp, each from a zero of its own.
#[derive(Debug)]
struct Stream {
    epoch: Instant,
    /// Of the newest picture; `extended` never wraps around.
    timestamp: u32,
    extended: i64,
    arrived_at: Instant,
    /// Those of the window.
    arrivals: VecDeque<Arrival>,
    /// Room to sort ways in.
    sorted: Vec<i64>,
    /// The shortest way.
    shortest_us: i64,
    /// The way within which nearly all came that did not stand behind another.
    usual_us: i64,
    /// The way that would do for the pictures alone.
    by_itself_us: i64,
    /// The way after which pictures are shown at present.
    shown_after_us: f64,
}

#[derive(Clone, Copy, Debug)]
struct Arrival {
    at: Instant,
    way_us: i64,
    /// Whether it came together with the one before, by whose way it was held up.
    stood_behind: bool,
}

impl Schedule {
    /// Nothing has come yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// When to show a picture that is there since `now`, and whose predecessors are: never before `now`, and at most
    /// [`LONGEST_WAIT`] after it.
    pub fn arrived(&mut self, now: Instant, timestamp: u32) -> Instant {
        let sound = self.sound;
        let stream = self.stream.get_or_insert_with(|| Stream::new(now, timestamp));
        if !stream.take(now, timestamp) {
            *stream = Stream::new(now, timestamp);
            stream.take(now, timestamp);
        }
        stream.aim(now, sound);
        stream.due(now)
    }

    /// Which moment's sound is heard, with the timestamp that a picture of it has; `None` while that is not known.
    pub fn follow_sound(&mut self, sound: Option<Presentation>) {
        self.sound = sound;
    }

    /// When the newest picture would be shown if there were no sound to wait for; `None` before the first.
    pub fn by_itself(&self) -> Option<Presentation> {
        let stream = self.stream.as_ref()?;
        let at = stream.at(stream.extended, stream.by_itself_us);
        Some(Presentation { timestamp: stream.timestamp, at })
    }

    /// How much longer the ways of nearly all pictures were than the shortest, lately.
    pub fn jitter(&self) -> Duration {
        self.stream.as_ref().map_or(Duration::ZERO, |stream| duration(stream.usual_us - stream.shortest_us))
    }

    /// How long pictures that come as fast as they can wait at present.
    pub fn wait(&self) -> Duration {
        self.stream
            .as_ref()
            .map_or(Duration::ZERO, |stream| duration(stream.shown_after_us as i64 - stream.shortest_us))
    }
}

impl Stream {
    fn new(now: Instant, timestamp: u32) -> Self {
        Self {
            epoch: now,
            timestamp,
            extended: 0,
            arrived_at: now,
            arrivals: VecDeque::new(),
            sorted: Vec::new(),
            shortest_us: 0,
            usual_us: 0,
            by_itself_us: 0,
            shown_after_us: 0.0,
        }
    }

    /// Takes in an arrival. `false` when it has nothing to do with those before.
    fn take(&mut self, now: Instant, timestamp: u32) -> bool {
        let ticks = i64::from(ticks_between(timestamp, self.timestamp));
        let extended = self.extended + ticks;
        let way_us = self.way_us(now, extended);
        let is_far = (way_us - self.usual_us).abs() > STANDSTILL_US;
        if is_far || now.saturating_duration_since(self.arrived_at) > PAUSE {
            return false;
        }
        // Faster than they were captured: out of a queue.
        let since_last_us = micros_between(now, self.arrived_at);
        let stood_behind = ticks > 0 && 2 * since_last_us < ticks_to_us(ticks);
        (self.timestamp, self.extended) = (timestamp, extended);
        while let Some(oldest) = self.arrivals.front()
            && (now.saturating_duration_since(oldest.at) > WINDOW || self.arrivals.len() >= MOST_ARRIVALS)
        {
            self.arrivals.pop_front();
        }
        self.arrivals.push_back(Arrival { at: now, way_us, stood_behind });
        true
    }

    fn way_us(&self, now: Instant, extended: i64) -> i64 {
        micros_between(now, self.epoch) - ticks_to_us(extended)
    }

    /// Moves towards the way after which pictures are best shown.
    fn aim(&mut self, now: Instant, sound: Option<Presentation>) {
        self.shortest_us = self.arrivals.iter().map(|arrival| arrival.way_us).min().unwrap_or(self.shortest_us);
        self.sorted.clear();
        self.sorted.extend(self.arrivals.iter().filter(|arrival| !arrival.stood_behind).map(|arrival| arrival.way_us));
        let is_known = self.sorted.len() >= LEAST_ARRIVALS;
        self.usual_us = match (self.sorted.len() * WAITED_FOR).div_ceil(100).checked_sub(1) {
            Some(at) => *self.sorted.select_nth_unstable(at).1,
            None => self.shortest_us,
        };
        let longest_us = self.shortest_us + micros(LONGEST_WAIT);
        self.by_itself_us = match is_known {
            true => (self.usual_us - micros(TOLERANCE)).clamp(self.shortest_us, longest_us),
            false => self.shortest_us,
        };
        let with_sound_us = sound.and_then(|sound| self.with_sound_us(sound));
        let target = with_sound_us.map_or(self.by_itself_us, |us| us.clamp(self.by_itself_us, longest_us)) as f64;
        let elapsed = now.saturating_duration_since(self.arrived_at).as_secs_f64();
        self.arrived_at = now;
        let change = CHANGE_US_PER_S * elapsed;
        let least = if is_known { self.shown_after_us - change } else { f64::MIN };
        self.shown_after_us = target.clamp(least, self.shown_after_us + change).min(longest_us as f64);
    }

    /// The way after which pictures are just not too far ahead of their sound. `None` where the two have nothing to do with
    /// each other, as when the sender has started anew and has not yet said how they belong together.
    fn with_sound_us(&self, sound: Presentation) -> Option<i64> {
        let ticks = i64::from(ticks_between(sound.timestamp, self.timestamp));
        let way_us = micros_between(sound.at, self.epoch) - ticks_to_us(self.extended + ticks);
        ((way_us - self.usual_us).abs() <= STANDSTILL_US).then(|| way_us - micros(AHEAD_OF_SOUND))
    }

    fn due(&self, now: Instant) -> Instant {
        self.at(self.extended, self.shown_after_us as i64).clamp(now, now + LONGEST_WAIT)
    }

    /// The moment at which what has a timestamp has been on its way so long.
    fn at(&self, extended: i64, way_us: i64) -> Instant {
        let since_epoch = ticks_to_us(extended) + way_us;
        self.epoch + duration(since_epoch)
    }
}

fn ticks_to_us(ticks: i64) -> i64 {
    ticks * 1000 / i64::from(VIDEO_CLOCK_HZ / 1000)
}
