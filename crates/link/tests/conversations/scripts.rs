//! What is done in each recorded conversation; the answers are in the recordings.

pub struct Script {
    pub name: &'static str,
    pub about: &'static str,
    /// The halves that take part; frames of the other one are written by hand.
    pub replay: &'static [&'static str],
    pub frame_bytes: Option<u64>,
    pub steps: &'static [&'static str],
}

const BOTH: &[&str] = &["client", "server"];
const SERVER: &[&str] = &["server"];
const CLIENT: &[&str] = &["client"];

const TOKEN: &str = r#"{"ms":0,"tell":"client","input":"token","token":"t1"}"#;
const OPEN: &str = r#"{"ms":40,"tell":"client","input":"connected"}"#;
const SUBMIT_1: &str = r#"{"ms":100,"tell":"client","input":"submit","kind":"call","id":"0000000000000000000000000000000a","body":{"type":"ringing"}}"#;
const SUBMIT_2: &str = r#"{"ms":110,"tell":"client","input":"submit","kind":"call","id":"0000000000000000000000000000000b","body":{"type":"accept","text":"grüß Gott"}}"#;
const DONE_1: &str = r#"{"ms":120,"tell":"server","input":"acknowledge","sequence":1}"#;
const SEND_1: &str = r#"{"ms":130,"tell":"server","input":"send","kind":"call","id":"000000000000000000000000000000c1","body":{"type":"incoming"}}"#;
const SEND_2: &str = r#"{"ms":140,"tell":"server","input":"send","kind":"call","id":"000000000000000000000000000000c2","body":{"type":"ended"}}"#;
const SEEN_1: &str = r#"{"ms":150,"tell":"client","input":"acknowledge","sequence":1}"#;
const CUT_CLIENT: &str = r#"{"ms":1000,"tell":"client","input":"disconnected"}"#;
const CUT_SERVER: &str = r#"{"ms":1005,"tell":"server","input":"disconnected"}"#;
const TICK_CLIENT: &str = r#"{"ms":1600,"tell":"client","input":"tick"}"#;
const OPEN_AGAIN: &str = r#"{"ms":1700,"tell":"client","input":"connected"}"#;
/// A hello written by hand, for what no client of ours does.
const HELLO: &str = r#"{"ms":40,"from":"client","frame":"{\"type\":\"hello\",\"versions\":{\"min\":1,\"max\":1},\"token\":\"t1\",\"device\":\"00000000000000000000000000000001\"}"}"#;
const WELCOME: &str = r#"{"ms":60,"from":"server","frame":"{\"type\":\"welcome\",\"version\":1,\"session\":\"00000000000000000000000000000001\",\"resumed\":false,\"received\":0,\"capabilities\":[\"later\"],\"pingMs\":15000,\"motd\":\"hello\"}"}"#;

pub const SCRIPTS: &[Script] = &[
    Script {
        name: "first",
        about: "hello, welcome, messages both ways, acknowledgements, a ping",
        replay: BOTH,
        frame_bytes: None,
        steps: &[
            TOKEN,
            OPEN,
            SUBMIT_1,
            SUBMIT_2,
            DONE_1,
            SEND_1,
            SEND_2,
            SEEN_1,
            r#"{"ms":160,"tell":"client","input":"acknowledge","sequence":2}"#,
            r#"{"ms":170,"tell":"server","input":"acknowledge","sequence":2}"#,
            r#"{"ms":15040,"tell":"client","input":"tick"}"#,
        ],
    },
    Script {
        name: "resume",
        about: "the socket breaks; what was not acknowledged comes again under the same sequence, once to the consumer",
        replay: BOTH,
        frame_bytes: None,
        steps: &[
            TOKEN,
            OPEN,
            SUBMIT_1,
            SUBMIT_2,
            DONE_1,
            SEND_1,
            SEND_2,
            SEEN_1,
            CUT_CLIENT,
            // While nothing connects them, both ends go on.
            r#"{"ms":1001,"tell":"client","input":"submit","kind":"call","id":"0000000000000000000000000000000c","body":3}"#,
            CUT_SERVER,
            r#"{"ms":1006,"tell":"server","input":"send","kind":"call","id":"000000000000000000000000000000c3","body":3}"#,
            r#"{"ms":1007,"tell":"server","input":"acknowledge","sequence":2}"#,
            TICK_CLIENT,
            OPEN_AGAIN,
            r#"{"ms":1800,"tell":"client","input":"acknowledge","sequence":3}"#,
        ],
    },
    Script {
        name: "resync",
        about: "the service has lost the session; commands that were not acknowledged come again under their ids",
        replay: BOTH,
        frame_bytes: None,
        steps: &[
            TOKEN,
            OPEN,
            SUBMIT_1,
            SUBMIT_2,
            DONE_1,
            SEND_1,
            SEEN_1,
            CUT_CLIENT,
            r#"{"ms":1005,"tell":"server","input":"forget"}"#,
            TICK_CLIENT,
            OPEN_AGAIN,
            r#"{"ms":1800,"tell":"server","input":"acknowledge","sequence":1}"#,
        ],
    },
    Script {
        name: "unsupported",
        about: "an unknown kind, an unknown body and an unknown frame are answered, and nothing is disconnected",
        replay: BOTH,
        frame_bytes: None,
        steps: &[
            TOKEN,
            OPEN,
            r#"{"ms":100,"tell":"client","input":"submit","kind":"video","id":"0000000000000000000000000000000a","body":1}"#,
            SUBMIT_2,
            r#"{"ms":120,"tell":"server","input":"unsupported","sequence":2}"#,
            r#"{"ms":130,"by":"hand","from":"client","frame":"{\"type\":\"wave\",\"sequence\":\"high\"}"}"#,
            r#"{"ms":140,"by":"hand","from":"server","frame":"{\"type\":\"wave\"}"}"#,
            SEND_2,
        ],
    },
    Script {
        name: "malformed",
        about: "a frame that is no JSON: the client is told and may resume",
        replay: SERVER,
        frame_bytes: None,
        steps: &[
            HELLO,
            r#"{"ms":100,"from":"client","frame":"{\"type\":\"message\",\"sequence\":1,"}"#,
            r#"{"ms":200,"from":"client","frame":"not even an object"}"#,
            r#"{"ms":300,"from":"client","frame":"{\"type\":\"hello\",\"versions\":{\"min\":1,\"max\":1},\"token\":\"t1\",\"device\":\"00000000000000000000000000000001\",\"resume\":{\"session\":\"00000000000000000000000000000001\",\"received\":0}}"}"#,
            r#"{"ms":400,"from":"client","frame":"{\"type\":\"ack\",\"received\":7}"}"#,
        ],
    },
    Script {
        name: "oversized",
        about: "a frame over the limit (here 700 bytes)",
        replay: SERVER,
        frame_bytes: Some(700),
        steps: &[
            HELLO,
            r#"{"ms":100,"from":"client","frame":"{\"type\":\"message\",\"sequence\":1,\"id\":\"0000000000000000000000000000000a\",\"kind\":\"call\",\"body\":\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"}"}"#,
        ],
    },
    Script {
        name: "too_deep",
        about: "a frame nested deeper than 32",
        replay: SERVER,
        frame_bytes: None,
        steps: &[
            HELLO,
            r#"{"ms":100,"from":"client","frame":"{\"type\":\"message\",\"sequence\":1,\"id\":\"0000000000000000000000000000000a\",\"kind\":\"call\",\"body\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}"}"#,
        ],
    },
    Script {
        name: "out_of_order",
        about: "a message skips some before it: the connection ends, nothing was taken",
        replay: SERVER,
        frame_bytes: None,
        steps: &[
            HELLO,
            r#"{"ms":100,"from":"client","frame":"{\"type\":\"message\",\"sequence\":3,\"id\":\"0000000000000000000000000000000a\",\"kind\":\"call\",\"body\":1}"}"#,
        ],
    },
    Script {
        name: "repeated",
        about: "the same sequence, and the same id under another sequence, reach the consumer once",
        replay: SERVER,
        frame_bytes: None,
        steps: &[
            HELLO,
            r#"{"ms":100,"from":"client","frame":"{\"type\":\"message\",\"sequence\":1,\"id\":\"0000000000000000000000000000000a\",\"kind\":\"call\",\"body\":1}"}"#,
            r#"{"ms":101,"from":"client","frame":"{\"type\":\"message\",\"sequence\":1,\"id\":\"0000000000000000000000000000000a\",\"kind\":\"call\",\"body\":1}"}"#,
            r#"{"ms":102,"from":"client","frame":"{\"type\":\"message\",\"sequence\":2,\"id\":\"0000000000000000000000000000000a\",\"kind\":\"call\",\"body\":1}"}"#,
            DONE_1,
        ],
    },
    Script {
        name: "token",
        about: "the token is renewed inside the connection; then it is revoked and a new one starts a new session",
        replay: BOTH,
        frame_bytes: None,
        steps: &[
            TOKEN,
            OPEN,
            r#"{"ms":100,"tell":"client","input":"token","token":"t2"}"#,
            r#"{"ms":110,"tell":"server","input":"tokenAccepted"}"#,
            r#"{"ms":200,"tell":"server","input":"refuse","code":"revokedToken","text":"the token was revoked; sign in again"}"#,
            r#"{"ms":300,"tell":"client","input":"tick"}"#,
            r#"{"ms":400,"tell":"client","input":"token","token":"t3"}"#,
            r#"{"ms":440,"tell":"client","input":"connected"}"#,
        ],
    },
    Script {
        name: "refused",
        about: "the service turns the client away: for good until a token comes, or for a while",
        replay: CLIENT,
        frame_bytes: None,
        steps: &[
            TOKEN,
            OPEN,
            r#"{"ms":60,"from":"server","frame":"{\"type\":\"refused\",\"code\":\"expiredToken\",\"text\":\"renew the token\"}"}"#,
            r#"{"ms":100,"tell":"client","input":"token","token":"t2"}"#,
            r#"{"ms":140,"tell":"client","input":"connected"}"#,
            r#"{"ms":160,"from":"server","frame":"{\"type\":\"refused\",\"code\":\"busy\",\"text\":\"later\",\"retryAfterMs\":5000}"}"#,
            r#"{"ms":5100,"tell":"client","input":"tick"}"#,
            r#"{"ms":5160,"tell":"client","input":"tick"}"#,
        ],
    },
    Script {
        name: "versions",
        about: "a client of a far version is told so",
        replay: SERVER,
        frame_bytes: None,
        steps: &[
            r#"{"ms":40,"from":"client","frame":"{\"type\":\"hello\",\"versions\":{\"min\":7,\"max\":9},\"token\":\"t1\",\"device\":\"00000000000000000000000000000001\"}"}"#,
            r#"{"ms":50,"from":"client","frame":"{\"type\":\"ping\",\"nonce\":1,\"sent\":0,\"received\":0}"}"#,
        ],
    },
    Script {
        name: "dead_peer",
        about: "the service falls silent: a ping, then a reconnect",
        replay: CLIENT,
        frame_bytes: None,
        steps: &[
            TOKEN,
            OPEN,
            WELCOME,
            r#"{"ms":15060,"tell":"client","input":"tick"}"#,
            r#"{"ms":25060,"tell":"client","input":"tick"}"#,
            r#"{"ms":25600,"tell":"client","input":"tick"}"#,
            r#"{"ms":25610,"tell":"client","input":"networkChanged"}"#,
        ],
    },
    Script {
        name: "goodbye",
        about: "the client ends its session",
        replay: BOTH,
        frame_bytes: None,
        steps: &[TOKEN, OPEN, SUBMIT_1, r#"{"ms":200,"tell":"client","input":"close"}"#],
    },
];
