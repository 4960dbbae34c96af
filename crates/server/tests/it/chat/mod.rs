//! The Chat REST interface.

mod messages;
mod security;
mod support;
mod threads;

pub use support::{User, path};
