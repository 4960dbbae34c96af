//! The service as a client sees it: over TLS, on a real port, with a real folder.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod admin;
mod calls;
mod chat;
mod durability;
mod floods;
mod graph;
mod harness;
mod identity_rest;
mod killed;
mod lifecycle;
mod link;
mod phone;
mod pressure;
mod push;
mod webhooks;
