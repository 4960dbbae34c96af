//! Chat: what the rules decide is decided on the rows of the transaction that writes it, so that
//! neither a thread's numbers nor its members can change in between.

mod attachments;
mod changes;
mod commands;
mod departures;
mod erasure;
mod events;
mod lists;
mod members;
mod rows;
#[cfg(test)]
mod tests;
mod upkeep;
mod view;
mod webhooks;

pub(crate) use attachments::{FileFacts, drop_files_of};
pub(crate) use erasure::without_names;
pub(crate) use lists::{Page, ParticipantKey, ThreadKey};
pub(crate) use members::Member;
pub(crate) use webhooks::Due;
pub(super) use webhooks::release_all;
pub(super) use {commands::CreatedThread, lists::ThreadItem, webhooks::Owing};

use super::StoreError;
use liaison_chat::rules::Refusal;

/// Why a chat operation was not done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ChatError {
    /// The rules forbid it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A use of the store whose transaction is good, whether the rules allowed it or not.
type Judged<T> = Result<T, Refusal>;

fn flat<T>(judged: Result<Judged<T>, StoreError>) -> Result<T, ChatError> {
    Ok(judged??)
}
