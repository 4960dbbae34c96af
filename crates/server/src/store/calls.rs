//! The switchboard's records of calls, so that it can be restored.

use super::audit::{NewAudit, append};
use super::{Store, StoreError};
use crate::clock;

/// A call's record, as the switchboard wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoredCall {
    /// The caller's resource or tenant.
    pub(crate) owner_id: String,
    /// 32 hexadecimal digits.
    pub(crate) call_id: String,
    /// JSON.
    pub(crate) record: String,
    /// Whether the call goes on.
    pub(crate) live: bool,
}

impl Store {
    /// Keeps the given records and audit lines, all or none.
    pub(crate) async fn commit_calls(
        &self,
        calls: Vec<StoredCall>,
        audit: Vec<NewAudit>,
    ) -> Result<(), StoreError> {
        self.write(move |c| {
            let mut put = c.prepare_cached(
                "INSERT INTO call VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE
                 SET record = excluded.record, live = excluded.live, updated_ms = excluded.updated_ms",
            )?;
            for call in &calls {
                put.execute((&call.owner_id, &call.call_id, &call.record, call.live, clock::now_ms()))?;
            }
            audit.iter().try_for_each(|entry| append(c, entry))
        })
        .await
    }

    /// The records of the calls that go on.
    pub(crate) async fn live_calls(&self) -> Result<Vec<StoredCall>, StoreError> {
        self.read(|c| {
            let mut query = c.prepare_cached("SELECT owner_id, call_id, record FROM call WHERE live = 1")?;
            let rows = query.query_map([], |row| {
                Ok(StoredCall {
                    owner_id: row.get(0)?,
                    call_id: row.get(1)?,
                    record: row.get(2)?,
                    live: true,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }
}
