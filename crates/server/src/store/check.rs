//! The database file as a whole: copying it while it is used, and checking what it holds.

use super::schema;
use crate::attachments::{ContentHash, hash_file, place};
use rusqlite::Connection;
use std::path::Path;

/// The schema version that this program writes.
pub(crate) fn schema_version() -> i64 {
    schema::VERSION
}

/// Copies a database, which may be in use, as it is at one moment. Blocks.
pub(crate) fn copy_database(from: &Path, to: &Path) -> Result<(), String> {
    let text = |error: &dyn std::fmt::Display| error.to_string();
    // An empty file is taken; this one has the right mode.
    crate::folder::touch_secret(to).map_err(|error| text(&error))?;
    let connection = schema::connect(from).map_err(|error| text(&error))?;
    let target = to.to_str().ok_or("the path is not UTF-8")?;
    connection.execute("VACUUM INTO ?1", [target]).map_err(|error| text(&error))?;
    // SQLite does not wait for the disk here.
    std::fs::File::open(to).and_then(|file| file.sync_all()).map_err(|error| text(&error))
}

/// What was found in a database.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) threads: u64,
    pub(crate) messages: u64,
    /// Files of chats, each content once.
    pub(crate) files: u64,
    /// What should not be, in words.
    pub(crate) problems: Vec<String>,
}

/// What must hold in every chat that is not deleted: its name is returned when it does not.
const CHATS: [(&str, &str); 3] = [
    (
        "the log of events has a gap",
        "SELECT t.thread_id FROM chat_thread t JOIN
         (SELECT owner_id, thread_id, count(*) n, min(sequence) first, max(sequence) last
          FROM chat_event GROUP BY owner_id, thread_id) e USING (owner_id, thread_id)
         WHERE t.deleted_ms IS NULL AND (e.first <> 1 OR e.n <> e.last OR e.last <> t.event)",
    ),
    (
        "the numbers of messages have a gap",
        "SELECT t.thread_id FROM chat_thread t JOIN
         (SELECT owner_id, thread_id, count(*) n, min(sequence_id) first, max(sequence_id) last
          FROM chat_message GROUP BY owner_id, thread_id) m USING (owner_id, thread_id)
         WHERE t.deleted_ms IS NULL AND (m.n <> m.last - m.first + 1 OR m.last <> t.messages)",
    ),
    (
        "the number of participants is wrong",
        "SELECT t.thread_id FROM chat_thread t LEFT JOIN
         (SELECT owner_id, thread_id, count(*) n FROM chat_participant WHERE removed_ms IS NULL
          GROUP BY owner_id, thread_id) p USING (owner_id, thread_id)
         WHERE t.deleted_ms IS NULL AND coalesce(p.n, 0) <> t.app_users + t.staff",
    ),
];

/// How many problems of a kind are named.
const NAMED: usize = 20;

/// Reads the whole database, which may be in use, and the files that it names. Blocks for as long as that takes.
pub(crate) fn check_database(path: &Path, files: &Path) -> Result<Found, String> {
    let connection = schema::open_reader(path).map_err(|error| error.to_string())?;
    let mut found = read(&connection).map_err(|error| error.to_string())?;
    let named = lines_of(&connection, FILES).map_err(|error| error.to_string())?;
    found.files = named.len() as u64;
    let problems = named.iter().filter_map(|hash| damage(files, hash));
    found.problems.extend(problems.take(NAMED));
    Ok(found)
}

/// The contents that rows name.
const FILES: &str = "SELECT sha256 FROM chat_attachment
     UNION SELECT preview_sha256 FROM chat_attachment WHERE preview_sha256 IS NOT NULL";

/// What is wrong with a file.
fn damage(files: &Path, hash: &str) -> Option<String> {
    let Ok(expected) = hash.parse::<ContentHash>() else { return Some(format!("file {hash}: no hash")) };
    match hash_file(&place(files, expected)) {
        Ok((_, found)) if found == expected => None,
        Ok(_) => Some(format!("file {hash}: it is not what it was")),
        Err(error) => Some(format!("file {hash}: {error}")),
    }
}

fn read(c: &Connection) -> rusqlite::Result<Found> {
    // All of one moment.
    let moment = c.unchecked_transaction()?;
    let count = |sql| c.query_row(sql, [], |row| row.get::<_, i64>(0)).map(i64::unsigned_abs);
    let mut found = Found {
        threads: count("SELECT count(*) FROM chat_thread WHERE deleted_ms IS NULL")?,
        messages: count("SELECT count(*) FROM chat_message")?,
        files: 0,
        problems: Vec::new(),
    };
    for line in lines(c, "PRAGMA integrity_check(20)")? {
        if line != "ok" {
            found.problems.push(format!("the file is damaged: {line}"));
        }
    }
    for table in lines(c, "PRAGMA foreign_key_check")? {
        found.problems.push(format!("a row of {table} names what is not there"));
    }
    for (what, sql) in CHATS {
        found.problems.extend(lines(c, sql)?.into_iter().map(|thread| format!("thread {thread}: {what}")));
    }
    moment.finish()?;
    Ok(found)
}

fn lines(c: &Connection, sql: &str) -> rusqlite::Result<Vec<String>> {
    let mut query = c.prepare(sql)?;
    let rows = query.query_map([], |row| row.get(0))?;
    rows.take(NAMED).collect()
}

fn lines_of(c: &Connection, sql: &str) -> rusqlite::Result<Vec<String>> {
    let mut query = c.prepare(sql)?;
    let rows = query.query_map([], |row| row.get(0))?;
    rows.collect()
}
