//! App identities of a resource.

use super::versions::next_version;
use super::{SqliteStore, StoreError, push};
use crate::account::Account;
use crate::{clock, random};
use rusqlite::{Connection, OptionalExtension};
use std::sync::Arc;

/// What is known of one identity.
struct Stone {
    token_version: i64,
    deleted: bool,
}

impl SqliteStore {
    pub(super) async fn create_identity(&self, resource_id: &str) -> Result<Account, StoreError> {
        let resource_id = resource_id.to_owned();
        self.write(move |c| {
            let user_id = random::guid();
            c.prepare_cached("INSERT INTO identity VALUES (?1, ?2, ?3, ?4, NULL)")?.execute((
                &resource_id,
                &user_id,
                next_version(0),
                clock::now_ms(),
            ))?;
            Ok(Account::AppUser { resource_id, user_id })
        })
        .await
    }

    pub(super) async fn delete_identity(&self, resource_id: &str, user_id: &str) -> Result<(), StoreError> {
        let (resource, user) = (resource_id.to_owned(), user_id.to_owned());
        let standings = Arc::clone(&self.standings);
        self.write(move |c| {
            standings.touch();
            let stone =
                stone(c, &resource, &user)?.ok_or_else(|| StoreError::not_found("identity", &user))?;
            if !stone.deleted {
                c.prepare_cached(
                    "UPDATE identity SET deleted_ms = ?3, token_version = ?4
                     WHERE resource_id = ?1 AND user_id = ?2",
                )?
                .execute((
                    &resource,
                    &user,
                    clock::now_ms(),
                    next_version(stone.token_version),
                ))?;
            }
            forget_devices(c, &resource, &user)
        })
        .await
    }

    pub(super) async fn revoke_identity(&self, resource_id: &str, user_id: &str) -> Result<(), StoreError> {
        let (resource, user) = (resource_id.to_owned(), user_id.to_owned());
        let standings = Arc::clone(&self.standings);
        self.write(move |c| {
            standings.touch();
            let version = next_version(living(c, &resource, &user)?);
            c.prepare_cached(
                "UPDATE identity SET token_version = ?3 WHERE resource_id = ?1 AND user_id = ?2",
            )?
            .execute((&resource, &user, version))?;
            forget_devices(c, &resource, &user)
        })
        .await
    }
}

/// Who may not sign in may not be woken either.
fn forget_devices(connection: &Connection, resource: &str, user: &str) -> Result<(), StoreError> {
    let account = Account::AppUser { resource_id: resource.to_owned(), user_id: user.to_owned() };
    push::forget(connection, resource, &account.to_string())
}

fn stone(connection: &Connection, resource: &str, user: &str) -> Result<Option<Stone>, StoreError> {
    let mut query = connection.prepare_cached(
        "SELECT token_version, deleted_ms IS NOT NULL FROM identity WHERE resource_id = ?1 AND user_id = ?2",
    )?;
    let row = query
        .query_row([resource, user], |row| Ok(Stone { token_version: row.get(0)?, deleted: row.get(1)? }));
    Ok(row.optional()?)
}

/// The token version of an identity that is there and not deleted.
pub(super) fn living(connection: &Connection, resource: &str, user: &str) -> Result<i64, StoreError> {
    match stone(connection, resource, user)? {
        Some(Stone { token_version, deleted: false }) => Ok(token_version),
        _ => Err(StoreError::not_found("identity", user)),
    }
}
