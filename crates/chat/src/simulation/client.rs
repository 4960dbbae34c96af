//! One device of one user: cores, their disk, and an app that notes what it was told.

use std::collections::{BTreeMap, VecDeque};

use crate::outbox::{Outbox, OutboxConfig, Record, Remote, Settlement};
use crate::rules::Actor;
use crate::sync::{Cursor, Sync, SyncConfig, SyncState};
use crate::{ClientMessageId, Event, EventSequence, ThreadId};

/// What survives the end of the process.
#[derive(Default)]
pub struct Disk {
    pub cursors: BTreeMap<ThreadId, EventSequence>,
    pub records: BTreeMap<ClientMessageId, Record>,
    /// Sequences that the app has acknowledged, with the last of each part it was told it missed.
    pub seen: BTreeMap<ThreadId, Vec<Seen>>,
    pub settled: BTreeMap<ClientMessageId, Settlement>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    Event(u64),
    MissedTo(u64),
}

/// What waits in the app.
pub enum Told {
    Event(Box<Event>),
    Missed(ThreadId, EventSequence),
}

pub struct Client {
    pub actor: Actor,
    pub remote: Remote,
    pub disk: Disk,
    pub sync: Sync,
    pub outbox: Outbox,
    /// Counts the processes: answers to an earlier one are nobody's.
    pub run: u64,
    /// Counts the connections of the link: frames of an earlier one are lost.
    pub link: u64,
    pub connected: bool,
    pub subscribed: bool,
    pub told: VecDeque<Told>,
}

impl Client {
    pub fn new(actor: Actor, remote: Remote) -> Self {
        let state = SyncState { cursors: Vec::new(), started: true };
        let sync = Sync::new(SyncConfig::new(actor.raw_id.clone(), 1), state);
        let outbox = Outbox::new(OutboxConfig::new(remote, 1), Vec::new());
        Self {
            actor,
            remote,
            disk: Disk::default(),
            sync,
            outbox,
            run: 0,
            link: 0,
            connected: false,
            subscribed: false,
            told: VecDeque::new(),
        }
    }

    /// The process ends and starts again: only the disk is left.
    pub fn restart(&mut self) {
        self.run += 1;
        self.link += 1;
        (self.connected, self.subscribed) = (false, false);
        self.told.clear();
        let cursor = |(thread, acknowledged): (&ThreadId, &EventSequence)| Cursor {
            thread: thread.clone(),
            acknowledged: *acknowledged,
        };
        let state = SyncState { cursors: self.disk.cursors.iter().map(cursor).collect(), started: true };
        let config = SyncConfig {
            page: 7,
            unacknowledged: 20,
            buffered: 10,
            ..SyncConfig::new(self.actor.raw_id.clone(), self.run)
        };
        self.sync = Sync::new(config, state);
        let records = self.disk.records.values().map(kept).collect();
        self.outbox = Outbox::new(OutboxConfig::new(self.remote, self.run), records);
    }

    /// The app is done with the oldest thing it was told.
    pub fn work(&mut self) -> Option<(ThreadId, EventSequence)> {
        let (thread, sequence, seen) = match self.told.pop_front()? {
            Told::Event(event) => {
                let sequence = event.sequence?;
                (event.thread, sequence, Seen::Event(sequence.0))
            }
            Told::Missed(thread, to) => (thread, to, Seen::MissedTo(to.0)),
        };
        self.disk.seen.entry(thread.clone()).or_default().push(seen);
        Some((thread, sequence))
    }
}

/// Records go through their form on disk.
fn kept(record: &Record) -> Record {
    serde_json::from_str(&serde_json::to_string(record).unwrap()).unwrap()
}
