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
async fn a_thread_ends_when_its_retention_says_so_and_nothing_of_it_is_left() {
    let mut world = World::<InFolder>::new();
    let days = RetentionPolicy::ThreadCreationDate { delete_thread_after_days: 30 };
    let old = world.create(1, &["bob"], days).await;
    let young = world.create(2, &["bob"], days).await;
    for n in 0..700 {
        world.send(&old, "ada", &n.to_string()).await;
    }
    world.send(&young, "ada", "kept").await;
    assert!(!world.store.expire_chats().await.unwrap());
    let id = old.to_string();
    let sqlite = world.kept.sqlite();
    let aged = sqlite.write(move |c| {
        let month = 31 * 86_400_000_i64;
        let sql =
            "UPDATE chat_thread SET created_ms = created_ms - ?2, due_ms = due_ms - ?2 WHERE thread_id = ?1";
        Ok(c.execute(sql, (id, month))?)
    });
    assert_eq!(aged.await.unwrap(), 1);
    world.heard();
    assert!(!world.store.expire_chats().await.unwrap());
    let told = world.heard();
    assert_eq!(told.iter().map(|event| event.kind.name()).collect::<Vec<_>>(), ["chatThreadDeleted"]);
    assert_eq!(world.texts(&old, "bob").await, Err(ChatError::Refused(Refusal::ThreadDeleted)));
    while world.store.purge_chats().await.unwrap() {}
    assert_eq!(count(&world, "SELECT count(*) FROM chat_message").await, 3, "the young one's");
    assert_eq!(world.log(&old, "bob", 0).await.unwrap(), told, "its end can be read");
    assert_eq!(world.texts(&young, "bob").await.unwrap(), ["kept"]);
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
async fn what_a_webhook_is_owed_is_kept_until_it_was_told() {
    let mut world = World::<InFolder>::new();
    let key = WebhookKey { owner: OWNER.to_owned(), id: "w".to_owned() };
    let hook = Webhook {
        key: key.clone(),
        url: WebhookUrl::stored("https://example.org".to_owned()),
        secret: Secret::stored("s".to_owned()),
        events: Vec::new(),
        created_ms: 0,
    };
    let early = world.create(1, &[], RetentionPolicy::None).await;
    world.store.add_webhook(hook.clone()).await.unwrap();
    let thread = world.create(2, &["bob"], RetentionPolicy::None).await;
    world.send(&early, "ada", "later").await;
    world.send(&thread, "ada", "secret").await;
    world.reopen().await;
    let due = world.store.webhook_due(key.clone(), 10).await.unwrap();
    let mut owed: Vec<_> = due.iter().map(|due| (due.thread.clone(), due.told.0)).collect();
    // Both may have come due in one millisecond.
    owed.sort_by_key(|(_, told)| *told);
    assert_eq!(owed, [(thread.clone(), 0), (early.clone(), 1)], "from the moment it was added");
    let owing = world.store.webhook_owing(thread.clone(), EventSequence(0), 10).await.unwrap();
    assert_eq!((owing.events.len(), owing.members.len()), (2, 2));

    // A try that failed is remembered; a later event changes nothing about it.
    world.store.webhook_failed(key.clone(), early.clone(), 3, i64::MAX).await.unwrap();
    world.send(&early, "ada", "still later").await;
    let due = world.store.webhook_due(key.clone(), 10).await.unwrap();
    assert_eq!((due[1].told.0, due[1].attempts, due[1].due_ms), (1, 3, i64::MAX));

    // Deleted: what was written goes, the log stays while it is owed.
    world.act(&thread, "ada", Command::DeleteThread).await.unwrap();
    while world.store.purge_chats().await.unwrap() {}
    let rows = async |table| {
        count(&world, format!("SELECT count(*) FROM {table} WHERE thread_id = '{thread}'")).await
    };
    assert_eq!((rows("chat_message").await, rows("chat_event").await), (0, 3));
    assert!(world.store.webhook_told(key.clone(), thread.clone(), EventSequence(2)).await.unwrap());
    while world.store.purge_chats().await.unwrap() {}
    assert_eq!(rows("chat_event").await, 3);
    assert!(!world.store.webhook_told(key.clone(), thread.clone(), EventSequence(3)).await.unwrap());
    while world.store.purge_chats().await.unwrap() {}
    assert_eq!(rows("chat_event").await, 1, "its end");

    // Without the webhook nothing is owed, and nothing is noted any more.
    world.act(&early, "ada", Command::DeleteThread).await.unwrap();
    while world.store.purge_chats().await.unwrap() {}
    assert_eq!(world.store.remove_webhook("w").await.unwrap(), OWNER);
    while world.store.purge_chats().await.unwrap() {}
    assert_eq!(count(&world, "SELECT count(*) FROM chat_event").await, 2);
    world.create(3, &[], RetentionPolicy::None).await;
    assert_eq!(count(&world, "SELECT count(*) FROM webhook_due").await, 0);
}
