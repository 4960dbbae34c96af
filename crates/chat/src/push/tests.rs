//! All ten, with text that is awkward on the way.

use std::collections::BTreeSet;

use liaison_identity::RawId;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::notification;
use crate::event::{EventActor, ThreadDeletion, ThreadFacts};
use crate::model::{
    Attachment, AttachmentKind, Message, MessageContent, MessageKind, Metadata, Participant, ReadReceipt,
    RetentionPolicy, SystemMessage,
};
use crate::{ClientMessageId, Event, EventKind, EventSequence, MessageId, Text, ThreadId, UnixMillis};

const AWKWARD: &str = "100 % sure? %41 %u0041 %25 \"quoted\" 'single' \\back\\slash 😀 é\u{301} \u{2028} <b>&amp;</b>\n\t\u{1} %";
const AT: u64 = 1_600_000_000_123;

/// JavaScript's `unescape()` (ECMA-262, B.2.1.2), on the UTF-16 units of the text.
fn unescape(text: &str) -> String {
    let units: Vec<u16> = text.encode_utf16().collect();
    let digits = |from: usize, count: usize| {
        let part = units.get(from..from + count)?;
        let part = String::from_utf16(part).ok()?;
        part.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u16::from_str_radix(&part, 16).ok())?
    };
    let (mut at, mut result) = (0, Vec::new());
    while let Some(&unit) = units.get(at) {
        let long = (units.get(at + 1) == Some(&u16::from(b'u'))).then(|| digits(at + 2, 4)).flatten();
        match (unit == u16::from(b'%'), long, digits(at + 1, 2)) {
            (true, Some(unit), _) => (result.push(unit), at += 6).1,
            (true, None, Some(unit)) => (result.push(unit), at += 3).1,
            _ => (result.push(unit), at += 1).1,
        }
    }
    String::from_utf16_lossy(&result)
}

#[test]
fn unescape_is_that_of_javascript() {
    // From node: unescape("%41%u0042%7%zz%25%u00e9%ud83d%ude00%")
    assert_eq!(unescape("%41%u0042%7%zz%25%u00e9%ud83d%ude00%"), "AB%7%zz%é😀%");
}

fn raw(text: &str) -> RawId {
    RawId::new(text).unwrap()
}

fn message(text: &str) -> Message {
    Message {
        id: MessageId(AT),
        kind: MessageKind::Html,
        sequence_id: 3,
        version: UnixMillis(AT + 5),
        content: Some(MessageContent { message: Some(Text::from(text)), ..MessageContent::default() }),
        sender: Some(raw("8:acs:r_a")),
        sender_display_name: Some(Text::from(text)),
        client_id: Some(ClientMessageId::from_random(7)),
        deleted_at: None,
        edited_at: Some(UnixMillis(AT + 5)),
        metadata: Metadata::from([("k", text)]),
    }
}

fn facts(text: &str) -> ThreadFacts {
    ThreadFacts {
        topic: Text::from(text),
        created_at: UnixMillis(AT),
        metadata: Metadata::from([(text, text)]),
        retention: RetentionPolicy::ThreadCreationDate { delete_thread_after_days: 60 },
    }
}

fn person(text: &str) -> Participant {
    Participant {
        raw_id: raw("8:orgid:b%41"),
        display_name: Some(Text::from(text)),
        share_history_from: UnixMillis(0),
        metadata: Metadata::from([("k", text)]),
    }
}

fn by(text: &str) -> EventActor {
    EventActor { raw_id: raw("8:acs:r_a"), display_name: Some(Text::from(text)) }
}

pub(crate) fn events(text: &str) -> Vec<EventKind> {
    let system_message = SystemMessage { id: MessageId(AT), sequence_id: 4 };
    let shell = Message { deleted_at: Some(UnixMillis(AT + 9)), ..message(text).without_content() };
    let receipt =
        ReadReceipt { reader: raw("8:acs:r_a"), message: MessageId(AT), read_at: UnixMillis(AT + 7) };
    vec![
        EventKind::ChatMessageReceived { message: message(text) },
        EventKind::TypingIndicatorReceived {
            sender: raw("8:acs:r_a"),
            sender_display_name: Some(text.into()),
        },
        EventKind::ReadReceiptReceived { receipt, client_id: Some(ClientMessageId::from_random(7)) },
        EventKind::ChatMessageEdited { message: message(text) },
        EventKind::ChatMessageDeleted { message: shell },
        EventKind::ChatThreadCreated {
            properties: facts(text),
            created_by: by(text),
            participants: vec![person(text), person("x")],
        },
        EventKind::ChatThreadPropertiesUpdated {
            properties: facts(text),
            updated_by: by(text),
            system_message: None,
        },
        EventKind::ChatThreadDeleted { deleted_by: Some(by(text)), reason: ThreadDeletion::DeletedByUser },
        EventKind::ParticipantsAdded { participants: vec![person(text)], added_by: by(text), system_message },
        EventKind::ParticipantsRemoved {
            participants: vec![person(text)],
            removed_by: by(text),
            system_message,
        },
    ]
}

/// The object that a client reads.
fn told(kind: EventKind) -> Value {
    let event = Event {
        thread: ThreadId::from_random(1),
        sequence: Some(EventSequence(1)),
        at: UnixMillis(AT + 5),
        kind,
    };
    let body = notification(&event, "https://s").unwrap().body(&raw("8:acs:r_\"x"));
    serde_json::from_str(&body).unwrap()
}

fn parsed(value: &Value) -> Value {
    serde_json::from_str(&unescape(value.as_str().unwrap())).unwrap()
}

/// As a client does with what was within what it unescaped: no second `unescape()`.
fn inner(value: &Value) -> Value {
    serde_json::from_str(value.as_str().unwrap()).unwrap()
}

fn check_all(text: &str) {
    let told: Vec<Value> = events(text).into_iter().map(told).collect();
    let ids: Vec<u64> = told.iter().map(|body| body["eventId"].as_u64().unwrap()).collect();
    assert_eq!(ids, [200, 245, 246, 247, 248, 257, 258, 259, 260, 261]);
    for body in &told {
        assert_eq!(body["recipientMri"], "8:acs:r_\"x");
        let others = body.as_object().unwrap().iter().filter(|(name, _)| *name != "eventId");
        assert!(others.clone().all(|(_, value)| value.is_string()), "values are texts");
        let thread = body.get("groupId").or(body.get("threadId")).unwrap();
        assert_eq!(thread, ThreadId::from_random(1).as_str());
    }
    let [received, typing, read, edited, deleted, created, updated, gone, added, removed] = &told[..] else {
        panic!()
    };
    for body in [received, edited] {
        assert_eq!((&body["messageBody"], &body["senderDisplayName"]), (&json!(text), &json!(text)));
        assert_eq!(inner(&body["acsChatMessageMetadata"]), json!({"k": text}));
    }
    assert_eq!(typing["senderDisplayName"], text);
    assert_eq!(deleted["senderDisplayName"], text);
    let horizon = inner(&read["messageBody"]);
    assert_eq!(horizon["consumptionhorizon"], format!("{AT};{};{AT}", AT + 7));
    let member = json!({"participantId": "8:orgid:b%41", "displayName": text, "shareHistoryTime": "1970-01-01T00:00:00Z",
        "memberMetaData": serde_json::to_string(&json!({"k": text})).unwrap()});
    assert_eq!(parsed(&created["members"])[0], member);
    assert_eq!(parsed(&added["participantsAdded"]), json!([member]));
    assert_eq!(parsed(&removed["participantsRemoved"]), json!([member]));
    let by = json!({"participantId": "8:acs:r_a", "displayName": text});
    for (body, name) in [
        (created, "createdBy"),
        (updated, "editedBy"),
        (gone, "deletedBy"),
        (added, "addedBy"),
        (removed, "removedBy"),
    ] {
        assert_eq!(parsed(&body[name]), by);
    }
    for body in [created, updated] {
        let properties = parsed(&body["properties"]);
        assert_eq!(properties["topic"], text);
        assert_eq!(inner(&properties["acsChatThreadMetadata"]), json!({text: text}));
        let policy = json!({"retentionPolicyType": "DeleteAfterCreationTime", "executeAfter": "60.00:00:00"});
        assert_eq!(inner(&properties["retentionPolicy"]), policy);
    }
}

#[test]
fn awkward_text_arrives_intact_in_all_ten() {
    check_all(AWKWARD);
    check_all("");
}

proptest! {
    #[test]
    fn any_text_arrives_intact(text in any::<String>(), percent in "[%u0-9a-fA-F\"\\\\]{0,12}") {
        check_all(&text);
        check_all(&percent);
    }
}

/// Section 3 of the wire's description, field by field.
#[test]
fn the_fields_are_those_of_the_wire() {
    let fields: Vec<(u64, BTreeSet<String>)> = events("x")
        .into_iter()
        .map(|kind| {
            let body = told(kind);
            (body["eventId"].as_u64().unwrap(), body.as_object().unwrap().keys().cloned().collect())
        })
        .collect();
    let base = ["eventId", "recipientMri", "senderId", "groupId"];
    let message = [
        "messageId",
        "clientMessageId",
        "senderDisplayName",
        "messageType",
        "version",
        "originalArrivalTime",
    ];
    let content = ["messageBody", "acsChatMessageMetadata"];
    let thread = ["eventId", "recipientMri", "threadId", "version"];
    let expected: [(u64, &[&[&str]]); 10] = [
        (200, &[&base, &message, &content]),
        (245, &[&base, &["version", "senderDisplayName", "originalArrivalTime"]]),
        (246, &[&base, &["messageId", "clientMessageId", "messageBody"]]),
        (247, &[&base, &message, &content, &["edittime"]]),
        (248, &[&base, &message, &["deletetime"]]),
        (257, &[&thread, &["createTime", "createdBy", "members", "properties"]]),
        (258, &[&thread, &["editTime", "editedBy", "properties"]]),
        (259, &[&thread, &["deleteTime", "deletedBy"]]),
        (260, &[&thread, &["time", "addedBy", "participantsAdded"]]),
        (261, &[&thread, &["time", "removedBy", "participantsRemoved"]]),
    ];
    let expected = expected.map(|(id, names)| (id, names.concat().into_iter().map(str::to_owned).collect()));
    assert_eq!(fields, expected);
}

#[test]
fn values_are_those_of_the_wire() {
    let mut with_file = message("x");
    with_file.kind = MessageKind::Text;
    with_file.content.as_mut().unwrap().attachments = vec![Attachment {
        id: "f".into(),
        kind: AttachmentKind::File,
        name: Some("n".into()),
        url: Some("/chat/f".into()),
        preview_url: None,
    }];
    let body = told(EventKind::ChatMessageReceived { message: with_file });
    assert_eq!((&body["messageType"], &body["version"]), (&json!("Text"), &json!((AT + 5).to_string())));
    assert_eq!(body["originalArrivalTime"], "2020-09-13T12:26:40.123Z");
    assert_eq!(
        inner(&body["attachments"]),
        json!([{"id": "f", "attachmentType": "file", "name": "n", "url": "https://s/chat/f"}])
    );
    assert_eq!(told(events("x").remove(0))["messageType"], "RichText/Html");
    let by_policy =
        EventKind::ChatThreadDeleted { deleted_by: None, reason: ThreadDeletion::DeletedByPolicy };
    let body = told(by_policy);
    assert_eq!((&body["reason"], body.get("deletedBy")), (&json!("deletedByPolicy"), None));
    let mut plain = facts("t");
    (plain.metadata, plain.retention) = (Metadata::default(), RetentionPolicy::None);
    let updated = EventKind::ChatThreadPropertiesUpdated {
        properties: plain,
        updated_by: by("x"),
        system_message: None,
    };
    assert_eq!(parsed(&told(updated)["properties"]), json!({"topic": "t"}));
}

#[test]
fn debug_tells_no_text() {
    let event = Event {
        thread: ThreadId::from_random(1),
        sequence: None,
        at: UnixMillis(1),
        kind: EventKind::ChatMessageReceived { message: message("5ecret") },
    };
    assert!(!format!("{:?} {event:?}", notification(&event, "")).contains("5ecret"));
}
