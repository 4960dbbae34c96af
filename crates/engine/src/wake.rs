//! How an app that sleeps in its own loop learns that there is something to poll: a hook, and a descriptor.

use std::io::{Read, Write};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::net::UnixStream;
use std::sync::{Mutex, PoisonError};

/// Says "poll me", from one of the engine's threads. It must return quickly.
pub type WakeHook = Box<dyn Fn() + Send + Sync>;

/// A pair of connected sockets stands in for an `eventfd`: it needs no `unsafe` and exists on every Unix.
pub(crate) struct Wake {
    readable: UnixStream,
    writable: UnixStream,
    hook: Mutex<Option<std::sync::Arc<WakeHook>>>,
}

impl Wake {
    pub(crate) fn new() -> std::io::Result<Self> {
        let (readable, writable) = UnixStream::pair()?;
        readable.set_nonblocking(true)?;
        writable.set_nonblocking(true)?;
        Ok(Self { readable, writable, hook: Mutex::new(None) })
    }

    /// The hook runs with no lock held, so that it may call back into the engine's own errors.
    pub(crate) fn fire(&self) {
        // A full socket is as readable as one more byte would make it.
        let _ = (&self.writable).write(&[1]);
        let hook = self.hook.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(hook) = hook {
            hook();
        }
    }

    pub(crate) fn clear(&self) {
        let mut bytes = [0; 64];
        while matches!((&self.readable).read(&mut bytes), Ok(count) if count == bytes.len()) {}
    }

    pub(crate) fn set_hook(&self, hook: Option<WakeHook>) {
        *self.hook.lock().unwrap_or_else(PoisonError::into_inner) = hook.map(std::sync::Arc::new);
    }

    pub(crate) fn fd(&self) -> RawFd {
        self.readable.as_raw_fd()
    }
}
