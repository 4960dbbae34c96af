//! Drives the link's core with a real socket.

use std::time::Instant;

use liaison_chat::link;
use liaison_link::{Body, Client, ClientConfig, ClientInput, ClientOutput, CommandId, DeviceId, SubmitError};
use tokio::sync::mpsc;

use crate::net::{self, Route, SocketEvent, SocketEventKind, SocketHandle};

/// The kind under which call messages travel.
pub(crate) const CALL: &str = "call";

/// The connection to the service: the core, its socket, and why the last socket ended.
pub(crate) struct Wire {
    client: Client,
    route: Route,
    device: DeviceId,
    seed: u64,
    socket: Option<SocketHandle>,
    generation: u64,
    to_control: mpsc::Sender<SocketEvent>,
    /// Why the last socket ended, in words.
    pub(crate) last_error: String,
}

impl Wire {
    pub(crate) fn new(
        route: Route,
        device: DeviceId,
        seed: u64,
        to_control: mpsc::Sender<SocketEvent>,
    ) -> Self {
        Self {
            client: client(device, seed),
            route,
            device,
            seed,
            socket: None,
            generation: 0,
            to_control,
            last_error: String::new(),
        }
    }

    /// Forgets the session: the next token begins a new one.
    pub(crate) fn reset(&mut self) {
        self.socket = None;
        self.generation += 1;
        self.seed = self.seed.wrapping_add(1);
        self.client = client(self.device, self.seed);
    }

    pub(crate) fn token(&mut self, now: Instant, token: String) -> Result<(), SubmitError> {
        self.client.handle(now, ClientInput::Token(token))
    }

    pub(crate) fn submit(&mut self, now: Instant, id: CommandId, body: Body) -> Result<(), SubmitError> {
        self.client.handle(now, ClientInput::Submit { kind: CALL, id, body })
    }

    pub(crate) fn submit_chat(&mut self, now: Instant, id: CommandId, body: Body) -> Result<(), SubmitError> {
        self.client.handle(now, ClientInput::Submit { kind: link::KIND, id, body })
    }

    /// Says goodbye on the connection, if there is one.
    pub(crate) fn close(&mut self, now: Instant) {
        self.tell(now, ClientInput::Close);
    }

    pub(crate) fn acknowledge(&mut self, now: Instant, sequence: u64) {
        self.tell(now, ClientInput::Acknowledge { sequence });
    }

    pub(crate) fn unsupported(&mut self, now: Instant, sequence: u64) {
        self.tell(now, ClientInput::Unsupported { sequence });
    }

    pub(crate) fn network_changed(&mut self, now: Instant) {
        self.tell(now, ClientInput::NetworkChanged);
    }

    pub(crate) fn tick(&mut self, now: Instant) {
        if self.deadline().is_some_and(|deadline| deadline <= now) {
            self.tell(now, ClientInput::Tick);
        }
    }

    /// For inputs whose errors mean only that a new session has begun meanwhile.
    fn tell(&mut self, now: Instant, input: ClientInput<'_>) {
        if let Err(error) = self.client.handle(now, input) {
            tracing::debug!(%error, "link");
        }
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.client.deadline()
    }

    /// Takes in what a socket did; returns why it ended if it did, and whether its certificate was the reason.
    pub(crate) fn socket(&mut self, now: Instant, event: SocketEvent) -> Option<(String, bool)> {
        if event.generation != self.generation {
            return None;
        }
        match event.kind {
            SocketEventKind::Connected => self.tell(now, ClientInput::Connected),
            SocketEventKind::Frame(frame) => self.tell(now, ClientInput::Frame(&frame)),
            SocketEventKind::Closed { text, untrusted } => {
                tracing::info!(reason = %text, "the connection to the service ended");
                self.last_error.clone_from(&text);
                self.socket = None;
                self.tell(now, ClientInput::Disconnected);
                return Some((text, untrusted));
            }
        }
        None
    }

    /// Does what the core wants done with the socket; returns what concerns the calls.
    pub(crate) fn poll(&mut self, now: Instant) -> Option<ClientOutput> {
        loop {
            match self.client.poll()? {
                ClientOutput::Connect => {
                    self.generation += 1;
                    self.socket =
                        Some(net::open(self.route.clone(), self.generation, self.to_control.clone()));
                }
                ClientOutput::Disconnect => {
                    self.generation += 1;
                    self.socket = None;
                }
                ClientOutput::Transmit(frame) => {
                    if !self.socket.as_ref().is_some_and(|socket| socket.send(frame)) {
                        // A network that takes nothing: what was not acknowledged is sent again on the next socket.
                        self.generation += 1;
                        self.socket = None;
                        self.tell(now, ClientInput::Disconnected);
                    }
                }
                other => return Some(other),
            }
        }
    }
}

fn client(device: DeviceId, seed: u64) -> Client {
    let config = ClientConfig {
        device,
        capabilities: vec![link::CAPABILITY.into()],
        kinds: vec![CALL.into(), link::KIND.into()],
        ..ClientConfig::default()
    };
    Client::new(config, seed)
}
