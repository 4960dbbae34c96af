//! What a test looks at.

use liaison_signaling::{CallEvent, CallId, CallPhase, CallState, EndReason};

use super::World;

impl World {
    pub(super) fn note(&mut self, text: &str) {
        let ms = (self.now - self.start).as_millis();
        self.log.push_str(&format!("{ms} {text}\n"));
    }

    pub fn state(&self, name: &str, call: CallId) -> CallState {
        self.devices[name].endpoint.state(call).unwrap_or(CallState::Disconnected)
    }

    /// Why the call ended for this app, if it did.
    pub fn ended(&self, name: &str, call: CallId) -> Option<EndReason> {
        self.devices[name].events.iter().find_map(|event| match event {
            CallEvent::State { call: of, state: CallState::Disconnected, reason } if *of == call => *reason,
            _ => None,
        })
    }

    /// The states that the app was told.
    pub fn states(&self, name: &str, call: CallId) -> Vec<CallState> {
        let states = self.devices[name].events.iter().filter_map(|event| match event {
            CallEvent::State { call: of, state, .. } if *of == call => Some(*state),
            _ => None,
        });
        states.collect()
    }

    pub fn incoming(&self, name: &str) -> Vec<CallId> {
        let calls = self.devices[name].events.iter().filter_map(|event| match event {
            CallEvent::Incoming { call, .. } => Some(*call),
            _ => None,
        });
        calls.collect()
    }

    pub fn has(&self, name: &str, event: &CallEvent) -> bool {
        self.devices[name].events.contains(event)
    }

    pub fn count(&self, name: &str, event: &CallEvent) -> usize {
        self.devices[name].events.iter().filter(|seen| *seen == event).count()
    }

    /// Forgets what was heard so far.
    pub fn clear(&mut self) {
        for device in self.devices.values_mut() {
            device.events.clear();
            device.seen.clear();
        }
    }

    /// Nothing is left of any call anywhere.
    pub fn assert_idle(&self) {
        for (name, device) in &self.devices {
            if !device.dead {
                assert_eq!(device.endpoint.calls().count(), 0, "{name} still has a call\n{}", self.log);
                assert!(device.media.is_closed(), "{name} still has media\n{}", self.log);
            }
        }
        assert_eq!(self.switchboard.calls().count(), 0, "{}", self.log);
        for record in self.records.values() {
            assert_eq!(record.phase, CallPhase::Ended, "{}", self.log);
        }
    }
}
