//! What is not a whole backup is refused.

use super::*;
use crate::folder::DataFolder;
use crate::store::SqliteStore;
use std::sync::Arc;

/// A data folder with a database, a key, and a file in a folder.
fn data(dir: &Path) {
    let folder = Arc::new(DataFolder::create_and_lock(dir).unwrap());
    drop(SqliteStore::open(folder).unwrap());
    write_secret(&dir.join("key.pem"), b"secret").unwrap();
    std::fs::create_dir(dir.join("attachments")).unwrap();
    std::fs::write(dir.join("attachments/a"), b"picture").unwrap();
}

#[test]
fn everything_comes_back() {
    let dir = tempfile::tempdir().unwrap();
    let (from, to, again) = (dir.path().join("data"), dir.path().join("backup"), dir.path().join("again"));
    data(&from);
    let made = back_up(&from, &to).unwrap();
    let paths: Vec<_> = made.files.iter().map(|file| file.path.to_str().unwrap()).collect();
    assert_eq!(paths, ["attachments/a", "key.pem", DATABASE]);
    assert_eq!(restore(&to, &again).unwrap(), made);
    assert_eq!(std::fs::read(again.join("attachments/a")).unwrap(), b"picture");
    use std::os::unix::fs::PermissionsExt;
    for private in ["key.pem", DATABASE] {
        let mode = std::fs::metadata(again.join(private)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{private}");
    }
    drop(SqliteStore::open(Arc::new(DataFolder::lock(&again).unwrap())).unwrap());
}

#[test]
fn what_is_there_is_not_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    let (from, to) = (dir.path().join("data"), dir.path().join("backup"));
    data(&from);
    back_up(&from, &to).unwrap();
    assert!(matches!(back_up(&from, &to), Err(BackupError::NotEmpty(_))));
    assert!(matches!(restore(&to, &from), Err(BackupError::NotEmpty(_))));
}

#[test]
fn a_backup_that_is_damaged_not_whole_or_newer_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let (from, to, again) = (dir.path().join("data"), dir.path().join("backup"), dir.path().join("again"));
    data(&from);
    assert!(matches!(restore(&from, &again), Err(BackupError::NoBackup(_))));
    let made = back_up(&from, &to).unwrap();
    let put = |summary: &BackupSummary| {
        std::fs::write(to.join(MANIFEST), serde_json::to_string(summary).unwrap()).unwrap();
    };
    put(&BackupSummary { schema_version: made.schema_version + 1, ..made.clone() });
    assert!(matches!(restore(&to, &again), Err(BackupError::Newer { .. })));
    let mut outside = made.clone();
    outside.files[0].path = "../data/key.pem".into();
    put(&outside);
    assert!(matches!(restore(&to, &again), Err(BackupError::Damaged(_))));
    put(&made);
    std::fs::write(to.join("attachments/a"), b"pictures").unwrap();
    assert!(matches!(restore(&to, &again), Err(BackupError::Damaged(_))));
    assert!(!again.exists(), "nothing was begun");
}
