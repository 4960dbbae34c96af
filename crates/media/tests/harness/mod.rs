//! A deterministic call in virtual time: sender, lossy network, receiver. Same seed, same result.

#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::expect_used, reason = "a broken harness should stop the test")]

pub mod call;
pub mod network;
pub mod random;
pub mod reference;
pub mod speech;
