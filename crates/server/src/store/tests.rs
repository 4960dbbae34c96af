//! What only the SQLite store promises: of its file, its threads and its transactions. What every store
//! promises is in `conformance`.

use super::*;
use std::path::Path;

fn open(dir: &Path) -> Result<SqliteStore, ServerError> {
    SqliteStore::open(Arc::new(DataFolder::create_and_lock(dir)?))
}

#[tokio::test]
async fn a_use_that_fails_leaves_nothing_and_harms_no_other() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    let failing = store.write(|c| {
        c.execute("INSERT INTO setting VALUES ('a', 'b')", [])?;
        Err::<(), _>(StoreError::Invalid("no".to_owned()))
    });
    let panicking = store.write(|c| -> Result<(), StoreError> {
        c.execute("INSERT INTO setting VALUES ('c', 'd')", [])?;
        panic!("on purpose")
    });
    let fine = store.set_endpoint("https://localhost");
    let (failing, panicking, fine) = tokio::join!(failing, panicking, fine);
    assert_eq!(failing, Err(StoreError::Invalid("no".to_owned())));
    assert!(panicking.unwrap_err().to_string().contains("on purpose"));
    fine.unwrap();
    let count = store.read(|c| Ok(c.query_row("SELECT count(*) FROM setting", [], |r| r.get::<_, i64>(0))?));
    assert_eq!(count.await, Ok(1));
}

#[tokio::test]
async fn the_folder_has_one_user_at_a_time() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    assert!(matches!(open(dir.path()), Err(ServerError::FolderInUse { .. })));
    store.close().await;
    open(dir.path()).unwrap();
}

#[tokio::test]
async fn a_newer_database_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    open(dir.path()).unwrap().close().await;
    let path = dir.path().join(DATABASE);
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let before = std::fs::read(&path).unwrap();
    let error = open(dir.path()).err().unwrap();
    assert!(matches!(error, ServerError::NewerDatabase { found: 99, known: schema::VERSION, .. }));
    assert!(error.to_string().contains("run the newer liaison"), "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[tokio::test]
async fn a_damaged_or_foreign_file_is_a_clear_error() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(DATABASE);
    std::fs::write(&path, b"this is a text file and no database at all, however one looks at it").unwrap();
    let error = open(dir.path()).err().unwrap();
    assert!(matches!(error, ServerError::CorruptDatabase { .. }), "{error}");
    assert!(error.to_string().contains("restore a backup"), "{error}");

    std::fs::remove_file(&path).unwrap();
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE theirs (x)").unwrap();
    let error = open(dir.path()).err().unwrap();
    assert!(error.to_string().contains("another program"), "{error}");

    std::fs::remove_file(&path).unwrap();
    let store = open(dir.path()).unwrap();
    for _ in 0..200 {
        store.create_identity(&store.ensure_default_resource().await.unwrap().resource_id).await.unwrap();
    }
    store.close().await;
    let mut bytes = std::fs::read(&path).unwrap();
    assert!(bytes.len() > 4 * 4096, "several pages");
    let from = bytes.len() - 2 * 4096;
    bytes[from..].fill(0x5a);
    std::fs::write(&path, bytes).unwrap();
    let error = open(dir.path()).err().unwrap();
    assert!(matches!(error, ServerError::CorruptDatabase { .. }), "{error}");
}
