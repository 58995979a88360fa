//! How long the window's thread works for each frame, how often there is one, and how many of the pictures that came were shown.
//!
//! Told the times; asks no clock and draws nothing. Lock-free, so that whoever reports never holds up the window, and of a fixed
//! size however long a meeting lasts.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use egui::{Context, Id, Ui};
use serde::Serialize;

/// Each is larger than the one before by an eighth of an octave, which is 9 %.
const STEPS_AN_OCTAVE: f64 = 8.0;
/// Where the first ends.
const SHORTEST: Duration = Duration::from_micros(20);
/// The last has everything above 1.2 seconds.
const BUCKETS: usize = 128;

/// Counts up from the window's opening to its end.
#[derive(Debug)]
pub struct FrameTimes {
    frames: [AtomicU64; BUCKETS],
    longest_nanos: AtomicU64,
    pictures_arrived: AtomicU64,
    pictures_shown: AtomicU64,
}

/// What was counted up to some moment.
#[derive(Clone, Debug)]
pub struct Counted {
    frames: [u64; BUCKETS],
    longest: Duration,
    pictures_arrived: u64,
    pictures_shown: u64,
}

/// What that means, as a report and the statistics tell it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct WindowFigures {
    pub ui_frame_ms: FrameMilliseconds,
    pub repaints_per_second: f64,
    /// Pictures of everybody who is shown, oneself included, that could be taken; and those that were shown before a newer one came.
    pub pictures_arrived: u64,
    pub pictures_shown: u64,
}

/// How long the window's thread works for a frame: half of them take no longer than the first, 95 of 100 no longer than the second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct FrameMilliseconds {
    pub p50: f64,
    pub p95: f64,
    pub max: f64,
}

impl FrameTimes {
    /// A frame took so long.
    pub fn frame(&self, took: Duration) {
        self.frames[bucket(took)].fetch_add(1, Ordering::Relaxed);
        self.longest_nanos.fetch_max(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// A picture could be taken.
    pub fn picture_arrived(&self) {
        self.pictures_arrived.fetch_add(1, Ordering::Relaxed);
    }

    /// So many were shown since the window opened.
    pub fn set_pictures_shown(&self, shown: u64) {
        self.pictures_shown.store(shown, Ordering::Relaxed);
    }

    /// What was counted up to now.
    pub fn counted(&self) -> Counted {
        Counted {
            frames: std::array::from_fn(|place| self.frames[place].load(Ordering::Relaxed)),
            longest: Duration::from_nanos(self.longest_nanos.load(Ordering::Relaxed)),
            pictures_arrived: self.pictures_arrived.load(Ordering::Relaxed),
            pictures_shown: self.pictures_shown.load(Ordering::Relaxed),
        }
    }
}

impl Default for FrameTimes {
    fn default() -> Self {
        Self {
            frames: std::array::from_fn(|_| AtomicU64::new(0)),
            longest_nanos: AtomicU64::new(0),
            pictures_arrived: AtomicU64::new(0),
            pictures_shown: AtomicU64::new(0),
        }
    }
}

impl Default for Counted {
    fn default() -> Self {
        FrameTimes::default().counted()
    }
}

impl Counted {
    /// What happened since an earlier count, which was so long ago.
    pub fn since(&self, earlier: &Self, elapsed: Duration) -> WindowFigures {
        let frames: [u64; BUCKETS] =
            std::array::from_fn(|place| self.frames[place].saturating_sub(earlier.frames[place]));
        let all: u64 = frames.iter().sum();
        // The end of the part that the wanted one is in, and never more than the longest of all.
        let share = |share: f64| {
            let wanted = (share * all as f64).ceil().max(1.0) as u64;
            let mut so_far = 0;
            let place = frames.iter().position(|count| {
                so_far += count;
                so_far >= wanted
            });
            let end = place.map(|place| if place + 1 == BUCKETS { self.longest } else { end_of(place) });
            end.map_or(0.0, |end| milliseconds(end.min(self.longest)))
        };
        WindowFigures {
            ui_frame_ms: FrameMilliseconds { p50: share(0.5), p95: share(0.95), max: share(1.0) },
            repaints_per_second: if elapsed.is_zero() { 0.0 } else { all as f64 / elapsed.as_secs_f64() },
            pictures_arrived: self.pictures_arrived.saturating_sub(earlier.pictures_arrived),
            pictures_shown: self.pictures_shown.saturating_sub(earlier.pictures_shown),
        }
    }
}

/// Has whoever shows it know how the window keeps up.
pub fn tell(context: &Context, figures: WindowFigures) {
    context.data_mut(|data| data.insert_temp(told(), figures));
}

/// How the window has kept up lately, once that is known.
pub fn of(ui: &Ui) -> Option<WindowFigures> {
    ui.ctx().data(|data| data.get_temp(told()))
}

fn told() -> Id {
    Id::unique("window figures")
}

fn bucket(took: Duration) -> usize {
    let octaves = (took.as_secs_f64() / SHORTEST.as_secs_f64()).max(1.0).log2();
    ((octaves * STEPS_AN_OCTAVE).ceil() as usize).min(BUCKETS - 1)
}

fn end_of(bucket: usize) -> Duration {
    SHORTEST.mul_f64((bucket as f64 / STEPS_AN_OCTAVE).exp2())
}

fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e5).round() / 1e2
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn near(value: f64, wanted: f64) {
        assert!(value >= wanted * 0.995 && value <= wanted * 1.1, "{value} for {wanted}");
    }

    #[test]
    fn figures_are_those_of_the_frames_within_a_tenth() {
        let times = FrameTimes::default();
        for tenths in 1..=100 {
            times.frame(Duration::from_micros(100 * tenths));
        }
        let figures = times.counted().since(&Counted::default(), 10 * SECOND);
        near(figures.ui_frame_ms.p50, 5.0);
        near(figures.ui_frame_ms.p95, 9.5);
        assert_eq!((figures.ui_frame_ms.max, figures.repaints_per_second), (10.0, 10.0));
    }

    #[test]
    fn what_was_before_the_earlier_count_is_not_told() {
        let times = FrameTimes::default();
        times.frame(Duration::from_millis(400));
        times.picture_arrived();
        times.set_pictures_shown(1);
        let earlier = times.counted();
        for _ in 0..30 {
            times.frame(Duration::from_millis(2));
            times.picture_arrived();
        }
        times.set_pictures_shown(29);
        let figures = times.counted().since(&earlier, SECOND);
        near(figures.ui_frame_ms.max, 2.0);
        assert_eq!(figures.repaints_per_second, 30.0);
        assert_eq!((figures.pictures_arrived, figures.pictures_shown), (30, 28));
    }

    #[test]
    fn no_frame_is_too_short_or_too_long() {
        let times = FrameTimes::default();
        times.frame(Duration::ZERO);
        times.frame(Duration::from_secs(3600));
        let figures = times.counted().since(&Counted::default(), Duration::ZERO);
        assert_eq!((figures.ui_frame_ms.max, figures.repaints_per_second), (3_600_000.0, 0.0));
        assert_eq!(times.counted().since(&times.counted(), SECOND), WindowFigures::default());
    }
}
