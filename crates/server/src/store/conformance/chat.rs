//! What a thread is after commands, restarts and departures.

use super::*;
use liaison_chat::model::RetentionPolicy;
use liaison_chat::rules::{Command, Refusal};
use liaison_chat::{EventSequence, ThreadId};

pub(super) async fn many_senders_at_once_leave_no_gap_and_are_told_in_order<K: Kept>() {
    let mut world = World::<K>::new();
    let thread = world.create(1, &["bob"], RetentionPolicy::None).await;
    let sends = (0..200).map(|n| {
        let (store, rules) = (world.store.clone(), Arc::clone(&world.rules));
        let (thread, who) = (thread.clone(), if n % 2 == 0 { "ada" } else { "bob" });
        tokio::spawn(async move {
            store.change_chat_thread(rules, thread, actor(who), text(&n.to_string(), None)).await.unwrap()
        })
    });
    for send in sends.collect::<Vec<_>>() {
        send.await.unwrap();
    }
    let told = world.heard();
    assert_eq!(sequences(&told), (1..=201).collect::<Vec<_>>());
    world.reopen().await;
    let log = world.log(&thread, "bob", 0).await.unwrap();
    assert_eq!(log, told, "what is read from the log is what was told");
    assert_eq!(sequences(&world.log(&thread, "bob", 150).await.unwrap()), (151..=201).collect::<Vec<_>>());
    assert_eq!(world.log(&thread, "eve", 0).await, Err(ChatError::Refused(Refusal::NotParticipant)));
}

pub(super) async fn a_message_is_sent_once_and_a_thread_created_once<K: Kept>() {
    let mut world = World::<K>::new();
    let thread = world.created(1, &["bob"], RetentionPolicy::None, Some("r-1")).await;
    assert_eq!(world.created(2, &["bob"], RetentionPolicy::None, Some("r-1")).await, thread);
    assert_ne!(world.created(3, &["bob"], RetentionPolicy::None, Some("r-2")).await, thread);
    let first = world.act(&thread, "ada", text("once", Some("c-1"))).await.unwrap();
    world.reopen().await;
    assert_eq!(world.act(&thread, "ada", text("once", Some("c-1"))).await.unwrap(), first);
    assert_ne!(world.act(&thread, "bob", text("his", Some("c-1"))).await.unwrap(), first);
    assert_eq!(world.texts(&thread, "bob").await.unwrap(), ["his", "once"]);
    assert_eq!(world.created(4, &["bob"], RetentionPolicy::None, Some("r-1")).await, thread);
    let threads = world.store.chat_threads(actor("ada"), None, None, 10).await.unwrap();
    assert_eq!(threads.items.len(), 2);
}

pub(super) async fn whether_somebody_is_in_a_thread_is_known<K: Kept>() {
    let world = World::<K>::new();
    let thread = world.create(1, &["bob", "eve"], RetentionPolicy::None).await;
    world.act(&thread, "ada", Command::RemoveParticipant(actor("eve").raw_id)).await.unwrap();
    for (who, expected) in [("ada", Some(true)), ("bob", Some(true)), ("eve", Some(false)), ("zoe", None)] {
        let standing = world.store.chat_standing(thread.clone(), actor(who).raw_id).await.unwrap();
        assert_eq!(standing, expected, "{who}");
    }
    let nowhere = world.store.chat_standing(ThreadId::from_random(9), actor("ada").raw_id).await;
    assert_eq!(nowhere, Ok(None));
}

pub(super) async fn whoever_was_removed_keeps_the_old_history_and_gets_nothing_new<K: Kept>() {
    let world = World::<K>::new();
    let thread = world.create(1, &["bob"], RetentionPolicy::None).await;
    world.send(&thread, "ada", "before").await;
    world.act(&thread, "ada", Command::RemoveParticipant(actor("bob").raw_id)).await.unwrap();
    world.send(&thread, "ada", "after").await;
    assert_eq!(world.texts(&thread, "bob").await.unwrap(), ["before"]);
    assert_eq!(sequences(&world.log(&thread, "bob", 0).await.unwrap()), [1, 2, 3]);
    let send = world.act(&thread, "bob", text("me too", None)).await;
    assert_eq!(send, Err(ChatError::Refused(Refusal::Removed)));
    let members = world.store.chat_members(thread.clone()).await.unwrap();
    let bob = members.iter().find(|member| member.raw_id == actor("bob").raw_id).unwrap();
    let hears = |n| bob.hears(Some(EventSequence(n)));
    assert_eq!((hears(1), hears(3), hears(4), bob.hears(None)), (true, true, false, false));
    let heads = world.store.chat_heads(actor("bob").raw_id, None, 10).await.unwrap().items;
    assert_eq!(heads.iter().map(|head| head.head.0).collect::<Vec<_>>(), [3]);
}

pub(super) async fn a_deleted_account_leaves_its_threads_and_its_messages_stay<K: Kept>() {
    let mut world = World::<K>::new();
    for bits in 0..120 {
        let thread = world.create(bits, &["bob"], RetentionPolicy::None).await;
        world.send(&thread, "ada", "mine").await;
    }
    world.heard();
    world.store.leave_chats(actor("ada").raw_id).await.unwrap();
    world.store.leave_chats(actor("ada").raw_id).await.unwrap();
    let told = world.heard();
    assert_eq!(told.len(), 120, "once in each thread");
    assert!(told.iter().all(|event| event.kind.name() == "participantsRemoved"));
    let thread = ThreadId::from_random(7);
    assert_eq!(world.texts(&thread, "bob").await.unwrap(), ["mine"]);
    let list = world.store.chat_threads(actor("ada"), None, None, 10).await.unwrap();
    assert!(list.items.is_empty());
    let listed = world.store.chat_participants(world.rules.clone(), thread, actor("bob"), 0, None, 10);
    assert_eq!(listed.await.unwrap().items.len(), 1);
}

/// A damaged log, or one that is kept for a while only: whoever asks learns where it goes on, and reads the history.
pub(super) async fn what_lacks_in_the_log_is_told_and_never_asked_for_again<K: Kept>() {
    let world = World::<K>::new();
    let thread = world.create(1, &[], RetentionPolicy::None).await;
    for words in ["b", "c", "d", "e", "f"] {
        world.send(&thread, "ada", words).await;
    }
    let page = async |after| {
        let rules = Arc::clone(&world.rules);
        let page =
            world.store.chat_events(rules, thread.clone(), actor("ada"), EventSequence(after), 1000).await;
        let page = page.unwrap();
        (page.first.0, sequences(&page.events), page.head.0)
    };
    assert_eq!(page(0).await, (1, vec![1, 2, 3, 4, 5, 6], 6));
    world.kept.lose_events(&thread, &[3, 4]).await;
    assert_eq!(page(0).await, (1, vec![1, 2], 6), "up to where something lacks");
    assert_eq!(page(2).await, (5, vec![5, 6], 6), "and from where it goes on");
    assert_eq!(page(3).await, (5, vec![5, 6], 6));
    world.kept.lose_events(&thread, &[1, 6]).await;
    assert_eq!(page(0).await, (2, vec![2], 6));
    assert_eq!(page(5).await, (7, vec![], 6), "nothing is left to read");
    assert_eq!(page(6).await, (1, vec![], 6), "nothing lacks");
}

pub(super) async fn what_an_account_wrote_is_deleted_once_and_told<K: Kept>() {
    let mut world = World::<K>::new();
    let thread = world.create(1, &["bob"], RetentionPolicy::None).await;
    for words in ["a", "b", "c"] {
        world.send(&thread, "ada", words).await;
    }
    world.send(&thread, "bob", "his").await;
    world.heard();
    world.store.delete_messages_of(actor("ada").raw_id).await.unwrap();
    world.store.delete_messages_of(actor("ada").raw_id).await.unwrap();
    let told: Vec<_> = world.heard().iter().map(|event| event.kind.name()).collect();
    assert_eq!(told, ["chatMessageDeleted"; 3]);
    assert_eq!(world.texts(&thread, "bob").await.unwrap(), ["his"]);
}

pub(super) async fn a_thread_ends_when_its_retention_says_so<K: Kept>() {
    let mut world = World::<K>::new();
    let days = RetentionPolicy::ThreadCreationDate { delete_thread_after_days: 30 };
    let old = world.created(1, &["bob"], days, Some("r-1")).await;
    let young = world.create(2, &["bob"], days).await;
    world.send(&old, "ada", "gone").await;
    world.send(&young, "ada", "kept").await;
    assert!(!world.store.expire_chats().await.unwrap());
    world.kept.age(&old, 31).await;
    world.heard();
    assert!(!world.store.expire_chats().await.unwrap());
    let told = world.heard();
    assert_eq!(told.iter().map(|event| event.kind.name()).collect::<Vec<_>>(), ["chatThreadDeleted"]);
    assert_eq!(world.texts(&old, "bob").await, Err(ChatError::Refused(Refusal::ThreadDeleted)));
    while world.store.purge_chats().await.unwrap() {}
    assert_eq!(world.log(&old, "bob", 0).await.unwrap(), told, "its end can be read");
    assert_eq!(world.texts(&young, "bob").await.unwrap(), ["kept"]);

    // The request that created it is known until that is forgotten.
    world.store.prune_chat_creations(0).await.unwrap();
    assert_eq!(world.created(3, &[], days, Some("r-1")).await, old);
    world.store.prune_chat_creations(i64::MAX).await.unwrap();
    assert_eq!(world.created(3, &[], days, Some("r-1")).await, ThreadId::from_random(3));
}
