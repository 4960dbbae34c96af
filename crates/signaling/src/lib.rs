//! How a call is set up: the messages, and one call state machine in one transition table with both halves.
//!
//! [`Endpoint`] is the half in each engine, [`Switchboard`] the half in the service. Both are pure
//! (ARCHITECTURE.md, invariant 1): they are told the time and what happened, and say what to do.
//!
//! ```text
//! handle(now, input)   something happened
//! poll() -> output     what to do about it; call until `None` after each `handle`
//! deadline()           when to call `handle(now, Tick)` if nothing else happens; `None` = never
//! ```
//!
//! A call is not a peer connection: it holds media sessions ([`MediaSessionId`]), each with offers and
//! answers that carry a revision ([`Description`]). The client makes the call's id, the service the legs'.
//! Media does not pass here and does not stop when the link to the service does.

#![forbid(unsafe_code)]

mod end_reason;
mod endpoint;
mod id;
mod limits;
mod message;
mod random;
mod recent;
mod state;
mod switchboard;
mod table;

pub use end_reason::EndReason;
pub use endpoint::{
    CallEvent, Command, CommandError, Endpoint, EndpointConfig, EndpointInput, EndpointOutput, MediaEvent,
};
pub use id::{CallId, DeviceId, EndpointId, IdError, LegId, MediaSessionId};
pub use limits::Limits;
pub use message::{
    CallClaim, Description, DescriptionKind, MessageError, PeerLinkState, ProblemCode, PushRegistration,
    RecordingAction, RecordingClaim, ToEndpoint, ToSwitchboard,
};
pub use state::{CallState, RecordingState};
pub use switchboard::{
    Admission, AdmissionRequest, AuditEvent, CallPhase, CallRecord, LegPhase, LegRecord, LegRole,
    RecordingRecord, SessionRecord, Switchboard, SwitchboardConfig, SwitchboardInput, SwitchboardOutput,
};

/// The kind of these messages on the link.
pub const KIND: &str = "call";
