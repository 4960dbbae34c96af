//! One user at a time, and nobody ever waits: who comes second is turned away.

use std::sync::{Mutex, MutexGuard, TryLockError};

/// A value that at most one thread uses at a time.
///
/// This is a mutex of which only `try_lock` is ever called, which makes it an atomic flag that the compiler can
/// check: one compare-and-swap to enter, one swap to leave. Since nobody waits, nobody is woken, and so neither
/// makes a system call.
#[derive(Debug)]
pub(crate) struct Exclusive<T>(Mutex<T>);

impl<T> Exclusive<T> {
    pub fn new(value: T) -> Self {
        let exclusive = Self(Mutex::new(value));
        // Some systems allocate a mutex at its first use: have that done with.
        drop(exclusive.enter());
        exclusive
    }

    /// The value, unless another thread has it.
    pub fn enter(&self) -> Option<MutexGuard<'_, T>> {
        match self.0.try_lock() {
            Ok(guard) => Some(guard),
            // A panic of a thread that had it left a ring that is still sound.
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }
}
