//! Erasing what somebody wrote, while they are still in their threads: everybody hears of it.

use super::changes;
use super::commands::judge;
use super::rows::{self, signed};
use crate::store::subject::erasing;
use crate::store::{SqliteStore, StoreError};
use liaison_chat::model::Side;
use liaison_chat::rules::{Actor, Command, Rules};
use liaison_chat::{MessageId, ThreadId};
use liaison_identity::{RawId, Scope, Scopes};
use serde_json::Value;

/// How many messages are deleted in one transaction.
const BATCH: u32 = 100;

impl SqliteStore {
    pub(in crate::store) async fn delete_messages_of(&self, raw_id: RawId) -> Result<(), StoreError> {
        let Some(side) = Side::of(&raw_id) else { return Ok(()) };
        let actor = Actor { raw_id: raw_id.clone(), side, scopes: Scopes::from_iter([Scope::Chat]) };
        let threads = self.read(move |c| {
            let mut query = c.prepare(
                "SELECT thread_id FROM chat_participant p JOIN chat_thread t USING (owner_id, thread_id)
                 WHERE p.raw_id = ?1 AND p.removed_ms IS NULL AND t.deleted_ms IS NULL",
            )?;
            let rows = query.query_map([raw_id.as_str()], |row| rows::parsed(row, 0))?;
            Ok(rows.collect::<Result<Vec<ThreadId>, _>>()?)
        });
        for thread in threads.await? {
            let mut after = Some(MessageId(0));
            while let Some(from) = after {
                after = self.delete_some(actor.clone(), thread.clone(), from).await?;
            }
        }
        Ok(())
    }

    /// Where to go on, if there is more.
    async fn delete_some(
        &self,
        actor: Actor,
        thread: ThreadId,
        from: MessageId,
    ) -> Result<Option<MessageId>, StoreError> {
        self.write_and_tell(move |c| {
            erasing(c, |c| {
                let mut query = c.prepare_cached(
                    "SELECT m.message_id FROM chat_thread t JOIN chat_message m USING (owner_id, thread_id)
                 WHERE t.thread_id = ?1 AND m.message_id > ?2 AND m.sender = ?3 AND m.deleted_ms IS NULL
                 ORDER BY m.message_id LIMIT ?4",
                )?;
                let found = query
                    .query_map((thread.as_str(), signed(from.0), actor.raw_id.as_str(), BATCH), |row| {
                        rows::number(row, 0).map(MessageId)
                    })?;
                let found: Vec<MessageId> = found.collect::<Result<_, _>>()?;
                let mut events = Vec::new();
                for id in &found {
                    let delete = Command::DeleteMessage(*id);
                    let (judged, place) = judge(c, &Rules::default(), &thread, &actor, delete)?;
                    // Whoever was removed meanwhile: what is left is taken out without the rules.
                    let (Ok(decision), Some(place)) = (judged, place) else { break };
                    changes::apply(c, &place, &decision)?;
                    events.extend(decision.events);
                }
                Ok((found.last().copied().filter(|_| found.len() == BATCH as usize), events))
            })
        })
        .await
    }
}

/// JSON of ours without how that person was called.
pub(crate) fn without_names(text: &str, raw_id: &str) -> Result<String, StoreError> {
    let failed = |error: serde_json::Error| StoreError::Database(error.to_string());
    let mut value: Value = serde_json::from_str(text).map_err(failed)?;
    strip(&mut value, raw_id);
    serde_json::to_string(&value).map_err(failed)
}

fn strip(value: &mut Value, raw_id: &str) {
    match value {
        Value::Object(fields) => {
            if fields.get("rawId").is_some_and(|id| id == raw_id) {
                fields.remove("displayName");
                fields.remove("metadata");
            }
            if fields.get("sender").is_some_and(|id| id == raw_id) {
                fields.remove("senderDisplayName");
                fields.remove("clientId");
            }
            fields.values_mut().for_each(|value| strip(value, raw_id));
        }
        Value::Array(values) => values.iter_mut().for_each(|value| strip(value, raw_id)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_that_persons_names_go() {
        let text = r#"{"by":{"rawId":"a","displayName":"Ada","metadata":{"k":"v"}},"message":{"sender":"a","senderDisplayName":"Ada","clientId":"1","id":2},"participants":[{"rawId":"b","displayName":"Ada"}]}"#;
        let left = r#"{"by":{"rawId":"a"},"message":{"id":2,"sender":"a"},"participants":[{"displayName":"Ada","rawId":"b"}]}"#;
        let (left, got): (Value, Value) = (
            serde_json::from_str(left).unwrap(),
            serde_json::from_str(&without_names(text, "a").unwrap()).unwrap(),
        );
        assert_eq!(got, left);
    }
}
