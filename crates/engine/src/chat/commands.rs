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
    /// It is on disk.
    kept: bool,
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
            (record.id.clone(), Waiting { thread, kept: true, ..Waiting::default() })
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
            if waiting.kept {
                events.push(Event::ChatQueued { operation, client_id: id });
            }
            return;
        }
        let queued = self.outbox.queue(now, id.clone(), thread.clone(), command, unix_now());
        let error = match queued {
            Ok(()) => {
                let operations = vec![operation];
                self.waiting.insert(id, Waiting { thread, operations, ..Waiting::default() });
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
                        let id = record.id.clone();
                        on_disk.push((id, store.keep(user, Change::Record(Box::new(record)))));
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
        for (id, kept) in on_disk {
            let kept = kept.await.unwrap_or(false);
            // Written again when it may have been sent: the app knows already.
            let Some(waiting) = self.waiting.get_mut(&id).filter(|waiting| kept && !waiting.kept) else {
                continue;
            };
            waiting.kept = true;
            for operation in &waiting.operations {
                events.push(Event::ChatQueued { operation: *operation, client_id: id.clone() });
            }
        }
        errands
    }

    fn settle(&mut self, events: &EventQueue, id: ClientMessageId, settlement: Settlement) {
        let Waiting { operations, outcome, .. } = self.waiting.remove(&id).unwrap_or_default();
        let result = match (settlement, outcome) {
            (Settlement::Cancelled, _) => Err(ChatError::TakenBack),
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

#[cfg(test)]
mod tests {
    use liaison_chat::model::{MessageKind, Metadata};
    use liaison_chat::outbox::Remote;

    use super::*;

    fn message(thread: u128, id: &str) -> (Option<ThreadId>, ClientMessageId, QueuedCommand) {
        let command = QueuedCommand::SendMessage {
            kind: MessageKind::Text,
            content: "x".into(),
            sender_display_name: None,
            metadata: Metadata::default(),
            attachments: vec![],
        };
        (Some(ThreadId::from_random(thread)), id.parse().unwrap(), command)
    }

    #[tokio::test]
    async fn the_same_message_is_queued_once_and_another_thread_has_other_names() {
        let (now, events) = (Instant::now(), EventQueue::new().unwrap());
        let mut commands = Commands::new(OutboxConfig::new(Remote::Liaison, 1), Vec::new(), None);
        commands.handle(now, OutboxInput::Online);
        commands.queue(now, &events, OperationId(1), message(1, "a"));
        commands.queue(now, &events, OperationId(2), message(1, "a"));
        commands.queue(now, &events, OperationId(3), message(2, "a"));
        let Some(Event::ChatDone { operation, result: Err(error), .. }) = events.next() else {
            panic!("the other thread's is refused")
        };
        assert_eq!((operation, error), (OperationId(3), ChatError::ClientMessageId("a".to_owned())));

        let errands = commands.drain(&events).await;
        let [Errand::Transmit(record)] = &errands[..] else { panic!("{} errands", errands.len()) };
        let transmitted = Transmitted {
            answer: liaison_chat::outbox::Answer::Done(Made::Message(MessageId(7))),
            outcome: Ok(ChatResult::MessageSent { message: MessageId(7) }),
        };
        commands.transmitted(now, record.id.clone(), transmitted);
        assert!(commands.drain(&events).await.is_empty());
        for expected in [1, 2] {
            let Some(Event::ChatDone { operation, result: Ok(result), .. }) = events.next() else {
                panic!("both are told")
            };
            assert_eq!(operation, OperationId(expected));
            assert_eq!(*result, ChatResult::MessageSent { message: MessageId(7) });
        }
        assert_eq!(events.next(), None);
    }

    #[tokio::test]
    async fn what_is_under_way_is_not_taken_back() {
        let (now, events) = (Instant::now(), EventQueue::new().unwrap());
        let mut commands = Commands::new(OutboxConfig::new(Remote::Liaison, 1), Vec::new(), None);
        commands.handle(now, OutboxInput::Online);
        commands.queue(now, &events, OperationId(1), message(1, "a"));
        commands.queue(now, &events, OperationId(2), message(1, "b"));
        for id in ["a", "b", "c"] {
            commands.handle(now, OutboxInput::Cancel { id: id.parse().unwrap() });
        }
        assert_eq!(commands.drain(&events).await.len(), 1);
        let told = events.next();
        assert!(
            matches!(
                told,
                Some(Event::ChatDone { operation: OperationId(2), result: Err(ChatError::TakenBack), .. })
            ),
            "{told:?}"
        );
        assert_eq!(events.next(), None);
        // Signed out, the other is told of as well.
        commands.end(&events);
        assert!(matches!(events.next(), Some(Event::ChatDone { operation: OperationId(1), .. })));
    }
}
