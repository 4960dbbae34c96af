//! `cargo xtask demo`.

use anyhow::Result;

/// How to run it.
#[derive(Debug, Default, clap::Args)]
pub struct Options {}

impl Options {
    /// On the build that the tests use.
    pub fn on_the_test_build() -> Self {
        Self::default()
    }
}

/// Runs it.
pub fn run(_options: &Options) -> Result<()> {
    Ok(())
}
