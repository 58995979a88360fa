//! A one-slot channel: the newest value wins.
//!
//! Frames travel through these, so a slow consumer costs frames and never delay or memory. The consumer may block
//! ([`Latest::wait`], for worker threads) or poll ([`Latest::take`], and for the UI thread [`Latest::take_now`], woken through the
//! callback given to [`Latest::with_notify`]).

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::Duration;

use crate::lock::lock;

struct Slot<T> {
    value: Option<T>,
    closed: bool,
}

struct Shared<T> {
    slot: Mutex<Slot<T>>,
    changed: Condvar,
    notify: Box<dyn Fn() + Send + Sync>,
}

/// One end of a one-slot channel; clones share the slot. Any clone may publish, one consumer should take.
pub struct Latest<T> {
    shared: Arc<Shared<T>>,
}

/// What came of waiting for a value.
#[derive(Debug, PartialEq, Eq)]
pub enum Waited<T> {
    /// The newest value, now taken.
    Value(T),
    /// Nothing was published in time.
    TimedOut,
    /// The channel is closed and empty: nothing will ever come.
    Closed,
}

impl<T> Clone for Latest<T> {
    fn clone(&self) -> Self {
        Self { shared: self.shared.clone() }
    }
}

impl<T> std::fmt::Debug for Latest<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Latest").finish_non_exhaustive()
    }
}

impl<T> Default for Latest<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Latest<T> {
    /// An empty slot.
    pub fn new() -> Self {
        Self::with_notify(|| {})
    }

    /// An empty slot that calls `notify` after each publication, on the publisher's thread: it must not block.
    pub fn with_notify(notify: impl Fn() + Send + Sync + 'static) -> Self {
        Self {
            shared: Arc::new(Shared {
                slot: Mutex::new(Slot { value: None, closed: false }),
                changed: Condvar::new(),
                notify: Box::new(notify),
            }),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Slot<T>> {
        lock(&self.shared.slot)
    }

    /// Puts a value into the slot. Returns whether it displaced one that nobody had taken.
    pub fn publish(&self, value: T) -> bool {
        let displaced = self.lock().value.replace(value);
        self.shared.changed.notify_all();
        (self.shared.notify)();
        displaced.is_some()
    }

    /// The newest value, if there is one that was not taken yet.
    pub fn take(&self) -> Option<T> {
        self.lock().value.take()
    }

    /// The same without waiting for anybody: who publishes at this very moment tells of it afterwards.
    pub fn take_now(&self) -> Option<T> {
        match self.shared.slot.try_lock() {
            Ok(mut slot) => slot.value.take(),
            Err(TryLockError::Poisoned(slot)) => slot.into_inner().value.take(),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// Waits until there is a value, the channel is closed, or `timeout` has passed.
    pub fn wait(&self, timeout: Duration) -> Waited<T> {
        let guard = self.lock();
        let (mut guard, _) = self
            .shared
            .changed
            .wait_timeout_while(guard, timeout, |slot| slot.value.is_none() && !slot.closed)
            .unwrap_or_else(PoisonError::into_inner);
        match guard.value.take() {
            Some(value) => Waited::Value(value),
            None if guard.closed => Waited::Closed,
            None => Waited::TimedOut,
        }
    }

    /// Ends the channel: waiters wake. A value already in the slot can still be taken.
    pub fn close(&self) {
        self.lock().closed = true;
        self.shared.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn the_newest_value_wins() {
        let slot = Latest::new();
        assert!(!slot.publish(1));
        assert!(slot.publish(2));
        assert_eq!(slot.take(), Some(2));
        assert_eq!(slot.take(), None);
    }

    #[test]
    fn waiting_ends_with_a_value_from_another_thread() {
        let slot = Latest::new();
        let publisher = slot.clone();
        let thread = std::thread::spawn(move || publisher.publish(7));
        assert_eq!(slot.wait(Duration::from_secs(60)), Waited::Value(7));
        thread.join().expect("the publisher does not panic");
    }

    #[test]
    fn a_closed_slot_gives_its_last_value_and_then_says_so() {
        let slot = Latest::new();
        slot.publish(1);
        slot.close();
        assert_eq!(slot.wait(Duration::ZERO), Waited::Value(1));
        assert_eq!(slot.wait(Duration::from_secs(5)), Waited::Closed);
    }

    #[test]
    fn waiting_gives_up_in_time() {
        assert_eq!(Latest::<u8>::new().wait(Duration::ZERO), Waited::TimedOut);
    }

    #[test]
    fn who_does_not_wait_finds_nothing_while_somebody_publishes_and_the_newest_afterwards() {
        let slot = Latest::new();
        slot.publish(1);
        let publishing = slot.lock();
        // If it waited, this test would never end.
        assert_eq!(slot.take_now(), None);
        drop(publishing);
        assert_eq!(slot.take_now(), Some(1));
    }

    #[test]
    fn each_publication_notifies_once() {
        let count = Arc::new(AtomicUsize::new(0));
        let counter = count.clone();
        let slot = Latest::with_notify(move || {
            counter.fetch_add(1, Ordering::SeqCst);
        });
        slot.publish(1);
        slot.publish(2);
        assert_eq!(count.load(Ordering::SeqCst), 2);
    }
}
