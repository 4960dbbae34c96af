//! All ten events in all their forms.

use std::collections::BTreeSet;

use super::*;
use crate::push::tests::events;
use crate::{EventSequence, ThreadId};

const CREATED: UnixMillis = UnixMillis(1_600_000_000_000);

fn event(kind: EventKind) -> Event {
    Event {
        thread: ThreadId::from_random(1),
        sequence: Some(EventSequence(3)),
        at: UnixMillis(CREATED.0 + 500),
        kind,
    }
}

fn user() -> RawId {
    RawId::new("8:orgid:b").unwrap()
}

fn both(text: &str) -> Vec<GridEvent> {
    let of = |kind| {
        let event = event(kind);
        let mut told = for_thread(&event, CREATED);
        told.extend(for_user(&event, CREATED, &user(), true));
        told
    };
    events(text).into_iter().flat_map(of).collect()
}

#[test]
fn the_sixteen_are_told() {
    let told: BTreeSet<GridKind> = both("x").into_iter().map(|event| event.kind).collect();
    assert_eq!(told, BTreeSet::from(GridKind::ALL));
    for kind in GridKind::ALL {
        assert_eq!(kind.to_string().parse(), Ok(kind));
        assert_eq!(kind.name().parse(), Ok(kind));
    }
    assert_eq!("ChatTyping".parse::<GridKind>(), Err(GridKindError));
}

#[test]
fn no_two_have_one_subject_and_kind() {
    let told = both("x");
    let names: BTreeSet<_> = told.iter().map(|event| (event.kind, event.subject.clone())).collect();
    assert_eq!(names.len(), told.len());
}

/// Other systems read these words.
#[test]
fn a_message_in_both_forms() {
    let event = event(events("50 % \"ü\"").remove(0));
    let sender =
        json!({"kind": "communicationUser", "rawId": "8:acs:r_a", "communicationUser": {"id": "8:acs:r_a"}});
    let thread = ThreadId::from_random(1).to_string();
    let data = json!({
        "threadId": thread, "transactionId": "3", "messageId": "1600000000123", "type": "RichText/Html",
        "composeTime": "2020-09-13T12:26:40.123Z", "senderId": "8:acs:r_a", "version": "1600000000128",
        "senderCommunicationIdentifier": sender, "senderDisplayName": "50 % \"ü\"", "messageBody": "50 % \"ü\"",
        "metadata": {"k": "50 % \"ü\""},
    });
    let told = for_thread(&event, CREATED).remove(0).envelope("id", "/topic");
    let expected = json!({
        "id": "id", "topic": "/topic", "subject": format!("thread/{thread}/sender/8:acs:r_a"), "data": data,
        "eventType": "Microsoft.Communication.ChatMessageReceivedInThread", "dataVersion": "1.0",
        "metadataVersion": "1", "eventTime": "2020-09-13T12:26:40.500Z",
    });
    assert_eq!(told, expected);

    let told = for_user(&event, CREATED, &user(), true).remove(0).envelope("id", "/topic");
    assert_eq!(told["subject"], format!("thread/{thread}/sender/8:acs:r_a/recipient/8:orgid:b"));
    assert_eq!(told["eventType"], "Microsoft.Communication.ChatMessageReceived");
    let data = &told["data"];
    assert_eq!(
        (&data["version"], &data["recipientId"]),
        (&json!(1_600_000_000_128_u64), &json!("8:orgid:b"))
    );
    assert_eq!(data["recipientCommunicationIdentifier"]["microsoftTeamsUser"]["userId"], "b");
}

#[test]
fn a_new_thread_lists_who_is_in_it() {
    let event = event(events("x").remove(5));
    let of_thread = for_thread(&event, CREATED).remove(0).envelope("id", "/topic");
    let of_user = for_user(&event, CREATED, &user(), true).remove(0).envelope("id", "/topic");
    assert!(of_user["subject"].as_str().unwrap().ends_with("/createdBy/8:acs:r_a/recipient/8:orgid:b"));
    for told in [&of_thread, &of_user] {
        let data = &told["data"];
        assert_eq!(data["properties"], json!({"topic": "x"}));
        assert_eq!(data["createdByCommunicationIdentifier"]["rawId"], "8:acs:r_a");
        assert_eq!(data["participants"][0]["participantCommunicationIdentifier"]["rawId"], "8:orgid:b%41");
        assert_eq!(data["version"], event.at.0);
    }
    assert!(of_thread["data"].get("createdBy").is_none() && of_thread["data"].get("members").is_none());
    assert_eq!(of_user["data"]["createdBy"], "8:acs:r_a");
    assert_eq!(of_user["data"]["members"][0], json!({"displayName": "x", "memberId": "8:orgid:b%41"}));
}

#[test]
fn who_did_it_is_not_told_and_who_may_not_read_it_not_what_it_says() {
    let author = RawId::new("8:acs:r_a").unwrap();
    for kind in events("x") {
        let event = event(kind);
        assert_eq!(for_user(&event, CREATED, &author, true), [], "{}", event.kind.name());
    }
    let edited = event(events("secret").remove(3));
    for (may_read, body) in [(true, "secret"), (false, "")] {
        let told = for_user(&edited, CREATED, &user(), may_read).remove(0).envelope("id", "/topic");
        assert_eq!(told["data"]["messageBody"], body);
    }
    assert!(!format!("{:?}", both("secret")).contains("secret"));
}
