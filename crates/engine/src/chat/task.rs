//! The task that carries the app's chat commands out.

use std::sync::Arc;

use liaison_chat::ThreadId;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use super::lanes::Lanes;
use super::request::Request;
use super::rest::Rest;
use super::{ChatError, ChatResult};
use crate::engine::Shared;
use crate::event::{Event, OperationId};
use crate::net::Route;

/// A command on its way to the task.
pub(crate) struct Job {
    pub(super) operation: OperationId,
    pub(super) request: Request,
}

pub(crate) struct ChatTask {
    shared: Arc<Shared>,
    rest: Arc<Rest>,
    inbox: mpsc::Receiver<Job>,
    lanes: Lanes<Job>,
    /// The lane that each leaves free.
    running: JoinSet<Option<ThreadId>>,
}

impl ChatTask {
    pub(crate) fn new(
        route: Route,
        shared: Arc<Shared>,
        inbox: mpsc::Receiver<Job>,
        tokens: watch::Receiver<Option<String>>,
    ) -> Self {
        let rest = Arc::new(Rest::new(route, tokens));
        Self { shared, rest, inbox, lanes: Lanes::default(), running: JoinSet::new() }
    }

    /// Until the engine ends.
    pub(crate) async fn run(mut self) {
        loop {
            tokio::select! {
                job = self.inbox.recv() => match job {
                    Some(job) => self.lanes.push(job.request.lane().cloned(), job),
                    None => return,
                },
                Some(ended) = self.running.join_next() => match ended {
                    Ok(lane) => self.lanes.done(lane),
                    Err(error) if error.is_panic() => return self.shared.queue.poison(),
                    Err(_) => return,
                },
            }
            while let Some((lane, job)) = self.lanes.next() {
                self.begin(lane, job);
            }
        }
    }

    fn begin(&mut self, lane: Option<ThreadId>, Job { operation, request }: Job) {
        let (rest, shared) = (Arc::clone(&self.rest), Arc::clone(&self.shared));
        self.running.spawn(async move {
            let result = tokio::select! {
                result = rest.perform(request) => result,
                () = rest.signed_out() => Err(ChatError::Cancelled),
            };
            tell(&shared, operation, result);
            lane
        });
    }
}

fn tell(shared: &Shared, operation: OperationId, result: Result<ChatResult, ChatError>) {
    if matches!(result, Err(ChatError::TokenRefused(_))) {
        shared.queue.push(Event::TokenExpiring { remaining: std::time::Duration::ZERO });
    }
    shared.queue.push(Event::ChatDone { operation, result: result.map(Box::new) });
}
