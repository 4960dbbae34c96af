//! The data folder: made, locked, and its secret files written so that nobody else reads them.

use crate::ServerError;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The folder, locked for this value until it is unlocked or dropped.
#[derive(Debug)]
pub(crate) struct DataFolder {
    path: PathBuf,
    lock: File,
}

impl DataFolder {
    /// Makes the folder when absent and takes its lock.
    pub(crate) fn create_and_lock(path: &Path) -> Result<Self, ServerError> {
        make_private_folder(path).map_err(|source| file_error("create", path, source))?;
        Self::lock(path)
    }

    /// Takes the lock of a folder that is there.
    pub(crate) fn lock(path: &Path) -> Result<Self, ServerError> {
        let lock_path = path.join("lock");
        let lock = private_options()
            .create(true)
            .truncate(false)
            .open(&lock_path)
            .map_err(|source| file_error("create", &lock_path, source))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), lock }),
            Err(TryLockError::WouldBlock) => Err(ServerError::FolderInUse { path: path.to_owned() }),
            Err(TryLockError::Error(source)) => Err(file_error("lock", &lock_path, source)),
        }
    }

    /// Lets others have the folder, before this value is dropped.
    pub(crate) fn unlock(&self) {
        let _ = self.lock.unlock();
    }

    /// The folder.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// A file of the folder.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
}

/// The database's file name.
pub(crate) const DATABASE: &str = "liaison.db";
/// The name of the file with the default resource's connection string.
pub(crate) const CONNECTION_STRING: &str = "connection-string";
/// The administration socket's file name.
pub(crate) const ADMIN_SOCKET: &str = "admin.sock";

pub(crate) fn file_error(action: &'static str, path: &Path, source: io::Error) -> ServerError {
    ServerError::File { action, path: path.to_owned(), source }
}

/// Reads a text file; `None` when it is not there.
pub(crate) fn read_text(path: &Path) -> Result<Option<String>, ServerError> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(file_error("read", path, source)),
    }
}

/// Replaces a file that only its owner may read. A crash leaves the old file or the new one, whole.
pub(crate) fn write_secret(path: &Path, content: &[u8]) -> Result<(), ServerError> {
    write_atomically(path, content, true).map_err(|source| file_error("write", path, source))
}

/// Replaces a file that everybody may read.
pub(crate) fn write_public(path: &Path, content: &[u8]) -> Result<(), ServerError> {
    write_atomically(path, content, false).map_err(|source| file_error("write", path, source))
}

fn write_atomically(path: &Path, content: &[u8], secret: bool) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let temporary = path.with_file_name(name);
    match std::fs::remove_file(&temporary) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
        _ => {}
    }
    let mut options = if secret { private_options() } else { plain_options() };
    let mut file = options.create_new(true).open(&temporary)?;
    file.write_all(content)?;
    file.sync_all()?;
    std::fs::rename(&temporary, path)?;
    match path.parent() {
        Some(folder) => sync_folder(folder),
        None => Ok(()),
    }
}

#[cfg(unix)]
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
pub(crate) fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

fn plain_options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    options
}

/// Options whose new files have mode 0600.
fn private_options() -> OpenOptions {
    #[cfg_attr(not(unix), expect(unused_mut, reason = "the mode exists on Unix only"))]
    let mut options = plain_options();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

pub(crate) fn make_private_folder(path: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Creates a file with mode 0600 that is not there yet.
pub(crate) fn new_secret(path: &Path) -> io::Result<File> {
    private_options().create_new(true).open(path)
}

/// Creates `path` with mode 0600 when it is absent, so that what opens it later inherits the mode.
pub(crate) fn touch_secret(path: &Path) -> Result<(), ServerError> {
    private_options()
        .create(true)
        .truncate(false)
        .open(path)
        .map(drop)
        .map_err(|source| file_error("create", path, source))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn the_second_lock_is_refused_until_the_first_is_gone() {
        let dir = tempfile::tempdir().unwrap();
        let first = DataFolder::create_and_lock(dir.path()).unwrap();
        assert!(matches!(DataFolder::lock(dir.path()), Err(ServerError::FolderInUse { .. })));
        drop(first);
        DataFolder::lock(dir.path()).unwrap();
    }

    #[test]
    fn secrets_are_for_their_owner_only_and_replaced_whole() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("a/b");
        let data = DataFolder::create_and_lock(&folder).unwrap();
        let mode = |p: &Path| std::fs::metadata(p).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&folder), 0o700);
        let file = data.file("key.pem");
        write_secret(&file, b"one").unwrap();
        write_secret(&file, b"two").unwrap();
        assert_eq!(read_text(&file).unwrap().as_deref(), Some("two"));
        assert_eq!(mode(&file), 0o600);
        assert_eq!(mode(&data.file("lock")), 0o600);
        assert_eq!(read_text(&data.file("absent")).unwrap(), None);
    }
}
