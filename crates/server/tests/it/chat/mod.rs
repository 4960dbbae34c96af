//! The Chat REST interface.

mod attachments;
mod cards;
mod messages;
mod policy;
mod realtime;
mod security;
mod support;
mod threads;

pub use realtime::{event, listening, words};
pub use support::{User, path};
