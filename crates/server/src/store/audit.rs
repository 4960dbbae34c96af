//! The audit log: who tried what, and what became of it. It knows what callers are not told.

use super::{Store, StoreError};
use crate::admin::AuditEntry;
use crate::{clock, random};
use rusqlite::{Connection, Row};

/// A line to be written, under the tenant it concerns, or the resource when it concerns no tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NewAudit {
    pub(crate) owner_id: String,
    pub(crate) action: &'static str,
    pub(crate) outcome: &'static str,
    pub(crate) reason: &'static str,
    pub(crate) actor: String,
    pub(crate) target: String,
}

impl Store {
    /// Writes a line.
    pub(crate) async fn append_audit(&self, entry: NewAudit) -> Result<(), StoreError> {
        self.write(move |c| append(c, &entry)).await
    }

    /// The newest lines of an owner (id), or of all, newest first.
    pub(crate) async fn audit(
        &self,
        owner_id: Option<&str>,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, StoreError> {
        let owner = owner_id.map(str::to_owned);
        self.read(move |c| {
            let filter = if owner.is_some() { "WHERE owner_id = ?1" } else { "WHERE ?1 IS NULL" };
            let mut query = c.prepare_cached(&format!(
                "SELECT owner_id, at_ms, action, outcome, reason, actor, target FROM audit {filter}
                 ORDER BY at_ms DESC LIMIT ?2"
            ))?;
            let rows = query.query_map((owner, limit), entry)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// Drops audit lines and ended calls older than the given times (milliseconds since 1970).
    pub(crate) async fn prune(&self, audit_before_ms: i64, calls_before_ms: i64) -> Result<(), StoreError> {
        self.write(move |c| {
            c.prepare_cached("DELETE FROM audit WHERE at_ms < ?1")?.execute([audit_before_ms])?;
            c.prepare_cached("DELETE FROM call WHERE live = 0 AND updated_ms < ?1")?
                .execute([calls_before_ms])?;
            Ok(())
        })
        .await
    }
}

pub(super) fn append(connection: &Connection, entry: &NewAudit) -> Result<(), StoreError> {
    connection.prepare_cached("INSERT INTO audit VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?.execute((
        &entry.owner_id,
        clock::now_ms(),
        random::bytes::<8>(),
        entry.action,
        entry.outcome,
        entry.reason,
        &entry.actor,
        &entry.target,
    ))?;
    Ok(())
}

fn entry(row: &Row<'_>) -> rusqlite::Result<AuditEntry> {
    Ok(AuditEntry {
        owner_id: row.get(0)?,
        at: clock::text_of_ms(row.get(1)?),
        action: row.get(2)?,
        outcome: row.get(3)?,
        reason: row.get(4)?,
        actor: row.get(5)?,
        target: row.get(6)?,
    })
}
