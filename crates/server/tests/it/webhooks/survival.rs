//! Restarts, kills, deletions: nothing owed is forgotten.

use super::receiver::{Receiver, add, bodies, dead, quick, until};
use crate::chat::User;
use crate::harness::World;
use crate::killed::killable;
use axum::http::StatusCode;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

/// Every event of the texts, each once by its id, in order.
fn told(receiver: &Receiver) -> Vec<Value> {
    let mut seen = BTreeSet::new();
    receiver.taken().into_iter().filter(|event| seen.insert(event["id"].to_string())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_in_the_middle_loses_nothing() {
    let mut world = World::start_with(quick).await;
    let ada = User::new(&world).await;
    let receiver = Receiver::start().await;
    add(&world, &receiver.url(), &["ChatMessageReceivedInThread"]).await;
    let thread = ada.thread("t", &[]).await;
    let mut taken = 0;
    receiver.answers(move |_| {
        taken += 1;
        if taken <= 5 { StatusCode::OK } else { StatusCode::BAD_GATEWAY }
    });
    let texts: Vec<String> = (0..20).map(|number| number.to_string()).collect();
    for text in &texts {
        ada.send(&thread, text).await;
    }
    until("some were told and one failed", || receiver.requests().len() >= 7).await;
    world.restart().await.unwrap();
    let admin = world.admin().await;
    assert_eq!(admin.list_webhooks().await.unwrap()[0].waiting_threads, 1);
    receiver.answers(|_| StatusCode::OK);
    until("the rest", || told(&receiver).len() == texts.len()).await;
    assert_eq!(bodies(&told(&receiver)), texts);
    until("nothing is owed", || dead(&world).is_empty()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_in_the_middle_loses_nothing_that_was_acknowledged() {
    let (mut world, service, listen) = killable().await;
    let receiver = Receiver::start().await;
    let mut number = 0;
    receiver.answers(move |_| {
        number += 1;
        if number % 4 == 0 { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::OK }
    });
    add(&world, &receiver.url(), &["ChatMessageReceivedInThread"]).await;
    let ada = User::new(&world).await;
    let thread = ada.thread("t", &[]).await;
    let (mut sending, mut killing, mut sent) = (Some(service), None, Vec::new());
    for number in 0..1000 {
        let text = json!({ "content": number.to_string() });
        let answer =
            ada.request(reqwest::Method::POST, &format!("{thread}/messages")).json(&text).send().await;
        match answer {
            Ok(answer) if answer.status() == 201 => sent.push(number.to_string()),
            _ => break,
        }
        // Killed while some are told, some owed, and one is being sent.
        if number == 30
            && let Some(service) = sending.take()
        {
            until("some were told", || !receiver.taken().is_empty()).await;
            killing = Some(tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(20)).await;
                drop(service);
            }));
        }
    }
    assert!(sent.len() > 30 && sent.len() < 1000, "{} were sent before the kill", sent.len());
    // Its connections end before the process does, which holds the port.
    killing.unwrap().await.unwrap();
    quick(&mut world.limits);
    world.start_again(listen).await.unwrap();
    until("what was acknowledged", || told(&receiver).len() >= sent.len()).await;
    let told = told(&receiver);
    // One more may have been written and not acknowledged.
    assert_eq!(bodies(&told)[..sent.len()], sent);
    assert!(told.len() <= sent.len() + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_events_of_a_deleted_thread_are_still_told_and_what_was_written_is_not() {
    let world = World::start_with(quick).await;
    let ada = User::new(&world).await;
    let receiver = Receiver::start().await;
    receiver.answers(|_| StatusCode::SERVICE_UNAVAILABLE);
    let kinds = ["ChatMessageReceivedInThread", "ChatThreadDeleted"];
    add(&world, &receiver.url(), &kinds).await;
    let thread = ada.thread("t", &[]).await;
    ada.send(&thread, "gone").await;
    assert_eq!(ada.delete(&thread).await.0, 204);
    until("it fails", || !receiver.requests().is_empty()).await;
    receiver.answers(|_| StatusCode::OK);
    until("both", || receiver.taken().len() == 2).await;
    let taken = receiver.taken();
    assert_eq!(taken[0]["data"]["messageBody"], "");
    assert_eq!(taken[1]["eventType"], "Microsoft.Communication.ChatThreadDeleted");
}
