//! The user's events: from the link and from the threads' logs to the app, in order, until the app has acknowledged
//! them. What decides is [`liaison_chat::sync`]; what it wants done is done here.

use std::sync::Arc;
use std::time::Instant;

use liaison_chat::link::{ChatFrame, ChatRequest, EventPage};
use liaison_chat::sync::{Sync, SyncConfig, SyncInput, SyncOutput, SyncState};
use liaison_chat::{EventSequence, ThreadId};

use super::ChatError;
use super::store::{Change, Store};
use crate::event::Event;

/// What the realtime connection tells chat.
#[derive(Debug)]
pub(crate) enum LinkNews {
    /// It is up, and its service speaks chat; `resumed`: nothing was lost.
    Up { resumed: bool },
    /// It is down.
    Down,
    /// It brought this.
    Frame(Box<ChatFrame>),
}

/// What is to be done by the task.
#[derive(Debug)]
pub(super) enum Wanted {
    /// Say this on the link.
    Say(ChatRequest),
    /// Read a thread's log.
    Read { thread: ThreadId, after: EventSequence, limit: u32 },
    /// Tell the app.
    Tell(Event),
}

/// The events of one user.
pub(super) struct Feed {
    sync: Sync,
    /// Where the cursors are kept, and the user's name there.
    store: Option<(Arc<Store>, String)>,
}

impl Feed {
    /// Goes on from what was kept.
    pub(super) fn new(config: SyncConfig, kept: SyncState, store: Option<(Arc<Store>, String)>) -> Self {
        Self { sync: Sync::new(config, kept), store }
    }

    pub(super) fn handle(&mut self, now: Instant, input: SyncInput) {
        self.sync.handle(now, input);
    }

    /// What a read came to.
    pub(super) fn read(&mut self, now: Instant, thread: ThreadId, page: Result<EventPage, ChatError>) {
        let input = match page {
            Ok(page) => SyncInput::Page { thread, page },
            Err(ChatError::Refused { status: 403 | 404, .. }) => SyncInput::ReadRefused { thread },
            Err(ChatError::Throttled { retry_after }) => {
                SyncInput::ReadFailed { thread, retry_after: Some(retry_after) }
            }
            Err(error) => {
                tracing::warn!(%error, "a chat thread's events could not be read");
                SyncInput::ReadFailed { thread, retry_after: None }
            }
        };
        self.handle(now, input);
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.sync.deadline()
    }

    /// What to do next.
    pub(super) fn poll(&mut self) -> Option<Wanted> {
        loop {
            return Some(match self.sync.poll()? {
                SyncOutput::Request(request) => Wanted::Say(request),
                SyncOutput::Read { thread, after, limit } => Wanted::Read { thread, after, limit },
                SyncOutput::Deliver(event) => Wanted::Tell(Event::Chat(event)),
                SyncOutput::Missed { thread, to } => Wanted::Tell(Event::ChatMissed { thread, to }),
                SyncOutput::Save(cursor) => {
                    self.keep(Change::Cursor(cursor));
                    continue;
                }
                SyncOutput::SaveStarted => {
                    self.keep(Change::Started);
                    continue;
                }
                SyncOutput::Forget { thread } => {
                    self.keep(Change::Forget(thread));
                    continue;
                }
            });
        }
    }

    /// Not waited for: what is not on disk when the app ends comes again.
    fn keep(&self, change: Change) {
        if let Some((store, user)) = &self.store {
            store.write(user, change);
        }
    }
}
