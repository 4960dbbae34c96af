//! What to do about what happened.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Instant;

use super::thread::ThreadSync;
use super::{Cursor, SyncConfig, SyncInput, SyncOutput, SyncState};
use crate::backoff::Backoff;
use crate::link::{ChatFrame, ChatRequest, EventPage, ThreadHead};
use crate::{Event, EventSequence, ThreadId};

/// The events of one user.
#[derive(Debug)]
pub struct Sync {
    config: SyncConfig,
    backoff: Backoff,
    threads: BTreeMap<ThreadId, ThreadSync>,
    started: bool,
    online: bool,
    /// While the answer to `Subscribe` comes: the threads there were before it, and are not named in it so far.
    unlisted: Option<BTreeSet<ThreadId>>,
    /// Threads whose log is to be read.
    queue: VecDeque<ThreadId>,
    reads: usize,
    outputs: VecDeque<SyncOutput>,
}

impl Sync {
    /// Goes on from what was kept.
    #[must_use]
    pub fn new(config: SyncConfig, state: SyncState) -> Self {
        let threads =
            state.cursors.into_iter().map(|cursor| (cursor.thread, ThreadSync::at(cursor.acknowledged)));
        Self {
            backoff: Backoff::new(config.retry_least, config.retry_most, config.seed),
            threads: threads.collect(),
            started: state.started,
            online: false,
            unlisted: None,
            queue: VecDeque::new(),
            reads: 0,
            outputs: VecDeque::new(),
            config,
        }
    }

    /// Something happened.
    pub fn handle(&mut self, now: Instant, input: SyncInput) {
        match input {
            SyncInput::Connected { resumed } => self.connected(resumed),
            SyncInput::Disconnected => self.online = false,
            SyncInput::Frame(frame) => self.frame(frame),
            SyncInput::Page { thread, page } => self.page(now, &thread, page),
            SyncInput::ReadFailed { thread, retry_after } => {
                self.read_done(&thread);
                self.retry(now, &thread, retry_after);
            }
            SyncInput::ReadRefused { thread } => {
                self.read_done(&thread);
                self.forget(thread);
            }
            SyncInput::Acknowledge { thread, sequence } => self.acknowledge(&thread, sequence),
            SyncInput::Tick => self.tick(now),
        }
        self.start_reads();
    }

    /// What to do next.
    pub fn poll(&mut self) -> Option<SyncOutput> {
        self.outputs.pop_front()
    }

    /// When to call `handle(now, Tick)`.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        if !self.online {
            return None;
        }
        self.threads.values().filter_map(|thread| thread.retry_at).min()
    }

    /// The last event of a thread that the app acknowledged.
    #[must_use]
    pub fn acknowledged(&self, thread: &ThreadId) -> Option<EventSequence> {
        self.threads.get(thread).map(|thread| thread.acknowledged)
    }

    fn connected(&mut self, resumed: bool) {
        self.online = true;
        if !resumed {
            self.unlisted = Some(self.threads.keys().cloned().collect());
            self.outputs.push_back(SyncOutput::Request(ChatRequest::Subscribe));
        }
        // What was waiting for its time may have been waiting for the network.
        let waiting: Vec<ThreadId> = self
            .threads
            .iter()
            .filter(|(_, thread)| thread.retry_at.is_some())
            .map(|(id, _)| id.clone())
            .collect();
        waiting.into_iter().for_each(|thread| self.read_again(&thread));
    }

    fn frame(&mut self, frame: ChatFrame) {
        match frame {
            ChatFrame::Events { events } => events.into_iter().for_each(|event| self.event(event)),
            ChatFrame::Gap { thread, head } => {
                let state = self.threads.entry(thread.clone()).or_default();
                state.head = state.head.max(head);
                self.advance(&thread);
            }
            ChatFrame::Heads { threads, complete } => self.heads(threads, complete),
        }
    }

    fn event(&mut self, event: Event) {
        let Some(sequence) = event.sequence else {
            self.outputs.push_back(SyncOutput::Deliver(Box::new(event)));
            return;
        };
        let thread = event.thread.clone();
        let state = self.threads.entry(thread.clone()).or_default();
        state.take(sequence, event, &self.config.me, self.config.buffered);
        self.advance(&thread);
    }

    fn heads(&mut self, heads: Vec<ThreadHead>, complete: bool) {
        for ThreadHead { thread, first, head } in heads {
            if let Some(unlisted) = &mut self.unlisted {
                unlisted.remove(&thread);
            }
            let state = self.threads.entry(thread.clone()).or_default();
            if !state.known && !state.reading {
                // One that began while this device was away is told from its beginning.
                state.begin(if self.started { first.previous() } else { head });
                if !self.started {
                    // Until the app has read the history, nothing of this thread is acknowledged.
                    state.acknowledged = EventSequence::NONE;
                    self.outputs.push_back(SyncOutput::Missed { thread: thread.clone(), to: head });
                }
            }
            state.head = state.head.max(head);
            self.advance(&thread);
        }
        if complete && let Some(unlisted) = self.unlisted.take() {
            unlisted.into_iter().for_each(|thread| self.forget(thread));
            if !std::mem::replace(&mut self.started, true) {
                self.outputs.push_back(SyncOutput::SaveStarted);
            }
        }
    }

    fn page(&mut self, now: Instant, thread: &ThreadId, mut page: EventPage) {
        self.read_done(thread);
        page.events.retain(|event| event.thread == *thread);
        let Some(state) = self.threads.get_mut(thread) else { return };
        let before = (state.known, state.delivered);
        if let Some(to) = state.page(page, self.config.buffered) {
            self.outputs.push_back(SyncOutput::Missed { thread: thread.clone(), to });
        }
        if before == (state.known, state.delivered) && state.lacks() {
            // A service that promises more than it gives is not asked at once again.
            self.retry(now, thread, None);
            return;
        }
        state.failures = 0;
        self.advance(thread);
    }

    fn retry(&mut self, now: Instant, thread: &ThreadId, asked: Option<std::time::Duration>) {
        if let Some(state) = self.threads.get_mut(thread) {
            state.failures = state.failures.saturating_add(1);
            state.retry_at = Some(now + self.backoff.wait(state.failures, asked));
        }
    }

    fn acknowledge(&mut self, thread: &ThreadId, sequence: EventSequence) {
        let Some(state) = self.threads.get_mut(thread) else { return };
        let sequence = sequence.min(state.delivered);
        if sequence > state.acknowledged {
            state.acknowledged = sequence;
            let cursor = Cursor { thread: thread.clone(), acknowledged: sequence };
            self.outputs.push_back(SyncOutput::Save(cursor));
            self.advance(thread);
        }
    }

    fn tick(&mut self, now: Instant) {
        let due = |(_, state): &(&ThreadId, &ThreadSync)| state.retry_at.is_some_and(|at| at <= now);
        let due: Vec<ThreadId> = self.threads.iter().filter(due).map(|(id, _)| id.clone()).collect();
        due.into_iter().for_each(|thread| self.read_again(&thread));
    }

    fn read_again(&mut self, thread: &ThreadId) {
        if let Some(state) = self.threads.get_mut(thread) {
            state.retry_at = None;
        }
        self.advance(thread);
    }

    /// Tells the app what is in turn, and has the log read when something lacks.
    fn advance(&mut self, thread: &ThreadId) {
        let Some(state) = self.threads.get_mut(thread) else { return };
        while let Some(event) = state.next(self.config.unacknowledged) {
            self.outputs.push_back(SyncOutput::Deliver(Box::new(event)));
        }
        let waits = state.reading || state.retry_at.is_some() || state.is_full(self.config.unacknowledged);
        if !waits && state.lacks() {
            state.reading = true;
            self.queue.push_back(thread.clone());
        }
    }

    fn start_reads(&mut self) {
        while self.online && self.reads < self.config.reads {
            let Some(thread) = self.queue.pop_front() else { return };
            let Some(state) = self.threads.get_mut(&thread) else { continue };
            if !state.lacks() {
                // It came while it was queued.
                state.reading = false;
                continue;
            }
            self.reads += 1;
            let after = if state.known { state.delivered } else { EventSequence::NONE };
            self.outputs.push_back(SyncOutput::Read { thread, after, limit: self.config.page });
        }
    }

    fn read_done(&mut self, thread: &ThreadId) {
        self.reads = self.reads.saturating_sub(1);
        if let Some(state) = self.threads.get_mut(thread) {
            state.reading = false;
        }
    }

    fn forget(&mut self, thread: ThreadId) {
        if self.threads.remove(&thread).is_some() {
            self.outputs.push_back(SyncOutput::Forget { thread });
        }
    }
}
