//! A tenant's directory.

use super::error::is_taken;
use super::versions::next_version;
use super::{SqliteStore, StoreError, push, tenants};
use crate::account::Account;
use crate::directory::{NewUser, UserChange, UserMode, UserRecord};
use crate::{clock, random};
use rusqlite::{Connection, OptionalExtension, Row};
use std::sync::Arc;

/// How many users a page of the list holds.
const PAGE: u32 = 1000;
const COLUMNS: &str =
    "tenant_id, object_id, upn, display_name, mode, enable_acs_federation_access, token_version";

impl SqliteStore {
    pub(super) async fn add_user(&self, user: NewUser) -> Result<UserRecord, StoreError> {
        let object_id = match &user.object_id {
            None => random::guid(),
            Some(id) => random::parse_guid(id)
                .ok_or_else(|| StoreError::Invalid(format!("the object id `{id}` is not a GUID")))?,
        };
        self.write(move |c| {
            let tenant_id = tenants::find(c, &user.tenant)?.id;
            let record = UserRecord {
                raw_id: Account::Staff { object_id: object_id.clone() }.to_string(),
                tenant_id,
                object_id,
                user_principal_name: checked_upn(&user.user_principal_name)?,
                display_name: checked_display_name(&user.display_name)?,
                mode: user.mode,
                enable_acs_federation_access: user.enable_acs_federation_access,
            };
            c.prepare_cached("INSERT INTO member VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")?
                .execute((
                    &record.tenant_id,
                    &record.object_id,
                    &record.user_principal_name,
                    record.user_principal_name.to_lowercase(),
                    &record.display_name,
                    record.mode.as_str(),
                    record.enable_acs_federation_access,
                    next_version(0),
                    clock::now_ms(),
                ))
                .map_err(|e| taken(e, &record))?;
            Ok(record)
        })
        .await
    }

    pub(super) async fn list_users(
        &self,
        tenant_id: &str,
        after: Option<&str>,
    ) -> Result<Vec<UserRecord>, StoreError> {
        let (tenant, after) = (tenant_id.to_owned(), after.unwrap_or_default().to_owned());
        self.read(move |c| {
            let mut query = c.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM member WHERE tenant_id = ?1 AND object_id > ?2 ORDER BY object_id LIMIT {PAGE}"
            ))?;
            let rows = query.query_map([&tenant, &after], |row| Ok(member(row)?.0))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    pub(super) async fn user(&self, tenant_id: Option<&str>, user: &str) -> Result<UserRecord, StoreError> {
        let (tenant, user) = (tenant_id.map(str::to_owned), user.to_owned());
        self.read(move |c| find(c, tenant.as_deref(), &user)).await
    }

    pub(super) async fn set_user(
        &self,
        tenant_id: Option<&str>,
        user: &str,
        change: UserChange,
    ) -> Result<UserRecord, StoreError> {
        let (tenant, user) = (tenant_id.map(str::to_owned), user.to_owned());
        self.write(move |c| {
            let mut record = find(c, tenant.as_deref(), &user)?;
            if let Some(upn) = &change.user_principal_name {
                record.user_principal_name = checked_upn(upn)?;
            }
            if let Some(name) = &change.display_name {
                record.display_name = checked_display_name(name)?;
            }
            record.mode = change.mode.unwrap_or(record.mode);
            record.enable_acs_federation_access =
                change.enable_acs_federation_access.unwrap_or(record.enable_acs_federation_access);
            c.prepare_cached(
                "UPDATE member SET upn = ?3, upn_folded = ?4, display_name = ?5, mode = ?6,
                 enable_acs_federation_access = ?7 WHERE tenant_id = ?1 AND object_id = ?2",
            )?
            .execute((
                &record.tenant_id,
                &record.object_id,
                &record.user_principal_name,
                record.user_principal_name.to_lowercase(),
                &record.display_name,
                record.mode.as_str(),
                record.enable_acs_federation_access,
            ))
            .map_err(|e| taken(e, &record))?;
            if change.display_name.is_some() {
                rename_in_chats(c, &record)?;
            }
            Ok(record)
        })
        .await
    }

    pub(super) async fn remove_user(
        &self,
        tenant_id: Option<&str>,
        user: &str,
    ) -> Result<UserRecord, StoreError> {
        let (tenant, user) = (tenant_id.map(str::to_owned), user.to_owned());
        let standings = Arc::clone(&self.standings);
        self.write(move |c| {
            standings.touch();
            let record = find(c, tenant.as_deref(), &user)?;
            c.prepare_cached("DELETE FROM member WHERE tenant_id = ?1 AND object_id = ?2")?
                .execute([&record.tenant_id, &record.object_id])?;
            push::forget(c, &record.tenant_id, &record.raw_id)?;
            Ok(record)
        })
        .await
    }
}

/// Lists of participants show the directory's name; what was told and written before keeps the name of its time.
fn rename_in_chats(connection: &Connection, record: &UserRecord) -> Result<(), StoreError> {
    let name = record.card().display_name;
    connection
        .prepare_cached("UPDATE chat_participant SET display_name = ?2 WHERE raw_id = ?1")?
        .execute((&record.raw_id, name))?;
    Ok(())
}

/// The member of an object id, and its token version.
pub(super) fn by_object(connection: &Connection, object_id: &str) -> Result<(UserRecord, i64), StoreError> {
    let mut query =
        connection.prepare_cached(&format!("SELECT {COLUMNS} FROM member WHERE object_id = ?1"))?;
    query.query_row([object_id], member).optional()?.ok_or_else(|| StoreError::not_found("user", object_id))
}

pub(super) fn find(
    connection: &Connection,
    tenant_id: Option<&str>,
    user: &str,
) -> Result<UserRecord, StoreError> {
    let object_id = match Account::of(user) {
        Some(Account::Staff { object_id }) => Some(object_id),
        _ => random::parse_guid(user),
    };
    let mut query = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM member WHERE (object_id = ?1 OR upn_folded = ?2) AND tenant_id = coalesce(?3, tenant_id) LIMIT 2"
    ))?;
    let rows = query.query_map((object_id, user.to_lowercase(), tenant_id), |row| Ok(member(row)?.0))?;
    let mut found = rows.collect::<Result<Vec<_>, _>>()?;
    match (found.pop(), found.pop()) {
        (Some(record), None) => Ok(record),
        (None, _) => Err(StoreError::not_found("user", user)),
        (Some(_), Some(_)) => {
            Err(StoreError::Invalid(format!("several tenants have a user `{user}`: say which tenant")))
        }
    }
}

fn member(row: &Row<'_>) -> rusqlite::Result<(UserRecord, i64)> {
    let object_id: String = row.get(1)?;
    let record = UserRecord {
        tenant_id: row.get(0)?,
        raw_id: Account::Staff { object_id: object_id.clone() }.to_string(),
        object_id,
        user_principal_name: row.get(2)?,
        display_name: row.get(3)?,
        // A word of a newer version is read as a mode that calls do not reach.
        mode: row.get::<_, String>(4)?.parse().unwrap_or(UserMode::Islands),
        enable_acs_federation_access: row.get(5)?,
    };
    Ok((record, row.get(6)?))
}

fn taken(error: rusqlite::Error, record: &UserRecord) -> StoreError {
    match is_taken(&error) {
        true => StoreError::Invalid(format!(
            "the object id {} or the user principal name {} is taken already",
            record.object_id, record.user_principal_name
        )),
        false => error.into(),
    }
}

/// `name@domain`, 3 to 256 characters, without what would break a URL's path or a log line.
fn checked_upn(upn: &str) -> Result<String, StoreError> {
    let upn = upn.trim();
    let parts = upn.split_once('@').is_some_and(|(name, domain)| !name.is_empty() && !domain.is_empty());
    let clean = !upn.chars().any(|c| c.is_control() || c.is_whitespace() || c == '/');
    match parts && clean && upn.chars().count() <= 256 {
        true => Ok(upn.to_owned()),
        false => Err(StoreError::Invalid(format!(
            "`{}` is not a user principal name: write name@domain, without spaces or slashes",
            upn.escape_debug()
        ))),
    }
}

fn checked_display_name(name: &str) -> Result<String, StoreError> {
    let name = name.trim();
    match !name.is_empty() && name.chars().count() <= 256 && !name.chars().any(char::is_control) {
        true => Ok(name.to_owned()),
        false => Err(StoreError::Invalid(
            "a display name has 1 to 256 characters and no control characters".to_owned(),
        )),
    }
}
