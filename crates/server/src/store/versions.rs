//! Token versions: a token carries its account's version (claim `tver`); revoking raises the account's,
//! and every token with a lower one is void. It is a time in milliseconds, so that an account removed
//! and added again does not revive its old tokens.

use super::{SqliteStore, StoreError, identities, members, push};
use crate::account::Account;
use crate::clock;
use rusqlite::{Connection, OptionalExtension};
use std::sync::Arc;

/// The version after `last`.
pub(super) fn next_version(last: i64) -> i64 {
    clock::now_ms().max(last + 1)
}

/// What a token of an account must agree with now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    /// The lowest version a token may carry.
    pub(crate) version: u64,
    /// The tenant of a staff member or directory reader.
    pub(crate) tenant_id: Option<String>,
}

impl SqliteStore {
    pub(super) async fn standing(&self, account: &Account) -> Result<Standing, StoreError> {
        let account = account.clone();
        self.read(move |c| {
            let (tenant_id, version) = match &account {
                Account::AppUser { resource_id, user_id } => {
                    (None, identities::living(c, resource_id, user_id)?)
                }
                Account::Staff { object_id } => {
                    let (member, version) = members::by_object(c, object_id)?;
                    (Some(member.tenant_id), version)
                }
                Account::DirectoryReader { app_id } => {
                    let (tenant, version) = reader(c, app_id)?;
                    (Some(tenant), version)
                }
            };
            Ok(Standing { version: u64::try_from(version).unwrap_or(0), tenant_id })
        })
        .await
    }

    pub(super) async fn create_directory_reader(&self, tenant_id: &str) -> Result<Account, StoreError> {
        let tenant = tenant_id.to_owned();
        self.write(move |c| {
            let app_id = crate::random::guid();
            c.prepare_cached("INSERT INTO directory_reader VALUES (?1, ?2, ?3, ?4)")?.execute((
                &tenant,
                &app_id,
                next_version(0),
                clock::now_ms(),
            ))?;
            Ok(Account::DirectoryReader { app_id })
        })
        .await
    }

    pub(super) async fn revoke_tenant_account(&self, account: &Account) -> Result<(), StoreError> {
        let account = account.clone();
        let standings = Arc::clone(&self.standings);
        self.write(move |c| {
            standings.touch();
            let (statement, tenant, id, last) = match &account {
                Account::Staff { object_id } => {
                    let (member, last) = members::by_object(c, object_id)?;
                    let statement =
                        "UPDATE member SET token_version = ?3 WHERE tenant_id = ?1 AND object_id = ?2";
                    (statement, member.tenant_id, object_id, last)
                }
                Account::DirectoryReader { app_id } => {
                    let (tenant, last) = reader(c, app_id)?;
                    let statement =
                        "UPDATE directory_reader SET token_version = ?3 WHERE tenant_id = ?1 AND app_id = ?2";
                    (statement, tenant, app_id, last)
                }
                Account::AppUser { user_id, .. } => return Err(StoreError::not_found("user", user_id)),
            };
            c.prepare_cached(statement)?.execute((&tenant, id, next_version(last)))?;
            push::forget(c, &tenant, &account.to_string())
        })
        .await
    }
}

/// The tenant of an account, when it is one's and there.
pub(super) fn tenant(connection: &Connection, account: &Account) -> Result<Option<String>, StoreError> {
    let found = match account {
        Account::AppUser { .. } => return Ok(None),
        Account::Staff { object_id } => {
            members::by_object(connection, object_id).map(|found| found.0.tenant_id)
        }
        Account::DirectoryReader { app_id } => reader(connection, app_id).map(|found| found.0),
    };
    match found {
        Ok(tenant) => Ok(Some(tenant)),
        Err(StoreError::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

fn reader(connection: &Connection, app_id: &str) -> Result<(String, i64), StoreError> {
    let mut query = connection
        .prepare_cached("SELECT tenant_id, token_version FROM directory_reader WHERE app_id = ?1")?;
    let row = query.query_row([app_id], |row| Ok((row.get(0)?, row.get(1)?)));
    row.optional()?.ok_or_else(|| StoreError::not_found("directory reader", app_id))
}
