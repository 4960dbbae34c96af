//! `cargo xtask header`: writes the C header anew. That it is up to date is held by the tests of the C ABI.

use anyhow::Result;

use crate::shell;

/// Nothing to choose.
#[derive(Debug, clap::Args)]
pub struct Options {}

/// Runs the generator, which has dependencies of its own that xtask is kept free of.
pub fn run(_options: &Options) -> Result<()> {
    shell::run(&mut shell::cargo(&["run", "--quiet", "-p", "liaison-header", "--example", "write"]))
}
