//! The engine's end of the link.

mod io;
mod table;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

pub use io::{ClientConfig, ClientInput, ClientOutput, LostReason};
use table::{Do, On, State, TABLE};

use crate::control::{Happened, Streams};
use crate::frame::{Frame, Out, Welcome};
use crate::hello::VersionRange;
use crate::jitter::Backoff;
use crate::table::{Next, decide};
use crate::{LinkError, RefusalCode, Resume, SessionId, SubmitError, VERSION};

/// The service may ask for pings at most this often, and at least this often.
const PING_MS: std::ops::RangeInclusive<u64> = 1_000..=60_000;
/// The service may not send its clients away for longer than this.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(600);

/// The engine's end of the link.
#[derive(Debug)]
pub struct Client {
    config: ClientConfig,
    state: State,
    token: Option<Token>,
    session: Option<SessionId>,
    /// `session` is of an earlier run, of which only the resume point is known.
    inherited: bool,
    /// There was a session before, whose state the consumer relies on.
    had_session: bool,
    streams: Streams,
    backoff: Backoff,
    ping_interval: Duration,
    timers: Timers,
    retry_after: Duration,
    events: VecDeque<ClientOutput>,
}

/// The token, and what the present connection knows of it.
struct Token {
    text: String,
    /// The service was told of it.
    told: bool,
    /// What the service says of tokens concerns this one: it came in the hello, or was accepted since.
    current: bool,
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Token({} bytes, told: {})", self.text.len(), self.told)
    }
}

#[derive(Debug, Default)]
struct Timers {
    /// The pause ends.
    pause: Option<Instant>,
    /// The socket or the welcome is late.
    setup: Option<Instant>,
    ping: Option<Instant>,
    pong: Option<Instant>,
    established: Option<Instant>,
}

/// What an action may need of its input.
enum With<'a> {
    Nothing,
    Frame(Frame<'a>),
}

impl Client {
    /// A client that waits for its first token. `seed` makes the reconnect jitter.
    pub fn new(config: ClientConfig, seed: u64) -> Self {
        let received = config.resume.map_or(0, |resume| resume.received);
        Self {
            state: State::NoToken,
            token: None,
            session: config.resume.map(|resume| resume.session),
            inherited: config.resume.is_some(),
            had_session: config.resume.is_some(),
            streams: Streams::new(config.limits, config.kinds.clone(), received),
            backoff: Backoff::new(seed, config.backoff_min, config.backoff_max),
            ping_interval: config.ping_interval,
            timers: Timers::default(),
            retry_after: Duration::ZERO,
            events: VecDeque::new(),
            config,
        }
    }

    /// Takes in what happened at `now`.
    ///
    /// # Errors
    /// [`SubmitError`] for `Submit`, `Token`, `Acknowledge` and `Unsupported` that cannot be taken; nothing
    /// changed then. What the service sends never leads to an error here: bad frames end the connection.
    pub fn handle(&mut self, now: Instant, input: ClientInput<'_>) -> Result<(), SubmitError> {
        match input {
            ClientInput::Token(text) => {
                if text.is_empty() || text.len() > self.config.limits.token_bytes {
                    return Err(SubmitError::Token(self.config.limits.token_bytes));
                }
                self.token = Some(Token { text, told: false, current: false });
                self.step(now, On::Token, With::Nothing);
            }
            ClientInput::Connected => self.step(now, On::SocketOpen, With::Nothing),
            ClientInput::Disconnected => self.step(now, On::SocketGone, With::Nothing),
            ClientInput::Frame(text) => self.frame(now, text),
            ClientInput::Submit { kind, id, body } => {
                if self.state == State::Closed {
                    return Err(SubmitError::Closed);
                }
                self.streams.outbox.push(kind, id, body)?;
            }
            ClientInput::Acknowledge { sequence } => self.streams.acknowledge(sequence)?,
            ClientInput::Unsupported { sequence } => self.streams.unsupported(sequence)?,
            ClientInput::NetworkChanged => self.step(now, On::NetworkChanged, With::Nothing),
            ClientInput::Close => self.step(now, On::Close, With::Nothing),
            ClientInput::Tick => self.tick(now),
        }
        Ok(())
    }

    /// What to do next; `None` when there is nothing more until the next `handle`.
    ///
    /// Frames of messages are made when polled, so poll only while the socket takes them.
    pub fn poll(&mut self) -> Option<ClientOutput> {
        if let Some(event) = self.events.pop_front() {
            return Some(event);
        }
        if self.state != State::Established {
            return None;
        }
        self.streams.next().map(ClientOutput::Transmit)
    }

    /// When `Tick` is due, if nothing else happens before.
    pub fn deadline(&self) -> Option<Instant> {
        let Timers { pause, setup, ping, pong, .. } = self.timers;
        [pause, setup, ping, pong].into_iter().flatten().min()
    }

    /// Where a later run could resume: the session and what was acknowledged.
    pub fn resume_point(&self) -> Option<Resume> {
        let session = self.session?;
        Some(Resume { session, received: self.streams.inbox.acknowledged() })
    }

    fn tick(&mut self, now: Instant) {
        let due = |timer: Option<Instant>| timer.is_some_and(|at| at <= now);
        if due(self.timers.pause) {
            self.timers.pause = None;
            self.step(now, On::PauseOver, With::Nothing);
        }
        if due(self.timers.setup) {
            self.timers.setup = None;
            self.step(now, On::SetupTimedOut, With::Nothing);
        }
        if due(self.timers.pong) {
            self.timers.pong = None;
            self.step(now, On::PongMissing, With::Nothing);
        }
        if due(self.timers.ping) {
            self.timers.ping = None;
            self.step(now, On::PingDue, With::Nothing);
        }
    }

    fn frame(&mut self, now: Instant, text: &str) {
        if !matches!(self.state, State::Greeting | State::Established) {
            return;
        }
        self.timers.pong = None;
        let frame = match Frame::parse(text, &self.config.limits) {
            Ok(frame) if self.events.len() < 2 * self.config.limits.unacknowledged => frame,
            // Malformed, or the service says more than the consumer takes.
            _ => return self.step(now, On::BadFrame, With::Nothing),
        };
        let on = match &frame {
            Frame::Welcome(welcome) if self.acceptable(welcome) => On::Welcome,
            Frame::Welcome(_) => {
                self.session = None;
                On::BadFrame
            }
            Frame::Refused { code, .. } if self.concerns_earlier_token(*code) => On::RefusedEarlierToken,
            Frame::Refused { code, .. } if code.needs_token() => On::RefusedToken,
            Frame::Refused { code: RefusalCode::Version, .. } => On::RefusedVersion,
            Frame::Refused { .. } => On::RefusedForNow,
            _ => On::OtherFrame,
        };
        self.step(now, on, With::Frame(frame));
    }

    /// Whether the welcome answers what was asked. One that does not is a broken service: the session
    /// is given up, so that the next attempt starts afresh.
    fn acceptable(&self, welcome: &Welcome) -> bool {
        welcome.version == VERSION && (!welcome.resumed || self.session == Some(welcome.session))
    }

    /// Whether a refusal may be of the token that the present one replaces: the two crossed on the way. The
    /// next hello brings the present one alone. Only a renewed token can be another user's.
    fn concerns_earlier_token(&self, code: RefusalCode) -> bool {
        code.needs_token()
            && code != RefusalCode::WrongUser
            && self.token.as_ref().is_some_and(|token| !token.current)
    }

    fn step(&mut self, now: Instant, on: On, with: With<'_>) {
        let (next, actions) = decide(TABLE, self.state, on);
        if let Next::Go(state) = next {
            self.enter(now, state);
        }
        let mut with = Some(with);
        for action in actions {
            self.act(now, *action, &mut with);
        }
    }

    /// Each state has its own timers.
    fn enter(&mut self, now: Instant, state: State) {
        if let Some(since) = self.timers.established.take()
            && now.saturating_duration_since(since) >= self.config.stable_after
        {
            self.backoff.reset();
        }
        self.state = state;
        self.timers = Timers::default();
    }

    fn act(&mut self, now: Instant, action: Do, with: &mut Option<With<'_>>) {
        match action {
            Do::Connect => {
                self.timers.setup = Some(now + self.config.connect_timeout);
                self.events.push_back(ClientOutput::Connect);
            }
            Do::Disconnect => self.events.push_back(ClientOutput::Disconnect),
            Do::SendHello => self.send_hello(now),
            Do::SendToken => self.send_token(),
            Do::SendBye => self.events.push_back(ClientOutput::Transmit(Out::Bye.text())),
            Do::Begin => {
                if let Some(With::Frame(Frame::Welcome(welcome))) = with.take() {
                    self.begin(now, welcome);
                }
            }
            Do::Take => {
                if let Some(With::Frame(frame)) = with.take() {
                    self.take(now, frame);
                }
            }
            Do::SendPing => self.ping(now, self.config.pong_timeout),
            Do::Probe => self.ping(now, self.config.probe_timeout),
            Do::Pause => {
                let pause = self.backoff.next().max(std::mem::take(&mut self.retry_after));
                self.timers.pause = Some(now + pause);
            }
            Do::LostClosed => self.lost(LostReason::Closed),
            Do::LostTimeout => self.lost(LostReason::Timeout),
            Do::LostDead => self.lost(LostReason::Dead),
            Do::LostProtocol => self.lost(LostReason::Protocol),
            Do::LostRefused => self.lost(LostReason::Refused),
            Do::ReportRefusal => {
                if let Some(With::Frame(Frame::Refused { code, text, retry_after_ms })) = with.take() {
                    self.retry_after =
                        Duration::from_millis(retry_after_ms.unwrap_or(0)).min(MAX_RETRY_AFTER);
                    if code.needs_token() {
                        self.token = None;
                    }
                    self.events.push_back(ClientOutput::Refused { code, text });
                }
            }
        }
    }

    fn send_hello(&mut self, now: Instant) {
        self.timers.setup = Some(now + self.config.connect_timeout);
        let resume = self.resume_point();
        let Some(token) = &mut self.token else { return };
        (token.told, token.current) = (true, true);
        let hello = Out::Hello {
            versions: VersionRange { min: VERSION, max: VERSION },
            token: &token.text,
            device: self.config.device,
            resume,
            capabilities: &self.config.capabilities,
        };
        self.events.push_back(ClientOutput::Transmit(hello.text()));
    }

    fn send_token(&mut self) {
        if let Some(token) = self.token.as_mut().filter(|token| !token.told) {
            token.told = true;
            self.events.push_back(ClientOutput::Transmit(Out::Token { token: &token.text }.text()));
        }
    }

    fn begin(&mut self, now: Instant, welcome: Welcome) {
        if welcome.resumed && self.inherited {
            self.streams.outbox.continue_after(welcome.received);
            self.streams.reconnect();
        } else if welcome.resumed {
            if self.streams.outbox.resume(welcome.received).is_err() {
                self.session = None;
                return self.step(now, On::BadFrame, With::Nothing);
            }
            self.streams.reconnect();
        } else {
            self.streams.restart();
        }
        self.inherited = false;
        self.session = Some(welcome.session);
        let asked = Duration::from_millis(welcome.ping_ms.clamp(*PING_MS.start(), *PING_MS.end()));
        self.ping_interval = self.config.ping_interval.min(asked);
        self.timers.ping = Some(now + self.ping_interval);
        self.timers.established = Some(now);
        self.events.push_back(ClientOutput::Established {
            resumed: welcome.resumed,
            session: welcome.session,
            capabilities: welcome.capabilities,
        });
        if std::mem::replace(&mut self.had_session, true) && !welcome.resumed {
            self.events.push_back(ClientOutput::Resync);
        }
        self.send_token();
    }

    fn take(&mut self, now: Instant, frame: Frame<'_>) {
        if matches!(frame, Frame::TokenAccepted) {
            if let Some(token) = &mut self.token {
                token.current = true;
            }
            self.events.push_back(ClientOutput::TokenAccepted);
            return;
        }
        let mut acknowledged = Vec::new();
        let happened = self.streams.take(frame, &mut acknowledged);
        self.events.extend(acknowledged.into_iter().map(|id| ClientOutput::Acknowledged { id }));
        match happened {
            Ok(Some(Happened::Received { sequence, kind, id, body })) => {
                self.events.push_back(ClientOutput::Received { sequence, kind, id, body });
            }
            Ok(Some(Happened::Unsupported { id, kind })) => {
                self.events.push_back(ClientOutput::Unsupported { id, kind });
            }
            Ok(None) => {}
            Err(error) => {
                if matches!(error, LinkError::AcknowledgedUnsent { .. }) {
                    // The service speaks of another session: nothing of this one can be trusted.
                    self.session = None;
                }
                self.step(now, On::BadFrame, With::Nothing);
            }
        }
    }

    fn ping(&mut self, now: Instant, answer_within: Duration) {
        self.streams.ask_ping();
        self.timers.ping = Some(now + self.ping_interval);
        self.timers.pong = Some(now + answer_within);
    }

    fn lost(&mut self, reason: LostReason) {
        self.events.push_back(ClientOutput::Lost { reason });
    }
}
