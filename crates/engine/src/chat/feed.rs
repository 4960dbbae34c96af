//! The user's events: from the link and from the threads' logs to the app, in order, until the app has acknowledged
//! them. What decides is [`liaison_chat::sync`]; what it wants done is done here.

use std::time::Instant;

use liaison_chat::link::{ChatFrame, ChatRequest, EventPage};
use liaison_chat::sync::{Cursor, Sync, SyncConfig, SyncInput, SyncOutput, SyncState};
use liaison_chat::{EventSequence, ThreadId};
use liaison_identity::RawId;

use super::ChatError;
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

/// The events of whoever is signed in.
#[derive(Default)]
pub(super) struct Feed {
    sync: Option<(RawId, Sync)>,
}

impl Feed {
    /// The link is up for this user.
    pub(super) fn up(&mut self, now: Instant, me: RawId, seed: u64, resumed: bool) {
        if self.sync.as_ref().is_none_or(|(before, _)| *before != me) {
            let sync = Sync::new(SyncConfig::new(me.clone(), seed), SyncState::default());
            self.sync = Some((me, sync));
        }
        self.handle(now, SyncInput::Connected { resumed });
    }

    /// Nobody is signed in any more.
    pub(super) fn end(&mut self) {
        self.sync = None;
    }

    pub(super) fn handle(&mut self, now: Instant, input: SyncInput) {
        if let Some((_, sync)) = &mut self.sync {
            sync.handle(now, input);
        }
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
        self.sync.as_ref()?.1.deadline()
    }

    pub(super) fn tick(&mut self, now: Instant) {
        if self.deadline().is_some_and(|deadline| deadline <= now) {
            self.handle(now, SyncInput::Tick);
        }
    }

    /// What to do next.
    pub(super) fn poll(&mut self) -> Option<Wanted> {
        let (_, sync) = self.sync.as_mut()?;
        loop {
            return Some(match sync.poll()? {
                SyncOutput::Request(request) => Wanted::Say(request),
                SyncOutput::Read { thread, after, limit } => Wanted::Read { thread, after, limit },
                SyncOutput::Deliver(event) => Wanted::Tell(Event::Chat(event)),
                SyncOutput::Missed { thread, to } => Wanted::Tell(Event::ChatMissed { thread, to }),
                // Kept for as long as the engine lives; a new engine begins with what happens then.
                SyncOutput::Save(Cursor { .. }) | SyncOutput::SaveStarted | SyncOutput::Forget { .. } => {
                    continue;
                }
            });
        }
    }
}
