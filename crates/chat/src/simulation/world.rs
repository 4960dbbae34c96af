//! The service, the network and the clock.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use liaison_identity::RawId;

use super::client::{Client, Told};
use super::dice::Dice;
use crate::link::{ChatFrame, ChatRequest, EventPage, ThreadHead};
use crate::model::{History, Metadata};
use crate::outbox::{Answer, Made, OutboxInput, OutboxOutput, QueuedCommand, Record, Remote};
use crate::rules::tests::book::Book;
use crate::rules::{
    Actor, Admission, Command, CreateThread, EditMessage, NewParticipant, Outcome, Refusal, SendMessage,
};
use crate::sync::{SyncInput, SyncOutput};
use crate::{ClientMessageId, Event, EventSequence, Recipients, ThreadId, UnixMillis};

/// What is under way.
enum Action {
    Frame { client: usize, link: u64, frame: ChatFrame },
    Heads { client: usize, link: u64 },
    Read { client: usize, run: u64, thread: ThreadId, after: EventSequence, limit: u32 },
    ReadAnswer { client: usize, run: u64, input: SyncInput },
    Request { client: usize, run: u64, record: Record },
    Search { client: usize, run: u64, id: ClientMessageId, thread: ThreadId },
    Answer { client: usize, run: u64, input: OutboxInput },
    Connect { client: usize },
    Disconnect { client: usize },
    Work { client: usize },
    Restart { client: usize },
    ServiceRestart,
    Queue { client: usize, thread: Option<ThreadId>, id: ClientMessageId, command: QueuedCommand },
}

/// How much goes wrong, in percent.
#[derive(Clone, Copy)]
pub struct Trouble {
    pub lost_requests: u64,
    pub lost_answers: u64,
    pub busy: u64,
    pub doubled_frames: u64,
    pub lost_frames: u64,
    pub gaps: u64,
}

pub const NONE: Trouble =
    Trouble { lost_requests: 0, lost_answers: 0, busy: 0, doubled_frames: 0, lost_frames: 0, gaps: 0 };

pub struct World {
    pub now: Instant,
    start: Instant,
    pub dice: Dice,
    pub trouble: Trouble,
    pub books: BTreeMap<ThreadId, Book>,
    created: BTreeMap<ClientMessageId, ThreadId>,
    pub clients: Vec<Client>,
    actions: BTreeMap<(Instant, u64), Action>,
    count: u64,
}

/// Where virtual time begins.
#[expect(clippy::disallowed_methods, reason = "tests need some `Instant` to begin at")]
pub fn origin() -> Instant {
    Instant::now()
}

impl World {
    pub fn new(clients: Vec<Client>, seed: u64, trouble: Trouble) -> Self {
        let start = origin();
        let mut world = Self {
            now: start,
            start,
            dice: Dice::new(seed),
            trouble,
            books: BTreeMap::new(),
            created: BTreeMap::new(),
            clients,
            actions: BTreeMap::new(),
            count: 0,
        };
        for client in 0..world.clients.len() {
            world.soon(50, Action::Connect { client });
        }
        world
    }

    fn wall(&self) -> u64 {
        crate::rules::tests::book::START + u64::try_from((self.now - self.start).as_millis()).unwrap()
    }

    fn at(&mut self, at: Instant, action: Action) {
        self.count += 1;
        self.actions.insert((at, self.count), action);
    }

    fn soon(&mut self, most: u64, action: Action) {
        let at = self.now + self.dice.millis(most);
        self.at(at, action);
    }

    pub fn queue(
        &mut self,
        after: Duration,
        client: usize,
        thread: Option<&ThreadId>,
        command: QueuedCommand,
    ) -> ClientMessageId {
        let id = ClientMessageId::from_random(self.dice.bits());
        let action = Action::Queue { client, thread: thread.cloned(), id: id.clone(), command };
        self.at(self.now + after, action);
        id
    }

    pub fn restart(&mut self, after: Duration, client: usize) {
        self.at(self.now + after, Action::Restart { client });
    }

    pub fn disconnect(&mut self, after: Duration, client: usize) {
        let at = self.now + after;
        self.at(at, Action::Disconnect { client });
    }

    pub fn service_restart(&mut self, after: Duration) {
        self.at(self.now + after, Action::ServiceRestart);
    }

    /// Runs until that time, or until nothing is under way.
    pub fn run(&mut self, duration: Duration) {
        let end = self.now + duration;
        loop {
            let action = self.actions.keys().next().map(|(at, _)| *at);
            let deadline =
                self.clients.iter().flat_map(|client| [client.sync.deadline(), client.outbox.deadline()]);
            let Some(next) = action.into_iter().chain(deadline.flatten()).min() else { break };
            if next > end {
                break;
            }
            self.now = self.now.max(next);
            match self.actions.first_key_value() {
                Some(((at, _), _)) if *at <= self.now => {
                    let (_, action) = self.actions.pop_first().unwrap();
                    self.act(action);
                }
                _ => {
                    for client in 0..self.clients.len() {
                        self.sync(client, SyncInput::Tick);
                        self.outbox(client, OutboxInput::Tick);
                    }
                }
            }
        }
        self.now = end;
    }

    fn sync(&mut self, client: usize, input: SyncInput) {
        let now = self.now;
        self.clients[client].sync.handle(now, input);
        while let Some(output) = self.clients[client].sync.poll() {
            let who = &mut self.clients[client];
            let (run, link) = (who.run, who.link);
            match output {
                SyncOutput::Request(ChatRequest::Subscribe) => self.soon(20, Action::Heads { client, link }),
                SyncOutput::Request(ChatRequest::Unsubscribe) => panic!("nobody asked for it"),
                SyncOutput::Read { thread, after, limit } => {
                    self.soon(30, Action::Read { client, run, thread, after, limit });
                }
                SyncOutput::Deliver(event) => {
                    who.told.push_back(Told::Event(event));
                    self.soon(40, Action::Work { client });
                }
                SyncOutput::Missed { thread, to } => {
                    who.told.push_back(Told::Missed(thread, to));
                    self.soon(40, Action::Work { client });
                }
                SyncOutput::Save(cursor) => drop(who.disk.cursors.insert(cursor.thread, cursor.acknowledged)),
                SyncOutput::SaveStarted => panic!("all have started"),
                SyncOutput::Forget { thread } => panic!("nobody loses {thread}"),
            }
        }
    }

    fn outbox(&mut self, client: usize, input: OutboxInput) {
        let now = self.now;
        self.clients[client].outbox.handle(now, input);
        self.outbox_outputs(client);
    }

    fn outbox_outputs(&mut self, client: usize) {
        while let Some(output) = self.clients[client].outbox.poll() {
            let who = &mut self.clients[client];
            let run = who.run;
            match output {
                OutboxOutput::Save(record) => drop(who.disk.records.insert(record.id.clone(), record)),
                OutboxOutput::Transmit(record) => {
                    assert_eq!(who.disk.records.get(&record.id), Some(&record), "kept before it is sent");
                    self.soon(30, Action::Request { client, run, record });
                }
                OutboxOutput::Search { id, thread, .. } => {
                    assert_eq!(who.remote, Remote::Acs);
                    self.soon(30, Action::Search { client, run, id, thread });
                }
                OutboxOutput::Settle { id, settlement } => {
                    assert!(who.disk.records.remove(&id).is_some());
                    assert!(who.disk.settled.insert(id, settlement).is_none(), "settled once");
                }
            }
        }
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::Frame { client, link, frame } if self.clients[client].link == link => {
                self.sync(client, SyncInput::Frame(frame));
            }
            Action::Heads { client, link } if self.clients[client].link == link => self.heads(client, link),
            Action::Read { client, run, thread, after, limit } => {
                let input = self.read(client, thread, after, limit);
                self.soon(30, Action::ReadAnswer { client, run, input });
            }
            Action::ReadAnswer { client, run, input } if self.clients[client].run == run => {
                self.sync(client, input)
            }
            Action::Request { client, run, record } => self.request(client, run, record),
            Action::Search { client, run, id, thread } => {
                let carries = |value: &&crate::model::Message| {
                    value.metadata.0.get(crate::acs::CLIENT_ID_METADATA).map(String::as_str)
                        == Some(id.as_str())
                };
                let message = self.books[&thread].messages.values().find(carries).map(|message| message.id);
                self.soon(30, Action::Answer { client, run, input: OutboxInput::Found { id, message } });
            }
            Action::Answer { client, run, input } if self.clients[client].run == run => {
                self.outbox(client, input)
            }
            Action::Connect { client } => {
                let who = &mut self.clients[client];
                who.link += 1;
                who.connected = true;
                self.sync(client, SyncInput::Connected { resumed: false });
                self.outbox(client, OutboxInput::Online);
            }
            Action::Disconnect { client } => self.lose(client),
            Action::Work { client } => {
                if let Some((thread, sequence)) = self.clients[client].work() {
                    self.sync(client, SyncInput::Acknowledge { thread, sequence });
                }
            }
            Action::Restart { client } => {
                self.clients[client].restart();
                self.soon(200, Action::Connect { client });
            }
            Action::ServiceRestart => (0..self.clients.len()).for_each(|client| self.lose(client)),
            Action::Queue { client, thread, id, command } => {
                let (now, wall) = (self.now, UnixMillis(self.wall()));
                self.clients[client].outbox.queue(now, id, thread, command, wall).unwrap();
                self.outbox_outputs(client);
            }
            // Of an earlier process or connection.
            Action::Frame { .. }
            | Action::Heads { .. }
            | Action::ReadAnswer { .. }
            | Action::Answer { .. } => {}
        }
    }

    fn lose(&mut self, client: usize) {
        let who = &mut self.clients[client];
        if !who.connected {
            return;
        }
        who.link += 1;
        (who.connected, who.subscribed) = (false, false);
        self.sync(client, SyncInput::Disconnected);
        self.outbox(client, OutboxInput::Offline);
        self.soon(500, Action::Connect { client });
    }

    /// Tells where the threads stand; in the same moment telling what happens begins.
    fn heads(&mut self, client: usize, link: u64) {
        let raw_id = self.clients[client].actor.raw_id.clone();
        self.clients[client].subscribed = true;
        let heads = self.books.iter().filter_map(|(thread, book)| {
            let row = book.rows.get(&raw_id)?;
            let head = row.removed.map_or(book.heads().event, |removal| removal.event);
            Some(ThreadHead { thread: thread.clone(), first: row.joined_event, head })
        });
        let threads: Vec<_> = heads.collect();
        let frame = ChatFrame::Heads { threads, complete: true };
        self.soon(20, Action::Frame { client, link, frame });
    }

    fn read(&mut self, client: usize, thread: ThreadId, after: EventSequence, limit: u32) -> SyncInput {
        if self.dice.percent(self.trouble.lost_answers) {
            return SyncInput::ReadFailed { thread, retry_after: None };
        }
        let actor = self.clients[client].actor.clone();
        let Some(book) = self.books.get_mut(&thread) else { return SyncInput::ReadRefused { thread } };
        let Outcome::Granted(grant) = book.run(&actor, Command::ReadEvents).unwrap().outcome else {
            panic!()
        };
        let wanted = |event: &&Event| {
            event.sequence.is_some_and(|sequence| {
                sequence > after && sequence >= grant.first_event && sequence <= grant.last_event
            })
        };
        let fill = |event: &Event| fill(book, event, grant.history);
        let events = book.log.iter().filter(wanted).take(limit as usize).map(fill).collect();
        SyncInput::Page {
            thread,
            page: EventPage { first: grant.first_event, head: grant.last_event, events },
        }
    }

    fn request(&mut self, client: usize, run: u64, record: Record) {
        let id = record.id.clone();
        let failed =
            |retry_after| OutboxInput::Answer { id: id.clone(), answer: Answer::Failed { retry_after } };
        if self.dice.percent(self.trouble.lost_requests) {
            let late = self.now + Duration::from_secs(2);
            return self.at(late, Action::Answer { client, run, input: failed(None) });
        }
        if self.dice.percent(self.trouble.busy) {
            let input = failed(Some(Duration::from_millis(300)));
            return self.soon(30, Action::Answer { client, run, input });
        }
        let actor = self.clients[client].actor.clone();
        let answer = match self.execute(&actor, self.clients[client].remote, record) {
            Ok(made) => Answer::Done(made),
            Err(refusal) => Answer::Refused { status: refusal.status() },
        };
        if self.dice.percent(self.trouble.lost_answers) {
            let late = self.now + Duration::from_secs(2);
            return self.at(late, Action::Answer { client, run, input: failed(None) });
        }
        self.soon(30, Action::Answer { client, run, input: OutboxInput::Answer { id, answer } });
    }

    fn execute(&mut self, actor: &Actor, remote: Remote, record: Record) -> Result<Made, Refusal> {
        let known = record.thread.clone().or_else(|| self.created.get(&record.id).cloned());
        if record.thread.is_none() && known.is_some() {
            return Ok(Made::Nothing);
        }
        let thread = known.unwrap_or_else(|| ThreadId::from_random(self.dice.bits()));
        let now = UnixMillis(self.wall() - 1);
        let book = self.books.entry(thread.clone()).or_default();
        book.now = now;
        let decision = book.run(actor, command(&thread, remote, &record))?;
        if record.thread.is_none() {
            self.created.insert(record.id, thread.clone());
        }
        for event in decision.events {
            self.tell(&thread, &event);
        }
        Ok(match decision.outcome {
            Outcome::Sent { id } => Made::Message(id),
            _ => Made::Nothing,
        })
    }

    fn tell(&mut self, thread: &ThreadId, event: &Event) {
        let book = &self.books[thread];
        let is_for = |raw_id: &RawId| {
            let present = book.rows.get(raw_id).is_some_and(|row| row.is_present());
            present || matches!(event.recipients(), Recipients::ParticipantsAnd(removed) if removed == raw_id)
        };
        let told = |(_, who): &(usize, &Client)| who.subscribed && is_for(&who.actor.raw_id);
        let told: Vec<_> =
            self.clients.iter().enumerate().filter(told).map(|(at, who)| (at, who.link)).collect();
        for (client, link) in told {
            if self.dice.percent(self.trouble.lost_frames) {
                continue;
            }
            let limit = if self.dice.percent(self.trouble.gaps) { 0 } else { usize::MAX };
            let frame: ChatFrame = serde_json::from_str(&ChatFrame::of(event, limit)).unwrap();
            if self.dice.percent(self.trouble.doubled_frames) {
                self.soon(60, Action::Frame { client, link, frame: frame.clone() });
            }
            self.soon(60, Action::Frame { client, link, frame });
        }
    }
}

fn fill(book: &Book, event: &Event, history: History) -> Event {
    event.from_log(event.message_id().and_then(|id| book.messages.get(&id)), history)
}

fn command(thread: &ThreadId, remote: Remote, record: &Record) -> Command {
    let admitted = |participant: &crate::model::Participant| NewParticipant {
        participant: participant.clone(),
        admission: Admission::Admitted,
    };
    match record.command.clone() {
        QueuedCommand::CreateThread { topic, participants, metadata, retention } => {
            let participants = participants.iter().map(admitted).collect();
            Command::CreateThread(CreateThread {
                id: thread.clone(),
                topic,
                participants,
                creator_name: None,
                metadata,
                retention,
            })
        }
        QueuedCommand::SendMessage { kind, content, sender_display_name, .. } => {
            let carried = Metadata::from([(crate::acs::CLIENT_ID_METADATA, record.id.as_str())]);
            let (metadata, client_id) = match remote {
                Remote::Liaison => (Metadata::default(), Some(record.id.clone())),
                Remote::Acs => (carried, None),
            };
            Command::SendMessage(SendMessage {
                kind,
                content,
                attachments: vec![],
                sender_display_name,
                metadata,
                client_id,
            })
        }
        QueuedCommand::EditMessage { message, content, metadata } => {
            Command::EditMessage(EditMessage { message, content, metadata })
        }
        QueuedCommand::AddParticipants { participants } => {
            Command::AddParticipants(participants.iter().map(admitted).collect())
        }
        QueuedCommand::RemoveParticipant { raw_id } => Command::RemoveParticipant(raw_id),
        QueuedCommand::SendReadReceipt { message } => Command::SendReadReceipt(message),
        other => panic!("not in these tests: {other:?}"),
    }
}
