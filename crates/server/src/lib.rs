//! The service: REST, realtime, switchboard, federation, directory, store.
//!
//! Library first: [`Server::start`] runs it inside any tokio runtime, [`admin::Admin`] administers it,
//! whether it is running or not. The `liaison` program is a thin shell over both.

#![forbid(unsafe_code)]

mod account;
pub mod admin;
mod attachments;
pub mod backup;
mod believed;
mod chat;
mod clock;
pub mod config;
pub mod directory;
mod endpoint;
pub mod error;
pub mod federation;
mod folder;
mod halves;
mod http;
pub mod measure;
mod metrics;
mod operations;
mod random;
mod rate;
mod realtime;
mod server;
mod store;
mod tls;
mod tokens;
mod upkeep;
mod webhook;

pub use attachments::AttachmentLimits;
pub use chat::{ChatRate, ChatRates, Shared};
pub use config::{Limits, Rate, ServerConfig};
pub use error::ServerError;
pub use liaison_chat::{ChatLimits, ChatPolicy};
pub use realtime::push::PushLimits;
pub use server::{RunningServer, Server};
pub use webhook::{NewWebhook, Secret, WebhookLimits, WebhookSummary, WebhookUrl};
