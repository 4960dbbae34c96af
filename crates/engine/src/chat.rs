//! Chat: the client of the Chat REST interface of ACS, of this service and of Azure's.
//!
//! ```text
//! app ── ChatClient ──▶ task ──▶ lanes: one change of a thread at a time, in the order asked for
//!                         └────▶ rest: requests, tokens, waits ──▶ net::Http
//!  events ◀── Event::ChatDone
//!         ◀── Event::Chat ◀── feed ◀── the link, and logs read by rest
//! ```

mod client;
mod error;
mod feed;
mod lanes;
mod request;
mod rest;
mod result;
mod target;
mod task;
mod unread;

pub use client::{ChatClient, ChatThreadClient};
pub use error::ChatError;
pub use request::{ChatParticipantToAdd, MessagesFrom, NewChatThread, NewMessage};
pub use result::{ChatPage, ChatRefusedParticipant, ChatResult, ChatThread, ChatThreadItem};

pub(crate) use feed::LinkNews;
pub(crate) use task::{ChatInput, ChatTask};
