//! A store of one thread, in memory: loads the view that a command needs and no more, and writes what is decided.

use std::collections::BTreeMap;

use liaison_identity::{RawId, Scopes};

use crate::model::{
    AttachmentKind, Message, MessageKind, Metadata, Participant, Participation, ReadReceipt, RetentionPolicy,
    Side, StoredAttachment, Thread,
};
use crate::rules::{
    Actor, Admission, Change, Command, CreateThread, Decision, Needs, NewParticipant, Refusal, Rules,
    SendMessage, View, decide,
};
use crate::{AttachmentId, ClientMessageId, Event, MessageId, Text, ThreadId, UnixMillis};

pub const START: u64 = 1_600_000_000_000;

#[derive(Debug, Clone, Default)]
pub struct Book {
    pub rules: Rules,
    pub now: UnixMillis,
    pub thread: Option<Thread>,
    pub messages: BTreeMap<MessageId, Message>,
    pub rows: BTreeMap<RawId, Participation>,
    pub receipts: Vec<ReadReceipt>,
    pub files: Vec<StoredAttachment>,
    pub log: Vec<Event>,
}

impl Book {
    pub fn new() -> Self {
        Self { now: UnixMillis(START), ..Self::default() }
    }

    pub fn view(&self, actor: &Actor, command: &Command) -> View {
        let mut view = View::default();
        if command.operation().needs() == Needs::Nothing {
            return view;
        }
        view.thread = self.thread.clone();
        view.actor = self.rows.get(&actor.raw_id).cloned();
        let ids: &[AttachmentId] = match command {
            Command::SendMessage(send) => &send.attachments,
            Command::GetAttachment(id) | Command::DeleteAttachment(id) => &[*id],
            _ => &[],
        };
        view.attachments = self.files.iter().filter(|file| ids.contains(&file.id)).cloned().collect();
        match command {
            Command::GetAttachment(_) | Command::DeleteAttachment(_) => {
                let message = view.attachments.first().and_then(|file| file.message);
                view.message = message.and_then(|id| self.messages.get(&id).cloned());
            }
            Command::SendMessage(SendMessage { client_id: Some(client_id), .. }) => {
                let same = |message: &&Message| {
                    message.sender.as_ref() == Some(&actor.raw_id)
                        && message.client_id.as_ref() == Some(client_id)
                };
                view.repeated = self.messages.values().find(same).map(|message| message.id);
            }
            Command::GetMessage(id) | Command::DeleteMessage(id) => {
                view.message = self.messages.get(id).cloned()
            }
            Command::EditMessage(edit) => view.message = self.messages.get(&edit.message).cloned(),
            Command::SendReadReceipt(id) => {
                view.message = self.messages.get(id).cloned();
                view.receipt = self.receipts.iter().find(|receipt| receipt.reader == actor.raw_id).cloned();
            }
            Command::AddParticipants(named) => {
                let rows = named.iter().filter_map(|named| self.rows.get(&named.participant.raw_id));
                view.targets = rows.cloned().collect();
            }
            Command::RemoveParticipant(raw_id) => {
                view.targets = self.rows.get(raw_id).cloned().into_iter().collect()
            }
            _ => {}
        }
        view
    }

    /// One command, a millisecond after the last.
    pub fn run(&mut self, actor: &Actor, command: Command) -> Result<Decision, Refusal> {
        self.now.0 += 1;
        let decision = decide(&self.rules, &self.view(actor, &command), actor, command, self.now)?;
        self.write(&decision);
        Ok(decision)
    }

    pub fn write(&mut self, decision: &Decision) {
        for change in decision.changes.clone() {
            match change {
                Change::InsertThread(thread) => assert!(self.thread.replace(thread).is_none()),
                Change::Advance(heads) => self.row().heads = heads,
                Change::SetTopic(topic) => self.row().topic = topic,
                Change::SetMetadata(metadata) => self.row().metadata = metadata,
                Change::SetRetention(retention) => self.row().retention = retention,
                Change::MarkDeleted(at) => self.row().deleted_at = Some(at),
                Change::InsertMessage(message) => {
                    assert!(self.messages.insert(message.id, message).is_none())
                }
                Change::ReplaceMessage(message) => {
                    assert!(self.messages.insert(message.id, message).is_some())
                }
                Change::PutParticipation(row) => {
                    self.rows.insert(row.participant.raw_id.clone(), row);
                }
                Change::Attach { attachment, message } => {
                    let file = self.files.iter_mut().find(|file| file.id == attachment).unwrap();
                    assert!(file.message.replace(message).is_none());
                }
                Change::DeleteAttachment(id) => self.files.retain(|file| file.id != id),
                Change::PutReceipt(receipt) => {
                    self.receipts.retain(|other| other.reader != receipt.reader);
                    self.receipts.push(receipt);
                }
            }
        }
        self.log.extend(decision.events.iter().filter_map(Event::to_log));
    }

    /// A file of that participant, without asking the rules.
    pub fn upload(&mut self, name: &str, bits: u128) -> AttachmentId {
        let id = AttachmentId::from_random(bits);
        let kind = if bits.is_multiple_of(2) { AttachmentKind::Image } else { AttachmentKind::File };
        let (uploader, preview) = (raw_of(name), kind == AttachmentKind::Image);
        let name = Some(Text::from("a.png"));
        self.files.push(StoredAttachment { id, kind, name, uploader, preview, message: None });
        id
    }

    fn row(&mut self) -> &mut Thread {
        self.thread.as_mut().unwrap()
    }

    pub fn heads(&self) -> crate::model::Heads {
        self.thread.as_ref().unwrap().heads
    }

    pub fn newest(&self) -> &Message {
        self.messages.values().next_back().unwrap()
    }
}

pub fn raw(text: &str) -> RawId {
    RawId::new(text).unwrap()
}

/// `8:acs:r_<name>`, or `8:orgid:<name>` for names in capitals.
pub fn raw_of(name: &str) -> RawId {
    let staff = name.chars().all(|letter| letter.is_ascii_uppercase());
    raw(&if staff { format!("8:orgid:{name}") } else { format!("8:acs:r_{name}") })
}

pub fn actor(name: &str) -> Actor {
    let raw_id = raw_of(name);
    let side = Side::of(&raw_id).unwrap();
    Actor { raw_id, side, scopes: Scopes::from_acs_scope("chat") }
}

pub fn with_scope(name: &str, scope: &str) -> Actor {
    Actor { scopes: Scopes::from_acs_scope(scope), ..actor(name) }
}

pub fn participant(name: &str) -> Participant {
    Participant {
        raw_id: raw_of(name),
        display_name: Some(Text::from(name)),
        share_history_from: UnixMillis(0),
        metadata: Metadata::default(),
    }
}

pub fn named(name: &str) -> NewParticipant {
    NewParticipant { participant: participant(name), admission: Admission::Admitted }
}

pub fn create(names: &[&str]) -> Command {
    Command::CreateThread(creation(names))
}

pub fn creation(names: &[&str]) -> CreateThread {
    CreateThread {
        id: ThreadId::from_random(1),
        topic: Text::from("topic"),
        participants: names.iter().map(|name| named(name)).collect(),
        creator_name: None,
        metadata: Metadata::default(),
        retention: RetentionPolicy::None,
    }
}

pub fn text(content: &str) -> SendMessage {
    SendMessage {
        kind: MessageKind::Text,
        content: Text::from(content),
        attachments: Vec::new(),
        sender_display_name: None,
        metadata: Metadata::default(),
        client_id: None,
    }
}

pub fn send(content: &str) -> Command {
    Command::SendMessage(text(content))
}

pub fn send_as(content: &str, client_id: u128) -> Command {
    Command::SendMessage(SendMessage {
        client_id: Some(ClientMessageId::from_random(client_id)),
        ..text(content)
    })
}

/// A thread by `ann` with these.
pub fn thread_of(names: &[&str]) -> Book {
    let mut book = Book::new();
    book.run(&actor("ann"), create(names)).unwrap();
    book
}
