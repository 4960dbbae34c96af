//! A file on its way in.

use super::{Attachments, ContentHash, failed};
use crate::folder::new_secret;
use crate::store::StoreError;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::io::AsyncWriteExt;

/// So much of the beginning shows what a file is.
const HEAD: usize = 64;

/// The file on the disk. Gone when this is dropped, unless it arrived.
struct Temporary {
    of: Arc<Attachments>,
    path: PathBuf,
    bytes: u64,
    arrived: bool,
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.arrived {
            let _ = std::fs::remove_file(&self.path);
            self.of.release(self.bytes);
        }
    }
}

/// A file that is being written.
pub(crate) struct Incoming {
    temporary: Temporary,
    file: tokio::fs::File,
    hash: Sha256,
    head: Vec<u8>,
}

/// A whole file, on the disk, not yet at its place.
pub(crate) struct Received {
    temporary: Temporary,
    hash: ContentHash,
    head: Vec<u8>,
}

impl Incoming {
    /// An empty one.
    pub(crate) fn begin(of: &Arc<Attachments>) -> Result<Self, StoreError> {
        let path = of.folder.join(format!("{}.new", crate::random::guid()));
        let file = new_secret(&path).map_err(|error| failed(&error))?;
        let temporary = Temporary { of: Arc::clone(of), path, bytes: 0, arrived: false };
        Ok(Self { temporary, file: tokio::fs::File::from_std(file), hash: Sha256::new(), head: Vec::new() })
    }

    /// How much there is.
    pub(crate) fn bytes(&self) -> u64 {
        self.temporary.bytes
    }

    /// Goes on.
    pub(crate) async fn write(&mut self, part: &[u8]) -> Result<(), StoreError> {
        self.temporary.of.reserve(part.len() as u64)?;
        self.temporary.bytes += part.len() as u64;
        self.hash.update(part);
        let missing = HEAD.saturating_sub(self.head.len());
        self.head.extend_from_slice(&part[..part.len().min(missing)]);
        self.file.write_all(part).await.map_err(|error| failed(&error))
    }

    /// Ends. The content survives a power cut when this returns.
    pub(crate) async fn finish(mut self) -> Result<Received, StoreError> {
        self.file.flush().await.map_err(|error| failed(&error))?;
        self.file.sync_all().await.map_err(|error| failed(&error))?;
        let Self { temporary, hash, head, .. } = self;
        Ok(Received { temporary, hash: ContentHash::of(hash), head })
    }
}

impl Received {
    pub(super) fn path(&self) -> &Path {
        &self.temporary.path
    }

    /// Its beginning.
    pub(crate) fn head(&self) -> &[u8] {
        &self.head
    }

    pub(crate) fn hash(&self) -> ContentHash {
        self.hash
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.temporary.bytes
    }

    /// It has another name now.
    pub(super) fn arrived(mut self) {
        self.temporary.arrived = true;
    }
}
