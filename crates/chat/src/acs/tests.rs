//! The JSON of ACS: what the SDKs were seen to send, and what the published definitions demand of us.

use liaison_identity::RawId;
use serde_json::{Value, json};

use super::*;
use crate::model::{
    Attachment, AttachmentKind, Heads, Message, MessageContent, MessageKind, Metadata, Participant, Patch,
    ReadReceipt, RetentionPolicy, Thread,
};
use crate::rules::{EditMessage, InvalidParticipant, Refusal, UpdateThread};
use crate::{EventSequence, MessageId, Text, ThreadId, UnixMillis};

fn raw(text: &str) -> RawId {
    RawId::new(text).unwrap()
}

fn participant() -> Participant {
    Participant {
        raw_id: raw("8:orgid:7047"),
        display_name: Some(Text::from("Bob")),
        share_history_from: UnixMillis(0),
        metadata: Metadata::from([("k", "v")]),
    }
}

fn message(kind: MessageKind) -> Message {
    let content = MessageContent {
        message: Some(Text::from("hello")),
        topic: Some(Text::from("t")),
        participants: vec![participant()],
        attachments: vec![Attachment {
            id: "a".into(),
            kind: AttachmentKind::Image,
            name: Some(Text::from("n")),
            url: Some("/u".into()),
            preview_url: Some("/p".into()),
        }],
        initiator: Some(raw("8:acs:r_u")),
    };
    Message {
        id: MessageId(1_600_000_000_000),
        kind,
        sequence_id: 3,
        version: UnixMillis(1_600_000_000_001),
        content: Some(content),
        sender: Some(raw("8:acs:r_u")),
        sender_display_name: Some(Text::from("Jane")),
        client_id: None,
        deleted_at: Some(UnixMillis(1)),
        edited_at: Some(UnixMillis(2)),
        metadata: Metadata::from([("k", "v")]),
    }
}

fn thread() -> Thread {
    Thread {
        id: ThreadId::from_random(1),
        topic: Text::from("t"),
        created_at: UnixMillis(1_600_000_000_000),
        created_by: raw("8:acs:r_u"),
        deleted_at: Some(UnixMillis(3)),
        metadata: Metadata::from([("k", "v")]),
        retention: RetentionPolicy::ThreadCreationDate { delete_thread_after_days: 60 },
        heads: Heads {
            last_message: Some(MessageId(1_600_000_000_000)),
            event: EventSequence(1),
            ..Heads::default()
        },
    }
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

/// Properties of each definition of communicationserviceschat.json (2025-03-15), in alphabetical order.
#[test]
fn every_field_of_the_definitions_is_written_under_its_name() {
    let message = serde_json::to_value(ChatMessage::from(&message(MessageKind::Text))).unwrap();
    assert_eq!(
        keys(&message),
        [
            "content",
            "createdOn",
            "deletedOn",
            "editedOn",
            "id",
            "metadata",
            "senderCommunicationIdentifier",
            "senderDisplayName",
            "sequenceId",
            "type",
            "version"
        ]
    );
    let content = &message["content"];
    assert_eq!(
        keys(content),
        ["attachments", "initiatorCommunicationIdentifier", "message", "participants", "topic"]
    );
    assert_eq!(keys(&content["attachments"][0]), ["attachmentType", "id", "name", "previewUrl", "url"]);
    assert_eq!(
        keys(&content["participants"][0]),
        ["communicationIdentifier", "displayName", "metadata", "shareHistoryTime"]
    );
    let thread = thread();
    let properties = serde_json::to_value(ChatThreadProperties::from(&thread)).unwrap();
    assert_eq!(
        keys(&properties),
        [
            "createdByCommunicationIdentifier",
            "createdOn",
            "deletedOn",
            "id",
            "metadata",
            "retentionPolicy",
            "topic"
        ]
    );
    let item = serde_json::to_value(ChatThreadItem::from(&thread)).unwrap();
    assert_eq!(keys(&item), ["deletedOn", "id", "lastMessageReceivedOn", "topic"]);
    let receipt = ReadReceipt { reader: raw("8:acs:r_u"), message: MessageId(5), read_at: UnixMillis(6) };
    let receipt = serde_json::to_value(ChatMessageReadReceipt::from(&receipt)).unwrap();
    assert_eq!(keys(&receipt), ["chatMessageId", "readOn", "senderCommunicationIdentifier"]);
}

#[test]
fn values_are_those_of_the_wire() {
    let mut message = message(MessageKind::Html);
    (message.deleted_at, message.edited_at) = (None, None);
    message.content =
        Some(MessageContent { message: Some(Text::from("<b>x</b>")), ..MessageContent::default() });
    assert_eq!(
        serde_json::to_value(ChatMessage::from(&message)).unwrap(),
        json!({
            "id": "1600000000000", "type": "html", "sequenceId": "3", "version": "1600000000001",
            "content": {"message": "<b>x</b>"}, "senderDisplayName": "Jane",
            "createdOn": "2020-09-13T12:26:40Z", "metadata": {"k": "v"},
            "senderCommunicationIdentifier":
                {"kind": "communicationUser", "rawId": "8:acs:r_u", "communicationUser": {"id": "8:acs:r_u"}},
        })
    );
    assert_eq!(
        serde_json::to_value(ChatParticipant::from(&participant())).unwrap(),
        json!({
            "communicationIdentifier": {"kind": "microsoftTeamsUser", "rawId": "8:orgid:7047",
                "microsoftTeamsUser": {"userId": "7047", "isAnonymous": false, "cloud": "public"}},
            "displayName": "Bob", "shareHistoryTime": "1970-01-01T00:00:00Z", "metadata": {"k": "v"},
        })
    );
    let mut thread = thread();
    assert_eq!(
        serde_json::to_value(ChatThreadProperties::from(&thread)).unwrap()["retentionPolicy"],
        json!({"kind": "threadCreationDate", "deleteThreadAfterDays": 60})
    );
    thread.retention = RetentionPolicy::None;
    (thread.deleted_at, thread.metadata) = (None, Metadata::default());
    let properties = serde_json::to_value(ChatThreadProperties::from(&thread)).unwrap();
    assert_eq!(properties["retentionPolicy"], json!({"kind": "none"}));
    assert_eq!(properties.get("deletedOn"), None);
}

/// Section 1 of the wire's description: captured from `@azure/communication-chat`.
#[test]
fn what_the_javascript_sdk_sends_is_read() {
    let request: CreateChatThreadRequest = serde_json::from_value(json!({"topic": "rt", "participants": [
        {"communicationIdentifier": {"rawId": "8:orgid:7047", "microsoftTeamsUser":
            {"userId": "7047", "isAnonymous": false, "cloud": "public"}}, "displayName": "T"}]}))
    .unwrap();
    let who = Participant::try_from(request.participants[0].clone()).unwrap();
    assert_eq!((who.raw_id.as_str(), who.display_name), ("8:orgid:7047", Some(Text::from("T"))));
    assert_eq!((who.share_history_from, request.retention_policy), (UnixMillis(0), None));
}

#[test]
fn what_the_python_sdk_sends_is_read() {
    let request: AddChatParticipantsRequest = serde_json::from_value(json!({"participants": [
        {"communicationIdentifier": {"microsoftTeamsUser": {"userId": "7047", "cloud": "PUBLIC"}},
            "shareHistoryTime": "2020-10-30T10:50:50Z", "displayName": null},
        {"communicationIdentifier": {"communicationUser": {"id": "8:acs:r_u"}}}]}))
    .unwrap();
    let who: Vec<_> =
        request.participants.into_iter().map(|who| Participant::try_from(who).unwrap()).collect();
    assert_eq!((who[0].raw_id.as_str(), who[1].raw_id.as_str()), ("8:orgid:7047", "8:acs:r_u"));
    assert_eq!(who[0].share_history_from, UnixMillis(1_604_055_050_000));
}

#[test]
fn the_documented_message_is_read_by_the_client() {
    let message: ChatMessage = serde_json::from_value(json!({
        "id": "1600000000000", "type": "participantAdded", "sequenceId": "3", "version": "1600000000000",
        "content": {"participants": [{"communicationIdentifier": {"rawId": "8:acs:r_b"}, "displayName": "Bob",
                "shareHistoryTime": "1970-01-01T00:00:00Z"}],
            "initiatorCommunicationIdentifier": {"rawId": "8:acs:r_a", "communicationUser": {"id": "8:acs:r_a"}}},
        "createdOn": "2020-10-30T10:50:50Z", "deletedOn": null, "unknown": 1}))
    .unwrap();
    let message = Message::try_from(message).unwrap();
    let content = message.content.unwrap();
    assert_eq!(content.initiator, Some(raw("8:acs:r_a")));
    assert_eq!(content.participants[0].raw_id, raw("8:acs:r_b"));
    assert_eq!((message.id, message.sequence_id, message.sender), (MessageId(1_600_000_000_000), 3, None));
}

#[test]
fn a_message_survives_the_way_to_the_client() {
    for kind in [MessageKind::Text, MessageKind::TopicUpdated, MessageKind::ParticipantRemoved] {
        let before = message(kind);
        let text = serde_json::to_string(&ChatMessage::from(&before)).unwrap();
        let after = Message::try_from(serde_json::from_str::<ChatMessage>(&text).unwrap()).unwrap();
        assert_eq!(after, before);
    }
    let mut with_id = message(MessageKind::Text);
    with_id.metadata = Metadata::from([(CLIENT_ID_METADATA, "abc")]);
    let read = Message::try_from(ChatMessage::from(&with_id)).unwrap();
    assert_eq!(read.client_id.unwrap().as_str(), "abc");
}

#[test]
fn a_merge_patch_tells_absent_from_null() {
    let read = |value: Value| serde_json::from_value::<UpdateChatThreadRequest>(value).unwrap();
    assert_eq!(UpdateThread::try_from(read(json!({}))), Ok(UpdateThread::default()));
    let update =
        UpdateThread::try_from(read(json!({"topic": "t", "metadata": null, "retentionPolicy": null})));
    let clear =
        UpdateThread { topic: Some(Text::from("t")), metadata: Patch::Clear, retention: Patch::Clear };
    assert_eq!(update, Ok(clear));
    let update = UpdateThread::try_from(read(
        json!({"retentionPolicy": {"kind": "threadCreationDate", "deleteThreadAfterDays": 30}}),
    ));
    let kept = RetentionPolicy::ThreadCreationDate { delete_thread_after_days: 30 };
    assert_eq!(update.unwrap().retention, Patch::Set(kept));
    assert_eq!(UpdateThread::try_from(read(json!({"topic": null}))), Err(ConvertError::Null("topic")));

    let request: UpdateChatMessageRequest = serde_json::from_value(json!({"content": "x"})).unwrap();
    assert_eq!(
        request.into_command(MessageId(1)),
        Ok(EditMessage { message: MessageId(1), content: Some(Text::from("x")), metadata: Patch::Keep })
    );
    let null: UpdateChatMessageRequest = serde_json::from_value(json!({"content": null})).unwrap();
    assert_eq!(null.into_command(MessageId(1)), Err(ConvertError::Null("content")));
    let request = UpdateChatThreadRequest { metadata: Patch::Clear, ..UpdateChatThreadRequest::default() };
    assert_eq!(serde_json::to_value(request).unwrap(), json!({"metadata": null}));
}

#[test]
fn requests_are_written_as_the_sdks_write_them() {
    let request: SendChatMessageRequest = serde_json::from_value(json!({"content": "x"})).unwrap();
    assert_eq!(serde_json::to_value(&request).unwrap(), json!({"content": "x"}));
    let command = request.into_command(None).unwrap();
    assert_eq!((command.kind, command.sender_display_name), (MessageKind::Text, None));
    assert!(serde_json::from_value::<SendChatMessageRequest>(json!({"type": "text"})).is_err());
    assert!(
        serde_json::from_value::<SendChatMessageRequest>(json!({"content": "x", "type": "odd"})).is_err()
    );
    assert_eq!(
        serde_json::from_value::<SendReadReceiptRequest>(json!({"chatMessageId": "5"}))
            .unwrap()
            .chat_message_id,
        MessageId(5)
    );
}

#[test]
fn errors_have_one_shape() {
    assert_eq!(
        serde_json::to_value(Refusal::NotParticipant.body()).unwrap(),
        json!({"error": {"code": "Forbidden", "message": "There is no such thread, or the user is not a participant of it."}})
    );
    let invalid = InvalidParticipant { raw_id: raw("8:orgid:o"), refusal: Refusal::FederationRefused };
    assert_eq!(
        serde_json::to_value(CommunicationError::from(&invalid)).unwrap(),
        json!({"code": "403", "message": "Permissions check failed: this participant cannot be added.", "target": "8:orgid:o"})
    );
    let odd: CommunicationErrorResponse = serde_json::from_value(
        json!({"communicationError": {"code": "c", "message": "m", "innererror": {}}}),
    )
    .unwrap();
    assert_eq!(odd.error, CommunicationError::new("c", "m"));
}

#[test]
fn every_refusal_has_its_row() {
    for (place, (refusal, status, ..)) in Refusal::ALL.into_iter().enumerate() {
        assert_eq!(refusal as usize, place);
        assert!((400..500).contains(&status) && refusal.status() == status);
    }
}

#[test]
fn nothing_written_by_people_is_in_debug() {
    let secret = "5ecret";
    let mut message = message(MessageKind::Text);
    message.content = Some(MessageContent {
        message: Some(secret.into()),
        topic: Some(secret.into()),
        ..MessageContent::default()
    });
    message.metadata = Metadata::from([("k", secret)]);
    message.sender_display_name = Some(secret.into());
    let read: CreateChatThreadRequest =
        serde_json::from_value(json!({"topic": secret, "metadata": {"k": secret}})).unwrap();
    let send: SendChatMessageRequest = serde_json::from_value(json!({"content": secret})).unwrap();
    let said = format!(
        "{message:?} {:?} {read:?} {send:?} {:?}",
        ChatMessage::from(&message),
        send.clone().into_command(None)
    );
    assert!(!said.contains(secret), "{said}");
}
