//! The realtime push for unmodified chat clients.

mod access;
mod browser;
mod client;
mod delivery;

pub use client::Client as PushClient;
