//! The tables, and opening the file they are in.

use crate::ServerError;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::time::Duration;

/// "LiAi": marks the file as ours (`PRAGMA application_id`).
const APPLICATION_ID: i64 = 0x4c69_4169;

/// The version this program writes. Each step of [`STEPS`] leads to the next.
pub(crate) const VERSION: i64 = STEPS.len() as i64;

/// Step k brings version k to version k + 1. A released step never changes.
const STEPS: [&str; 4] = [
    include_str!("schema_v1.sql"),
    include_str!("schema_v2.sql"),
    include_str!("schema_v3.sql"),
    include_str!("schema_v4.sql"),
];

/// Above this size the whole-file check at the start is left out; it would take minutes.
const CHECK_UP_TO_BYTES: u64 = 256 << 20;

/// Opens the database for the one writer, checks it, and brings it to the current version.
pub(crate) fn open_writer(path: &Path) -> Result<Connection, ServerError> {
    crate::folder::touch_secret(path)?;
    let mut connection = connect(path).map_err(|e| classify(path, &e))?;
    let version = check(&connection, path)?;
    prepare(&mut connection, version).map_err(|e| classify(path, &e))?;
    Ok(connection)
}

/// Opens a further connection that only reads.
pub(crate) fn open_reader(path: &Path) -> Result<Connection, ServerError> {
    let connection = connect(path).map_err(|e| classify(path, &e))?;
    connection.pragma_update(None, "query_only", true).map_err(|e| classify(path, &e))?;
    Ok(connection)
}

pub(super) fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.set_prepared_statement_cache_capacity(128);
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    Ok(connection)
}

/// The schema version, once the file is known to be ours, whole and not from the future.
fn check(connection: &Connection, path: &Path) -> Result<i64, ServerError> {
    let read = |name: &str| {
        connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).map_err(|e| classify(path, &e))
    };
    let (application, version, pages) = (read("application_id")?, read("user_version")?, read("page_count")?);
    if pages == 0 {
        return Ok(0);
    }
    if application != APPLICATION_ID {
        return Err(corrupt(path, "it belongs to another program"));
    }
    if version > VERSION {
        return Err(ServerError::NewerDatabase { path: path.to_owned(), found: version, known: VERSION });
    }
    if std::fs::metadata(path).is_ok_and(|m| m.len() <= CHECK_UP_TO_BYTES) {
        let verdict: String = connection
            .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
            .map_err(|e| classify(path, &e))?;
        if verdict != "ok" {
            return Err(corrupt(path, &verdict));
        }
    }
    Ok(version)
}

fn prepare(connection: &mut Connection, version: i64) -> rusqlite::Result<()> {
    // FULL: an acknowledged write survives a power cut; group commit makes it affordable.
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    // Hot pages are written into the log by many transactions and into the file once: the more the log takes
    // before it is written back, the fewer times. 32 MiB; it is read at a start after a crash.
    connection.pragma_update_and_check(None, "wal_autocheckpoint", 8192, |_| Ok(()))?;
    // 16 MiB.
    connection.pragma_update(None, "cache_size", -16_384)?;
    // What was deleted is overwritten where that writes no further page.
    connection.pragma_update_and_check(None, "secure_delete", "FAST", |_| Ok(()))?;
    // What a use case may have to undo.
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    let transaction = connection.transaction()?;
    for step in STEPS.iter().skip(usize::try_from(version).unwrap_or(0)) {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()
}

fn classify(path: &Path, error: &rusqlite::Error) -> ServerError {
    use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
    match error.sqlite_error_code() {
        Some(NotADatabase | DatabaseCorrupt) => corrupt(path, &error.to_string()),
        _ => ServerError::Store(format!("cannot open {}: {error}", path.display())),
    }
}

fn corrupt(path: &Path, detail: &str) -> ServerError {
    ServerError::CorruptDatabase { path: path.to_owned(), detail: detail.to_owned() }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn every_older_version_is_brought_up_and_keeps_what_it_has() {
        for old in 1..VERSION {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("old.db");
            let file = Connection::open(&path).unwrap();
            for step in STEPS.iter().take(usize::try_from(old).unwrap()) {
                file.execute_batch(step).unwrap();
            }
            file.execute("INSERT INTO setting VALUES ('endpoint', 'https://x')", []).unwrap();
            file.pragma_update(None, "application_id", APPLICATION_ID).unwrap();
            file.pragma_update(None, "user_version", old).unwrap();
            drop(file);
            for _ in 0..2 {
                let opened = open_writer(&path).unwrap();
                let read = |sql: &str| opened.query_row(sql, [], |row| row.get::<_, String>(0)).unwrap();
                assert_eq!(read("SELECT value FROM setting"), "https://x");
                assert_eq!(read("SELECT count(*) || '' FROM chat_thread"), "0");
                assert_eq!(opened.pragma_query_value(None, "user_version", |row| row.get(0)), Ok(VERSION));
            }
        }
    }
}
