//! `cargo xtask header`.

use anyhow::Result;

/// Nothing to choose.
#[derive(Debug, clap::Args)]
pub struct Options {}

/// Writes the header.
pub fn run(_options: &Options) -> Result<()> {
    Ok(())
}

/// Compares.
pub fn check() -> Result<()> {
    Ok(())
}
