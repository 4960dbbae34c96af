//! The commands of one thread, in their order.

use std::collections::VecDeque;
use std::time::Instant;

use super::Record;
use crate::{ClientMessageId, ThreadId};

/// What goes in order: one thread's commands. Threads to be created wait for nobody.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum LaneKey {
    Thread(ThreadId),
    New(ClientMessageId),
}

impl From<&Record> for LaneKey {
    fn from(record: &Record) -> Self {
        match &record.thread {
            Some(thread) => Self::Thread(thread.clone()),
            None => Self::New(record.id.clone()),
        }
    }
}

/// Where the first command of a lane stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// It waits for its turn.
    Idle,
    /// It is looked for or sent; an answer will come.
    UnderWay,
    /// It waits for its time.
    RetryAt {
        /// When.
        at: Instant,
        /// The service asked for it.
        asked: bool,
    },
}

#[derive(Debug)]
pub(super) struct Lane {
    pub records: VecDeque<Record>,
    pub stage: Stage,
    /// How often the first was tried in vain.
    pub failures: u32,
    /// The first may have been sent.
    pub touched: bool,
}

impl Lane {
    pub fn new() -> Self {
        Self { records: VecDeque::new(), stage: Stage::Idle, failures: 0, touched: false }
    }
}
