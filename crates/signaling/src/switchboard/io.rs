//! What goes into a switchboard and what comes out.

use std::time::Duration;

use liaison_identity::{RawId, Scopes};

use crate::{
    CallId, CallRecord, DeviceId, EndReason, EndpointId, Limits, PushRegistration, ToEndpoint, ToSwitchboard,
};

/// How a switchboard behaves. `Default` gives the product's values.
#[derive(Debug, Clone)]
pub struct SwitchboardConfig {
    /// How long a call may ring or wait for a device to wake. 85 s.
    pub no_answer: Duration,
    /// How long the decision about an invitation may take. 10 s.
    pub admission_timeout: Duration,
    /// How long everybody has to acknowledge a recording. 10 s.
    pub notice_timeout: Duration,
    /// How long the caller's link may be down while the call rings. 30 s.
    pub ringing_grace: Duration,
    /// How long a participant's link may be down before the other side is told that it is gone;
    /// a call of which both are gone ends. 120 s.
    pub leg_grace: Duration,
    /// How long a call claimed by one side only is kept for the other side to claim it too. 60 s.
    pub claim_grace: Duration,
    /// A device whose socket is gone for less than this still counts as one that may answer. 15 s.
    pub reach_grace: Duration,
    /// An endpoint without a socket is forgotten after this: longer than the link keeps a session. 600 s.
    pub forget_endpoint: Duration,
    /// Longest call. 30 h.
    pub max_duration: Duration,
    /// Sizes.
    pub limits: Limits,
}

impl Default for SwitchboardConfig {
    fn default() -> Self {
        Self {
            no_answer: Duration::from_secs(85),
            admission_timeout: Duration::from_secs(10),
            notice_timeout: Duration::from_secs(10),
            ringing_grace: Duration::from_secs(30),
            leg_grace: Duration::from_secs(120),
            claim_grace: Duration::from_secs(60),
            reach_grace: Duration::from_secs(15),
            forget_endpoint: Duration::from_secs(600),
            max_duration: Duration::from_secs(30 * 3600),
            limits: Limits::V1,
        }
    }
}

/// The number of a question whether a call may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AdmissionRequest(pub u64);

/// The answer, from the service's store.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Admission {
    /// The callee exists and may be called.
    Admitted {
        /// How many of the callee's devices can be woken by push.
        push_devices: u32,
    },
    /// It may not be. An unknown callee and a refused one must have the same reason.
    Refused {
        /// What the caller is told.
        reason: EndReason,
        /// What the audit log is told.
        cause: String,
    },
}

/// What happens to a switchboard.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum SwitchboardInput {
    /// An endpoint is there: its link session was made or resumed.
    Attached {
        /// The service's handle of it; the same as before after a resumed session.
        endpoint: EndpointId,
        /// Whose it is, from the verified token.
        raw_id: RawId,
        /// Which device, from the link's hello.
        device: DeviceId,
        /// What the token allows.
        scopes: Scopes,
    },
    /// An endpoint's socket is gone; it may come back. What is sent to it meanwhile waits in its session.
    Detached {
        /// Which.
        endpoint: EndpointId,
    },
    /// An endpoint signed out (the link's goodbye): its calls end now, and it rings no more.
    ///
    /// A session that merely expired needs no word beyond `Detached`: the endpoint is forgotten in time, and the
    /// same device may attach with another handle.
    Goodbye {
        /// Which.
        endpoint: EndpointId,
    },
    /// An endpoint says something.
    Message {
        /// Which.
        endpoint: EndpointId,
        /// What.
        message: ToSwitchboard,
    },
    /// The answer to `Admit`.
    Admission {
        /// Which question.
        request: AdmissionRequest,
        /// The answer.
        decision: Admission,
    },
    /// A user was deleted, or their tokens revoked: their endpoints leave and their calls end.
    Removed {
        /// Who.
        raw_id: RawId,
        /// What the other side is told.
        reason: EndReason,
    },
    /// The deadline came.
    Tick,
}

/// What the audit log is told. Names no message text and no media.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum AuditEvent {
    /// A call was admitted.
    Admitted,
    /// A call was refused.
    Refused {
        /// The true cause, which the caller is not told.
        cause: String,
    },
    /// Somebody answered.
    Answered {
        /// Who.
        by: RawId,
    },
    /// A call is over.
    Ended {
        /// Why.
        reason: EndReason,
    },
    /// The recording's state changed.
    Recording {
        /// To what.
        state: crate::RecordingState,
        /// Who records.
        by: RawId,
    },
    /// Somebody acted on a call that is not theirs.
    NotAParticipant {
        /// Who.
        who: RawId,
    },
}

/// What a switchboard wants done.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SwitchboardOutput {
    /// Tell an endpoint.
    Send {
        /// Which.
        endpoint: EndpointId,
        /// What.
        message: ToEndpoint,
    },
    /// Decide whether `from` may call `to`; answer with `Admission`.
    Admit {
        /// The number of the question.
        request: AdmissionRequest,
        /// The call.
        call: CallId,
        /// Who calls.
        from: RawId,
        /// Whom.
        to: RawId,
    },
    /// Write this down before anything that follows. A record in phase `Ended` may be deleted later.
    Commit(Box<CallRecord>),
    /// Wake the callee's devices by push.
    Wake {
        /// Whose.
        raw_id: RawId,
        /// For which call.
        call: CallId,
        /// Who calls.
        from: RawId,
        /// The name the caller gave itself.
        display_name: String,
    },
    /// Keep (or, with `None`, forget) how to wake this device.
    Push {
        /// Whose.
        raw_id: RawId,
        /// Which device.
        device: DeviceId,
        /// How.
        push: Option<PushRegistration>,
    },
    /// For the audit log.
    Audit {
        /// The call.
        call: CallId,
        /// Who called.
        from: RawId,
        /// Who was called.
        to: RawId,
        /// What happened.
        event: AuditEvent,
    },
}
