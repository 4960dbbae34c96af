//! Chat: the client of the Chat REST interface of ACS, of this service and of Azure's.
//!
//! ```text
//! app ── ChatClient ──▶ task ──▶ commands: one change of a thread at a time, until it is done ──▶ rest ──▶ net::Http
//!                         ├────▶ questions: asked once ─────────────────────────────────────────▶ rest
//!  events ◀── Event::ChatDone ◀──┤
//!         ◀── Event::Chat ◀── feed ◀── the link, and logs read by rest
//!                         store: what of commands and feed is on disk, on a thread of its own
//! ```

mod client;
mod commands;
mod error;
mod feed;
mod request;
mod rest;
mod result;
mod session;
mod store;
mod target;
mod task;
mod transfer;
mod unread;

pub use client::{ChatClient, ChatThreadClient};
pub use error::ChatError;
pub use request::{ChatListOptions, ChatParticipantToAdd, MessagesFrom, NewChatThread, NewMessage};
pub use result::{ChatPage, ChatRefusedParticipant, ChatResult, ChatThread, ChatThreadItem};
pub use store::ChatStoreError;
pub use transfer::{
    AttachmentBytes, AttachmentSource, AttachmentToGet, AttachmentView, LARGEST_ATTACHMENT, NewAttachment,
};

pub(crate) use feed::LinkNews;
pub(crate) use rest::Rest;
pub(crate) use store::Store;
pub(crate) use task::{ChatInput, ChatTask};
