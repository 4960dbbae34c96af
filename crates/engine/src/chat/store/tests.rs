use liaison_chat::model::{MessageKind, Metadata};
use liaison_chat::outbox::QueuedCommand;
use liaison_chat::{EventSequence, UnixMillis};

use super::*;

const KEY: [u8; 32] = [7; 32];

fn open(folder: &Path, key: Option<&[u8; 32]>) -> Result<Store, ChatStoreError> {
    Store::open(folder, key, tracing::Dispatch::none())
}

fn cursor(thread: u128, acknowledged: u64) -> Cursor {
    Cursor { thread: ThreadId::from_random(thread), acknowledged: EventSequence(acknowledged) }
}

fn record(bits: u128, content: &str) -> Record {
    Record {
        id: ClientMessageId::from_random(bits),
        thread: Some(ThreadId::from_random(1)),
        order: 1,
        queued_at: UnixMillis(5),
        tried: false,
        command: QueuedCommand::SendMessage {
            kind: MessageKind::Text,
            content: content.into(),
            sender_display_name: None,
            metadata: Metadata::default(),
            attachments: vec![],
        },
    }
}

/// Writes, reads in another run, forgets, reads in a third.
fn runs(key: Option<&[u8; 32]>) {
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let [me, other] = ["https://h:1\n8:acs:r_a", "https://h:1\n8:acs:r_b"];
    let store = open(folder.path(), key).unwrap();
    assert_eq!(runtime.block_on(store.load(me)).unwrap(), Kept::default());
    store.write(me, Change::Cursor(cursor(1, 4)));
    store.write(me, Change::Cursor(cursor(1, 9)));
    store.write(me, Change::Cursor(cursor(2, 3)));
    store.write(other, Change::Cursor(cursor(1, 77)));
    store.write(me, Change::Started);
    for bits in [1, 2] {
        let change = Change::Record(Box::new(record(bits, "Nobody opens.")));
        assert!(runtime.block_on(store.keep(me, change)).unwrap());
    }
    drop(store);

    let store = open(folder.path(), key).unwrap();
    let mut kept = runtime.block_on(store.load(me)).unwrap();
    kept.sync.cursors.sort_by_key(|cursor| cursor.acknowledged);
    assert_eq!(kept.sync, SyncState { cursors: vec![cursor(2, 3), cursor(1, 9)], started: true });
    kept.records.sort_by_key(|record| record.id.clone());
    assert_eq!(kept.records, [record(1, "Nobody opens."), record(2, "Nobody opens.")]);
    store.write(me, Change::Forget(ThreadId::from_random(1)));
    store.write(me, Change::Settled(ClientMessageId::from_random(1)));
    let kept = runtime.block_on(store.load(me)).unwrap();
    assert_eq!(kept.sync.cursors, [cursor(2, 3)]);
    assert_eq!(kept.records, [record(2, "Nobody opens.")]);
    let theirs = runtime.block_on(store.load(other)).unwrap();
    assert_eq!(theirs.sync, SyncState { cursors: vec![cursor(1, 77)], started: false });
}

#[test]
fn what_is_written_is_there_in_the_next_run() {
    runs(None);
}

#[test]
fn with_a_key_as_well() {
    runs(Some(&KEY));
}

#[test]
fn with_a_key_nobody_reads_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let words = |key| {
        let store = open(folder.path(), key).unwrap();
        store.write("8:acs:r_a", Change::Record(Box::new(record(1, "Nobody opens."))));
        drop(store);
        let files = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
        let bytes: Vec<u8> = files.flat_map(|path| std::fs::read(path).unwrap()).collect();
        let has = |text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
        [has("Nobody"), has("8:acs"), has("@thread"), has("sendMessage")]
    };
    assert_eq!(words(Some(&KEY)), [false; 4]);
    std::fs::remove_file(folder.path().join("liaison-chat.sqlite3")).unwrap();
    assert_eq!(words(None), [true; 4], "the looking finds what is there");
}

#[test]
fn another_key_is_refused_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let store = open(folder.path(), Some(&KEY)).unwrap();
    store.write("me", Change::Started);
    drop(store);
    for wrong in [Some(&[8; 32]), None] {
        assert!(matches!(open(folder.path(), wrong), Err(ChatStoreError::Key(_))), "{wrong:?}");
    }
    let store = open(folder.path(), Some(&KEY)).unwrap();
    assert!(runtime.block_on(store.load("me")).unwrap().sync.started);
    drop(store);

    let plain = tempfile::tempdir().unwrap();
    drop(open(plain.path(), None).unwrap());
    assert!(matches!(open(plain.path(), Some(&KEY)), Err(ChatStoreError::Key(_))));
}

#[test]
fn one_engine_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path(), None).unwrap();
    assert!(matches!(open(folder.path(), None), Err(ChatStoreError::InUse(_))));
    drop(store);
    drop(open(folder.path(), None).unwrap());
}

#[test]
fn what_a_later_version_wrote_or_nobody_did_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path(), None).unwrap());
    let path = folder.path().join("liaison-chat.sqlite3");
    let database = rusqlite::Connection::open(&path).unwrap();
    database.execute_batch("PRAGMA user_version = 2").unwrap();
    database.close().unwrap();
    assert!(matches!(open(folder.path(), None), Err(ChatStoreError::Newer(_))));
    std::fs::write(&path, vec![0x55; 8192]).unwrap();
    assert!(matches!(open(folder.path(), None), Err(ChatStoreError::Database(_))));
}

#[test]
#[cfg(unix)]
fn nobody_else_may_read_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path(), None).unwrap();
    store.write("me", Change::Started);
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{:?}", entry.path());
    }
    drop(store);
}
