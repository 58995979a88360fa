//! What this process has used of the machine, where the system tells.

/// Processor seconds and the largest resident memory in bytes since the start of the process.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Resources {
    pub cpu_seconds: Option<f64>,
    pub peak_rss_bytes: Option<u64>,
}

#[cfg(unix)]
impl Resources {
    /// What was used up to now.
    pub fn used() -> Self {
        use nix::sys::resource::{UsageWho, getrusage};
        use nix::sys::time::TimeValLike;
        let Ok(usage) = getrusage(UsageWho::RUSAGE_SELF) else { return Self::default() };
        // Kibibytes everywhere but on Apple's systems, where it is bytes.
        let unit = if cfg!(target_vendor = "apple") { 1 } else { 1024 };
        let with_parents = || u64::try_from(usage.max_rss()).ok().map(|size| size * unit);
        let microseconds = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
        Self {
            cpu_seconds: Some(microseconds as f64 / 1e6),
            peak_rss_bytes: peak_resident_bytes().or_else(with_parents),
        }
    }
}

/// On Linux, what `getrusage` tells begins with the peak of whoever started this process; this does not.
#[cfg(unix)]
fn peak_resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let kibibytes = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix("kB"))?;
    Some(kibibytes.trim().parse::<u64>().ok()? * 1024)
}

#[cfg(not(unix))]
impl Resources {
    /// Not told here.
    pub fn used() -> Self {
        Self::default()
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_used_something() {
        let used = Resources::used();
        assert!(used.peak_rss_bytes.is_some_and(|bytes| bytes > 1 << 20));
        #[cfg(target_os = "linux")]
        assert!(peak_resident_bytes().is_some_and(|bytes| bytes > 1 << 20));
        assert!(used.cpu_seconds.is_some_and(|seconds| (0.0..3600.0).contains(&seconds)));
    }
}
