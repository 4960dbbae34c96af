//! The Chat REST interface.

mod messages;
mod realtime;
mod security;
mod support;
mod threads;

pub use realtime::{event, listening, words};
pub use support::{User, path};
