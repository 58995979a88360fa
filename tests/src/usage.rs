//! What a process uses of the machine, thread by thread, as Linux tells it in `/proc`.

use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, Instant};

/// What a process had used at one moment.
#[derive(Clone, Debug)]
pub struct Usage {
    at: Instant,
    process: u32,
    /// Time on a processor, by thread; threads of one name are apart by their id.
    threads: BTreeMap<(String, u32), Duration>,
}

impl Usage {
    /// What the process has used up to now. Threads that have ended are not counted.
    ///
    /// # Panics
    ///
    /// When there is no such process, or the system does not tell.
    pub fn of(process: u32) -> Self {
        let tasks = fs::read_dir(format!("/proc/{process}/task")).expect("a running process on Linux");
        let mut threads = BTreeMap::new();
        for id in tasks.filter_map(|task| task.ok()?.file_name().to_str()?.parse::<u32>().ok()) {
            let folder = format!("/proc/{process}/task/{id}");
            // A thread may end while it is looked at.
            let (Ok(name), Some(time)) = (fs::read_to_string(format!("{folder}/comm")), processor_time(&folder)) else {
                continue;
            };
            threads.insert((name.trim().to_owned(), id), time);
        }
        Self { at: Instant::now(), process, threads }
    }

    /// Share of one core that the main thread has taken since an earlier moment, in percent: of a window, the one that draws it.
    pub fn main_percent_since(&self, earlier: &Self) -> f64 {
        let of_main = |usage: &Self| {
            let mut threads = usage.threads.iter();
            threads.find(|((_, id), _)| *id == usage.process).map(|(_, time)| *time).unwrap_or_default()
        };
        let elapsed = self.at.duration_since(earlier.at).as_secs_f64();
        of_main(self).saturating_sub(of_main(earlier)).as_secs_f64() / elapsed * 100.0
    }

    /// Share of one core that each name of threads has taken since an earlier moment, in percent; those that took nothing
    /// are left out.
    pub fn percent_since(&self, earlier: &Self) -> BTreeMap<String, f64> {
        let elapsed = self.at.duration_since(earlier.at).as_secs_f64();
        let mut percent = BTreeMap::new();
        for (thread, time) in &self.threads {
            let before = earlier.threads.get(thread).copied().unwrap_or_default();
            let taken = time.saturating_sub(before).as_secs_f64();
            if taken > 0.0 {
                *percent.entry(thread.0.clone()).or_default() += taken / elapsed * 100.0;
            }
        }
        percent
    }
}

/// Time on a processor of the thread that calls.
///
/// # Panics
///
/// When the system does not tell.
pub fn own_processor_time() -> Duration {
    processor_time("/proc/thread-self").expect("Linux tells")
}

/// Nanoseconds on a processor are the first figure of `schedstat` (kernel, Documentation/scheduler/sched-stats.rst).
fn processor_time(folder: &str) -> Option<Duration> {
    let text = fs::read_to_string(format!("{folder}/schedstat")).ok()?;
    text.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}

/// What a process holds of the memory, in MiB.
#[derive(Clone, Copy, Debug)]
pub struct Memory {
    /// The most that was resident at any time.
    pub peak_mib: f64,
    /// What is resident now, of pages that are shared with others its share.
    pub proportional_mib: f64,
}

impl Memory {
    /// What the process holds.
    ///
    /// # Panics
    ///
    /// When there is no such process, or the system does not tell.
    pub fn of(process: u32) -> Self {
        let field = |file: &str, name: &str| {
            let text = fs::read_to_string(format!("/proc/{process}/{file}")).expect("a running process on Linux");
            let line = text.lines().find(|line| line.starts_with(name)).expect("the kernel's usual fields");
            let kibibytes: f64 = line.split_whitespace().nth(1).and_then(|word| word.parse().ok()).expect("a number");
            kibibytes / 1024.0
        };
        Self { peak_mib: field("status", "VmHWM:"), proportional_mib: field("smaps_rollup", "Pss:") }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_busy_thread_is_seen_under_its_name() {
        let before = Usage::of(std::process::id());
        let busy = std::thread::Builder::new()
            .name("busy".to_owned())
            .spawn(|| {
                while own_processor_time() < Duration::from_millis(50) {
                    std::hint::black_box(0);
                }
                (own_processor_time(), Usage::of(std::process::id()))
            })
            .unwrap();
        let (took, after) = busy.join().unwrap();
        let percent = after.percent_since(&before);
        // How much of the time that is depends on what else the machine does meanwhile.
        let least = took.as_secs_f64() / after.at.duration_since(before.at).as_secs_f64() * 100.0;
        assert!(percent["busy"] >= 0.999 * least, "{percent:?}, {least}");
    }

    #[test]
    fn this_process_holds_some_memory() {
        let memory = Memory::of(std::process::id());
        assert!(memory.peak_mib > 0.5 && memory.proportional_mib > 0.2, "{memory:?}");
    }
}
