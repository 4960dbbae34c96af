//! What the service keeps: [`Store`] says what that is, [`SqliteStore`] keeps it. Nothing outside this folder
//! knows SQL.

mod audit;
mod calls;
mod chat;
mod check;
#[cfg(test)]
mod conformance;
mod contract;
mod error;
mod federation;
mod identities;
mod labels;
mod members;
mod push;
mod reader;
mod resources;
mod schema;
mod settings;
mod standings;
mod subject;
mod tenants;
#[cfg(test)]
mod tests;
mod versions;
mod webhooks;
mod writer;

pub(crate) use audit::{NewAudit, Owner};
pub(crate) use calls::{PushChange, StoredCall, SwitchboardWrites};
pub(crate) use chat::{ChatError, Due, FileFacts, Member, ParticipantKey, ThreadKey};
pub(crate) use check::{Found, check_database, copy_database, schema_version};
pub(crate) use contract::Store;
pub(crate) use error::StoreError;
pub(crate) use federation::{MemberFacts, PartyFacts};
pub(crate) use labels::Viewer;
pub(crate) use resources::AccessKeys;
pub(crate) use standings::Standings;
pub(crate) use subject::export_subject;
pub(crate) use webhooks::{Webhook, WebhookKey};

use crate::ServerError;
use crate::folder::{DATABASE, DataFolder};
use liaison_chat::Event;
use reader::Readers;
use rusqlite::Connection;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use tokio::sync::mpsc;
use writer::{Told, Writer};

/// How many threads read.
const READERS: usize = 2;

/// The store in an SQLite file of the data folder. Cheap to clone.
#[derive(Clone)]
pub(crate) struct SqliteStore {
    writer: Writer,
    readers: Readers,
    standings: Arc<Standings>,
    labels: Arc<labels::Labels>,
    threads: Arc<Mutex<Vec<JoinHandle<()>>>>,
    /// Held as long as anything can write.
    folder: Arc<DataFolder>,
}

impl SqliteStore {
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
        let standings = Arc::new(Standings::default());
        let labels =
            labels::Labels::read(&connection).map_err(|error| ServerError::Store(error.to_string()))?;
        let (writer, thread) = Writer::start(connection, Arc::clone(&standings)).map_err(thread_failed)?;
        let (readers, mut threads) = Readers::start(reading).map_err(thread_failed)?;
        threads.push(thread);
        Ok(Self {
            writer,
            readers,
            standings,
            labels: Arc::new(labels),
            threads: Arc::new(Mutex::new(threads)),
            folder,
        })
    }

    async fn close(&self) {
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

    async fn limit_size(&self, bytes: u64) -> Result<(), StoreError> {
        self.write(move |c| {
            let page: i64 = c.pragma_query_value(None, "page_size", |row| row.get(0))?;
            let pages = i64::try_from(bytes).unwrap_or(i64::MAX) / page.max(1);
            Ok(c.pragma_update_and_check(None, "max_page_count", pages.max(1), |_| Ok(()))?)
        })
        .await
    }

    fn tell(&self, events: mpsc::Sender<Event>) {
        self.writer.tell(events);
    }

    fn standings(&self) -> &Standings {
        &self.standings
    }

    async fn write<T, F>(&self, use_case: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        self.writer.write(move |c| Ok((use_case(c)?, Vec::new()))).await
    }

    /// As [`Self::write`], of chat: with events that are told in the order of the commits.
    async fn write_and_tell<T, F>(&self, use_case: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<(T, Told), StoreError> + Send + 'static,
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
