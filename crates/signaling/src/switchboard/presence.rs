//! Endpoints that come and go.

use std::time::Instant;

use liaison_identity::{RawId, Scope, Scopes};

use super::actions::With;
use super::people::Present;
use super::record::{CallPhase, LegPhase, LegRole};
use super::timers::Timer;
use super::{Actor, Switchboard, SwitchboardOutput};
use crate::table::call::On;
use crate::{CallId, DeviceId, EndReason, EndpointId, LegId, PushRegistration, ToEndpoint};

/// A leg of the device in question.
struct Mine {
    call: CallId,
    leg: LegId,
    role: LegRole,
    leg_phase: LegPhase,
    phase: CallPhase,
}

impl Mine {
    fn rings_here(&self) -> bool {
        matches!(self.leg_phase, LegPhase::Offered | LegPhase::Alerting)
    }

    fn is_in_it(&self) -> bool {
        self.phase == CallPhase::Connected && matches!(self.leg_phase, LegPhase::Joined | LegPhase::Lobby)
    }
}

impl Switchboard {
    /// The legs of a device, in calls that are not over.
    fn legs_of(&self, raw_id: &RawId, device: DeviceId) -> Vec<Mine> {
        self.calls_of(raw_id)
            .into_iter()
            .filter_map(|call| {
                let known = self.calls.get(&call)?;
                let leg = known.leg_of(raw_id, device)?;
                let phase = known.record.phase;
                Some(Mine { call, leg: leg.leg, role: leg.role, leg_phase: leg.phase, phase })
            })
            .collect()
    }

    pub(super) fn attached(
        &mut self,
        now: Instant,
        endpoint: EndpointId,
        raw_id: RawId,
        device: DeviceId,
        scopes: &Scopes,
    ) {
        let may_call = scopes.contains(Scope::Voip);
        self.timers.cancel(Timer::Forget(endpoint));
        match self.people.get_mut(endpoint) {
            // A renewed token, or a resumed session.
            Some(present) if present.raw_id == raw_id && present.device == device => {
                present.may_call = may_call && !present.surplus;
                present.detached = None;
            }
            _ => {
                let present = Present {
                    raw_id: raw_id.clone(),
                    device,
                    may_call,
                    surplus: false,
                    detached: None,
                    registered: false,
                    display_name: String::new(),
                };
                if let Some(evicted) = self.people.insert(endpoint, present, &self.config.limits) {
                    self.timers.cancel(Timer::Forget(evicted));
                }
            }
        }
        for mine in self.legs_of(&raw_id, device) {
            let Some(call) = self.calls.get_mut(&mine.call) else { continue };
            call.gone.remove(&mine.leg);
            let was_away = call.away.remove(&mine.leg);
            let on = match mine.role {
                LegRole::Caller if !mine.is_in_it() => On::CallerAttached,
                LegRole::Callee if mine.rings_here() => On::DeviceBack,
                _ if mine.is_in_it() && was_away => On::LegAttached,
                _ => continue,
            };
            self.step(now, mine.call, on, Actor::leg(mine.leg), With::Nothing);
        }
    }

    pub(super) fn detached(&mut self, now: Instant, endpoint: EndpointId) {
        let Some(present) = self.people.get_mut(endpoint).filter(|present| present.detached.is_none()) else {
            return;
        };
        present.detached = Some(now);
        let (raw_id, device) = (present.raw_id.clone(), present.device);
        self.timers.set(Timer::Forget(endpoint), now + self.config.forget_endpoint);
        self.device_away(now, &raw_id, device);
    }

    fn device_away(&mut self, now: Instant, raw_id: &RawId, device: DeviceId) {
        for mine in self.legs_of(raw_id, device) {
            let Some(call) = self.calls.get_mut(&mine.call) else { continue };
            call.away.insert(mine.leg);
            let on = match mine.role {
                _ if mine.is_in_it() => On::LegDetached,
                LegRole::Caller => On::CallerDetached,
                LegRole::Callee => continue,
            };
            self.step(now, mine.call, on, Actor::leg(mine.leg), With::Nothing);
        }
    }

    /// An endpoint signs out, and its calls end.
    pub(super) fn goodbye(&mut self, now: Instant, endpoint: EndpointId) {
        let Some(present) = self.people.get(endpoint) else { return };
        let (raw_id, device) = (present.raw_id.clone(), present.device);
        self.timers.cancel(Timer::Forget(endpoint));
        self.people.remove(endpoint);
        for mine in self.legs_of(&raw_id, device) {
            self.leave(now, mine.call, mine.leg, EndReason::ABRUPT);
        }
    }

    /// A leg takes no further part, for this reason.
    pub(super) fn leave(&mut self, now: Instant, call: CallId, leg: LegId, reason: EndReason) {
        let Some(known) = self.calls.get(&call) else { return };
        let Some(record) = known.leg(leg) else { return };
        let actor = Actor::leg(leg);
        match (record.role, record.phase) {
            (_, LegPhase::Joined | LegPhase::Lobby) if known.record.phase == CallPhase::Connected => {
                self.step(now, call, On::HangUp, actor, With::Reason(reason));
            }
            (LegRole::Caller, _) => self.step(now, call, On::Cancel, actor, With::Nothing),
            // Other devices may still be woken.
            (LegRole::Callee, LegPhase::Offered | LegPhase::Alerting) if known.record.push_devices > 0 => {
                self.step(now, call, On::DeviceDeclined, actor, With::Flag(false));
            }
            (LegRole::Callee, LegPhase::Offered | LegPhase::Alerting) => {
                self.decline(now, call, actor, false, Some(EndReason::OFFLINE));
            }
            (LegRole::Callee, _) => {}
        }
    }

    /// One device of the callee declines; when it was the last, so does the callee.
    pub(super) fn decline(
        &mut self,
        now: Instant,
        call: CallId,
        actor: Actor,
        busy: bool,
        reason: Option<EndReason>,
    ) {
        let Some(known) = self.calls.get_mut(&call) else { return };
        known.given_up = reason;
        let others = known.ringing().any(|leg| Some(leg.leg) != actor.leg);
        let on = if others { On::DeviceDeclined } else { On::LastDeclined };
        self.step(now, call, on, actor, With::Flag(busy));
    }

    pub(super) fn removed(&mut self, now: Instant, raw_id: &RawId, reason: EndReason) {
        let endpoints: Vec<EndpointId> = self.people.of_user(raw_id).map(|(endpoint, _)| endpoint).collect();
        for call in self.calls_of(raw_id) {
            self.step(now, call, On::Removed, Actor::default(), With::Reason(reason));
        }
        for endpoint in endpoints {
            self.timers.cancel(Timer::Forget(endpoint));
            self.people.remove(endpoint);
        }
    }

    pub(super) fn register(
        &mut self,
        now: Instant,
        endpoint: EndpointId,
        display_name: String,
        capabilities: &[String],
        push: Option<PushRegistration>,
    ) {
        let limits = self.config.limits;
        let Some(present) = self.people.get_mut(endpoint) else { return };
        let fits = display_name.len() <= limits.display_name_bytes
            && capabilities.len() <= limits.capabilities
            && capabilities.iter().all(|capability| capability.len() <= limits.capability_bytes)
            && push.as_ref().is_none_or(|push| push.provider.len() + push.address.len() <= limits.push_bytes);
        let refusal = match (fits, present.surplus, present.may_call) {
            (false, ..) => Some(EndReason::BAD_REQUEST),
            (_, true, _) => Some(EndReason::TOO_MANY_DEVICES),
            (_, _, false) => Some(EndReason::NO_CALL_SCOPE),
            _ => None,
        };
        if let Some(reason) = refusal {
            return self.send(endpoint, ToEndpoint::NotRegistered { reason });
        }
        present.registered = true;
        present.display_name = display_name;
        let (raw_id, device) = (present.raw_id.clone(), present.device);
        if push.is_some() {
            self.outputs.push_back(SwitchboardOutput::Push { raw_id: raw_id.clone(), device, push });
        }
        self.send(endpoint, ToEndpoint::Registered);
        for call in self.calls_of(&raw_id) {
            let Some(known) = self.calls.get(&call) else { continue };
            if known.record.to == raw_id && known.leg_of(&raw_id, device).is_none() {
                let actor = Actor { endpoint: Some(endpoint), leg: None };
                self.step(now, call, On::DeviceAppeared, actor, With::Nothing);
            }
        }
    }

    pub(super) fn unregister(&mut self, endpoint: EndpointId) {
        if let Some(present) = self.people.get_mut(endpoint) {
            present.registered = false;
            let (raw_id, device) = (present.raw_id.clone(), present.device);
            self.outputs.push_back(SwitchboardOutput::Push { raw_id, device, push: None });
        }
    }

    /// A leg's link has been down for its grace time.
    pub(super) fn grace_over(&mut self, now: Instant, call: CallId, leg: LegId) {
        let Some(known) = self.calls.get(&call) else { return };
        let last = known.joined().all(|other| other.leg == leg || known.gone.contains(&other.leg));
        let on = match known.record.phase {
            CallPhase::Connected if last => On::LastLegGone,
            CallPhase::Connected => On::LegGone,
            _ => On::CallerGone,
        };
        self.step(now, call, on, Actor::leg(leg), With::Nothing);
    }
}
