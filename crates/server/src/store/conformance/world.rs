//! A chat's people at a store, for the tests.

use super::Kept;
use crate::store::{ChatError, Store};
use liaison_chat::model::{MessageKind, Metadata, Participant, RetentionPolicy, Side};
use liaison_chat::rules::{
    Actor, Admission, Command, CreateThread, NewParticipant, Outcome, Rules, SendMessage,
};
use liaison_chat::{Event, EventSequence, MessageId, ThreadId, UnixMillis};
use liaison_identity::{RawId, Scope, Scopes};
use std::sync::Arc;
use tokio::sync::mpsc;

pub(in crate::store) const OWNER: &str = "11111111-1111-1111-1111-111111111111";

/// A store with a thread's people in it, and what they are told.
pub(in crate::store) struct World<K> {
    pub(in crate::store) kept: K,
    pub(in crate::store) store: Arc<dyn Store>,
    told: mpsc::Receiver<Event>,
    pub(in crate::store) rules: Arc<Rules>,
}

fn opened<K: Kept>(kept: &K) -> (Arc<dyn Store>, mpsc::Receiver<Event>) {
    let store = kept.open();
    let (tell, told) = mpsc::channel(10_000);
    store.tell(tell);
    (store, told)
}

pub(in crate::store) fn actor(name: &str) -> Actor {
    let raw_id = RawId::new(&format!("8:acs:{OWNER}_{name}")).unwrap();
    Actor { raw_id, side: Side::App, scopes: Scopes::from_iter([Scope::Chat]) }
}

pub(in crate::store) fn named(name: &str) -> NewParticipant {
    let participant = Participant {
        raw_id: actor(name).raw_id,
        display_name: Some(name.into()),
        share_history_from: UnixMillis(0),
        metadata: Metadata::default(),
    };
    NewParticipant { participant, admission: Admission::Admitted }
}

pub(in crate::store) fn text(text: &str, client_id: Option<&str>) -> Command {
    Command::SendMessage(SendMessage {
        kind: MessageKind::Text,
        content: text.into(),
        attachments: Vec::new(),
        sender_display_name: None,
        metadata: Metadata::default(),
        client_id: client_id.map(|id| id.parse().unwrap()),
    })
}

impl<K: Kept> World<K> {
    pub(in crate::store) fn new() -> Self {
        let kept = K::new();
        let (store, told) = opened(&kept);
        Self { kept, store, told, rules: Arc::default() }
    }

    pub(in crate::store) async fn reopen(&mut self) {
        self.store.close().await;
        (self.store, self.told) = opened(&self.kept);
    }

    pub(in crate::store) async fn create(
        &self,
        bits: u128,
        others: &[&str],
        retention: RetentionPolicy,
    ) -> ThreadId {
        self.created(bits, others, retention, None).await
    }

    pub(in crate::store) async fn created(
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

    pub(in crate::store) async fn act(
        &self,
        thread: &ThreadId,
        who: &str,
        command: Command,
    ) -> Result<Outcome, ChatError> {
        let rules = Arc::clone(&self.rules);
        self.store.change_chat_thread(rules, thread.clone(), actor(who), command).await
    }

    pub(in crate::store) async fn send(&self, thread: &ThreadId, who: &str, words: &str) -> MessageId {
        match self.act(thread, who, text(words, None)).await.unwrap() {
            Outcome::Sent { id } => id,
            other => panic!("{other:?}"),
        }
    }

    pub(in crate::store) fn heard(&mut self) -> Vec<Event> {
        std::iter::from_fn(|| self.told.try_recv().ok()).collect()
    }

    pub(in crate::store) async fn log(
        &self,
        thread: &ThreadId,
        who: &str,
        after: u64,
    ) -> Result<Vec<Event>, ChatError> {
        let rules = Arc::clone(&self.rules);
        let after = EventSequence(after);
        Ok(self.store.chat_events(rules, thread.clone(), actor(who), after, 1000).await?.events)
    }

    pub(in crate::store) async fn texts(
        &self,
        thread: &ThreadId,
        who: &str,
    ) -> Result<Vec<String>, ChatError> {
        let rules = Arc::clone(&self.rules);
        let page = self.store.chat_messages(rules, thread.clone(), actor(who), None, None, 200).await?;
        let texts = page.items.into_iter().filter_map(|m| Some(m.content?.message?.0));
        Ok(texts.collect())
    }
}

pub(in crate::store) fn sequences(events: &[Event]) -> Vec<u64> {
    events.iter().filter_map(|event| event.sequence).map(|sequence| sequence.0).collect()
}
