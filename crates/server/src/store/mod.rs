//! What the service keeps: one method per use case, each one transaction.
//!
//! A method that writes returns when the write survives a power cut. Nothing outside this folder
//! knows SQL.

mod audit;
mod calls;
mod error;
mod federation;
mod identities;
mod members;
mod push;
mod reader;
mod resources;
mod schema;
mod settings;
mod tenants;
#[cfg(test)]
mod tests;
mod versions;
mod writer;

pub(crate) use audit::{NewAudit, Owner};
pub(crate) use calls::{PushChange, StoredCall, SwitchboardWrites};
pub(crate) use error::StoreError;
pub(crate) use federation::{MemberFacts, PartyFacts};
pub(crate) use resources::AccessKeys;

use crate::ServerError;
use crate::folder::{DATABASE, DataFolder};
use reader::Readers;
use rusqlite::Connection;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use writer::Writer;

/// How many threads read.
const READERS: usize = 2;

/// The store. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Store {
    writer: Writer,
    readers: Readers,
    threads: Arc<Mutex<Vec<JoinHandle<()>>>>,
    /// Held as long as anything can write.
    folder: Arc<DataFolder>,
}

impl Store {
    /// Opens the database of the folder and keeps the folder's lock. Blocks for as long as the check of
    /// the file takes.
    ///
    /// # Errors
    /// [`ServerError::NewerDatabase`], [`ServerError::CorruptDatabase`], [`ServerError::Store`].
    pub(crate) fn open(folder: Arc<DataFolder>) -> Result<Self, ServerError> {
        let path = folder.file(DATABASE);
        let thread_failed = |e: std::io::Error| ServerError::Store(format!("cannot start a thread: {e}"));
        let connection = schema::open_writer(&path)?;
        let reading = (0..READERS).map(|_| schema::open_reader(&path)).collect::<Result<_, _>>()?;
        let (writer, thread) = Writer::start(connection).map_err(thread_failed)?;
        let (readers, mut threads) = Readers::start(reading).map_err(thread_failed)?;
        threads.push(thread);
        Ok(Self { writer, readers, threads: Arc::new(Mutex::new(threads)), folder })
    }

    /// Does what was asked before, then closes the file and lets the folder go. Later uses, also of
    /// other clones, fail with [`StoreError::Closed`].
    pub(crate) async fn close(&self) {
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        self.writer.stop().await;
        for _ in 0..READERS {
            self.readers.stop_one().await;
        }
        let joined = tokio::task::spawn_blocking(move || {
            threads.into_iter().for_each(|thread| drop(thread.join()));
        });
        let _ = joined.await;
        self.folder.unlock();
    }

    async fn write<T, F>(&self, use_case: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        self.writer.write(use_case).await
    }

    async fn read<T, F>(&self, use_case: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        self.readers.read(use_case).await
    }
}
