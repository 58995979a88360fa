//! What gives way when encoding takes more time than there is, and when it comes back. Pure: times are given.
//!
//! Frame rate gives way first, then the largest layer that is encoded. A rate is changed by the ladder at once. A layer is
//! only said to be too much: whoever assigns layers to links moves them off it, so that nobody is left with a stream that
//! has ended. Coming back is tried when there is room for it, and after a failed try ever more rarely.

use std::time::{Duration, Instant};

use crate::layer::Layer;

/// How long the share of time spent encoding is measured.
const WINDOW: Duration = Duration::from_millis(500);

/// Share of the time that encoding may take. Beyond it frames come late, and soon too late.
const BUDGET: f64 = 0.8;

/// Share of the time that encoding may be expected to take after a step back up.
const COMFORT: f64 = 0.6;

/// Windows in a row over budget before something gives way: one may be somebody else's compiler.
const WINDOWS_OVER_BUDGET: u32 = 2;

/// How long there must have been room before a step back up; twice as long after each that failed.
const PATIENCE: Duration = Duration::from_secs(5);
const MOST_PATIENCE: Duration = Duration::from_secs(80);

/// A step back up has failed when something gives way again so soon.
const PROBATION: Duration = Duration::from_secs(10);

/// Frames so far apart do not belong to one measurement: the camera was off, or nobody wanted pictures.
const PAUSE: Duration = Duration::from_secs(1);

/// Frame rates as shares of the full one, and the least that is still taken for motion.
const RATES: [(u32, u32); 3] = [(1, 1), (2, 3), (1, 2)];
const LEAST_FPS: u32 = 15;

/// Times that a layer and all below it cost as much as all below it, by their pixels.
const LAYER_COST: f64 = 5.0;

/// What the machine can encode in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EncodeLimits {
    /// The largest layer that links should be given.
    pub largest: Layer,
    /// Most frames per second that are encoded.
    pub max_fps: u32,
}

#[derive(Debug)]
pub struct Overload {
    /// Frames per second, from full to least, all different.
    rates: Vec<u32>,
    rate: usize,
    largest: Layer,
    window: Option<Window>,
    windows_over_budget: u32,
    room_since: Option<Instant>,
    patience: Duration,
    last_step_up: Option<Instant>,
}

#[derive(Debug)]
struct Window {
    start: Instant,
    end: Instant,
    busy: Duration,
    /// The largest layer encoded in it.
    largest: Layer,
}

impl Overload {
    /// For a capture of so many frames per second.
    pub fn new(fps: u32) -> Self {
        let fps = fps.max(1);
        let mut rates: Vec<u32> = RATES
            .iter()
            .map(|(numerator, denominator)| (fps * numerator / denominator).max(LEAST_FPS.min(fps)))
            .collect();
        rates.dedup();
        Self {
            rates,
            rate: 0,
            largest: Layer::Top,
            window: None,
            windows_over_budget: 0,
            room_since: None,
            patience: PATIENCE,
            last_step_up: None,
        }
    }

    /// What the machine can encode.
    pub fn limits(&self) -> EncodeLimits {
        // As long as a layer that is too much is still wanted, everything stays at the least rate.
        let is_waiting = self.window.as_ref().is_some_and(|window| window.largest > self.largest);
        let rate = if is_waiting { self.rates.len() - 1 } else { self.rate };
        EncodeLimits { largest: self.largest, max_fps: self.rates[rate] }
    }

    /// Takes note of a frame that was scaled and encoded between two moments, `largest` the largest of its layers.
    pub fn encoded(&mut self, started: Instant, finished: Instant, largest: Layer) {
        let continued = self.window.take().filter(|window| started < window.end + PAUSE);
        if continued.is_none() {
            self.windows_over_budget = 0;
            self.room_since = None;
        }
        let mut window =
            continued.unwrap_or(Window { start: started, end: started, busy: Duration::ZERO, largest: Layer::Low });
        window.busy += finished.saturating_duration_since(started);
        window.end = finished;
        window.largest = window.largest.max(largest);
        let length = window.end.saturating_duration_since(window.start);
        if length < WINDOW {
            self.window = Some(window);
            return;
        }
        self.measured(window.busy.as_secs_f64() / length.as_secs_f64(), &window);
        self.window = Some(Window { start: finished, end: finished, busy: Duration::ZERO, largest });
    }

    /// Judges one window by the share of it that was spent encoding.
    fn measured(&mut self, share: f64, window: &Window) {
        let now = window.end;
        if window.largest > self.largest {
            // What it says is of a layer that is about to go.
            self.windows_over_budget = 0;
            self.room_since = None;
        } else if share > BUDGET {
            self.room_since = None;
            self.windows_over_budget += 1;
            if self.windows_over_budget >= WINDOWS_OVER_BUDGET {
                self.windows_over_budget = 0;
                self.step_down(now, window.largest);
            }
        } else {
            self.windows_over_budget = 0;
            if self.growth().is_none_or(|growth| share * growth > COMFORT) {
                self.room_since = None;
            } else if now.saturating_duration_since(*self.room_since.get_or_insert(window.start)) >= self.patience {
                self.step_up(now);
            }
        }
    }

    fn step_down(&mut self, now: Instant, largest_encoded: Layer) {
        let has_failed = self.last_step_up.take().is_some_and(|up| now < up + PROBATION);
        self.patience = if has_failed { (self.patience * 2).min(MOST_PATIENCE) } else { PATIENCE };
        if self.rate + 1 < self.rates.len() {
            self.rate += 1;
        } else if let Some(below) = largest_encoded.below() {
            self.largest = below;
            // A good part of the load is gone with the layer, so that the others need not stutter.
            self.rate = self.rates.len() / 2;
        }
        tracing::info!(limits = ?self.limits(), "encoding takes too long; less is sent");
    }

    /// Times that the next step up costs what there is now.
    fn growth(&self) -> Option<f64> {
        match self.rate {
            0 if self.largest == Layer::Top => None,
            0 => Some(LAYER_COST * f64::from(self.rates[self.rates.len() - 1]) / f64::from(self.rates[0])),
            rate => Some(f64::from(self.rates[rate - 1]) / f64::from(self.rates[rate])),
        }
    }

    fn step_up(&mut self, now: Instant) {
        if self.rate > 0 {
            self.rate -= 1;
        } else if let Some(above) = self.largest.above() {
            self.largest = above;
            self.rate = self.rates.len() - 1;
        }
        self.room_since = None;
        self.last_step_up = Some(now);
        tracing::info!(limits = ?self.limits(), "there is time to encode more");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::pace::FrameRateLimit;

    /// Time between two captured frames.
    const INTERVAL: Duration = Duration::from_micros(33_333);

    /// A machine that captures 30 frames a second, and an owner that wants some layers and obeys the limits, in virtual
    /// time.
    struct Machine {
        overload: Overload,
        start: Instant,
        now: Instant,
        /// Number of the last frame that was taken.
        frame: u32,
        rate_limit: FrameRateLimit,
        wanted: Layer,
        /// Milliseconds that each layer takes, from the smallest.
        cost_ms: [f64; Layer::COUNT],
        obeys: bool,
        changes: Vec<EncodeLimits>,
    }

    impl Machine {
        fn new(cost_ms: [f64; Layer::COUNT]) -> Self {
            let (overload, start) = (Overload::new(30), Instant::now());
            Self {
                changes: vec![overload.limits()],
                overload,
                start,
                now: start,
                frame: 0,
                rate_limit: FrameRateLimit::new(30),
                wanted: Layer::Top,
                cost_ms,
                obeys: true,
            }
        }

        fn run(&mut self, seconds: u64) -> EncodeLimits {
            let end = self.now + Duration::from_secs(seconds);
            while self.now < end {
                // The newest frame; those that came while another was encoded are lost.
                let newest = ((self.now - self.start).as_nanos() / INTERVAL.as_nanos()) as u32;
                self.frame = newest.max(self.frame + 1);
                let captured_at = self.start + INTERVAL * self.frame;
                self.now = self.now.max(captured_at);
                let limits = self.overload.limits();
                if self.changes.last() != Some(&limits) {
                    self.changes.push(limits);
                    self.rate_limit = FrameRateLimit::new(limits.max_fps);
                }
                if self.rate_limit.admits(captured_at) {
                    let largest = if self.obeys { self.wanted.min(limits.largest) } else { self.wanted };
                    let cost_ms: f64 = self.cost_ms[..=largest.index()].iter().sum();
                    let finished = self.now + Duration::from_secs_f64(cost_ms / 1000.0);
                    self.overload.encoded(self.now, finished, largest);
                    self.now = finished;
                }
            }
            self.overload.limits()
        }
    }

    const FULL: EncodeLimits = EncodeLimits { largest: Layer::Top, max_fps: 30 };

    #[test]
    fn a_machine_that_keeps_up_changes_nothing() {
        let mut machine = Machine::new([0.3, 2.1, 5.5]);
        assert_eq!(machine.run(120), FULL);
        assert_eq!(machine.changes, [FULL]);
        let mut machine = Machine::new([1.0, 7.0, 17.0]);
        machine.run(120);
        assert_eq!(machine.changes, [FULL], "three quarters of the time is within the budget");
    }

    #[test]
    fn frame_rate_gives_way_before_the_top_layer() {
        let mut machine = Machine::new([1.5, 8.0, 20.0]);
        assert_eq!(machine.run(60), EncodeLimits { largest: Layer::Top, max_fps: 20 });
        let mut machine = Machine::new([2.0, 12.0, 50.0]);
        let limits = machine.run(10);
        assert_eq!(limits.largest, Layer::Middle);
        let largest: Vec<_> = machine.changes.iter().map(|limits| (limits.largest, limits.max_fps)).collect();
        assert_eq!(largest[..3], [(Layer::Top, 30), (Layer::Top, 20), (Layer::Top, 15)]);
    }

    #[test]
    fn a_hopeless_machine_ends_at_the_lowest_step() {
        let mut machine = Machine::new([90.0, 200.0, 800.0]);
        assert_eq!(machine.run(60), EncodeLimits { largest: Layer::Low, max_fps: 15 });
    }

    #[test]
    fn everything_comes_back_when_the_machine_is_free_again() {
        let mut machine = Machine::new([4.0, 24.0, 70.0]);
        assert_ne!(machine.run(20).largest, Layer::Top);
        machine.cost_ms = [0.3, 2.1, 5.5];
        assert_eq!(machine.run(200), FULL);
    }

    #[test]
    fn a_step_up_that_fails_is_tried_ever_more_rarely() {
        // The middle layer is cheap enough for a try, the top one never fits.
        let mut machine = Machine::new([0.5, 3.0, 80.0]);
        machine.run(60);
        let early = machine.changes.len();
        machine.run(600);
        let tries = machine.changes[early..].iter().filter(|limits| limits.largest == Layer::Top).count();
        assert!((1..=30).contains(&tries), "{tries} states with the top layer in ten minutes");
        let top_at = machine.changes.iter().rposition(|limits| limits.largest == Layer::Top);
        machine.changes.drain(..=top_at.unwrap());
        machine.run(60);
        assert!(machine.changes.iter().filter(|limits| limits.largest == Layer::Top).count() <= 3);
    }

    #[test]
    fn a_moment_of_load_changes_nothing() {
        let mut machine = Machine::new([0.3, 2.1, 5.5]);
        for _ in 0..20 {
            machine.run(3);
            // One frame that was interrupted.
            let end = machine.now + Duration::from_millis(450);
            machine.overload.encoded(machine.now, end, Layer::Top);
            machine.now = end;
        }
        assert_eq!(machine.changes, [FULL]);
    }

    #[test]
    fn what_nobody_wants_does_not_give_way_first() {
        let mut machine = Machine::new([3.0, 60.0, 0.0]);
        machine.wanted = Layer::Middle;
        assert_eq!(machine.run(20).largest, Layer::Low);
    }

    #[test]
    fn nothing_more_is_taken_away_until_the_layer_is_gone() {
        let mut machine = Machine::new([2.0, 12.0, 100.0]);
        machine.obeys = false;
        let limits = machine.run(60);
        assert_eq!(limits, EncodeLimits { largest: Layer::Middle, max_fps: 15 });
    }

    #[test]
    fn a_pause_is_not_taken_for_room() {
        let mut machine = Machine::new([4.0, 24.0, 70.0]);
        let limits = machine.run(20);
        for _ in 0..30 {
            machine.now += Duration::from_secs(60);
            let finished = machine.now + Duration::from_millis(5);
            machine.overload.encoded(machine.now, finished, Layer::Low);
        }
        assert_eq!(machine.overload.limits(), limits);
    }

    #[test]
    fn slow_captures_are_not_slowed_further() {
        assert_eq!(Overload::new(10).rates, [10]);
        assert_eq!(Overload::new(25).rates, [25, 16, 15]);
        assert_eq!(Overload::new(60).rates, [60, 40, 30]);
    }
}
