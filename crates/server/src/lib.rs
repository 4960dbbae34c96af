//! The service: REST, realtime, switchboard, federation, directory, store.

#![forbid(unsafe_code)]
