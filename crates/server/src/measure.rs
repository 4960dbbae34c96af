//! What `liaison doctor load` measures inside the service: the store without HTTP around it.

use crate::ServerError;
use crate::folder::DataFolder;
use crate::store::{ChatError, SqliteStore, Store};
use liaison_chat::ThreadId;
use liaison_chat::model::{MessageKind, Metadata, Participant, RetentionPolicy, Side};
use liaison_chat::rules::{Actor, Admission, Command, CreateThread, NewParticipant, Rules, SendMessage};
use liaison_chat::{Text, UnixMillis};
use liaison_identity::{RawId, Scope, Scopes};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

const OWNER: &str = "00000000-0000-4000-8000-000000000000";
const TEXT: &str =
    "All the world's a stage, and all the men and women merely players. They have their exits and the";

/// What was done in how long.
#[derive(Debug)]
pub struct Sent {
    /// From handing each message in to its being on the disk.
    pub times: Vec<Duration>,
    /// All of it.
    pub elapsed: Duration,
}

/// Has `senders` tasks send messages of 96 characters for `length`, each when its last one was on the disk and each
/// into a thread for two of its own. The database is made in `folder`, which must be empty.
///
/// # Errors
/// [`ServerError`] when the folder cannot be used or the store fails.
pub async fn sends(folder: &Path, senders: usize, length: Duration) -> Result<Sent, ServerError> {
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(Arc::new(DataFolder::create_and_lock(folder)?))?);
    let rules = Arc::new(Rules::default());
    let failed = |error: ChatError| ServerError::Store(error.to_string());
    let mut ready = Vec::with_capacity(senders);
    for number in 0..senders {
        let (actor, other) = (actor(number)?, actor(number + 1_000_000)?);
        let participant = Participant {
            raw_id: other.raw_id,
            display_name: None,
            share_history_from: UnixMillis(0),
            metadata: Metadata::default(),
        };
        let create = CreateThread {
            id: ThreadId::from_random(number as u128 + 1),
            topic: "load".into(),
            participants: vec![NewParticipant { participant, admission: Admission::Admitted }],
            creator_name: None,
            metadata: Metadata::default(),
            retention: RetentionPolicy::None,
        };
        let made =
            store.create_chat_thread(Arc::clone(&rules), OWNER.to_owned(), actor.clone(), None, create);
        ready.push((made.await.map_err(failed)?.thread.id, actor));
    }
    let start = Instant::now();
    let mut tasks = JoinSet::new();
    for (thread, actor) in ready {
        let (store, rules) = (store.clone(), Arc::clone(&rules));
        tasks.spawn(async move {
            let mut times = Vec::new();
            while start.elapsed() < length {
                let asked = Instant::now();
                let (rules, thread, actor) = (Arc::clone(&rules), thread.clone(), actor.clone());
                store.change_chat_thread(rules, thread, actor, message()).await?;
                times.push(asked.elapsed());
            }
            Ok::<_, ChatError>(times)
        });
    }
    let mut times = Vec::new();
    while let Some(done) = tasks.join_next().await {
        let done = done.map_err(|error| ServerError::Store(error.to_string()))?;
        times.extend(done.map_err(failed)?);
    }
    let elapsed = start.elapsed();
    store.close().await;
    Ok(Sent { times, elapsed })
}

fn actor(number: usize) -> Result<Actor, ServerError> {
    let raw_id = RawId::new(&format!("8:acs:{OWNER}_00000000-0000-4000-8000-{number:012}"))
        .map_err(|error| ServerError::Store(error.to_string()))?;
    Ok(Actor { raw_id, side: Side::App, scopes: Scopes::from_iter([Scope::Chat]) })
}

fn message() -> Command {
    Command::SendMessage(SendMessage {
        kind: MessageKind::Text,
        content: Text(TEXT.to_owned()),
        attachments: Vec::new(),
        sender_display_name: None,
        metadata: Metadata::default(),
        client_id: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_sender_sends() {
        let folder = tempfile::tempdir().unwrap();
        let sent = sends(folder.path(), 3, Duration::from_millis(50)).await.unwrap();
        assert!(sent.times.len() >= 3 && sent.elapsed >= Duration::from_millis(50));
    }
}
