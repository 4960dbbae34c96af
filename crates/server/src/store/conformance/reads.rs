//! What participants read, page by page, and what is told without being kept.

use super::*;
use crate::store::chat::Page;
use liaison_chat::model::RetentionPolicy;
use liaison_chat::rules::{Command, Refusal};
use liaison_chat::{MessageId, UnixMillis};

/// A list in pages of two.
async fn in_twos<T, K>(mut read: impl AsyncFnMut(Option<K>, usize) -> Page<T, K>) -> Vec<T> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = read(after, 2).await;
        assert!(page.items.len() == 2 || page.next.is_none() && page.items.len() < 2);
        all.extend(page.items);
        match page.next {
            Some(next) => after = Some(next),
            None => return all,
        }
    }
}

pub(super) async fn lists_go_on_where_the_page_before_ended<K: Kept>() {
    let world = World::<K>::new();
    let (store, rules) = (&world.store, || Arc::clone(&world.rules));
    let mut names = Vec::new();
    for bits in 0..5 {
        names.push(world.create(bits, &["bob", "cid", "dan", "eve"], RetentionPolicy::None).await);
    }
    let thread = &names[0];
    let mut sent = Vec::new();
    for words in ["a", "b", "c", "d", "e"] {
        sent.push(world.send(thread, "ada", words).await);
    }
    for (who, read) in [("bob", 4), ("cid", 0), ("dan", 2), ("eve", 4), ("ada", 1)] {
        world.act(thread, who, Command::SendReadReceipt(sent[read])).await.unwrap();
    }

    let threads = async |after, size| store.chat_threads(actor("bob"), None, after, size).await.unwrap();
    let whole = threads(None, 100).await.items;
    let mut listed: Vec<_> = whole.iter().map(|item| item.id.clone()).collect();
    assert_eq!(in_twos(threads).await, whole);
    listed.sort();
    names.sort();
    assert_eq!(listed, names, "each thread once");

    let heads = async |after, size| store.chat_heads(actor("bob").raw_id, after, size).await.unwrap();
    let heads: Vec<_> = in_twos(heads).await.into_iter().map(|head| head.thread).collect();
    assert_eq!(heads, names);

    let thread = ThreadId::from_random(0);
    let messages = async |before, size| {
        store.chat_messages(rules(), thread.clone(), actor("bob"), None, before, size).await.unwrap()
    };
    let ids = |messages: &[liaison_chat::model::Message]| -> Vec<MessageId> {
        messages.iter().filter(|message| sent.contains(&message.id)).map(|message| message.id).collect()
    };
    let newest_first: Vec<_> = sent.iter().rev().copied().collect();
    let whole = messages(None, 100).await.items;
    assert_eq!(ids(&whole), newest_first);
    let first = messages(None, 2).await;
    world.send(&thread, "ada", "meanwhile").await;
    let second = messages(first.next, 2).await;
    assert_eq!(ids(&[first.items, second.items].concat()), newest_first[..4], "what comes moves nothing");
    let since = Some(UnixMillis(sent[3].0));
    let since = store.chat_messages(rules(), thread.clone(), actor("bob"), since, None, 100).await.unwrap();
    assert_eq!(ids(&since.items), newest_first[..2]);

    let participants = async |skip, after, size| {
        let page = store.chat_participants(rules(), thread.clone(), actor("bob"), skip, after, size);
        page.await.unwrap()
    };
    let whole = participants(0, None, 100).await.items;
    assert_eq!(whole.len(), 5);
    assert_eq!(in_twos(async |after, size| participants(0, after, size).await).await, whole);
    assert_eq!(participants(3, None, 100).await.items, whole[3..]);

    let receipts = async |skip, after, size| {
        store.chat_receipts(rules(), thread.clone(), actor("bob"), skip, after, size).await.unwrap()
    };
    let whole = receipts(0, None, 100).await.items;
    let mut read: Vec<_> = whole.iter().map(|receipt| (receipt.reader.clone(), receipt.message)).collect();
    read.sort_by_key(|(reader, _)| reader.to_string());
    let expected = [("ada", 1), ("bob", 4), ("cid", 0), ("dan", 2), ("eve", 4)];
    assert_eq!(read, expected.map(|(who, at)| (actor(who).raw_id, sent[at])));
    assert_eq!(in_twos(async |after, size| receipts(0, after, size).await).await, whole);
    assert_eq!(receipts(3, None, 100).await.items, whole[3..]);

    let read = store.chat_thread(rules(), thread.clone(), actor("bob")).await.unwrap();
    assert_eq!((read.id, read.topic.as_str()), (thread.clone(), "topic"));
    let stranger = store.chat_thread(rules(), thread, actor("zoe")).await;
    assert_eq!(stranger, Err(ChatError::Refused(Refusal::NotParticipant)));
}

pub(super) async fn typing_is_told_and_not_kept<K: Kept>() {
    let mut world = World::<K>::new();
    let thread = world.create(1, &["bob"], RetentionPolicy::None).await;
    let log = world.log(&thread, "ada", 0).await.unwrap();
    world.heard();
    let (store, rules) = (Arc::clone(&world.store), Arc::clone(&world.rules));
    let types = |who| {
        let typing = Command::SendTyping { sender_display_name: None };
        store.pass_chat_event(Arc::clone(&rules), thread.clone(), actor(who), typing)
    };
    assert_eq!(types("zoe").await, Err(ChatError::Refused(Refusal::NotParticipant)));
    assert_eq!(world.heard(), []);
    types("bob").await.unwrap();
    let told: Vec<_> = world.heard().iter().map(|event| (event.kind.name(), event.sequence)).collect();
    assert_eq!(told, [("typingIndicatorReceived", None)]);
    assert_eq!(world.log(&thread, "ada", 0).await.unwrap(), log);
}
