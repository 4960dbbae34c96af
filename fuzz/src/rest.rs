//! The bodies of chat's REST requests: what is read of them, decided about them, and told because of them.

#[path = "input.rs"]
mod input;

use input::Input;
use liaison_chat::acs::{
    AddChatParticipantsRequest, ChatMessage, ChatParticipant, ChatThreadProperties, CreateChatThreadRequest,
    SendChatMessageRequest, SendReadReceiptRequest, SendTypingNotificationRequest, UpdateChatMessageRequest,
    UpdateChatThreadRequest,
};
use liaison_chat::link::ChatFrame;
use liaison_chat::model::{Message, Participation, ReadReceipt, Side, Thread};
use liaison_chat::rules::{
    Actor, Admission, Change, Command, CreateThread, Decision, NewParticipant, Rules, View,
};
use liaison_chat::{Event, EventSequence, ThreadId, UnixMillis, decide, push};
use liaison_identity::{CommunicationIdentifier, RawId, Scopes};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The body of each operation; what stands between two `|` is now and then replaced.
const TEMPLATES: [&str; 9] = [
    r#"{"topic":|"t"|,"participants":[{"communicationIdentifier":{"rawId":|"8:acs:r_b"|},"displayName":|"B"|,"shareHistoryTime":|null|,"metadata":|null|}],"metadata":{"k":|"v"|},"retentionPolicy":|null|}"#,
    r#"{"topic":|"u"|,"metadata":{"k":|null|,"l":|"w"|},"retentionPolicy":{"kind":|"threadCreationDate"|,"deleteThreadAfterDays":|60|}}"#,
    r#"{"content":|"hello"|,"senderDisplayName":|"Ada"|,"type":|"text"|,"metadata":{"k":|"v"|}}"#,
    r#"{"content":|"hello again"|,"metadata":|null|}"#,
    r#"{"participants":[{"communicationIdentifier":{"communicationUser":{"id":|"8:acs:r_c"|}},"displayName":|"C"|},{"communicationIdentifier":{"microsoftTeamsUser":{"userId":|"o"|,"isAnonymous":|false|,"cloud":|"public"|}}}]}"#,
    r#"{"rawId":|"8:acs:r_c"|,"kind":|null|,"communicationUser":|null|}"#,
    r#"{"chatMessageId":|"2"|}"#,
    r#"{"senderDisplayName":|"Ada"|}"#,
    r#"{"content":|"<b>b</b>"|,"type":|"html"|}"#,
];
const VALUES: [&str; 24] = [
    "null",
    "true",
    "5",
    "-1",
    "1e400",
    "18446744073709551616",
    "[]",
    "{}",
    r#""""#,
    r#""  ""#,
    r#""text""#,
    r#""html""#,
    r#""topicUpdated""#,
    r#""8:acs:r_a""#,
    r#""8:orgid:o""#,
    r#""4:+4930""#,
    r#""28:gcch:b""#,
    r#""2021-02-29T24:00:60Z""#,
    r#""2021-01-01T00:00:00.123+01:00""#,
    r#""9999-12-31T23:59:59Z""#,
    r#""none""#,
    r#""%5B\u0000\ud83d\ude00<img src=x>""#,
    r#""\ud800""#,
    r#"{"a":{"a":{"a":[null]}}}"#,
];

/// A thread that arbitrary, nearly good and good bodies are sent to. Returns how many were carried out.
pub fn rest(data: &[u8]) -> usize {
    let (mut book, mut bytes) = (Book::new(), Input(data));
    while !bytes.is_empty() {
        let operation = usize::from(bytes.byte()) % TEMPLATES.len();
        let body = body(operation, &mut bytes);
        book.now.0 += u64::from(bytes.byte());
        book.ask(operation, &body, &mut bytes);
    }
    book.done
}

fn body(operation: usize, bytes: &mut Input<'_>) -> Vec<u8> {
    let how = bytes.byte();
    if how > 240 {
        return bytes.take(usize::from(how & 15) * 8).to_vec();
    }
    let mut text = String::new();
    for (at, part) in TEMPLATES[operation].split('|').enumerate() {
        match at % 2 == 1 && bytes.byte() > 224 {
            false => text.push_str(part),
            true => text.push_str(&value(bytes)),
        }
    }
    let mut text = text.into_bytes();
    if how > 224 {
        let at = usize::from(bytes.u16()) % text.len();
        text[at] = bytes.byte();
    }
    text
}

fn value(bytes: &mut Input<'_>) -> String {
    match bytes.byte() {
        0..160 => bytes.choice(&VALUES).to_owned(),
        // Around the limits: 256, 1024 and 28 KiB.
        160..192 => format!(r#""{}""#, "ä".repeat(bytes.choice(&[128, 129, 512, 513, 14_336, 14_337]))),
        192..224 => "[".repeat(usize::from(bytes.byte()) * 16),
        _ => serde_json::Value::from(bytes.text(12)).to_string(),
    }
}

/// The rows of one thread, and what asked of it was done.
struct Book {
    rules: Rules,
    ada: Actor,
    now: UnixMillis,
    thread: Option<Thread>,
    rows: Vec<Participation>,
    messages: Vec<Message>,
    receipt: Option<ReadReceipt>,
    told: EventSequence,
    threads: u128,
    done: usize,
}

impl Book {
    #[allow(clippy::expect_used, reason = "the raw id and the scope are well-formed")]
    fn new() -> Self {
        let raw_id = RawId::new("8:acs:r_a").expect("a raw id");
        let scopes = Scopes::parse(["chat"]).expect("a scope");
        Self {
            rules: Rules::default(),
            ada: Actor { raw_id, side: Side::App, scopes },
            now: UnixMillis(1_600_000_000_000),
            thread: None,
            rows: Vec::new(),
            messages: Vec::new(),
            receipt: None,
            told: EventSequence::default(),
            threads: 0,
            done: 0,
        }
    }

    /// Reads a request as the service does, and does what it asks for.
    fn ask(&mut self, operation: usize, body: &[u8], bytes: &mut Input<'_>) {
        let which = self.messages.get(usize::from(bytes.byte()) % self.messages.len().max(1));
        let which = which.map_or(liaison_chat::MessageId(1), |message| message.id);
        let command = match operation {
            0 => read(body).and_then(|request: CreateChatThreadRequest| {
                Some(Command::CreateThread(CreateThread {
                    id: ThreadId::from_random(self.threads),
                    topic: request.topic,
                    participants: named(request.participants)?,
                    creator_name: None,
                    metadata: request.metadata.unwrap_or_default(),
                    retention: request.retention_policy.unwrap_or_default(),
                }))
            }),
            1 => read::<UpdateChatThreadRequest>(body)
                .and_then(|request| request.try_into().ok())
                .map(Command::UpdateThread),
            3 => read::<UpdateChatMessageRequest>(body)
                .and_then(|request| request.into_command(which).ok())
                .map(Command::EditMessage),
            4 => read::<AddChatParticipantsRequest>(body)
                .and_then(|request| named(request.participants))
                .map(Command::AddParticipants),
            5 => read::<CommunicationIdentifier>(body)
                .and_then(|removed| RawId::try_from(&removed).ok())
                // Who asks stays, so that there is more to ask.
                .filter(|removed| *removed != self.ada.raw_id)
                .map(Command::RemoveParticipant),
            6 => read::<SendReadReceiptRequest>(body)
                .map(|request| Command::SendReadReceipt(request.chat_message_id)),
            7 => read::<SendTypingNotificationRequest>(body)
                .map(|request| Command::SendTyping { sender_display_name: request.sender_display_name }),
            _ => read::<SendChatMessageRequest>(body)
                .and_then(|request| request.into_command(None).ok())
                .map(Command::SendMessage),
        };
        let Some(command) = command else { return };
        let creates = matches!(command, Command::CreateThread(_));
        let view = if creates { View::default() } else { self.view(&command) };
        match decide(&self.rules, &view, &self.ada, command, self.now) {
            Ok(decision) => self.carry_out(creates, decision),
            Err(refusal) => {
                assert!((400..500).contains(&refusal.status()), "{refusal:?}");
                assert!(!refusal.message().is_empty());
            }
        }
    }

    /// What the store loads for a command.
    fn view(&self, command: &Command) -> View {
        let message = match command {
            Command::EditMessage(edit) => Some(edit.message),
            Command::SendReadReceipt(id) => Some(*id),
            _ => None,
        };
        View {
            thread: self.thread.clone(),
            actor: self.rows.iter().find(|row| row.participant.raw_id == self.ada.raw_id).cloned(),
            message: self.messages.iter().find(|found| Some(found.id) == message).cloned(),
            repeated: None,
            targets: self.rows.clone(),
            receipt: self.receipt.clone(),
            ..View::default()
        }
    }

    fn carry_out(&mut self, creates: bool, decision: Decision) {
        self.done += 1;
        if creates {
            (self.thread, self.receipt, self.told) = (None, None, EventSequence::default());
            (self.rows, self.messages) = (Vec::new(), Vec::new());
            self.threads += 1;
        }
        for change in decision.changes {
            self.write(change);
        }
        for event in &decision.events {
            self.tell(event);
        }
        self.check();
    }

    fn write(&mut self, change: Change) {
        match (change, &mut self.thread) {
            (Change::InsertThread(thread), _) => self.thread = Some(thread),
            (Change::Advance(heads), Some(thread)) => thread.heads = heads,
            (Change::SetTopic(topic), Some(thread)) => thread.topic = topic,
            (Change::SetMetadata(metadata), Some(thread)) => thread.metadata = metadata,
            (Change::SetRetention(retention), Some(thread)) => thread.retention = retention,
            (Change::InsertMessage(message), _) => self.messages.push(message),
            (Change::ReplaceMessage(new), _) => {
                self.messages.iter_mut().filter(|old| old.id == new.id).for_each(|old| *old = new.clone());
            }
            (Change::PutParticipation(new), _) => {
                self.rows.retain(|old| old.participant.raw_id != new.participant.raw_id);
                self.rows.push(new);
            }
            (Change::PutReceipt(receipt), _) => self.receipt = Some(receipt),
            (change, _) => panic!("not asked for: {change:?}"),
        }
    }

    /// What goes to the listeners is JSON, and its numbers have no gap.
    fn tell(&mut self, event: &Event) {
        if let Some(sequence) = event.sequence {
            assert_eq!(sequence.0, self.told.0 + 1, "a gap in the log");
            self.told = sequence;
        }
        is_json(&ChatFrame::of(event, 64 * 1024));
        if let Some(notification) = push::notification(event, "https://localhost:8443") {
            is_json(&notification.body(&self.ada.raw_id));
        }
    }

    /// What is kept is within the limits, and is read as it is written.
    fn check(&self) {
        let limits = &self.rules.limits;
        if let Some(thread) = &self.thread {
            assert!(thread.topic.bytes() <= limits.topic_bytes && !thread.topic.is_blank());
            assert_eq!(thread.heads.event, self.told, "what the thread says of its log");
            assert!(thread.heads.participants() <= limits.participants);
            comes_back(&ChatThreadProperties::from(thread));
        }
        let present = self.rows.iter().filter(|row| row.is_present()).count();
        assert_eq!(self.thread.as_ref().map_or(0, |thread| thread.heads.participants() as usize), present);
        for row in &self.rows {
            let name = row.participant.display_name.as_ref();
            assert!(name.is_none_or(|name| name.bytes() <= limits.display_name_bytes && !name.is_blank()));
            comes_back(&ChatParticipant::from(&row.participant));
        }
        if let Some(message) = self.messages.last() {
            let words = message.content.as_ref().and_then(|content| content.message.as_ref());
            assert!(words.is_none_or(|words| words.bytes() <= limits.message_bytes));
            comes_back(&ChatMessage::from(message));
        }
    }
}

/// The federation lets everybody in whose raw id has an odd length.
fn named(participants: Vec<ChatParticipant>) -> Option<Vec<NewParticipant>> {
    let admitted = |participant: liaison_chat::model::Participant| {
        let even = participant.raw_id.as_str().len().is_multiple_of(2);
        let admission = if even { Admission::Refused } else { Admission::Admitted };
        NewParticipant { participant, admission }
    };
    participants.into_iter().map(|one| one.try_into().ok().map(admitted)).collect()
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Option<T> {
    serde_json::from_slice(body).ok()
}

fn is_json(text: &str) {
    assert!(serde_json::from_str::<serde_json::Value>(text).is_ok(), "no JSON");
}

#[allow(clippy::expect_used, reason = "what is asserted")]
fn comes_back<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(value: &T) {
    let text = serde_json::to_string(value).expect("has a JSON form");
    assert_eq!(serde_json::from_str::<T>(&text).ok().as_ref(), Some(value));
}
