//! The service's end of the link: one [`Server`] for each session, whether a socket is there or not.

mod io;
mod table;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::time::Instant;

pub use io::{DetachReason, EndReason, ServerConfig, ServerInput, ServerOutput};
use table::{Do, On, State, TABLE};

use crate::control::{Happened, Streams};
use crate::frame::{Frame, Out};
use crate::table::{Next, decide};
use crate::{CommandId, Hello, LinkError, RefusalCode, SessionId, SubmitError, VERSION, refusal};

/// The service's end of one session.
///
/// The driver finds the session of a hello by its `resume.session`, and only if the verified token
/// speaks for the same user; else it makes a new one with a fresh random [`SessionId`].
#[derive(Debug)]
pub struct Server {
    config: ServerConfig,
    session: SessionId,
    state: State,
    streams: Streams,
    /// Nothing came, or nobody came back, until then.
    timer: Option<Instant>,
    events: VecDeque<ServerOutput>,
}

/// What an action may need of its input.
enum With<'a> {
    Nothing,
    Resumed(bool),
    Frame(Frame<'a>),
    Error(LinkError),
    Refusal(RefusalCode, &'a str),
}

impl Server {
    /// A session without a socket; feed it `Attach` next.
    pub fn new(config: ServerConfig, session: SessionId, now: Instant) -> Self {
        Self {
            session,
            state: State::Fresh,
            streams: Streams::new(config.limits, config.kinds.clone(), 0),
            timer: Some(now + config.resume_grace),
            events: VecDeque::new(),
            config,
        }
    }

    /// Its name.
    pub fn session(&self) -> SessionId {
        self.session
    }

    /// The ids of the commands it has seen, oldest first, at most [`crate::Limits::remembered_ids`].
    ///
    /// When a device comes back after its session ended, give these to the new session's
    /// [`Server::remember`]: commands that it sends again are then not done again.
    pub fn remembered(&self) -> impl Iterator<Item = CommandId> + '_ {
        self.streams.inbox.remembered()
    }

    /// Commands whose work was done in an earlier session of the same device.
    pub fn remember(&mut self, ids: impl IntoIterator<Item = CommandId>) {
        self.streams.inbox.remember(ids);
    }

    /// Takes in what happened at `now`.
    ///
    /// # Errors
    /// [`SubmitError`] for `Send`, `Acknowledge` and `Unsupported` that cannot be taken. A full queue also
    /// ends the session ([`EndReason::Overflow`]): the client will resync.
    pub fn handle(&mut self, now: Instant, input: ServerInput<'_>) -> Result<(), SubmitError> {
        match input {
            ServerInput::Attach { hello } => self.attach(now, hello),
            ServerInput::Disconnected => self.step(now, On::SocketGone, With::Nothing),
            ServerInput::Frame(text) => self.frame(now, text),
            ServerInput::Send { kind, id, body } => {
                if self.state == State::Over {
                    return Err(SubmitError::Closed);
                }
                let pushed = self.streams.outbox.push(kind, id, body);
                if matches!(pushed, Err(SubmitError::QueueFull(_))) {
                    self.step(now, On::Overflow, With::Nothing);
                }
                return pushed;
            }
            ServerInput::Acknowledge { sequence } => self.streams.acknowledge(sequence)?,
            ServerInput::Unsupported { sequence } => self.streams.unsupported(sequence)?,
            ServerInput::TokenAccepted => self.step(now, On::TokenAccepted, With::Nothing),
            ServerInput::Refuse { code, text } => self.step(now, On::Refuse, With::Refusal(code, text)),
            ServerInput::Tick => {
                if self.timer.is_some_and(|at| at <= now) {
                    self.timer = None;
                    let on = if self.state == State::Attached { On::IdleDue } else { On::GraceDue };
                    self.step(now, on, With::Nothing);
                }
            }
        }
        Ok(())
    }

    /// What to do next; `None` when there is nothing more until the next `handle`.
    pub fn poll(&mut self) -> Option<ServerOutput> {
        if let Some(event) = self.events.pop_front() {
            if self.events.is_empty() {
                // Its room is not kept by a connection that falls silent.
                self.events = VecDeque::new();
            }
            return Some(event);
        }
        if self.state != State::Attached {
            return None;
        }
        self.streams.next().map(ServerOutput::Transmit)
    }

    /// When `Tick` is due, if nothing else happens before.
    pub fn deadline(&self) -> Option<Instant> {
        self.timer
    }

    fn attach(&mut self, now: Instant, hello: &Hello) {
        let (on, with) = match hello.resume {
            // What the client asks to resume is another session, lost before this one was made for it.
            _ if self.state == State::Fresh => (On::AttachNew, With::Resumed(false)),
            Some(resume) if resume.session == self.session && self.state != State::Over => {
                let mut acknowledged = Vec::new();
                let resumed = self
                    .streams
                    .outbox
                    .acknowledge(resume.received, |id| acknowledged.push(id))
                    .and_then(|()| self.streams.outbox.resume(resume.received));
                self.acknowledged(acknowledged);
                match resumed {
                    Ok(()) => (On::AttachResume, With::Resumed(true)),
                    Err(error) => (On::AttachWrong, With::Error(error)),
                }
            }
            _ => (On::AttachWrong, With::Error(LinkError::Malformed("resume of another session"))),
        };
        self.step(now, on, with);
    }

    fn frame(&mut self, now: Instant, text: &str) {
        if self.state != State::Attached {
            return;
        }
        self.timer = Some(now + self.config.idle_timeout);
        let limit = 2 * self.config.limits.unacknowledged;
        match Frame::parse(text, &self.config.limits) {
            Ok(_) if self.events.len() >= limit => {
                self.step(now, On::BadFrame, With::Error(LinkError::Flooded { limit }));
            }
            Ok(Frame::Bye) => self.step(now, On::Bye, With::Nothing),
            Ok(frame) => self.step(now, On::Frame, With::Frame(frame)),
            Err(error) => self.step(now, On::BadFrame, With::Error(error)),
        }
    }

    fn step(&mut self, now: Instant, on: On, with: With<'_>) {
        let (next, actions) = decide(TABLE, self.state, on);
        if let Next::Go(state) = next {
            self.state = state;
            self.timer = (state == State::Attached).then_some(now + self.config.idle_timeout);
        }
        let error = match &with {
            With::Error(error) => error.clone(),
            _ => LinkError::Malformed("out of place"),
        };
        let mut with = Some(with);
        for action in actions {
            self.act(now, *action, &mut with, &error);
        }
    }

    fn act(&mut self, now: Instant, action: Do, with: &mut Option<With<'_>>, error: &LinkError) {
        let event = match action {
            Do::SendWelcome => {
                let resumed = matches!(with, Some(With::Resumed(true)));
                self.welcome(resumed);
                ServerOutput::Attached { resumed }
            }
            Do::Take => {
                if let Some(With::Frame(frame)) = with.take() {
                    self.take(now, frame);
                }
                return;
            }
            Do::SendProtocolRefusal => {
                ServerOutput::Transmit(refusal(RefusalCode::Protocol, &error.to_string(), None))
            }
            Do::SendOverflowRefusal => ServerOutput::Transmit(refusal(
                RefusalCode::Busy,
                "too many messages waited for you; connect again and read the state anew",
                None,
            )),
            Do::SendRefusal => match with.take() {
                Some(With::Refusal(code, text)) => ServerOutput::Transmit(refusal(code, text, None)),
                _ => return,
            },
            Do::SendTokenAccepted => ServerOutput::Transmit(Out::TokenAccepted.text()),
            Do::Disconnect => ServerOutput::Disconnect,
            Do::DetachedClosed => ServerOutput::Detached { reason: DetachReason::Closed },
            Do::DetachedIdle => ServerOutput::Detached { reason: DetachReason::Idle },
            Do::DetachedProtocol => ServerOutput::Detached { reason: DetachReason::Protocol(error.clone()) },
            Do::Grace => {
                self.timer = Some(now + self.config.resume_grace);
                return;
            }
            Do::EndedBye => ServerOutput::Ended { reason: EndReason::Bye },
            Do::EndedExpired => ServerOutput::Ended { reason: EndReason::Expired },
            Do::EndedOverflow => ServerOutput::Ended { reason: EndReason::Overflow },
            Do::EndedRefused => ServerOutput::Ended { reason: EndReason::Refused },
        };
        self.events.push_back(event);
    }

    fn welcome(&mut self, resumed: bool) {
        self.streams.reconnect();
        let welcome = Out::Welcome {
            version: VERSION,
            session: self.session,
            resumed,
            received: self.streams.inbox.received(),
            capabilities: &self.config.capabilities,
            ping_ms: u64::try_from(self.config.ping_interval.as_millis()).unwrap_or(u64::MAX),
        };
        self.events.push_back(ServerOutput::Transmit(welcome.text()));
    }

    fn take(&mut self, now: Instant, frame: Frame<'_>) {
        if let Frame::Token(token) = frame {
            self.events.push_back(ServerOutput::TokenOffered(token));
            return;
        }
        let mut acknowledged = Vec::new();
        let happened = self.streams.take(frame, &mut acknowledged);
        self.acknowledged(acknowledged);
        match happened {
            Ok(Some(Happened::Received { sequence, kind, id, body })) => {
                self.events.push_back(ServerOutput::Received { sequence, kind, id, body });
            }
            Ok(Some(Happened::Unsupported { id, kind })) => {
                self.events.push_back(ServerOutput::Unsupported { id, kind });
            }
            Ok(None) => {}
            Err(error) => self.step(now, On::BadFrame, With::Error(error)),
        }
    }

    fn acknowledged(&mut self, ids: Vec<CommandId>) {
        self.events.extend(ids.into_iter().map(|id| ServerOutput::Acknowledged { id }));
    }
}
