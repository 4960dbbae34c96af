//! The task that carries the app's chat commands out, and brings the user's events.

use std::sync::Arc;
use std::time::{Duration, Instant};

use liaison_chat::link::EventPage;
use liaison_chat::sync::SyncInput;
use liaison_chat::{EventSequence, ThreadId};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use super::feed::{Feed, LinkNews, Wanted};
use super::lanes::Lanes;
use super::request::Request;
use super::rest::Rest;
use super::{ChatError, ChatResult};
use crate::control;
use crate::engine::Shared;
use crate::event::{Event, OperationId};
use crate::net::Route;

/// What the app's threads ask the task for.
pub(crate) enum ChatInput {
    Job(Job),
    /// The app is done with the thread's events up to this one.
    Acknowledge {
        thread: ThreadId,
        sequence: EventSequence,
    },
}

/// A command on its way to the task.
pub(crate) struct Job {
    pub(super) operation: OperationId,
    pub(super) request: Request,
}

/// What has ended.
enum Ended {
    /// A command; the lane that it leaves free.
    Command(Option<ThreadId>),
    Read(ThreadId, Result<EventPage, ChatError>),
}

pub(crate) struct ChatTask {
    shared: Arc<Shared>,
    rest: Arc<Rest>,
    inbox: mpsc::Receiver<ChatInput>,
    link: mpsc::UnboundedReceiver<LinkNews>,
    tokens: watch::Receiver<Option<String>>,
    lanes: Lanes<Job>,
    feed: Feed,
    seed: u64,
    running: JoinSet<Ended>,
}

impl ChatTask {
    pub(crate) fn new(
        route: Route,
        shared: Arc<Shared>,
        inbox: mpsc::Receiver<ChatInput>,
        link: mpsc::UnboundedReceiver<LinkNews>,
        tokens: watch::Receiver<Option<String>>,
        seed: u64,
    ) -> Self {
        let rest = Arc::new(Rest::new(route, tokens.clone()));
        let (lanes, feed, running) = (Lanes::default(), Feed::default(), JoinSet::new());
        Self { shared, rest, inbox, link, tokens, lanes, feed, seed, running }
    }

    /// Until the engine ends.
    pub(crate) async fn run(mut self) {
        loop {
            let far = Instant::now() + Duration::from_secs(3600);
            let deadline = self.feed.deadline().unwrap_or(far);
            tokio::select! {
                input = self.inbox.recv() => match input {
                    Some(ChatInput::Job(job)) => self.lanes.push(job.request.lane().cloned(), job),
                    Some(ChatInput::Acknowledge { thread, sequence }) => {
                        self.feed.handle(Instant::now(), SyncInput::Acknowledge { thread, sequence });
                    }
                    None => return,
                },
                Some(news) = self.link.recv() => self.news(news),
                Some(ended) = self.running.join_next() => match ended {
                    Ok(Ended::Command(lane)) => self.lanes.done(lane),
                    Ok(Ended::Read(thread, page)) => self.feed.read(Instant::now(), thread, page),
                    Err(error) if error.is_panic() => return self.shared.queue.poison(),
                    Err(_) => return,
                },
                Ok(()) = self.tokens.changed() => {
                    if self.tokens.borrow_and_update().is_none() {
                        self.feed.end();
                    }
                }
                () = tokio::time::sleep_until(deadline.into()) => {}
            }
            self.feed.tick(Instant::now());
            self.drain().await;
        }
    }

    fn news(&mut self, news: LinkNews) {
        let now = Instant::now();
        match news {
            LinkNews::Up { resumed } => match self.rest.me() {
                Ok(me) => self.feed.up(now, me, self.seed, resumed),
                Err(error) => tracing::warn!(%error, "no chat events"),
            },
            LinkNews::Down => self.feed.handle(now, SyncInput::Disconnected),
            LinkNews::Frame(frame) => self.feed.handle(now, SyncInput::Frame(*frame)),
        }
    }

    async fn drain(&mut self) {
        while let Some((lane, job)) = self.lanes.next() {
            self.begin(lane, job);
        }
        while let Some(wanted) = self.feed.poll() {
            match wanted {
                // The control task waits for nothing of this one's.
                Wanted::Say(request) => {
                    let _ = self.shared.requests.send(control::Request::Chat(request)).await;
                }
                Wanted::Read { thread, after, limit } => self.read(thread, after, limit),
                Wanted::Tell(event) => self.shared.queue.push(event),
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
            Ended::Command(lane)
        });
    }

    fn read(&mut self, thread: ThreadId, after: EventSequence, limit: u32) {
        let rest = Arc::clone(&self.rest);
        self.running.spawn(async move {
            let page = rest.read_events(&thread, after, limit).await;
            Ended::Read(thread, page)
        });
    }
}

fn tell(shared: &Shared, operation: OperationId, result: Result<ChatResult, ChatError>) {
    if matches!(result, Err(ChatError::TokenRefused(_))) {
        shared.queue.push(Event::TokenExpiring { remaining: Duration::ZERO });
    }
    shared.queue.push(Event::ChatDone { operation, result: result.map(Box::new) });
}
