//! The one writer thread. It takes what waits, does it all in one transaction, and answers when that is
//! on the disk: many writers share one flush (group commit).

use super::error::StoreError;
use super::standings::Standings;
use liaison_chat::Event;
use rusqlite::Connection;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};
use tokio::sync::{mpsc, oneshot};

/// How many writes may wait. Further ones wait in their caller.
const QUEUE: usize = 1024;
/// How many share one transaction at most, which bounds how long the first waits.
const GROUP: usize = 256;

/// One use of the store, of whatever result type.
trait Job: Send {
    /// Does its part of the open transaction; returns what tells the caller once the outcome is known.
    fn run(self: Box<Self>, connection: &Connection) -> Answer;
    /// Tells the caller that nothing was done.
    fn refuse(self: Box<Self>, error: StoreError);
}

type Answer = Box<dyn FnOnce(Result<(), StoreError>)>;

/// What a use case wants told once it is on the disk.
pub(crate) type Told = Vec<Event>;

struct Write<T, F> {
    use_case: F,
    events: Arc<OnceLock<mpsc::Sender<Event>>>,
    answer: oneshot::Sender<Result<T, StoreError>>,
}

impl<T, F> Job for Write<T, F>
where
    T: Send + 'static,
    F: FnOnce(&Connection) -> Result<(T, Told), StoreError> + Send,
{
    fn run(self: Box<Self>, connection: &Connection) -> Answer {
        let Self { use_case, events, answer } = *self;
        let result = within_savepoint(connection, use_case);
        Box::new(move |committed| {
            let result = committed.and(result).map(|(value, told)| {
                // In the order of the commits. Whoever takes them never waits for a client.
                if let Some(events) = events.get() {
                    told.into_iter().for_each(|event| drop(events.blocking_send(event)));
                }
                value
            });
            let _ = answer.send(result);
        })
    }

    fn refuse(self: Box<Self>, error: StoreError) {
        let _ = self.answer.send(Err(error));
    }
}

/// What the thread is given. `None` ends it, once all before is done.
type Item = Option<Box<dyn Job>>;

/// Where writes are handed in.
#[derive(Clone)]
pub(super) struct Writer {
    jobs: mpsc::Sender<Item>,
    events: Arc<OnceLock<mpsc::Sender<Event>>>,
}

impl Writer {
    /// Starts the thread. It ends, with the file closed, when it is stopped or the last [`Writer`] is gone.
    pub(super) fn start(
        connection: Connection,
        standings: Arc<Standings>,
    ) -> std::io::Result<(Self, std::thread::JoinHandle<()>)> {
        let (jobs, queue) = mpsc::channel(QUEUE);
        let thread = std::thread::Builder::new()
            .name("liaison-store".to_owned())
            .spawn(move || run(&connection, queue, &standings))?;
        Ok((Self { jobs, events: Arc::default() }, thread))
    }

    /// Whoever is told of events from now on. Only the first is.
    pub(super) fn tell(&self, events: mpsc::Sender<Event>) {
        let _ = self.events.set(events);
    }

    /// Tells of what is not written.
    pub(super) async fn pass(&self, told: Told) {
        let Some(sender) = self.events.get() else { return };
        for event in told {
            let _ = sender.send(event).await;
        }
    }

    /// Runs `use_case`; when it fails nothing of it is kept. Returns when its effect is on the disk and
    /// its events are handed on.
    pub(super) async fn write<T, F>(&self, use_case: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<(T, Told), StoreError> + Send + 'static,
    {
        let (answer, outcome) = oneshot::channel();
        let write = Write { use_case, events: Arc::clone(&self.events), answer };
        self.jobs.send(Some(Box::new(write))).await.map_err(|_| StoreError::Closed)?;
        outcome.await.map_err(|_| StoreError::Closed)?
    }

    /// Lets the thread end after what was handed in before.
    pub(super) async fn stop(&self) {
        let _ = self.jobs.send(None).await;
    }
}

fn run(connection: &Connection, mut queue: mpsc::Receiver<Item>, standings: &Standings) {
    let mut group: Vec<Item> = Vec::with_capacity(GROUP);
    let mut stopped = false;
    while !stopped && queue.blocking_recv_many(&mut group, GROUP) > 0 {
        stopped = group.iter().any(Option::is_none);
        let jobs = group.drain(..).map_while(|item| item);
        if let Err(error) = transact(connection, jobs, standings) {
            tracing::error!(%error, "a write to the database failed");
        }
    }
    // Leaves one file behind, without a log beside it.
    let _ = connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)");
}

fn transact(
    connection: &Connection,
    group: impl Iterator<Item = Box<dyn Job>>,
    standings: &Standings,
) -> Result<(), StoreError> {
    if let Err(error) = connection.execute_batch("BEGIN IMMEDIATE") {
        let error = StoreError::from(error);
        group.for_each(|job| job.refuse(error.clone()));
        return Err(error);
    }
    let mut answers: Vec<Answer> = Vec::new();
    for job in group {
        // After some errors, such as a full disk, SQLite rolls the whole transaction back by itself.
        match connection.is_autocommit() && !answers.is_empty() {
            true => job.refuse(StoreError::Full),
            false => answers.push(job.run(connection)),
        }
    }
    if connection.is_autocommit() {
        answers.into_iter().for_each(|answer| answer(Err(StoreError::Full)));
        return Err(StoreError::Full);
    }
    let outcome = connection.execute_batch("COMMIT").map_err(|error| {
        // SQLite has rolled back by itself after some errors; then this one says so and changes nothing.
        let _ = connection.execute_batch("ROLLBACK");
        StoreError::from(error)
    });
    standings.settle();
    answers.into_iter().for_each(|answer| answer(outcome.clone()));
    outcome
}

fn within_savepoint<T>(
    connection: &Connection,
    use_case: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    step(connection, "SAVEPOINT use_case")?;
    let result = catch_unwind(AssertUnwindSafe(|| use_case(connection))).unwrap_or_else(|panic| {
        Err(StoreError::Database(format!("a use of the store panicked: {}", panic_text(&*panic))))
    });
    if result.is_err() {
        step(connection, "ROLLBACK TO use_case")?;
    }
    step(connection, "RELEASE use_case")?;
    result
}

fn step(connection: &Connection, statement: &str) -> rusqlite::Result<usize> {
    connection.prepare_cached(statement)?.execute([])
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let owned = || panic.downcast_ref::<String>().map(String::as_str);
    panic.downcast_ref::<&str>().copied().or_else(owned).unwrap_or("no text")
}
