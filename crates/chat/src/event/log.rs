//! What of an event is written to the thread's log.
//!
//! The log outlives messages that are edited or deleted, so it holds no text of theirs: it names the message, and
//! whoever reads the log puts in what the message says at that time, if the reader may see it.

use super::{Event, EventKind};
use crate::MessageId;
use crate::model::{History, Message};

impl Event {
    fn message(&self) -> Option<&Message> {
        match &self.kind {
            EventKind::ChatMessageReceived { message }
            | EventKind::ChatMessageEdited { message }
            | EventKind::ChatMessageDeleted { message } => Some(message),
            _ => None,
        }
    }

    /// The message it is about, whose content the reader of a log has to put in.
    #[must_use]
    pub fn message_id(&self) -> Option<MessageId> {
        self.message().map(|message| message.id)
    }

    /// What is written to the log. `None` for what is not kept (typing).
    #[must_use]
    pub fn to_log(&self) -> Option<Self> {
        self.sequence?;
        Some(match self.message() {
            Some(message) => self.with(message.without_content()),
            None => self.clone(),
        })
    }

    /// An event of the log as it is told: with the message as it is now, for somebody with that view of the history.
    /// What they may not see, and what is gone, stays without content.
    #[must_use]
    pub fn from_log(&self, now: Option<&Message>, history: History) -> Self {
        match (self.message_id(), now) {
            (Some(id), Some(message)) if message.id == id && history.sees(message) => {
                self.with(message.clone())
            }
            _ => self.clone(),
        }
    }

    /// Whether somebody with that view of the history must not see what the message says: tell them
    /// [`Event::to_log`] then. (A message from before their part of the history that was edited.)
    #[must_use]
    pub fn hides_from(&self, history: History) -> bool {
        self.message().is_some_and(|message| !history.sees(message))
    }

    fn with(&self, message: Message) -> Self {
        let kind = match &self.kind {
            EventKind::ChatMessageReceived { .. } => EventKind::ChatMessageReceived { message },
            EventKind::ChatMessageEdited { .. } => EventKind::ChatMessageEdited { message },
            EventKind::ChatMessageDeleted { .. } => EventKind::ChatMessageDeleted { message },
            other => other.clone(),
        };
        Self { kind, ..self.clone() }
    }
}
