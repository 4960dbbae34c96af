//! What the fuzz targets do with their bytes; each panics if something is wrong.
//!
//! A test of the crate that reads those bytes runs the same bodies for a few seconds on seeded bytes (`tests/fuzz.rs` in
//! `crates/media`, `crates/link` and `crates/chat`). For long:
//!
//! ```sh
//! cargo install cargo-fuzz
//! RUSTC_BOOTSTRAP=1 cargo fuzz run jitter_buffer -- -max_len=4096 -max_total_time=3600
//! ```
//!
//! (targets: `rtp`, `red`, `dred`, `jitter_buffer`, `realtime`, `rest`; what is found stays in `fuzz/artifacts`.)

pub mod link;
pub mod media;
pub mod rest;
