//! The liaison program: the service, its administration, and calls and chats from a terminal.

#![forbid(unsafe_code)]

mod admin;
mod call;
mod chat;
mod devices;
mod doctor;
mod exit;
mod files;
mod output;
mod process;
mod serve;
mod session;

use clap::{Parser, Subcommand};
use exit::Failure;
use std::process::ExitCode;

/// Lets an app's own users call the people of an organisation: the service, its administration, and
/// calls from a terminal.
#[derive(Debug, Parser)]
#[command(name = "liaison", version, disable_help_subcommand = true, after_help = exit::HELP)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::Arguments),
    Admin(admin::Arguments),
    Call(call::CallArguments),
    Answer(call::AnswerArguments),
    Chat(chat::Arguments),
    Devices(devices::Arguments),
    Doctor(doctor::Arguments),
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Serve(arguments) => serve::run(arguments),
        Command::Admin(arguments) => admin::run(arguments),
        Command::Call(arguments) => call::run_call(arguments),
        Command::Answer(arguments) => call::run_answer(arguments),
        Command::Chat(arguments) => chat::run(arguments),
        Command::Devices(arguments) => devices::run(&arguments),
        Command::Doctor(arguments) => doctor::run(arguments),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => report(&failure),
    }
}

fn report(failure: &Failure) -> ExitCode {
    eprintln!("error: {failure}");
    ExitCode::from(failure.code())
}
