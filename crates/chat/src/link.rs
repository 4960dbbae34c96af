//! Chat on our own realtime link: the bodies of messages of kind [`KIND`].
//!
//! Calls have a kind of their own, so conversations without chat stay as they are: a service without chat answers
//! `unsupported`, and the service sends nothing of this kind before a client has sent [`ChatRequest::Subscribe`].
//!
//! What comes here is a hint: the truth is the thread's log, which is read by REST at [`events_path`]. Frames may be
//! missing, come twice or out of order; [`crate::sync`] puts them right.

use serde::{Deserialize, Serialize};

use crate::{Event, EventSequence, ThreadId};

/// The kind of these messages on the link.
pub const KIND: &str = "chat";

/// The capability that both ends of the link name in their hello when they speak this.
pub const CAPABILITY: &str = "chat";

/// Where a thread's log stands for one participant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ThreadHead {
    /// The thread.
    pub thread: ThreadId,
    /// The first event that they may read ([`crate::rules::Grant::first_event`]).
    pub first: EventSequence,
    /// The last one.
    pub head: EventSequence,
}

/// What the service tells an engine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum ChatFrame {
    /// What happened, in order; of any threads.
    Events {
        /// The events.
        events: Vec<Event>,
    },
    /// There is more in the log than is told here: read it.
    Gap {
        /// The thread.
        thread: ThreadId,
        /// The newest event.
        head: EventSequence,
    },
    /// The answer to `Subscribe`, in one or more frames: every thread that this user is or was in, deleted ones as
    /// long as the service knows them. Also sent unasked, when the service could not tell this engine everything.
    Heads {
        /// Some of the threads.
        threads: Vec<ThreadHead>,
        /// No more frames of this answer follow.
        complete: bool,
    },
}

/// What an engine asks of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase")]
#[non_exhaustive]
pub enum ChatRequest {
    /// Tell where each thread stands, and from now on what happens.
    Subscribe,
    /// Tell no more.
    Unsubscribe,
}

/// A part of a thread's log: the answer of [`events_path`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EventPage {
    /// The first event that this user may read. What lies before and was asked for is not there (any more): it was
    /// before they were added, or the log is no longer kept.
    pub first: EventSequence,
    /// The newest event that this user may read.
    pub head: EventSequence,
    /// Consecutive, beginning with the later of `first` and the one after the one asked for.
    pub events: Vec<Event>,
}

/// Where a thread's log is read: `GET`, with the user's token. At most `limit` events after `after`.
#[must_use]
pub fn events_path(thread: &ThreadId, after: EventSequence, limit: u32) -> String {
    let (thread, after) = (thread.as_str().replace(':', "%3A").replace('@', "%40"), after.0);
    format!("/liaison/v1/chat/threads/{thread}/events?after={after}&limit={limit}")
}

impl ChatFrame {
    /// The frame of one event as JSON, made once for all its recipients. An event longer than `limit` bytes (a thread
    /// created with hundreds of participants) becomes a gap: it is read by REST.
    #[must_use]
    pub fn of(event: &Event, limit: usize) -> String {
        // Our own types with text keys; they always have a JSON form.
        let json = |frame: &Self| serde_json::to_string(frame).unwrap_or_default();
        let whole = json(&Self::Events { events: vec![event.clone()] });
        match event.sequence {
            Some(head) if whole.len() > limit => json(&Self::Gap { thread: event.thread.clone(), head }),
            _ => whole,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EventKind, UnixMillis};
    use liaison_identity::RawId;

    fn event(sequence: Option<u64>, name: &str) -> Event {
        Event {
            thread: ThreadId::from_random(1),
            sequence: sequence.map(EventSequence),
            at: UnixMillis(5),
            kind: EventKind::TypingIndicatorReceived {
                sender: RawId::new("8:acs:r_a").unwrap(),
                sender_display_name: Some(name.into()),
            },
        }
    }

    #[test]
    fn the_words_of_version_1() {
        let thread = ThreadId::from_random(1);
        let frames = [
            serde_json::to_string(&ChatRequest::Subscribe).unwrap(),
            serde_json::to_string(&ChatRequest::Unsubscribe).unwrap(),
            ChatFrame::of(&event(Some(7), "A"), 1000),
            ChatFrame::of(&event(None, "A"), 1000),
            ChatFrame::of(&event(Some(7), &"A".repeat(1000)), 1000),
            serde_json::to_string(&ChatFrame::Heads {
                threads: vec![ThreadHead {
                    thread: thread.clone(),
                    first: EventSequence(2),
                    head: EventSequence(9),
                }],
                complete: true,
            })
            .unwrap(),
            serde_json::to_string(&EventPage {
                first: EventSequence(1),
                head: EventSequence(0),
                events: vec![],
            })
            .unwrap(),
            events_path(&thread, EventSequence(4), 200),
        ];
        insta::assert_snapshot!(frames.join("\n"));
        for frame in &frames[2..6] {
            let read: ChatFrame = serde_json::from_str(frame).unwrap();
            assert_eq!(&serde_json::to_string(&read).unwrap(), frame);
        }
    }

    #[test]
    fn unknown_fields_are_ignored_and_unknown_words_are_errors() {
        assert_eq!(
            serde_json::from_str::<ChatRequest>(r#"{"type":"subscribe","new":1}"#).unwrap(),
            ChatRequest::Subscribe
        );
        assert!(serde_json::from_str::<ChatRequest>(r#"{"type":"other"}"#).is_err());
        assert!(serde_json::from_str::<ChatFrame>(r#"{"type":"other"}"#).is_err());
    }
}
