//! Messages, from the sending to the deletion, across a restart.

use super::support::{User, assert_error};
use crate::harness::World;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

#[tokio::test]
async fn what_is_sent_is_listed_to_the_others_and_after_a_restart() {
    let mut world = World::start().await;
    let (ada, bob) = (User::new(&world).await, User::new(&world).await);
    let thread = ada.thread("lunch", &[&bob]).await;
    let first = ada.send(&thread, "hello, \u{1F600} \"100 %\"").await;
    let second = bob.send(&thread, "hi").await;
    assert!(first.parse::<u64>().unwrap() < second.parse::<u64>().unwrap());

    let request = ada.request(Method::POST, &format!("{thread}/messages"));
    let sent = request.json(&json!({ "content": "third" })).send().await.unwrap();
    let location = sent.headers()["location"].to_str().unwrap().to_owned();
    let id = sent.json::<Value>().await.unwrap()["id"].as_str().unwrap().to_owned();
    assert_eq!(location, format!("{}{thread}/messages/{id}", world.endpoint()));

    world.restart().await.unwrap();
    let texts = bob.texts(&thread).await;
    assert_eq!(texts, ["third", "hi", "hello, \u{1F600} \"100 %\""]);
    let (status, one) = bob.get(&format!("{thread}/messages/{first}")).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(one["senderCommunicationIdentifier"]["rawId"], ada.raw_id);
    assert_eq!(one["senderCommunicationIdentifier"]["kind"], "communicationUser");
    assert_eq!((&one["type"], &one["sequenceId"]), (&json!("text"), &json!("3")));
    assert_eq!(one["version"], first.as_str());
    assert!(one["createdOn"].as_str().unwrap().ends_with('Z') && one.get("editedOn").is_none());
}

#[tokio::test]
async fn pages_follow_one_another_without_a_hole() {
    let world = World::start_with(|limits| limits.chat_rates = liaison_server::ChatRates::unlimited()).await;
    let (ada, bob) = (User::new(&world).await, User::new(&world).await);
    let thread = ada.thread("pages", &[&bob]).await;
    for n in 0..23 {
        ada.send(&thread, &n.to_string()).await;
    }
    let mut next = Some(format!("{thread}/messages?maxPageSize=5"));
    let (mut texts, mut sequence) = (Vec::new(), Vec::new());
    while let Some(link) = next {
        let (status, page) = bob.get(&link).await;
        assert_eq!(status, StatusCode::OK, "{page}");
        let messages = page["value"].as_array().unwrap();
        assert!((1..=5).contains(&messages.len()));
        texts.extend(messages.iter().filter_map(|m| m["content"]["message"].as_str().map(str::to_owned)));
        sequence.extend(messages.iter().map(|m| m["sequenceId"].as_str().unwrap().parse::<u32>().unwrap()));
        next = page["nextLink"].as_str().map(str::to_owned);
        if let Some(next) = &next {
            assert!(next.starts_with(&format!("{}{thread}/messages?", world.endpoint())), "{next}");
            assert!(next.contains("api-version=2025-03-15&maxPageSize=5&"), "{next}");
        }
        if texts.len() == 5 {
            // What comes meanwhile moves nothing.
            ada.send(&thread, "new").await;
        }
    }
    assert_eq!(texts, (0..23).rev().map(|n| n.to_string()).collect::<Vec<_>>());
    assert_eq!(sequence, (1..=25).rev().collect::<Vec<_>>());
    let forged = format!("{thread}/messages?continuation=e30");
    assert_error(&bob.get(&forged).await, 400, "BadRequest");
}

#[tokio::test]
async fn a_full_disk_is_507_and_what_was_answered_is_kept() {
    let mut world = World::start_with(|limits| {
        limits.chat_rates = liaison_server::ChatRates::unlimited();
        limits.database_bytes = Some(600_000);
    })
    .await;
    let (ada, bob) = (User::new(&world).await, User::new(&world).await);
    let thread = ada.thread("t", &[&bob]).await;
    let (long, mut kept) = ("x".repeat(5000), Vec::new());
    let refusal = loop {
        let body = json!({ "content": format!("{} {long}", kept.len()) });
        let (status, answer) = ada.post(&format!("{thread}/messages"), body).await;
        match status {
            StatusCode::CREATED => kept.push(answer["id"].as_str().unwrap().to_owned()),
            _ => break (status, answer),
        }
        assert!(kept.len() < 1000, "it never became full");
    };
    assert_error(&refusal, 507, "InsufficientStorage");
    assert_eq!(bob.get(&thread).await.0, StatusCode::OK, "reading goes on");
    world.limits.database_bytes = None;
    world.restart().await.unwrap();
    for id in &kept {
        assert_eq!(bob.get(&format!("{thread}/messages/{id}")).await.0, StatusCode::OK);
    }
    ada.send(&thread, "there is room again").await;
}

#[tokio::test]
async fn a_threads_id_is_one_segment_however_it_is_written() {
    let world = World::start().await;
    let ada = User::new(&world).await;
    let thread = ada.thread("t", &[]).await;
    ada.send(&thread, "x").await;
    let plain = thread.replace("%3A", ":").replace("%40", "@");
    let all = format!(
        "/chat/threads/{}",
        plain["/chat/threads/".len()..]
            .bytes()
            .fold(String::new(), |path, b| { path + &format!("%{b:02x}") })
    );
    for path in [&thread, &plain, &thread.to_lowercase(), &all] {
        assert_eq!(ada.texts(path).await, ["x"], "{path}");
        let (status, page) = ada.get(&format!("{path}/messages?maxPageSize=1")).await;
        assert_eq!(status, StatusCode::OK, "{path}");
        let next = ada.get(page["nextLink"].as_str().unwrap()).await;
        assert_eq!(next.0, StatusCode::OK, "{path}");
    }
    for wrong in
        [thread.replace("%3A", "%253A"), thread.replace("%40", "%2F%40"), thread.replace("%3A", "%00")]
    {
        assert_error(&ada.get(&format!("{wrong}/messages")).await, 400, "BadRequest");
    }
}
