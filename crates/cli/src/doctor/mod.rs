//! `liaison doctor`: instruments that measure this machine and the engine on it.

mod clocked;
mod device_call;
mod devices;
mod echo;
mod end;
mod figures;
mod impair;
mod load;
mod loopback;
mod pair;
mod percentiles;
mod pump;
mod report;
mod spans;
mod stage;
mod switch;
mod virtual_time;

use crate::exit::Failure;
use clap::Subcommand;

/// Measures calls on this machine
#[derive(Debug, clap::Args)]
#[command(after_help = crate::exit::HELP)]
pub struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Loopback(loopback::Arguments),
    Devices(devices::Arguments),
    Echo(echo::Arguments),
    Load(load::Arguments),
    /// One end of a loopback: told what to do on standard input
    #[command(hide = true)]
    End,
}

/// Runs the command.
pub fn run(arguments: Arguments) -> Result<(), Failure> {
    match arguments.what {
        What::Loopback(arguments) => loopback::run(&arguments),
        What::Devices(arguments) => devices::run(&arguments),
        What::Echo(arguments) => echo::run(&arguments),
        What::Load(arguments) => load::run(&arguments),
        What::End => end::run(),
    }
}
