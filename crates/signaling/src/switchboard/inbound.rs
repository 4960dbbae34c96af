//! What endpoints say. Who says it is known from the attachment, and only a leg of a call can act on it.

use std::time::Instant;

use super::actions::With;
use super::call::{Call, Candidacy, Freshness};
use super::record::{CallPhase, LegPhase, LegRecord, LegRole};
use super::{Actor, AuditEvent, Switchboard};
use crate::table::call::On;
use crate::{
    DescriptionKind, EndReason, EndpointId, Limits, MediaSessionId, ProblemCode, ToEndpoint, ToSwitchboard,
};

/// What a message of a leg is.
enum Meaning {
    Step(On, With),
    /// The leg declines.
    Declines {
        busy: bool,
        reason: Option<EndReason>,
    },
    /// It is over for this leg already; say so again.
    Over(EndReason),
    Problem(ProblemCode),
}

impl Switchboard {
    pub(super) fn message(&mut self, now: Instant, endpoint: EndpointId, message: ToSwitchboard) {
        let Some(call) = message.call() else {
            return match message {
                ToSwitchboard::Register { display_name, capabilities, push } => {
                    self.register(now, endpoint, display_name, &capabilities, push);
                }
                ToSwitchboard::Unregister => self.unregister(endpoint),
                ToSwitchboard::Sync { calls } => self.sync(now, endpoint, calls),
                _ => {}
            };
        };
        if let ToSwitchboard::Invite { to, display_name, description, .. } = message {
            return self.invite(now, endpoint, call, to, display_name, description);
        }
        let Some(present) = self.people.get(endpoint) else { return };
        let who = present.raw_id.clone();
        let device = present.device;
        let limits = self.config.limits;
        let Some(known) = self.calls.get_mut(&call) else {
            // Only those who were in it learn how it ended.
            let past = self.past.get(call).filter(|past| past.from == who || past.to == who);
            let reason = past.map_or(EndReason::NO_SUCH_CALL, |past| past.reason);
            return self.send(endpoint, ToEndpoint::Ended { call, reason });
        };
        let Some(leg) = known.leg_of(&who, device).cloned() else {
            self.audit(call, AuditEvent::NotAParticipant { who });
            // To a stranger, a call that is not theirs and one that is not there look alike.
            return self.send(endpoint, ToEndpoint::Ended { call, reason: EndReason::NO_SUCH_CALL });
        };
        let actor = Actor { endpoint: Some(endpoint), leg: Some(leg.leg) };
        match meaning(known, &leg, message, &limits) {
            Meaning::Step(on, with) => self.step(now, call, on, actor, with),
            Meaning::Declines { busy, reason } => self.decline(now, call, actor, busy, reason),
            Meaning::Over(reason) => self.send(endpoint, ToEndpoint::Ended { call, reason }),
            Meaning::Problem(code) => self.problem(call, actor, code),
        }
    }
}

fn step(on: On) -> Meaning {
    Meaning::Step(on, With::Nothing)
}

/// What a message of this leg means to its call.
fn meaning(call: &mut Call, leg: &LegRecord, message: ToSwitchboard, limits: &Limits) -> Meaning {
    let connected = call.record.phase == CallPhase::Connected;
    let caller = leg.role == LegRole::Caller;
    let rings = matches!(leg.phase, LegPhase::Offered | LegPhase::Alerting);
    let joined = matches!(leg.phase, LegPhase::Joined | LegPhase::Lobby);
    // How it ended for a callee's device that is no longer in it.
    let over = match leg.phase {
        LegPhase::Declined | LegPhase::Busy => EndReason::DECLINED,
        _ => EndReason::ANSWERED_ELSEWHERE,
    };
    match message {
        ToSwitchboard::Ringing { .. } if caller => step(On::OutOfPlace),
        ToSwitchboard::Ringing { .. } if leg.phase == LegPhase::Offered => step(On::DeviceRinging),
        ToSwitchboard::Ringing { .. } if leg.phase == LegPhase::Left => Meaning::Over(over),
        ToSwitchboard::Ringing { .. } => step(On::Repeated),
        ToSwitchboard::Accept { .. } if caller => step(On::OutOfPlace),
        ToSwitchboard::Accept { description, .. } if rings => {
            let fits = description.kind == DescriptionKind::Answer
                && description.session == MediaSessionId::MAIN
                && description.sdp.len() <= limits.sdp_bytes;
            if fits {
                Meaning::Step(On::Accept, With::Description(description))
            } else {
                Meaning::Declines { busy: false, reason: Some(EndReason::BAD_REQUEST) }
            }
        }
        ToSwitchboard::Accept { .. } if joined => step(On::AcceptAgain),
        ToSwitchboard::Accept { .. } if connected => step(On::AcceptLate),
        ToSwitchboard::Accept { .. } => Meaning::Over(over),
        ToSwitchboard::Reject { busy, .. } if rings => Meaning::Declines { busy, reason: None },
        ToSwitchboard::Reject { .. } if caller || joined => step(On::OutOfPlace),
        ToSwitchboard::Reject { .. } => Meaning::Over(over),
        ToSwitchboard::Cancel { .. } if caller => step(On::Cancel),
        ToSwitchboard::Cancel { .. } => step(On::OutOfPlace),
        ToSwitchboard::HangUp { reason, .. } if rings => {
            Meaning::Declines { busy: false, reason: Some(reason.as_said_by_an_endpoint()) }
        }
        ToSwitchboard::HangUp { .. } if caller && !connected => step(On::Cancel),
        ToSwitchboard::HangUp { reason, .. } if joined => {
            Meaning::Step(On::HangUp, With::Reason(reason.as_said_by_an_endpoint()))
        }
        ToSwitchboard::HangUp { .. } => Meaning::Over(over),
        // From here on only those who are in the call.
        _ if !joined => Meaning::Over(over),
        ToSwitchboard::Describe { description, .. } if description.sdp.len() > limits.sdp_bytes => {
            Meaning::Problem(ProblemCode::TooLarge)
        }
        ToSwitchboard::Describe { description, .. }
            if !connected && description.session != MediaSessionId::MAIN =>
        {
            step(On::OutOfPlace)
        }
        ToSwitchboard::Describe { description, .. } => {
            let on = match call.freshness(leg, &description, limits) {
                Freshness::Offer => On::Offer,
                Freshness::Answer => On::Answer,
                Freshness::Stale => On::StaleDescription,
                Freshness::TooManySessions => return Meaning::Problem(ProblemCode::TooMany),
            };
            Meaning::Step(on, With::Description(description))
        }
        ToSwitchboard::Candidate { candidate, .. } if candidate.len() > limits.candidate_bytes => {
            Meaning::Problem(ProblemCode::TooLarge)
        }
        ToSwitchboard::Candidate { session, revision, candidate, .. } => {
            match call.takes_candidate(leg.leg, session, revision, limits) {
                Candidacy::Taken => {
                    Meaning::Step(On::Candidate, With::Candidate { session, revision, candidate })
                }
                Candidacy::Stale => step(On::StaleDescription),
                Candidacy::TooMany => Meaning::Problem(ProblemCode::TooMany),
            }
        }
        ToSwitchboard::Mute { muted, .. } if muted == leg.muted => step(On::Repeated),
        ToSwitchboard::Mute { muted, .. } => Meaning::Step(On::Mute, With::Flag(muted)),
        ToSwitchboard::Hold { held, .. } if held == leg.held => step(On::Repeated),
        ToSwitchboard::Hold { held, .. } => Meaning::Step(On::Hold, With::Flag(held)),
        ToSwitchboard::Recording { .. } if leg.phase == LegPhase::Lobby => step(On::OutOfPlace),
        ToSwitchboard::Recording { action, .. } => Meaning::Step(On::Recording, With::Recording(action)),
        ToSwitchboard::NoticeShown { announcement, .. } => {
            Meaning::Step(On::Recording, With::Notice(announcement))
        }
        // These are about no call, or make one.
        ToSwitchboard::Register { .. }
        | ToSwitchboard::Unregister
        | ToSwitchboard::Invite { .. }
        | ToSwitchboard::Sync { .. } => step(On::Repeated),
    }
}

impl EndReason {
    /// What an endpoint may say of the end of a call; anything else counts as hanging up.
    fn as_said_by_an_endpoint(self) -> Self {
        let may_say = [
            Self::HUNG_UP,
            Self::ABRUPT,
            Self::NO_ANSWER,
            Self::NETWORK_SETUP,
            Self::NETWORK_LOST,
            Self::MEDIA_LOST,
            Self::MEDIA_NOT_ESTABLISHED,
            Self::CALL_TOKEN_REFUSED,
        ];
        if may_say.contains(&self) { self } else { Self::HUNG_UP }
    }
}
