//! What a backup says of itself.

use super::{BackupError, failed};
use crate::folder::DATABASE;
use crate::{clock, store};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::io::Read as _;
use std::path::{Component, Path, PathBuf};

/// The manifest's file name.
pub(super) const MANIFEST: &str = "backup.json";

/// One file of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BackedUpFile {
    /// Within the backup.
    pub path: PathBuf,
    /// Its length.
    pub bytes: u64,
    /// Of its content, in hex.
    pub sha256: String,
}

impl BackedUpFile {
    pub(super) fn is_inside(&self) -> bool {
        self.path.components().all(|part| matches!(part, Component::Normal(_)))
    }
}

/// What a backup holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BackupSummary {
    /// Of the database.
    pub schema_version: i64,
    /// When it was made, RFC 3339 in UTC. The database is as of a moment shortly before.
    pub taken_on: String,
    /// Everything in it but the manifest, by path.
    pub files: Vec<BackedUpFile>,
}

impl BackupSummary {
    /// Of these files, and the database.
    pub(super) fn of(backup: &Path, mut paths: Vec<PathBuf>) -> Result<Self, BackupError> {
        paths.push(PathBuf::from(DATABASE));
        paths.sort();
        let files = paths.into_iter().map(|path| {
            let (bytes, sha256) = digest(&backup.join(&path))?;
            Ok(BackedUpFile { path, bytes, sha256 })
        });
        Ok(Self {
            schema_version: store::schema_version(),
            taken_on: clock::text_of_s(clock::now_s()),
            files: files.collect::<Result<_, BackupError>>()?,
        })
    }

    /// The bytes of all files.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }
}

/// A file's length and hash.
pub(super) fn digest(path: &Path) -> Result<(u64, String), BackupError> {
    let mut file = std::fs::File::open(path).map_err(failed("read", path))?;
    let (mut hash, mut bytes, mut part) = (Sha256::new(), 0, vec![0; 64 * 1024]);
    loop {
        match file.read(&mut part).map_err(failed("read", path))? {
            0 => break,
            count => {
                hash.update(&part[..count]);
                bytes += count as u64;
            }
        }
    }
    Ok((bytes, hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()))
}
