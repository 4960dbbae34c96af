//! After a link session or the service itself was lost: what both sides know is compared and put right.

use std::collections::BTreeSet;
use std::time::Instant;

use liaison_identity::RawId;

use super::actions::With;
use super::call::Call;
use super::record::{CallPhase, CallRecord, LegPhase, LegRecord, LegRole, RecordingRecord};
use super::timers::Timer;
use super::{Actor, Past, Switchboard};
use crate::table::call::On;
use crate::{
    CallClaim, CallId, DeviceId, EndReason, EndpointId, LegId, MediaSessionId, RecordingState, ToEndpoint,
};

/// A call that one side claims to be in and that the switchboard does not know.
#[derive(Debug)]
pub(super) struct Claim {
    raw_id: RawId,
    device: DeviceId,
    peer: RawId,
    outgoing: bool,
}

impl Switchboard {
    /// Takes up the calls that an earlier run committed. Feed it before the first `Attached`.
    /// Their endpoints have the grace time to come back.
    pub fn restore(&mut self, now: Instant, records: impl IntoIterator<Item = CallRecord>) {
        for record in records {
            let call = record.call;
            let (from, to, phase) = (record.from.clone(), record.to.clone(), record.phase);
            if phase == CallPhase::Ended {
                let reason = record.reason.unwrap_or(EndReason::HUNG_UP);
                self.past.insert(call, Past { from, to, reason });
                continue;
            }
            let mut known = Call::new(record);
            known.committed = true;
            known.away = known.record.legs.iter().map(|leg| leg.leg).collect();
            let joined: Vec<LegId> = known.joined().map(|leg| leg.leg).collect();
            let announced: Vec<LegId> = (known.record.recordings.iter())
                .filter(|recording| recording.state == RecordingState::Announced)
                .map(|recording| recording.by)
                .collect();
            self.calls.insert(call, known);
            self.index(&from, call);
            self.index(&to, call);
            for leg in joined {
                self.timers.set(Timer::Grace(call, leg), now + self.config.leg_grace);
            }
            for leg in announced {
                self.timers.set(Timer::Notice(call, leg), now + self.config.notice_timeout);
            }
            let timer =
                if phase == CallPhase::Connected { Timer::MaxDuration(call) } else { Timer::NoAnswer(call) };
            let limit =
                if phase == CallPhase::Connected { self.config.max_duration } else { self.config.no_answer };
            self.timers.set(timer, now + limit);
        }
    }

    pub(super) fn sync(&mut self, now: Instant, endpoint: EndpointId, mut claims: Vec<CallClaim>) {
        let Some(present) = self.people.get(endpoint) else { return };
        let (raw_id, device) = (present.raw_id.clone(), present.device);
        claims.truncate(self.config.limits.calls_per_endpoint);
        let claimed: BTreeSet<CallId> = claims.iter().map(|claim| claim.call).collect();
        self.end_unclaimed(now, &raw_id, device, &claimed);
        let mut both = Vec::new();
        for claim in claims {
            let call = claim.call;
            let leg = self.calls.get(&call).and_then(|known| known.leg_of(&raw_id, device)).cloned();
            match leg {
                Some(leg) => {
                    if self.reconcile(now, endpoint, &leg, &claim) {
                        both.push(call);
                    }
                }
                None => self.unknown_claim(now, endpoint, &raw_id, device, claim),
            }
        }
        self.send(endpoint, ToEndpoint::Synced { calls: both });
    }

    /// What the switchboard believes this device to be in, and it is not.
    fn end_unclaimed(&mut self, now: Instant, raw_id: &RawId, device: DeviceId, claimed: &BTreeSet<CallId>) {
        for call in self.calls_of(raw_id) {
            let Some(known) = self.calls.get(&call).filter(|_| !claimed.contains(&call)) else { continue };
            let Some(leg) = known.leg_of(raw_id, device) else { continue };
            if matches!(leg.phase, LegPhase::Offered | LegPhase::Alerting) {
                // It may have missed that it was called.
                let leg = leg.leg;
                self.tell_one_incoming(call, leg);
            } else {
                let leg = leg.leg;
                self.leave(now, call, leg, EndReason::ABRUPT);
            }
        }
    }

    /// A call that both know: tell the endpoint again what it may have missed. False: it is not in it.
    fn reconcile(&mut self, now: Instant, endpoint: EndpointId, leg: &LegRecord, claim: &CallClaim) -> bool {
        let call = claim.call;
        let Some(known) = self.calls.get(&call) else { return false };
        let connected = known.record.phase == CallPhase::Connected;
        let in_it = matches!(leg.phase, LegPhase::Joined | LegPhase::Lobby);
        if (claim.connected && !connected)
            || matches!(leg.phase, LegPhase::Declined | LegPhase::Busy | LegPhase::Left)
        {
            self.send(endpoint, ToEndpoint::Ended { call, reason: EndReason::NO_SUCH_CALL });
            return false;
        }
        if !connected {
            if leg.role == LegRole::Caller {
                self.tell_caller_state(call);
            }
            return true;
        }
        if !in_it {
            return true;
        }
        if !claim.connected {
            match leg.role {
                LegRole::Caller => self.tell_caller_state(call),
                LegRole::Callee => self.tell_answer_stands(call, Some(leg.leg)),
            }
        }
        self.tell_missed(now, leg, claim);
        true
    }

    fn tell_missed(&mut self, now: Instant, leg: &LegRecord, claim: &CallClaim) {
        let call = claim.call;
        let Some(known) = self.calls.get(&call) else { return };
        let newest = known.newest_for(leg.leg, MediaSessionId::MAIN);
        if let Some(description) = newest.filter(|newest| newest.revision > claim.remote_revision).cloned() {
            self.tell(call, leg.leg, ToEndpoint::Describe { call, description });
        }
        self.tell_others_state(call, leg.leg);
        let Some(known) = self.calls.get(&call) else { return };
        let recordings: Vec<(LegId, RecordingRecord, Option<RawId>)> = (known.record.recordings.iter())
            .map(|recording| {
                let by = known.leg(recording.by).map(|leg| leg.raw_id.clone());
                (recording.by, recording.clone(), by)
            })
            .collect();
        let mut unnoticed = false;
        for (by, recording, raw_id) in recordings {
            let told = claim.recordings.iter().find(|told| Some(&told.by) == raw_id.as_ref());
            if told.is_none_or(|told| told.state != recording.state) {
                self.tell_recording(call, leg.leg, by);
            }
            let shown =
                told.is_some_and(|told| told.notice_shown) && recording.acknowledged.contains(&leg.leg);
            unnoticed |= recording.state == RecordingState::Active && recording.by != leg.leg && !shown;
        }
        // It runs, but this leg does not know that it was told.
        if unnoticed && leg.phase == LegPhase::Joined {
            if let Some(known) = self.calls.get_mut(&call) {
                for recording in &mut known.record.recordings {
                    recording.acknowledged.retain(|other| *other != leg.leg);
                }
            }
            self.step(now, call, On::Unnoticed, Actor::leg(leg.leg), With::Nothing);
        } else if leg.phase == LegPhase::Lobby {
            self.tell_lobby(call, Some(leg.leg));
        }
    }

    /// A call that the switchboard does not know, or in which this device has no part.
    fn unknown_claim(
        &mut self,
        now: Instant,
        endpoint: EndpointId,
        raw_id: &RawId,
        device: DeviceId,
        claim: CallClaim,
    ) {
        let call = claim.call;
        let past = self.past.get(call).filter(|past| past.from == *raw_id || past.to == *raw_id);
        let known = self.calls.contains_key(&call) || self.past.get(call).is_some();
        if known || !claim.connected || *raw_id == claim.peer {
            let reason = past.map_or(EndReason::NO_SUCH_CALL, |past| past.reason);
            return self.send(endpoint, ToEndpoint::Ended { call, reason });
        }
        match self.claims.get(&call) {
            // The same device says it again.
            Some(other) if other.raw_id == *raw_id && other.device == device => {}
            Some(other)
                if other.raw_id == claim.peer
                    && other.peer == *raw_id
                    && other.outgoing != claim.outgoing =>
            {
                self.both_claim(now, raw_id, device, &claim);
            }
            Some(_) => self.send(endpoint, ToEndpoint::Ended { call, reason: EndReason::NO_SUCH_CALL }),
            None if self.claims.len() >= self.config.limits.calls => {
                self.send(endpoint, ToEndpoint::Ended { call, reason: EndReason::TOO_MANY_CALLS });
            }
            None => {
                let (raw_id, peer, outgoing) = (raw_id.clone(), claim.peer, claim.outgoing);
                self.claims.insert(call, Claim { raw_id, device, peer, outgoing });
                self.timers.set(Timer::Claim(call), now + self.config.claim_grace);
            }
        }
    }

    /// Both sides say that they talk to each other: the call is taken up, if the service allows it.
    fn both_claim(&mut self, now: Instant, raw_id: &RawId, device: DeviceId, claim: &CallClaim) {
        let call = claim.call;
        let Some(other) = self.claims.remove(&call) else { return };
        self.timers.cancel(Timer::Claim(call));
        let mut leg = |raw_id: &RawId, device, role| LegRecord {
            leg: LegId(self.ids.next()),
            raw_id: raw_id.clone(),
            device,
            display_name: String::new(),
            role,
            phase: LegPhase::Joined,
            muted: false,
            held: false,
        };
        let (caller, callee) = if claim.outgoing {
            (leg(raw_id, device, LegRole::Caller), leg(&other.raw_id, other.device, LegRole::Callee))
        } else {
            (leg(&other.raw_id, other.device, LegRole::Caller), leg(raw_id, device, LegRole::Callee))
        };
        let record = CallRecord {
            call,
            version: 0,
            phase: CallPhase::Admitting,
            from: caller.raw_id.clone(),
            to: callee.raw_id.clone(),
            push_devices: 0,
            legs: vec![caller, callee],
            sessions: Vec::new(),
            recordings: Vec::new(),
            reason: None,
        };
        let to = record.to.clone();
        self.ask(now, record);
        self.index(&to, call);
        if let Some(known) = self.calls.get_mut(&call) {
            known.adopted = true;
        }
    }

    /// The service allows a call that both sides claimed.
    pub(super) fn adopt(&mut self, now: Instant, call: CallId) {
        self.step(now, call, On::Adopted, Actor::default(), With::Nothing);
    }

    /// The other side did not claim it.
    pub(super) fn claim_over(&mut self, call: CallId) {
        let Some(claim) = self.claims.remove(&call) else { return };
        if let Some(endpoint) = self.people.endpoint(&claim.raw_id, claim.device) {
            self.send(endpoint, ToEndpoint::Ended { call, reason: EndReason::NO_SUCH_CALL });
        }
    }
}
