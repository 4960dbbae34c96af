//! Facts about the service as a whole.

use super::{SqliteStore, StoreError};
use rusqlite::{Connection, OptionalExtension};

const ENDPOINT: &str = "endpoint";
const DEFAULT_RESOURCE: &str = "default-resource";

impl SqliteStore {
    pub(super) async fn set_endpoint(&self, url: &str) -> Result<(), StoreError> {
        let url = url.to_owned();
        self.write(move |c| set(c, ENDPOINT, &url)).await
    }

    pub(super) async fn endpoint(&self) -> Result<Option<String>, StoreError> {
        self.read(|c| get(c, ENDPOINT)).await
    }
}

pub(super) fn default_resource(connection: &Connection) -> Result<Option<String>, StoreError> {
    get(connection, DEFAULT_RESOURCE)
}

pub(super) fn set_default_resource(connection: &Connection, id: &str) -> Result<(), StoreError> {
    set(connection, DEFAULT_RESOURCE, id)
}

fn get(connection: &Connection, name: &str) -> Result<Option<String>, StoreError> {
    let mut query = connection.prepare_cached("SELECT value FROM setting WHERE name = ?1")?;
    Ok(query.query_row([name], |row| row.get(0)).optional()?)
}

fn set(connection: &Connection, name: &str, value: &str) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO setting VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = excluded.value",
        )?
        .execute([name, value])?;
    Ok(())
}
