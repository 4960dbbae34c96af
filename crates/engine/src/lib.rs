//! One endpoint: CallAgent, Call, events. The public Rust API.

#![forbid(unsafe_code)]
