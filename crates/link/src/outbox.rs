//! The sending half of a direction: what was submitted and not yet acknowledged.

use std::collections::{BTreeSet, VecDeque};

use crate::frame::{ENVELOPE_BYTES, Out};
use crate::{Body, CommandId, Limits, LinkError, SubmitError};

#[derive(Debug)]
struct Entry {
    id: CommandId,
    kind: Box<str>,
    body: Body,
}

/// Messages in their order, numbered 1, 2, 3, …
#[derive(Debug)]
pub(crate) struct Outbox {
    limits: Limits,
    entries: VecDeque<Entry>,
    ids: BTreeSet<CommandId>,
    bytes: usize,
    /// Sequence of the first entry.
    first: u64,
    /// Next sequence to transmit on this connection.
    cursor: u64,
    /// Highest sequence transmitted in this session.
    sent: u64,
}

impl Outbox {
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            entries: VecDeque::new(),
            ids: BTreeSet::new(),
            bytes: 0,
            first: 1,
            cursor: 1,
            sent: 0,
        }
    }

    /// Takes a message. One whose id still waits here is not taken twice.
    pub fn push(&mut self, kind: &str, id: CommandId, body: Body) -> Result<(), SubmitError> {
        if kind.is_empty() || kind.len() > self.limits.kind_bytes {
            return Err(SubmitError::Kind(self.limits.kind_bytes));
        }
        // A kind is a plain name; were it all control characters, JSON would take 6 bytes for each.
        let bytes = body.as_str().len() + ENVELOPE_BYTES + 6 * kind.len();
        if bytes > self.limits.frame_bytes {
            return Err(SubmitError::TooLarge { bytes, limit: self.limits.frame_bytes });
        }
        if self.ids.contains(&id) {
            return Ok(());
        }
        if self.entries.len() >= self.limits.unacknowledged
            || self.bytes + bytes > self.limits.unacknowledged_bytes
        {
            return Err(SubmitError::QueueFull(self.entries.len()));
        }
        self.bytes += bytes;
        self.ids.insert(id);
        self.entries.push_back(Entry { id, kind: kind.into(), body });
        Ok(())
    }

    /// Forgets all up to `received` and calls `each` with their ids.
    pub fn acknowledge(&mut self, received: u64, mut each: impl FnMut(CommandId)) -> Result<(), LinkError> {
        if received > self.sent {
            return Err(LinkError::AcknowledgedUnsent { got: received, sent: self.sent });
        }
        while self.first <= received {
            let Some(entry) = self.entries.pop_front() else { break };
            self.bytes -= entry.body.as_str().len() + ENVELOPE_BYTES + 6 * entry.kind.len();
            self.ids.remove(&entry.id);
            self.first += 1;
            each(entry.id);
        }
        self.cursor = self.cursor.max(self.first);
        Ok(())
    }

    /// A new connection of the same session: the peer has all up to `received`, go on after it.
    pub fn resume(&mut self, received: u64) -> Result<(), LinkError> {
        if received > self.sent {
            return Err(LinkError::AcknowledgedUnsent { got: received, sent: self.sent });
        }
        self.cursor = self.first.max(received + 1);
        Ok(())
    }

    /// The session is that of an earlier run, which sent all up to `received`: number after it.
    pub fn continue_after(&mut self, received: u64) {
        self.first = received + 1;
        self.cursor = self.first;
        self.sent = received;
    }

    /// A new session: what waits is numbered from 1 and sent again.
    pub fn restart(&mut self) {
        self.continue_after(0);
    }

    /// The next frame to transmit.
    pub fn next(&mut self) -> Option<String> {
        let index = usize::try_from(self.cursor - self.first).ok()?;
        let entry = self.entries.get(index)?;
        let frame =
            Out::Message { sequence: self.cursor, id: entry.id, kind: &entry.kind, body: entry.body.raw() }
                .text();
        self.sent = self.sent.max(self.cursor);
        self.cursor += 1;
        Some(frame)
    }

    /// Highest sequence transmitted on this connection, or known to have arrived.
    pub fn transmitted(&self) -> u64 {
        self.cursor - 1
    }

    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.entries.len()
    }
}
