//! One channel's task: it lives as long as the channel does, with a socket or without.

use super::channels::{Mail, NotifyAt, Order, Registration};
use super::frame::{self, Frame};
use super::window::Window;
use super::{PushLimits, request};
use crate::http::Service;
use crate::http::listener::stopped;
use crate::metrics::Metrics;
use crate::realtime::fanout::{Heard, Subscription};
use crate::realtime::socket::{Incoming, Socket};
use crate::store::Viewer;
use liaison_chat::Event;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

/// How long a channel lasts, as the client is told, in seconds. Its end comes with the token's in any case.
pub(super) const TTL_S: u64 = 86_400;

/// What the client registered for.
struct Registered {
    until: Instant,
    at: NotifyAt,
}

/// A channel and, while its client is connected, its socket.
pub(super) struct Session {
    service: Arc<Service>,
    channel: Registration,
    /// Through whose eyes the user sees people.
    viewer: Viewer,
    /// When the token ends; the channel ends with it.
    expires: Instant,
    socket: Option<Box<Socket>>,
    /// Since when there is no socket, or its client was last heard.
    quiet_since: Instant,
    /// The client was asked whether it is there.
    asked: bool,
    /// What the user is told, once the client was there.
    events: Option<Subscription>,
    registered: Option<Registered>,
    window: Window,
    /// What the socket takes next.
    frames: VecDeque<String>,
    /// Counts the times that something was lost.
    losses: u64,
    /// Something was lost, and the client does not know.
    lost: bool,
}

/// What happened next.
enum Step {
    Mail(Option<Mail>),
    Close,
    Frame(Incoming),
    Sent(bool),
    Heard(Heard),
    Due,
}

impl Session {
    pub(super) fn new(
        service: &Arc<Service>,
        channel: Registration,
        viewer: Viewer,
        expires: Instant,
    ) -> Self {
        Self {
            window: Window::new(service.limits.push.answer),
            service: Arc::clone(service),
            channel,
            viewer,
            expires,
            socket: None,
            quiet_since: Instant::now(),
            asked: false,
            events: None,
            registered: None,
            frames: VecDeque::new(),
            losses: 0,
            lost: false,
        }
    }

    /// Lives until the channel is over.
    pub(super) async fn run(mut self) {
        loop {
            let step = self.step().await;
            if !self.take(step) || !self.on_time(Instant::now()) {
                return;
            }
        }
    }

    async fn step(&mut self) -> Step {
        let (now, due) = (Instant::now(), self.deadline());
        let hears = self.window.has_room() && self.frames.is_empty() && self.tells();
        let Self { channel, socket, events, frames, .. } = self;
        let heard = async {
            match events {
                Some(events) if hears => events.next().await,
                _ => std::future::pending().await,
            }
        };
        // Who does not take answers is not asked for more.
        let (reads, writes) = (frames.is_empty(), !frames.is_empty());
        let traffic = async {
            match socket {
                Some(socket) if writes => match socket.room().await {
                    Some(room) => {
                        if let Some(frame) = frames.pop_front() {
                            room.send(frame);
                        }
                        Step::Sent(true)
                    }
                    None => Step::Sent(false),
                },
                Some(socket) if reads => Step::Frame(socket.next().await),
                _ => std::future::pending().await,
            }
        };
        tokio::select! {
            () = stopped(&mut channel.closing) => Step::Close,
            mail = channel.mail.recv() => Step::Mail(mail),
            step = traffic => step,
            heard = heard => Step::Heard(heard),
            () = tokio::time::sleep(due.saturating_duration_since(now)) => Step::Due,
        }
    }

    /// Whether the channel goes on.
    fn take(&mut self, step: Step) -> bool {
        match step {
            // Its place was taken, or the service stops.
            Step::Close | Step::Mail(None) => return false,
            Step::Mail(Some((order, done))) => {
                self.obey(order);
                // Who gave it may have gone.
                let _ = done.send(());
            }
            Step::Frame(Incoming::Text(text)) => self.read(&text),
            Step::Frame(Incoming::Closed) | Step::Sent(false) => self.detach(),
            Step::Heard(Heard::Event(told)) => self.tell(&told.event),
            Step::Heard(Heard::Missed) => self.lose(1),
            Step::Sent(true) | Step::Due => {}
        }
        true
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::Attach(socket) => self.attach(socket, Instant::now()),
            Order::Register { until, at } => {
                self.registered = Some(Registered { until, at });
                if self.socket.is_some() {
                    self.listen();
                }
            }
            Order::Unregister => {
                (self.registered, self.events, self.lost) = (None, None, false);
                self.window.clear();
            }
            Order::Renew { expires } => self.expires = self.expires.max(expires),
        }
    }

    fn attach(&mut self, socket: Box<Socket>, now: Instant) {
        self.socket = Some(socket);
        (self.quiet_since, self.asked) = (now, false);
        self.channel.connected.send_replace(true);
        // What was under way to the former socket is told again or was an answer to it.
        self.frames.clear();
        self.frames.push_back(frame::CONNECT.to_owned());
        let connected = json!({ "ttl": TTL_S.to_string(), "dur": "1" });
        self.frames.push_back(frame::event("trouter.connected", &connected));
        if self.lost {
            self.frames.push_back(self.loss());
        }
        self.frames.extend(self.window.anew(now));
        self.listen();
    }

    fn detach(&mut self) {
        self.socket = None;
        self.quiet_since = Instant::now();
        self.channel.connected.send_replace(false);
        self.frames.clear();
    }

    /// Hears what the user is told from now on.
    fn listen(&mut self) {
        if self.events.is_none() {
            let waiting = self.limits().waiting.max(1);
            self.events =
                Some(self.service.fanout.subscribe(&self.channel.raw_id, self.viewer.clone(), waiting));
        }
    }

    fn read(&mut self, text: &str) {
        (self.quiet_since, self.asked) = (Instant::now(), false);
        match frame::parse(text) {
            Ok(Frame::Message(data)) => {
                if let Some(answer) = request::answer(&data)
                    && self.window.answered(answer.id)
                {
                    self.metrics().push(if answer.status == 200 { "taken" } else { "unhandled" });
                }
            }
            Ok(Frame::Event { id, name, args }) => {
                // Not every client says that it knows, but what comes later than the loss shows it.
                if matches!(name.as_str(), "trouter.processed_message_loss" | "ping") {
                    self.lost = false;
                }
                if let Some(id) = id {
                    self.frames.push_back(frame::acknowledgement(id, &reply(&name, &args)));
                }
            }
            Ok(Frame::Heartbeat | Frame::Other) => {}
            Ok(Frame::Disconnect) => self.detach(),
            Err(error) => {
                tracing::debug!(%error, "a push client sent what it must not");
                self.detach();
            }
        }
    }

    /// Whether the client wants to hear, and can.
    fn tells(&self) -> bool {
        self.socket.is_some() && self.registered.is_some()
    }

    fn tell(&mut self, event: &Event) {
        let Some(registered) = &self.registered else { return };
        let Some(notification) = liaison_chat::push::notification(event, &self.service.operations.endpoint)
        else {
            return;
        };
        let end = match registered.at {
            NotifyAt::Messaging => "messaging",
            NotifyAt::EventName => notification.name,
        };
        let url = format!("/v4/f/{}/{end}", self.channel.given.channel);
        let correlation = format!("{:016x}.0", crate::random::seed());
        let body = notification.body(&self.channel.raw_id);
        let frame = self.window.tell(Instant::now(), |id| request::told(id, &url, &correlation, &body));
        self.frames.push_back(frame);
        self.metrics().push("told");
    }

    fn lose(&mut self, count: usize) {
        self.losses += 1;
        self.lost = true;
        (0..count).for_each(|_| self.metrics().push("lost"));
        if self.socket.is_some() {
            self.frames.push_back(self.loss());
        }
    }

    /// The client is told that it may have missed something.
    fn loss(&self) -> String {
        let dropped = json!({ "tag": "messaging", "etag": self.losses.to_string() });
        frame::event("trouter.message_loss", &json!({ "droppedIndicators": [dropped] }))
    }

    /// When time alone changes something.
    fn deadline(&self) -> Instant {
        let quiet = match (&self.socket, self.asked) {
            (None, _) => self.limits().grace,
            (Some(_), false) => self.limits().idle / 2,
            (Some(_), true) => self.limits().idle,
        };
        let due = self.expires.min(self.quiet_since + quiet);
        let due = self.registered.as_ref().map_or(due, |registered| due.min(registered.until));
        let late = self.socket.as_ref().and_then(|_| self.window.deadline());
        late.map_or(due, |late| due.min(late))
    }

    /// Does what time demands; whether the channel goes on.
    fn on_time(&mut self, now: Instant) -> bool {
        if now >= self.expires {
            return false;
        }
        if self.registered.as_ref().is_some_and(|registered| now >= registered.until) {
            self.obey(Order::Unregister);
        }
        let quiet = now.saturating_duration_since(self.quiet_since);
        if self.socket.is_none() {
            return quiet < self.limits().grace;
        }
        if quiet >= self.limits().idle {
            tracing::debug!("a push client is silent: its socket is closed");
            self.detach();
            return true;
        }
        if quiet >= self.limits().idle / 2 && !self.asked {
            self.asked = true;
            self.frames.push_back(frame::HEARTBEAT.to_owned());
        }
        let late = self.window.late(now);
        late.again.iter().for_each(|_| self.metrics().push("again"));
        self.frames.extend(late.again);
        if late.lost > 0 {
            self.lose(late.lost);
        }
        true
    }

    fn limits(&self) -> &PushLimits {
        &self.service.limits.push
    }

    fn metrics(&self) -> &Metrics {
        &self.service.metrics
    }
}

/// What a client's event is acknowledged with.
fn reply(name: &str, args: &[Value]) -> Vec<Value> {
    match name {
        "ping" => vec![json!("pong")],
        "user.activity" => {
            let cv = args.first().and_then(|activity| activity.get("cv")).and_then(Value::as_str);
            vec![json!(cv.unwrap_or_default())]
        }
        _ => Vec::new(),
    }
}
