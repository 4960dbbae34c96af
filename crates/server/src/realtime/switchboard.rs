//! The one task that drives the switchboard's pure core.

use super::hub::{Event, Inbox};
use crate::config::Limits;
use crate::http::listener::stopped;
use crate::store::StoredCall;
use liaison_signaling::{
    CallId, CallRecord, EndReason, EndpointId, Switchboard, SwitchboardConfig, SwitchboardInput,
    SwitchboardOutput,
};
use std::collections::HashMap;
use std::time::Instant;
use tokio::sync::{mpsc, watch};

/// What the dispatcher does, in this order.
pub(super) enum Effect {
    Output(SwitchboardOutput),
    /// The command of this sequence is done, once all before this is written.
    Acknowledge {
        endpoint: EndpointId,
        sequence: u64,
    },
}

/// The calls that went on when the service ended, and whose records they are.
pub(super) fn restored(stored: Vec<StoredCall>) -> (Vec<CallRecord>, HashMap<CallId, String>) {
    let mut owners = HashMap::new();
    let mut calls = Vec::new();
    for call in stored {
        match serde_json::from_str::<CallRecord>(&call.record) {
            Ok(record) => {
                owners.insert(record.call, call.owner_id);
                calls.push(record);
            }
            Err(error) => tracing::error!(%error, call = call.call_id, "a stored call is not understood"),
        }
    }
    (calls, owners)
}

/// Runs until stopped, then hands out what is left.
pub(super) async fn run(
    limits: Limits,
    calls: Vec<CallRecord>,
    mut inbox: Inbox,
    effects: mpsc::Sender<Effect>,
    mut stop: watch::Receiver<bool>,
) {
    let config = SwitchboardConfig { no_answer: limits.no_answer, ..SwitchboardConfig::default() };
    let mut switchboard = Switchboard::new(config, crate::random::seed());
    if !calls.is_empty() {
        tracing::info!(calls = calls.len(), "took up the calls of the last run");
    }
    switchboard.restore(Instant::now(), calls);
    loop {
        while let Some(output) = switchboard.poll() {
            // Waits when the store is slow; then the sessions wait, and so do their clients.
            if effects.send(Effect::Output(output)).await.is_err() {
                return;
            }
        }
        let deadline = switchboard.deadline();
        let due = async {
            match deadline {
                Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
                None => std::future::pending().await,
            }
        };
        let (input, acknowledge) = tokio::select! {
            biased;
            () = stopped(&mut stop) => return,
            Some(raw_id) = inbox.removed.recv() => {
                (SwitchboardInput::Removed { raw_id, reason: EndReason::REMOVED }, None)
            }
            Some(event) = inbox.events.recv() => input(event),
            () = due => (SwitchboardInput::Tick, None),
        };
        switchboard.handle(Instant::now(), input);
        if let Some((endpoint, sequence)) = acknowledge {
            while let Some(output) = switchboard.poll() {
                if effects.send(Effect::Output(output)).await.is_err() {
                    return;
                }
            }
            let _ = effects.send(Effect::Acknowledge { endpoint, sequence }).await;
        }
    }
}

fn input(event: Event) -> (SwitchboardInput, Option<(EndpointId, u64)>) {
    match event {
        Event::Attached(input) => (input, None),
        Event::Detached(endpoint) => (SwitchboardInput::Detached { endpoint }, None),
        Event::Message { endpoint, sequence, message } => {
            (SwitchboardInput::Message { endpoint, message }, Some((endpoint, sequence)))
        }
        Event::Admission { request, decision } => (SwitchboardInput::Admission { request, decision }, None),
    }
}
