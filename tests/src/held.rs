//! What a process holds of the system: threads, open files and memory. To see whether anything is left behind.

use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, Instant};

/// What this process holds at one moment, as Linux tells in `/proc/self`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// How many threads there are of each name.
    pub threads: BTreeMap<String, usize>,
    /// How many open files there are of each kind, such as `socket`.
    pub files: BTreeMap<String, usize>,
}

impl Held {
    /// What is held now.
    ///
    /// # Panics
    ///
    /// Where there is no `/proc`.
    pub fn now() -> Self {
        let mut threads = BTreeMap::new();
        for task in fs::read_dir("/proc/self/task").expect("Linux").flatten() {
            // One that ends in between has no name any more.
            if let Ok(name) = fs::read_to_string(task.path().join("comm")) {
                *threads.entry(name.trim().to_owned()).or_insert(0) += 1;
            }
        }
        let mut files = BTreeMap::new();
        for file in fs::read_dir("/proc/self/fd").expect("Linux").flatten() {
            // Reading the directory opens it, which is no longer so when its entry is looked at, or is this very entry.
            let Ok(target) = fs::read_link(file.path()) else { continue };
            let target = target.to_string_lossy();
            if !target.ends_with("/fd") {
                let kind = target.split_once(":[").map_or(target.as_ref(), |(kind, _)| kind);
                *files.entry(kind.to_owned()).or_insert(0) += 1;
            }
        }
        Self { threads, files }
    }
}

/// What this process holds once nothing of it has come or gone for a second. A thread that was joined is listed for a moment
/// more: the kernel wakes who waits for it before it forgets it. What is closed in the background goes as well.
///
/// # Panics
///
/// When it does not come to rest within `patience`.
pub fn at_rest(patience: Duration) -> Held {
    const REST: Duration = Duration::from_secs(1);
    let began = Instant::now();
    let (mut held, mut since) = (Held::now(), began);
    while since.elapsed() < REST {
        assert!(began.elapsed() < patience, "things still come and go: {held:#?}");
        std::thread::sleep(Duration::from_millis(20));
        let now = Held::now();
        if now != held {
            (held, since) = (now, Instant::now());
        }
    }
    held
}

/// Memory of this process that is in use and resident, in bytes.
///
/// # Panics
///
/// Where there is no `/proc`.
pub fn resident_bytes() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let kibibytes = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix("kB"));
    kibibytes.and_then(|number| number.trim().parse::<u64>().ok()).expect("the kernel tells its size") * 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_and_a_thread_are_seen_to_come_and_go() {
        let of = |held: &Held| {
            (held.threads.get("seen").copied().unwrap_or(0), held.files.get("socket").copied().unwrap_or(0))
        };
        let before = of(&Held::now());
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").expect("a socket");
        let (sender, receiver) = std::sync::mpsc::channel::<()>();
        let (runs, run) = std::sync::mpsc::channel();
        let thread = std::thread::Builder::new().name("seen".to_owned()).spawn(move || {
            // A thread names itself.
            runs.send(()).expect("somebody waits");
            receiver.recv().is_err()
        });
        run.recv().expect("it runs");
        let during = of(&Held::now());
        drop((socket, sender));
        assert!(thread.expect("a thread").join().expect("it ends"));
        assert_eq!(during, (before.0 + 1, before.1 + 1));
        assert_eq!(of(&at_rest(Duration::from_secs(60))), before);
        assert!(resident_bytes() > 1 << 20);
    }
}
