//! `cargo xtask load`: what the chat service does here, beside a server from Debian that does the same work.

use anyhow::Result;

use crate::{prerequisites, shell};

/// What to measure; with nothing said, all of it.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// What `liaison doctor load` takes, such as --what sends,fanout or --report R.json
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGUMENTS")]
    arguments: Vec<String>,
}

/// Builds the program and runs it.
pub fn run(options: &Options) -> Result<()> {
    prerequisites::ensure(&[prerequisites::BUILD, prerequisites::LOAD])?;
    let mut command = shell::cargo(&["run", "--release", "-p", "liaison-cli", "--", "doctor", "load"]);
    shell::run(command.args(["--beside", "prosody"]).args(&options.arguments))
}
