//! A moving picture made by the program: someone in a room with lights drifting by, each number another one.
//!
//! Its lower edge carries the frame's number and the time it was made ([`stamp`]), so that latency and loss can be read off
//! a received picture. What does not move is painted once; a frame costs a copy and some blending.

mod scene;
mod sprite;
mod stamp;

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use super::pace::Metronome;
use super::{CaptureError, VideoSource};
use crate::choice::VideoLimits;
use crate::frame::{ColorSpace, FramePool, MAX_DIMENSION, VideoFrame};
use crate::worker::StopSignal;
use crate::y4m::FrameRate;

use scene::Scene;
pub use stamp::{PatternStamp, read};

/// The pattern of one number, at one size and rate.
#[derive(Debug)]
pub struct TestPattern {
    name: String,
    scene: Scene,
    fps: u32,
    pool: FramePool,
    metronome: Metronome,
    next_number: u32,
}

impl TestPattern {
    /// Paints what stands still. Pictures are as large as the limits allow (even sides), and come as often.
    pub fn new(number: u8, limits: VideoLimits) -> Self {
        let side = |length: u32| length.clamp(2, MAX_DIMENSION) / 2 * 2;
        let fps = limits.fps.max(1);
        Self {
            name: format!("test pattern {number}"),
            scene: Scene::paint(number, side(limits.width), side(limits.height)),
            fps,
            pool: FramePool::new(),
            metronome: Metronome::new(FrameRate { numerator: fps, denominator: 1 }),
            next_number: 0,
        }
    }

    /// The frame of a stamp.
    pub fn draw(&self, stamp: PatternStamp, captured_at: Instant) -> VideoFrame {
        let (width, height) = self.scene.size();
        let mut frame = self.pool.frame(width, height, ColorSpace::DEFAULT, captured_at);
        let seconds = f64::from(stamp.frame_number) / f64::from(self.fps);
        self.scene.draw(seconds as f32, frame.planes_mut());
        stamp::write(&mut frame, stamp);
        frame
    }
}

impl VideoSource for TestPattern {
    fn name(&self) -> &str {
        &self.name
    }

    fn next_frame(&mut self, stop: &StopSignal) -> Result<Option<VideoFrame>, CaptureError> {
        let now = Instant::now();
        let due = self.metronome.next(now);
        if stop.sleep(due.saturating_duration_since(now)) {
            return Ok(None);
        }
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let stamp = PatternStamp {
            frame_number: self.next_number,
            captured_at_micros: u64::try_from(since_epoch.as_micros()).unwrap_or(u64::MAX),
        };
        self.next_number = self.next_number.wrapping_add(1);
        Ok(Some(self.draw(stamp, Instant::now())))
    }
}

#[cfg(test)]
mod tests;
