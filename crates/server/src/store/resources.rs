//! Resources and their keys.

use super::error::is_taken;
use super::settings::{default_resource, set_default_resource};
use super::{SqliteStore, StoreError};
use crate::directory::{KeyKind, ResourceSummary};
use crate::{clock, random};
use rusqlite::{Connection, OptionalExtension, Row};

/// The two access keys of a resource, base64.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct AccessKeys {
    pub(crate) resource_id: String,
    pub(crate) primary: String,
    pub(crate) secondary: String,
}

impl SqliteStore {
    pub(super) async fn create_resource(&self, name: &str) -> Result<ResourceSummary, StoreError> {
        let name = checked_name(name)?;
        self.write(move |c| create(c, &name)).await
    }

    pub(super) async fn ensure_default_resource(&self) -> Result<AccessKeys, StoreError> {
        self.write(|c| {
            let id = match default_resource(c)? {
                Some(id) => id,
                None => {
                    let id = match find(c, "default")? {
                        Some(resource) => resource.id,
                        None => create(c, "default")?.id,
                    };
                    set_default_resource(c, &id)?;
                    id
                }
            };
            keys(c, &id)
        })
        .await
    }

    pub(super) async fn list_resources(&self) -> Result<Vec<ResourceSummary>, StoreError> {
        self.read(|c| {
            let mut query =
                c.prepare_cached("SELECT resource_id, name, created_ms FROM resource ORDER BY resource_id")?;
            let rows = query.query_map([], summary)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    pub(super) async fn resource(&self, id_or_name: Option<&str>) -> Result<ResourceSummary, StoreError> {
        let wanted = id_or_name.map(str::to_owned);
        self.read(move |c| {
            let wanted = match wanted {
                Some(wanted) => wanted,
                None => default_resource(c)?.ok_or_else(|| StoreError::not_found("resource", "default"))?,
            };
            find(c, &wanted)?.ok_or_else(|| StoreError::not_found("resource", &wanted))
        })
        .await
    }

    pub(super) async fn resource_keys(&self, resource_id: &str) -> Result<AccessKeys, StoreError> {
        let id = resource_id.to_owned();
        self.read(move |c| keys(c, &id)).await
    }

    pub(super) async fn all_keys(&self) -> Result<Vec<AccessKeys>, StoreError> {
        self.read(|c| {
            let mut query =
                c.prepare_cached("SELECT resource_id, primary_key, secondary_key FROM resource")?;
            let rows = query.query_map([], access_keys)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    pub(super) async fn regenerate_key(
        &self,
        resource_id: &str,
        key: KeyKind,
    ) -> Result<AccessKeys, StoreError> {
        let id = resource_id.to_owned();
        self.write(move |c| {
            let statement = match key {
                KeyKind::Primary => "UPDATE resource SET primary_key = ?2 WHERE resource_id = ?1",
                KeyKind::Secondary => "UPDATE resource SET secondary_key = ?2 WHERE resource_id = ?1",
            };
            c.prepare_cached(statement)?.execute([&id, &random::access_key()])?;
            keys(c, &id)
        })
        .await
    }
}

/// A name of 1 to 128 characters without control characters and not of a GUID's shape, which would
/// hide the resource or tenant of that id.
pub(super) fn checked_name(name: &str) -> Result<String, StoreError> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 128 || name.chars().any(char::is_control) {
        return Err(StoreError::Invalid(
            "a name has 1 to 128 characters and no control characters".to_owned(),
        ));
    }
    if random::parse_guid(name).is_some() {
        return Err(StoreError::Invalid(format!("`{name}` looks like an id: give it a name for people")));
    }
    Ok(name.to_owned())
}

fn create(connection: &Connection, name: &str) -> Result<ResourceSummary, StoreError> {
    let id = random::guid();
    let now = clock::now_ms();
    connection
        .prepare_cached("INSERT INTO resource VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute((&id, name, random::access_key(), random::access_key(), now))
        .map_err(|e| match is_taken(&e) {
            true => StoreError::Invalid(format!("there is a resource `{name}` already: choose another name")),
            false => e.into(),
        })?;
    Ok(ResourceSummary { id, name: name.to_owned(), created_on: clock::text_of_ms(now) })
}

pub(super) fn find(connection: &Connection, id_or_name: &str) -> Result<Option<ResourceSummary>, StoreError> {
    let mut query = connection.prepare_cached(
        "SELECT resource_id, name, created_ms FROM resource WHERE resource_id = lower(?1) OR name = ?1",
    )?;
    Ok(query.query_row([id_or_name], summary).optional()?)
}

fn keys(connection: &Connection, id: &str) -> Result<AccessKeys, StoreError> {
    let mut query = connection.prepare_cached(
        "SELECT resource_id, primary_key, secondary_key FROM resource WHERE resource_id = ?1",
    )?;
    query.query_row([id], access_keys).optional()?.ok_or_else(|| StoreError::not_found("resource", id))
}

fn summary(row: &Row<'_>) -> rusqlite::Result<ResourceSummary> {
    Ok(ResourceSummary { id: row.get(0)?, name: row.get(1)?, created_on: clock::text_of_ms(row.get(2)?) })
}

fn access_keys(row: &Row<'_>) -> rusqlite::Result<AccessKeys> {
    Ok(AccessKeys { resource_id: row.get(0)?, primary: row.get(1)?, secondary: row.get(2)? })
}
