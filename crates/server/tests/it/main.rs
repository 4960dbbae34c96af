//! The service as a client sees it: over TLS, on a real port, with a real folder.

mod admin;
mod calls;
mod graph;
mod harness;
mod identity_rest;
mod killed;
mod lifecycle;
mod link;
mod phone;
mod pressure;
mod sdks;
