//! What to do about what happened.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use super::lane::{Lane, LaneKey, Stage};
use super::{
    Answer, Made, OutboxConfig, OutboxInput, OutboxOutput, QueueError, QueuedCommand, Record, Remote,
    Settlement,
};
use crate::backoff::Backoff;
use crate::{ClientMessageId, MessageId, ThreadId, UnixMillis};

/// The commands of one user.
#[derive(Debug)]
pub struct Outbox {
    config: OutboxConfig,
    backoff: Backoff,
    lanes: BTreeMap<LaneKey, Lane>,
    lane_of: BTreeMap<ClientMessageId, LaneKey>,
    next_order: u64,
    online: bool,
    under_way: usize,
    outputs: VecDeque<OutboxOutput>,
}

impl Outbox {
    /// Goes on from what was kept.
    #[must_use]
    pub fn new(config: OutboxConfig, mut kept: Vec<Record>) -> Self {
        kept.sort_by_key(|record| record.order);
        let mut outbox = Self {
            backoff: Backoff::new(config.retry_least, config.retry_most, config.seed),
            config,
            lanes: BTreeMap::new(),
            lane_of: BTreeMap::new(),
            next_order: kept.last().map_or(1, |last| last.order + 1),
            online: false,
            under_way: 0,
            outputs: VecDeque::new(),
        };
        kept.into_iter().for_each(|record| outbox.enqueue(record));
        // The first of each may have been sent by the earlier run.
        outbox.lanes.values_mut().for_each(|lane| lane.touched = true);
        outbox
    }

    /// Queues a command under a new random id. `thread` is `None` for a thread to be created, and only then.
    /// `queued_at` is this machine's clock.
    ///
    /// # Errors
    /// When too many wait, or one has that id.
    pub fn queue(
        &mut self,
        now: Instant,
        id: ClientMessageId,
        thread: Option<ThreadId>,
        command: QueuedCommand,
        queued_at: UnixMillis,
    ) -> Result<(), QueueError> {
        if self.lane_of.contains_key(&id) {
            return Err(QueueError::Id);
        }
        if self.lane_of.len() >= self.config.records {
            return Err(QueueError::Full(self.lane_of.len()));
        }
        let record = Record { id, thread, order: self.next_order, queued_at, tried: false, command };
        self.next_order += 1;
        self.outputs.push_back(OutboxOutput::Save(record.clone()));
        self.enqueue(record);
        self.start(now);
        Ok(())
    }

    /// Something happened.
    pub fn handle(&mut self, now: Instant, input: OutboxInput) {
        match input {
            OutboxInput::Online => self.online(),
            OutboxInput::Offline => self.online = false,
            OutboxInput::Answer { id, answer } => self.answer(now, &id, answer),
            OutboxInput::Found { id, message } => self.found(&id, message),
            OutboxInput::Cancel { id } => self.cancel(&id),
            OutboxInput::Tick => {}
        }
        self.start(now);
    }

    /// What to do next.
    pub fn poll(&mut self) -> Option<OutboxOutput> {
        self.outputs.pop_front()
    }

    /// When to call `handle(now, Tick)`.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        if !self.online || self.under_way >= self.config.requests {
            return None;
        }
        let retry = |lane: &Lane| match lane.stage {
            Stage::RetryAt { at, .. } => Some(at),
            _ => None,
        };
        self.lanes.values().filter_map(retry).min()
    }

    /// How many commands wait or are under way.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lane_of.len()
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lane_of.is_empty()
    }

    fn enqueue(&mut self, record: Record) {
        let key = LaneKey::from(&record);
        self.lane_of.insert(record.id.clone(), key.clone());
        self.lanes.entry(key).or_insert_with(Lane::new).records.push_back(record);
    }

    fn online(&mut self) {
        self.online = true;
        // What waited for its time may have waited for the network; but not what the service asked to wait.
        for lane in self.lanes.values_mut() {
            if matches!(lane.stage, Stage::RetryAt { asked: false, .. }) {
                lane.stage = Stage::Idle;
            }
        }
    }

    /// The lane whose first command is this one and under way.
    fn under_way(&mut self, id: &ClientMessageId) -> Option<&mut Lane> {
        let lane = self.lanes.get_mut(self.lane_of.get(id)?)?;
        let first = lane.records.front().is_some_and(|record| record.id == *id);
        (first && lane.stage == Stage::UnderWay).then_some(lane)
    }

    fn answer(&mut self, now: Instant, id: &ClientMessageId, answer: Answer) {
        let Some(lane) = self.under_way(id) else { return };
        match answer {
            Answer::Done(made) => self.settle(id, Settlement::Done(made)),
            Answer::Refused { status } => self.settle(id, Settlement::Refused { status }),
            Answer::Unauthorized => {
                lane.stage = Stage::Idle;
                self.under_way -= 1;
                self.online = false;
            }
            Answer::Failed { retry_after } => self.failed(now, id, retry_after),
        }
    }

    fn failed(&mut self, now: Instant, id: &ClientMessageId, retry_after: Option<Duration>) {
        let Some(lane) = self.under_way(id) else { return };
        lane.failures = lane.failures.saturating_add(1);
        let failures = lane.failures;
        let at = now + self.backoff.wait(failures, retry_after);
        if let Some(lane) = self.under_way(id) {
            lane.stage = Stage::RetryAt { at, asked: retry_after.is_some() };
            self.under_way -= 1;
        }
    }

    fn found(&mut self, id: &ClientMessageId, message: Option<MessageId>) {
        let Some(lane) = self.under_way(id) else { return };
        match (message, lane.records.front()) {
            (Some(message), _) => self.settle(id, Settlement::Done(Made::Message(message))),
            (None, Some(record)) => {
                let record = record.clone();
                self.outputs.push_back(OutboxOutput::Transmit(record));
            }
            (None, None) => {}
        }
    }

    fn cancel(&mut self, id: &ClientMessageId) {
        let Some(lane) = self.lane_of.get(id).and_then(|key| self.lanes.get(key)) else { return };
        let first = lane.records.front().is_some_and(|record| record.id == *id);
        if !(first && lane.touched) {
            self.settle(id, Settlement::Cancelled);
        }
    }

    fn settle(&mut self, id: &ClientMessageId, settlement: Settlement) {
        let Some(key) = self.lane_of.remove(id) else { return };
        let Some(lane) = self.lanes.get_mut(&key) else { return };
        if lane.records.front().is_some_and(|record| record.id == *id) {
            if lane.stage == Stage::UnderWay {
                self.under_way -= 1;
            }
            *lane = Lane { records: std::mem::take(&mut lane.records), ..Lane::new() };
        }
        lane.records.retain(|record| record.id != *id);
        if lane.records.is_empty() {
            self.lanes.remove(&key);
        }
        self.outputs.push_back(OutboxOutput::Settle { id: id.clone(), settlement });
    }

    /// Starts what can be, the oldest first.
    fn start(&mut self, now: Instant) {
        while self.online && self.under_way < self.config.requests {
            let ready = |lane: &Lane| match lane.stage {
                Stage::Idle => true,
                Stage::UnderWay => false,
                Stage::RetryAt { at, .. } => at <= now,
            };
            let order = |lane: &Lane| lane.records.front().map_or(u64::MAX, |record| record.order);
            let oldest = self.lanes.values_mut().filter(|lane| ready(lane)).min_by_key(|lane| order(lane));
            let Some(lane) = oldest else { return };
            let Some(record) = lane.records.front_mut() else { return };
            (lane.stage, lane.touched) = (Stage::UnderWay, true);
            self.under_way += 1;
            let guarded = self.config.remote == Remote::Acs && record.is_message();
            match (guarded && record.tried, &record.thread) {
                (true, Some(thread)) => self.outputs.push_back(OutboxOutput::Search {
                    id: record.id.clone(),
                    thread: thread.clone(),
                    since: record.queued_at,
                }),
                _ => {
                    if guarded {
                        record.tried = true;
                        self.outputs.push_back(OutboxOutput::Save(record.clone()));
                    }
                    self.outputs.push_back(OutboxOutput::Transmit(record.clone()));
                }
            }
        }
    }
}
