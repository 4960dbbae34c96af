//! What a thread's rows are after commands, restarts and departures.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::ChatError;
use crate::folder::DataFolder;
use crate::store::{Store, StoreError, Webhook, WebhookKey};
use crate::webhook::{Secret, WebhookUrl};
use liaison_chat::model::{MessageKind, Metadata, Participant, RetentionPolicy, Side};
use liaison_chat::rules::{
    Actor, Admission, Command, CreateThread, NewParticipant, Outcome, Refusal, Rules, SendMessage,
};
use liaison_chat::{Event, EventSequence, MessageId, ThreadId, UnixMillis};
use liaison_identity::{RawId, Scope, Scopes};
use std::sync::Arc;
use tokio::sync::mpsc;

const OWNER: &str = "11111111-1111-1111-1111-111111111111";

struct World {
    dir: tempfile::TempDir,
    store: Store,
    told: mpsc::Receiver<Event>,
    rules: Arc<Rules>,
}

fn open(dir: &tempfile::TempDir) -> (Store, mpsc::Receiver<Event>) {
    let store = Store::open(Arc::new(DataFolder::create_and_lock(dir.path()).unwrap())).unwrap();
    let (tell, told) = mpsc::channel(10_000);
    store.tell(tell);
    (store, told)
}

fn actor(name: &str) -> Actor {
    let raw_id = RawId::new(&format!("8:acs:{OWNER}_{name}")).unwrap();
    Actor { raw_id, side: Side::App, scopes: Scopes::from_iter([Scope::Chat]) }
}

fn named(name: &str) -> NewParticipant {
    let participant = Participant {
        raw_id: actor(name).raw_id,
        display_name: Some(name.into()),
        share_history_from: UnixMillis(0),
        metadata: Metadata::default(),
    };
    NewParticipant { participant, admission: Admission::Admitted }
}

fn text(text: &str, client_id: Option<&str>) -> Command {
    Command::SendMessage(SendMessage {
        kind: MessageKind::Text,
        content: text.into(),
        attachments: Vec::new(),
        sender_display_name: None,
        metadata: Metadata::default(),
        client_id: client_id.map(|id| id.parse().unwrap()),
    })
}

impl World {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (store, told) = open(&dir);
        Self { dir, store, told, rules: Arc::default() }
    }

    async fn reopen(&mut self) {
        self.store.close().await;
        (self.store, self.told) = open(&self.dir);
    }

    async fn create(&self, bits: u128, others: &[&str], retention: RetentionPolicy) -> ThreadId {
        self.created(bits, others, retention, None).await
    }

    async fn created(
        &self,
        bits: u128,
        others: &[&str],
        retention: RetentionPolicy,
        request: Option<&str>,
    ) -> ThreadId {
        let create = CreateThread {
            id: ThreadId::from_random(bits),
            topic: "topic".into(),
            participants: others.iter().map(|name| named(name)).collect(),
            creator_name: None,
            metadata: Metadata::from([("k", "v")]),
            retention,
        };
        let (rules, request) = (Arc::clone(&self.rules), request.map(str::to_owned));
        let made = self.store.create_chat_thread(rules, OWNER.to_owned(), actor("ada"), request, create);
        made.await.unwrap().thread.id
    }

    async fn act(&self, thread: &ThreadId, who: &str, command: Command) -> Result<Outcome, ChatError> {
        let rules = Arc::clone(&self.rules);
        self.store.change_chat_thread(rules, thread.clone(), actor(who), command).await
    }

    async fn send(&self, thread: &ThreadId, who: &str, words: &str) -> MessageId {
        match self.act(thread, who, text(words, None)).await.unwrap() {
            Outcome::Sent { id } => id,
            other => panic!("{other:?}"),
        }
    }

    fn heard(&mut self) -> Vec<Event> {
        std::iter::from_fn(|| self.told.try_recv().ok()).collect()
    }

    async fn log(&self, thread: &ThreadId, who: &str, after: u64) -> Result<Vec<Event>, ChatError> {
        let rules = Arc::clone(&self.rules);
        let after = EventSequence(after);
        Ok(self.store.chat_events(rules, thread.clone(), actor(who), after, 1000).await?.events)
    }

    async fn texts(&self, thread: &ThreadId, who: &str) -> Result<Vec<String>, ChatError> {
        let rules = Arc::clone(&self.rules);
        let page = self.store.chat_messages(rules, thread.clone(), actor(who), None, None, 200).await?;
        let texts = page.items.into_iter().filter_map(|m| Some(m.content?.message?.0));
        Ok(texts.collect())
    }

    async fn count(&self, sql: &'static str) -> i64 {
        self.store.read(move |c| Ok(c.query_row(sql, [], |row| row.get(0))?)).await.unwrap()
    }
}

fn sequences(events: &[Event]) -> Vec<u64> {
    events.iter().filter_map(|event| event.sequence).map(|sequence| sequence.0).collect()
}

#[tokio::test]
async fn many_senders_at_once_leave_no_gap_and_are_told_in_order() {
    let mut world = World::new();
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

#[tokio::test]
async fn a_message_is_sent_once_and_a_thread_created_once() {
    let mut world = World::new();
    let thread = world.created(1, &["bob"], RetentionPolicy::None, Some("r-1")).await;
    assert_eq!(world.created(2, &["bob"], RetentionPolicy::None, Some("r-1")).await, thread);
    assert_ne!(world.created(3, &["bob"], RetentionPolicy::None, Some("r-2")).await, thread);
    let first = world.act(&thread, "ada", text("once", Some("c-1"))).await.unwrap();
    world.reopen().await;
    assert_eq!(world.act(&thread, "ada", text("once", Some("c-1"))).await.unwrap(), first);
    assert_ne!(world.act(&thread, "bob", text("his", Some("c-1"))).await.unwrap(), first);
    assert_eq!(world.texts(&thread, "bob").await.unwrap(), ["his", "once"]);
    assert_eq!(world.created(4, &["bob"], RetentionPolicy::None, Some("r-1")).await, thread);
    assert_eq!(world.count("SELECT count(*) FROM chat_thread").await, 2);
}

#[tokio::test]
async fn what_was_deleted_is_neither_in_the_history_nor_in_the_log() {
    let world = World::new();
    let thread = world.create(1, &["bob"], RetentionPolicy::None).await;
    let id = world.send(&thread, "ada", "a secret").await;
    world.act(&thread, "ada", Command::DeleteMessage(id)).await.unwrap();
    world.act(&thread, "ada", Command::DeleteMessage(id)).await.unwrap();
    let log = world.log(&thread, "bob", 0).await.unwrap();
    assert_eq!(sequences(&log), [1, 2, 3], "deleting again is no event");
    let kept = "SELECT (SELECT count(*) FROM chat_message WHERE content LIKE '%secret%')
                + (SELECT count(*) FROM chat_event WHERE event LIKE '%secret%')";
    assert_eq!(world.count(kept).await, 0);
    assert_eq!(
        world.act(&thread, "bob", Command::DeleteMessage(id)).await,
        Err(ChatError::Refused(Refusal::NotSender))
    );
}

#[tokio::test]
async fn whoever_was_removed_keeps_the_old_history_and_gets_nothing_new() {
    let world = World::new();
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

#[tokio::test]
async fn a_deleted_account_leaves_its_threads_and_its_messages_stay() {
    let mut world = World::new();
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

#[tokio::test]
async fn a_thread_ends_when_its_retention_says_so_and_nothing_of_it_is_left() {
    let mut world = World::new();
    let days = RetentionPolicy::ThreadCreationDate { delete_thread_after_days: 30 };
    let old = world.create(1, &["bob"], days).await;
    let young = world.create(2, &["bob"], days).await;
    for n in 0..700 {
        world.send(&old, "ada", &n.to_string()).await;
    }
    world.send(&young, "ada", "kept").await;
    assert!(!world.store.expire_chats().await.unwrap());
    let id = old.to_string();
    let aged = world.store.write(move |c| {
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
    assert_eq!(world.count("SELECT count(*) FROM chat_message").await, 3, "the young one's");
    assert_eq!(world.log(&old, "bob", 0).await.unwrap(), told, "its end can be read");
    assert_eq!(world.texts(&young, "bob").await.unwrap(), ["kept"]);
}

#[tokio::test]
async fn a_full_disk_refuses_and_loses_nothing() {
    let mut world = World::new();
    let thread = world.create(1, &["bob"], RetentionPolicy::None).await;
    let pages = world.store.write(|c| {
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
    let mut world = World::new();
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
    let in_thread = |table| format!("SELECT count(*) FROM {table} WHERE thread_id = '{thread}'");
    let count = async |table| {
        let sql = in_thread(table);
        world.store.read(move |c| Ok(c.query_row(&sql, [], |row| row.get::<_, i64>(0))?)).await.unwrap()
    };
    assert_eq!((count("chat_message").await, count("chat_event").await), (0, 3));
    assert!(world.store.webhook_told(key.clone(), thread.clone(), EventSequence(2)).await.unwrap());
    while world.store.purge_chats().await.unwrap() {}
    assert_eq!(count("chat_event").await, 3);
    assert!(!world.store.webhook_told(key.clone(), thread.clone(), EventSequence(3)).await.unwrap());
    while world.store.purge_chats().await.unwrap() {}
    assert_eq!(count("chat_event").await, 1, "its end");

    // Without the webhook nothing is owed, and nothing is noted any more.
    world.act(&early, "ada", Command::DeleteThread).await.unwrap();
    while world.store.purge_chats().await.unwrap() {}
    assert_eq!(world.store.remove_webhook("w").await.unwrap(), OWNER);
    while world.store.purge_chats().await.unwrap() {}
    assert_eq!(world.count("SELECT count(*) FROM chat_event").await, 2);
    world.create(3, &[], RetentionPolicy::None).await;
    assert_eq!(world.count("SELECT count(*) FROM webhook_due").await, 0);
}

#[tokio::test]
async fn an_owner_has_so_many_webhooks() {
    let world = World::new();
    let hook = |id: usize| Webhook {
        key: WebhookKey { owner: OWNER.to_owned(), id: id.to_string() },
        url: WebhookUrl::stored("https://example.org".to_owned()),
        secret: Secret::stored("s".to_owned()),
        events: Vec::new(),
        created_ms: 0,
    };
    for id in 0..16 {
        world.store.add_webhook(hook(id)).await.unwrap();
    }
    assert!(matches!(world.store.add_webhook(hook(16)).await, Err(StoreError::Invalid(_))));
    assert_eq!(world.store.webhooks().await.unwrap().len(), 16);
}

/// A damaged log, or one that is kept for a while only: whoever asks learns where it goes on, and reads the history.
#[tokio::test]
async fn what_lacks_in_the_log_is_told_and_never_asked_for_again() {
    let world = World::new();
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
    let lose = async |which: &'static str| {
        let sql = format!("DELETE FROM chat_event WHERE sequence IN ({which})");
        world.store.write(move |c| Ok(c.execute(&sql, [])?)).await.unwrap();
    };
    assert_eq!(page(0).await, (1, vec![1, 2, 3, 4, 5, 6], 6));
    lose("3, 4").await;
    assert_eq!(page(0).await, (1, vec![1, 2], 6), "up to where something lacks");
    assert_eq!(page(2).await, (5, vec![5, 6], 6), "and from where it goes on");
    assert_eq!(page(3).await, (5, vec![5, 6], 6));
    lose("1, 6").await;
    assert_eq!(page(0).await, (2, vec![2], 6));
    assert_eq!(page(5).await, (7, vec![], 6), "nothing is left to read");
    assert_eq!(page(6).await, (1, vec![], 6), "nothing lacks");
}
