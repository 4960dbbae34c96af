//! `liaison answer`.

use super::follow::{EndedCall, follow};
use super::open::{Calls, open};
use super::options::Options;
use super::report;
use crate::exit::Failure;
use crate::session::Moment;
use liaison_engine::{CallHandle, Event};
use std::path::{Path, PathBuf};

/// Waits for calls and answers them, one at a time; another caller meanwhile is declined.
///
/// Prints what happens, each line with its time since the command began, such as `+0.123 s incoming call
/// from …`; with --json one object a line, as `liaison call` does. The files of --out and --report are
/// numbered from the second call on: heard.wav, heard-2.wav, …
#[derive(Debug, clap::Args)]
#[command(after_help = crate::exit::HELP)]
pub struct AnswerArguments {
    /// Leave after the first call; the exit code then says how it went
    #[arg(long)]
    once: bool,
    #[command(flatten)]
    options: Options,
}

/// Runs the command.
pub fn run(arguments: AnswerArguments) -> Result<(), Failure> {
    let mut calls = open(arguments.options)?;
    calls.session.sign_in()?;
    calls.session.timeline.note(Moment::Waiting);
    let mut answered = 0;
    while !calls.session.interrupt.wanted() {
        let session = &mut calls.session;
        let Some(event) = session.next()? else { continue };
        let Event::IncomingCall { call, caller, display_name } = event else {
            if let Event::OperationDone { result, .. } = event {
                session.note_failed(result);
            }
            continue;
        };
        session.timeline.note(Moment::Incoming { call: call.0, caller, display_name });
        let Some(ended) = answer(&mut calls, call, answered + 1)? else { continue };
        answered += 1;
        let path = calls.report.as_deref().map(|path| numbered(path, answered));
        report::show(&calls.session, &ended, path.as_deref())?;
        if arguments.once {
            calls.session.close();
            return ended.outcome();
        }
        calls.session.timeline.note(Moment::Waiting);
    }
    calls.session.close();
    Ok(())
}

/// Answers one call and follows it; `None` when the caller was gone before anybody could speak.
fn answer(calls: &mut Calls, call: CallHandle, number: u32) -> Result<Option<EndedCall>, Failure> {
    let session = &mut calls.session;
    let accepted = session.engine.call_agent().incoming_call(call).and_then(|call| call.accept());
    let call = match accepted {
        Ok((call, _)) => call,
        Err(error) => {
            session.timeline.note(Moment::Problem { text: error.to_string() });
            return Ok(None);
        }
    };
    session.timeline.note(Moment::Accepted { call: call.handle().0 });
    let record_to = calls.record_to.as_deref().map(|path| numbered(path, number));
    let ended = follow(session, call, record_to, calls.seconds)?;
    let cancelled = ended.connected_for.is_none() && ended.reason.code == 487;
    Ok((!cancelled).then_some(ended))
}

/// `heard.wav` for the first call, `heard-2.wav` for the second.
fn numbered(path: &Path, number: u32) -> PathBuf {
    if number < 2 {
        return path.to_owned();
    }
    let mut name = path.file_stem().unwrap_or_default().to_owned();
    name.push(format!("-{number}"));
    if let Some(extension) = path.extension() {
        name.push(".");
        name.push(extension);
    }
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_later_calls_are_numbered() {
        assert_eq!(numbered(Path::new("a/heard.wav"), 1), Path::new("a/heard.wav"));
        assert_eq!(numbered(Path::new("a/heard.wav"), 2), Path::new("a/heard-2.wav"));
        assert_eq!(numbered(Path::new("heard"), 3), Path::new("heard-3"));
    }
}
