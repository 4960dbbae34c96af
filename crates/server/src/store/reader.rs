//! Reading threads, each with a connection of its own: a read never waits for a flush.

use super::error::StoreError;
use rusqlite::Connection;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use tokio::sync::{mpsc, oneshot};

/// How many reads may wait. Further ones wait in their caller.
const QUEUE: usize = 1024;

/// What a thread is given. `None` ends it.
type Job = Option<Box<dyn FnOnce(&Connection) + Send>>;

/// Where reads are handed in.
#[derive(Clone)]
pub(super) struct Readers {
    jobs: mpsc::Sender<Job>,
}

impl Readers {
    /// One thread for each connection. They end when they are stopped or the last [`Readers`] is gone.
    pub(super) fn start(connections: Vec<Connection>) -> std::io::Result<(Self, Vec<JoinHandle<()>>)> {
        let (jobs, queue) = mpsc::channel::<Job>(QUEUE);
        let queue = Arc::new(Mutex::new(queue));
        let start = |connection: Connection| {
            let queue = Arc::clone(&queue);
            let take = move || queue.lock().unwrap_or_else(PoisonError::into_inner).blocking_recv();
            std::thread::Builder::new().name("liaison-read".to_owned()).spawn(move || {
                while let Some(Some(job)) = take() {
                    // A panicking read drops its answer, which its caller sees as an error.
                    if catch_unwind(AssertUnwindSafe(|| job(&connection))).is_err() {
                        tracing::error!("a read of the database panicked");
                    }
                }
            })
        };
        let threads = connections.into_iter().map(start).collect::<Result<_, _>>()?;
        Ok((Self { jobs }, threads))
    }

    /// Runs `use_case` on one consistent state of the database.
    pub(super) async fn read<T, F>(&self, use_case: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let (answer, outcome) = oneshot::channel();
        let job: Job = Some(Box::new(move |connection| {
            let _ = answer.send(within_snapshot(connection, use_case));
        }));
        self.jobs.send(job).await.map_err(|_| StoreError::Closed)?;
        outcome.await.map_err(|_| StoreError::Database("a read did not finish".to_owned()))?
    }

    /// Lets one thread end after what was handed in before.
    pub(super) async fn stop_one(&self) {
        let _ = self.jobs.send(None).await;
    }
}

fn within_snapshot<T>(
    connection: &Connection,
    use_case: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let snapshot = connection.unchecked_transaction()?;
    let result = use_case(connection);
    snapshot.finish()?;
    result
}
