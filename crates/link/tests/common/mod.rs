//! A client and a service on one seeded, faulty wire in virtual time.
#![allow(dead_code, reason = "each test uses its part")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it is wrong")]

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use liaison_link::{
    Body, Client, ClientConfig, ClientInput, ClientOutput, CommandId, DeviceId, EndReason, Server,
    ServerConfig, ServerInput, ServerOutput, SessionId, parse_hello,
};

#[expect(clippy::disallowed_methods, reason = "virtual time needs one instant to count from")]
pub fn origin() -> Instant {
    Instant::now()
}

/// SplitMix64.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: u64) -> u64 {
        self.next() % n.max(1)
    }

    /// True in `per_mille` of 1000 cases.
    pub fn chance(&mut self, per_mille: u64) -> bool {
        self.below(1000) < per_mille
    }
}

/// How bad the wire is, each in thousandths of the frames.
#[derive(Clone, Copy, Default)]
pub struct Faults {
    pub drop: u64,
    pub duplicate: u64,
    pub cut: u64,
    /// Of the attempts to open a socket.
    pub no_connect: u64,
    /// Of the frames that reach the service: it restarts and forgets every session.
    pub restart: u64,
}

enum Event {
    Open(u64),
    Gone(u64),
    ToClient(u64, String),
    ToService(u64, String),
    ServiceGone(u64),
    AckByClient(SessionId, u64),
    AckByService(SessionId, u64),
    Submit(u32),
    Send(u32),
}

pub struct World {
    pub start: Instant,
    pub now: Instant,
    pub client: Client,
    sessions: BTreeMap<SessionId, Server>,
    attached: Option<(u64, SessionId)>,
    next_session: u128,
    ids_of_device: Vec<CommandId>,
    /// What the service has to say before there is a session.
    unsent: VecDeque<u32>,
    connection: u64,
    open: bool,
    queue: BTreeMap<(Instant, u64), Event>,
    order: u64,
    pub faults: Faults,
    random: Random,
    /// Everything that was on the wire, in order.
    pub log: String,
    pub at_service: Vec<u32>,
    pub at_client: Vec<u32>,
    pub resyncs: u32,
    pub lost: u32,
    pub established: u32,
    client_session: Option<SessionId>,
    consumer_delay_ms: u64,
}

pub fn config() -> (ClientConfig, ServerConfig) {
    let client = ClientConfig { device: DeviceId(1), kinds: vec!["call".into()], ..ClientConfig::default() };
    (client, ServerConfig { kinds: vec!["call".into()], ..ServerConfig::default() })
}

impl World {
    pub fn new(seed: u64, faults: Faults) -> Self {
        let start = origin();
        let (client, _) = config();
        Self {
            start,
            now: start,
            client: Client::new(client, seed),
            sessions: BTreeMap::new(),
            attached: None,
            next_session: 1,
            ids_of_device: Vec::new(),
            unsent: VecDeque::new(),
            connection: 0,
            open: false,
            queue: BTreeMap::new(),
            order: 0,
            faults,
            random: Random(seed ^ 0xFA17),
            log: String::new(),
            at_service: Vec::new(),
            at_client: Vec::new(),
            resyncs: 0,
            lost: 0,
            established: 0,
            client_session: None,
            consumer_delay_ms: 200,
        }
    }

    fn at(&mut self, delay_ms: u64, event: Event) {
        self.order += 1;
        self.queue.insert((self.now + Duration::from_millis(delay_ms), self.order), event);
    }

    pub fn submit_at(&mut self, ms: u64, n: u32) {
        self.at(ms, Event::Submit(n));
    }

    pub fn send_at(&mut self, ms: u64, n: u32) {
        self.at(ms, Event::Send(n));
    }

    pub fn log(&mut self, text: &str) {
        let ms = (self.now - self.start).as_millis();
        self.log.push_str(&format!("{ms} {text}\n"));
    }

    /// Runs until `ms` of virtual time have passed.
    pub fn run_until(&mut self, ms: u64) {
        let end = self.start + Duration::from_millis(ms);
        loop {
            self.drain();
            let next_event = self.queue.keys().next().map(|key| key.0);
            let session_deadlines = self.sessions.values().filter_map(Server::deadline);
            let next = session_deadlines.chain(self.client.deadline()).chain(next_event).min();
            let Some(next) = next.filter(|at| *at <= end) else { break };
            assert!(next >= self.now || next_event != Some(next), "time runs forward");
            self.now = self.now.max(next);
            if next_event.is_some_and(|at| at <= self.now) {
                let ((_, _), event) = self.queue.pop_first().unwrap();
                self.happen(event);
            } else {
                self.client.handle(self.now, ClientInput::Tick).unwrap();
                for server in self.sessions.values_mut() {
                    server.handle(self.now, ServerInput::Tick).unwrap();
                }
            }
        }
        self.now = end;
    }

    fn happen(&mut self, event: Event) {
        let now = self.now;
        match event {
            Event::Open(connection) if connection == self.connection => {
                self.open = true;
                self.client.handle(now, ClientInput::Connected).unwrap();
            }
            Event::Gone(connection) if connection == self.connection => {
                self.open = false;
                self.client.handle(now, ClientInput::Disconnected).unwrap();
            }
            Event::ToClient(connection, text) if connection == self.connection && self.open => {
                self.log(&format!("< {text}"));
                self.client.handle(now, ClientInput::Frame(&text)).unwrap();
            }
            Event::ToService(connection, text) => self.service_gets(connection, &text),
            Event::ServiceGone(connection) => {
                if let Some((attached, session)) = self.attached
                    && attached == connection
                {
                    self.attached = None;
                    if let Some(server) = self.sessions.get_mut(&session) {
                        server.handle(now, ServerInput::Disconnected).unwrap();
                    }
                }
            }
            Event::AckByClient(session, sequence) if self.client_session == Some(session) => {
                self.client.handle(now, ClientInput::Acknowledge { sequence }).unwrap();
            }
            Event::AckByService(session, sequence) => {
                if let Some(server) = self.sessions.get_mut(&session) {
                    server.handle(now, ServerInput::Acknowledge { sequence }).unwrap();
                }
            }
            Event::Submit(n) => {
                let id = CommandId(u128::from(n) + 1);
                self.client.handle(now, ClientInput::Submit { kind: "call", id, body: body(n) }).unwrap();
            }
            Event::Send(n) => {
                self.unsent.push_back(n);
                self.flush();
            }
            Event::Open(_) | Event::Gone(_) | Event::ToClient(..) | Event::AckByClient(..) => {}
        }
    }

    fn flush(&mut self) {
        let Some(server) = self.sessions.values_mut().next() else { return };
        for n in self.unsent.drain(..) {
            let id = CommandId(u128::from(n) + 1_000_000);
            server.handle(self.now, ServerInput::Send { kind: "call", id, body: body(n) }).unwrap();
        }
    }

    fn service_gets(&mut self, connection: u64, text: &str) {
        let now = self.now;
        self.log(&format!("> {text}"));
        if self.random.chance(self.faults.restart) {
            self.log("service restarts");
            for server in std::mem::take(&mut self.sessions).values() {
                self.ids_of_device.extend(server.remembered());
            }
            if let Some((attached, _)) = self.attached.take() {
                self.at(20, Event::Gone(attached));
            }
            return;
        }
        if let Some((attached, session)) = self.attached
            && attached == connection
        {
            if let Some(server) = self.sessions.get_mut(&session) {
                server.handle(now, ServerInput::Frame(text)).unwrap();
            }
            return;
        }
        let Ok(hello) = parse_hello(text) else { return };
        let known =
            hello.resume.map(|resume| resume.session).filter(|session| self.sessions.contains_key(session));
        let session = known.unwrap_or_else(|| {
            let session = SessionId(self.next_session);
            self.next_session += 1;
            let mut server = Server::new(config().1, session, now);
            server.remember(self.ids_of_device.iter().copied());
            self.sessions.clear();
            self.sessions.insert(session, server);
            session
        });
        self.attached = Some((connection, session));
        self.sessions.get_mut(&session).unwrap().handle(now, ServerInput::Attach { hello: &hello }).unwrap();
        self.flush();
    }

    fn drain(&mut self) {
        loop {
            if let Some(output) = self.client.poll() {
                self.client_wants(output);
                continue;
            }
            let output =
                self.sessions.iter_mut().find_map(|(id, server)| server.poll().map(|output| (*id, output)));
            let Some((session, output)) = output else { break };
            self.server_wants(session, output);
        }
    }

    /// Puts a frame on the wire, if the faults let it.
    fn transmit(&mut self, connection: u64, text: String, event: fn(u64, String) -> Event) {
        // Messages for a session whose welcome never arrived belong to nobody: a client that is told
        // `resumed: false` reads the state anyway.
        if self.established == 0 {
            self.at(20, event(connection, text));
            return;
        }
        if self.random.chance(self.faults.cut) {
            self.log("cut");
            self.at(20, Event::Gone(connection));
            self.at(25, Event::ServiceGone(connection));
        }
        if self.random.chance(self.faults.drop) {
            self.log(&format!("dropped {text}"));
            return;
        }
        if self.random.chance(self.faults.duplicate) {
            self.at(20, event(connection, text.clone()));
        }
        self.at(20, event(connection, text));
    }

    fn client_wants(&mut self, output: ClientOutput) {
        match output {
            ClientOutput::Connect => {
                self.connection += 1;
                let connection = self.connection;
                self.open = false;
                let refused = self.random.chance(self.faults.no_connect);
                self.at(40, if refused { Event::Gone(connection) } else { Event::Open(connection) });
            }
            ClientOutput::Disconnect => {
                self.open = false;
                let connection = self.connection;
                self.at(20, Event::ServiceGone(connection));
            }
            ClientOutput::Transmit(text) => self.transmit(self.connection, text, Event::ToService),
            ClientOutput::Established { session, .. } => {
                self.established += 1;
                self.client_session = Some(session);
            }
            ClientOutput::Lost { reason } => {
                self.lost += 1;
                self.log(&format!("lost {reason:?}"));
            }
            ClientOutput::Resync => self.resyncs += 1,
            ClientOutput::Received { sequence, body, .. } => {
                self.at_client.push(body.parse().unwrap());
                let delay = self.random.below(self.consumer_delay_ms);
                if let Some(session) = self.client_session {
                    self.at(delay, Event::AckByClient(session, sequence));
                }
            }
            _ => {}
        }
    }

    fn server_wants(&mut self, session: SessionId, output: ServerOutput) {
        let attached =
            self.attached.filter(|(_, attached)| *attached == session).map(|(connection, _)| connection);
        match (output, attached) {
            (ServerOutput::Transmit(text), Some(connection)) => {
                self.transmit(connection, text, Event::ToClient)
            }
            (ServerOutput::Disconnect, Some(connection)) => {
                self.attached = None;
                self.at(20, Event::Gone(connection));
            }
            (ServerOutput::Received { sequence, body, .. }, _) => {
                self.at_service.push(body.parse().unwrap());
                let delay = self.random.below(self.consumer_delay_ms);
                self.at(delay, Event::AckByService(session, sequence));
            }
            (ServerOutput::Ended { reason }, _) => {
                assert_ne!(reason, EndReason::Overflow);
                if let Some(server) = self.sessions.remove(&session) {
                    self.ids_of_device.extend(server.remembered());
                }
            }
            _ => {}
        }
    }

    pub fn start(&mut self) {
        self.client.handle(self.now, ClientInput::Token("token".into())).unwrap();
    }
}

pub fn body(n: u32) -> Body {
    Body::new(&n).unwrap()
}
