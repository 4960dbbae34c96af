//! When what is due, over all calls.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use crate::{CallId, EndpointId, LegId};

/// What a time is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Timer {
    /// The decision whether the call may be.
    Admission(CallId),
    NoAnswer(CallId),
    /// Devices that were there a moment ago come back, or not.
    Reach(CallId),
    MaxDuration(CallId),
    /// A leg's link has been down for too long.
    Grace(CallId, LegId),
    /// The recording of this leg was not acknowledged by everybody.
    Notice(CallId, LegId),
    /// Only one side claims the call.
    Claim(CallId),
    /// A detached endpoint is forgotten.
    Forget(EndpointId),
}

impl Timer {
    fn call(self) -> Option<CallId> {
        match self {
            Self::Admission(call)
            | Self::NoAnswer(call)
            | Self::Reach(call)
            | Self::MaxDuration(call)
            | Self::Grace(call, _)
            | Self::Notice(call, _)
            | Self::Claim(call) => Some(call),
            Self::Forget(_) => None,
        }
    }
}

/// All timers, by what they are for and by when they are due.
#[derive(Debug, Default)]
pub(super) struct Timers {
    at: BTreeMap<Timer, Instant>,
    order: BTreeSet<(Instant, Timer)>,
    of_call: BTreeMap<CallId, BTreeSet<Timer>>,
}

impl Timers {
    pub fn set(&mut self, timer: Timer, at: Instant) {
        self.cancel(timer);
        self.at.insert(timer, at);
        self.order.insert((at, timer));
        if let Some(call) = timer.call() {
            self.of_call.entry(call).or_default().insert(timer);
        }
    }

    pub fn cancel(&mut self, timer: Timer) {
        let Some(at) = self.at.remove(&timer) else { return };
        self.order.remove(&(at, timer));
        if let Some(call) = timer.call()
            && let Some(timers) = self.of_call.get_mut(&call)
        {
            timers.remove(&timer);
            if timers.is_empty() {
                self.of_call.remove(&call);
            }
        }
    }

    pub fn cancel_all(&mut self, call: CallId) {
        for timer in self.of_call.remove(&call).unwrap_or_default() {
            if let Some(at) = self.at.remove(&timer) {
                self.order.remove(&(at, timer));
            }
        }
    }

    pub fn next(&self) -> Option<Instant> {
        self.order.first().map(|(at, _)| *at)
    }

    /// The next timer that is due; it is stopped.
    pub fn take_due(&mut self, now: Instant) -> Option<Timer> {
        let (at, timer) = *self.order.first()?;
        if at > now {
            return None;
        }
        self.cancel(timer);
        Some(timer)
    }

    #[cfg(test)]
    pub fn len(&self) -> usize {
        assert_eq!(self.at.len(), self.order.len());
        self.at.len()
    }
}
