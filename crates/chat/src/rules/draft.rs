//! A decision in the making: gives out stamps and numbers.

use liaison_identity::RawId;

use super::{Change, Decision, Outcome};
use crate::event::ThreadFacts;
use crate::model::{Heads, Message, MessageContent, MessageKind, Metadata, Side, Thread};
use crate::{Event, EventKind, EventSequence, MessageId, ThreadId, UnixMillis};

pub(super) struct Draft {
    thread: ThreadId,
    now: UnixMillis,
    heads: Heads,
    changes: Vec<Change>,
    events: Vec<Event>,
}

impl Draft {
    pub fn new(thread: &Thread, now: UnixMillis) -> Self {
        Self::of(thread.id.clone(), thread.heads, now)
    }

    pub fn of(thread: ThreadId, heads: Heads, now: UnixMillis) -> Self {
        Self { thread, now, heads, changes: Vec::new(), events: Vec::new() }
    }

    pub fn now(&self) -> UnixMillis {
        self.now
    }

    pub fn heads(&self) -> Heads {
        self.heads
    }

    /// The stamp of a change: the time, or one more than the last when the clock stands or goes back.
    pub fn stamp(&mut self) -> UnixMillis {
        self.heads.stamp = self.now.max(UnixMillis(self.heads.stamp.0.saturating_add(1)));
        self.heads.stamp
    }

    pub fn change(&mut self, change: Change) {
        self.changes.push(change);
    }

    pub fn count(&mut self, side: Side, by: i32) {
        self.heads.count(side, by);
    }

    /// A new message; its id is a stamp.
    pub fn message(&mut self, kind: MessageKind, content: MessageContent) -> Message {
        let at = self.stamp();
        self.heads.messages += 1;
        self.heads.last_message = Some(MessageId(at.0));
        Message {
            id: MessageId(at.0),
            kind,
            sequence_id: self.heads.messages,
            version: at,
            content: Some(content),
            sender: None,
            sender_display_name: None,
            client_id: None,
            deleted_at: None,
            edited_at: None,
            metadata: Metadata::default(),
        }
    }

    /// A message by the service about what `initiator` did.
    pub fn system_message(
        &mut self,
        kind: MessageKind,
        initiator: &RawId,
        content: MessageContent,
    ) -> Message {
        let message = self.message(kind, MessageContent { initiator: Some(initiator.clone()), ..content });
        self.change(Change::InsertMessage(message.clone()));
        message
    }

    /// The sequence that the next event will have.
    pub fn next_event(&self) -> EventSequence {
        self.heads.event.next()
    }

    pub fn event(&mut self, at: UnixMillis, kind: EventKind) {
        self.heads.event = self.heads.event.next();
        let sequence = Some(self.heads.event);
        self.events.push(Event { thread: self.thread.clone(), sequence, at, kind });
    }

    /// An event that is told and not kept.
    pub fn passing_event(&mut self, kind: EventKind) {
        self.events.push(Event { thread: self.thread.clone(), sequence: None, at: self.now, kind });
    }

    pub fn finish(mut self, outcome: Outcome) -> Decision {
        if !self.changes.is_empty() {
            self.changes.push(Change::Advance(self.heads));
        }
        self.into_decision(outcome)
    }

    /// Without [`Change::Advance`]: what changed has none of the thread's numbers.
    pub fn without_numbers(self, outcome: Outcome) -> Decision {
        self.into_decision(outcome)
    }

    /// Without [`Change::Advance`]: a new thread is inserted with its heads.
    pub fn finish_new(self, thread: Thread, outcome: Outcome) -> Decision {
        let mut decision = self.into_decision(outcome);
        decision.changes.insert(0, Change::InsertThread(thread));
        decision
    }

    fn into_decision(self, outcome: Outcome) -> Decision {
        Decision { changes: self.changes, events: self.events, outcome }
    }
}

impl From<&Thread> for ThreadFacts {
    fn from(thread: &Thread) -> Self {
        Self {
            topic: thread.topic.clone(),
            created_at: thread.created_at,
            metadata: thread.metadata.clone(),
            retention: thread.retention,
        }
    }
}
