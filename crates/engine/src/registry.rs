//! The calls as the app's threads see them: a snapshot that the control task keeps up to date.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::event::{CallHandle, CallState, EndReason};
use crate::stats::CallStatistics;

/// Calls at once, ended ones that are still kept included.
const MAX_CALLS: usize = 64;
/// Ended calls whose last figures can still be read.
const KEEP_ENDED: usize = 16;

/// Who began the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallDirection {
    /// This side called.
    Outgoing,
    /// This side was called.
    Incoming,
}

/// What an app may ask of a call at any time.
#[derive(Debug, Clone)]
pub struct CallSnapshot {
    /// Who began it.
    pub direction: CallDirection,
    /// The other side's raw id.
    pub remote: String,
    /// The other side's name; may be empty.
    pub remote_display_name: String,
    /// The state.
    pub state: CallState,
    /// Why it ended, once it has.
    pub reason: Option<EndReason>,
    /// Whether this side is muted.
    pub muted: bool,
    /// The figures, about a second old at most; the last ones once the call has ended.
    pub statistics: CallStatistics,
}

#[derive(Default)]
struct Calls {
    next: u64,
    calls: BTreeMap<CallHandle, CallSnapshot>,
}

#[derive(Default)]
pub(crate) struct Registry(Mutex<Calls>);

impl Registry {
    /// A panic elsewhere leaves the map whole: every change is one insertion, removal or assignment.
    fn lock(&self) -> MutexGuard<'_, Calls> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new handle; `None` when there are too many calls.
    pub(crate) fn add(&self, direction: CallDirection, remote: String, name: String) -> Option<CallHandle> {
        let mut calls = self.lock();
        let live = calls.calls.values().filter(|call| call.state != CallState::Disconnected).count();
        if live >= MAX_CALLS - KEEP_ENDED {
            return None;
        }
        calls.next += 1;
        let handle = CallHandle(calls.next);
        let snapshot = CallSnapshot {
            direction,
            remote,
            remote_display_name: name,
            state: CallState::None,
            reason: None,
            muted: false,
            statistics: CallStatistics::default(),
        };
        calls.calls.insert(handle, snapshot);
        Some(handle)
    }

    pub(crate) fn get(&self, handle: CallHandle) -> Option<CallSnapshot> {
        self.lock().calls.get(&handle).cloned()
    }

    pub(crate) fn handles(&self) -> Vec<CallHandle> {
        let calls = self.lock();
        let live = calls.calls.iter().filter(|(_, call)| call.state != CallState::Disconnected);
        live.map(|(handle, _)| *handle).collect()
    }

    pub(crate) fn update(&self, handle: CallHandle, change: impl FnOnce(&mut CallSnapshot)) {
        let mut calls = self.lock();
        if let Some(call) = calls.calls.get_mut(&handle) {
            change(call);
        }
        let ended: Vec<_> = calls
            .calls
            .iter()
            .filter(|(_, call)| call.state == CallState::Disconnected)
            .map(|(handle, _)| *handle)
            .collect();
        for old in ended.iter().take(ended.len().saturating_sub(KEEP_ENDED)) {
            calls.calls.remove(old);
        }
    }

    pub(crate) fn remove(&self, handle: CallHandle) {
        self.lock().calls.remove(&handle);
    }
}
