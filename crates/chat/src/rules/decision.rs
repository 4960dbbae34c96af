//! What a command leads to.

use liaison_identity::RawId;

use super::Refusal;
use crate::model::{Heads, History, Message, Metadata, Participation, ReadReceipt, RetentionPolicy, Thread};
use crate::{AttachmentId, Event, EventSequence, MessageId, Text, UnixMillis};

/// What the store writes, in this order, in one transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A new thread, its heads included.
    InsertThread(Thread),
    /// The thread's numbers. At most once in a decision.
    Advance(Heads),
    /// The thread's topic.
    SetTopic(Text),
    /// The thread's metadata.
    SetMetadata(Metadata),
    /// The thread's retention.
    SetRetention(RetentionPolicy),
    /// The thread is deleted. The row stays, so that deleting again is known and the end can be told; its messages,
    /// receipts and older log can be dropped.
    MarkDeleted(UnixMillis),
    /// A new message.
    InsertMessage(Message),
    /// The message of that id in its new form.
    ReplaceMessage(Message),
    /// A participant's row, new or changed.
    PutParticipation(Participation),
    /// A participant's only receipt, new or changed.
    PutReceipt(ReadReceipt),
    /// A file is part of a message from now on. (It goes when the message's content goes.)
    Attach {
        /// The file.
        attachment: AttachmentId,
        /// The message.
        message: MessageId,
    },
    /// A file goes.
    DeleteAttachment(AttachmentId),
}

/// What may be read, by an operation that reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    /// The messages.
    pub history: History,
    /// The first event of the log.
    pub first_event: EventSequence,
    /// The last event of the log, at this moment.
    pub last_event: EventSequence,
}

/// Somebody who was named and not added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidParticipant {
    /// Who.
    pub raw_id: RawId,
    /// Why.
    pub refusal: Refusal,
}

/// What the one who asked is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is done, or was already.
    Done,
    /// The thread is there.
    Created {
        /// The thread.
        thread: Thread,
        /// Who is not in it.
        invalid: Vec<InvalidParticipant>,
    },
    /// The message is there, now or since an earlier sending.
    Sent {
        /// Its name.
        id: MessageId,
    },
    /// The participants are there.
    Added {
        /// Who is not.
        invalid: Vec<InvalidParticipant>,
    },
    /// This may be read.
    Granted(Grant),
}

/// What a command leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// What to write.
    pub changes: Vec<Change>,
    /// What to log ([`Event::to_log`]) and tell, in this order.
    pub events: Vec<Event>,
    /// What to answer.
    pub outcome: Outcome,
}

impl Decision {
    /// Nothing changes.
    pub(super) fn answer(outcome: Outcome) -> Self {
        Self { changes: Vec::new(), events: Vec::new(), outcome }
    }

    pub(super) fn done() -> Self {
        Self::answer(Outcome::Done)
    }

    pub(super) fn grant(grant: Grant) -> Self {
        Self::answer(Outcome::Granted(grant))
    }
}
