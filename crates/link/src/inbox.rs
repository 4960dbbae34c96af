//! The receiving half of a direction: order, repetitions, and what the consumer is done with.

use std::collections::{BTreeSet, VecDeque};

use crate::{CommandId, Limits, LinkError, SubmitError};

/// What to do with a message that arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// Hand it to the consumer.
    New,
    /// It came before in this session.
    Repeated,
    /// Its work was done under another sequence.
    KnownId,
}

/// The ids of recent messages.
#[derive(Debug, Default)]
struct Remembered {
    order: VecDeque<CommandId>,
    ids: BTreeSet<CommandId>,
}

impl Remembered {
    /// False when the id is there already.
    fn insert(&mut self, id: CommandId, limit: usize) -> bool {
        if !self.ids.insert(id) {
            return false;
        }
        self.order.push_back(id);
        while self.order.len() > limit {
            if let Some(oldest) = self.order.pop_front() {
                self.ids.remove(&oldest);
            }
        }
        true
    }
}

/// What arrived in one direction.
#[derive(Debug)]
pub(crate) struct Inbox {
    limits: Limits,
    /// Highest sequence that arrived; all before it did too.
    received: u64,
    /// Highest sequence that the consumer is done with, and all before it.
    acknowledged: u64,
    /// Done with, but something before is not.
    settled: BTreeSet<u64>,
    remembered: Remembered,
    /// Tell the peer.
    owes_ack: bool,
}

impl Inbox {
    pub fn new(limits: Limits, received: u64) -> Self {
        Self {
            limits,
            received,
            acknowledged: received,
            settled: BTreeSet::new(),
            remembered: Remembered::default(),
            owes_ack: false,
        }
    }

    /// A message arrived.
    pub fn accept(&mut self, sequence: u64, id: CommandId) -> Result<Arrival, LinkError> {
        if sequence <= self.received {
            self.owes_ack = true;
            return Ok(Arrival::Repeated);
        }
        if sequence != self.received + 1 {
            return Err(LinkError::Gap { expected: self.received + 1, got: sequence });
        }
        let limit = self.limits.unacknowledged as u64;
        if sequence - self.acknowledged > limit {
            return Err(LinkError::Flooded { limit: self.limits.unacknowledged });
        }
        self.received = sequence;
        if self.remembered.insert(id, self.limits.remembered_ids) {
            Ok(Arrival::New)
        } else {
            self.settle(sequence);
            Ok(Arrival::KnownId)
        }
    }

    /// The peer says that it sent all up to `sent`.
    pub fn expect(&self, sent: u64) -> Result<(), LinkError> {
        if sent > self.received {
            return Err(LinkError::Gap { expected: self.received + 1, got: sent + 1 });
        }
        Ok(())
    }

    /// The consumer is done with all up to `sequence`.
    pub fn acknowledge(&mut self, sequence: u64) -> Result<(), SubmitError> {
        if sequence > self.received {
            return Err(SubmitError::NotReceived(sequence));
        }
        if sequence > self.acknowledged {
            self.acknowledged = sequence;
            self.owes_ack = true;
            self.settled = self.settled.split_off(&(sequence + 1));
            self.advance();
        }
        Ok(())
    }

    /// This one needs nothing of the consumer (any more).
    pub fn settle(&mut self, sequence: u64) {
        if sequence > self.acknowledged && sequence <= self.received {
            self.settled.insert(sequence);
            self.advance();
        }
    }

    fn advance(&mut self) {
        while self.settled.remove(&(self.acknowledged + 1)) {
            self.acknowledged += 1;
            self.owes_ack = true;
        }
    }

    /// A new connection: the peer may have missed the last acknowledgement.
    pub fn reconnect(&mut self) {
        self.owes_ack = self.acknowledged > 0;
    }

    /// The acknowledgement to transmit, if one is owed.
    pub fn take_ack(&mut self) -> Option<u64> {
        std::mem::take(&mut self.owes_ack).then_some(self.acknowledged)
    }

    pub fn received(&self) -> u64 {
        self.received
    }

    pub fn acknowledged(&self) -> u64 {
        self.acknowledged
    }

    pub fn remember(&mut self, ids: impl IntoIterator<Item = CommandId>) {
        for id in ids {
            self.remembered.insert(id, self.limits.remembered_ids);
        }
    }

    pub fn remembered(&self) -> impl Iterator<Item = CommandId> + '_ {
        self.remembered.order.iter().copied()
    }
}
