//! The one way to start a thread: named, told to stop and joined when its owner is dropped.

use std::io;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::lock::lock;

#[derive(Default)]
struct Stop {
    asked: Mutex<bool>,
    changed: Condvar,
}

/// Tells a worker's body that its owner wants it to end.
#[derive(Clone, Default)]
pub struct StopSignal(Arc<Stop>);

impl StopSignal {
    /// Whether the body should return.
    pub fn is_stopped(&self) -> bool {
        *lock(&self.0.asked)
    }

    /// Sleeps for `duration`, or less when asked to stop. Returns whether the body should return.
    pub fn sleep(&self, duration: Duration) -> bool {
        let asked = lock(&self.0.asked);
        let (asked, _) =
            self.0.changed.wait_timeout_while(asked, duration, |asked| !*asked).unwrap_or_else(PoisonError::into_inner);
        *asked
    }

    fn stop(&self) {
        *lock(&self.0.asked) = true;
        self.0.changed.notify_all();
    }
}

/// A running thread. Dropping it stops the thread and waits for it.
pub struct Worker {
    stop: StopSignal,
    wake: Box<dyn Fn() + Send + Sync>,
    thread: Option<JoinHandle<()>>,
}

impl std::fmt::Debug for Worker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Worker").field("name", &self.thread.as_ref().and_then(|thread| thread.thread().name())).finish()
    }
}

impl Worker {
    /// Starts a thread that runs `body` until it returns; `body` watches its [`StopSignal`].
    ///
    /// # Errors
    ///
    /// When the system has no thread to give.
    pub fn spawn(name: &str, body: impl FnOnce(&StopSignal) + Send + 'static) -> io::Result<Self> {
        Self::spawn_with_wake(name, || {}, body)
    }

    /// Like [`Worker::spawn`], for a body that waits for something else than its signal: `wake` ends that wait, for
    /// instance by closing the channel it waits on, and is called after the signal is set.
    ///
    /// # Errors
    ///
    /// When the system has no thread to give.
    pub fn spawn_with_wake(
        name: &str,
        wake: impl Fn() + Send + Sync + 'static,
        body: impl FnOnce(&StopSignal) + Send + 'static,
    ) -> io::Result<Self> {
        let stop = StopSignal::default();
        let signal = stop.clone();
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(move || body(&signal))?;
        Ok(Self { stop, wake: Box::new(wake), thread: Some(thread) })
    }

    /// Whether the body has returned by itself.
    pub fn is_finished(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// Like dropping, for a body that may be stuck in a system call that nothing can end: waits at most `timeout`, then
    /// leaves the thread behind; it ends by itself if the call ever returns. Returns whether it has ended.
    pub fn stop_within(mut self, timeout: Duration) -> bool {
        /// The thread is about to end: its last moments are waited for in steps of this.
        const STEP: Duration = Duration::from_millis(2);
        self.stop.stop();
        (self.wake)();
        let deadline = Instant::now() + timeout;
        while !self.is_finished() && Instant::now() < deadline {
            std::thread::sleep(STEP);
        }
        let is_finished = self.is_finished();
        if !is_finished {
            self.thread = None;
        }
        is_finished
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.stop.stop();
        (self.wake)();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("a worker panicked");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::latest::{Latest, Waited};
    use std::sync::atomic::{AtomicBool, Ordering};

    #[test]
    fn dropping_stops_and_joins() {
        let ended = Arc::new(AtomicBool::new(false));
        let flag = ended.clone();
        let worker = Worker::spawn("test", move |stop| {
            while !stop.sleep(Duration::from_secs(3600)) {}
            flag.store(true, Ordering::SeqCst);
        });
        drop(worker);
        assert!(ended.load(Ordering::SeqCst));
    }

    #[test]
    fn a_stuck_body_is_left_behind_in_time() {
        let stuck = Latest::<u8>::new();
        let waiter = stuck.clone();
        let worker = Worker::spawn("test", move |_| {
            waiter.wait(Duration::from_secs(3600));
        });
        assert!(!worker.expect("a thread").stop_within(Duration::from_millis(20)));
        stuck.close();
        let worker = Worker::spawn("test", |stop| while !stop.sleep(Duration::from_secs(3600)) {});
        assert!(worker.expect("a thread").stop_within(Duration::from_secs(60)));
    }

    #[test]
    fn a_body_that_waits_elsewhere_is_woken() {
        let slot = Latest::<u8>::new();
        let (closer, waiter) = (slot.clone(), slot);
        let worker = Worker::spawn_with_wake(
            "test",
            move || closer.close(),
            move |_| assert_eq!(waiter.wait(Duration::from_secs(3600)), Waited::Closed),
        );
        drop(worker);
    }
}
