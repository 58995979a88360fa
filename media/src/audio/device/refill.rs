//! When the ring before a speaker must be filled again: as late as the device's habits allow, since all that waits there comes
//! later to the ear.
//!
//! A device takes samples in periods, on its own clock. From when it took what, this learns how many it takes at once and the
//! earliest moment of each period, and so when it will find too few; and from how long filling takes on this machine, how much
//! before that to begin. Told the time; knows no ring and no device.

use std::time::{Duration, Instant};

/// Habits are those of this window and the one before: long enough to see the earliest of periods that come late by chance,
/// short enough to follow a clock that is 200 ppm off within 1.2 ms.
const HABIT_WINDOW: Duration = Duration::from_secs(3);

/// How long filling takes is remembered for this window and the one before.
const EFFORT_WINDOW: Duration = Duration::from_secs(5);

/// Time that is left over beside what filling has taken lately.
const MARGIN: Duration = Duration::from_millis(2);

/// The most that is planned for filling: where it takes longer, more sound in waiting is no help.
const MOST_EFFORT: Duration = Duration::from_millis(30);

/// A period that the device took.
#[derive(Clone, Copy, Debug)]
pub(super) struct Taken {
    /// When it began to.
    pub at: Instant,
    /// Samples that it had taken in all before, or the silence in their place.
    pub before: u64,
    /// Samples of the period.
    pub samples: usize,
}

/// What the device took in one window.
#[derive(Clone, Copy, Debug)]
struct Habit {
    /// The least time of a period's beginning less the length of all samples before it, in seconds of the device's rate.
    earliest_s: f64,
    /// The most and the fewest samples that were taken at once.
    most: usize,
    fewest: usize,
}

impl Habit {
    const UNKNOWN: Self = Self { earliest_s: f64::INFINITY, most: 0, fewest: usize::MAX };

    fn with(self, other: Self) -> Self {
        Self {
            earliest_s: self.earliest_s.min(other.earliest_s),
            most: self.most.max(other.most),
            fewest: self.fewest.min(other.fewest),
        }
    }
}

/// See the module's description.
#[derive(Debug)]
pub(super) struct Refill {
    rate_hz: f64,
    epoch: Instant,
    /// Samples taken in all.
    taken: u64,
    habits: [Habit; 2],
    habit_since: Instant,
    /// The longest that filling took, from when it should have begun.
    efforts: [Duration; 2],
    effort_since: Instant,
}

impl Refill {
    /// Of a device of such a rate, which has taken nothing yet.
    pub(super) fn new(rate_hz: u32, now: Instant) -> Self {
        Self {
            rate_hz: f64::from(rate_hz),
            epoch: now,
            taken: 0,
            habits: [Habit::UNKNOWN; 2],
            habit_since: now,
            efforts: [Duration::ZERO; 2],
            effort_since: now,
        }
    }

    /// The device began to take something.
    pub(super) fn took(&mut self, Taken { at, before, samples }: Taken) {
        if samples == 0 {
            return;
        }
        if at.saturating_duration_since(self.habit_since) >= HABIT_WINDOW {
            self.habits = [Habit::UNKNOWN, self.habits[0]];
            self.habit_since = at;
        }
        let since_epoch = at.saturating_duration_since(self.epoch).as_secs_f64();
        let earliest_s = since_epoch - self.lasts(before as f64);
        self.habits[0] = self.habits[0].with(Habit { earliest_s, most: samples, fewest: samples });
        self.taken = before.saturating_add(samples as u64);
    }

    /// The device has paused: what it does then is no habit.
    pub(super) fn forget(&mut self) {
        self.habits = [Habit::UNKNOWN; 2];
    }

    /// When filling must begin at the latest while so many samples wait; none before anything was taken.
    pub(super) fn due(&self, waiting: usize) -> Option<Instant> {
        let habit = self.habit()?;
        // Where all periods are alike, it is the first that does not find all of its samples. Else it may be as long as the
        // longest, and begin wherever one can.
        let until = if habit.most == habit.fewest {
            waiting - waiting % habit.most
        } else {
            waiting.saturating_sub(habit.most)
        };
        let runs_short_s = habit.earliest_s + self.lasts(self.taken as f64 + until as f64);
        let effort = (self.efforts[0].max(self.efforts[1]) + MARGIN).min(MOST_EFFORT);
        let begin_s = (runs_short_s - effort.as_secs_f64()).max(0.0);
        Some(self.epoch + Duration::try_from_secs_f64(begin_s).ok()?)
    }

    /// Filling that was due then is done.
    pub(super) fn filled(&mut self, due: Instant, now: Instant) {
        if now.saturating_duration_since(self.effort_since) >= EFFORT_WINDOW {
            self.efforts = [Duration::ZERO, self.efforts[0]];
            self.effort_since = now;
        }
        self.efforts[0] = self.efforts[0].max(now.saturating_duration_since(due));
    }

    /// How long until a sample is played that is added while so many wait: until the device takes it, and as long again as the
    /// device holds of what it took at once.
    pub(super) fn latency(&self, now: Instant, waiting: usize) -> Duration {
        let Some(habit) = self.habit() else { return Duration::ZERO };
        let heard_s = habit.earliest_s + self.lasts(self.taken as f64 + waiting as f64 + habit.most as f64);
        let since_epoch = now.saturating_duration_since(self.epoch).as_secs_f64();
        Duration::try_from_secs_f64((heard_s - since_epoch).max(0.0)).unwrap_or_default()
    }

    /// How long the most that the device takes at once lasts.
    pub(super) fn period(&self) -> Option<Duration> {
        Some(Duration::from_secs_f64(self.lasts(self.habit()?.most as f64)))
    }

    fn habit(&self) -> Option<Habit> {
        Some(self.habits[0].with(self.habits[1])).filter(|habit| habit.most > 0)
    }

    /// How long samples last, in seconds.
    fn lasts(&self, samples: f64) -> f64 {
        samples / self.rate_hz
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE_HZ: u32 = 48_000;
    const MS: Duration = Duration::from_millis(1);

    /// A device, the ring before it and somebody who fills that with frames when they are due, in steps of 100 µs.
    struct Scene {
        refill: Refill,
        start: Instant,
        now: Instant,
        /// When the device takes what, from the start.
        takes: Vec<(Duration, usize)>,
        waiting: usize,
        /// Samples that the device wanted so far.
        asked: u64,
        missed: usize,
        /// How long after it was added the first sample of each frame was taken.
        waits: Vec<Duration>,
        /// Samples added and taken in all, and when those that were not taken yet were added.
        taken: usize,
        added: Vec<(usize, Instant)>,
        frame: usize,
        /// How long filling takes.
        effort: Duration,
    }

    impl Scene {
        fn new(takes: impl IntoIterator<Item = (Duration, usize)>, frame: usize) -> Self {
            let start = Instant::now();
            Self {
                refill: Refill::new(RATE_HZ, start),
                start,
                now: start,
                takes: takes.into_iter().collect(),
                waiting: 0,
                asked: 0,
                missed: 0,
                waits: Vec::new(),
                taken: 0,
                added: Vec::new(),
                frame,
                effort: MS / 2,
            }
        }

        /// Lets all of it happen. Returns what was missed from a moment on, and the longest wait from then on.
        fn run(mut self, settled: Duration) -> (usize, Duration) {
            let mut takes = std::mem::take(&mut self.takes).into_iter().peekable();
            let (mut filling, mut missed_before, mut waits_before) = (None, 0, 0);
            let mut total = 0;
            while let Some((at, samples)) = takes.peek().copied() {
                if self.now - self.start < settled {
                    (missed_before, waits_before) = (self.missed, self.waits.len());
                }
                if self.now >= self.start + at {
                    takes.next();
                    self.refill.took(Taken { at: self.now, before: self.asked, samples });
                    self.asked += samples as u64;
                    let got = samples.min(self.waiting);
                    self.missed += samples - got;
                    self.waiting -= got;
                    self.taken += got;
                    while let Some((first, added)) = self.added.first().copied()
                        && first < self.taken
                    {
                        self.waits.push(self.now - added);
                        self.added.remove(0);
                    }
                    continue;
                }
                match filling {
                    Some((due, done)) if self.now >= done => {
                        self.added.push((total, self.now));
                        total += self.frame;
                        self.waiting += self.frame;
                        self.refill.filled(due, self.now);
                        filling = None;
                    }
                    None => {
                        if let Some(due) = self.refill.due(self.waiting).filter(|due| self.now >= *due) {
                            filling = Some((due, self.now + self.effort));
                        }
                    }
                    Some(_) => {}
                }
                self.now += MS / 10;
            }
            let longest = self.waits[waits_before..].iter().copied().max().unwrap_or_default();
            (self.missed - missed_before, longest)
        }
    }

    /// Periods of so many samples, each late by what is given in tenths of a millisecond.
    fn periods(samples: usize, seconds: usize, late: impl Fn(usize) -> u64) -> Vec<(Duration, usize)> {
        let count = seconds * RATE_HZ as usize / samples;
        let on_time = |number: usize| Duration::from_secs_f64((number * samples) as f64 / f64::from(RATE_HZ));
        (0..count)
            .map(|number| (10 * MS + on_time(number) + Duration::from_micros(100 * late(number)), samples))
            .collect()
    }

    const SETTLED: Duration = Duration::from_millis(500);

    #[test]
    fn sound_waits_for_less_than_a_period_and_nothing_is_missed() {
        // Periods of 10 ms and frames of 10: a frame is there just before it is needed.
        let (missed, longest) = Scene::new(periods(480, 8, |_| 0), 480).run(SETTLED);
        assert!(missed == 0 && longest <= 3 * MS, "{missed} missed, {longest:?}");
        // Where periods and frames do not fit, a frame may have to be there for its end.
        for (period, most_ms) in [(640, 13), (1_024, 21), (441, 12), (128, 6)] {
            let (missed, longest) = Scene::new(periods(period, 8, |_| 0), 480).run(SETTLED);
            assert!(missed == 0 && longest <= most_ms * MS, "{missed} missed, {longest:?} in periods of {period}");
        }
    }

    #[test]
    fn periods_that_come_late_by_chance_cost_no_sample() {
        let (missed, longest) = Scene::new(periods(480, 8, |number| (number as u64 * 7_919) % 40), 480).run(SETTLED);
        assert!(missed == 0 && longest <= 8 * MS, "{missed} missed, {longest:?}");
    }

    #[test]
    fn a_device_that_takes_two_periods_at_a_time_finds_both() {
        // Two of 10 ms every 20.
        let (missed, longest) = Scene::new(periods(480, 8, |number| (1 - number as u64 % 2) * 100), 480).run(SETTLED);
        assert!(missed == 0 && longest <= 13 * MS, "{missed} missed, {longest:?}");
    }

    #[test]
    fn periods_of_changing_length_are_taken_for_the_longest() {
        let mut at = 0;
        let takes = (0..600).map(|number: usize| {
            let samples = 300 + number * 7_919 % 400;
            let take = (10 * MS + Duration::from_secs_f64(at as f64 / f64::from(RATE_HZ)), samples);
            at += samples;
            take
        });
        let (missed, longest) = Scene::new(takes.collect::<Vec<_>>(), 480).run(SETTLED);
        assert!(missed == 0 && longest <= 27 * MS, "{missed} missed, {longest:?}");
    }

    #[test]
    fn a_clock_that_is_off_is_followed() {
        for off in [0.9998, 1.0002] {
            let takes = periods(480, 60, |_| 0).into_iter().map(|(at, samples)| (at.mul_f64(off), samples));
            let (missed, longest) = Scene::new(takes.collect::<Vec<_>>(), 480).run(SETTLED);
            assert!(missed == 0 && longest <= 4 * MS, "{missed} missed, {longest:?}");
        }
    }

    #[test]
    fn filling_that_takes_long_is_begun_earlier() {
        let mut scene = Scene::new(periods(480, 8, |_| 0), 480);
        scene.effort = 6 * MS;
        let (missed, longest) = scene.run(SETTLED);
        assert!(missed == 0 && longest <= 4 * MS, "{missed} missed, {longest:?}");
    }

    #[test]
    fn latency_goes_on_evenly_whenever_it_is_asked() {
        let start = Instant::now();
        let mut refill = Refill::new(RATE_HZ, start);
        assert_eq!(refill.latency(start, 0), Duration::ZERO);
        refill.took(Taken { at: start + 10 * MS, before: 0, samples: 480 });
        refill.took(Taken { at: start + 20 * MS, before: 480, samples: 480 });
        // What is added right after a period was taken is the next one's, and heard when that one is through.
        assert_eq!(refill.latency(start + 20 * MS, 0).as_millis(), 20);
        assert_eq!(refill.latency(start + 25 * MS, 480).as_millis(), 25);
        refill.forget();
        assert_eq!((refill.due(0), refill.period()), (None, None));
    }
}
