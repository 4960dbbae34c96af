//! Which webhooks there are, and what they are owed.

use super::*;
use crate::webhook::{Secret, WebhookUrl};
use liaison_chat::EventSequence;
use liaison_chat::model::RetentionPolicy;
use liaison_chat::rules::Command;

fn hook(id: &str) -> Webhook {
    Webhook {
        key: WebhookKey { owner: OWNER.to_owned(), id: id.to_owned() },
        url: WebhookUrl::stored("https://example.org".to_owned()),
        secret: Secret::stored("s".to_owned()),
        events: Vec::new(),
        created_ms: 0,
    }
}

/// The numbers of the events that are owed of a thread after `told`, and their JSON.
async fn owing(store: &dyn Store, thread: &ThreadId, told: u64) -> (Vec<u64>, String) {
    let owing = store.webhook_owing(thread.clone(), EventSequence(told), 10).await.unwrap();
    let events: Vec<_> = owing.events.iter().filter_map(|owed| owed.event.as_ref()).collect();
    (owing.events.iter().map(|owed| owed.sequence.0).collect(), serde_json::to_string(&events).unwrap())
}

pub(super) async fn an_owner_has_so_many_webhooks<K: Kept>() {
    let kept = K::new();
    let store = kept.open();
    for id in 0..16 {
        store.add_webhook(hook(&id.to_string())).await.unwrap();
    }
    assert!(matches!(store.add_webhook(hook("16")).await, Err(StoreError::Invalid(_))));
    assert_eq!(store.webhooks().await.unwrap().len(), 16);
    assert_eq!(store.remove_webhook("3").await.unwrap(), OWNER);
    assert_eq!(store.remove_webhook("3").await, Err(StoreError::not_found("webhook", "3")));
    store.add_webhook(hook("16")).await.unwrap();
}

pub(super) async fn what_a_webhook_is_owed_is_kept_until_it_was_told<K: Kept>() {
    let mut world = World::<K>::new();
    let early = world.create(1, &[], RetentionPolicy::None).await;
    let key = hook("w").key;
    world.store.add_webhook(hook("w")).await.unwrap();
    let thread = world.create(2, &["bob"], RetentionPolicy::None).await;
    world.send(&early, "ada", "later").await;
    world.send(&thread, "ada", "secret").await;
    world.reopen().await;
    let store = Arc::clone(&world.store);
    let due = store.webhook_due(key.clone(), 10).await.unwrap();
    let mut owed: Vec<_> = due.iter().map(|due| (due.thread.clone(), due.told.0)).collect();
    // Both may have come due in one millisecond.
    owed.sort_by_key(|(_, told)| *told);
    assert_eq!(owed, [(thread.clone(), 0), (early.clone(), 1)], "from the moment it was added");
    assert_eq!(store.webhook_due(key.clone(), 1).await.unwrap().len(), 1);
    assert_eq!(store.webhook_summaries().await.unwrap()[0].waiting_threads, 2);
    let (numbers, events) = owing(&*store, &thread, 0).await;
    assert!(numbers == [1, 2] && events.contains("secret"), "{numbers:?} {events}");
    let members = store.webhook_owing(thread.clone(), EventSequence(0), 1).await.unwrap().members;
    assert_eq!(members.len(), 2);

    // A try that failed is remembered; a later event changes nothing about it.
    store.webhook_failed(key.clone(), early.clone(), 3, i64::MAX).await.unwrap();
    world.send(&early, "ada", "still later").await;
    let due = store.webhook_due(key.clone(), 10).await.unwrap();
    assert_eq!((due[1].told.0, due[1].attempts, due[1].due_ms), (1, 3, i64::MAX));
    assert!(store.webhook_told(key.clone(), early.clone(), EventSequence(2)).await.unwrap(), "there is more");
    let due = store.webhook_due(key.clone(), 10).await.unwrap();
    let early_due = due.iter().find(|due| due.thread == early).unwrap();
    assert_eq!((early_due.told.0, early_due.attempts), (2, 0), "the next is tried anew");

    // Deleted: what was written goes, the log stays while it is owed.
    world.act(&thread, "ada", Command::DeleteThread).await.unwrap();
    while store.purge_chats().await.unwrap() {}
    let (numbers, events) = owing(&*store, &thread, 0).await;
    assert!(numbers == [1, 2, 3] && !events.contains("secret"), "{numbers:?} {events}");
    assert!(store.webhook_told(key.clone(), thread.clone(), EventSequence(2)).await.unwrap());
    while store.purge_chats().await.unwrap() {}
    assert_eq!(owing(&*store, &thread, 0).await.0, [1, 2, 3]);
    assert!(!store.webhook_told(key.clone(), thread.clone(), EventSequence(3)).await.unwrap());
    while store.purge_chats().await.unwrap() {}
    assert_eq!(owing(&*store, &thread, 0).await.0, [3], "its end");

    // Without the webhook nothing is owed, and nothing is noted any more.
    world.act(&early, "ada", Command::DeleteThread).await.unwrap();
    while store.purge_chats().await.unwrap() {}
    assert_eq!(owing(&*store, &early, 0).await.0, [1, 2, 3, 4]);
    assert_eq!(store.remove_webhook("w").await.unwrap(), OWNER);
    while store.purge_chats().await.unwrap() {}
    assert_eq!(owing(&*store, &early, 0).await.0, [4]);
    world.create(3, &[], RetentionPolicy::None).await;
    store.add_webhook(hook("w")).await.unwrap();
    assert_eq!(store.webhook_due(key, 10).await.unwrap(), []);
}

/// Or it would be asked for again and again.
pub(super) async fn what_a_damaged_log_lacks_is_owed_up_to_its_end<K: Kept>() {
    let world = World::<K>::new();
    world.store.add_webhook(hook("w")).await.unwrap();
    let thread = world.create(1, &[], RetentionPolicy::None).await;
    world.send(&thread, "ada", "b").await;
    world.kept.lose_events(&thread, &[1, 2]).await;
    let owing = world.store.webhook_owing(thread.clone(), EventSequence(0), 10).await.unwrap();
    let owed: Vec<_> = owing.events.iter().map(|owed| (owed.sequence.0, owed.event.is_some())).collect();
    assert_eq!(owed, [(2, false)]);
    assert!(!world.store.webhook_told(hook("w").key, thread, EventSequence(2)).await.unwrap());
}
