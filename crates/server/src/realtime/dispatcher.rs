//! Does what the switchboard decided: writes first, then speaks.

use super::admission::admission;
use super::hub::{Event, Hub, Mail};
use super::switchboard::Effect;
use crate::account::Account;
use crate::config::Rate;
use crate::metrics::Metrics;
use crate::operations::Operations;
use crate::rate::Bucket;
use crate::store::{NewAudit, Owner, PushChange, StoredCall, SwitchboardWrites};
use liaison_identity::RawId;
use liaison_signaling::{AuditEvent, CallId, CallPhase, CallRecord, EndReason, SwitchboardOutput};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// How many inputs' decisions share one transaction at most.
const GROUP: usize = 256;
/// How long to wait before a failed write is tried again.
const RETRY: Duration = Duration::from_secs(1);
/// How much one user may write into the audit log; a flood leaves a line in the service's log instead.
const AUDIT: Rate = Rate::new(240, 60);
/// How many users' audit rates are kept.
const AUDITED: usize = 100_000;

pub(super) struct Dispatcher {
    operations: Arc<Operations>,
    hub: Arc<Hub>,
    metrics: Arc<Metrics>,
    /// Whose records the calls that go on are.
    owners: HashMap<CallId, String>,
    audited: HashMap<RawId, Bucket>,
}

impl Dispatcher {
    pub(super) fn new(
        operations: Arc<Operations>,
        hub: Arc<Hub>,
        metrics: Arc<Metrics>,
        owners: HashMap<CallId, String>,
    ) -> Self {
        Self { operations, hub, metrics, owners, audited: HashMap::new() }
    }

    /// Runs until the switchboard is gone and everything is written.
    pub(super) async fn run(mut self, mut decided: mpsc::Receiver<Vec<Effect>>) {
        let mut group = Vec::with_capacity(GROUP);
        while decided.recv_many(&mut group, GROUP).await > 0 {
            let writes = self.writes(&group).await;
            if !writes.is_empty() {
                self.commit(writes).await;
            }
            self.metrics.set_calls(self.owners.len());
            for batch in group.drain(..) {
                batch.into_iter().for_each(|effect| self.act(effect));
                // Sessions on the same thread empty their mail meanwhile.
                tokio::task::yield_now().await;
            }
        }
    }

    /// Nothing that depends on a write is said before it is kept: a failing disk stops the calls'
    /// signaling, not their media, until it works again.
    async fn commit(&self, writes: SwitchboardWrites) {
        while let Err(error) = self.operations.store.commit(writes.clone()).await {
            self.hub.set_healthy(false);
            tracing::error!(%error, "the switchboard's decisions cannot be written: trying again");
            tokio::time::sleep(RETRY).await;
        }
        self.hub.set_healthy(true);
    }

    async fn writes(&mut self, group: &[Vec<Effect>]) -> SwitchboardWrites {
        let mut writes = SwitchboardWrites::default();
        for effect in group.iter().flatten() {
            let Effect::Output(output) = effect else { continue };
            match output {
                SwitchboardOutput::Commit(record) => {
                    let call = self.stored(record).await;
                    // Of several records of a call the last one counts.
                    writes.calls.retain(|earlier| earlier.call_id != call.call_id);
                    writes.calls.push(call);
                }
                SwitchboardOutput::Audit { call, from, to, event } if !is_told_by_refusal(event) => {
                    let line = audit_line(*call, from, to, event);
                    let cause = if line.outcome == "refused" { &*line.reason } else { "" };
                    self.metrics.call(line.outcome, cause);
                    if self.may_audit(from) {
                        writes.audit.push(line);
                    }
                }
                SwitchboardOutput::Push { raw_id, device, push } => {
                    if let Some(account) = Account::of(raw_id.as_str()) {
                        let push = push.as_ref().map(|push| (push.provider.clone(), push.address.clone()));
                        writes.push.push(PushChange { account, device: device.to_string(), push });
                    }
                }
                _ => {}
            }
        }
        writes
    }

    async fn stored(&mut self, record: &CallRecord) -> StoredCall {
        let live = record.phase != CallPhase::Ended;
        let owner_id = match self.owners.get(&record.call) {
            Some(owner) => owner.clone(),
            None => self.owner(&record.from).await,
        };
        match live {
            true => self.owners.insert(record.call, owner_id.clone()),
            false => self.owners.remove(&record.call),
        };
        let record_text = serde_json::to_string(record).unwrap_or_else(|error| {
            tracing::error!(%error, "a call's record could not be written as text");
            String::new()
        });
        StoredCall { owner_id, call_id: record.call.to_string(), record: record_text, live }
    }

    async fn owner(&self, raw_id: &RawId) -> String {
        let Some(account) = Account::of(raw_id.as_str()) else { return String::new() };
        self.operations.store.owner_of(&account).await.ok().flatten().unwrap_or_default()
    }

    fn may_audit(&mut self, actor: &RawId) -> bool {
        let now = Instant::now();
        if self.audited.len() >= AUDITED {
            self.audited.clear();
        }
        let bucket = self.audited.entry(actor.clone()).or_insert_with(|| Bucket::full(AUDIT, now));
        let may = bucket.take(AUDIT, now).is_ok();
        if !may {
            tracing::warn!("a user's attempts come too fast for the audit log: some are left out");
        }
        may
    }

    fn act(&self, effect: Effect) {
        match effect {
            Effect::Acknowledge { endpoint, sequence } => {
                self.hub.deliver(endpoint, Mail::Acknowledge { sequence });
            }
            Effect::Output(SwitchboardOutput::Send { endpoint, message }) => {
                self.hub.deliver(endpoint, Mail::Deliver(Box::new(message)));
            }
            Effect::Output(SwitchboardOutput::Admit { request, from, to, .. }) => {
                let (operations, events) = (Arc::clone(&self.operations), self.hub.events.clone());
                tokio::spawn(async move {
                    let decision = admission(&operations, &from, &to).await;
                    let _ = events.send(Event::Admission { request, decision }).await;
                });
            }
            Effect::Output(SwitchboardOutput::Wake { call, .. }) => {
                // No push service is configured yet: the call rings when the app connects by itself.
                tracing::debug!(%call, "a call waits for a device to wake");
            }
            // Written before.
            Effect::Output(_) => {}
        }
    }
}

/// A refused call ends as well; the line about the refusal says more.
fn is_told_by_refusal(event: &AuditEvent) -> bool {
    matches!(event, AuditEvent::Ended { reason }
        if [EndReason::FEDERATION_REFUSED, EndReason::FEDERATION_RESOURCE_REFUSED].contains(reason))
}

fn audit_line(call: CallId, from: &RawId, to: &RawId, event: &AuditEvent) -> NewAudit {
    let (action, outcome, reason, actor) = match event {
        AuditEvent::Admitted => ("call", "allowed", String::new(), from),
        AuditEvent::Refused { cause } => ("call", "refused", cause.clone(), from),
        AuditEvent::Answered { by } => ("call", "answered", String::new(), by),
        AuditEvent::Ended { reason } => {
            ("call", "ended", format!("{}/{}", reason.code, reason.sub_code), from)
        }
        AuditEvent::Recording { state, by } => {
            ("recording", "changed", format!("{state:?}").to_lowercase(), by)
        }
        AuditEvent::NotAParticipant { who } => ("call", "refused", "not-a-participant".to_owned(), who),
        _ => ("call", "unknown", String::new(), from),
    };
    NewAudit {
        owner: Owner::Parties,
        action,
        outcome,
        reason: reason.into(),
        actor: actor.to_string(),
        target: if actor == to { from.to_string() } else { to.to_string() },
        call: Some(call.to_string()),
    }
}
