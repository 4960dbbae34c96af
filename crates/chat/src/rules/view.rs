//! What the store loads for one command.

use crate::MessageId;
use crate::model::{Message, Participation, ReadReceipt, StoredAttachment, Thread};

/// What the store loads for one command, in the transaction that also writes what is decided.
///
/// | command | beside `thread` and `actor` |
/// |---|---|
/// | create, list threads | neither of the two |
/// | send | `repeated`, when it has a client id; `attachments` |
/// | get, edit, delete a message | `message` |
/// | read receipt | `message`, `receipt` |
/// | add, remove | `targets` |
/// | upload a file | `unsent_bytes` |
/// | get, delete a file | `attachments`, and the `message` that it was sent with |
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct View {
    /// The thread's row, a deleted one too.
    pub thread: Option<Thread>,
    /// The actor's row in the thread, a removed one's too.
    pub actor: Option<Participation>,
    /// The message the command names.
    pub message: Option<Message>,
    /// The message this actor has sent in this thread under the client id of the command.
    pub repeated: Option<MessageId>,
    /// Of those the command names: the rows of all who are or were in the thread.
    pub targets: Vec<Participation>,
    /// Of the files the command names: those of the thread.
    pub attachments: Vec<StoredAttachment>,
    /// How many bytes the actor has uploaded, to whatever thread, that are not sent.
    pub unsent_bytes: u64,
    /// The actor's receipt.
    pub receipt: Option<ReadReceipt>,
}
