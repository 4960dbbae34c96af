//! The task that carries the app's chat commands out, and brings the user's events.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use liaison_chat::link::EventPage;
use liaison_chat::outbox::{Answer, OutboxInput};
use liaison_chat::sync::SyncInput;
use liaison_chat::{ClientMessageId, EventSequence, MessageId, ThreadId};
use liaison_identity::{RawId, peek_raw_id};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use super::commands::Errand;
use super::feed::{LinkNews, Wanted};
use super::request::{Question, Request};
use super::rest::{Rest, Transmitted};
use super::session::{Place, Session};
use super::store::Store;
use super::{ChatError, ChatResult};
use crate::control;
use crate::engine::Shared;
use crate::event::{Event, OperationId};

/// Questions asked at a time.
const MAX_QUESTIONS: usize = 8;

/// What the app's threads ask the task for.
pub(crate) enum ChatInput {
    Job(Job),
    /// The app is done with the thread's events up to this one.
    Acknowledge {
        thread: ThreadId,
        sequence: EventSequence,
    },
    /// The app takes a command back.
    Cancel(ClientMessageId),
    /// The engine ends: what came before this is kept. Dropped when that is so.
    Close(crossbeam_channel::Sender<()>),
}

/// A command on its way to the task.
pub(crate) struct Job {
    pub(super) operation: OperationId,
    /// Whose it is.
    pub(super) me: RawId,
    pub(super) request: Request,
}

/// What has ended, of which session.
enum Ended {
    Question,
    Read(u64, ThreadId, Result<EventPage, ChatError>),
    Transmitted(u64, ClientMessageId, Option<String>, Transmitted),
    Found(u64, ClientMessageId, Option<MessageId>),
}

pub(crate) struct ChatTask {
    shared: Arc<Shared>,
    rest: Arc<Rest>,
    inbox: mpsc::Receiver<ChatInput>,
    link: mpsc::UnboundedReceiver<LinkNews>,
    tokens: watch::Receiver<Option<String>>,
    store: Option<Arc<Store>>,
    seed: u64,
    session: Option<Session>,
    sessions: u64,
    questions: VecDeque<(OperationId, Question)>,
    asking: usize,
    running: JoinSet<Ended>,
}

impl ChatTask {
    pub(crate) fn new(
        rest: Rest,
        shared: Arc<Shared>,
        inbox: mpsc::Receiver<ChatInput>,
        link: mpsc::UnboundedReceiver<LinkNews>,
        store: Option<Store>,
        seed: u64,
    ) -> Self {
        let tokens = shared.token.subscribe();
        Self {
            shared,
            rest: Arc::new(rest),
            inbox,
            link,
            tokens,
            store: store.map(Arc::new),
            seed,
            session: None,
            sessions: 0,
            questions: VecDeque::new(),
            asking: 0,
            running: JoinSet::new(),
        }
    }

    /// Until the engine ends.
    pub(crate) async fn run(mut self) {
        loop {
            let far = Instant::now() + Duration::from_secs(3600);
            let deadline = self.session.as_ref().and_then(Session::deadline).unwrap_or(far);
            tokio::select! {
                input = self.inbox.recv() => {
                    let mut next = input;
                    if next.is_none() {
                        return;
                    }
                    // All there is, so that it is written to disk at once.
                    while let Some(input) = next {
                        if let ChatInput::Close(_closed) = input {
                            self.drain().await;
                            // The last one writes what waits.
                            self.session = None;
                            self.store = None;
                            return;
                        }
                        self.input(input).await;
                        next = self.inbox.try_recv().ok();
                    }
                }
                Some(news) = self.link.recv() => self.news(news).await,
                Some(ended) = self.running.join_next() => match ended {
                    Ok(ended) => self.ended(ended),
                    Err(error) if error.is_panic() => return self.shared.queue.poison(),
                    Err(_) => return,
                },
                Ok(()) = self.tokens.changed() => self.switch().await,
                () = tokio::time::sleep_until(deadline.into()) => {}
            }
            if let Some(session) = &mut self.session {
                session.tick(Instant::now());
            }
            self.drain().await;
        }
    }

    async fn input(&mut self, input: ChatInput) {
        self.follow_token().await;
        match (input, &mut self.session) {
            (ChatInput::Job(Job { operation, me, request }), Some(session)) if session.me == me => {
                match request {
                    Request::Queue { thread, id, command } => {
                        let events = &self.shared.queue;
                        session.commands.queue(Instant::now(), events, operation, (thread, id, command));
                    }
                    Request::Ask(question) => self.questions.push_back((operation, question)),
                }
            }
            (ChatInput::Job(Job { operation, .. }), _) => {
                self.shared.queue.push(Event::ChatDone {
                    operation,
                    client_id: None,
                    result: Err(ChatError::Cancelled),
                });
            }
            (ChatInput::Acknowledge { thread, sequence }, Some(session)) => {
                session.feed.handle(Instant::now(), SyncInput::Acknowledge { thread, sequence });
            }
            (ChatInput::Cancel(id), Some(session)) => {
                session.commands.handle(Instant::now(), OutboxInput::Cancel { id });
            }
            _ => {}
        }
    }

    /// The token is set before anything is asked for with it.
    async fn follow_token(&mut self) {
        if self.tokens.has_changed().unwrap_or(false) {
            self.switch().await;
        }
    }

    /// Another token: of the same user, or of another one's session.
    async fn switch(&mut self) {
        let me = self.tokens.borrow_and_update().as_deref().and_then(peek_raw_id);
        if let Some(session) = self.session.as_mut().filter(|session| Some(&session.me) == me.as_ref()) {
            session.commands.handle(Instant::now(), OutboxInput::Online);
            return;
        }
        if let Some(session) = self.session.take() {
            session.commands.end(&self.shared.queue);
        }
        if let Some(me) = me {
            self.sessions += 1;
            let (service, store) = (self.rest.service(), self.store.as_ref());
            let place = Place { service: &service, remote: self.rest.remote(), store };
            let mut session = Session::begin(self.sessions, me, self.seed, place).await;
            session.commands.handle(Instant::now(), OutboxInput::Online);
            self.session = Some(session);
        }
    }

    async fn news(&mut self, news: LinkNews) {
        self.follow_token().await;
        let now = Instant::now();
        let Some(session) = &mut self.session else { return };
        match news {
            LinkNews::Up { resumed } => {
                session.feed.handle(now, SyncInput::Connected { resumed });
                // What waits for its time has waited for the network.
                session.commands.handle(now, OutboxInput::Online);
            }
            LinkNews::Down => session.feed.handle(now, SyncInput::Disconnected),
            LinkNews::Frame(frame) => session.feed.handle(now, SyncInput::Frame(*frame)),
        }
    }

    fn ended(&mut self, ended: Ended) {
        let now = Instant::now();
        if let Ended::Question = ended {
            self.asking -= 1;
            return;
        }
        let Some(session) = &mut self.session else { return };
        match ended {
            Ended::Read(number, thread, page) if number == session.number => {
                session.feed.read(now, thread, page);
            }
            Ended::Transmitted(number, id, token, mut transmitted) if number == session.number => {
                if transmitted.answer == Answer::Unauthorized {
                    if token == *self.tokens.borrow() {
                        self.shared.queue.push(Event::TokenExpiring { remaining: Duration::ZERO });
                    } else {
                        // A newer one came meanwhile.
                        transmitted.answer = Answer::Failed { retry_after: None };
                    }
                }
                session.commands.transmitted(now, id, transmitted);
            }
            Ended::Found(number, id, message) if number == session.number => {
                session.commands.found(now, id, message);
            }
            _ => {}
        }
    }

    async fn drain(&mut self) {
        while self.asking < MAX_QUESTIONS
            && let Some((operation, question)) = self.questions.pop_front()
        {
            self.ask(operation, question);
        }
        let Some(session) = &mut self.session else { return };
        let (number, me) = (session.number, session.me.clone());
        for errand in session.commands.drain(&self.shared.queue).await {
            let (rest, me) = (Arc::clone(&self.rest), me.clone());
            self.running.spawn(async move { carry_out(&rest, number, &me, errand).await });
        }
        while let Some(wanted) = session.feed.poll() {
            match wanted {
                // The control task waits for nothing of this one's.
                Wanted::Say(request) => {
                    let _ = self.shared.requests.send(control::Request::Chat(request)).await;
                }
                Wanted::Read { thread, after, limit } => {
                    let rest = Arc::clone(&self.rest);
                    self.running.spawn(async move {
                        let page = rest.read_events(&thread, after, limit).await;
                        Ended::Read(number, thread, page)
                    });
                }
                Wanted::Tell(event) => self.shared.queue.push(event),
            }
        }
    }

    fn ask(&mut self, operation: OperationId, question: Question) {
        self.asking += 1;
        let (rest, shared) = (Arc::clone(&self.rest), Arc::clone(&self.shared));
        let me = self.session.as_ref().map(|session| session.me.clone());
        self.running.spawn(async move {
            let result = tokio::select! {
                result = rest.answer(question) => result,
                () = rest.signed_out(me.as_ref()) => Err(ChatError::Cancelled),
            };
            tell(&shared, operation, result);
            Ended::Question
        });
    }
}

async fn carry_out(rest: &Rest, number: u64, me: &RawId, errand: Errand) -> Ended {
    let token = rest.token().ok();
    match errand {
        Errand::Transmit(record) => {
            let transmitted = rest.transmit(&record).await;
            Ended::Transmitted(number, record.id.clone(), token, transmitted)
        }
        Errand::Search { id, thread, since } => match rest.find(me, &thread, &id, since).await {
            Ok(message) => Ended::Found(number, id, message),
            Err(transmitted) => Ended::Transmitted(number, id, token, transmitted),
        },
    }
}

fn tell(shared: &Shared, operation: OperationId, result: Result<ChatResult, ChatError>) {
    if matches!(result, Err(ChatError::TokenRefused(_))) {
        shared.queue.push(Event::TokenExpiring { remaining: Duration::ZERO });
    }
    shared.queue.push(Event::ChatDone { operation, client_id: None, result: result.map(Box::new) });
}
