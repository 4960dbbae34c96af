//! Whatever arrives, nothing panics and nothing grows without bound.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it is wrong")]

mod common;

use std::time::Duration;

use common::{body, config, origin};
use liaison_link::{
    Client, ClientInput, ClientOutput, CommandId, Hello, Server, ServerInput, ServerOutput, SessionId,
    VersionRange, parse_hello,
};
use proptest::collection::vec;
use proptest::prelude::*;

/// Text that looks more or less like a frame.
fn frame() -> impl Strategy<Value = String> {
    let number = prop_oneof![
        Just("0".to_owned()),
        Just("1".into()),
        Just("2".into()),
        Just("99999999999999999999".into()),
        "[0-9]{1,4}"
    ];
    let id = prop_oneof![Just(format!("{:032x}", 5)), "[0-9a-f]{32}", "[0-9a-z]{0,33}"];
    let value = prop_oneof![
        number.clone(),
        id.clone().prop_map(|id| format!("\"{id}\"")),
        Just("\"call\"".to_owned()),
        Just("null".into()),
        Just("{}".into()),
        Just("[1,[2]]".into()),
        Just("true".into()),
        any::<String>().prop_map(|text| serde_json::to_string(&text).unwrap()),
    ];
    let field = prop_oneof![
        Just("sequence"),
        Just("id"),
        Just("kind"),
        Just("body"),
        Just("received"),
        Just("nonce"),
        Just("sent"),
        Just("token"),
        Just("versions"),
        Just("device"),
        Just("resume"),
        Just("capabilities"),
        Just("version"),
        Just("session"),
        Just("resumed"),
        Just("pingMs"),
        Just("code"),
        Just("text"),
        Just("frame"),
        Just("new"),
    ];
    let name = prop_oneof![
        Just("message"),
        Just("ack"),
        Just("ping"),
        Just("pong"),
        Just("hello"),
        Just("welcome"),
        Just("token"),
        Just("tokenAccepted"),
        Just("unsupported"),
        Just("refused"),
        Just("bye"),
        Just("wave"),
    ];
    let object = (name, vec((field, value), 0..8)).prop_map(|(name, fields)| {
        let fields: String = fields.iter().map(|(key, value)| format!(",\"{key}\":{value}")).collect();
        format!("{{\"type\":\"{name}\"{fields}}}")
    });
    let message = (number, id, "[a-z]{1,5}").prop_map(|(sequence, id, kind)| {
        format!(r#"{{"type":"message","sequence":{sequence},"id":"{id}","kind":"{kind}","body":[]}}"#)
    });
    prop_oneof![3 => object, 2 => message, 1 => any::<String>(), 1 => vec(any::<u8>(), 0..64)
        .prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned())]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_hello_of_any_bytes_is_read_or_refused(text in frame()) {
        let _ = parse_hello(&text);
    }

    #[test]
    fn a_client_survives_any_service(steps in vec((0_u8..12, frame(), 0_u64..40_000), 1..60), seed in any::<u64>()) {
        let mut now = origin();
        let mut client = Client::new(config().0, seed);
        client.handle(now, ClientInput::Token("t".into())).unwrap();
        let mut submitted = 0_u32;
        for (kind, text, ms) in &steps {
            now += Duration::from_millis(*ms);
            let _ = client.handle(now, match kind {
                0 => ClientInput::Connected,
                1 => ClientInput::Disconnected,
                2 => ClientInput::NetworkChanged,
                3 => ClientInput::Acknowledge { sequence: *ms },
                4 => ClientInput::Unsupported { sequence: *ms },
                5 => {
                    submitted += 1;
                    ClientInput::Submit { kind: "call", id: CommandId(u128::from(submitted)), body: body(1) }
                }
                6 => ClientInput::Tick,
                7 => ClientInput::Token("u".into()),
                8 => ClientInput::Frame(r#"{"type":"welcome","version":1,"session":"00000000000000000000000000000001","resumed":false,"received":0,"pingMs":15000}"#),
                _ => ClientInput::Frame(text),
            });
            let mut outputs = 0;
            while client.poll().is_some() {
                outputs += 1;
                prop_assert!(outputs < 200, "poll comes to an end");
            }
        }
    }

    #[test]
    fn a_session_survives_any_client(steps in vec((0_u8..10, frame(), 0_u64..40_000), 1..60)) {
        let mut now = origin();
        let mut server = Server::new(config().1, SessionId(1), now);
        let hello = Hello {
            versions: VersionRange { min: 1, max: 1 },
            token: "t".into(),
            device: liaison_link::DeviceId(1),
            resume: None,
            capabilities: Vec::new(),
        };
        server.handle(now, ServerInput::Attach { hello: &hello }).unwrap();
        for (kind, text, ms) in &steps {
            now += Duration::from_millis(*ms);
            let parsed = parse_hello(text);
            let _ = server.handle(now, match kind {
                0 => ServerInput::Disconnected,
                1 => ServerInput::Acknowledge { sequence: *ms },
                2 => ServerInput::Unsupported { sequence: *ms },
                3 => ServerInput::Send { kind: "call", id: CommandId(u128::from(*ms)), body: body(1) },
                4 => ServerInput::Tick,
                5 => ServerInput::Attach { hello: parsed.as_ref().unwrap_or(&hello) },
                6 => ServerInput::TokenAccepted,
                _ => ServerInput::Frame(text),
            });
            let mut outputs = 0;
            while server.poll().is_some() {
                outputs += 1;
                prop_assert!(outputs < 200, "poll comes to an end");
            }
        }
    }
}

/// A peer that talks and never listens fills nothing: the driver does not poll, yet the session ends the flood.
#[test]
fn a_flood_that_nobody_polls_is_cut_off() {
    let now = origin();
    let hello = r#"{"type":"hello","versions":{"min":1,"max":1},"token":"t","device":"00000000000000000000000000000001"}"#;
    for flood in [
        r#"{"type":"token","token":"x"}"#,
        r#"{"type":"unsupported","id":"00000000000000000000000000000001","kind":"call"}"#,
        r#"{"type":"wave"}"#,
        r#"{"type":"ping","nonce":1,"sent":0,"received":0}"#,
    ] {
        let mut server = Server::new(config().1, SessionId(1), now);
        let hello = parse_hello(hello).unwrap();
        server.handle(now, ServerInput::Attach { hello: &hello }).unwrap();
        for _ in 0..100_000 {
            server.handle(now, ServerInput::Frame(flood)).unwrap();
        }
        let outputs = std::iter::from_fn(|| server.poll()).count();
        assert!(outputs < 3_000, "{outputs} outputs for {flood}");
    }
}

/// A peer that sends and never waits for acknowledgements is cut off at the limit.
#[test]
fn messages_beyond_the_window_are_cut_off() {
    let now = origin();
    let mut client = Client::new(config().0, 1);
    client.handle(now, ClientInput::Token("t".into())).unwrap();
    client.handle(now, ClientInput::Connected).unwrap();
    client
        .handle(now, ClientInput::Frame(r#"{"type":"welcome","version":1,"session":"00000000000000000000000000000001","resumed":false,"received":0,"pingMs":15000}"#))
        .unwrap();
    let mut received = 0;
    let mut lost = false;
    for sequence in 1..3_000 {
        let text = format!(
            r#"{{"type":"message","sequence":{sequence},"id":"{sequence:032x}","kind":"call","body":1}}"#
        );
        client.handle(now, ClientInput::Frame(&text)).unwrap();
        while let Some(output) = client.poll() {
            received += u32::from(matches!(output, ClientOutput::Received { .. }));
            lost |= matches!(output, ClientOutput::Lost { .. });
        }
    }
    assert_eq!((received, lost), (1024, true));
}

/// Nobody who logs a core's values logs a token, a message or a frame.
#[test]
fn debug_texts_hold_no_secrets() {
    let secret = "SECRET";
    let hello = parse_hello(&format!(
        r#"{{"type":"hello","versions":{{"min":1,"max":1}},"token":"{secret}","device":"{:032x}"}}"#,
        1
    ))
    .unwrap();
    let body = liaison_link::Body::new(secret).unwrap();
    let mut client = Client::new(config().0, 1);
    client.handle(origin(), ClientInput::Token(secret.into())).unwrap();
    client
        .handle(origin(), ClientInput::Submit { kind: "call", id: CommandId(1), body: body.clone() })
        .unwrap();
    for text in [
        format!("{client:?}"),
        format!("{:?}", ClientInput::Token(secret.into())),
        format!("{:?}", ClientInput::Frame(secret)),
        format!("{:?}", ClientInput::Submit { kind: "call", id: CommandId(1), body: body.clone() }),
        format!("{:?}", ClientOutput::Transmit(secret.into())),
        format!(
            "{:?}",
            ClientOutput::Received { sequence: 1, kind: "call".into(), id: CommandId(1), body: body.clone() }
        ),
        format!("{hello:?}"),
        format!("{:?}", ServerInput::Attach { hello: &hello }),
        format!("{:?}", ServerInput::Frame(secret)),
        format!("{:?}", ServerInput::Send { kind: "call", id: CommandId(1), body: body.clone() }),
        format!("{:?}", ServerOutput::TokenOffered(secret.into())),
        format!("{:?}", ServerOutput::Transmit(secret.into())),
        format!("{:?}", ServerOutput::Received { sequence: 1, kind: "call".into(), id: CommandId(1), body }),
    ] {
        assert!(!text.contains(secret), "{text}");
    }
}
