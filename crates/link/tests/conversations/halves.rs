//! The two ends, driven by lines of JSON.

use std::time::{Duration, Instant};

use liaison_link::{
    Body, Client, ClientInput, ClientOutput, CommandId, LinkError, RefusalCode, Server, ServerInput,
    ServerOutput, SessionId, parse_hello, refusal,
};
use serde_json::{Value, json};

use crate::common::{config, origin};

pub struct Halves {
    start: Instant,
    client: Client,
    server: Option<Server>,
    attached: bool,
    sessions: u128,
    frame_bytes: Option<usize>,
}

fn text<'a>(line: &'a Value, key: &str) -> &'a str {
    line[key].as_str().unwrap_or_else(|| panic!("{line} needs {key}"))
}

fn id(line: &Value) -> CommandId {
    text(line, "id").parse().unwrap()
}

fn sequence(line: &Value) -> u64 {
    line["sequence"].as_u64().unwrap()
}

impl Halves {
    pub fn new(header: &Value) -> Self {
        let start = origin();
        let frame_bytes = header["frameBytes"].as_u64().map(|bytes| usize::try_from(bytes).unwrap());
        let (mut client, _) = config();
        client.limits.frame_bytes = frame_bytes.unwrap_or(client.limits.frame_bytes);
        Self {
            start,
            client: Client::new(client, 1),
            server: None,
            attached: false,
            sessions: 0,
            frame_bytes,
        }
    }

    /// Feeds a line to a half; gives what it says.
    pub fn feed(&mut self, half: &str, line: &Value) -> Vec<Value> {
        let ms = line["ms"].as_u64().unwrap();
        let now = self.start + Duration::from_millis(ms);
        let mut said = Vec::new();
        if half == "client" {
            if let Some(error) = self.feed_client(now, line) {
                said.push(json!({"ms": ms, "says": "client", "error": error}));
            }
            while let Some(output) = self.client.poll() {
                said.push(match output {
                    ClientOutput::Transmit(frame) => json!({"ms": ms, "from": "client", "frame": frame}),
                    other => {
                        let mut line = json!({"ms": ms, "says": "client", "output": format!("{other:?}")});
                        if let ClientOutput::Received { body, .. } = &other {
                            line["body"] = body.as_str().into();
                        }
                        line
                    }
                });
            }
        } else {
            self.feed_server(now, ms, line, &mut said);
        }
        said
    }

    fn feed_client(&mut self, now: Instant, line: &Value) -> Option<String> {
        let body;
        let input = match line["input"].as_str() {
            None => ClientInput::Frame(text(line, "frame")),
            Some("token") => ClientInput::Token(text(line, "token").to_owned()),
            Some("connected") => ClientInput::Connected,
            Some("disconnected") => ClientInput::Disconnected,
            Some("submit") => {
                body = Body::new(&line["body"]).unwrap();
                ClientInput::Submit { kind: text(line, "kind"), id: id(line), body }
            }
            Some("acknowledge") => ClientInput::Acknowledge { sequence: sequence(line) },
            Some("unsupported") => ClientInput::Unsupported { sequence: sequence(line) },
            Some("networkChanged") => ClientInput::NetworkChanged,
            Some("close") => ClientInput::Close,
            Some("tick") => ClientInput::Tick,
            Some(other) => panic!("unknown input {other}"),
        };
        self.client.handle(now, input).err().map(|error| error.to_string())
    }

    fn feed_server(&mut self, now: Instant, ms: u64, line: &Value, said: &mut Vec<Value>) {
        match line["input"].as_str() {
            Some("forget") => {
                self.server = None;
                self.attached = false;
                return;
            }
            None if !self.attached => {
                if let Err(error) = self.greet(now, text(line, "frame")) {
                    let frame = refusal(error.refusal_code(), &error.to_string(), None);
                    said.push(json!({"ms": ms, "from": "server", "frame": frame}));
                    said.push(json!({"ms": ms, "says": "server", "output": "turned away"}));
                    return;
                }
            }
            input => {
                let Some(server) = &mut self.server else { panic!("no session for {line}") };
                let body;
                let input = match input {
                    None => ServerInput::Frame(text(line, "frame")),
                    Some("disconnected") => ServerInput::Disconnected,
                    Some("send") => {
                        body = Body::new(&line["body"]).unwrap();
                        ServerInput::Send { kind: text(line, "kind"), id: id(line), body }
                    }
                    Some("acknowledge") => ServerInput::Acknowledge { sequence: sequence(line) },
                    Some("unsupported") => ServerInput::Unsupported { sequence: sequence(line) },
                    Some("tokenAccepted") => ServerInput::TokenAccepted,
                    Some("refuse") => {
                        let code: RefusalCode = serde_json::from_value(line["code"].clone()).unwrap();
                        ServerInput::Refuse { code, text: text(line, "text") }
                    }
                    Some("tick") => ServerInput::Tick,
                    Some(other) => panic!("unknown input {other}"),
                };
                self.attached &= !matches!(input, ServerInput::Disconnected);
                if let Err(error) = server.handle(now, input) {
                    said.push(json!({"ms": ms, "says": "server", "error": error.to_string()}));
                }
            }
        }
        let mut ended = false;
        while let Some(output) = self.server.as_mut().and_then(Server::poll) {
            ended |= matches!(output, ServerOutput::Ended { .. });
            said.push(match output {
                ServerOutput::Transmit(frame) => json!({"ms": ms, "from": "server", "frame": frame}),
                other => {
                    let mut line = json!({"ms": ms, "says": "server", "output": format!("{other:?}")});
                    match &other {
                        ServerOutput::Received { body, .. } => line["body"] = body.as_str().into(),
                        ServerOutput::TokenOffered(token) => line["token"] = token.as_str().into(),
                        ServerOutput::Disconnect => self.attached = false,
                        _ => {}
                    }
                    line
                }
            });
        }
        if ended {
            self.server = None;
        }
    }

    fn greet(&mut self, now: Instant, frame: &str) -> Result<(), LinkError> {
        let hello = parse_hello(frame)?;
        let known =
            hello.resume.filter(|resume| self.server.as_ref().is_some_and(|s| s.session() == resume.session));
        if known.is_none() {
            self.sessions += 1;
            let (_, mut config) = config();
            config.limits.frame_bytes = self.frame_bytes.unwrap_or(config.limits.frame_bytes);
            self.server = Some(Server::new(config, SessionId(self.sessions), now));
        }
        self.attached = true;
        self.server.as_mut().unwrap().handle(now, ServerInput::Attach { hello: &hello }).unwrap();
        Ok(())
    }
}
