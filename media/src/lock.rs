//! Taking a mutex whoever panicked while holding it.
//!
//! What this crate guards is plain values that are good after each single change, so a panic elsewhere cannot have left one
//! half changed, and need not spread to everybody who looks at it.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Waits for the mutex and takes it.
pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
