//! What chat keeps on disk for each user: how far the app has come in each thread, and the commands that wait.
//!
//! ```text
//! task ── write, load ──▶ liaison-store (a thread: SQLite waits for the disk) ──▶ DIR/liaison-chat.sqlite3
//! ```
//! All that waits is written in one transaction. One engine at a time uses a folder: it holds DIR/liaison-chat.lock.

mod file;
mod seal;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender};
use liaison_chat::outbox::Record;
use liaison_chat::sync::{Cursor, SyncState};
use liaison_chat::{ClientMessageId, ThreadId};
use tokio::sync::oneshot;

use self::file::File;

/// Why what chat keeps cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChatStoreError {
    /// Another engine uses the folder.
    #[error("another engine uses the data path {0}: give each a folder of its own, or free the other first")]
    InUse(PathBuf),
    /// The key is not the one it was written with. Nothing was changed.
    #[error("what is kept in {0} was written with another data key, or with none: nothing was changed")]
    Key(PathBuf),
    /// A later version of the library wrote it.
    #[error("what is kept in {0} was written by a newer version of the library: update this one")]
    Newer(PathBuf),
    /// A file cannot be read or written.
    #[error("{path} cannot be used: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The database cannot be read or written.
    #[error("what is kept of chat cannot be used: {0}")]
    Database(String),
}

/// What was kept for a user.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Kept {
    pub(super) sync: SyncState,
    pub(super) records: Vec<Record>,
}

/// A change of what is kept.
#[derive(Debug)]
pub(super) enum Change {
    Started,
    Cursor(Cursor),
    Forget(ThreadId),
    Record(Box<Record>),
    Settled(ClientMessageId),
}

enum Work {
    Load { user: String, answer: oneshot::Sender<Result<Kept, ChatStoreError>> },
    Write { user: String, change: Change, done: Option<oneshot::Sender<bool>> },
}

/// What is kept. Dropping it writes what waits.
pub(crate) struct Store {
    work: Option<Sender<Work>>,
    thread: Option<JoinHandle<()>>,
}

impl Store {
    /// Opens or makes it in a folder that exists; `key` encrypts it.
    pub(crate) fn open(
        folder: &Path,
        key: Option<&[u8; 32]>,
        log: tracing::Dispatch,
    ) -> Result<Self, ChatStoreError> {
        let file = File::open(folder, key)?;
        let (work, works) = crossbeam_channel::unbounded();
        let failed = |source| ChatStoreError::File { path: folder.to_owned(), source };
        let thread = std::thread::Builder::new().name("liaison-store".to_owned());
        let thread = thread
            .spawn(move || tracing::dispatcher::with_default(&log, || run(file, &works)))
            .map_err(failed)?;
        Ok(Self { work: Some(work), thread: Some(thread) })
    }

    fn send(&self, work: Work) {
        // It ends with a panic only; then every answer is an error.
        let _ = self.work.as_ref().map(|queue| queue.send(work));
    }

    /// What was kept for a user.
    pub(super) async fn load(&self, user: &str) -> Result<Kept, ChatStoreError> {
        let (answer, kept) = oneshot::channel();
        self.send(Work::Load { user: user.to_owned(), answer });
        kept.await.unwrap_or_else(|_| Err(ChatStoreError::Database("its thread has ended".to_owned())))
    }

    /// Changes it, some time soon.
    pub(super) fn write(&self, user: &str, change: Change) {
        self.send(Work::Write { user: user.to_owned(), change, done: None });
    }

    /// Changes it; the answer is whether it is on disk.
    pub(super) fn keep(&self, user: &str, change: Change) -> oneshot::Receiver<bool> {
        let (done, kept) = oneshot::channel();
        self.send(Work::Write { user: user.to_owned(), change, done: Some(done) });
        kept
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.work = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Until nobody can ask any more.
fn run(mut file: File, works: &Receiver<Work>) {
    while let Ok(first) = works.recv() {
        let (mut changes, mut waiting) = (Vec::new(), Vec::new());
        let mut loads = Vec::new();
        for work in std::iter::once(first).chain(works.try_iter()) {
            match work {
                Work::Write { user, change, done } => {
                    changes.push((user, change));
                    waiting.extend(done);
                }
                Work::Load { user, answer } => loads.push((user, answer)),
            }
        }
        let kept = changes.is_empty() || written(&mut file, &changes);
        for done in waiting {
            // Who asked may be gone.
            let _ = done.send(kept);
        }
        // After what was to be written before.
        for (user, answer) in loads {
            let _ = answer.send(file.load(&user));
        }
    }
}

fn written(file: &mut File, changes: &[(String, Change)]) -> bool {
    file.write(changes)
        .inspect_err(
            |error| tracing::error!(%error, "chat could not be kept: it is not there after a restart"),
        )
        .is_ok()
}
