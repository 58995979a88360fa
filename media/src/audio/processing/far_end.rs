//! What the speaker plays, for whoever has to take it out of what the microphone hears: both threads' ends of a ring, and the
//! alignment of the two by their times.
//!
//! The playing thread tells of each piece when it will be heard, the microphone's when its samples were captured. Both times are only
//! about right, since devices move sound in periods; so the sound that is handed out goes on sample after sample, and skips only
//! where the times say for long enough that it has to. Knows nothing of echo.

use std::collections::VecDeque;
use std::time::Instant;

use rtrb::{Consumer, Producer, RingBuffer};

use crate::frame::{AUDIO_FRAME_SAMPLES, AUDIO_PIECE, AUDIO_PIECE_SAMPLES, SAMPLE_RATE_HZ};
use crate::signed_time::micros_between;

/// Pieces on their way from thread to thread: half a second. Of more, the newest are dropped.
const RING_PIECES: usize = 50;

/// Samples that wait to be captured again, at most: a second. Of more, the oldest are dropped.
const MOST_SAMPLES: usize = SAMPLE_RATE_HZ as usize;

/// How much earlier than it is heard sound is handed out: times may be wrong by this much, and an echo must not come before its
/// sound.
const AHEAD_MS: f64 = 20.0;

/// How wrong the alignment may be before it is corrected.
const TOLERANCE_MS: f64 = 8.0;

/// Share of a new measurement in the mean: about half a second of frames.
const SMOOTHING: f64 = 0.04;

/// Measurements that are further off than this are no jitter: the device was restarted, or the machine slept.
const LOST_MS: f64 = 300.0;

const SAMPLES_PER_MS: f64 = SAMPLE_RATE_HZ as f64 / 1_000.0;

struct PlayedPiece {
    samples: [f32; AUDIO_PIECE_SAMPLES],
    heard_at: Instant,
}

/// The playing thread's end.
pub struct Played {
    ring: Producer<PlayedPiece>,
}

/// The microphone's end; see the module's description.
pub struct FarEnd {
    ring: Consumer<PlayedPiece>,
    /// Not handed out yet, the next first.
    waiting: VecDeque<f32>,
    /// When the sample after the last that waits will be heard.
    waiting_until: Option<Instant>,
    /// How much later the next sample is heard than it should be, in milliseconds, smoothed.
    late_ms: f64,
    /// Whether sound is being handed out.
    runs: bool,
}

/// Both ends.
pub fn far_end() -> (Played, FarEnd) {
    let (producer, consumer) = RingBuffer::new(RING_PIECES);
    let far_end = FarEnd { ring: consumer, waiting: VecDeque::new(), waiting_until: None, late_ms: 0.0, runs: false };
    (Played { ring: producer }, far_end)
}

impl std::fmt::Debug for Played {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Played").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for FarEnd {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FarEnd").field("waiting", &self.waiting.len()).field("late_ms", &self.late_ms).finish()
    }
}

impl Played {
    /// Tells of 10 ms that will be heard from `heard_at` on. Never blocks: what nobody takes is lost.
    pub fn push(&mut self, samples: &[f32; AUDIO_PIECE_SAMPLES], heard_at: Instant) {
        let _ = self.ring.push(PlayedPiece { samples: *samples, heard_at });
    }
}

impl FarEnd {
    /// What was played while 20 ms were captured from `captured_at` on; silence where nothing was.
    pub fn read(&mut self, captured_at: Instant) -> [f32; AUDIO_FRAME_SAMPLES] {
        self.take_in();
        self.align(captured_at);
        let mut samples = [0.0; AUDIO_FRAME_SAMPLES];
        if self.runs {
            let ready = self.waiting.len().min(AUDIO_FRAME_SAMPLES);
            samples.iter_mut().zip(self.waiting.drain(..ready)).for_each(|(to, from)| *to = from);
            // Where the speaker has paused, it begins anew.
            self.runs = ready == AUDIO_FRAME_SAMPLES;
        }
        samples
    }

    fn take_in(&mut self) {
        while let Ok(PlayedPiece { samples, heard_at }) = self.ring.pop() {
            self.waiting.extend(samples);
            let excess = self.waiting.len().saturating_sub(MOST_SAMPLES);
            self.waiting.drain(..excess);
            self.waiting_until = Some(heard_at + AUDIO_PIECE);
        }
    }

    /// Skips samples, or waits, where the next one is not the one that belongs to what is captured.
    fn align(&mut self, captured_at: Instant) {
        let Some(until) = self.waiting_until else { return };
        let remaining = self.waiting.len() as f64 / SAMPLES_PER_MS;
        let late_ms = micros_between(until, captured_at) as f64 / 1_000.0 - remaining - AHEAD_MS;
        if !self.runs || (late_ms - self.late_ms).abs() > LOST_MS {
            self.late_ms = late_ms;
        } else {
            self.late_ms += SMOOTHING * (late_ms - self.late_ms);
            if self.late_ms.abs() < TOLERANCE_MS {
                return;
            }
        }
        let skipped = (-self.late_ms * SAMPLES_PER_MS).max(0.0) as usize;
        if self.late_ms > 0.0 {
            let missing = (self.late_ms * SAMPLES_PER_MS) as usize;
            if missing >= MOST_SAMPLES.saturating_sub(self.waiting.len()) {
                self.runs = false;
                return;
            }
            (0..missing).for_each(|_| self.waiting.push_front(0.0));
        } else if skipped > self.waiting.len() {
            // All that waits was heard before this was captured.
            self.waiting.clear();
            self.waiting_until = None;
            self.runs = false;
            return;
        } else {
            self.waiting.drain(..skipped);
        }
        self.late_ms = 0.0;
        self.runs = true;
    }
}

#[cfg(test)]
mod tests;
