//! Who may do what in a thread, and what it changes.
//!
//! The service loads a [`View`] (what a command needs and no more), calls [`decide`], writes the [`Change`]s and logs
//! the events in one transaction, then tells the recipients. The store assigns no number of its own: message ids,
//! versions and event sequences are in the changes, taken from the thread's [`crate::model::Heads`].
//!
//! Before a command comes here the service has verified the token, sanitised HTML, and asked the federation about each
//! participant to be added ([`Admission`]).

mod access;
mod actor;
mod attachments;
mod check;
mod command;
mod create;
mod decision;
mod draft;
mod expire;
mod messages;
mod operation;
mod participants;
mod presence;
mod properties;
mod refusal;
mod view;

#[cfg(test)]
pub(crate) mod tests;

pub use actor::Actor;
pub use command::{Admission, Command, CreateThread, EditMessage, NewParticipant, SendMessage, UpdateThread};
pub use decision::{Change, Decision, Grant, InvalidParticipant, Outcome};
pub use expire::expire;
pub use operation::{Needs, Operation};
pub use refusal::Refusal;
pub use view::View;

use crate::{ChatLimits, ChatPolicy, UnixMillis};

/// What a service holds everybody to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rules {
    /// Sizes and numbers.
    pub limits: ChatLimits,
    /// Switches.
    pub policy: ChatPolicy,
}

/// What `command` by `actor` changes in the thread of `view`.
///
/// # Errors
/// Why it may not be; nothing is to be written then.
pub fn decide(
    rules: &Rules,
    view: &View,
    actor: &Actor,
    command: Command,
    now: UnixMillis,
) -> Result<Decision, Refusal> {
    let access = match access::admit(view, actor, command.operation())? {
        access::Admitted::To(access) => access,
        access::Admitted::NoThread => return no_thread(rules, actor, command, now),
        access::Admitted::AlreadyDone => return Ok(Decision::done()),
    };
    let draft = draft::Draft::new(access.thread, now);
    match command {
        Command::CreateThread(_) | Command::ListThreads => no_thread(rules, actor, command, now),
        Command::GetThread
        | Command::ListMessages
        | Command::ListParticipants
        | Command::ListReadReceipts
        | Command::ReadEvents => Ok(Decision::grant(access.grant())),
        Command::GetMessage(_) => {
            messages::named(view, &access)?;
            Ok(Decision::grant(access.grant()))
        }
        Command::UpdateThread(update) => properties::update(rules, &access, draft, update),
        Command::DeleteThread => Ok(properties::delete(&access, draft)),
        Command::SendMessage(message) => messages::send(rules, view, actor, &access, draft, message),
        Command::EditMessage(edit) => messages::edit(rules, view, actor, &access, draft, edit),
        Command::DeleteMessage(_) => messages::delete(view, actor, &access, draft),
        Command::AddParticipants(added) => participants::add(rules, view, &access, draft, added),
        Command::RemoveParticipant(removed) => participants::remove(view, &access, draft, &removed),
        Command::UploadAttachment { name, bytes } => attachments::upload(rules, view, name.as_ref(), bytes),
        Command::GetAttachment(id) => attachments::get(view, actor, &access, id),
        Command::DeleteAttachment(id) => attachments::delete(view, actor, &access, draft, id),
        Command::SendReadReceipt(_) => presence::receipt(rules, view, actor, &access, draft),
        Command::SendTyping { sender_display_name } => {
            presence::typing(rules, actor, &access, draft, sender_display_name)
        }
    }
}

fn no_thread(rules: &Rules, actor: &Actor, command: Command, now: UnixMillis) -> Result<Decision, Refusal> {
    match command {
        Command::CreateThread(create) => create::create(rules, actor, create, now),
        Command::ListThreads => Ok(Decision::done()),
        _ => Err(Refusal::NotParticipant),
    }
}
