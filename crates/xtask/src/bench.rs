//! `cargo xtask bench`: the runs that are too long for `cargo xtask test`.

use anyhow::Result;

use crate::{prerequisites, shell};

/// What to run; with nothing said, all of it.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Only the 200 call setups at each loss.
    #[arg(long)]
    setups: bool,
    /// Only the benchmarks, and only those whose name contains this.
    #[arg(long, value_name = "NAME", num_args = 0..=1, default_missing_value = "", conflicts_with = "setups")]
    only: Option<String>,
    /// Each benchmark for a moment only: whether all of them run, no figures to believe.
    #[arg(long, conflicts_with = "setups")]
    brief: bool,
}

/// Runs them one after the other.
pub fn run(options: &Options) -> Result<()> {
    prerequisites::ensure(&[prerequisites::BUILD])?;
    if options.only.is_none() && !options.brief {
        println!("== 200 setups each at 0, 10 and 20 % loss");
        shell::run(&mut shell::cargo(&[
            "test",
            "--release",
            "-p",
            "liaison-transport",
            "--test",
            "conformance",
            "--",
            "--ignored",
            "--nocapture",
        ]))?;
    }
    if !options.setups {
        println!("== benchmarks");
        let mut command = shell::cargo(&["bench", "-p", "liaison-workspace", "--benches", "--"]);
        command.args(options.only.iter().filter(|name| !name.is_empty()));
        if options.brief {
            command.args(["--warm-up-time", "0.1", "--measurement-time", "0.1", "--sample-size", "10"]);
        }
        shell::run(&mut command)?;
    }
    Ok(())
}
