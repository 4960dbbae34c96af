//! One end: the engine, signed in, and the timeline of what it says.

mod interrupt;
mod moment;
mod options;
mod timeline;
mod token;

use crate::exit::Failure;
use interrupt::Interrupt;
use liaison_engine::{
    ConnectionState, DeviceSide, Engine, EngineConfig, EngineError, Event, LogLevel, OperationError,
    OperationId, SignInError,
};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use token::Renewal;

pub use moment::Moment;
pub use options::{Level, ServiceOptions};
pub use timeline::{Entry, Timeline};

/// How often signals, times and the token file are looked at while nothing happens.
const TICK: Duration = Duration::from_millis(50);
/// How long signing out may take.
const GOODBYE: Duration = Duration::from_secs(2);
/// No certificate chain is longer.
const MAX_CA_BYTES: u64 = 1024 * 1024;

/// One end of calls or chats.
pub struct Session {
    pub engine: Engine,
    pub timeline: Timeline,
    pub interrupt: Interrupt,
    options: ServiceOptions,
    renewal: Renewal,
    token: String,
}

fn read_ca(path: &Path) -> Result<String, Failure> {
    let reading =
        |error| Failure::reading("CA file", path, error, "; it is `ca.pem` in the service's data folder");
    let length = std::fs::metadata(path).map_err(reading)?.len();
    if length > MAX_CA_BYTES {
        return Err(Failure::Unusable(format!("the CA file {} is too large to be one", path.display())));
    }
    std::fs::read_to_string(path).map_err(reading)
}

fn engine_failure(error: EngineError) -> Failure {
    let text = error.to_string();
    match error {
        EngineError::Endpoint(_) | EngineError::Proxy(_) | EngineError::DisplayName(_) => {
            Failure::Usage(text)
        }
        EngineError::CaPem(_) => Failure::Unusable(
            "--ca: the file holds no usable certificate: pass the service's DIR/ca.pem".to_owned(),
        ),
        EngineError::PlatformVerifier(detail) => Failure::Unusable(format!(
            "the system's certificate store cannot be used ({detail}): pass --ca DIR/ca.pem"
        )),
        _ => Failure::Other(text),
    }
}

fn log_level(level: Level) -> LogLevel {
    match level {
        Level::Error => LogLevel::Error,
        Level::Warn => LogLevel::Warn,
        Level::Info => LogLevel::Info,
        Level::Debug => LogLevel::Debug,
        Level::Trace => LogLevel::Trace,
    }
}

impl Session {
    /// Reads the files and starts the engine, set up further by `set_up`; speaks to nobody yet.
    pub fn open(
        options: ServiceOptions,
        set_up: impl FnOnce(&mut EngineConfig) -> Result<(), Failure>,
    ) -> Result<Self, Failure> {
        let token = token::read(&options.token_file)?;
        let mut config = EngineConfig::new(options.endpoint.trim_end_matches('/'));
        config.ca_pem = options.ca.as_deref().map(read_ca).transpose()?;
        config.http_proxy.clone_from(&options.proxy);
        config.display_name.clone_from(&options.display_name);
        config.log_level = log_level(options.log);
        config.log_hook = Some(Arc::new(|level, text| eprintln!("{level:?} {text}")));
        set_up(&mut config)?;
        Ok(Self {
            interrupt: Interrupt::listen()?,
            engine: Engine::new(config).map_err(engine_failure)?,
            timeline: Timeline::new(options.json),
            renewal: Renewal::new(options.token_file.clone(), token.clone()),
            options,
            token,
        })
    }

    /// Connects and waits for the service's word on the token.
    pub fn sign_in(&mut self) -> Result<(), Failure> {
        let operation = self.engine.sign_in(&self.token).map_err(|error| match error {
            SignInError::Malformed | SignInError::Expired { .. } => Failure::Token(error.to_string()),
            _ => Failure::Other(error.to_string()),
        })?;
        let patience = Duration::from_secs(self.options.connect_timeout);
        let deadline = Instant::now() + patience;
        let mut last_word = String::new();
        while Instant::now() < deadline {
            if self.interrupt.wanted() {
                return Err(Failure::Other("interrupted before the service answered".to_owned()));
            }
            match self.engine.wait_event(TICK) {
                Some(Event::OperationDone { operation: done, result }) if done == operation => {
                    result.map_err(|error| self.sign_in_failure(error))?;
                    let raw_id = liaison_identity::peek_raw_id(&self.token);
                    let raw_id = raw_id.map(String::from).unwrap_or_default();
                    self.timeline.note(Moment::SignedIn { raw_id });
                    return Ok(());
                }
                Some(Event::ConnectionState { state, text }) => {
                    if !text.is_empty() {
                        last_word.clone_from(&text);
                    }
                    self.connection(state, text);
                }
                Some(Event::Poisoned) => return Err(poisoned()),
                _ => {}
            }
        }
        let cause = if last_word.is_empty() { String::new() } else { format!(" ({last_word})") };
        Err(Failure::Unreachable(format!(
            "the service at {} did not answer within {} s{cause}: check --endpoint, and that `liaison serve` runs there",
            self.options.endpoint,
            patience.as_secs(),
        )))
    }

    fn sign_in_failure(&self, error: OperationError) -> Failure {
        match error {
            OperationError::TokenRefused(text) => {
                Failure::Token(format!("the service refused the token: {text}"))
            }
            OperationError::UntrustedCertificate(text) => Failure::Unreachable(format!(
                "the certificate of {} is not trusted ({text}): pass --ca DIR/ca.pem, from the service's data folder",
                self.options.endpoint
            )),
            other => Failure::Other(other.to_string()),
        }
    }

    fn connection(&mut self, state: ConnectionState, text: String) {
        let state = match state {
            ConnectionState::Connecting => "connecting",
            ConnectionState::Connected => "connected",
            ConnectionState::Disconnected => "disconnected",
        };
        self.timeline.note(Moment::Connection { state, text });
    }

    /// Waits a little for the next event. What concerns no single call is dealt with here, and is not returned.
    pub fn next(&mut self) -> Result<Option<Event>, Failure> {
        self.renew();
        let Some(event) = self.engine.wait_event(TICK) else { return Ok(None) };
        match event {
            Event::ConnectionState { state, text } => self.connection(state, text),
            Event::TokenExpiring { remaining } => {
                self.timeline.note(Moment::TokenExpiring { remaining_s: remaining.as_secs() });
                self.renewal.expiring(Instant::now());
            }
            Event::Device { side, text } => {
                let side = match side {
                    DeviceSide::Capture => "capture",
                    DeviceSide::Playout => "playout",
                };
                self.timeline.note(Moment::Device { side, text });
            }
            Event::Poisoned => return Err(poisoned()),
            other => return Ok(Some(other)),
        }
        Ok(None)
    }

    fn renew(&mut self) {
        let Some(token) = self.renewal.poll(Instant::now()) else { return };
        let moment = match self.engine.set_token(&token) {
            Ok(_) => Moment::TokenRenewed,
            Err(error) => Moment::Problem { text: error.to_string() },
        };
        self.timeline.note(moment);
    }

    /// Notes the failure of a command nobody waits for.
    pub fn note_failed(&mut self, result: Result<(), OperationError>) {
        if let Err(error) = result
            && error != OperationError::Cancelled
        {
            self.timeline.note(Moment::Problem { text: error.to_string() });
        }
    }

    /// Signs out and stops the engine, which completes what it was writing.
    pub fn close(self) {
        if let Ok(operation) = self.engine.sign_out() {
            self.wait_for(operation);
        }
    }

    fn wait_for(&self, operation: OperationId) {
        let deadline = Instant::now() + GOODBYE;
        while Instant::now() < deadline {
            match self.engine.wait_event(TICK) {
                Some(Event::OperationDone { operation: done, .. }) if done == operation => return,
                Some(Event::Poisoned) => return,
                _ => {}
            }
        }
    }
}

fn poisoned() -> Failure {
    Failure::Other(
        "the engine stopped after an internal error: run with --log debug and report it".to_owned(),
    )
}
