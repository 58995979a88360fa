//! Lips and voice together: what was captured at one moment is seen and heard at one moment, within [`TOLERANCE`].
//!
//! A pure state machine. A sender's reports say how the timestamps of its two streams belong to one clock of its own
//! (RFC 3550 §6.4.1); with these, the sound that is heard now has a timestamp among the pictures. Sound is what conversation
//! hangs on, so it is pictures that wait where sound comes later ([`crate::video::schedule`]); only where pictures cannot be
//! had in time, sound is made to wait, slowly and at most for [`LONGEST_SOUND_WAIT`]. Knows neither packets nor decoders.

#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::rtp::{AUDIO_CLOCK_HZ, Presentation, SenderReport, VIDEO_CLOCK_HZ, ticks_between};
use crate::signed_time::{micros, micros_between};

/// How far pictures may be behind their sound before sound is made to wait, and ahead before it is not any more.
pub const TOLERANCE: Duration = Duration::from_millis(25);

/// Longest that sound waits for pictures.
pub const LONGEST_SOUND_WAIT: Duration = Duration::from_millis(300);

/// How often the wait of sound is changed, and by how much at most.
const CHANGE_INTERVAL: Duration = Duration::from_millis(500);
const MOST_CHANGE: Duration = Duration::from_millis(40);

/// What was heard or shown longer ago says nothing about now.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(1);

/// A sender whose reports put its streams further apart is not believed.
const MOST_APART_US: i64 = 10_000_000;

/// The synchroniser of one participant, held by all who know or have to know something of it, each for a moment.
pub type SharedSynchroniser = Arc<Mutex<Synchroniser>>;

/// See the module's description.
#[derive(Debug, Default)]
pub struct Synchroniser {
    audio: Option<SenderReport>,
    video: Option<SenderReport>,
    heard: Option<Heard>,
    pictures_at: Option<Instant>,
    changed_at: Option<Instant>,
    least_sound_wait: Duration,
}

#[derive(Clone, Copy, Debug)]
struct Heard {
    sound: Presentation,
    /// How long it has waited before it was played.
    waited: Duration,
}

impl Synchroniser {
    /// Nothing is known yet, and neither waits for the other.
    pub fn new() -> Self {
        Self::default()
    }

    /// How the sender's sound belongs to its clock.
    pub fn audio_report(&mut self, report: SenderReport) {
        self.audio = Some(report);
    }

    /// How the sender's pictures belong to its clock.
    pub fn video_report(&mut self, report: SenderReport) {
        self.video = Some(report);
    }

    /// Sound is heard, having waited that long for its turn.
    pub fn sound_is_heard(&mut self, sound: Presentation, waited: Duration) {
        self.heard = Some(Heard { sound, waited });
    }

    /// What is heard, with the timestamp that a picture of it has. `None` while nothing is heard, or it is not known how the
    /// streams belong together.
    pub fn sound_among_pictures(&self, now: Instant) -> Option<Presentation> {
        let (audio, video, Heard { sound, .. }) = (self.audio?, self.video?, self.heard?);
        if now.saturating_duration_since(sound.at) > FORGOTTEN_AFTER {
            return None;
        }
        let since_audio_report_us = us_between(sound.timestamp, audio.timestamp, AUDIO_CLOCK_HZ);
        let apart_us = since_audio_report_us + ntp_us_between(audio.ntp_time, video.ntp_time);
        if apart_us.abs() > MOST_APART_US {
            return None;
        }
        let ticks = apart_us * i64::from(VIDEO_CLOCK_HZ) / 1_000_000;
        Some(Presentation { timestamp: video.timestamp.wrapping_add(ticks as u32), at: sound.at })
    }

    /// Pictures go so when they do not wait for sound.
    pub fn pictures_go(&mut self, now: Instant, by_themselves: Presentation) {
        self.pictures_at = Some(now);
        if self.changed_at.is_some_and(|at| now.saturating_duration_since(at) < CHANGE_INTERVAL) {
            return;
        }
        let (Some(sound), Some(Heard { waited, .. })) = (self.sound_among_pictures(now), self.heard) else { return };
        self.changed_at = Some(now);
        let sound_behind_us = us_between(by_themselves.timestamp, sound.timestamp, VIDEO_CLOCK_HZ);
        // How much later than sound of the same moment pictures are.
        let late_us = micros_between(by_themselves.at, sound.at) - sound_behind_us;
        let change = Duration::from_micros(late_us.unsigned_abs()).min(MOST_CHANGE);
        if late_us > micros(TOLERANCE) {
            self.least_sound_wait = (self.least_sound_wait.max(waited) + change).min(LONGEST_SOUND_WAIT);
        } else if late_us < -micros(TOLERANCE) {
            self.least_sound_wait = self.least_sound_wait.saturating_sub(change);
        }
    }

    /// How long sound has to wait at least, for the sake of pictures that come later. Nothing when there are none.
    pub fn least_sound_wait(&self, now: Instant) -> Duration {
        let are_there = self.pictures_at.is_some_and(|at| now.saturating_duration_since(at) < FORGOTTEN_AFTER);
        if are_there { self.least_sound_wait } else { Duration::ZERO }
    }
}

/// From one timestamp to another, negative when it is before.
fn us_between(timestamp: u32, from: u32, clock_hz: u32) -> i64 {
    i64::from(ticks_between(timestamp, from)) * 1_000_000 / i64::from(clock_hz)
}

/// From one time of NTP's format, seconds in 32.32 bits (RFC 3550 §4), to another. The epoch's end is let wrap around.
fn ntp_us_between(time: u64, from: u64) -> i64 {
    let fractions = i128::from(time.wrapping_sub(from).cast_signed());
    ((fractions * 1_000_000) >> 32) as i64
}
