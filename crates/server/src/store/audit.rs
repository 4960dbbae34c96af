//! The audit log: who tried what, and what became of it. It knows what callers are not told.

use super::{SqliteStore, StoreError, versions};
use crate::account::Account;
use crate::admin::AuditEntry;
use crate::{clock, random};
use rusqlite::{Connection, Row};
use std::borrow::Cow;

/// Whose line it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    /// That tenant's or resource's.
    Id(String),
    /// The tenant of the target, else the tenant or resource of the actor: the first that there is.
    Parties,
}

/// A line to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NewAudit {
    pub(crate) owner: Owner,
    pub(crate) action: &'static str,
    pub(crate) outcome: &'static str,
    pub(crate) reason: Cow<'static, str>,
    pub(crate) actor: String,
    pub(crate) target: String,
    pub(crate) call: Option<String>,
}

impl SqliteStore {
    pub(super) async fn audit(
        &self,
        owner_id: Option<&str>,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, StoreError> {
        let owner = owner_id.map(str::to_owned);
        self.read(move |c| {
            let filter = if owner.is_some() { "WHERE owner_id = ?1" } else { "WHERE ?1 IS NULL" };
            let mut query = c.prepare_cached(&format!(
                "SELECT owner_id, at_ms, action, outcome, reason, actor, target, call_id FROM audit {filter}
                 ORDER BY at_ms DESC, entry_id DESC LIMIT ?2"
            ))?;
            let rows = query.query_map((owner, limit), entry)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    pub(super) async fn prune(&self, audit_before_ms: i64, calls_before_ms: i64) -> Result<(), StoreError> {
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
    let owner = match &entry.owner {
        Owner::Id(id) => id.clone(),
        Owner::Parties => owner_of_parties(connection, &entry.actor, &entry.target)?,
    };
    // Grows with time, so that lines of the same millisecond keep their order; the rest makes it unique.
    let now = clock::now_ns();
    let entry_id = [&now.to_be_bytes()[..], &random::bytes::<4>()].concat();
    connection.prepare_cached("INSERT INTO audit VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")?.execute((
        owner,
        i64::try_from(now / 1_000_000).unwrap_or(i64::MAX),
        entry_id,
        entry.action,
        entry.outcome,
        &entry.reason,
        &entry.actor,
        &entry.target,
        &entry.call,
    ))?;
    Ok(())
}

/// A tenant sees what is tried on its people; what concerns no tenant is the resource's.
fn owner_of_parties(connection: &Connection, actor: &str, target: &str) -> Result<String, StoreError> {
    let (actor, target) = (Account::of(actor), Account::of(target));
    for account in [&target, &actor].into_iter().flatten() {
        if let Some(tenant) = versions::tenant(connection, account)? {
            return Ok(tenant);
        }
    }
    match actor {
        Some(Account::AppUser { resource_id, .. }) => Ok(resource_id),
        _ => Ok(String::new()),
    }
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
        call: row.get(7)?,
    })
}
