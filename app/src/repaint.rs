//! When the window is painted: on input, on a new view, and for new frames at a steady pace.
//!
//! Waking for each of nine people's frames would paint up to nine times as often as a screen can show. [`RepaintPacer`]
//! lets one of them ask for a paint some milliseconds ahead, and the others find it asked for already. [`WindowWaker`] is what the
//! engine holds; it exists before there is a window.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use egui::{Context, ViewportId};

use crate::frame_times::{Counted, FrameTimes, WindowFigures};
use crate::window::small;

/// Time for further frames to arrive for the same paint.
const GATHER: Duration = Duration::from_millis(4);

/// Decides which new frame asks for a paint. Lock-free; told the time.
#[derive(Debug)]
pub struct RepaintPacer {
    /// When the next paint may be asked for, since the clock's start.
    due_nanos: AtomicU64,
    period_nanos: AtomicU64,
}

impl RepaintPacer {
    /// A pacer that lets a paint happen once in `period`.
    pub fn new(period: Duration) -> Self {
        Self { due_nanos: AtomicU64::new(0), period_nanos: AtomicU64::new(nanos(period)) }
    }

    /// Changes the pace from the next paint on.
    pub fn set_period(&self, period: Duration) {
        self.period_nanos.store(nanos(period), Ordering::Relaxed);
    }

    /// Told of a new frame at `now` (since any fixed start), says in how long to paint; none when that paint was asked for by
    /// an earlier frame.
    pub fn frame_arrived(&self, now: Duration) -> Option<Duration> {
        let now = nanos(now);
        let due = self.due_nanos.load(Ordering::Relaxed);
        if now < due {
            return None;
        }
        let next = (now + nanos(GATHER)).max(due + self.period_nanos.load(Ordering::Relaxed));
        // Whoever loses the race finds the winner's paint coming.
        self.due_nanos.compare_exchange(due, next, Ordering::Relaxed, Ordering::Relaxed).ok()?;
        Some(Duration::from_nanos(next - now))
    }
}

fn nanos(duration: Duration) -> u64 {
    // 584 years.
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// How often to paint new frames: as often as screens show them, where a graphics processor does the work; where the main
/// processor does, less, and less still in a large window.
pub fn period(device_type: wgpu::DeviceType, window_pixels: u64) -> Duration {
    const LARGE_WINDOW: u64 = 1600 * 900;
    let per_second = match device_type {
        wgpu::DeviceType::Cpu if window_pixels > LARGE_WINDOW => 15,
        wgpu::DeviceType::Cpu => 30,
        _ => 60,
    };
    Duration::from_secs(1) / per_second
}

/// Wakes the window, from any thread and without waiting. Clones wake the same window.
#[derive(Clone)]
pub struct WindowWaker {
    shared: Arc<Shared>,
}

struct Shared {
    /// Made here and given to the window when it opens, so that the engine can be there first.
    context: Context,
    pacer: RepaintPacer,
    clock_start: Instant,
    /// Whether a window beside the large one is woken: the system's side wakes a minimised one late, and it is painted with the other.
    wakes_small: AtomicBool,
    frame_times: FrameTimes,
}

impl WindowWaker {
    /// A waker for a window that is yet to be opened with it.
    pub fn new() -> Self {
        let pacer = RepaintPacer::new(period(wgpu::DeviceType::Other, 0));
        let (context, clock_start) = (Context::default(), Instant::now());
        let (frame_times, wakes_small) = (FrameTimes::default(), AtomicBool::new(false));
        Self { shared: Arc::new(Shared { context, pacer, clock_start, wakes_small, frame_times }) }
    }

    /// A frame can be taken from a participant's slot: give this to [`nonet_media::latest::Latest::with_notify`].
    pub fn frame_arrived(&self) {
        self.shared.frame_times.picture_arrived();
        if let Some(delay) = self.shared.pacer.frame_arrived(self.shared.clock_start.elapsed()) {
            self.repaint_after(delay);
        }
    }

    /// There is a new view to show.
    pub fn view_changed(&self) {
        // Without any delay egui would paint twice.
        self.repaint_after(Duration::from_millis(1));
    }

    /// How the window has kept up since it was opened.
    pub fn figures(&self) -> WindowFigures {
        self.shared.frame_times.counted().since(&Counted::default(), self.shared.clock_start.elapsed())
    }

    pub(crate) fn frame_times(&self) -> &FrameTimes {
        &self.shared.frame_times
    }

    fn repaint_after(&self, delay: Duration) {
        let wakes_small = self.shared.wakes_small.load(Ordering::Relaxed);
        let viewport = if wakes_small { small::viewport() } else { ViewportId::ROOT };
        self.shared.context.request_repaint_after_for(delay, viewport);
    }

    pub(crate) fn context(&self) -> &Context {
        &self.shared.context
    }

    /// Whether the meeting is in the small window.
    pub(crate) fn set_small(&self, is_small: bool) {
        self.shared.wakes_small.store(is_small, Ordering::Relaxed);
    }

    pub(crate) fn set_period(&self, period: Duration) {
        self.shared.pacer.set_period(period);
    }
}

impl Default for WindowWaker {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for WindowWaker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WindowWaker").field("pacer", &self.shared.pacer).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PERIOD: Duration = Duration::from_nanos(33_333_333);

    /// The times at which paints happen when frames arrive at these times.
    fn paints(arrivals_ms: impl IntoIterator<Item = f64>) -> Vec<Duration> {
        let pacer = RepaintPacer::new(PERIOD);
        let arrivals = arrivals_ms.into_iter().map(|ms| Duration::from_secs_f64(ms / 1000.0));
        arrivals.filter_map(|now| Some(now + pacer.frame_arrived(now)?)).collect()
    }

    #[test]
    fn nine_staggered_streams_are_painted_once_a_period() {
        let stream = |offset_ms: f64| (0..300).map(move |frame| 1000.0 + offset_ms + f64::from(frame) * 33.333);
        let mut arrivals: Vec<f64> = (0..9).flat_map(|number| stream(f64::from(number) * 3.7)).collect();
        arrivals.sort_by(f64::total_cmp);
        let paints = paints(arrivals);
        assert!((299..=302).contains(&paints.len()), "{} paints in 10 s", paints.len());
        assert!(paints.windows(2).all(|pair| pair[1] - pair[0] >= PERIOD));
    }

    #[test]
    fn streams_that_tick_together_share_a_paint() {
        let paints = paints((0..10).flat_map(|frame| (0..9).map(move |_| 1000.0 + f64::from(frame) * 40.0)));
        assert_eq!(paints.len(), 10);
    }

    #[test]
    fn the_first_frame_after_a_pause_is_painted_soon() {
        let pacer = RepaintPacer::new(PERIOD);
        assert_eq!(pacer.frame_arrived(Duration::from_secs(5)), Some(GATHER));
        assert_eq!(pacer.frame_arrived(Duration::from_secs(5)), None);
        assert_eq!(pacer.frame_arrived(Duration::from_secs(9)), Some(GATHER));
    }

    #[test]
    fn every_frame_is_followed_by_a_paint_within_a_period() {
        let arrivals: Vec<f64> = (0..200).map(|frame| 1000.0 + f64::from(frame * frame % 997) * 3.0).collect();
        let mut sorted = arrivals.clone();
        sorted.sort_by(f64::total_cmp);
        let paints = paints(sorted.iter().copied());
        for arrival in sorted {
            let arrival = Duration::from_secs_f64(arrival / 1000.0);
            assert!(paints.iter().any(|paint| *paint >= arrival && *paint - arrival <= PERIOD + GATHER));
        }
    }

    #[test]
    fn software_drawing_is_paced_slower() {
        assert_eq!(period(wgpu::DeviceType::IntegratedGpu, 8_000_000), Duration::from_secs(1) / 60);
        assert_eq!(period(wgpu::DeviceType::Cpu, 1280 * 720), Duration::from_secs(1) / 30);
        assert_eq!(period(wgpu::DeviceType::Cpu, 1920 * 1080), Duration::from_secs(1) / 15);
    }
}
