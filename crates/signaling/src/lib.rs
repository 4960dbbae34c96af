//! How a call is set up: messages and one call state machine, both halves.

#![forbid(unsafe_code)]
