//! What legs are told.

use super::actions::With;
use super::record::{CallPhase, LegPhase, LegRole};
use super::{Actor, AuditEvent, Switchboard};
use crate::table::call::Do;
use crate::{
    CallId, DescriptionKind, EndReason, LegId, MediaSessionId, PeerLinkState, ProblemCode, RecordingState,
    ToEndpoint,
};

impl Switchboard {
    /// Tells a leg, if its device has a session. One that has none learns everything when it synchronises.
    pub(super) fn tell(&mut self, call: CallId, leg: LegId, message: ToEndpoint) {
        let Some(record) = self.calls.get(&call).and_then(|known| known.leg(leg)) else { return };
        if let Some(endpoint) = self.people.endpoint(&record.raw_id, record.device) {
            self.send(endpoint, message);
        }
    }

    fn tell_caller(&mut self, call: CallId, message: ToEndpoint) {
        if let Some(leg) = self.calls.get(&call).and_then(|known| known.caller()).map(|leg| leg.leg) {
            self.tell(call, leg, message);
        }
    }

    pub(super) fn tell_admitted(&mut self, call: CallId) {
        self.tell_caller(call, ToEndpoint::Admitted { call });
    }

    pub(super) fn tell_waking(&mut self, call: CallId) {
        self.tell_caller(call, ToEndpoint::Waking { call });
    }

    pub(super) fn tell_ringing(&mut self, call: CallId) {
        self.tell_caller(call, ToEndpoint::Ringing { call });
    }

    /// Again what the caller was told last: it asks because it may have missed it.
    pub(super) fn tell_caller_state(&mut self, call: CallId) {
        let Some(known) = self.calls.get(&call) else { return };
        match known.record.phase {
            CallPhase::Admitting | CallPhase::Ended => {}
            CallPhase::Waking => self.tell_waking(call),
            CallPhase::Ringing if known.ringing().any(|leg| leg.phase == LegPhase::Alerting) => {
                self.tell_ringing(call);
            }
            CallPhase::Ringing => self.tell_admitted(call),
            CallPhase::Connected => {
                let callee = known.joined().find(|leg| leg.role == LegRole::Callee).map(|leg| leg.leg);
                self.tell_accepted(call, callee);
            }
        }
    }

    /// Tells the legs that were made of the call.
    pub(super) fn tell_incoming(&mut self, call: CallId) {
        let Some(known) = self.calls.get_mut(&call) else { return };
        for leg in std::mem::take(&mut known.untold) {
            self.tell_one_incoming(call, leg);
        }
    }

    pub(super) fn tell_one_incoming(&mut self, call: CallId, leg: LegId) {
        let Some(known) = self.calls.get(&call) else { return };
        let (Some(caller), Some(offer)) = (known.caller(), known.offer()) else { return };
        let message = ToEndpoint::Incoming {
            call,
            from: known.record.from.clone(),
            display_name: caller.display_name.clone(),
            description: offer.clone(),
        };
        let newest = offer.revision;
        let kept: Vec<_> =
            known.kept.iter().filter(|(_, revision, _)| *revision == newest).cloned().collect();
        self.tell(call, leg, message);
        for (session, revision, candidate) in kept {
            self.tell(call, leg, ToEndpoint::Candidate { call, session, revision, candidate });
        }
    }

    /// The caller hears of the answer.
    pub(super) fn tell_accepted(&mut self, call: CallId, callee: Option<LegId>) {
        let Some(known) = self.calls.get(&call) else { return };
        let Some(by) = callee.and_then(|leg| known.leg(leg)).map(|leg| leg.raw_id.clone()) else { return };
        let caller = known.caller().map(|leg| leg.leg);
        let answer = caller.and_then(|caller| known.newest_for(caller, MediaSessionId::MAIN));
        let description = answer.filter(|answer| answer.kind == DescriptionKind::Answer).cloned();
        self.tell_caller(call, ToEndpoint::Accepted { call, description, by });
    }

    /// The device that answered hears that it was the first.
    pub(super) fn tell_answer_stands(&mut self, call: CallId, callee: Option<LegId>) {
        let Some(leg) = callee else { return };
        let Some(record) = self.calls.get(&call).and_then(|known| known.leg(leg)) else { return };
        let by = record.raw_id.clone();
        self.tell(call, leg, ToEndpoint::Accepted { call, description: None, by });
    }

    pub(super) fn dismiss_others(&mut self, call: CallId) {
        let Some(known) = self.calls.get_mut(&call) else { return };
        for leg in std::mem::take(&mut known.dismissed) {
            self.tell(call, leg, ToEndpoint::Ended { call, reason: EndReason::ANSWERED_ELSEWHERE });
        }
    }

    pub(super) fn tell_actor_ended(&mut self, call: CallId, actor: Actor, reason: EndReason) {
        if let Some(endpoint) = actor.endpoint {
            self.send(endpoint, ToEndpoint::Ended { call, reason });
        }
    }

    pub(super) fn problem(&mut self, call: CallId, actor: Actor, code: ProblemCode) {
        if let Some(endpoint) = actor.endpoint {
            self.send(endpoint, ToEndpoint::Problem { call, code });
        }
    }

    /// Passes something of a leg on to the others.
    pub(super) fn forward(&mut self, call: CallId, leg: Option<LegId>, action: Do, with: Option<With>) {
        let Some(leg) = leg else { return };
        let message = match (action, with) {
            (_, Some(With::Description(description))) => ToEndpoint::Describe { call, description },
            (_, Some(With::Candidate { session, revision, candidate })) => {
                ToEndpoint::Candidate { call, session, revision, candidate }
            }
            (Do::ForwardMute, Some(With::Flag(muted))) => ToEndpoint::PeerMuted { call, muted },
            (Do::ForwardHold, Some(With::Flag(held))) => ToEndpoint::PeerHeld { call, held },
            _ => return,
        };
        for other in self.calls.get(&call).map(|known| known.others(leg)).unwrap_or_default() {
            self.tell(call, other, message.clone());
        }
    }

    pub(super) fn tell_link(&mut self, call: CallId, leg: Option<LegId>, link: PeerLinkState) {
        let Some(leg) = leg else { return };
        for other in self.calls.get(&call).map(|known| known.others(leg)).unwrap_or_default() {
            self.tell(call, other, ToEndpoint::PeerLink { call, link });
        }
    }

    /// Both sides hear that the service knows their call again. A recording whose consent is not on record ends.
    pub(super) fn tell_adopted(&mut self, call: CallId) {
        let Some(known) = self.calls.get(&call) else { return };
        let legs: Vec<_> = known.joined().map(|leg| (leg.leg, leg.raw_id.clone())).collect();
        for (leg, _) in &legs {
            self.tell(call, *leg, ToEndpoint::PeerLink { call, link: PeerLinkState::Up });
            for (_, by) in &legs {
                let (state, by) = (RecordingState::Ended, by.clone());
                self.tell(call, *leg, ToEndpoint::Recording { call, state, by, announcement: 0 });
            }
        }
    }

    /// A leg that has not acknowledged a running recording waits in the lobby.
    pub(super) fn tell_lobby(&mut self, call: CallId, leg: Option<LegId>) {
        let (Some(known), Some(leg)) = (self.calls.get(&call), leg) else { return };
        let unnoticed = known.record.recordings.iter().find(|recording| {
            recording.state == RecordingState::Active
                && recording.by != leg
                && !recording.acknowledged.contains(&leg)
        });
        let Some(recording) = unnoticed else { return };
        let Some(by) = known.leg(recording.by).map(|leg| leg.raw_id.clone()) else { return };
        let announcement = recording.announcement;
        self.tell(call, leg, ToEndpoint::Lobby { call, by, announcement });
    }

    /// Writes the end down, tells every leg that did not know it, and forgets the call.
    pub(super) fn finish(&mut self, call: CallId) {
        let Some(known) = self.calls.get_mut(&call) else { return };
        let reason = *known.record.reason.get_or_insert(EndReason::HUNG_UP);
        let informed = |phase| matches!(phase, LegPhase::Declined | LegPhase::Busy | LegPhase::Left);
        let legs: Vec<(LegId, LegRole)> = (known.record.legs.iter())
            .filter(|leg| !informed(leg.phase))
            .map(|leg| (leg.leg, leg.role))
            .collect();
        let untold = std::mem::take(&mut known.untold);
        let merged_into = known.merged_into;
        for leg in &mut known.record.legs {
            if !informed(leg.phase) {
                leg.phase = LegPhase::Left;
            }
        }
        if known.committed {
            self.commit(call);
        }
        self.audit(call, AuditEvent::Ended { reason });
        for (leg, role) in legs.into_iter().filter(|(leg, _)| !untold.contains(leg)) {
            let merged = merged_into.filter(|_| role == LegRole::Caller);
            let message = merged.and_then(|into| self.merged(call, into));
            self.tell(call, leg, message.unwrap_or(ToEndpoint::Ended { call, reason }));
        }
        self.forget(call);
    }

    fn merged(&self, call: CallId, into: CallId) -> Option<ToEndpoint> {
        let winner = self.calls.get(&into)?;
        Some(ToEndpoint::Merged {
            call,
            into,
            from: winner.record.from.clone(),
            display_name: winner.caller()?.display_name.clone(),
            description: winner.offer()?.clone(),
        })
    }
}
