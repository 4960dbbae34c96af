//! The sending half of a direction: what was submitted and not yet acknowledged.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::frame::{ENVELOPE_BYTES, message};
use crate::{Body, CommandId, Limits, LinkError, SubmitError};

#[derive(Debug)]
struct Entry {
    id: CommandId,
    kind: Arc<str>,
    body: Body,
}

impl Entry {
    /// What it counts as among the bytes that are kept.
    fn bytes(&self) -> usize {
        counted(&self.kind, &self.body)
    }
}

/// A kind is a plain name; were it all control characters, JSON would take 6 bytes for each.
fn counted(kind: &str, body: &Body) -> usize {
    body.as_str().len() + ENVELOPE_BYTES + 6 * kind.len()
}

/// Messages in their order, numbered 1, 2, 3, …
#[derive(Debug)]
pub(crate) struct Outbox {
    limits: Limits,
    entries: VecDeque<Entry>,
    /// No entry has a higher id. Who counts its ids up, as the service does, is never searched for repetitions.
    highest: Option<CommandId>,
    /// Of the last message: most are of the kind of the one before.
    kind: Arc<str>,
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
            highest: None,
            kind: Arc::default(),
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
        let bytes = counted(kind, &body);
        if bytes > self.limits.frame_bytes {
            return Err(SubmitError::TooLarge { bytes, limit: self.limits.frame_bytes });
        }
        if self.waits(id) {
            return Ok(());
        }
        if self.entries.len() >= self.limits.unacknowledged
            || self.bytes + bytes > self.limits.unacknowledged_bytes
        {
            return Err(SubmitError::QueueFull(self.entries.len()));
        }
        self.bytes += bytes;
        self.highest = self.highest.max(Some(id));
        if *self.kind != *kind {
            self.kind = kind.into();
        }
        self.entries.push_back(Entry { id, kind: Arc::clone(&self.kind), body });
        Ok(())
    }

    fn waits(&self, id: CommandId) -> bool {
        self.highest >= Some(id) && self.entries.iter().any(|entry| entry.id == id)
    }

    /// Forgets all up to `received` and calls `each` with their ids.
    pub fn acknowledge(&mut self, received: u64, mut each: impl FnMut(CommandId)) -> Result<(), LinkError> {
        if received > self.sent {
            return Err(LinkError::AcknowledgedUnsent { got: received, sent: self.sent });
        }
        while self.first <= received {
            let Some(entry) = self.entries.pop_front() else { break };
            self.bytes -= entry.bytes();
            self.first += 1;
            each(entry.id);
        }
        if self.entries.is_empty() {
            self.highest = None;
            // A burst's room is not kept by a connection that falls silent.
            self.entries = VecDeque::new();
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
        let frame = message(self.cursor, entry.id, &entry.kind, entry.body.as_str());
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

#[cfg(test)]
mod tests {
    use super::*;

    fn body() -> Body {
        Body::new("x").unwrap()
    }

    #[test]
    fn an_id_that_waits_is_not_taken_twice_in_whatever_order_ids_come() {
        let mut outbox = Outbox::new(Limits::V1);
        for id in [5, 9, 7, u128::MAX, 0, 1] {
            outbox.push("chat", CommandId(id), body()).unwrap();
        }
        for id in [9, 5, 0, u128::MAX, 7, 1] {
            outbox.push("chat", CommandId(id), body()).unwrap();
        }
        assert_eq!(outbox.len(), 6);
        while outbox.next().is_some() {}
        let mut gone = Vec::new();
        outbox.acknowledge(4, |id| gone.push(id.0)).unwrap();
        assert_eq!(gone, [5, 9, 7, u128::MAX]);
        // What was acknowledged may come again; what waits still may not.
        for id in [u128::MAX, 0, 1, 7] {
            outbox.push("chat", CommandId(id), body()).unwrap();
        }
        assert_eq!(outbox.len(), 4);
        while outbox.next().is_some() {}
        outbox.acknowledge(8, |_| {}).unwrap();
        assert_eq!((outbox.len(), outbox.bytes, outbox.highest), (0, 0, None));
    }

    #[test]
    fn each_message_keeps_its_kind() {
        let mut outbox = Outbox::new(Limits::V1);
        for (id, kind) in (0..).zip(["chat", "chat", "call", "chat"]) {
            outbox.push(kind, CommandId(id), body()).unwrap();
        }
        let frames: Vec<String> = std::iter::from_fn(|| outbox.next()).collect();
        let kinds: Vec<bool> = frames.iter().map(|frame| frame.contains(r#""kind":"chat","#)).collect();
        assert_eq!(kinds, [true, true, false, true]);
    }

    #[test]
    fn a_silent_connection_keeps_no_room_of_a_burst() {
        let mut outbox = Outbox::new(Limits::V1);
        for id in 0..1000 {
            outbox.push("chat", CommandId(id), body()).unwrap();
        }
        while outbox.next().is_some() {}
        outbox.acknowledge(1000, |_| {}).unwrap();
        assert_eq!(outbox.entries.capacity(), 0);
    }
}
