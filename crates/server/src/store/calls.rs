//! The switchboard's records of calls, so that it can be restored.

use super::audit::{NewAudit, append};
use super::{SqliteStore, StoreError, push, versions};
use crate::account::Account;
use crate::clock;
use rusqlite::Connection;

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

/// How a device is to be woken from now on; `None`: not at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PushChange {
    pub(crate) account: Account,
    pub(crate) device: String,
    /// Provider and address.
    pub(crate) push: Option<(String, String)>,
}

/// What the switchboard wants written, all or none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SwitchboardWrites {
    pub(crate) calls: Vec<StoredCall>,
    pub(crate) audit: Vec<NewAudit>,
    pub(crate) push: Vec<PushChange>,
}

impl SwitchboardWrites {
    pub(crate) fn is_empty(&self) -> bool {
        self.calls.is_empty() && self.audit.is_empty() && self.push.is_empty()
    }
}

impl SqliteStore {
    pub(super) async fn commit(&self, writes: SwitchboardWrites) -> Result<(), StoreError> {
        self.write(move |c| {
            let mut put = c.prepare_cached(
                "INSERT INTO call VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE
                 SET record = excluded.record, live = excluded.live, updated_ms = excluded.updated_ms",
            )?;
            for call in &writes.calls {
                put.execute((&call.owner_id, &call.call_id, &call.record, call.live, clock::now_ms()))?;
            }
            writes.audit.iter().try_for_each(|entry| append(c, entry))?;
            writes.push.iter().try_for_each(|change| push::set(c, change))
        })
        .await
    }

    pub(super) async fn owner_of(&self, account: &Account) -> Result<Option<String>, StoreError> {
        let account = account.clone();
        self.read(move |c| owner(c, &account)).await
    }

    pub(super) async fn live_calls(&self) -> Result<Vec<StoredCall>, StoreError> {
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

pub(super) fn owner(connection: &Connection, account: &Account) -> Result<Option<String>, StoreError> {
    match account {
        Account::AppUser { resource_id, .. } => Ok(Some(resource_id.clone())),
        _ => versions::tenant(connection, account),
    }
}
