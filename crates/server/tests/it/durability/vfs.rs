//! SQLite's way to its files (`sqlite3_vfs`), with a [`Disk`] in between for the folders that are watched.
//!
//! The system's own VFS does the work, in the same file structures: only what changes a file is seen first.

#![allow(
    unsafe_code,
    reason = "SQLite's interface for files is C; this is a test's, and no part of the service"
)]

use super::disk::{Change, Disk};
use rusqlite::ffi::{
    SQLITE_IOERR_DELETE, SQLITE_IOERR_FSYNC, SQLITE_IOERR_TRUNCATE, SQLITE_IOERR_WRITE, SQLITE_OK,
    sqlite3_file, sqlite3_io_methods, sqlite3_vfs, sqlite3_vfs_find, sqlite3_vfs_register,
};
use std::collections::HashMap;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

/// An open file of a watched folder.
struct Open {
    disk: Arc<Disk>,
    path: PathBuf,
    system: &'static sqlite3_io_methods,
}

#[derive(Default)]
struct State {
    disks: Vec<Arc<Disk>>,
    /// By the address of SQLite's structure.
    open: HashMap<usize, Arc<Open>>,
    /// Ours, by the address of the system's.
    methods: HashMap<usize, &'static sqlite3_io_methods>,
}

/// The system's VFS; SQLite keeps it for ever.
struct System(*mut sqlite3_vfs);

// SAFETY: SQLite hands it out to every thread itself, and nobody changes it.
unsafe impl Send for System {}
// SAFETY: as above.
unsafe impl Sync for System {}

static SYSTEM: OnceLock<System> = OnceLock::new();
static STATE: Mutex<Option<State>> = Mutex::new(None);

fn with<T>(act: impl FnOnce(&mut State) -> T) -> T {
    act(STATE.lock().unwrap().get_or_insert_default())
}

/// Watches a folder: files that are opened in it from now on go by way of the disk.
pub fn watch(disk: Arc<Disk>) {
    with(|state| state.disks.push(disk));
}

/// Puts itself before the system's VFS, once and for all connections of the process. Folders that nobody watches
/// are not concerned.
pub fn install() {
    SYSTEM.get_or_init(|| {
        // SAFETY: no name means the default one, which is there and stays.
        let system = unsafe { sqlite3_vfs_find(std::ptr::null()) };
        assert!(!system.is_null());
        // SAFETY: it points to a whole structure, of plain values and pointers that stay good.
        let mut own = unsafe { std::ptr::read(system) };
        own.zName = c"watched".as_ptr();
        own.pNext = std::ptr::null_mut();
        own.xOpen = Some(open);
        own.xDelete = Some(delete);
        // SAFETY: the structure lives for ever, and its functions have the right types.
        let registered = unsafe { sqlite3_vfs_register(Box::leak(Box::new(own)), 1) };
        assert_eq!(registered, SQLITE_OK);
        System(system)
    });
}

fn system() -> *mut sqlite3_vfs {
    SYSTEM.get().unwrap().0
}

/// # Safety
/// `name` is null or a C string.
unsafe fn watched(name: *const c_char) -> Option<(Arc<Disk>, PathBuf)> {
    if name.is_null() {
        return None;
    }
    // SAFETY: by the caller.
    let bytes = unsafe { CStr::from_ptr(name) }.to_bytes();
    let path = Path::new(std::ffi::OsStr::from_bytes(bytes)).to_owned();
    let disk = with(|state| state.disks.iter().find(|disk| disk.holds(&path)).cloned())?;
    Some((disk, path))
}

unsafe extern "C" fn open(
    _: *mut sqlite3_vfs,
    name: *const c_char,
    file: *mut sqlite3_file,
    flags: c_int,
    out: *mut c_int,
) -> c_int {
    // SAFETY: SQLite's own arguments, for the VFS whose structures these are.
    let result = unsafe { ((*system()).xOpen.unwrap())(system(), name, file, flags, out) };
    // SAFETY: SQLite gives null or a C string.
    if let (SQLITE_OK, Some((disk, path))) = (result, unsafe { watched(name) }) {
        // SAFETY: an open file points to its methods, which are constants of SQLite.
        let methods: &'static sqlite3_io_methods = unsafe { &*(*file).pMethods };
        with(|state| {
            let own = state.methods.entry(std::ptr::from_ref(methods) as usize).or_insert_with(|| {
                Box::leak(Box::new(sqlite3_io_methods {
                    xClose: Some(close),
                    xWrite: Some(write),
                    xTruncate: Some(truncate),
                    xSync: Some(sync),
                    ..*methods
                }))
            });
            // SAFETY: `file` is open and SQLite's alone until this returns.
            unsafe { (*file).pMethods = std::ptr::from_ref(*own) };
            state.open.insert(file as usize, Arc::new(Open { disk, path, system: methods }));
        });
    }
    result
}

unsafe extern "C" fn delete(_: *mut sqlite3_vfs, name: *const c_char, directory: c_int) -> c_int {
    // SAFETY: SQLite gives a C string.
    if let Some((disk, path)) = unsafe { watched(name) } {
        if !disk.begin() {
            return SQLITE_IOERR_DELETE;
        }
        disk.deleted(&path);
    }
    // SAFETY: SQLite's own arguments.
    unsafe { ((*system()).xDelete.unwrap())(system(), name, directory) }
}

fn opened(file: *mut sqlite3_file) -> Arc<Open> {
    with(|state| Arc::clone(&state.open[&(file as usize)]))
}

unsafe extern "C" fn close(file: *mut sqlite3_file) -> c_int {
    let open = opened(file);
    with(|state| state.open.remove(&(file as usize)));
    // SAFETY: the system's method, on a file that it opened.
    unsafe { (open.system.xClose.unwrap())(file) }
}

/// How long the file is, and what stands in it there.
///
/// # Safety
/// `file` is open, by the system's VFS.
unsafe fn before(open: &Open, file: *mut sqlite3_file, offset: u64, count: u64) -> (u64, Vec<u8>) {
    let mut length = 0;
    // SAFETY: by the caller; the number is ours.
    let known = unsafe { (open.system.xFileSize.unwrap())(file, &raw mut length) };
    assert_eq!(known, SQLITE_OK);
    let length = u64::try_from(length).unwrap();
    let mut old = vec![0; usize::try_from(count.min(length.saturating_sub(offset))).unwrap()];
    if !old.is_empty() {
        let (count, offset) = (c_int::try_from(old.len()).unwrap(), i64::try_from(offset).unwrap());
        // SAFETY: by the caller; the buffer has so many bytes.
        let read =
            unsafe { (open.system.xRead.unwrap())(file, old.as_mut_ptr().cast::<c_void>(), count, offset) };
        assert_eq!(read, SQLITE_OK);
    }
    (length, old)
}

unsafe extern "C" fn write(
    file: *mut sqlite3_file,
    bytes: *const c_void,
    count: c_int,
    offset: i64,
) -> c_int {
    let open = opened(file);
    if !open.disk.begin() {
        return SQLITE_IOERR_WRITE;
    }
    let (at, length) = (u64::try_from(offset).unwrap(), usize::try_from(count).unwrap());
    // SAFETY: SQLite has opened the file.
    let (old_length, old) = unsafe { before(&open, file, at, length as u64) };
    // SAFETY: SQLite gives so many bytes.
    let new = unsafe { std::slice::from_raw_parts(bytes.cast::<u8>(), length) }.to_vec();
    open.disk.changed(Change { path: open.path.clone(), offset: at, old, old_length, new: Some(new) });
    // SAFETY: SQLite's own arguments.
    unsafe { (open.system.xWrite.unwrap())(file, bytes, count, offset) }
}

unsafe extern "C" fn truncate(file: *mut sqlite3_file, size: i64) -> c_int {
    let open = opened(file);
    if !open.disk.begin() {
        return SQLITE_IOERR_TRUNCATE;
    }
    let at = u64::try_from(size).unwrap();
    // SAFETY: SQLite has opened the file.
    let (old_length, old) = unsafe { before(&open, file, at, u64::from(u32::MAX)) };
    open.disk.changed(Change { path: open.path.clone(), offset: at, old, old_length, new: None });
    // SAFETY: SQLite's own arguments.
    unsafe { (open.system.xTruncate.unwrap())(file, size) }
}

unsafe extern "C" fn sync(file: *mut sqlite3_file, flags: c_int) -> c_int {
    let open = opened(file);
    if !open.disk.begin() {
        return SQLITE_IOERR_FSYNC;
    }
    open.disk.synced(&open.path);
    // No file of a test needs the real disk.
    let _ = flags;
    SQLITE_OK
}
