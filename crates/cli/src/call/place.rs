//! `liaison call`.

use super::follow::follow;
use super::moment::Moment;
use super::options::Options;
use super::session::{Session, call_failure};
use crate::exit::Failure;

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
    let mut session = Session::open(arguments.options)?;
    session.sign_in()?;
    let call = session.engine.call_agent().start_call(to.as_str()).map_err(call_failure)?;
    session.timeline.note(Moment::Calling { call: call.handle().0, to: to.to_string() });
    let record_to = session.options.output.clone();
    let ended = follow(&mut session, call, record_to)?;
    let report = session.options.report.clone();
    session.report(&ended, report.as_deref())?;
    session.close();
    ended.outcome()
}
