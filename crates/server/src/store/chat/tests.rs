//! What of chats the SQLite store keeps on its disk, and what it does when that is full.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::ChatError;
use crate::store::conformance::{InFolder, OWNER, World, actor, sequences, text};
use crate::store::{StoreError, Webhook, WebhookKey};
use crate::webhook::{Secret, WebhookUrl};
use liaison_chat::EventSequence;
use liaison_chat::model::RetentionPolicy;
use liaison_chat::rules::{Command, Outcome, Refusal};
use std::sync::Arc;

async fn count(world: &World<InFolder>, sql: impl Into<String>) -> i64 {
    let sql = sql.into();
    world.kept.sqlite().read(move |c| Ok(c.query_row(&sql, [], |row| row.get(0))?)).await.unwrap()
}

#[tokio::test]
async fn what_was_deleted_is_neither_in_the_history_nor_in_the_log() {
    let world = World::<InFolder>::new();
    let thread = world.create(1, &["bob"], RetentionPolicy::None).await;
    let id = world.send(&thread, "ada", "a secret").await;
    world.act(&thread, "ada", Command::DeleteMessage(id)).await.unwrap();
    world.act(&thread, "ada", Command::DeleteMessage(id)).await.unwrap();
    let log = world.log(&thread, "bob", 0).await.unwrap();
    assert_eq!(sequences(&log), [1, 2, 3], "deleting again is no event");
    let kept = "SELECT (SELECT count(*) FROM chat_message WHERE content LIKE '%secret%')
                + (SELECT count(*) FROM chat_event WHERE event LIKE '%secret%')";
    assert_eq!(count(&world, kept).await, 0);
    assert_eq!(
        world.act(&thread, "bob", Command::DeleteMessage(id)).await,
        Err(ChatError::Refused(Refusal::NotSender))
    );
}

#[tokio::test]
async fn a_full_disk_refuses_and_loses_nothing() {
    let mut world = World::<InFolder>::new();
    let thread = world.create(1, &["bob"], RetentionPolicy::None).await;
    let sqlite = world.kept.sqlite();
    let pages = sqlite.write(|c| {
        let pages: i64 = c.pragma_query_value(None, "page_count", |row| row.get(0))?;
        Ok(c.pragma_update_and_check(None, "max_page_count", pages + 20, |_| Ok(()))?)
    });
    pages.await.unwrap();
    let long = "x".repeat(2000);
    let sends = (0..200).map(|n| {
        let (store, rules, thread) = (world.store.clone(), Arc::clone(&world.rules), thread.clone());
        let command = text(&format!("{n} {long}"), None);
        tokio::spawn(async move { store.change_chat_thread(rules, thread, actor("ada"), command).await })
    });
    let mut kept = Vec::new();
    for send in sends.collect::<Vec<_>>() {
        match send.await.unwrap() {
            Ok(Outcome::Sent { id }) => kept.push(id),
            Err(ChatError::Store(StoreError::Full)) => {}
            other => panic!("{other:?}"),
        }
    }
    assert!(kept.len() < 200);
    let told = sequences(&world.heard());
    world.reopen().await;
    for id in &kept {
        let found = world.store.chat_message(world.rules.clone(), thread.clone(), actor("bob"), *id).await;
        assert_eq!(found.unwrap().id, *id);
    }
    let log = sequences(&world.log(&thread, "bob", 0).await.unwrap());
    assert_eq!(log, (1..=log.len() as u64).collect::<Vec<_>>(), "no gap");
    assert!(told.iter().all(|sequence| log.contains(sequence)), "nothing was told that is not there");
    world.send(&thread, "ada", "there is room again").await;
}

#[tokio::test]
async fn of_a_deleted_thread_only_the_event_of_its_end_is_left() {
    let world = World::<InFolder>::new();
    let key = WebhookKey { owner: OWNER.to_owned(), id: "w".to_owned() };
    let hook = Webhook {
        key: key.clone(),
        url: WebhookUrl::stored("https://example.org".to_owned()),
        secret: Secret::stored("s".to_owned()),
        events: Vec::new(),
        created_ms: 0,
    };
    world.store.add_webhook(hook).await.unwrap();
    let thread = world.create(1, &["bob"], RetentionPolicy::None).await;
    // More than one transaction drops.
    for n in 0..700 {
        world.send(&thread, "ada", &n.to_string()).await;
    }
    world.act(&thread, "ada", Command::DeleteThread).await.unwrap();
    while world.store.purge_chats().await.unwrap() {}
    let rows = async |table| count(&world, format!("SELECT count(*) FROM {table}")).await;
    assert_eq!((rows("chat_message").await, rows("chat_event").await), (0, 702), "the log is owed");
    world.store.webhook_told(key, thread, EventSequence(702)).await.unwrap();
    while world.store.purge_chats().await.unwrap() {}
    assert_eq!((rows("chat_event").await, rows("webhook_due").await), (1, 0));
}
