//! What is told, in which order, how often, and when it is given up.

use super::receiver::{PREFIX, Receiver, add, bodies, dead, quick, until};
use crate::chat::User;
use crate::harness::World;
use axum::http::StatusCode;
use hmac::{Hmac, Mac};
use liaison_server::admin::AdminError;
use serde_json::{Value, json};
use sha2::Sha256;
use std::collections::{BTreeMap, BTreeSet};

fn sequence(event: &Value) -> u64 {
    event["data"]["transactionId"].as_str().unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn all_sixteen_are_told_to_whom_they_concern() {
    let world = World::start_with(quick).await;
    let (ada, bob, cleo) = (User::new(&world).await, User::new(&world).await, User::new(&world).await);
    let receiver = Receiver::start().await;
    add(&world, &receiver.url(), &[]).await;

    let thread = ada.thread("lunch", &[&bob]).await;
    let message = ada.send(&thread, "50 % \"off\" 😀").await;
    let path = format!("{thread}/messages/{message}");
    assert_eq!(ada.patch(&path, json!({ "content": "edited" })).await.0, 204);
    assert_eq!(ada.delete(&path).await.0, 204);
    assert_eq!(ada.patch(&thread, json!({ "topic": "dinner" })).await.0, 204);
    let add_cleo = json!({ "participants": [cleo.participant("Cleo")] });
    assert_eq!(ada.post(&format!("{thread}/participants/:add"), add_cleo).await.0, 201);
    let identifier = json!({ "rawId": cleo.raw_id });
    assert_eq!(ada.post(&format!("{thread}/participants/:remove"), identifier).await.0, 204);
    assert_eq!(ada.delete(&thread).await.0, 204);

    until("the end of the thread", || !receiver.of("ChatThreadWithUserDeleted").is_empty()).await;
    let taken = receiver.taken();
    let kinds: BTreeSet<&str> = taken
        .iter()
        .map(|event| event["eventType"].as_str().unwrap().strip_prefix(PREFIX).unwrap())
        .collect();
    assert_eq!(kinds.len(), 16, "{kinds:?}");
    let ids: BTreeSet<&str> = taken.iter().map(|event| event["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), taken.len(), "each event has an id of its own");
    assert!(taken.is_sorted_by_key(sequence));
    assert!(taken.iter().all(|event| event["data"]["recipientId"] != ada.raw_id.as_str()), "she did it all");
    let removed = receiver.of("ChatParticipantRemovedFromThreadWithUser");
    let told: BTreeSet<&str> =
        removed.iter().map(|event| event["data"]["recipientId"].as_str().unwrap()).collect();
    assert_eq!(told, BTreeSet::from([bob.raw_id.as_str(), cleo.raw_id.as_str()]));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_threads_events_come_in_order_whatever_fails() {
    let world = World::start_with(quick).await;
    let users = [User::new(&world).await, User::new(&world).await, User::new(&world).await];
    let receiver = Receiver::start().await;
    let mut number = 0;
    receiver.answers(move |_| {
        number += 1;
        // 1 in 3 is taken; the others fail in different ways.
        [StatusCode::OK, StatusCode::INTERNAL_SERVER_ERROR, StatusCode::TOO_MANY_REQUESTS][number % 3]
    });
    add(&world, &receiver.url(), &["ChatMessageReceivedInThread"]).await;
    const EACH: usize = 15;
    let mut talks = tokio::task::JoinSet::new();
    for user in users {
        talks.spawn(async move {
            let thread = user.thread("t", &[]).await;
            for number in 0..EACH {
                user.send(&thread, &number.to_string()).await;
            }
        });
    }
    talks.join_all().await;
    until("every message", || receiver.taken().len() >= 3 * EACH).await;
    let mut told: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for event in receiver.taken() {
        told.entry(event["data"]["threadId"].to_string()).or_default().push(event);
    }
    assert_eq!(told.len(), 3);
    let expected: Vec<String> = (0..EACH).map(|number| number.to_string()).collect();
    for events in told.values() {
        assert_eq!(bodies(events), expected);
    }
    assert!(receiver.requests().len() > 4 * EACH, "some failed");
    assert_eq!(dead(&world), Vec::<Value>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_signature_is_of_this_body_by_this_webhooks_secret() {
    let world = World::start_with(quick).await;
    let ada = User::new(&world).await;
    let receiver = Receiver::start().await;
    let added = add(&world, &receiver.url(), &[]).await;
    ada.thread("signed", &[]).await;
    until("one request", || !receiver.requests().is_empty()).await;
    let request = receiver.requests().remove(0);
    assert_eq!(request.header("liaison-webhook-id"), added.webhook.id);
    assert_eq!(request.header("content-type"), "application/json");
    let (at, hex) = request.header("liaison-signature").split_once(",v1=").unwrap();
    let at = at.strip_prefix("t=").unwrap();
    assert!(at.parse::<u64>().unwrap().abs_diff(crate::harness::now_s()) < 300);
    let hex: Vec<u8> =
        (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap()).collect();
    let verified = |secret: &str, body: &[u8]| {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(format!("{at}.").as_bytes());
        mac.update(body);
        mac.verify_slice(&hex).is_ok()
    };
    assert!(verified(added.secret.as_str(), &request.body));
    assert!(!verified(added.secret.as_str(), b"[]"));
    assert!(!verified("whsec_other", &request.body));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_takes_is_given_up_and_does_not_hold_up_the_rest() {
    let world = World::start_with(|limits| {
        quick(limits);
        limits.webhooks.attempts = 3;
    })
    .await;
    let ada = User::new(&world).await;
    let receiver = Receiver::start().await;
    receiver.answers(|events| match bodies(events)[0] {
        "poison" => StatusCode::SERVICE_UNAVAILABLE,
        "malformed" => StatusCode::BAD_REQUEST,
        _ => StatusCode::NO_CONTENT,
    });
    let added = add(&world, &receiver.url(), &["ChatMessageReceivedInThread"]).await;
    let thread = ada.thread("t", &[]).await;
    let mut ids = Vec::new();
    for text in ["one", "poison", "two", "malformed", "three"] {
        ids.push(ada.send(&thread, text).await);
    }
    until("the last", || receiver.taken().len() == 3).await;
    assert_eq!(bodies(&receiver.taken()), ["one", "two", "three"]);
    let tries = |text: &str| receiver.requests().iter().filter(|r| bodies(&r.events()) == [text]).count();
    assert_eq!((tries("one"), tries("poison"), tries("malformed")), (1, 3, 1));
    let counts: Vec<String> = receiver
        .requests()
        .iter()
        .filter(|request| bodies(&request.events()) == ["poison"])
        .map(|request| request.header("aeg-delivery-count").to_owned())
        .collect();
    assert_eq!(counts, ["1", "2", "3"]);

    let lines = dead(&world);
    assert_eq!(lines.len(), 2, "{lines:?}");
    for (line, (id, attempts, status)) in lines.iter().zip([(&ids[1], 3, "503"), (&ids[3], 1, "400")]) {
        assert_eq!((&line["webhookId"], &line["messageId"]), (&json!(added.webhook.id), &json!(id)));
        assert_eq!((&line["event"], &line["attempts"]), (&json!("chatMessageReceived"), &json!(attempts)));
        assert!(line["reason"].as_str().unwrap().contains(status), "{line}");
        let text = line.to_string();
        assert!(!text.contains("poison") && !text.contains("very-secret-key"), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn webhooks_are_added_listed_and_removed() {
    let world = World::start_with(quick).await;
    let ada = User::new(&world).await;
    let (one, other) = (Receiver::start().await, Receiver::start().await);
    let gone = add(&world, &one.url(), &[]).await;
    let kept = add(&world, &other.url(), &["Microsoft.Communication.ChatThreadCreated"]).await;
    let admin = world.admin().await;
    assert!(matches!(admin.add_webhook(None, "example.org", &[]).await, Err(AdminError::Invalid(_))));
    let unknown = ["ChatTyping".to_owned()];
    assert!(matches!(admin.add_webhook(None, &one.url(), &unknown).await, Err(AdminError::Invalid(_))));
    assert!(matches!(admin.add_webhook(Some("x"), &one.url(), &[]).await, Err(AdminError::NotFound(_))));
    let listed = admin.list_webhooks().await.unwrap();
    assert_eq!(listed.len(), 2);
    assert!(listed.contains(&gone.webhook) && listed.contains(&kept.webhook));
    assert_eq!(kept.webhook.events, ["ChatThreadCreated"]);

    // Of another resource's threads it hears nothing.
    admin.create_resource("shop").await.unwrap();
    let elsewhere = Receiver::start().await;
    admin.add_webhook(Some("shop"), &elsewhere.url(), &[]).await.unwrap();

    admin.remove_webhook(&gone.webhook.id).await.unwrap();
    assert!(matches!(admin.remove_webhook(&gone.webhook.id).await, Err(AdminError::NotFound(_))));
    let thread = ada.thread("t", &[]).await;
    ada.send(&thread, "not asked for").await;
    until("the new thread", || other.taken().len() == 1).await;
    assert!(one.requests().is_empty() && elsewhere.requests().is_empty());
}
