//! `liaison-end`: one end of a call that `liaison doctor` measures, with the engine linked and nothing of the service,
//! as it is in an app. A program of `liaison`'s own modules; told what to do on standard input.

#![forbid(unsafe_code)]
// What only `liaison` uses of them.
#![allow(dead_code)]

mod exit;
mod output;
mod process;

/// Of `liaison doctor`, what an end needs.
mod doctor {
    mod clocked;
    pub mod end;
    mod figures;
    mod pump;
}

use std::process::ExitCode;

fn main() -> ExitCode {
    match doctor::end::run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::from(failure.code())
        }
    }
}
