//! Backups of a data folder: the database as of one moment, and the keys and files beside it.
//!
//! A backup is a folder. Its manifest, `backup.json`, is written last: a backup without one is not whole.

mod manifest;
#[cfg(test)]
mod tests;

use crate::folder::{ADMIN_SOCKET, DATABASE, make_private_folder, write_secret};
use crate::store;
pub use manifest::{BackedUpFile, BackupSummary};
use manifest::{MANIFEST, digest};
use std::io;
use std::path::{Path, PathBuf};

/// Why a backup was not made, or not restored.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackupError {
    /// What is there would be mixed with the new.
    #[error("{0} is there and not empty: name a folder that is not there yet")]
    NotEmpty(PathBuf),
    /// No manifest.
    #[error("{0} holds no whole backup: it has no {MANIFEST}")]
    NoBackup(PathBuf),
    /// By a later program.
    #[error("the backup has schema version {found}, this program knows up to {known}: use the newer liaison")]
    Newer {
        /// Of the backup.
        found: i64,
        /// Of this program.
        known: i64,
    },
    /// A file is not what it was.
    #[error("the backup is damaged: {0}")]
    Damaged(String),
    /// A file cannot be read or written.
    #[error("cannot {action} {path}: {source}")]
    File {
        /// "read", "write", …
        action: &'static str,
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The database could not be copied.
    #[error("the database could not be copied: {0}")]
    Database(String),
}

fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> BackupError {
    move |source| BackupError::File { action, path: path.to_owned(), source }
}

/// Copies a data folder, whose service may run, to a folder that is not there yet. Blocks.
pub(crate) fn back_up(data: &Path, to: &Path) -> Result<BackupSummary, BackupError> {
    empty_folder(to)?;
    // Before the database: a file beside it is there before the database names it, and is never changed.
    let mut files = Vec::new();
    copy_files(data, to, Path::new(""), &mut files)?;
    store::copy_database(&data.join(DATABASE), &to.join(DATABASE)).map_err(BackupError::Database)?;
    // What came between: the database may name it.
    let mut later = Vec::new();
    copy_missing(data, to, Path::new(""), &mut later)?;
    files.extend(later);
    let summary = BackupSummary::of(to, files)?;
    let text =
        serde_json::to_vec_pretty(&summary).map_err(|error| BackupError::Database(error.to_string()))?;
    write_secret(&to.join(MANIFEST), &text).map_err(|error| BackupError::Database(error.to_string()))?;
    Ok(summary)
}

/// Makes a data folder, which must not be there yet, of a backup. Blocks.
///
/// # Errors
/// [`BackupError`]; then the data folder is not made, or not whole and without a database.
pub fn restore(from: &Path, data: &Path) -> Result<BackupSummary, BackupError> {
    let summary = verify(from)?;
    empty_folder(data)?;
    // The database last: without one the folder is not taken for a service's.
    let (databases, others): (Vec<_>, Vec<_>) =
        summary.files.iter().partition(|file| file.path == Path::new(DATABASE));
    for file in others.into_iter().chain(databases) {
        let target = data.join(&file.path);
        if let Some(folder) = target.parent() {
            make_private_folder(folder).map_err(failed("create", folder))?;
        }
        copy(&from.join(&file.path), &target)?;
    }
    Ok(summary)
}

/// Whether a backup is whole and of a version that this program knows. Blocks.
///
/// # Errors
/// [`BackupError`].
pub fn verify(backup: &Path) -> Result<BackupSummary, BackupError> {
    let path = backup.join(MANIFEST);
    let text = std::fs::read(&path).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => BackupError::NoBackup(backup.to_owned()),
        _ => failed("read", &path)(source),
    })?;
    let summary: BackupSummary = serde_json::from_slice(&text)
        .map_err(|error| BackupError::Damaged(format!("{MANIFEST} is not understood: {error}")))?;
    let known = store::schema_version();
    if summary.schema_version > known {
        return Err(BackupError::Newer { found: summary.schema_version, known });
    }
    for file in &summary.files {
        if !file.is_inside() {
            return Err(BackupError::Damaged(format!("{} leads out of it", file.path.display())));
        }
        let (bytes, sha256) = digest(&backup.join(&file.path))?;
        if (bytes, &sha256) != (file.bytes, &file.sha256) {
            return Err(BackupError::Damaged(format!("{} is not what it was", file.path.display())));
        }
    }
    if !summary.files.iter().any(|file| file.path == Path::new(DATABASE)) {
        return Err(BackupError::Damaged("it has no database".to_owned()));
    }
    Ok(summary)
}

fn empty_folder(path: &Path) -> Result<(), BackupError> {
    make_private_folder(path).map_err(failed("create", path))?;
    let mut entries = std::fs::read_dir(path).map_err(failed("read", path))?;
    if entries.next().is_some() { Err(BackupError::NotEmpty(path.to_owned())) } else { Ok(()) }
}

/// What belongs to the running service, or is copied in another way.
fn is_left_out(name: &str) -> bool {
    name == "lock" || name == ADMIN_SOCKET || name.starts_with(DATABASE) || name.ends_with(".new")
}

fn copy_files(from: &Path, to: &Path, below: &Path, done: &mut Vec<PathBuf>) -> Result<(), BackupError> {
    walk(from, below, &mut |path| {
        done.push(path.to_owned());
        place(from, to, path)
    })
}

fn copy_missing(from: &Path, to: &Path, below: &Path, done: &mut Vec<PathBuf>) -> Result<(), BackupError> {
    walk(from, below, &mut |path| {
        if to.join(path).exists() {
            return Ok(());
        }
        done.push(path.to_owned());
        place(from, to, path)
    })
}

fn place(from: &Path, to: &Path, path: &Path) -> Result<(), BackupError> {
    let target = to.join(path);
    if let Some(folder) = target.parent() {
        make_private_folder(folder).map_err(failed("create", folder))?;
    }
    copy(&from.join(path), &target)
}

/// Every regular file, by its path within `from`.
fn walk(
    from: &Path,
    below: &Path,
    each: &mut dyn FnMut(&Path) -> Result<(), BackupError>,
) -> Result<(), BackupError> {
    let folder = from.join(below);
    for entry in std::fs::read_dir(&folder).map_err(failed("read", &folder))? {
        let entry = entry.map_err(failed("read", &folder))?;
        let (name, kind) = (entry.file_name(), entry.file_type().map_err(failed("read", &folder))?);
        let path = below.join(&name);
        if kind.is_dir() {
            walk(from, &path, each)?;
        } else if kind.is_file() && !is_left_out(&name.to_string_lossy()) {
            each(&path)?;
        }
    }
    Ok(())
}

/// With the mode of the original, and on the disk when it returns.
fn copy(from: &Path, to: &Path) -> Result<(), BackupError> {
    std::fs::copy(from, to).map_err(failed("copy", from))?;
    std::fs::File::open(to).and_then(|file| file.sync_all()).map_err(failed("write", to))?;
    let folder = to.parent().unwrap_or(to);
    std::fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed("write", folder))
}
