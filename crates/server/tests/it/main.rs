//! The service as a client sees it: over TLS, on a real port, with a real folder.

mod harness;
mod identity_rest;
mod sdks;
