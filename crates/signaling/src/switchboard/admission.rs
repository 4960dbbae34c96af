//! Whether a call may be, and what becomes of it when it may.

use std::time::Instant;

use liaison_identity::RawId;

use super::actions::With;
use super::call::Call;
use super::record::{CallPhase, CallRecord, LegPhase, LegRecord, LegRole, SessionRecord};
use super::timers::Timer;
use super::{Actor, Admission, AdmissionRequest, Switchboard, SwitchboardOutput};
use crate::table::call::On;
use crate::{CallId, Description, DescriptionKind, EndReason, EndpointId, LegId, MediaSessionId, ToEndpoint};

impl Switchboard {
    pub(super) fn invite(
        &mut self,
        now: Instant,
        endpoint: EndpointId,
        call: CallId,
        to: RawId,
        display_name: String,
        offer: Description,
    ) {
        let Some(present) = self.people.get(endpoint) else { return };
        let (from, device, may_call) = (present.raw_id.clone(), present.device, present.may_call);
        let surplus = present.surplus;
        if let Some(known) = self.calls.get(&call) {
            let leg =
                known.caller().filter(|leg| leg.raw_id == from && leg.device == device).map(|leg| leg.leg);
            if leg.is_some() {
                return self.step(
                    now,
                    call,
                    On::InviteAgain,
                    Actor { endpoint: Some(endpoint), leg },
                    With::Nothing,
                );
            }
            return self.send(endpoint, ToEndpoint::Ended { call, reason: EndReason::ID_IN_USE });
        }
        let limits = self.config.limits;
        let fits = offer.kind == DescriptionKind::Offer
            && offer.session == MediaSessionId::MAIN
            && offer.revision > 0
            && offer.sdp.len() <= limits.sdp_bytes
            && display_name.len() <= limits.display_name_bytes;
        let of_device = self
            .calls_of(&from)
            .into_iter()
            .filter(|call| self.calls.get(call).is_some_and(|call| call.leg_of(&from, device).is_some()));
        let too_many = of_device.count() >= limits.calls_per_endpoint
            || self.calls_of.get(&from).is_some_and(|calls| calls.len() >= limits.calls_per_user)
            || self.calls.len() >= limits.calls;
        let refusal = match self.past.get(call) {
            Some(past) if past.from == from => Some(past.reason),
            Some(_) => Some(EndReason::ID_IN_USE),
            None if surplus => Some(EndReason::TOO_MANY_DEVICES),
            None if !may_call => Some(EndReason::NO_CALL_SCOPE),
            None if !fits => Some(EndReason::BAD_REQUEST),
            None if too_many => Some(EndReason::TOO_MANY_CALLS),
            None => None,
        };
        if let Some(reason) = refusal {
            return self.send(endpoint, ToEndpoint::Ended { call, reason });
        }
        let leg = LegRecord {
            leg: LegId(self.ids.next()),
            raw_id: from.clone(),
            device,
            display_name,
            role: LegRole::Caller,
            phase: LegPhase::Joined,
            muted: false,
            held: false,
        };
        let session =
            SessionRecord { session: MediaSessionId::MAIN, offered_by: leg.leg, offer, answer: None };
        let record = CallRecord {
            call,
            version: 0,
            phase: CallPhase::Admitting,
            from,
            to,
            push_devices: 0,
            legs: vec![leg],
            sessions: vec![session],
            recordings: Vec::new(),
            reason: None,
        };
        self.ask(now, record);
    }

    /// Asks the service whether this call may be.
    pub(super) fn ask(&mut self, now: Instant, record: CallRecord) {
        let (call, from, to) = (record.call, record.from.clone(), record.to.clone());
        let request = AdmissionRequest(self.next_request);
        self.next_request += 1;
        let mut known = Call::new(record);
        known.request = Some(request);
        self.calls.insert(call, known);
        self.index(&from, call);
        self.requests.insert(request, call);
        self.timers.set(Timer::Admission(call), now + self.config.admission_timeout);
        self.outputs.push_back(SwitchboardOutput::Admit { request, call, from, to });
    }

    pub(super) fn admission(&mut self, now: Instant, request: AdmissionRequest, decision: Admission) {
        let Some(call) = self.requests.remove(&request) else { return };
        self.timers.cancel(Timer::Admission(call));
        let Some(known) = self.calls.get_mut(&call) else { return };
        known.request = None;
        let push_devices = match decision {
            Admission::Admitted { push_devices } => push_devices,
            Admission::Refused { reason, cause } => {
                return self.by_service(now, call, On::Refused, With::Refusal { reason, cause });
            }
        };
        known.record.push_devices = push_devices;
        if known.adopted {
            return self.adopt(now, call);
        }
        let (from, to) = (known.record.from.clone(), known.record.to.clone());
        let Some(caller) = known.caller().cloned() else { return };
        if let Some(other) = self.glare(call, &from, &to) {
            return self.settle_glare(now, call, other);
        }
        let crowded =
            self.calls_of.get(&to).is_some_and(|calls| calls.len() >= self.config.limits.calls_per_user);
        let reached = self.people.ringable(&to, now, self.config.reach_grace);
        let mut reached = reached
            .into_iter()
            .filter_map(|endpoint| self.people.get(endpoint))
            .filter(|present| !(present.device == caller.device && present.raw_id == caller.raw_id))
            .map(|present| present.detached.is_none())
            .peekable();
        let on = if crowded && from != to {
            On::AdmittedBusy
        } else if reached.peek().is_none() && push_devices == 0 {
            On::AdmittedNowhere
        } else if reached.any(|attached| attached) {
            On::AdmittedHere
        } else {
            On::AdmittedAway
        };
        self.index(&to, call);
        self.by_service(now, call, on, With::Nothing);
    }

    fn by_service(&mut self, now: Instant, call: CallId, on: On, with: With) {
        self.step(now, call, on, Actor::default(), with);
    }

    /// The call by which `to` calls `from` at this moment.
    fn glare(&self, call: CallId, from: &RawId, to: &RawId) -> Option<CallId> {
        if from == to {
            return None;
        }
        self.calls_of(from).into_iter().find(|other| {
            let Some(known) = self.calls.get(other) else { return false };
            let record = &known.record;
            let rings = matches!(record.phase, CallPhase::Waking | CallPhase::Ringing);
            *other != call && rings && record.from == *to && record.to == *from
        })
    }

    /// Both call each other: the lower id goes on, and the other caller's device answers it.
    fn settle_glare(&mut self, now: Instant, new: CallId, old: CallId) {
        let (winner, loser) = if old < new { (old, new) } else { (new, old) };
        let Some(joins) = self.calls.get(&loser).and_then(|call| call.caller().cloned()) else { return };
        if let Some(call) = self.calls.get(&winner) {
            let to = call.record.to.clone();
            self.index(&to, winner);
        }
        let on = if winner == old { On::WonGlare } else { On::AdmittedGlare };
        self.by_service(now, winner, on, With::Device(joins));
        if let Some(call) = self.calls.get_mut(&loser) {
            call.merged_into = Some(winner);
        }
        self.by_service(now, loser, On::LostGlare, With::Nothing);
    }
}
