//! `cargo xtask test`: everything that CI checks.

use anyhow::Result;

use crate::steps::{Steps, count_tests};
use crate::{demo, place, prerequisites, shell};

/// What to leave out, for a quick look while working; CI leaves nothing out.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Leave out the demo's call.
    #[arg(long)]
    no_demo: bool,
}

/// Runs all checks and prints a summary; the last line counts the tests.
pub fn run(options: &Options) -> Result<()> {
    let mut steps = Steps::new();
    steps.step("system packages", |_| prerequisites::ensure(&[prerequisites::BUILD, prerequisites::TEST]));
    steps.step("format", |_| shell::run(&mut shell::cargo(&["fmt", "--all", "--check"])));
    steps.step("clippy", |_| {
        shell::run(&mut shell::cargo(&[
            "clippy",
            "--workspace",
            "--all-targets",
            "--locked",
            "--",
            "-D",
            "warnings",
        ]))
    });
    steps.step("the device crate without a sound system", |_| {
        shell::run(&mut shell::cargo(&["check", "-p", "liaison-device", "--no-default-features", "--locked"]))
    });
    steps.step("tests", |count| {
        let runner: &[&str] = if shell::on_path("cargo-nextest") {
            &["nextest", "run", "--workspace", "--no-fail-fast", "--locked", "--color", "never"]
        } else {
            &["test", "--workspace", "--all-targets", "--no-fail-fast", "--locked"]
        };
        count_tests(&mut shell::cargo(runner), count)
    });
    steps.step("examples in the documentation", |count| {
        count_tests(&mut shell::cargo(&["test", "--workspace", "--doc", "--no-fail-fast", "--locked"]), count)
    });
    if !options.no_demo {
        // The same call as `cargo xtask demo`, with the program and the library that the tests have just been run on:
        // another build would have other features of the crates below, and take minutes.
        steps.step("demo", |count| {
            // Tests leave a library below deps/; `build` puts it where it is linked from. With the tests among the
            // targets nothing has other features than before, so that nothing is compiled anew.
            shell::run(&mut shell::cargo(&[
                "build",
                "--workspace",
                "--lib",
                "--bins",
                "--tests",
                "--locked",
            ]))?;
            demo::run(&demo::Options::with_built(place::target().join("debug")))?;
            count.passed += 1;
            Ok(())
        });
    }
    steps.finish()
}
