//! Who tells webhooks: one task for each, and in it one for each thread that is being told.

use super::dead_letters::DeadLetters;
use super::sender::{Fault, Sender};
use super::telling::bodies;
use super::{Bell, WebhookLimits};
use crate::clock;
use crate::http::listener::stopped;
use crate::metrics::Metrics;
use crate::operations::Operations;
use crate::store::{Due, Member, Store, StoreError, Webhook, WebhookKey};
use liaison_chat::{Event, ThreadId, UnixMillis};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::{Id, JoinSet};

/// How many events are read from the log at once, and how often before other threads have their turn.
const READ: u32 = 16;
const ROUNDS: usize = 8;
/// How long to wait after the service's own failure.
const OWN_FAULT: Duration = Duration::from_secs(2);
/// The longest sleep: the clock may be set meanwhile.
const NAP: Duration = Duration::from_secs(60);

/// Tells webhooks.
pub(crate) struct Courier {
    store: Arc<dyn Store>,
    bell: Arc<Bell>,
    limits: WebhookLimits,
    metrics: Arc<Metrics>,
    dead: DeadLetters,
}

/// What all tasks of one webhook share.
struct Round {
    courier: Arc<Courier>,
    sender: Arc<Sender>,
    hook: Webhook,
}

impl Courier {
    pub(crate) fn new(operations: &Operations, limits: WebhookLimits, metrics: Arc<Metrics>) -> Self {
        let dead = DeadLetters::new(&operations.folder, limits.dead_letter_bytes);
        let (store, bell) = (operations.store.clone(), Arc::clone(&operations.bell));
        Self { store, bell, limits, metrics, dead }
    }

    /// Tells until `stop`. What is being told then is told again after the next start.
    pub(crate) async fn run(self, mut stop: watch::Receiver<bool>) {
        tokio::select! {
            () = Arc::new(self).work() => {}
            () = stopped(&mut stop) => {}
        }
    }

    async fn work(self: Arc<Self>) {
        let mut changed = self.bell.hear_hooks();
        let mut sender: Option<Arc<Sender>> = None;
        // Dropping a set ends its task.
        let mut running: HashMap<WebhookKey, JoinSet<()>> = HashMap::new();
        loop {
            changed.borrow_and_update();
            match self.store.webhooks().await {
                Ok(hooks) => {
                    running.retain(|key, _| hooks.iter().any(|hook| hook.key == *key));
                    for hook in hooks {
                        let Some(sender) = self.sender(&mut sender) else { break };
                        running.entry(hook.key.clone()).or_insert_with(|| {
                            let round = Round { courier: Arc::clone(&self), sender, hook };
                            let mut task = JoinSet::new();
                            task.spawn(Arc::new(round).tell());
                            task
                        });
                    }
                }
                Err(error) => tracing::error!(%error, "the webhooks could not be read"),
            }
            // Again after a while: a file that was missing may be there, a task that panicked may be started anew.
            tokio::select! {
                _ = changed.changed() => {}
                () = tokio::time::sleep(NAP) => {
                    running.retain(|_, task| task.try_join_next().is_none());
                }
            }
        }
    }

    /// Made when the first webhook needs it: it reads the system's authorities.
    fn sender(&self, made: &mut Option<Arc<Sender>>) -> Option<Arc<Sender>> {
        if made.is_none() {
            match Sender::new(&self.limits) {
                Ok(sender) => *made = Some(Arc::new(sender)),
                Err(error) => tracing::error!(%error, "webhooks cannot be told"),
            }
        }
        made.clone()
    }
}

impl Round {
    async fn tell(self: Arc<Self>) {
        let (store, most) = (&self.courier.store, self.courier.limits.threads.max(1));
        let mut rung = self.courier.bell.hear_events();
        let mut tasks: JoinSet<()> = JoinSet::new();
        let mut busy: HashMap<Id, ThreadId> = HashMap::new();
        loop {
            rung.borrow_and_update();
            // Those being told may be among them.
            let due = store.webhook_due(self.hook.key.clone(), most * 2 + 1).await.unwrap_or_else(|error| {
                tracing::error!(%error, "what is owed to a webhook could not be read");
                Vec::new()
            });
            let (now, mut next) = (clock::now_ms(), NAP);
            for due in due {
                if busy.len() >= most || busy.values().any(|thread| *thread == due.thread) {
                    continue;
                }
                if due.due_ms > now {
                    next = Duration::from_millis(due.due_ms.abs_diff(now)).min(NAP);
                    break;
                }
                let thread = due.thread.clone();
                let task = tasks.spawn(Arc::clone(&self).tell_thread(due));
                busy.insert(task.id(), thread);
            }
            tokio::select! {
                Some(ended) = tasks.join_next_with_id() => {
                    let id = ended.map_or_else(|panicked| panicked.id(), |(id, ())| id);
                    busy.remove(&id);
                }
                Ok(()) = rung.changed(), if busy.len() < most => {}
                () = tokio::time::sleep(next) => {}
            }
        }
    }

    /// Tells what is owed of one thread, until nothing is or something fails.
    async fn tell_thread(self: Arc<Self>, due: Due) {
        if let Err(error) = self.try_thread(due).await {
            tracing::error!(%error, webhook = %self.hook.key.id, "a webhook could not be told");
            tokio::time::sleep(OWN_FAULT).await;
        }
    }

    async fn try_thread(&self, due: Due) -> Result<(), StoreError> {
        let Due { thread, mut told, mut attempts, .. } = due;
        let (store, key) = (&self.courier.store, &self.hook.key);
        for _ in 0..ROUNDS {
            let owing = store.webhook_owing(thread.clone(), told, READ).await?;
            if owing.events.is_empty() && !store.webhook_told(key.clone(), thread.clone(), told).await? {
                return Ok(());
            }
            for owed in &owing.events {
                if let Some(event) = &owed.event {
                    attempts += 1;
                    let outcome = self.tell_event(event, &owing.members, owing.created_at, attempts).await;
                    self.count(&outcome);
                    if let Err(fault) = outcome
                        && !self.give_up(event, fault, attempts).await?
                    {
                        return Ok(());
                    }
                }
                (told, attempts) = (owed.sequence, 0);
                if !store.webhook_told(key.clone(), thread.clone(), told).await? {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    async fn tell_event(
        &self,
        event: &Event,
        members: &[Member],
        created_at: UnixMillis,
        attempt: u32,
    ) -> Result<(), Fault> {
        let most = self.courier.limits.request_bytes;
        for body in bodies(&self.hook, event, members, created_at, most) {
            self.sender.post(&self.hook, attempt, body).await?;
        }
        Ok(())
    }

    /// After a failure: notes when it is tried again, or keeps it among the dead letters and says so.
    async fn give_up(&self, event: &Event, fault: Fault, attempts: u32) -> Result<bool, StoreError> {
        let (limits, webhook) = (&self.courier.limits, &self.hook.key.id);
        let age = u64::try_from(clock::now_ms()).unwrap_or(0).saturating_sub(event.at.0);
        let last =
            fault.is_final() || attempts >= limits.attempts || Duration::from_millis(age) > limits.oldest;
        if last {
            let kept = self.courier.dead.keep(&self.hook.key, event, attempts, fault.to_string()).await;
            match kept {
                Ok(()) => {
                    tracing::warn!(%webhook, %fault, "an event was given up; it is among the dead letters");
                    self.courier.metrics.webhook("dead");
                    return Ok(true);
                }
                Err(error) => tracing::error!(%webhook, %error, "a dead letter could not be kept"),
            }
        }
        tracing::debug!(%webhook, %fault, attempts, "a webhook was not told; it is tried again");
        let pause = limits.pause(attempts, fault.retry_after());
        let due_ms = clock::now_ms().saturating_add(i64::try_from(pause.as_millis()).unwrap_or(i64::MAX));
        let (key, thread) = (self.hook.key.clone(), event.thread.clone());
        self.courier.store.webhook_failed(key, thread, attempts, due_ms).await?;
        Ok(false)
    }

    fn count(&self, outcome: &Result<(), Fault>) {
        self.courier.metrics.webhook(if outcome.is_ok() { "told" } else { "failed" });
    }
}
