//! The liaison program.

#![forbid(unsafe_code)]
fn main() {}
