//! What becomes of the threads of an account that is deleted: it leaves them. Its messages stay, with
//! its raw id as their sender; the threads it created stay as well.

use super::commands::judge;
use super::{changes, rows};
use crate::store::{SqliteStore, StoreError};
use liaison_chat::ThreadId;
use liaison_chat::model::Side;
use liaison_chat::rules::{Actor, Command, Rules};
use liaison_identity::{RawId, Scope, Scopes};

/// How many threads are left in one transaction.
const BATCH: u32 = 50;

impl SqliteStore {
    pub(in crate::store) async fn leave_chats(&self, raw_id: RawId) -> Result<(), StoreError> {
        let Some(side) = Side::of(&raw_id) else { return Ok(()) };
        let scopes = Scopes::from_iter([Scope::Chat]);
        let actor = Actor { raw_id, side, scopes };
        loop {
            let actor = actor.clone();
            let left = self.write_and_tell(move |c| {
                let mut query = c.prepare_cached(
                    "SELECT p.thread_id FROM chat_participant p JOIN chat_thread t USING (owner_id, thread_id)
                     WHERE p.raw_id = ?1 AND p.removed_ms IS NULL AND t.deleted_ms IS NULL LIMIT ?2",
                )?;
                let threads: Vec<ThreadId> = query
                    .query_map((actor.raw_id.as_str(), BATCH), |row| rows::parsed(row, 0))?
                    .collect::<Result<_, _>>()?;
                let mut events = Vec::new();
                for thread in &threads {
                    let leave = Command::RemoveParticipant(actor.raw_id.clone());
                    let (judged, place) = judge(c, &Rules::default(), thread, &actor, leave)?;
                    let (Ok(decision), Some(place)) = (judged, place) else {
                        return Err(StoreError::Database(
                            "a deleted account could not leave a thread".to_owned(),
                        ));
                    };
                    changes::apply(c, &place, &decision)?;
                    events.extend(decision.events);
                }
                Ok((threads.len(), events))
            });
            if left.await? < BATCH as usize {
                return Ok(());
            }
        }
    }
}
