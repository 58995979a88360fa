//! Whether this machine is too busy for good video.
//!
//! Reads how long its processors have worked, where the system tells, and judges that; the judge is told the time.

use std::time::{Duration, Instant};

/// From here on a machine is busy, and below that it is not any more, in percent of all its processors' time.
const BUSY_FROM_PERCENT: u8 = 85;
const RESTED_BELOW_PERCENT: u8 = 70;

/// How long it must have been so.
const SUSTAINED: Duration = Duration::from_secs(5);

/// How long the processors have worked and rested since the machine was started, all of them together, in ticks of the system's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProcessorTimes {
    pub working: u64,
    pub resting: u64,
}

impl ProcessorTimes {
    /// Up to now; none where the system does not tell.
    pub fn now() -> Option<Self> {
        if cfg!(target_os = "linux") { Self::parse(&std::fs::read_to_string("/proc/stat").ok()?) } else { None }
    }

    /// From what Linux writes: user, nice, system, idle, waiting for disks, interrupts, and what a host took.
    fn parse(text: &str) -> Option<Self> {
        let line = text.lines().find_map(|line| line.strip_prefix("cpu "))?;
        let ticks: Vec<u64> = line.split_whitespace().take(8).map_while(|word| word.parse().ok()).collect();
        let resting = ticks.get(3)?.checked_add(ticks.get(4).copied().unwrap_or_default())?;
        let all = ticks.iter().try_fold(0_u64, |sum, ticks| sum.checked_add(*ticks))?;
        Some(Self { working: all - resting, resting })
    }

    /// How busy they have been since, in percent; none where no time has passed.
    fn busy_percent(self, earlier: Self) -> Option<u8> {
        let working = self.working.checked_sub(earlier.working)?;
        let resting = self.resting.checked_sub(earlier.resting)?;
        let all = working.checked_add(resting).filter(|all| *all > 0)?;
        u8::try_from(u128::from(working) * 100 / u128::from(all)).ok()
    }
}

/// Judges one reading after the other.
#[derive(Clone, Debug, Default)]
pub struct LoadWatch {
    last: Option<ProcessorTimes>,
    /// Since when it has looked other than what is told.
    other_since: Option<Instant>,
    busy: Option<u8>,
}

impl LoadWatch {
    /// Takes a reading, about once a second. Returns whether [`LoadWatch::busy_percent`] has begun or ceased.
    pub fn observe(&mut self, now: Instant, times: ProcessorTimes) -> bool {
        let percent = self.last.replace(times).and_then(|last| times.busy_percent(last));
        let Some(percent) = percent else { return false };
        let is_busy = match self.busy {
            None => percent >= BUSY_FROM_PERCENT,
            Some(_) => percent >= RESTED_BELOW_PERCENT,
        };
        if is_busy == self.busy.is_some() {
            self.other_since = None;
            return false;
        }
        let since = *self.other_since.get_or_insert(now);
        if now.saturating_duration_since(since) < SUSTAINED {
            return false;
        }
        self.other_since = None;
        self.busy = is_busy.then_some(percent);
        true
    }

    /// How busy the machine is, in percent, where that has been too much for some seconds.
    pub fn busy_percent(&self) -> Option<u8> {
        self.busy
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is told after each second of these loads in percent.
    fn told(percents: impl IntoIterator<Item = u64>) -> Vec<bool> {
        let start = Instant::now();
        let (mut watch, mut times) = (LoadWatch::default(), ProcessorTimes { working: 0, resting: 0 });
        watch.observe(start, times);
        (1..)
            .zip(percents)
            .map(|(second, percent)| {
                times = ProcessorTimes { working: times.working + percent, resting: times.resting + 100 - percent };
                let before = watch.busy_percent().is_some();
                let has_changed = watch.observe(start + Duration::from_secs(second), times);
                assert_eq!(has_changed, before != watch.busy_percent().is_some());
                watch.busy_percent().is_some()
            })
            .collect()
    }

    #[test]
    fn a_machine_is_busy_once_it_has_been_for_some_seconds() {
        assert_eq!(told([95; 7]), [false, false, false, false, false, true, true]);
        assert_eq!(told([95, 95, 95, 95, 20, 95, 95, 95, 95, 95]), [false; 10], "a moment's rest is rest");
        assert_eq!(told([84; 20]), [false; 20]);
    }

    #[test]
    fn a_busy_machine_is_at_rest_again_once_it_clearly_is() {
        let loads = [95; 6].into_iter().chain([75; 10]).chain([30; 6]);
        let told = told(loads);
        assert_eq!(told[5..21], [true; 16]);
        assert!(!told[21]);
    }

    #[test]
    fn what_linux_tells_is_understood_and_nothing_else() {
        let text = "cpu  100 20 30 400 50 6 7 8 900 10\ncpu0 1 2 3 4\n";
        assert_eq!(ProcessorTimes::parse(text), Some(ProcessorTimes { working: 171, resting: 450 }));
        for text in ["", "cpu", "cpu 1 2", "cpu0 1 2 3 4 5", "cpu 1 2 3 99999999999999999999999"] {
            assert_eq!(ProcessorTimes::parse(text), None, "{text}");
        }
        #[cfg(target_os = "linux")]
        assert!(ProcessorTimes::now().is_some());
    }

    #[test]
    fn clocks_that_stand_or_go_back_tell_nothing() {
        let at = |working, resting| ProcessorTimes { working, resting };
        assert_eq!(at(5, 5).busy_percent(at(5, 5)), None);
        assert_eq!(at(4, 9).busy_percent(at(5, 5)), None);
        assert_eq!(at(80, 20).busy_percent(at(0, 0)), Some(80));
    }
}
