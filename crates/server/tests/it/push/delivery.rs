//! What a connected client hears, and what becomes of what it does not take.

use super::client::{Client, REGISTRATIONS, ask, channel, register};
use crate::chat::{User, path};
use crate::harness::World;
use liaison_server::ChatRates;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::time::Duration;

const AWKWARD: &str = "100 % sure? %41 %25 \"quoted\" \\ 😀 é <b>&amp;</b>\n%";

#[tokio::test]
async fn events_and_pings_are_answered() {
    let world = World::start().await;
    let ada = User::new(&world).await;
    let mut client = Client::start(&world, &ada).await;
    client.send(r#"5:1+::{"name":"user.activity","args":[{"state":"active","cv":"a.1"}]}"#).await;
    assert_eq!(client.frame().await, r#"6:::1+["a.1"]"#);
    client.send(r#"5:2+::{"name":"ping"}"#).await;
    assert_eq!(client.frame().await, r#"6:::2+["pong"]"#);
    client.send(r#"5:3+::{"name":"whatever","args":[]}"#).await;
    assert_eq!(client.frame().await, "6:::3+[]");
    client.send("2::").await;
    client.send(r#"5:4+::{"name":"ping"}"#).await;
    assert_eq!(client.frame().await, r#"6:::4+["pong"]"#);
}

/// JavaScript's `unescape()` of what is escaped no further than `%`.
fn inner(value: &Value) -> Value {
    serde_json::from_str(&value.as_str().unwrap().replace("%25", "%")).unwrap()
}

#[tokio::test]
async fn all_ten_events_come_to_everybody_in_order() {
    let world = World::start().await;
    let (ada, bob, eve) = (User::new(&world).await, User::new(&world).await, User::new(&world).await);
    let mut clients = [Client::start(&world, &ada).await, Client::start(&world, &bob).await];
    let mut stranger = Client::start(&world, &eve).await;

    let thread = ada.thread(AWKWARD, &[&bob]).await;
    let (status, sent) = ada
        .post(&format!("{thread}/messages"), json!({ "content": AWKWARD, "senderDisplayName": AWKWARD }))
        .await;
    assert_eq!(status, StatusCode::CREATED);
    let message = sent["id"].as_str().unwrap();
    let changed = json!({ "content": "anew %41" });
    assert!(ada.patch(&format!("{thread}/messages/{message}"), changed).await.0.is_success());
    let typing = json!({ "senderDisplayName": AWKWARD });
    assert!(ada.post(&format!("{thread}/typing"), typing).await.0.is_success());
    let receipt = json!({ "chatMessageId": message });
    assert!(ada.post(&format!("{thread}/readReceipts"), receipt).await.0.is_success());
    assert!(ada.delete(&format!("{thread}/messages/{message}")).await.0.is_success());
    assert!(ada.patch(&thread, json!({ "topic": "%25" })).await.0.is_success());
    let carol = User::new(&world).await;
    let more = json!({ "participants": [carol.participant(AWKWARD)] });
    assert!(ada.post(&format!("{thread}/participants/:add"), more).await.0.is_success());
    let out = json!({ "rawId": carol.raw_id });
    assert!(ada.post(&format!("{thread}/participants/:remove"), out).await.0.is_success());
    assert!(ada.delete(&thread).await.0.is_success());

    for (client, user) in clients.iter_mut().zip([&ada, &bob]) {
        let mut told = Vec::new();
        for _ in 0..10 {
            let one = client.told().await;
            assert_eq!(one.url, format!("{}messaging", client.channel.path()));
            assert_eq!(one.body["recipientMri"], user.raw_id);
            let of = one.body.get("groupId").or(one.body.get("threadId")).unwrap();
            assert_eq!(path(of.as_str().unwrap()), thread);
            told.push(one.body);
        }
        let ids: Vec<u64> = told.iter().map(|body| body["eventId"].as_u64().unwrap()).collect();
        assert_eq!(ids, [257, 200, 247, 245, 246, 248, 258, 260, 261, 259]);
        assert_eq!(inner(&told[0]["properties"])["topic"], AWKWARD);
        assert_eq!(
            (&told[1]["messageBody"], &told[1]["senderDisplayName"]),
            (&json!(AWKWARD), &json!(AWKWARD))
        );
        assert_eq!(told[1]["messageId"], message);
        assert_eq!(told[2]["messageBody"], "anew %41");
        assert_eq!(told[3]["senderDisplayName"], AWKWARD);
        assert_eq!(inner(&told[6]["properties"])["topic"], "%25");
        assert_eq!(inner(&told[7]["participantsAdded"])[0]["displayName"], AWKWARD);
        assert_eq!(inner(&told[8]["participantsRemoved"])[0]["participantId"], carol.raw_id);
    }
    // Who is in no thread hears nothing: the next frame is the answer to a ping.
    stranger.send(r#"5:1+::{"name":"ping"}"#).await;
    assert_eq!(stranger.frame().await, r#"6:::1+["pong"]"#);
}

#[tokio::test]
async fn a_phone_hears_each_event_at_its_name() {
    let world = World::start().await;
    let ada = User::new(&world).await;
    let mut client = Client::connect(&world, channel(&world, &ada.token, "").await).await;
    client.greeted().await;
    let surl = client.channel.surl.clone();
    assert_eq!(register(&world, &ada.token, "x", &surl, "AcsAndroid").await, StatusCode::ACCEPTED);
    ada.thread("t", &[]).await;
    assert_eq!(client.told().await.url, format!("{}chatThreadCreated", client.channel.path()));
}

#[tokio::test]
async fn what_happens_before_the_registration_is_told_after_it_and_nothing_after_its_end() {
    let world = World::start().await;
    let ada = User::new(&world).await;
    let mut client = Client::connect(&world, channel(&world, &ada.token, "").await).await;
    client.greeted().await;
    let thread = ada.thread("t", &[]).await;
    client.send(r#"5:1+::{"name":"ping"}"#).await;
    assert_eq!(client.frame().await, r#"6:::1+["pong"]"#, "nothing is told yet");
    let surl = client.channel.surl.clone();
    assert_eq!(register(&world, &ada.token, "x", &surl, "AcsWeb").await, StatusCode::ACCEPTED);
    assert_eq!(client.told().await.body["eventId"], 257);
    let path = format!("{REGISTRATIONS}/x");
    for _ in 0..2 {
        let deleted = ask(&world, Method::DELETE, &path, &ada.token).send().await.unwrap();
        assert_eq!(deleted.status(), StatusCode::NO_CONTENT);
    }
    ada.send(&thread, "unheard").await;
    assert_eq!(register(&world, &ada.token, "x", &surl, "AcsWeb").await, StatusCode::ACCEPTED);
    ada.send(&thread, "heard").await;
    assert_eq!(client.told().await.body["messageBody"], "heard");
}

#[tokio::test]
async fn what_is_not_answered_is_told_once_more_and_then_reported_as_lost() {
    let world = World::start_with(|limits| limits.push.answer = Duration::from_secs(2)).await;
    let ada = User::new(&world).await;
    let mut client = Client::start(&world, &ada).await;
    let thread = ada.thread("t", &[]).await;
    let first = client.unanswered().await;
    let again = client.unanswered().await;
    assert_eq!((again.id, &again.body), (first.id, &first.body));
    let loss = client.event().await;
    assert_eq!(loss["name"], "trouter.message_loss");
    let dropped = loss["args"][0]["droppedIndicators"].clone();
    assert_eq!(dropped[0]["tag"], "messaging");
    let known =
        json!({ "name": "trouter.processed_message_loss", "args": [{ "droppedIndicators": dropped }] });
    client.send(format!("5:1+::{known}")).await;
    assert_eq!(client.frame().await, "6:::1+[]");
    // An answer of any kind settles one.
    ada.send(&thread, "x").await;
    let third = client.unanswered().await;
    client.answer(third.id, 404).await;
    ada.send(&thread, "y").await;
    assert_eq!(client.told().await.body["messageBody"], "y");
}

#[tokio::test]
async fn who_comes_back_is_told_what_was_missed() {
    let world = World::start().await;
    let ada = User::new(&world).await;
    let mut client = Client::start(&world, &ada).await;
    let thread = ada.thread("t", &[]).await;
    let unanswered = client.unanswered().await;
    let former = client.channel.clone();
    drop(client);
    ada.send(&thread, "while away").await;
    let channel = channel(&world, &ada.token, &former.query).await;
    assert_eq!(channel.surl, former.surl);
    let mut client = Client::connect(&world, channel).await;
    client.greeted().await;
    let again = client.told().await;
    assert_eq!((again.id, again.body), (unanswered.id, unanswered.body));
    assert_eq!(client.told().await.body["messageBody"], "while away");
}

#[tokio::test]
async fn a_later_socket_replaces_the_former() {
    let world = World::start().await;
    let ada = User::new(&world).await;
    let mut former = Client::start(&world, &ada).await;
    let mut later = Client::connect(&world, former.channel.clone()).await;
    later.greeted().await;
    assert_eq!(former.next().await, None);
    ada.thread("t", &[]).await;
    assert_eq!(later.told().await.body["eventId"], 257);
}

#[tokio::test]
async fn what_does_not_fit_is_reported_as_lost_and_the_rest_is_told() {
    let unlimited = |limits: &mut liaison_server::Limits| {
        (limits.push.waiting, limits.chat_rates) = (4, ChatRates::unlimited());
    };
    let world = World::start_with(unlimited).await;
    let ada = User::new(&world).await;
    let client = Client::start(&world, &ada).await;
    let (channel, thread) = (client.channel.clone(), ada.thread("t", &[]).await);
    drop(client);
    // More than may be open, until the service sees that the socket is gone, and may wait.
    let sent = 60;
    for n in 0..sent {
        ada.send(&thread, &n.to_string()).await;
    }
    let mut client = Client::connect(&world, channel).await;
    client.greeted().await;
    let (mut texts, mut losses) = (Vec::<String>::new(), 0);
    while texts.last().map(String::as_str) != Some("last") {
        let frame = client.frame().await;
        if frame.contains("trouter.message_loss") {
            losses += 1;
            ada.send(&thread, "last").await;
            continue;
        }
        let request: Value = serde_json::from_str(frame.strip_prefix("3:::").unwrap()).unwrap();
        client.answer(request["id"].as_u64().unwrap(), 200).await;
        let body: Value = serde_json::from_str(request["body"].as_str().unwrap()).unwrap();
        if let Some(text) = body["messageBody"].as_str() {
            texts.push(text.to_owned());
        }
    }
    assert_eq!(losses, 1);
    assert!(texts.len() < sent, "{texts:?}");
}
