//! `liaison chat`: one end of a chat, in a terminal.

mod line;
mod talk;
mod tell;

use crate::exit::Failure;
use crate::session::{ServiceOptions, Session};

/// Chats with somebody.
///
/// Prints what happens, each line with its time since the command began, such as `+0.123 s 8:orgid:… says: hello`;
/// with --json one object a line. Reads lines from standard input and sends each; `/help` lists what else can be
/// typed. With neither --with nor --thread it joins the first chat in which something happens.
#[derive(Debug, clap::Args)]
#[command(after_help = crate::exit::HELP)]
pub struct Arguments {
    /// Begin a chat with this person: 8:orgid:<object id> for a person of an organisation, 8:acs:<resource>_<user>
    /// for an app's user; may be given several times
    #[arg(long, value_name = "RAWID", conflicts_with = "thread")]
    with: Vec<String>,
    /// What the new chat is about
    #[arg(long, value_name = "TEXT", default_value = "Chat", requires = "with")]
    topic: String,
    /// Join this chat: 19:…@thread.v2
    #[arg(long, value_name = "ID")]
    thread: Option<String>,
    /// Stay when standard input ends, until the chat is deleted or at Ctrl-C
    #[arg(long)]
    follow: bool,
    #[command(flatten)]
    service: ServiceOptions,
}

/// Runs the command.
pub fn run(arguments: Arguments) -> Result<(), Failure> {
    let name = arguments.service.display_name.clone();
    let mut session = Session::open(arguments.service, |_| Ok(()))?;
    session.sign_in()?;
    let begin = match arguments.thread {
        Some(thread) => talk::Begin::Join(thread),
        None if arguments.with.is_empty() => talk::Begin::Wait,
        None => talk::Begin::Create { with: arguments.with, topic: arguments.topic },
    };
    let outcome = talk::talk(&mut session, begin, name, arguments.follow);
    session.close();
    outcome
}
