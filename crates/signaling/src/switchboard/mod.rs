//! The service's half: all calls.

mod io;
mod record;

use std::time::Instant;

pub use io::{Admission, AdmissionRequest, AuditEvent, SwitchboardConfig, SwitchboardInput, SwitchboardOutput};
pub use record::{CallPhase, CallRecord, LegPhase, LegRecord, LegRole, RecordingRecord, SessionRecord};

/// All calls of a service.
#[derive(Debug)]
pub struct Switchboard {
    config: SwitchboardConfig,
    seed: u64,
}

impl Switchboard {
    /// A switchboard without calls. Leg ids come from `seed`.
    pub fn new(config: SwitchboardConfig, seed: u64) -> Self {
        Self { config, seed }
    }

    /// Takes up the calls that an earlier run committed. Feed it before the first `Attached`.
    /// Their endpoints have the grace time to come back.
    pub fn restore(&mut self, now: Instant, records: impl IntoIterator<Item = CallRecord>) {
        let _ = (now, records.into_iter().count());
    }

    /// Takes in what happened at `now`.
    pub fn handle(&mut self, now: Instant, input: SwitchboardInput) {
        let _ = (now, input, &self.config, self.seed);
    }

    /// What to do next; `None` when there is nothing more until the next `handle`.
    ///
    /// A `Commit` comes before every `Send` that depends on it: write it down, then go on polling.
    pub fn poll(&mut self) -> Option<SwitchboardOutput> {
        None
    }

    /// When `Tick` is due, if nothing else happens before.
    pub fn deadline(&self) -> Option<Instant> {
        None
    }
}
