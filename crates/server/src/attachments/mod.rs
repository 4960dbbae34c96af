//! The files of chats: in a folder beside the database, each under the hash of its content.
//!
//! ```text
//! attachments/<random>.new       on its way in: removed at the next start when it did not arrive
//! attachments/ab/abcd…           what rows of the database name
//! ```
//! A file is on the disk before a row names it, and is removed after no row does. In between nothing may be removed, or
//! somebody who uploads the same content again would be left without: see [`Attachments::naming`].

mod hash;
mod incoming;
mod limits;
mod media_type;
mod names;
mod slots;
mod thumbnail;

pub(crate) use hash::{ContentHash, hash_file};
pub(crate) use incoming::{Incoming, Received};
pub use limits::AttachmentLimits;
pub(crate) use media_type::MediaType;
pub(crate) use names::{disposition, file_name};
pub(crate) use slots::Slot;
pub(crate) use thumbnail::ThumbnailError;

use crate::folder::{make_private_folder, sync_folder};
use crate::store::{Store, StoreError};
use slots::Slots;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::{RwLock, RwLockReadGuard, Semaphore};

/// The folder's name in the data folder.
const FOLDER: &str = "attachments";
/// How many files are removed, or looked for, at a time.
const BATCH: usize = 200;

/// The folder.
pub(crate) struct Attachments {
    folder: PathBuf,
    limits: AttachmentLimits,
    /// What is in the folder, in bytes.
    held: AtomicU64,
    /// Shared by whoever makes a row name a file, or reads both; alone for whoever removes files that none names.
    naming: RwLock<()>,
    slots: Arc<Slots>,
    /// Pictures are looked into by so many at once.
    decoders: Arc<Semaphore>,
}

/// Where the files of a data folder are.
pub(crate) fn folder_of(data: &Path) -> PathBuf {
    data.join(FOLDER)
}

/// Where the content of that hash is.
pub(crate) fn place(folder: &Path, hash: ContentHash) -> PathBuf {
    let name = hash.to_string();
    folder.join(&name[..2]).join(name)
}

impl Attachments {
    /// Makes the folder when it is not there, and removes what did not arrive. Blocks.
    pub(crate) fn open(data: &Path, limits: AttachmentLimits) -> io::Result<Arc<Self>> {
        let folder = folder_of(data);
        make_private_folder(&folder)?;
        let mut held = 0;
        for entry in std::fs::read_dir(&folder)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                for file in std::fs::read_dir(entry.path())? {
                    held += file?.metadata()?.len();
                }
            } else if entry.file_name().to_string_lossy().ends_with(".new") {
                std::fs::remove_file(entry.path())?;
            }
        }
        Ok(Arc::new(Self {
            folder,
            held: AtomicU64::new(held),
            naming: RwLock::default(),
            slots: Arc::new(Slots::new(limits.uploads, limits.uploads_per_user)),
            decoders: Arc::new(Semaphore::new(limits.decoders.max(1))),
            limits,
        }))
    }

    /// While this is held no file is removed.
    pub(crate) async fn naming(&self) -> RwLockReadGuard<'_, ()> {
        self.naming.read().await
    }

    /// Where all of them are.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// A place for one more upload of that user; `None` when too many go on.
    pub(crate) fn slot(&self, user: &str) -> Option<Slot> {
        Slots::take(&self.slots, user)
    }

    /// The small view of a picture, a JPEG, which shows that it is a picture.
    pub(crate) async fn thumbnail(&self, picture: &Received) -> Result<Vec<u8>, ThumbnailError> {
        let Ok(permit) = Arc::clone(&self.decoders).acquire_owned().await else {
            return Err(ThumbnailError::Undecodable);
        };
        let (path, limits) = (picture.path().to_owned(), self.limits.clone());
        let made = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            thumbnail::small(&path, &limits)
        });
        made.await.unwrap_or(Err(ThumbnailError::Undecodable))
    }

    /// Opens a file to be read.
    pub(crate) async fn read(&self, hash: ContentHash) -> io::Result<tokio::fs::File> {
        tokio::fs::File::open(place(&self.folder, hash)).await
    }

    /// Brings what arrived to its place; it is on the disk when this returns. The caller holds [`Self::naming`].
    pub(crate) async fn keep(&self, received: Received) -> Result<(), StoreError> {
        let target = place(&self.folder, received.hash());
        let folder = self.folder.clone();
        let moved = tokio::task::spawn_blocking(move || {
            if target.exists() {
                // The same content; the one on its way is dropped.
                return Ok(());
            }
            let parent = target.parent().unwrap_or(&folder);
            if !parent.exists() {
                make_private_folder(parent)?;
                sync_folder(&folder)?;
            }
            std::fs::rename(received.path(), &target)?;
            received.arrived();
            sync_folder(parent)
        });
        moved.await.map_err(|error| StoreError::Database(error.to_string()))?.map_err(|e| failed(&e))
    }

    /// Removes files that no row names any more. Whether there may be more.
    pub(crate) async fn collect(&self, store: &dyn Store) -> Result<bool, StoreError> {
        // Not while somebody reads the folder: whoever wants to upload must not wait behind them too.
        let Ok(_alone) = self.naming.try_write() else { return Ok(false) };
        let candidates = store.unnamed_files(BATCH).await?;
        let paths = candidates.iter().filter(|(_, named)| !named).map(|(hash, _)| place(&self.folder, *hash));
        let paths: Vec<PathBuf> = paths.collect();
        let removed = tokio::task::spawn_blocking(move || paths.iter().map(|path| remove(path)).sum::<u64>());
        let removed: u64 = removed.await.map_err(|error| StoreError::Database(error.to_string()))?;
        self.release(removed);
        let more = candidates.len() == BATCH;
        store.forget_unnamed(candidates.into_iter().map(|(hash, _)| hash).collect()).await?;
        Ok(more)
    }

    /// Notes files that no row names, such as of an upload whose end the service did not live to see.
    pub(crate) async fn sweep(&self, store: &dyn Store) -> Result<(), StoreError> {
        let folder = self.folder.clone();
        let found = tokio::task::spawn_blocking(move || list(&folder)).await;
        let found =
            found.map_err(|error| StoreError::Database(error.to_string()))?.map_err(|e| failed(&e))?;
        for some in found.chunks(BATCH) {
            store.note_unnamed(some.to_vec()).await?;
        }
        Ok(())
    }

    /// Room for so many bytes, or none.
    fn reserve(&self, bytes: u64) -> Result<(), StoreError> {
        let limit = self.limits.total_bytes.unwrap_or(u64::MAX);
        let reserved = self.held.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |held| {
            held.checked_add(bytes).filter(|held| *held <= limit)
        });
        reserved.map(drop).map_err(|_| StoreError::Full)
    }

    fn release(&self, bytes: u64) {
        let _ = self
            .held
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |held| Some(held.saturating_sub(bytes)));
    }
}

/// How many bytes that made free.
fn remove(path: &Path) -> u64 {
    let bytes = std::fs::metadata(path).map_or(0, |data| data.len());
    match std::fs::remove_file(path) {
        Ok(()) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
        Err(error) => {
            // It is looked for again at the next start.
            tracing::error!(%error, "a file that nobody names could not be removed");
            0
        }
    }
}

fn list(folder: &Path) -> io::Result<Vec<ContentHash>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            for file in std::fs::read_dir(entry.path())? {
                found.extend(file?.file_name().to_str().and_then(|name| name.parse::<ContentHash>().ok()));
            }
        }
    }
    Ok(found)
}

fn failed(error: &io::Error) -> StoreError {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreError::Full,
        _ => StoreError::Database(format!("a file: {error}")),
    }
}
