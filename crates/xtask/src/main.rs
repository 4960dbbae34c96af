//! The project's own commands: demo, test, install, header.

#![forbid(unsafe_code)]
fn main() {}
