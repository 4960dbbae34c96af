//! Chat: threads, participants, messages, receipts and events; who may do what; the client's sync and outbox.
//!
//! Names and JSON are those of ACS Chat (2025-03-15). The crate is pure (ARCHITECTURE.md, invariant 1): it is told
//! the time, the random bits and what the store holds, and says what to write and whom to tell.
//!
//! | module | |
//! |---|---|
//! | [`rules`] | [`decide`]: what a command changes in a thread, or why it may not be; used by the service |
//! | [`model`], [`event`] | what the store keeps, and what participants are told |
//! | [`acs`] | the JSON of the REST interface, for the service and for the engine's client |
//! | [`push`] | the JSON of the ten realtime notifications of unmodified clients |
//! | [`event_grid`] | the sixteen events that webhooks are told |
//! | [`link`] | the payload of our own realtime link |
//! | [`sync`], [`outbox`] | the client's halves, sans-IO: events in order once, commands until they are answered |
//!
//! What people write is in no `Debug` output of this crate: it would end in a log.

#![forbid(unsafe_code)]

pub mod acs;
mod backoff;
mod card;
pub mod event;
pub mod event_grid;
mod id;
mod limits;
pub mod link;
pub mod model;
pub mod outbox;
mod policy;
pub mod push;
pub mod rules;
#[cfg(test)]
mod simulation;
pub mod sync;
mod text;
mod time;

pub use event::{Event, EventKind, Recipients};
pub use id::{AttachmentId, ClientMessageId, EventSequence, IdError, MessageId, ThreadId};
pub use limits::ChatLimits;
pub use policy::ChatPolicy;
pub use rules::decide;
pub use text::Text;
pub use time::{TimeError, UnixMillis};
