//! Virtual clock, lossy network, impairing relay, speech measures.

#![forbid(unsafe_code)]
