//! The file: one table of named values for each user, in SQLite.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use liaison_chat::outbox::Record;
use liaison_chat::sync::Cursor;
use rusqlite::{Connection, OptionalExtension, params};
use serde::de::DeserializeOwned;

use super::seal::Seal;
use super::{Change, ChatStoreError, Kept};

const DATABASE: &str = "liaison-chat.sqlite3";
const LOCK: &str = "liaison-chat.lock";
/// What this version writes.
const VERSION: i64 = 1;
/// Sealed in the file, to know the key again.
const CHECK: &[u8] = b"liaison chat";

const SCHEMA: &str = "
    CREATE TABLE key_check (id INTEGER PRIMARY KEY CHECK (id = 1), value BLOB NOT NULL) STRICT;
    CREATE TABLE kept (
        user BLOB NOT NULL,
        kind INTEGER NOT NULL,
        name BLOB NOT NULL,
        value BLOB NOT NULL,
        PRIMARY KEY (user, kind, name)
    ) STRICT, WITHOUT ROWID;
    PRAGMA user_version = 1;";

/// What a value is.
#[derive(Clone, Copy)]
enum Kind {
    Started = 1,
    Cursor = 2,
    Record = 3,
}

pub(super) struct File {
    database: Connection,
    seal: Seal,
    /// Held for as long as this lives, and by the system's doing no longer.
    _lock: fs::File,
}

impl From<rusqlite::Error> for ChatStoreError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error.to_string())
    }
}

impl File {
    pub(super) fn open(folder: &Path, key: Option<&[u8; 32]>) -> Result<Self, ChatStoreError> {
        let lock = private(&folder.join(LOCK))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => return Err(ChatStoreError::InUse(folder.to_owned())),
            Err(fs::TryLockError::Error(source)) => return Err(failed(&folder.join(LOCK))(source)),
        }
        let path = folder.join(DATABASE);
        // Made here and not by SQLite: for nobody else to read.
        private(&path)?;
        let mut database = Connection::open(&path)?;
        // What is on disk is really there; what was deleted is gone; nobody else opens it.
        database.execute_batch(
            "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
             PRAGMA secure_delete = ON;",
        )?;
        let seal = Seal::new(key);
        let known = |database: &Connection| database.query_row("PRAGMA user_version", [], |row| row.get(0));
        match known(&database)? {
            0 => {
                let check = sealed(&seal, CHECK, CHECK.to_vec())?;
                let change = database.transaction()?;
                change.execute_batch(SCHEMA)?;
                change.execute("INSERT INTO key_check VALUES (1, ?)", params![check])?;
                change.commit()?;
            }
            VERSION => {}
            _ => return Err(ChatStoreError::Newer(path)),
        }
        let check: Option<Vec<u8>> =
            database.query_row("SELECT value FROM key_check", [], |row| row.get(0)).optional()?;
        if check.and_then(|check| seal.open(CHECK, check)).as_deref() != Some(CHECK) {
            return Err(ChatStoreError::Key(path));
        }
        Ok(Self { database, seal, _lock: lock })
    }

    /// All of it, or nothing.
    pub(super) fn write(&mut self, changes: &[(String, Change)]) -> Result<(), ChatStoreError> {
        let transaction = self.database.transaction()?;
        {
            let mut put = transaction.prepare_cached("INSERT OR REPLACE INTO kept VALUES (?, ?, ?, ?)")?;
            let mut delete =
                transaction.prepare_cached("DELETE FROM kept WHERE user = ? AND kind = ? AND name = ?")?;
            for (user, change) in changes {
                let (kind, name, value) = parts(change)?;
                let (user, name) = (self.seal.name(user), self.seal.name(&name));
                match value {
                    Some(value) => {
                        let value = sealed(&self.seal, &place(&user, kind as u8, &name), value)?;
                        put.execute(params![user, kind as i64, name, value])?
                    }
                    None => delete.execute(params![user, kind as i64, name])?,
                };
            }
        }
        Ok(transaction.commit()?)
    }

    pub(super) fn load(&mut self, user: &str) -> Result<Kept, ChatStoreError> {
        let user = self.seal.name(user);
        let mut rows = self.database.prepare_cached("SELECT kind, name, value FROM kept WHERE user = ?")?;
        let mut rows = rows.query(params![user])?;
        let mut kept = Kept::default();
        while let Some(row) = rows.next()? {
            let (kind, name, value): (u8, Vec<u8>, Vec<u8>) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let Some(value) = self.seal.open(&place(&user, kind, &name), value) else {
                tracing::error!(kind, "something that was kept of chat is damaged and passed over");
                continue;
            };
            match kind {
                kind if kind == Kind::Started as u8 => kept.sync.started = true,
                kind if kind == Kind::Cursor as u8 => kept.sync.cursors.extend(read::<Cursor>(&value)),
                kind if kind == Kind::Record as u8 => kept.records.extend(read::<Record>(&value)),
                _ => {}
            }
        }
        Ok(kept)
    }
}

/// Kind, name and value of a change; no value: it goes.
fn parts(change: &Change) -> Result<(Kind, String, Option<Vec<u8>>), ChatStoreError> {
    let json = |error: serde_json::Error| ChatStoreError::Database(error.to_string());
    Ok(match change {
        Change::Started => (Kind::Started, String::new(), Some(Vec::new())),
        Change::Cursor(cursor) => {
            (Kind::Cursor, cursor.thread.to_string(), Some(serde_json::to_vec(cursor).map_err(json)?))
        }
        Change::Forget(thread) => (Kind::Cursor, thread.to_string(), None),
        Change::Record(record) => {
            (Kind::Record, record.id.to_string(), Some(serde_json::to_vec(record).map_err(json)?))
        }
        Change::Settled(id) => (Kind::Record, id.to_string(), None),
    })
}

/// No value can be put into another's place.
fn place(user: &[u8], kind: u8, name: &[u8]) -> Vec<u8> {
    let length = u64::try_from(user.len()).unwrap_or(u64::MAX).to_be_bytes();
    [&length[..], user, &[kind], name].concat()
}

fn sealed(seal: &Seal, place: &[u8], value: Vec<u8>) -> Result<Vec<u8>, ChatStoreError> {
    seal.seal(place, value).ok_or_else(|| ChatStoreError::Database("the system has no randomness".to_owned()))
}

fn read<T: DeserializeOwned>(value: &[u8]) -> Option<T> {
    let read = serde_json::from_slice(value);
    // Not the error: it may quote what somebody wrote.
    read.inspect_err(|_| tracing::error!("something that was kept of chat cannot be read and is passed over"))
        .ok()
}

/// Opens or makes a file that nobody else can read.
fn private(path: &Path) -> Result<fs::File, ChatStoreError> {
    let mut options = fs::OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(failed(path))
}

fn failed(path: &Path) -> impl Fn(io::Error) -> ChatStoreError {
    let path: PathBuf = path.to_owned();
    move |source| ChatStoreError::File { path: path.clone(), source }
}
