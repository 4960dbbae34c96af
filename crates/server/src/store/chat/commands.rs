//! Commands: load, decide, write, tell.

use super::rows;
use super::view::{self, Place};
use super::{ChatError, Judged, changes, flat};
use crate::clock;
use crate::store::{SqliteStore, StoreError};
use liaison_chat::acs::CommunicationError;
use liaison_chat::model::Thread;
use liaison_chat::rules::{Actor, Command, CreateThread, Decision, Outcome, Rules, View, decide};
use liaison_chat::{ThreadId, UnixMillis};
use rusqlite::{Connection, OptionalExtension};
use std::sync::Arc;

/// A thread that is there, now or since an earlier try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CreatedThread {
    pub(crate) thread: Thread,
    /// Who was named and is not in it, as the one who asks is told.
    pub(crate) refused: Vec<CommunicationError>,
}

impl SqliteStore {
    pub(in crate::store) async fn create_chat_thread(
        &self,
        rules: Arc<Rules>,
        owner: String,
        actor: Actor,
        request_id: Option<String>,
        create: CreateThread,
    ) -> Result<CreatedThread, ChatError> {
        let judged = self.write_and_tell(move |c| {
            let request_id = request_id.as_deref();
            if let Some(known) = request_id.map(|id| earlier(c, &owner, &actor, id)).transpose()?.flatten() {
                return Ok((Ok(known), Vec::new()));
            }
            let place = Place { owner, thread: create.id.to_string() };
            let command = Command::CreateThread(create);
            let decision = match decide(&rules, &View::default(), &actor, command, now()) {
                Ok(decision) => decision,
                Err(refusal) => return Ok((Err(refusal), Vec::new())),
            };
            changes::apply(c, &place, &decision)?;
            let Decision { outcome: Outcome::Created { thread, invalid }, events, .. } = decision else {
                return Err(StoreError::Database("the rules created no thread".to_owned()));
            };
            let refused: Vec<CommunicationError> = invalid.iter().map(CommunicationError::from).collect();
            if let Some(id) = request_id {
                c.prepare_cached("INSERT INTO chat_creation VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?.execute((
                    &place.owner,
                    actor.raw_id.as_str(),
                    id,
                    &place.thread,
                    rows::text(&refused)?,
                    clock::now_ms(),
                ))?;
            }
            Ok((Ok(CreatedThread { thread, refused }), events))
        });
        flat(judged.await)
    }

    pub(in crate::store) async fn change_chat_thread(
        &self,
        rules: Arc<Rules>,
        thread_id: ThreadId,
        actor: Actor,
        command: Command,
    ) -> Result<Outcome, ChatError> {
        let judged = self.write_and_tell(move |c| {
            let (judged, place) = judge(c, &rules, &thread_id, &actor, command)?;
            match (judged, place) {
                (Ok(decision), Some(place)) => {
                    changes::apply(c, &place, &decision)?;
                    Ok((Ok(decision.outcome), decision.events))
                }
                (Ok(decision), None) => Ok((Ok(decision.outcome), Vec::new())),
                (Err(refusal), _) => Ok((Err(refusal), Vec::new())),
            }
        });
        flat(judged.await)
    }

    pub(in crate::store) async fn pass_chat_event(
        &self,
        rules: Arc<Rules>,
        thread_id: ThreadId,
        actor: Actor,
        command: Command,
    ) -> Result<(), ChatError> {
        let judged = self.read(move |c| Ok(judge(c, &rules, &thread_id, &actor, command)?.0));
        let decision = flat(judged.await)?;
        self.writer.pass(decision.events).await;
        Ok(())
    }
}

/// What the rules say, and where the thread's rows are.
pub(super) fn judge(
    connection: &Connection,
    rules: &Rules,
    thread_id: &ThreadId,
    actor: &Actor,
    command: Command,
) -> Result<(Judged<Decision>, Option<Place>), StoreError> {
    let (view, place) = view::load(connection, thread_id, &actor.raw_id, &command)?;
    Ok((decide(rules, &view, actor, command, now()), place))
}

pub(super) fn now() -> UnixMillis {
    UnixMillis(u64::try_from(clock::now_ms()).unwrap_or(0))
}

fn earlier(
    connection: &Connection,
    owner: &str,
    actor: &Actor,
    request_id: &str,
) -> Result<Option<CreatedThread>, StoreError> {
    let mut query = connection.prepare_cached(
        "SELECT thread_id, refused FROM chat_creation WHERE owner_id = ?1 AND raw_id = ?2 AND request_id = ?3",
    )?;
    let found = query
        .query_row((owner, actor.raw_id.as_str(), request_id), |row| {
            Ok((rows::parsed::<ThreadId>(row, 0)?, rows::json(row, 1)?))
        })
        .optional()?;
    let Some((thread_id, refused)) = found else { return Ok(None) };
    let thread = view::thread(connection, &thread_id)?;
    Ok(thread.map(|(_, thread)| CreatedThread { thread, refused }))
}
