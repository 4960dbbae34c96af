//! The events on their way to the app: bounded, coalesced, with one wake.
//!
//! Two queues: *must deliver* and *droppable*. What must be delivered is bounded by what it speaks of: a call has at
//! most one pending event of each kind, devices at most 64 changes, and operations are bounded by [`MAX_OPERATIONS`].
//! A thread of chat has at most 1024 that the app has not acknowledged.
//! Only statistics, levels and who is typing may be dropped, keys beyond 256, and changes of devices beyond 64; an
//! [`Event::Overflow`] tells how many were.

use std::collections::VecDeque;
use std::mem::discriminant;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::event::{Event, OperationId};
use crate::wake::{Wake, WakeHook};

/// Operations that may be under way at once.
pub(crate) const MAX_OPERATIONS: usize = 1024;
/// Changes of devices kept for an app that does not poll; each of another device. The oldest goes first.
const MAX_DEVICE_CHANGES: usize = 64;
/// Droppable events kept for an app that does not poll.
const MAX_DROPPABLE: usize = 256;

#[derive(Default)]
struct Queues {
    must: VecDeque<Event>,
    droppable: VecDeque<Event>,
    dropped: u64,
    /// The app has been woken and has not yet found the queue empty.
    woken: bool,
    poisoned: bool,
    operations_pending: usize,
    next_operation: u64,
}

pub(crate) struct EventQueue {
    queues: Mutex<Queues>,
    arrived: Condvar,
    wake: Wake,
}

impl EventQueue {
    pub(crate) fn new() -> std::io::Result<Self> {
        Ok(Self { queues: Mutex::default(), arrived: Condvar::new(), wake: Wake::new()? })
    }

    /// A panic while the lock was held leaves a queue that is still whole: every change is a single push or pop.
    fn lock(&self) -> MutexGuard<'_, Queues> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn push(&self, event: Event) {
        let first = {
            let mut queues = self.lock();
            if queues.poisoned {
                return;
            }
            queues.accept(event);
            !std::mem::replace(&mut queues.woken, true)
        };
        self.arrived.notify_all();
        if first {
            self.wake.fire();
        }
    }

    pub(crate) fn next(&self) -> Option<Event> {
        let mut queues = self.lock();
        let event = queues.take();
        if event.is_none() {
            queues.woken = false;
            self.wake.clear();
        }
        event
    }

    pub(crate) fn wait(&self, timeout: Duration) -> Option<Event> {
        // An absurd timeout must not overflow the clock.
        let deadline = Instant::now() + timeout.min(Duration::from_secs(365 * 86_400));
        let mut queues = self.lock();
        loop {
            if let Some(event) = queues.take() {
                return Some(event);
            }
            queues.woken = false;
            self.wake.clear();
            let left = deadline.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())?;
            queues = self.arrived.wait_timeout(queues, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    pub(crate) fn begin_operation(&self) -> Option<OperationId> {
        let mut queues = self.lock();
        if queues.operations_pending >= MAX_OPERATIONS {
            return None;
        }
        queues.operations_pending += 1;
        queues.next_operation += 1;
        Some(OperationId(queues.next_operation))
    }

    /// For an operation that was begun but could not be handed on.
    pub(crate) fn cancel_operation(&self) {
        let mut queues = self.lock();
        queues.operations_pending = queues.operations_pending.saturating_sub(1);
    }

    /// The last event this queue will carry.
    pub(crate) fn poison(&self) {
        self.push(Event::Poisoned);
        self.lock().poisoned = true;
    }

    pub(crate) fn is_poisoned(&self) -> bool {
        self.lock().poisoned
    }

    pub(crate) fn set_hook(&self, hook: Option<WakeHook>) {
        self.wake.set_hook(hook);
    }

    #[cfg(unix)]
    pub(crate) fn wake_fd(&self) -> std::os::fd::RawFd {
        self.wake.fd()
    }
}

impl Queues {
    fn accept(&mut self, event: Event) {
        if matches!(event, Event::Dtmf { .. }) {
            // Each counts, so none replaces another; the bound keeps a peer from growing the queue.
            let pending = self.must.iter().filter(|pending| matches!(pending, Event::Dtmf { .. })).count();
            if pending >= MAX_DROPPABLE {
                self.dropped += 1;
                return;
            }
        }
        let typing = matches!(&event, Event::Chat(event) if event.sequence.is_none());
        if typing || matches!(event, Event::Statistics { .. } | Event::AudioLevels { .. }) {
            if self.droppable.len() == MAX_DROPPABLE {
                self.droppable.pop_front();
                self.dropped += 1;
            }
            self.droppable.push_back(event);
            return;
        }
        let mut event = event;
        if let Some(pending) = self.must.iter().position(|pending| supersedes(&event, pending)) {
            self.must.remove(pending);
        }
        if let Event::AudioRouteChanged { side, from, .. } = &mut event {
            // The app goes from what it was told last to what is now.
            let same =
                |pending: &Event| matches!(pending, Event::AudioRouteChanged { side: s, .. } if s == side);
            if let Some(at) = self.must.iter().position(same)
                && let Some(Event::AudioRouteChanged { from: first, .. }) = self.must.remove(at)
            {
                *from = first;
            }
        }
        if matches!(event, Event::AudioDevicesUpdated { .. }) {
            let is_update = |pending: &Event| matches!(pending, Event::AudioDevicesUpdated { .. });
            if self.must.iter().filter(|pending| is_update(pending)).count() >= MAX_DEVICE_CHANGES
                && let Some(oldest) = self.must.iter().position(is_update)
            {
                self.must.remove(oldest);
                self.dropped += 1;
            }
        }
        self.must.push_back(event);
    }

    fn take(&mut self) -> Option<Event> {
        if let Some(event) = self.must.pop_front() {
            if let Event::OperationDone { operation, .. } | Event::ChatDone { operation, .. } = &event
                && *operation != OperationId::EARLIER_RUN
            {
                self.operations_pending = self.operations_pending.saturating_sub(1);
            }
            return Some(event);
        }
        if self.dropped > 0 {
            return Some(Event::Overflow { dropped: std::mem::take(&mut self.dropped) });
        }
        self.droppable.pop_front()
    }
}

/// Whether `new` says all that the still undelivered `old` would have said: the same kind, of the same object.
fn supersedes(new: &Event, old: &Event) -> bool {
    if discriminant(new) != discriminant(old) {
        return false;
    }
    match (new, old) {
        (Event::CallState { call: a, .. }, Event::CallState { call: b, .. })
        | (Event::RemoteMuted { call: a, .. }, Event::RemoteMuted { call: b, .. })
        | (Event::NoticeRequired { call: a, .. }, Event::NoticeRequired { call: b, .. })
        | (Event::SpeakingChanged { call: a, .. }, Event::SpeakingChanged { call: b, .. })
        | (Event::Media { call: a, .. }, Event::Media { call: b, .. }) => a == b,
        (Event::Recording { call: a, by: c, .. }, Event::Recording { call: b, by: d, .. }) => {
            a == b && c == d
        }
        (Event::Device { side: a, .. }, Event::Device { side: b, .. }) => a == b,
        (Event::AudioDevicesUpdated { device: a, .. }, Event::AudioDevicesUpdated { device: b, .. }) => {
            a.side == b.side && a.id == b.id
        }
        (Event::AudioSession { .. }, Event::AudioSession { .. }) => true,
        (Event::DominantSpeakerChanged { .. }, Event::DominantSpeakerChanged { .. })
        | (Event::ConnectionState { .. }, Event::ConnectionState { .. })
        | (Event::TokenExpiring { .. }, Event::TokenExpiring { .. }) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::event::{
        AudioDevice, AudioDeviceChange, CallHandle, CallState, ConnectionState, DeviceName, DeviceSide,
        RouteCause,
    };

    fn state(call: u64, state: CallState) -> Event {
        Event::CallState { call: CallHandle(call), state, reason: None }
    }

    #[test]
    fn state_is_coalesced_to_the_newest_of_each_call() {
        let queue = EventQueue::new().unwrap();
        queue.push(state(1, CallState::Connecting));
        queue.push(state(2, CallState::Connecting));
        queue.push(state(1, CallState::Ringing));
        queue.push(state(1, CallState::Connected));
        assert_eq!(queue.next(), Some(state(2, CallState::Connecting)));
        assert_eq!(queue.next(), Some(state(1, CallState::Connected)));
        assert_eq!(queue.next(), None);
    }

    #[test]
    fn statistics_are_dropped_oldest_first_and_the_loss_is_told() {
        let queue = EventQueue::new().unwrap();
        for call in 0..MAX_DROPPABLE as u64 + 3 {
            queue.push(Event::Statistics { call: CallHandle(call), statistics: Box::default() });
        }
        queue.push(state(9, CallState::Connected));
        assert_eq!(queue.next(), Some(state(9, CallState::Connected)), "what must be delivered goes first");
        assert_eq!(queue.next(), Some(Event::Overflow { dropped: 3 }));
        assert!(matches!(queue.next(), Some(Event::Statistics { call: CallHandle(3), .. })));
    }

    fn route(from: Option<&str>, to: Option<&str>, cause: RouteCause) -> Event {
        let name = |id: &str| DeviceName { id: id.to_owned(), name: id.to_uppercase() };
        let side = DeviceSide::Playout;
        Event::AudioRouteChanged { side, from: from.map(name), to: to.map(name), cause }
    }

    #[test]
    fn a_route_goes_from_what_was_told_last_to_what_is_now() {
        let queue = EventQueue::new().unwrap();
        queue.push(route(Some("a"), None, RouteCause::Lost));
        queue.push(route(None, Some("b"), RouteCause::Returned));
        queue.push(route(Some("b"), Some("c"), RouteCause::Selected));
        assert_eq!(queue.next(), Some(route(Some("a"), Some("c"), RouteCause::Selected)));
        assert_eq!(queue.next(), None);
    }

    #[test]
    fn changes_of_devices_are_one_a_device_and_bounded() {
        let change = |n: usize, change| {
            let (id, name) = (format!("usb:{n}"), String::new());
            let device = AudioDevice { id, name, side: DeviceSide::Capture, is_default: false };
            Event::AudioDevicesUpdated { change, device }
        };
        let queue = EventQueue::new().unwrap();
        queue.push(change(0, AudioDeviceChange::Added));
        queue.push(change(0, AudioDeviceChange::Removed));
        assert_eq!(queue.next(), Some(change(0, AudioDeviceChange::Removed)));
        assert_eq!(queue.next(), None);
        for n in 0..MAX_DEVICE_CHANGES + 2 {
            queue.push(change(n, AudioDeviceChange::Added));
        }
        for n in 2..MAX_DEVICE_CHANGES + 2 {
            assert_eq!(queue.next(), Some(change(n, AudioDeviceChange::Added)));
        }
        assert_eq!(queue.next(), Some(Event::Overflow { dropped: 2 }));
    }

    #[test]
    fn each_key_is_delivered_but_a_peer_cannot_grow_the_queue_with_them() {
        let queue = EventQueue::new().unwrap();
        for _ in 0..MAX_DROPPABLE + 44 {
            queue.push(Event::Dtmf { call: CallHandle(1), tone: '5' });
        }
        let keys =
            std::iter::from_fn(|| queue.next()).take_while(|e| matches!(e, Event::Dtmf { .. })).count();
        assert_eq!(keys, MAX_DROPPABLE);
        queue.push(Event::Dtmf { call: CallHandle(1), tone: '6' });
        assert_eq!(queue.next(), Some(Event::Dtmf { call: CallHandle(1), tone: '6' }));
    }

    #[test]
    fn who_speaks_is_told_as_it_is_now() {
        let queue = EventQueue::new().unwrap();
        for speaking in [true, false, true] {
            queue.push(Event::SpeakingChanged { call: CallHandle(1), speaking });
        }
        assert_eq!(queue.next(), Some(Event::SpeakingChanged { call: CallHandle(1), speaking: true }));
        assert_eq!(queue.next(), None);
    }

    #[test]
    fn the_hook_is_called_once_until_the_app_has_found_the_queue_empty() {
        let queue = EventQueue::new().unwrap();
        let calls = Arc::new(AtomicUsize::new(0));
        let seen = Arc::clone(&calls);
        queue.set_hook(Some(Box::new(move || {
            seen.fetch_add(1, Ordering::SeqCst);
        })));
        queue.push(state(1, CallState::Connecting));
        queue.push(state(2, CallState::Connecting));
        assert_eq!(calls.load(Ordering::SeqCst), 1);
        while queue.next().is_some() {}
        queue.push(Event::ConnectionState { state: ConnectionState::Connected, text: String::new() });
        assert_eq!(calls.load(Ordering::SeqCst), 2);
    }

    #[test]
    fn a_wait_ends_with_its_time_or_with_an_event_from_another_thread() {
        let queue = Arc::new(EventQueue::new().unwrap());
        assert_eq!(queue.wait(Duration::from_millis(5)), None);
        let other = Arc::clone(&queue);
        let thread = std::thread::spawn(move || other.push(state(1, CallState::Connecting)));
        assert_eq!(queue.wait(Duration::MAX), Some(state(1, CallState::Connecting)));
        thread.join().unwrap();
    }

    #[test]
    fn operations_are_bounded_and_nothing_follows_the_poisoned_event() {
        let queue = EventQueue::new().unwrap();
        let first = queue.begin_operation().unwrap();
        for _ in 1..MAX_OPERATIONS {
            queue.begin_operation().unwrap();
        }
        assert_eq!(queue.begin_operation(), None);
        queue.push(Event::OperationDone { operation: first, result: Ok(()) });
        assert!(queue.next().is_some());
        assert!(queue.begin_operation().is_some());
        queue.poison();
        queue.push(state(1, CallState::Connecting));
        assert_eq!(queue.next(), Some(Event::Poisoned));
        assert_eq!(queue.next(), None);
    }
}
