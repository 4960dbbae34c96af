//! One session: the link's pure core, driven by a task that lives as long as the session does,
//! with a socket or without.

use super::chat::{Chat, Next};
use super::connect::judged;
use super::hub::{Closing, Event, Mail, Registration};
use super::queue;
use super::socket::{Incoming, Socket};
use crate::account::Account;
use crate::http::Service;
use crate::store::{Store, Viewer};
use crate::tokens::Bearer;
use liaison_chat::link::ChatRequest;
use liaison_identity::{Card, RawId, Scopes};
use liaison_link::{
    Body, CommandId, EndReason, Hello, RefusalCode, Server as Link, ServerConfig, ServerInput, ServerOutput,
};
use liaison_signaling::{DeviceId, EndpointId, KIND, SwitchboardInput, ToEndpoint, ToSwitchboard};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot, watch};

/// How many events are told before anything else is looked at.
const BURST: usize = 32;

/// What must be handed on before the link is asked for more.
enum Pending {
    Frame(String),
    Event(Event),
}

/// What happened next.
enum Step {
    Mail(Mail),
    Abandoned,
    Close(Closing),
    Sent,
    SocketGone,
    Frame(String),
    Heard(Next),
    Due,
}

/// Whether the session goes on.
enum Turn {
    Next,
    Over(Over),
}

/// How it ended.
enum Over {
    /// The client signed out.
    Goodbye,
    /// The device has another session, which waits for the commands seen here.
    Superseded(oneshot::Sender<Vec<CommandId>>),
    /// In another way: the device may come back.
    Otherwise,
}

/// A session and, while its client is connected, its socket.
pub(super) struct Session {
    service: Arc<Service>,
    endpoint: EndpointId,
    raw_id: RawId,
    device: DeviceId,
    scopes: Scopes,
    /// Through whose eyes its user sees people.
    viewer: Viewer,
    /// When the token ends; the connection ends with it.
    expires: Instant,
    link: Link,
    /// Of the messages sent; it begins anywhere in 128 bits.
    last_id: u128,
    chat: Chat,
    socket: Option<Box<Socket>>,
    pending: Option<Pending>,
    /// The switchboard knows of this endpoint.
    known: bool,
    mail: queue::Receiver<Mail>,
    closing: watch::Receiver<Option<Closing>>,
    connected: Arc<AtomicBool>,
}

impl Session {
    pub(super) fn new(
        service: &Arc<Service>,
        registration: Registration,
        bearer: &Bearer,
        hello: &Hello,
        seen: Vec<CommandId>,
    ) -> Self {
        let config = ServerConfig {
            capabilities: vec![liaison_chat::link::CAPABILITY.to_owned()],
            kinds: vec![KIND.to_owned(), liaison_chat::link::KIND.to_owned()],
            resume_grace: service.limits.resume_grace,
            ..ServerConfig::default()
        };
        let mut link = Link::new(config, registration.session, Instant::now());
        link.remember(seen);
        let viewer = service.operations.store.viewer(&bearer.principal);
        Self {
            service: Arc::clone(service),
            endpoint: registration.endpoint,
            raw_id: bearer.principal.raw_id.clone(),
            device: DeviceId(hello.device.0),
            scopes: bearer.principal.scopes.clone(),
            viewer: viewer.clone(),
            expires: expiry(bearer),
            link,
            last_id: u128::from_le_bytes(crate::random::bytes()),
            chat: Chat::new(
                bearer.account.raw_id(),
                viewer,
                Arc::clone(&service.fanout),
                service.operations.store.clone(),
            ),
            socket: None,
            pending: None,
            known: false,
            mail: registration.mail,
            closing: registration.closing,
            connected: registration.connected,
        }
    }

    /// Lives until the session is over.
    pub(super) async fn run(mut self: Box<Self>) {
        let over = loop {
            match self.turn().await {
                Turn::Next => {}
                Turn::Over(over) => break over,
            }
        };
        self.socket = None;
        if self.known {
            let ended = Event::Ended { endpoint: self.endpoint, goodbye: matches!(over, Over::Goodbye) };
            let _ = self.service.hub.events.send(ended).await;
        }
        let seen: Vec<CommandId> = self.link.remembered().collect();
        self.service.hub.remove(self.endpoint, seen.clone());
        // Last: the device's next session must not be known before this one is gone.
        if let Over::Superseded(answer) = over {
            let _ = answer.send(seen);
        }
        tracing::debug!(endpoint = self.endpoint.0, "a session is over");
    }

    /// Does what the link wants, then takes one thing that happened.
    async fn turn(&mut self) -> Turn {
        while self.pending.is_none() {
            match self.link.poll() {
                None => break,
                Some(ServerOutput::Ended { reason }) => {
                    tracing::debug!(endpoint = self.endpoint.0, ?reason, "a session ends");
                    let bye = reason == EndReason::Bye;
                    return Turn::Over(if bye { Over::Goodbye } else { Over::Otherwise });
                }
                Some(output) => self.act(output).await,
            }
        }
        let step = self.step().await;
        let now = Instant::now();
        match step {
            Step::Mail(Mail::Supersede(answer)) => return Turn::Over(Over::Superseded(answer)),
            Step::Abandoned => return Turn::Over(Over::Otherwise),
            Step::Mail(mail) => self.take(now, mail),
            Step::Close(Closing { code, text }) => self.input(now, ServerInput::Refuse { code, text }),
            Step::Frame(text) => self.input(now, ServerInput::Frame(&text)),
            Step::SocketGone => self.lose_socket(now),
            Step::Sent => self.pending = None,
            Step::Heard(next) => {
                self.heard(now, next).await;
                // What came with it leaves with it.
                for _ in 1..BURST {
                    let Some(next) = self.chat.next_now() else { break };
                    self.heard(now, next).await;
                }
            }
            Step::Due if self.socket.is_some() && now >= self.expires => {
                let text = "the token expired: get a new one from your token backend";
                self.input(now, ServerInput::Refuse { code: RefusalCode::ExpiredToken, text });
            }
            Step::Due => self.input(now, ServerInput::Tick),
        }
        Turn::Next
    }

    async fn step(&mut self) -> Step {
        let expires = self.socket.is_some().then_some(self.expires);
        let due = [self.link.deadline(), expires].into_iter().flatten().min();
        let due = async {
            match due {
                Some(due) => tokio::time::sleep_until(due.into()).await,
                None => std::future::pending().await,
            }
        };
        let (hub, pending) = (&self.service.hub, &mut self.pending);
        let (chat, listening) = (&mut self.chat, pending.is_none() && self.socket.is_some());
        tokio::select! {
            biased;
            Ok(()) = self.closing.changed() => match self.closing.borrow_and_update().clone() {
                Some(closing) => Step::Close(closing),
                None => Step::Due,
            },
            mail = self.mail.recv() => mail.map_or(Step::Abandoned, Step::Mail),
            next = chat.next(), if listening => Step::Heard(next),
            step = hand_on(pending, self.socket.as_deref_mut(), &hub.events) => step,
            () = due => Step::Due,
        }
    }

    async fn act(&mut self, output: ServerOutput) {
        let now = Instant::now();
        match output {
            ServerOutput::Transmit(text) => {
                if let Some(Err(text)) = self.socket.as_mut().map(|socket| socket.offer(text)) {
                    self.pending = Some(Pending::Frame(text));
                }
            }
            ServerOutput::Disconnect => self.socket = None,
            ServerOutput::Attached { .. } => {
                self.connected.store(true, Ordering::Relaxed);
                self.announce();
            }
            ServerOutput::Detached { reason } => {
                tracing::debug!(endpoint = self.endpoint.0, ?reason, "a client is gone");
                self.connected.store(false, Ordering::Relaxed);
                self.socket = None;
                let detached = SwitchboardInput::Detached { endpoint: self.endpoint };
                self.pending = Some(Pending::Event(Event::Presence(detached)));
            }
            ServerOutput::Received { sequence, kind, body, .. } if kind == liaison_chat::link::KIND => {
                // What is rare is no part of every session's task.
                Box::pin(self.asked_of_chat(now, sequence, &body)).await;
            }
            ServerOutput::Received { sequence, body, .. } => self.received(now, sequence, &body).await,
            ServerOutput::Acknowledged { id } => self.chat.taken(id),
            ServerOutput::TokenOffered(token) => match Box::pin(judged(&self.service, &token)).await {
                Ok(bearer) if bearer.principal.raw_id == self.raw_id => {
                    self.adopt(&bearer);
                    self.announce();
                    self.input(now, ServerInput::TokenAccepted);
                }
                Ok(_) => {
                    let text = "the renewed token speaks for another user than this connection";
                    self.input(now, ServerInput::Refuse { code: RefusalCode::WrongUser, text });
                }
                Err((code, text)) => self.input(now, ServerInput::Refuse { code, text: &text }),
            },
            ServerOutput::Unsupported { id, kind } => {
                self.chat.taken(id);
                tracing::debug!(endpoint = self.endpoint.0, %kind, "a client does not know a kind of message");
            }
            _ => {}
        }
    }

    async fn received(&mut self, now: Instant, sequence: u64, body: &Body) {
        match ToSwitchboard::parse(body.as_str()) {
            Ok(message) => {
                let mut message = canonical(message);
                if let ToSwitchboard::Register { display_name, .. }
                | ToSwitchboard::Invite { display_name, .. } = &mut message
                    && let Some(name) =
                        Box::pin(directory_name(&*self.service.operations.store, &self.raw_id)).await
                {
                    *display_name = name;
                }
                let event = Event::Message { endpoint: self.endpoint, sequence, message };
                self.pending = Some(Pending::Event(event));
            }
            Err(_) => {
                // Of a newer version, or malformed: either way the connection goes on.
                tracing::debug!(endpoint = self.endpoint.0, "a client's message is not understood");
                self.input(now, ServerInput::Unsupported { sequence });
            }
        }
    }

    async fn asked_of_chat(&mut self, now: Instant, sequence: u64, body: &Body) {
        match body.parse::<ChatRequest>() {
            Ok(ChatRequest::Subscribe) if Chat::allowed(&self.scopes) => {
                let frames = self.chat.subscribe().await;
                frames.into_iter().for_each(|frame| self.tell(now, frame));
            }
            Ok(ChatRequest::Unsubscribe) => self.chat.unsubscribe(),
            _ => {
                tracing::debug!(endpoint = self.endpoint.0, "a client's message is not understood");
                return self.input(now, ServerInput::Unsupported { sequence });
            }
        }
        self.pending = Some(Pending::Event(Event::Done { endpoint: self.endpoint, sequence }));
    }

    async fn heard(&mut self, now: Instant, next: Next) {
        match next {
            Next::Frame(Ok(body)) => self.tell(now, body),
            Next::Frame(Err(error)) => tracing::error!(%error, "an event could not be written"),
            Next::Missed => Box::pin(self.tell_heads(now)).await,
        }
    }

    async fn tell_heads(&mut self, now: Instant) {
        let frames = self.chat.heads().await;
        frames.into_iter().for_each(|frame| self.tell(now, frame));
    }

    /// Unlike any other session's, and any before.
    fn next_id(&mut self) -> CommandId {
        self.last_id = self.last_id.wrapping_add(1);
        CommandId(self.last_id)
    }

    fn tell(&mut self, now: Instant, body: Body) {
        let id = self.next_id();
        self.chat.sent(id);
        self.input(now, ServerInput::Send { kind: liaison_chat::link::KIND, id, body });
    }

    fn take(&mut self, now: Instant, mail: Mail) {
        match mail {
            Mail::Attach { socket, hello, bearer } => {
                self.adopt(&bearer);
                // What was under way to the former socket is sent again by the resumed link.
                if let Some(Pending::Frame(_)) = self.pending {
                    self.pending = None;
                }
                self.socket = Some(socket);
                self.input(now, ServerInput::Attach { hello: &hello });
            }
            Mail::Deliver(message) => self.send(now, *message),
            Mail::Acknowledge { sequence } => self.input(now, ServerInput::Acknowledge { sequence }),
            // Answered where it came in.
            Mail::Supersede(_) => {}
        }
    }

    fn send(&mut self, now: Instant, mut message: ToEndpoint) {
        if let ToEndpoint::Incoming { from, display_name, .. }
        | ToEndpoint::Merged { from, display_name, .. } = &mut message
        {
            *display_name = Card::of(from, display_name, self.viewer.label()).display_name;
        }
        let id = self.next_id();
        match Body::new(&message) {
            Ok(body) => self.input(now, ServerInput::Send { kind: KIND, id, body }),
            Err(error) => tracing::error!(%error, "a message could not be written"),
        }
    }

    fn input(&mut self, now: Instant, input: ServerInput<'_>) {
        if let Err(error) = self.link.handle(now, input) {
            tracing::debug!(endpoint = self.endpoint.0, %error, "the link did not take an input");
        }
    }

    fn lose_socket(&mut self, now: Instant) {
        self.socket = None;
        if let Some(Pending::Frame(_)) = self.pending {
            self.pending = None;
        }
        self.input(now, ServerInput::Disconnected);
    }

    fn adopt(&mut self, bearer: &Bearer) {
        self.scopes = bearer.principal.scopes.clone();
        self.expires = expiry(bearer);
        if !Chat::allowed(&self.scopes) {
            self.chat.unsubscribe();
        }
    }

    /// Tells the switchboard that the endpoint is there and what its token allows.
    fn announce(&mut self) {
        self.known = true;
        self.pending = Some(Pending::Event(Event::Presence(SwitchboardInput::Attached {
            endpoint: self.endpoint,
            raw_id: self.raw_id.clone(),
            device: self.device,
            scopes: self.scopes.clone(),
        })));
    }
}

/// What the directory calls the user; `None` of an app's user, whom none knows, and while the store fails.
async fn directory_name(store: &dyn Store, raw_id: &RawId) -> Option<String> {
    Account::of(raw_id.as_str()).filter(|account| matches!(account, Account::Staff { .. }))?;
    let user = store.user(None, raw_id.as_str()).await;
    user.ok().map(|user| user.card().display_name)
}

/// Hands on what is pending, or reads the next frame when nothing is. When the wait is cancelled, what
/// is pending stays.
async fn hand_on(
    pending: &mut Option<Pending>,
    socket: Option<&mut Socket>,
    events: &mpsc::Sender<Event>,
) -> Step {
    match (&*pending, socket) {
        (Some(Pending::Event(_)), socket) => {
            // Meanwhile, what was said before leaves.
            let gone = async {
                match socket {
                    Some(socket) => socket.gone().await,
                    None => std::future::pending().await,
                }
            };
            let room = tokio::select! {
                room = events.reserve() => room,
                () = gone => return Step::SocketGone,
            };
            if let (Ok(room), Some(Pending::Event(event))) = (room, pending.take()) {
                room.send(event);
            }
            Step::Sent
        }
        (Some(Pending::Frame(_)), Some(socket)) => match (socket.room().await, pending.take()) {
            (Some(room), Some(Pending::Frame(frame))) => {
                room.send(frame);
                Step::Sent
            }
            _ => Step::SocketGone,
        },
        (Some(Pending::Frame(_)), None) => Step::Sent,
        (None, Some(socket)) => match socket.next().await {
            Incoming::Text(text) => Step::Frame(text),
            Incoming::Closed => Step::SocketGone,
        },
        (None, None) => std::future::pending().await,
    }
}

/// One spelling for every account, so that the callee is found however the caller wrote it.
fn canonical(mut message: ToSwitchboard) -> ToSwitchboard {
    let fix = |raw_id: &mut RawId| {
        if let Some(account) = Account::of(raw_id.as_str()) {
            *raw_id = account.raw_id();
        }
    };
    match &mut message {
        ToSwitchboard::Invite { to, .. } => fix(to),
        ToSwitchboard::Sync { calls, .. } => calls.iter_mut().for_each(|claim| fix(&mut claim.peer)),
        _ => {}
    }
    message
}

fn expiry(bearer: &Bearer) -> Instant {
    let left = bearer.principal.expires_at_unix_s.saturating_sub(crate::clock::now_s());
    Instant::now() + Duration::from_secs(left.min(7 * 86_400))
}
