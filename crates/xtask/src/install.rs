//! `cargo xtask install`.

use std::path::PathBuf;

use anyhow::{Result, bail};

/// Where to.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// The folder that gets lib, include, bin and share.
    #[arg(long)]
    prefix: PathBuf,
}

/// Installs.
pub fn run(options: &Options) -> Result<()> {
    bail!("not written yet: {}", options.prefix.display());
}
