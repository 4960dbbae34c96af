//! The project's own commands: `cargo xtask demo`, `test`, `bench`, `compare`, `load`, `install`, `header`.

#![forbid(unsafe_code)]

mod bench;
mod child;
mod compare;
mod count;
mod demo;
mod header;
mod install;
mod load;
mod place;
mod prerequisites;
mod report;
mod shell;
mod steps;
mod test;

use clap::{Parser, Subcommand};

/// The project's own commands.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// One real call between a C kiosk and a staff member, measured, with a report in out/demo.
    Demo(demo::Options),
    /// Everything that CI checks, in less than 20 minutes on two cores.
    Test(test::Options),
    /// The longer runs: 200 call setups under loss, and the benchmarks.
    Bench(bench::Options),
    /// Calls by libwebrtc and Chromium and by us, over the same networks: delay, concealment, quality, cost.
    Compare(compare::Options),
    /// What the chat service does here beside a server from Debian: `liaison doctor load`, built and run.
    Load(load::Options),
    /// The library, the header, the program and what build systems need to find them, under a prefix.
    Install(install::Options),
    /// Writes include/liaison.h and include/liaison.abi anew from crates/ffi.
    Header(header::Options),
}

fn main() -> std::process::ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Demo(options) => demo::run(&options),
        Command::Test(options) => test::run(&options),
        Command::Bench(options) => bench::run(&options),
        Command::Compare(options) => compare::run(&options),
        Command::Load(options) => load::run(&options),
        Command::Install(options) => install::run(&options),
        Command::Header(options) => header::run(&options),
    };
    match outcome {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            std::process::ExitCode::FAILURE
        }
    }
}
