//! The frames of the realtime link.

#[path = "input.rs"]
mod input;

use input::Input;
use liaison_link::{
    Body, CommandId, DeviceId, Hello, Limits, Resume, Server, ServerConfig, ServerInput, ServerOutput,
    SessionId, VersionRange, parse_hello,
};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

const SESSION: SessionId = SessionId(7);
const KINDS: [&str; 2] = ["call", "chat"];
const NAMES: [&str; 13] = [
    "message",
    "ack",
    "ping",
    "pong",
    "hello",
    "welcome",
    "token",
    "tokenAccepted",
    "unsupported",
    "refused",
    "bye",
    "wave",
    "",
];
const FIELDS: [&str; 14] = [
    "sequence", "id", "kind", "body", "received", "nonce", "sent", "token", "versions", "device", "resume",
    "code", "text", "new",
];

/// A client that sends arbitrary, nearly good and good frames to a session that also sends, is cut and is resumed.
/// Returns how many messages came through.
pub fn realtime(data: &[u8]) -> u64 {
    let (mut session, mut bytes, mut received) = (Session::new(), Input(data), 0);
    while !bytes.is_empty() {
        let op = bytes.byte();
        session.now += Duration::from_millis(u64::from(bytes.byte()) * 8);
        let text = match op >> 4 {
            0 => bytes.text(usize::from(op & 15) * 16),
            1 => session.strange(&mut bytes),
            2 => damaged(session.message(&mut bytes, "call"), &mut bytes),
            3..=7 => {
                let kind = bytes.choice(&["chat", "call", "chat", "video"]);
                session.message(&mut bytes, kind)
            }
            8 => format!(r#"{{"type":"ack","received":{}}}"#, session.number(&mut bytes)),
            9 => {
                let (name, received) = (bytes.choice(&["ping", "pong"]), session.number(&mut bytes));
                format!(
                    r#"{{"type":"{name}","nonce":{},"sent":{},"received":{received}}}"#,
                    bytes.u32(),
                    session.client_sent
                )
            }
            10..=13 => {
                session.own(op, &mut bytes);
                continue;
            }
            _ if session.over && op & 1 == 0 => {
                received += session.received;
                session = Session::new();
                continue;
            }
            _ => {
                session.reconnect(&mut bytes);
                continue;
            }
        };
        let _ = parse_hello(&text);
        session.feed(ServerInput::Frame(&text));
    }
    received + session.received
}

/// A few bytes of a good frame are others.
fn damaged(text: String, bytes: &mut Input<'_>) -> String {
    let mut text = text.into_bytes();
    for _ in 0..1 + bytes.byte() % 4 {
        let at = usize::from(bytes.u16()) % text.len();
        text[at] = bytes.byte();
    }
    String::from_utf8_lossy(&text).into_owned()
}

struct Session {
    link: Server,
    now: Instant,
    /// By the client, if it is honest.
    client_sent: u64,
    /// To the client.
    transmitted: u64,
    given: u128,
    received: u64,
    seen: BTreeSet<CommandId>,
    over: bool,
}

impl Session {
    #[allow(clippy::disallowed_methods, reason = "a first instant")]
    fn new() -> Self {
        let now = Instant::now();
        let kinds = KINDS.map(str::to_owned).to_vec();
        let link = Server::new(ServerConfig { kinds, ..ServerConfig::default() }, SESSION, now);
        let seen = BTreeSet::new();
        let mut session =
            Self { link, now, client_sent: 0, transmitted: 0, given: 0, received: 0, seen, over: false };
        session.attach(None);
        session
    }

    fn attach(&mut self, resume: Option<Resume>) {
        let hello = Hello {
            versions: VersionRange { min: 1, max: 1 },
            token: "t".to_owned(),
            device: DeviceId(1),
            resume,
            capabilities: Vec::new(),
        };
        self.feed(ServerInput::Attach { hello: &hello });
    }

    /// A number that is often near one that matters.
    fn number(&self, bytes: &mut Input<'_>) -> u64 {
        let near =
            bytes.choice(&[self.transmitted, self.client_sent, self.received, 0, 1 << 53, u64::MAX - 8]);
        match bytes.byte() {
            0..160 => near,
            step @ 160..224 => near.wrapping_add(u64::from(step & 7)),
            step => near.wrapping_sub(u64::from(step & 7)),
        }
    }

    /// The next message of the client, now and then of another number or id.
    fn message(&mut self, bytes: &mut Input<'_>, kind: &str) -> String {
        self.client_sent += 1;
        let sequence = if bytes.byte() > 240 { self.number(bytes) } else { self.client_sent };
        let id = match bytes.byte() {
            0..=200 => u128::from(self.client_sent),
            other => u128::from(other & 15),
        };
        let body = serde_json::Value::from(bytes.text(12));
        format!(
            r#"{{"type":"message","sequence":{sequence},"id":"{id:032x}","kind":"{kind}","body":[{body}]}}"#
        )
    }

    /// A frame of any name with any fields.
    fn strange(&mut self, bytes: &mut Input<'_>) -> String {
        let mut text = format!(r#"{{"type":"{}""#, bytes.choice(&NAMES));
        for _ in 0..bytes.byte() % 6 {
            let name = bytes.choice(&FIELDS);
            let value = match bytes.byte() % 8 {
                0 => "null".to_owned(),
                1 => format!("{:?}", format!("{:032x}", bytes.byte())),
                2 => r#"{"min":1,"max":1}"#.to_owned(),
                3 => "[".repeat(usize::from(bytes.byte())),
                4 => serde_json::Value::from(bytes.text(8)).to_string(),
                5 => r#""chat""#.to_owned(),
                _ => self.number(bytes).to_string(),
            };
            text.push_str(&format!(r#","{name}":{value}"#));
        }
        text + "}"
    }

    /// The service's own doing.
    #[allow(clippy::expect_used, reason = "a text has a JSON form")]
    fn own(&mut self, op: u8, bytes: &mut Input<'_>) {
        match op >> 4 {
            10 => {
                for _ in 0..=op & 15 {
                    self.given += 1;
                    let body = Body::new(&bytes.text(4)).expect("a text has a JSON form");
                    self.feed(ServerInput::Send { kind: "chat", id: CommandId(self.given), body });
                }
            }
            11 => self.feed(ServerInput::Acknowledge { sequence: self.received }),
            12 => self.feed(ServerInput::Unsupported { sequence: self.number(bytes) }),
            _ => self.feed(ServerInput::Tick),
        }
    }

    fn reconnect(&mut self, bytes: &mut Input<'_>) {
        self.feed(ServerInput::Disconnected);
        // Mostly what has arrived: a number that was never sent ends the session.
        let received = if bytes.byte() > 200 { self.number(bytes) } else { self.transmitted };
        let resume = Resume { session: SESSION, received };
        // An honest client goes on after what has arrived.
        self.client_sent = self.received;
        self.attach(Some(resume));
    }

    fn feed(&mut self, input: ServerInput<'_>) {
        let _ = self.link.handle(self.now, input);
        let limit = 4 * Limits::V1.unacknowledged;
        let mut outputs = 0;
        while let Some(output) = self.link.poll() {
            outputs += 1;
            assert!(outputs < limit, "what is to be done comes to an end");
            self.check(output);
        }
    }

    fn check(&mut self, output: ServerOutput) {
        match output {
            ServerOutput::Transmit(text) => {
                let frame: serde_json::Value = match serde_json::from_str(&text) {
                    Ok(frame) => frame,
                    Err(error) => panic!("a frame that is no JSON: {error}"),
                };
                // A session that is over turns away whoever comes to it.
                assert!(!self.over || frame["type"] == "refused", "something after the end: {text}");
                if frame["type"] == "message" {
                    let sequence = frame["sequence"].as_u64().unwrap_or(0);
                    assert!(sequence <= self.transmitted + 1, "a gap: {sequence} after {}", self.transmitted);
                    self.transmitted = self.transmitted.max(sequence);
                }
            }
            ServerOutput::Disconnect => {}
            output if self.over => panic!("something after the end: {output:?}"),
            ServerOutput::Received { sequence, kind, id, .. } => {
                assert!(sequence > self.received, "{sequence} after {}", self.received);
                assert!(KINDS.contains(&kind.as_str()), "an unknown kind");
                assert!(self.seen.insert(id), "{id} was given twice");
                self.received = sequence;
            }
            ServerOutput::Ended { .. } => self.over = true,
            _ => {}
        }
    }
}
