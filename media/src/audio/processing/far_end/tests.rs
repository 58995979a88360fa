use super::*;
use crate::frame::{AUDIO_FRAME, AUDIO_PIECE};
use std::time::Duration;

const MS: Duration = Duration::from_millis(1);

/// A speaker that plays numbered samples and a microphone, in virtual time.
struct Devices {
    played: Played,
    far_end: FarEnd,
    start: Instant,
    written: u32,
    captured: u32,
}

impl Devices {
    fn new() -> Self {
        let (played, far_end) = far_end();
        Self { played, far_end, start: Instant::now(), written: 0, captured: 0 }
    }

    /// The next frame is played; it is said to be heard so much later than it really is.
    fn play(&mut self, wrong: Duration) {
        let heard_at = self.start + AUDIO_FRAME * self.written + wrong;
        for half in 0..2 {
            let first = self.written * AUDIO_FRAME_SAMPLES as u32 + half * AUDIO_PIECE_SAMPLES as u32;
            let samples = std::array::from_fn(|index| (first + index as u32 + 1) as f32);
            self.played.push(&samples, heard_at + AUDIO_PIECE * half);
        }
        self.written += 1;
    }

    /// The next frame is captured. Returns the number of its first sample, and whether the rest follow on it.
    fn capture(&mut self) -> (f32, bool) {
        let samples = self.far_end.read(self.start + AUDIO_FRAME * self.captured);
        self.captured += 1;
        (samples[0], samples.windows(2).all(|pair| pair[1] == pair[0] + 1.0))
    }
}

/// How many samples ahead of what is captured the sound is.
fn ahead(first: f32, captured: u32) -> f32 {
    first - 1.0 - (captured * AUDIO_FRAME_SAMPLES as u32) as f32
}

#[test]
fn what_is_handed_out_is_heard_a_little_later() {
    let mut devices = Devices::new();
    (0..4).for_each(|_| devices.play(Duration::ZERO));
    for frame in 0..100 {
        devices.play(Duration::ZERO);
        let (first, whole) = devices.capture();
        assert!(whole, "frame {frame}");
        assert!((ahead(first, frame) - 960.0).abs() <= 1.0, "frame {frame}: {} samples", ahead(first, frame));
    }
}

#[test]
fn times_that_are_sometimes_wrong_skip_nothing() {
    let mut devices = Devices::new();
    (0..4).for_each(|_| devices.play(Duration::ZERO));
    let mut before = None;
    for frame in 0..1_000u32 {
        devices.play(MS * (frame * 7 % 11));
        let (first, whole) = devices.capture();
        assert!(whole);
        // The first times may have been the wrong ones; later there is no reason to skip any more.
        assert!(frame < 100 || before == Some(first - 960.0), "frame {frame}");
        before = Some(first);
    }
}

#[test]
fn sound_that_comes_later_for_good_is_aligned_anew() {
    let mut devices = Devices::new();
    (0..6).for_each(|_| devices.play(Duration::ZERO));
    (0..50).for_each(|_| {
        devices.play(Duration::ZERO);
        devices.capture();
    });
    let mut last = 0.0;
    for _ in 0..100 {
        devices.play(MS * 30);
        last = devices.capture().0;
    }
    // Each sample is heard 30 ms later than its number says, so that numbers are 30 ms behind.
    let behind = 960.0 - ahead(last, devices.captured - 1);
    assert!((behind - 30.0 * 48.0).abs() < 9.0 * 48.0, "{behind} samples");
}

#[test]
fn silence_before_and_after_something_is_played() {
    let mut devices = Devices::new();
    assert_eq!(devices.capture(), (0.0, false));
    devices.written = 1;
    (0..5).for_each(|_| devices.play(Duration::ZERO));
    (0..3).for_each(|_| assert!(devices.capture().0 > 0.0));
    devices.capture();
    devices.capture();
    (0..10).for_each(|_| assert_eq!(devices.capture().0, 0.0));
    devices.written = devices.captured;
    (0..4).for_each(|_| devices.play(Duration::ZERO));
    let (first, _) = devices.capture();
    assert!((ahead(first, devices.captured - 1) - 960.0).abs() <= 1.0);
}

#[test]
fn what_nobody_takes_does_not_grow_and_what_is_old_is_skipped() {
    let mut devices = Devices::new();
    (0..10_000).for_each(|_| devices.play(Duration::ZERO));
    devices.captured = 10_000;
    assert_eq!(devices.capture().0, 0.0);
    assert!(devices.far_end.waiting.len() <= MOST_SAMPLES);
    for _ in 0..4 {
        devices.play(Duration::ZERO);
    }
    let (first, whole) = devices.capture();
    assert!(whole && first > 0.0);
}
