//! The user's commands that wait: in [`liaison_chat::outbox`], on disk, and on the way.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use liaison_chat::outbox::{
    Made, Outbox, OutboxConfig, OutboxInput, OutboxOutput, QueueError, QueuedCommand, Record, Settlement,
};
use liaison_chat::{ClientMessageId, MessageId, ThreadId, UnixMillis};

use super::rest::Transmitted;
use super::store::{Change, Store};
use super::{ChatError, ChatResult};
use crate::event::{Event, OperationId};
use crate::queue::EventQueue;

/// What is to be done for a command.
pub(super) enum Errand {
    Transmit(Box<Record>),
    Search { id: ClientMessageId, thread: ThreadId, since: UnixMillis },
}

/// What the app waits for.
#[derive(Default)]
struct Waiting {
    thread: Option<ThreadId>,
    /// None when it was asked for in an earlier run.
    operations: Vec<OperationId>,
    /// What the last answer said.
    outcome: Option<Result<ChatResult, ChatError>>,
}

/// The commands of one user.
pub(super) struct Commands {
    outbox: Outbox,
    waiting: BTreeMap<ClientMessageId, Waiting>,
    /// Where they are kept, and the user's name there.
    store: Option<(Arc<Store>, String)>,
}

impl Commands {
    /// Goes on with what was kept.
    pub(super) fn new(config: OutboxConfig, kept: Vec<Record>, store: Option<(Arc<Store>, String)>) -> Self {
        let from_before = |record: &Record| {
            let thread = record.thread.clone();
            (record.id.clone(), Waiting { thread, ..Waiting::default() })
        };
        let waiting = kept.iter().map(from_before).collect();
        Self { outbox: Outbox::new(config, kept), waiting, store }
    }

    /// Queues what the app asked for. The same message asked for again under its id is the one that waits.
    pub(super) fn queue(
        &mut self,
        now: Instant,
        events: &EventQueue,
        operation: OperationId,
        (thread, id, command): (Option<ThreadId>, ClientMessageId, QueuedCommand),
    ) {
        if let Some(waiting) = self.waiting.get_mut(&id).filter(|waiting| waiting.thread == thread) {
            waiting.operations.push(operation);
            return;
        }
        let queued = self.outbox.queue(now, id.clone(), thread.clone(), command, unix_now());
        let error = match queued {
            Ok(()) => {
                let operations = vec![operation];
                self.waiting.insert(id, Waiting { thread, operations, outcome: None });
                return;
            }
            Err(QueueError::Full(limit)) => ChatError::TooMany { limit },
            Err(QueueError::Id) => ChatError::ClientMessageId(id.to_string()),
        };
        events.push(Event::ChatDone { operation, client_id: Some(id), result: Err(error) });
    }

    /// Something happened.
    pub(super) fn handle(&mut self, now: Instant, input: OutboxInput) {
        self.outbox.handle(now, input);
    }

    /// What a request came to.
    pub(super) fn transmitted(&mut self, now: Instant, id: ClientMessageId, transmitted: Transmitted) {
        if let Some(waiting) = self.waiting.get_mut(&id) {
            waiting.outcome = Some(transmitted.outcome);
        }
        self.outbox.handle(now, OutboxInput::Answer { id, answer: transmitted.answer });
    }

    /// What a search came to.
    pub(super) fn found(&mut self, now: Instant, id: ClientMessageId, message: Option<MessageId>) {
        if let (Some(waiting), Some(message)) = (self.waiting.get_mut(&id), message) {
            waiting.outcome = Some(Ok(ChatResult::MessageSent { message }));
        }
        self.outbox.handle(now, OutboxInput::Found { id, message });
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.outbox.deadline()
    }

    /// Keeps what is new, tells the app what is settled; what is left to do begins when all is on disk.
    pub(super) async fn drain(&mut self, events: &EventQueue) -> Vec<Errand> {
        let (mut errands, mut on_disk) = (Vec::new(), Vec::new());
        while let Some(output) = self.outbox.poll() {
            match output {
                OutboxOutput::Save(record) => {
                    if let Some((store, user)) = &self.store {
                        let first = !record.tried;
                        let id = record.id.clone();
                        on_disk.push((id, first, store.keep(user, Change::Record(Box::new(record)))));
                    }
                }
                OutboxOutput::Transmit(record) => errands.push(Errand::Transmit(Box::new(record))),
                OutboxOutput::Search { id, thread, since } => {
                    errands.push(Errand::Search { id, thread, since });
                }
                OutboxOutput::Settle { id, settlement } => {
                    if let Some((store, user)) = &self.store {
                        store.write(user, Change::Settled(id.clone()));
                    }
                    self.settle(events, id, settlement);
                }
            }
        }
        for (id, first, kept) in on_disk {
            if kept.await.unwrap_or(false) && first {
                for operation in self.waiting.get(&id).into_iter().flat_map(|waiting| &waiting.operations) {
                    events.push(Event::ChatQueued { operation: *operation, client_id: id.clone() });
                }
            }
        }
        errands
    }

    fn settle(&mut self, events: &EventQueue, id: ClientMessageId, settlement: Settlement) {
        let Waiting { operations, outcome, .. } = self.waiting.remove(&id).unwrap_or_default();
        let result = match (settlement, outcome) {
            (Settlement::Cancelled, _) => Err(ChatError::Cancelled),
            (_, Some(outcome)) => outcome,
            (Settlement::Done(Made::Message(message)), None) => Ok(ChatResult::MessageSent { message }),
            (Settlement::Done(_), None) => Ok(ChatResult::Done),
            (Settlement::Refused { status }, None) => {
                Err(ChatError::Refused { status, code: String::new(), text: String::new() })
            }
        };
        tell(events, operations, &id, result);
    }

    /// The user is signed out: what waits stays on disk.
    pub(super) fn end(self, events: &EventQueue) {
        for (id, waiting) in self.waiting.into_iter().filter(|(_, waiting)| !waiting.operations.is_empty()) {
            tell(events, waiting.operations, &id, Err(ChatError::Cancelled));
        }
    }
}

fn tell(
    events: &EventQueue,
    mut operations: Vec<OperationId>,
    id: &ClientMessageId,
    result: Result<ChatResult, ChatError>,
) {
    if operations.is_empty() {
        operations.push(OperationId::EARLIER_RUN);
    }
    let result = result.map(Box::new);
    for operation in operations {
        let (client_id, result) = (Some(id.clone()), result.clone());
        events.push(Event::ChatDone { operation, client_id, result });
    }
}

fn unix_now() -> UnixMillis {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    UnixMillis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
