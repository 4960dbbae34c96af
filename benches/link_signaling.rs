//! What the bytes of one call's setup cost to read: the link's frames and the call's messages in them.

#![allow(clippy::expect_used, reason = "a bench that cannot be set up should stop")]

use std::hint::black_box;
use std::time::Instant;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use liaison_link::{
    Body, Client, ClientConfig, ClientInput, ClientOutput, CommandId, Server, ServerConfig, ServerInput,
    ServerOutput, SessionId, parse_hello,
};
use liaison_signaling::{CallId, Description, DescriptionKind, MediaSessionId, ToEndpoint, ToSwitchboard};

/// As long as an offer with a handful of addresses is.
fn offer() -> Description {
    let candidate = "a=candidate:1 1 udp 2130706431 192.0.2.1 40000 typ host\r\n";
    let sdp = format!("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n{}", candidate.repeat(24));
    Description { session: MediaSessionId(1), revision: 1, kind: DescriptionKind::Offer, sdp }
}

fn invite() -> ToSwitchboard {
    ToSwitchboard::Invite {
        call: CallId(7),
        to: "8:orgid:5d1c1b5e-0000-4000-8000-000000000001".parse().expect("a raw id"),
        display_name: "Kiosk".to_owned(),
        description: offer(),
    }
}

fn messages(c: &mut Criterion) {
    let mut group = c.benchmark_group("signaling_parse");
    let json = serde_json::to_string(&invite()).expect("JSON");
    group.throughput(Throughput::Bytes(json.len() as u64));
    group.bench_function("invite", |b| b.iter(|| ToSwitchboard::parse(black_box(&json))));

    let ringing = serde_json::to_string(&ToSwitchboard::Ringing { call: CallId(7) }).expect("JSON");
    group.throughput(Throughput::Bytes(ringing.len() as u64));
    group.bench_function("ringing", |b| b.iter(|| ToSwitchboard::parse(black_box(&ringing))));

    let candidate = ToEndpoint::Candidate {
        call: CallId(7),
        session: MediaSessionId(1),
        revision: 1,
        candidate: "candidate:1 1 udp 2130706431 192.0.2.1 40000 typ host".to_owned(),
    };
    let candidate = serde_json::to_string(&candidate).expect("JSON");
    group.throughput(Throughput::Bytes(candidate.len() as u64));
    group.bench_function("candidate", |b| b.iter(|| ToEndpoint::parse(black_box(&candidate))));
    group.finish();
}

/// Both ends of a link, past the welcome.
struct Pair {
    client: Client,
    server: Server,
    now: Instant,
    sent: u128,
}

fn transmitted_by_client(client: &mut Client) -> Vec<String> {
    let outputs = std::iter::from_fn(|| client.poll());
    outputs
        .filter_map(|output| match output {
            ClientOutput::Transmit(text) => Some(text),
            _ => None,
        })
        .collect()
}

impl Pair {
    fn new() -> (Self, String) {
        let now = Instant::now();
        let kinds = vec!["call".to_owned()];
        let mut client = Client::new(ClientConfig { kinds: kinds.clone(), ..ClientConfig::default() }, 1);
        client.handle(now, ClientInput::Token("t".repeat(900))).expect("fits");
        client.handle(now, ClientInput::Connected).expect("fits");
        let hello = transmitted_by_client(&mut client).remove(0);
        let config = ServerConfig { kinds, ..ServerConfig::default() };
        let server = Server::new(config, SessionId(1), now);
        let mut pair = Self { client, server, now, sent: 0 };
        let parsed = parse_hello(&hello).expect("a hello");
        pair.server.handle(now, ServerInput::Attach { hello: &parsed }).expect("fits");
        pair.settle();
        (pair, hello)
    }

    /// Carries frames to and fro until nobody has anything more to say; gives how many commands came through.
    fn settle(&mut self) -> usize {
        let mut received = 0;
        loop {
            let mut quiet = true;
            for frame in transmitted_by_client(&mut self.client) {
                quiet = false;
                self.server.handle(self.now, ServerInput::Frame(&frame)).expect("fits");
            }
            while let Some(output) = self.server.poll() {
                match output {
                    ServerOutput::Transmit(frame) => {
                        quiet = false;
                        self.client.handle(self.now, ClientInput::Frame(&frame)).expect("fits");
                    }
                    ServerOutput::Received { sequence, body, .. } => {
                        quiet = false;
                        received += 1;
                        black_box(ToSwitchboard::parse(body.as_str()).expect("a message"));
                        self.server.handle(self.now, ServerInput::Acknowledge { sequence }).expect("fits");
                    }
                    _ => {}
                }
            }
            if quiet {
                return received;
            }
        }
    }

    fn submit(&mut self, message: &ToSwitchboard) {
        self.sent += 1;
        let body = Body::new(message).expect("JSON");
        let input = ClientInput::Submit { kind: "call", id: CommandId(self.sent), body };
        self.client.handle(self.now, input).expect("fits");
    }
}

fn link(c: &mut Criterion) {
    let mut group = c.benchmark_group("link");
    let (mut pair, hello) = Pair::new();
    group.throughput(Throughput::Bytes(hello.len() as u64));
    group.bench_function("parse_hello", |b| b.iter(|| parse_hello(black_box(&hello))));

    // Submitted, transmitted, received, parsed, acknowledged, forgotten.
    let message = invite();
    group.throughput(Throughput::Elements(1));
    group.bench_function("invite_there_and_acknowledged", |b| {
        b.iter(|| {
            pair.submit(&message);
            assert_eq!(pair.settle(), 1);
        });
    });
    group.finish();
}

criterion_group!(benches, messages, link);
criterion_main!(benches);
