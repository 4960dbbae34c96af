//! The one realtime connection between an engine and the service (ARCHITECTURE.md, invariant 5).
//!
//! A WebSocket carries text frames; each frame is one JSON object ([`Limits::frame_bytes`]).
//! This crate holds both ends as pure cores: [`Client`] in the engine, [`Server`] once a session in
//! the service. They are told the time and what arrived, and say what to transmit:
//!
//! ```text
//! handle(now, input)   something happened
//! poll() -> output     what to do about it; call until `None` after each `handle`
//! deadline()           when to call `handle(now, Tick)` if nothing else happens; `None` = never
//! ```
//!
//! **What a message goes through.** The sender numbers it (1, 2, 3, … in each direction), keeps it,
//! and transmits it. The receiver hands it to its consumer as `Received`, in order, once. When the
//! consumer has done its work (committed it, told the app) it says `Acknowledge`; only then may
//! the sender forget it. A broken socket is resumed by (session, last acknowledged): what was not
//! acknowledged comes again with the same sequence, and what the consumer already saw is not shown
//! twice. A session that the service no longer has leads to `Resync`: read the state again; commands
//! that nobody acknowledged are sent again in the new session under their old ids.
//!
//! A body that the receiver does not know is answered `unsupported`, and unknown fields are ignored;
//! neither ever closes the connection.

#![forbid(unsafe_code)]

mod body;
mod client;
mod control;
mod error;
mod frame;
mod hello;
mod id;
mod inbox;
mod jitter;
mod limits;
mod outbox;
mod server;
mod table;

pub use body::{Body, BodyError};
pub use client::{Client, ClientConfig, ClientInput, ClientOutput, LostReason};
pub use error::{LinkError, RefusalCode, SubmitError};
pub use hello::{Hello, Resume, VersionRange, parse_hello, refusal};
pub use id::{CommandId, DeviceId, IdError, SessionId};
pub use limits::Limits;
pub use server::{DetachReason, EndReason, Server, ServerConfig, ServerInput, ServerOutput};

/// The newest protocol version spoken here.
pub const VERSION: u32 = 1;

/// The path of the link on the service: `wss://HOST/liaison/v1/link`.
///
/// The token travels in the first frame, never in the address, which proxies log.
pub const PATH: &str = "/liaison/v1/link";
