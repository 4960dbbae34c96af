//! Notices devices that come, go or become the default. cpal has no notification for it, so one thread asks at a
//! modest pace, for all who want to know, and only while anybody does.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use super::find::list_now;
use crate::DeviceError;
use crate::open::DeviceInfo;

/// How often the system is asked: about 1 ms of work with PulseAudio.
const EVERY: Duration = Duration::from_secs(1);

/// What all devices are, and were the last time.
pub(crate) type Listed = Arc<[DeviceInfo]>;
type Hook = Box<dyn FnMut(&Listed) + Send>;

struct State {
    hooks: Vec<(u64, Hook)>,
    next: u64,
    last: Option<Listed>,
    running: bool,
}

struct Watch {
    state: Mutex<State>,
    left: Condvar,
}

static WATCH: Watch = Watch {
    state: Mutex::new(State { hooks: Vec::new(), next: 0, last: None, running: false }),
    left: Condvar::new(),
};

/// Being told; ends with this value.
pub(crate) struct Subscription(u64);

impl Drop for Subscription {
    fn drop(&mut self) {
        WATCH.lock().hooks.retain(|(id, _)| *id != self.0);
        WATCH.left.notify_all();
    }
}

/// Calls `hook` with the list as it is and then whenever it has changed, on a thread of its own with a lock held:
/// it must return at once and neither subscribe nor unsubscribe.
pub(crate) fn subscribe(mut hook: impl FnMut(&Listed) + Send + 'static) -> Result<Subscription, DeviceError> {
    let mut state = WATCH.lock();
    if !state.running {
        // What was known before may be long past.
        state.last = None;
        thread::Builder::new().name("liaison-devices".to_owned()).spawn(|| WATCH.run()).map_err(|e| {
            DeviceError::Unavailable(format!("cannot start the thread that watches the devices: {e}"))
        })?;
        state.running = true;
    }
    if let Some(last) = &state.last {
        hook(last);
    }
    let id = state.next;
    state.next += 1;
    state.hooks.push((id, Box::new(hook)));
    Ok(Subscription(id))
}

impl Watch {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self) {
        loop {
            // Without the lock: an audio server that hangs keeps nobody else waiting.
            let listed = list_now();
            let mut state = self.lock();
            // A failure is no news: what the system has left is seen the next time.
            if let Ok(listed) = listed
                && state.last.as_deref() != Some(listed.as_slice())
            {
                let listed = Listed::from(listed);
                state.last = Some(Arc::clone(&listed));
                state.hooks.iter_mut().for_each(|(_, hook)| hook(&listed));
            }
            let wait = self.left.wait_timeout_while(state, EVERY, |state| !state.hooks.is_empty());
            let (mut state, _) = wait.unwrap_or_else(PoisonError::into_inner);
            if state.hooks.is_empty() {
                state.running = false;
                return;
            }
        }
    }
}
