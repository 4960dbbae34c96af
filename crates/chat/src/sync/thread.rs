//! One thread's place in its log.

use std::collections::BTreeMap;
use std::time::Instant;

use liaison_identity::RawId;

use crate::link::EventPage;
use crate::{Event, EventKind, EventSequence};

#[derive(Debug, Default)]
pub(super) struct ThreadSync {
    /// Where to begin is known; else the log is asked.
    pub known: bool,
    /// The app is done with all up to this.
    pub acknowledged: EventSequence,
    /// The app was told all up to this.
    pub delivered: EventSequence,
    /// The newest event heard of.
    pub head: EventSequence,
    /// Events that came before their turn.
    pub waiting: BTreeMap<EventSequence, Event>,
    /// A read is under way, or queued.
    pub reading: bool,
    /// Reads that failed in a row.
    pub failures: u32,
    /// When to read again after a failure.
    pub retry_at: Option<Instant>,
}

impl ThreadSync {
    pub fn at(sequence: EventSequence) -> Self {
        Self { known: true, acknowledged: sequence, delivered: sequence, head: sequence, ..Self::default() }
    }

    /// It begins after `sequence`; what came before its turn is kept.
    pub fn begin(&mut self, sequence: EventSequence) {
        (self.known, self.acknowledged, self.delivered) = (true, sequence, sequence);
        self.head = self.head.max(sequence);
        self.waiting = self.waiting.split_off(&sequence.next());
    }

    /// Takes an event, if it is not known already and there is room for it.
    pub fn take(&mut self, sequence: EventSequence, event: Event, me: &RawId, buffered: usize) {
        self.head = self.head.max(sequence);
        if !self.known && begins(&event, me) {
            self.begin(sequence.previous());
        }
        if sequence <= self.delivered || (self.known && sequence.0 - self.delivered.0 > buffered as u64) {
            return;
        }
        if self.waiting.len() < buffered {
            self.waiting.insert(sequence, event);
        }
    }

    /// Takes a part of the log. The last event that will not come, if some are not there.
    pub fn page(&mut self, page: EventPage, buffered: usize) -> Option<EventSequence> {
        self.head = self.head.max(page.head);
        let mut missed = None;
        if page.first > self.delivered.next() {
            self.delivered = page.first.previous();
            if self.known {
                missed = Some(self.delivered);
            } else {
                self.acknowledged = self.delivered;
            }
            self.waiting = self.waiting.split_off(&page.first);
        }
        self.known = true;
        // What was read is the next in turn: it has room whatever waits.
        for event in page.events {
            let Some(sequence) = event.sequence.filter(|sequence| *sequence > self.delivered) else {
                continue;
            };
            if sequence.0 - self.delivered.0 <= buffered as u64 {
                self.waiting.insert(sequence, event);
            }
        }
        missed
    }

    /// The next event in turn, unless the app has too many to acknowledge.
    pub fn next(&mut self, unacknowledged: u64) -> Option<Event> {
        if !self.known || self.is_full(unacknowledged) {
            return None;
        }
        let event = self.waiting.remove(&self.delivered.next())?;
        self.delivered = self.delivered.next();
        Some(event)
    }

    pub fn is_full(&self, unacknowledged: u64) -> bool {
        self.delivered.0 - self.acknowledged.0 >= unacknowledged
    }

    /// The next event in turn is there, and has not come.
    pub fn lacks(&self) -> bool {
        !self.known || (self.head > self.delivered && !self.waiting.contains_key(&self.delivered.next()))
    }
}

/// The event with which a thread begins for this user.
fn begins(event: &Event, me: &RawId) -> bool {
    match &event.kind {
        EventKind::ChatThreadCreated { .. } => true,
        EventKind::ParticipantsAdded { participants, .. } => participants.iter().any(|who| who.raw_id == *me),
        _ => false,
    }
}
