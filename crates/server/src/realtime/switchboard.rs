//! The one task that drives the switchboard's pure core.

use super::acks::Acks;
use super::hub::{Event, Inbox};
use crate::config::Limits;
use crate::http::listener::stopped;
use crate::store::StoredCall;
use liaison_signaling::{
    AdmissionRequest, CallId, CallRecord, EndReason, EndpointId, Switchboard, SwitchboardConfig,
    SwitchboardInput, SwitchboardOutput,
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
    effects: mpsc::Sender<Vec<Effect>>,
    mut stop: watch::Receiver<bool>,
) {
    let config = SwitchboardConfig { no_answer: limits.no_answer, ..SwitchboardConfig::default() };
    let mut switchboard = Switchboard::new(config, crate::random::seed());
    if !calls.is_empty() {
        tracing::info!(calls = calls.len(), "took up the calls of the last run");
    }
    switchboard.restore(Instant::now(), calls);
    let mut acks = Acks::default();
    let mut done = None;
    loop {
        let mut batch = Vec::new();
        let mut asked = Vec::new();
        while let Some(output) = switchboard.poll() {
            if let SwitchboardOutput::Admit { request, .. } = &output {
                asked.push(*request);
            }
            batch.push(Effect::Output(output));
        }
        let acknowledged = match done.take() {
            Some(Done::Message(endpoint, sequence)) => {
                acks.taken(endpoint, sequence, &asked).map(|sequence| (endpoint, sequence))
            }
            Some(Done::Admission(request)) => acks.decided(request),
            None => None,
        };
        if let Some((endpoint, sequence)) = acknowledged {
            batch.push(Effect::Acknowledge { endpoint, sequence });
        }
        // Waits when the store is slow; then the sessions wait, and so do their clients.
        if !batch.is_empty() && effects.send(batch).await.is_err() {
            return;
        }
        let deadline = switchboard.deadline();
        let due = async {
            match deadline {
                Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
                None => std::future::pending().await,
            }
        };
        let input = tokio::select! {
            biased;
            () = stopped(&mut stop) => return,
            Some(raw_id) = inbox.removed.recv() => {
                SwitchboardInput::Removed { raw_id, reason: EndReason::REMOVED }
            }
            Some(event) = inbox.events.recv() => match event {
                Event::Presence(input) => input,
                Event::Ended { endpoint, goodbye } => {
                    acks.forget(endpoint);
                    match goodbye {
                        true => SwitchboardInput::Goodbye { endpoint },
                        false => SwitchboardInput::Detached { endpoint },
                    }
                }
                Event::Message { endpoint, sequence, message } => {
                    done = Some(Done::Message(endpoint, sequence));
                    SwitchboardInput::Message { endpoint, message }
                }
                Event::Done { endpoint, sequence } => {
                    done = Some(Done::Message(endpoint, sequence));
                    continue;
                }
                Event::Admission { request, decision } => {
                    done = Some(Done::Admission(request));
                    SwitchboardInput::Admission { request, decision }
                }
            },
            () = due => SwitchboardInput::Tick,
        };
        switchboard.handle(Instant::now(), input);
    }
}

/// What was done with the last input.
enum Done {
    Message(EndpointId, u64),
    Admission(AdmissionRequest),
}
