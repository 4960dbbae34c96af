//! `liaison call`.

use super::follow::follow;
use super::open::{call_failure, open};
use super::options::Options;
use super::report;
use crate::exit::Failure;
use crate::session::Moment;

/// Calls somebody.
///
/// Prints what happens, each line with its time since the command began, such as `+0.123 s ringing`; with
/// --json one object a line: {"at_s":0.123,"monotonic_us":…,"event":"state","call":1,"state":"ringing"}.
#[derive(Debug, clap::Args)]
#[command(after_help = crate::exit::HELP)]
pub struct CallArguments {
    /// Whom: 8:orgid:<object id> for a person of an organisation, 8:acs:<resource>_<user> for an app's user
    #[arg(long, value_name = "RAWID")]
    to: String,
    #[command(flatten)]
    options: Options,
}

/// Runs the command.
pub fn run(arguments: CallArguments) -> Result<(), Failure> {
    let to =
        liaison_identity::RawId::new(&arguments.to).map_err(|error| Failure::Usage(error.to_string()))?;
    let mut calls = open(arguments.options)?;
    let session = &mut calls.session;
    session.sign_in()?;
    let call = session.engine.call_agent().start_call(to.as_str()).map_err(call_failure)?;
    session.timeline.note(Moment::Calling { call: call.handle().0, to: to.to_string() });
    let ended = follow(session, call, calls.record_to, calls.seconds)?;
    report::show(session, &ended, calls.report.as_deref())?;
    calls.session.close();
    ended.outcome()
}
