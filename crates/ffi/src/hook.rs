//! The app's hooks: a function with a `user` pointer, run under no lock, and never again once it was taken away.

use std::ffi::c_void;
use std::sync::{Arc, Mutex, PoisonError};

use crate::config::{liaison_log_hook, liaison_wake_hook};
use crate::guard::{self, Gate};
use crate::text::liaison_str;

/// The app's own pointer. The app promised, by giving it with a hook, that its hook may get it on any thread.
#[derive(Clone, Copy, Debug)]
pub(crate) struct User(pub(crate) *mut c_void);

// SAFETY: the library never looks through it; it only hands it back to the app's hook, whose documentation says
// that it runs on the engine's threads.
unsafe impl Send for User {}
// SAFETY: as above.
unsafe impl Sync for User {}

/// One hook, as long as the app lets it fire.
#[derive(Debug)]
struct Armed<F> {
    hook: F,
    user: User,
    gate: Arc<Gate>,
}

/// Where a hook is kept; it can be replaced and taken away while it fires on other threads.
#[derive(Debug)]
pub(crate) struct HookSlot<F>(Mutex<Option<Arc<Armed<F>>>>);

impl<F: Copy> HookSlot<F> {
    pub(crate) fn new(hook: Option<F>, user: *mut c_void) -> Self {
        let slot = Self(Mutex::new(None));
        slot.replace(hook, user);
        slot
    }

    /// Puts another hook (or none) in place, and returns once the old one has fired for the last time.
    pub(crate) fn replace(&self, hook: Option<F>, user: *mut c_void) {
        let new = hook.map(|hook| Arc::new(Armed { hook, user: User(user), gate: Arc::default() }));
        let old = std::mem::replace(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner), new);
        if let Some(old) = old {
            old.gate.close_and_wait();
        }
    }

    /// Runs the hook, if there is one, with no lock held.
    fn fire(&self, call: impl FnOnce(F, *mut c_void)) {
        let armed = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(armed) = armed
            && let Some(_pass) = armed.gate.pass()
        {
            guard::as_hook(|| call(armed.hook, armed.user.0));
        }
    }
}

/// The hook behind a `liaison_wake_hook`.
pub(crate) type Wake = unsafe extern "C" fn(*mut c_void);
/// The hook behind a `liaison_log_hook`.
pub(crate) type Log = unsafe extern "C" fn(*mut c_void, i32, liaison_str);

// The aliases above repeat the public ones, which are optional; this fails to compile when they drift apart.
const _: fn(Option<Wake>) -> liaison_wake_hook = |hook| hook;
const _: fn(Option<Log>) -> liaison_log_hook = |hook| hook;

impl HookSlot<Wake> {
    pub(crate) fn wake(&self) {
        // SAFETY: the app gave a function of this type, and promised that it may be called with its user pointer.
        self.fire(|hook, user| unsafe { hook(user) });
    }
}

impl HookSlot<Log> {
    pub(crate) fn log(&self, level: i32, line: &str) {
        // SAFETY: as for `wake`; the line outlives the call.
        self.fire(|hook, user| unsafe { hook(user, level, liaison_str::borrowed(line)) });
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;

    unsafe extern "C" fn count(user: *mut c_void) {
        assert!(guard::inside_hook());
        // SAFETY: every test below hands over an AtomicUsize that outlives the slot.
        unsafe { &*user.cast::<AtomicUsize>() }.fetch_add(1, Ordering::SeqCst);
    }

    unsafe extern "C" fn slow(user: *mut c_void) {
        std::thread::sleep(Duration::from_millis(30));
        // SAFETY: as for `count`.
        unsafe { count(user) };
    }

    fn pointer(counter: &AtomicUsize) -> *mut c_void {
        std::ptr::from_ref(counter).cast_mut().cast()
    }

    #[test]
    fn a_replaced_hook_has_fired_for_the_last_time_when_replace_returns() {
        let old = AtomicUsize::new(0);
        let slot = Arc::new(HookSlot::<Wake>::new(Some(slow), pointer(&old)));
        let firing = std::thread::spawn({
            let slot = Arc::clone(&slot);
            move || slot.wake()
        });
        std::thread::sleep(Duration::from_millis(5));
        let new = AtomicUsize::new(0);
        slot.replace(Some(count), pointer(&new));
        let fired = old.load(Ordering::SeqCst);
        firing.join().unwrap();
        slot.wake();
        assert_eq!(old.load(Ordering::SeqCst), fired);
        slot.replace(None, std::ptr::null_mut());
        slot.wake();
        assert!(new.load(Ordering::SeqCst) >= 1);
    }
}
