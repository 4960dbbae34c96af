//! The one guard around every entry: re-entry, liveness, poison, panic.
//!
//! Each engine has a [`Gate`] that counts the calls inside it, so that freeing it can wait for them, and a poison
//! flag that a panic sets. Whether this thread is inside a hook is a thread-local depth.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use crate::status::{LIAISON_OK, LIAISON_PANIC, LIAISON_REENTRANT};

/// A status other than `LIAISON_OK`, on its way out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refusal(pub(crate) i32);

/// What a function's body says; the guard turns it into the number C sees.
pub(crate) type Outcome<T = ()> = Result<T, Refusal>;

thread_local! {
    static HOOK_DEPTH: Cell<u32> = const { Cell::new(0) };
}

/// Whether this thread is running one of the app's hooks.
pub(crate) fn inside_hook() -> bool {
    HOOK_DEPTH.with(|depth| depth.get() > 0)
}

/// Runs one of the app's hooks, so that a call back into the library is seen as re-entry.
pub(crate) fn as_hook(run: impl FnOnce()) {
    struct Leave;
    impl Drop for Leave {
        fn drop(&mut self) {
            HOOK_DEPTH.with(|depth| depth.set(depth.get() - 1));
        }
    }
    HOOK_DEPTH.with(|depth| depth.set(depth.get() + 1));
    let _leave = Leave;
    run();
}

/// Runs `body`; a panic becomes `otherwise`. For functions that neither take an engine nor return a status.
pub(crate) fn contain<T>(otherwise: T, body: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|payload| {
        forget_payload(payload);
        otherwise
    })
}

/// Runs `body` outside hooks only and says its outcome as a number; `on_panic` runs when it panicked.
pub(crate) fn enter(on_panic: impl FnOnce(), body: impl FnOnce() -> Outcome) -> i32 {
    if inside_hook() {
        return LIAISON_REENTRANT;
    }
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(())) => LIAISON_OK,
        Ok(Err(Refusal(status))) => status,
        Err(payload) => {
            forget_payload(payload);
            on_panic();
            LIAISON_PANIC
        }
    }
}

/// [`enter`] for functions that touch nothing but their arguments: they may be called from inside a hook as well.
pub(crate) fn anywhere(body: impl FnOnce() -> Outcome) -> i32 {
    match contain(Err(Refusal(LIAISON_PANIC)), body) {
        Ok(()) => LIAISON_OK,
        Err(Refusal(status)) => status,
    }
}

/// A panic's payload may itself panic when dropped, which would leave the guard.
fn forget_payload(payload: Box<dyn std::any::Any + Send>) {
    if let Err(second) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        std::mem::forget(second);
    }
}

/// Counts who is inside; closing it keeps newcomers out and waits until everybody has left.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    /// The number inside, with `CLOSED` added once it is closed.
    state: AtomicUsize,
    waiting: Mutex<()>,
    left: Condvar,
}

const CLOSED: usize = 1 << (usize::BITS - 1);

/// Being inside a [`Gate`]. It keeps the gate itself alive: whoever waits may free everything else at once.
#[derive(Debug)]
pub(crate) struct Pass(Arc<Gate>);

impl Gate {
    /// `None` once the gate is closed.
    pub(crate) fn pass(self: &Arc<Self>) -> Option<Pass> {
        let pass = Pass(Arc::clone(self));
        let before = self.state.fetch_add(1, Ordering::Acquire);
        (before & CLOSED == 0).then_some(pass)
    }

    /// Keeps newcomers out; those inside go on.
    pub(crate) fn close(&self) {
        self.state.fetch_or(CLOSED, Ordering::AcqRel);
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.state.load(Ordering::Acquire) & CLOSED != 0
    }

    /// Closes and waits until nobody is inside. Never call it from inside.
    pub(crate) fn close_and_wait(&self) {
        self.close();
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        while self.state.load(Ordering::Acquire) & !CLOSED != 0 {
            waiting = self.left.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        if self.0.state.fetch_sub(1, Ordering::Release) == CLOSED | 1 {
            let _waiting = self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            self.0.left.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;
    use std::time::Duration;

    use super::*;
    use crate::status::LIAISON_NOT_FOUND;

    #[test]
    fn an_outcome_becomes_its_number() {
        assert_eq!(enter(|| {}, || Ok(())), LIAISON_OK);
        assert_eq!(enter(|| {}, || Err(Refusal(LIAISON_NOT_FOUND))), LIAISON_NOT_FOUND);
    }

    #[test]
    fn a_panic_becomes_a_status_even_when_its_payload_panics_again() {
        struct Nasty;
        impl Drop for Nasty {
            fn drop(&mut self) {
                panic!("while dropping the payload");
            }
        }
        let mut poisoned = false;
        let status = enter(|| poisoned = true, || std::panic::panic_any(Nasty));
        assert_eq!((status, poisoned), (LIAISON_PANIC, true));
        assert_eq!(contain(7, || panic!("contained")), 7);
    }

    #[test]
    fn inside_a_hook_every_entry_is_refused_and_a_panicking_hook_leaves_no_trace() {
        as_hook(|| {
            assert_eq!(enter(|| {}, || Ok(())), LIAISON_REENTRANT);
            as_hook(|| assert!(inside_hook()));
            assert!(inside_hook());
        });
        assert!(!inside_hook());
        contain((), || as_hook(|| panic!("in a hook")));
        assert!(!inside_hook());
    }

    #[test]
    fn closing_waits_for_those_inside_and_keeps_newcomers_out() {
        let gate = Arc::new(Gate::default());
        let closed = Arc::new(AtomicBool::new(false));
        let pass = gate.pass().unwrap();
        let closer = std::thread::spawn({
            let (gate, closed) = (Arc::clone(&gate), Arc::clone(&closed));
            move || {
                gate.close_and_wait();
                closed.store(true, Ordering::SeqCst);
            }
        });
        while gate.pass().is_some() {
            std::thread::yield_now();
        }
        std::thread::sleep(Duration::from_millis(20));
        assert!(!closed.load(Ordering::SeqCst), "somebody is still inside");
        drop(pass);
        closer.join().unwrap();
        assert!(gate.pass().is_none());
        gate.close_and_wait();
    }
}
