//! A disk that forgets what was not synced when its power goes.

use super::dice;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// What becomes of writes that were not synced.
#[derive(Clone, Copy)]
pub enum Loss {
    /// None of them is there.
    Everything,
    /// Each is there or not, in whatever order they were made.
    Some { seed: u64 },
}

/// A change of a file that is not synced.
pub struct Change {
    pub path: PathBuf,
    pub offset: u64,
    /// What stood there, and how long the file was.
    pub old: Vec<u8>,
    pub old_length: u64,
    /// What was written; `None`: the file was cut off at `offset`.
    pub new: Option<Vec<u8>>,
}

#[derive(Default)]
struct State {
    unsynced: Vec<Change>,
    /// How many operations there are before the power goes.
    left: Option<u64>,
    dead: bool,
}

/// The disk beneath one folder.
pub struct Disk {
    folder: PathBuf,
    state: Mutex<State>,
}

impl Disk {
    pub fn of(folder: &Path) -> Arc<Self> {
        Arc::new(Self { folder: folder.canonicalize().unwrap(), state: Mutex::default() })
    }

    pub fn holds(&self, path: &Path) -> bool {
        path.starts_with(&self.folder)
    }

    /// The power goes at the operation after so many.
    pub fn cut_after(&self, operations: u64) {
        self.state.lock().unwrap().left = Some(operations);
    }

    /// An operation begins. False: there is no power.
    pub fn begin(&self) -> bool {
        let mut state = self.state.lock().unwrap();
        match &mut state.left {
            Some(0) => state.dead = true,
            Some(left) => *left -= 1,
            None => {}
        }
        !state.dead
    }

    pub fn changed(&self, change: Change) {
        self.state.lock().unwrap().unsynced.push(change);
    }

    pub fn synced(&self, path: &Path) {
        self.state.lock().unwrap().unsynced.retain(|change| change.path != path);
    }

    pub fn deleted(&self, path: &Path) {
        self.synced(path);
    }

    /// Brings the files to what a disk would hold now, and gives power again. How many writes were lost.
    pub fn power_on(&self, loss: Loss) -> usize {
        let mut state = self.state.lock().unwrap();
        let unsynced = std::mem::take(&mut state.unsynced);
        for change in unsynced.iter().rev() {
            let Some(file) = open(&change.path) else { continue };
            file.write_all_at(&change.old, change.offset).unwrap();
            file.set_len(change.old_length).unwrap();
        }
        let mut lost = unsynced.len();
        for (number, change) in (0..).zip(&unsynced) {
            let Loss::Some { seed } = loss else { continue };
            if dice(seed * 1_000_003 + number, 2) == 0 {
                continue;
            }
            let Some(file) = open(&change.path) else { continue };
            match &change.new {
                Some(new) => file.write_all_at(new, change.offset).unwrap(),
                None => file.set_len(change.offset).unwrap(),
            }
            lost -= 1;
        }
        // Shared memory is memory.
        for entry in std::fs::read_dir(&self.folder).unwrap() {
            let path = entry.unwrap().path();
            if path.to_string_lossy().ends_with("-shm") {
                std::fs::remove_file(path).unwrap();
            }
        }
        *state = State::default();
        lost
    }
}

/// A file that was deleted since is not there.
fn open(path: &Path) -> Option<File> {
    OpenOptions::new().write(true).open(path).ok()
}
