//! What the table's actions do to a call.

use std::time::Instant;

use super::record::{LegPhase, LegRecord, LegRole};
use super::timers::Timer;
use super::{Actor, AuditEvent, Switchboard, SwitchboardOutput};
use crate::table::call::Do;
use crate::{
    CallId, Description, DescriptionKind, EndReason, LegId, MediaSessionId, PeerLinkState, ProblemCode,
    RecordingAction,
};

/// What an input brings along.
#[derive(Debug)]
pub(super) enum With {
    Nothing,
    Flag(bool),
    Reason(EndReason),
    Refusal {
        reason: EndReason,
        cause: String,
    },
    Description(Description),
    Candidate {
        session: MediaSessionId,
        revision: u32,
        candidate: String,
    },
    /// The device that called at the same time.
    Device(LegRecord),
    Recording(RecordingAction),
    /// All announcements up to this one were shown.
    Notice(u32),
}

impl Switchboard {
    pub(super) fn act(
        &mut self,
        now: Instant,
        call: CallId,
        action: Do,
        actor: Actor,
        with: &mut Option<With>,
    ) {
        match action {
            Do::AuditAdmitted => self.audit(call, AuditEvent::Admitted),
            Do::AuditRefused => {
                if let Some(With::Refusal { cause, .. }) = with {
                    let cause = std::mem::take(cause);
                    self.audit(call, AuditEvent::Refused { cause });
                }
            }
            Do::AuditAnswered => {
                if let Some(by) = self.raw_id_of(call, actor.leg) {
                    self.audit(call, AuditEvent::Answered { by });
                }
            }
            Do::MakeLegs => self.make_legs(now, call),
            Do::MakeGlareLeg => {
                if let Some(With::Device(device)) = with.take() {
                    self.make_glare_leg(call, &device);
                }
            }
            Do::Wake => self.wake(call),
            Do::StartNoAnswerTimer => self.timers.set(Timer::NoAnswer(call), now + self.config.no_answer),
            Do::StartReachTimer => {
                let wakes = self.calls.get(&call).is_some_and(|known| known.record.push_devices > 0);
                if !wakes {
                    self.timers.set(Timer::Reach(call), now + self.config.reach_grace);
                }
            }
            Do::StopReachTimer => self.timers.cancel(Timer::Reach(call)),
            Do::StartMaxDurationTimer => {
                self.timers.set(Timer::MaxDuration(call), now + self.config.max_duration);
            }
            Do::StopSetupTimers => {
                self.timers.cancel(Timer::NoAnswer(call));
                self.timers.cancel(Timer::Reach(call));
            }
            Do::StartRingingGrace => self.grace(now, call, actor.leg, self.config.ringing_grace),
            Do::StartLegGrace => self.grace(now, call, actor.leg, self.config.leg_grace),
            Do::RestartLegGraces => self.restart_graces(now, call),
            Do::StopGrace => {
                if let Some(leg) = actor.leg {
                    self.timers.cancel(Timer::Grace(call, leg));
                }
            }
            Do::Commit => self.commit(call),
            Do::MarkAlerting => self.mark(call, actor.leg, LegPhase::Alerting),
            Do::MarkDeclined => {
                let busy = matches!(with, Some(With::Flag(true)));
                self.mark(call, actor.leg, if busy { LegPhase::Busy } else { LegPhase::Declined });
            }
            Do::MarkJoined => self.join(call, actor.leg, with.take()),
            Do::MarkLobby => self.mark(call, actor.leg, LegPhase::Lobby),
            Do::MarkGone => {
                if let (Some(known), Some(leg)) = (self.calls.get_mut(&call), actor.leg) {
                    known.gone.insert(leg);
                }
            }
            Do::KeepDescription => {
                if let (Some(known), Some(leg), Some(With::Description(description))) =
                    (self.calls.get_mut(&call), actor.leg, &*with)
                {
                    known.keep(leg, description.clone());
                }
            }
            Do::KeepCandidate => {
                if let (Some(known), Some(With::Candidate { session, revision, candidate })) =
                    (self.calls.get_mut(&call), &*with)
                {
                    known.kept.push((*session, *revision, candidate.clone()));
                }
            }
            Do::KeepMute => self.change(call, actor.leg, with, |leg, muted| leg.muted = muted),
            Do::KeepHold => self.change(call, actor.leg, with, |leg, held| leg.held = held),
            Do::Recording => self.on_recording(now, call, actor, with.take()),
            Do::LeaveRecording => {
                if let Some(leg) = actor.leg {
                    let left = crate::table::recording::On::AnnouncerLeft;
                    self.recording_step(now, call, leg, left, Actor::default());
                }
            }
            Do::TellAdmitted => self.tell_admitted(call),
            Do::TellWaking => self.tell_waking(call),
            Do::TellRinging => self.tell_ringing(call),
            Do::TellCallerState => self.tell_caller_state(call),
            Do::TellIncoming => self.tell_incoming(call),
            Do::TellAdopted => self.tell_adopted(call),
            Do::TellDeclined => self.tell_actor_ended(call, actor, EndReason::DECLINED),
            Do::TellAnsweredElsewhere => self.tell_actor_ended(call, actor, EndReason::ANSWERED_ELSEWHERE),
            Do::TellAccepted => self.tell_accepted(call, actor.leg),
            Do::TellAnswerStands => self.tell_answer_stands(call, actor.leg),
            Do::DismissOthers => self.dismiss_others(call),
            Do::ForwardDescription | Do::ForwardCandidate | Do::ForwardMute | Do::ForwardHold => {
                self.forward(call, actor.leg, action, with.take());
            }
            Do::TellLobby => self.tell_lobby(call, actor.leg),
            Do::TellLinkDown => self.tell_link(call, actor.leg, PeerLinkState::Down),
            Do::TellLinkUp => self.tell_link(call, actor.leg, PeerLinkState::Up),
            Do::TellLinkGone => self.tell_link(call, actor.leg, PeerLinkState::Gone),
            Do::RefuseWrongState => self.problem(call, actor, ProblemCode::WrongState),
            Do::Because(reason) => self.because(call, reason),
            Do::BecauseSaid => match with.take() {
                Some(With::Reason(reason) | With::Refusal { reason, .. }) => self.because(call, reason),
                _ => self.because(call, EndReason::HUNG_UP),
            },
            Do::BecauseDeclined => self.because_declined(call),
            Do::Finish => self.finish(call),
        }
    }

    fn raw_id_of(&self, call: CallId, leg: Option<LegId>) -> Option<liaison_identity::RawId> {
        Some(self.calls.get(&call)?.leg(leg?)?.raw_id.clone())
    }

    fn because(&mut self, call: CallId, reason: EndReason) {
        if let Some(known) = self.calls.get_mut(&call) {
            known.record.reason = Some(reason);
        }
    }

    fn because_declined(&mut self, call: CallId) {
        let Some(known) = self.calls.get(&call) else { return };
        let callee = || known.record.legs.iter().filter(|leg| leg.role == LegRole::Callee);
        let reason = if callee().all(|leg| leg.phase == LegPhase::Busy) {
            EndReason::BUSY
        } else if callee().count() > 1 {
            EndReason::DECLINED_BY_ALL
        } else {
            known.given_up.unwrap_or(EndReason::DECLINED)
        };
        self.because(call, reason);
    }

    fn mark(&mut self, call: CallId, leg: Option<LegId>, phase: LegPhase) {
        let leg = self.calls.get_mut(&call).zip(leg).and_then(|(known, leg)| known.leg_mut(leg));
        if let Some(leg) = leg {
            leg.phase = phase;
        }
    }

    fn change(
        &mut self,
        call: CallId,
        leg: Option<LegId>,
        with: &Option<With>,
        set: fn(&mut LegRecord, bool),
    ) {
        let Some(With::Flag(flag)) = *with else { return };
        let leg = self.calls.get_mut(&call).zip(leg).and_then(|(known, leg)| known.leg_mut(leg));
        if let Some(leg) = leg {
            set(leg, flag);
        }
    }

    fn new_leg(
        &mut self,
        raw_id: liaison_identity::RawId,
        device: crate::DeviceId,
        name: String,
    ) -> LegRecord {
        LegRecord {
            leg: LegId(self.ids.next()),
            raw_id,
            device,
            display_name: name,
            role: LegRole::Callee,
            phase: LegPhase::Offered,
            muted: false,
            held: false,
        }
    }

    /// A leg for every device of the callee that can be told and was not.
    fn make_legs(&mut self, now: Instant, call: CallId) {
        let Some(known) = self.calls.get(&call) else { return };
        let to = known.record.to.clone();
        let endpoints = self.people.ringable(&to, now, self.config.reach_grace);
        let fresh: Vec<_> = endpoints
            .into_iter()
            .filter_map(|endpoint| self.people.get(endpoint))
            .filter(|present| known.leg_of(&present.raw_id, present.device).is_none())
            .map(|present| (present.raw_id.clone(), present.device, present.display_name.clone()))
            .collect();
        for (raw_id, device, name) in fresh {
            if self
                .calls
                .get(&call)
                .is_some_and(|known| known.record.legs.len() > self.config.limits.endpoints_per_user)
            {
                break;
            }
            let leg = self.new_leg(raw_id, device, name);
            if let Some(known) = self.calls.get_mut(&call) {
                known.untold.push(leg.leg);
                known.record.legs.push(leg);
            }
        }
    }

    /// A leg for the device that called at the same time; it is told by `Merged`.
    fn make_glare_leg(&mut self, call: CallId, device: &LegRecord) {
        let Some(known) = self.calls.get_mut(&call) else { return };
        let there = |leg: &&mut LegRecord| leg.device == device.device && leg.raw_id == device.raw_id;
        if let Some(leg) = known.record.legs.iter_mut().find(there) {
            // It may have declined before it called itself.
            leg.phase = LegPhase::Offered;
            return;
        }
        let leg = self.new_leg(device.raw_id.clone(), device.device, device.display_name.clone());
        if let Some(known) = self.calls.get_mut(&call) {
            known.record.legs.push(leg);
        }
    }

    fn wake(&mut self, call: CallId) {
        let Some(known) = self.calls.get(&call).filter(|known| known.record.push_devices > 0) else { return };
        let record = &known.record;
        let display_name = known.caller().map(|leg| leg.display_name.clone()).unwrap_or_default();
        let (raw_id, from) = (record.to.clone(), record.from.clone());
        self.outputs.push_back(SwitchboardOutput::Wake { raw_id, call, from, display_name });
    }

    fn grace(&mut self, now: Instant, call: CallId, leg: Option<LegId>, grace: std::time::Duration) {
        if let Some(leg) = leg {
            self.timers.set(Timer::Grace(call, leg), now + grace);
        }
    }

    /// Both sides are in the call now: the legs that are away have the whole time to come back.
    pub(super) fn restart_graces(&mut self, now: Instant, call: CallId) {
        let Some(known) = self.calls.get(&call) else { return };
        let legs: Vec<(LegId, bool)> =
            known.joined().map(|leg| (leg.leg, self.people.is_attached(&leg.raw_id, leg.device))).collect();
        for (leg, attached) in legs {
            if attached {
                self.timers.cancel(Timer::Grace(call, leg));
            } else {
                if let Some(known) = self.calls.get_mut(&call) {
                    known.away.insert(leg);
                }
                self.timers.set(Timer::Grace(call, leg), now + self.config.leg_grace);
            }
        }
    }

    /// The first answer wins.
    fn join(&mut self, call: CallId, leg: Option<LegId>, with: Option<With>) {
        let (Some(known), Some(leg), Some(With::Description(answer))) =
            (self.calls.get_mut(&call), leg, with)
        else {
            return;
        };
        for other in &mut known.record.legs {
            if other.leg == leg {
                other.phase = LegPhase::Joined;
            } else if matches!(other.phase, LegPhase::Offered | LegPhase::Alerting) {
                other.phase = LegPhase::Left;
                known.dismissed.push(other.leg);
            }
        }
        known.kept.clear();
        // An answer to an offer that the caller has replaced meanwhile is still the answer to the call.
        let newest = known.offer().map_or(0, |offer| offer.revision);
        if answer.kind == DescriptionKind::Answer && answer.revision == newest {
            known.keep(leg, answer);
        }
    }
}
