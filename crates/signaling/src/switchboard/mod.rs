//! The service's half: all calls.

mod actions;
mod admission;
mod call;
mod inbound;
mod io;
mod people;
mod presence;
mod record;
mod recording;
mod sync;
mod tell;
#[cfg(test)]
mod tests;
mod timers;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Instant;

use liaison_identity::RawId;

pub use io::{
    Admission, AdmissionRequest, AuditEvent, SwitchboardConfig, SwitchboardInput, SwitchboardOutput,
};
pub use record::{CallPhase, CallRecord, LegPhase, LegRecord, LegRole, RecordingRecord, SessionRecord};

use actions::With;
use call::Call;
use people::People;
use sync::Claim;
use timers::{Timer, Timers};

use crate::random::Ids;
use crate::recent::Recent;
use crate::table::call::{On, TABLE};
use crate::table::recording::On as OnRecording;
use crate::table::{Next, decide};
use crate::{CallId, EndReason, EndpointId, LegId, ToEndpoint};

/// A call that is over: who was in it and why it ended.
#[derive(Debug)]
struct Past {
    from: RawId,
    to: RawId,
    reason: EndReason,
}

/// All calls of a service.
#[derive(Debug)]
pub struct Switchboard {
    config: SwitchboardConfig,
    ids: Ids,
    people: People,
    calls: BTreeMap<CallId, Call>,
    calls_of: BTreeMap<RawId, BTreeSet<CallId>>,
    requests: BTreeMap<AdmissionRequest, CallId>,
    next_request: u64,
    claims: BTreeMap<CallId, Claim>,
    past: Recent<Past>,
    timers: Timers,
    outputs: VecDeque<SwitchboardOutput>,
}

/// Who does something to a call, as far as it is known.
#[derive(Debug, Clone, Copy, Default)]
struct Actor {
    endpoint: Option<EndpointId>,
    leg: Option<LegId>,
}

impl Actor {
    fn leg(leg: LegId) -> Self {
        Self { endpoint: None, leg: Some(leg) }
    }
}

impl Switchboard {
    /// A switchboard without calls. Leg ids come from `seed`.
    pub fn new(config: SwitchboardConfig, seed: u64) -> Self {
        Self {
            ids: Ids::new(seed),
            people: People::default(),
            calls: BTreeMap::new(),
            calls_of: BTreeMap::new(),
            requests: BTreeMap::new(),
            next_request: 1,
            claims: BTreeMap::new(),
            past: Recent::new(config.limits.ended_calls),
            timers: Timers::default(),
            outputs: VecDeque::new(),
            config,
        }
    }

    /// Takes in what happened at `now`.
    pub fn handle(&mut self, now: Instant, input: SwitchboardInput) {
        match input {
            SwitchboardInput::Attached { endpoint, raw_id, device, scopes } => {
                self.attached(now, endpoint, raw_id, device, &scopes);
            }
            SwitchboardInput::Detached { endpoint } => self.detached(now, endpoint),
            SwitchboardInput::Goodbye { endpoint } => self.goodbye(now, endpoint),
            SwitchboardInput::Message { endpoint, message } => self.message(now, endpoint, message),
            SwitchboardInput::Admission { request, decision } => self.admission(now, request, decision),
            SwitchboardInput::Removed { raw_id, reason } => self.removed(now, &raw_id, reason),
            SwitchboardInput::Tick => {
                while let Some(timer) = self.timers.take_due(now) {
                    self.due(now, timer);
                }
            }
        }
    }

    /// What to do next; `None` when there is nothing more until the next `handle`.
    ///
    /// A `Commit` comes before every `Send` that depends on it: write it down, then go on polling.
    pub fn poll(&mut self) -> Option<SwitchboardOutput> {
        self.outputs.pop_front()
    }

    /// When `Tick` is due, if nothing else happens before.
    pub fn deadline(&self) -> Option<Instant> {
        self.timers.next()
    }

    /// The calls that are not over, in the order of their ids.
    pub fn calls(&self) -> impl Iterator<Item = &CallRecord> {
        self.calls.values().map(|call| &call.record)
    }

    fn due(&mut self, now: Instant, timer: Timer) {
        match timer {
            Timer::Admission(call) => self.by_time(now, call, On::AdmissionDue),
            Timer::NoAnswer(call) => self.by_time(now, call, On::NoAnswerDue),
            Timer::Reach(call) => self.by_time(now, call, On::ReachDue),
            Timer::MaxDuration(call) => self.by_time(now, call, On::MaxDurationDue),
            Timer::Grace(call, leg) => self.grace_over(now, call, leg),
            Timer::Notice(call, leg) => {
                self.recording_step(now, call, leg, OnRecording::NoticeDue, Actor::default());
            }
            Timer::Claim(call) => self.claim_over(call),
            Timer::Forget(endpoint) => self.people.remove(endpoint),
        }
    }

    fn by_time(&mut self, now: Instant, call: CallId, on: On) {
        self.step(now, call, on, Actor::default(), With::Nothing);
    }

    /// One step of a call, as the table says.
    fn step(&mut self, now: Instant, call: CallId, on: On, actor: Actor, with: With) {
        let Some(known) = self.calls.get_mut(&call) else { return };
        let (next, actions) = decide(TABLE, known.record.phase, on);
        if let Next::Go(phase) = next {
            known.record.phase = phase;
        }
        let mut with = Some(with);
        for action in actions {
            self.act(now, call, *action, actor, &mut with);
        }
    }

    fn send(&mut self, endpoint: EndpointId, message: ToEndpoint) {
        self.outputs.push_back(SwitchboardOutput::Send { endpoint, message });
    }

    fn audit(&mut self, call: CallId, event: AuditEvent) {
        let Some(known) = self.calls.get(&call) else { return };
        let (from, to) = (known.record.from.clone(), known.record.to.clone());
        self.outputs.push_back(SwitchboardOutput::Audit { call, from, to, event });
    }

    /// The next version of a call's record goes to the store.
    fn commit(&mut self, call: CallId) {
        let Some(known) = self.calls.get_mut(&call) else { return };
        known.record.version += 1;
        known.committed = true;
        self.outputs.push_back(SwitchboardOutput::Commit(Box::new(known.record.clone())));
    }

    /// Notes that the call concerns this user.
    fn index(&mut self, raw_id: &RawId, call: CallId) {
        self.calls_of.entry(raw_id.clone()).or_default().insert(call);
    }

    fn calls_of(&self, raw_id: &RawId) -> Vec<CallId> {
        self.calls_of.get(raw_id).into_iter().flatten().copied().collect()
    }

    /// The call is over and told: forget it, but remember that it was.
    fn forget(&mut self, call: CallId) {
        let Some(known) = self.calls.remove(&call) else { return };
        self.timers.cancel_all(call);
        if let Some(request) = known.request {
            self.requests.remove(&request);
        }
        let record = known.record;
        for raw_id in record.legs.iter().map(|leg| &leg.raw_id).chain([&record.from, &record.to]) {
            if let Some(calls) = self.calls_of.get_mut(raw_id) {
                calls.remove(&call);
                if calls.is_empty() {
                    self.calls_of.remove(raw_id);
                }
            }
        }
        let reason = record.reason.unwrap_or(EndReason::HUNG_UP);
        self.past.insert(call, Past { from: record.from, to: record.to, reason });
    }
}
