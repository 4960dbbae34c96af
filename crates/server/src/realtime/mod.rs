//! The realtime connection: a WebSocket for each client, a session for each engine, one switchboard.
//!
//! ```text
//! socket ── session task (link::Server) ──► switchboard task ──► dispatcher ──► store
//!                      ▲                                             │
//!                      └──────── mail: deliver, acknowledge ─────────┘   after the commit
//! ```
//! The dispatcher writes what the switchboard decided before anybody hears of it, and takes
//! everything that waits into one transaction. Every queue is bounded: a slow client loses its
//! socket and may resume, a slow disk slows the clients down.

mod acks;
mod admission;
mod chat;
mod connect;
mod dispatcher;
mod fanout;
mod hub;
pub(crate) mod push;
mod queue;
mod session;
mod socket;
mod switchboard;

pub(crate) use connect::upgrade;
pub(crate) use fanout::Fanout;
pub(crate) use hub::Hub;

use crate::config::Limits;
use crate::metrics::Metrics;
use crate::operations::Operations;
use std::sync::Arc;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

/// How many things may wait for the switchboard, and how many of its decisions for the dispatcher.
const QUEUE: usize = 1024;

/// The tasks behind the hub.
pub(crate) struct Realtime {
    switchboard: JoinHandle<()>,
    dispatcher: JoinHandle<()>,
    fanout: JoinHandle<()>,
    stop: watch::Sender<bool>,
}

impl Realtime {
    /// Restores the calls that went on when the service ended, and starts the tasks.
    pub(crate) async fn start(
        operations: Arc<Operations>,
        hub: Arc<Hub>,
        inbox: hub::Inbox,
        fanout: Arc<Fanout>,
        metrics: Arc<Metrics>,
        limits: &Limits,
    ) -> Result<Self, crate::store::StoreError> {
        let (tell, told) = mpsc::channel(fanout::QUEUE);
        operations.store.tell(tell);
        let fanout = tokio::spawn(fanout.run(operations.store.clone(), Arc::clone(&operations.bell), told));
        let (effects, decided) = mpsc::channel(QUEUE);
        let (stop, stopped) = watch::channel(false);
        let stored = operations.store.live_calls().await?;
        let (calls, owners) = switchboard::restored(stored);
        let switchboard = tokio::spawn(switchboard::run(limits.clone(), calls, inbox, effects, stopped));
        let dispatcher =
            tokio::spawn(dispatcher::Dispatcher::new(operations, hub, metrics, owners).run(decided));
        Ok(Self { switchboard, dispatcher, fanout, stop })
    }

    /// Stops the switchboard, and waits until its last decisions are written.
    pub(crate) async fn stop(mut self) {
        let _ = self.stop.send(true);
        let _ = (&mut self.switchboard).await;
        let _ = (&mut self.dispatcher).await;
    }
}

impl Drop for Realtime {
    fn drop(&mut self) {
        self.switchboard.abort();
        self.dispatcher.abort();
        self.fanout.abort();
    }
}
