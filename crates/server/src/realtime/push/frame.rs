//! Frames of socket.io 0.9, protocol 1: `type:id[+]:endpoint[:data]`. Pure.
//!
//! Source: the protocol's description in the repository `LearnBoost/socket.io-spec`. Endpoints, binary frames and
//! batches of frames are not used over a WebSocket here.

use serde::Deserialize;
use serde_json::Value;

/// Longest number of a frame that wants an acknowledgement, in digits.
const ID_DIGITS: usize = 19;

/// What a client sent.
#[derive(Debug, PartialEq)]
pub(super) enum Frame {
    /// `0`: the client leaves.
    Disconnect,
    /// `2`
    Heartbeat,
    /// `3` and `4`: a text.
    Message(String),
    /// `5`
    Event { id: Option<u64>, name: String, args: Vec<Value> },
    /// `1`, `6`, `7` and `8`: of no interest.
    Other,
}

/// The bytes are no frame.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no socket.io frame")]
pub(super) struct FrameError;

#[derive(Deserialize)]
struct EventData {
    name: String,
    #[serde(default)]
    args: Vec<Value>,
}

/// Reads one frame.
pub(super) fn parse(text: &str) -> Result<Frame, FrameError> {
    let mut parts = text.splitn(4, ':');
    let kind = parts.next().unwrap_or_default();
    let id = parts.next().ok_or(FrameError)?;
    let _endpoint = parts.next().ok_or(FrameError)?;
    let data = parts.next();
    let id = id.strip_suffix('+').unwrap_or(id);
    let id = match id.is_empty() {
        true => None,
        false if id.len() <= ID_DIGITS && id.bytes().all(|b| b.is_ascii_digit()) => id.parse().ok(),
        false => return Err(FrameError),
    };
    match kind {
        "0" => Ok(Frame::Disconnect),
        "2" => Ok(Frame::Heartbeat),
        "3" | "4" => Ok(Frame::Message(data.unwrap_or_default().to_owned())),
        "5" => {
            let EventData { name, args } =
                serde_json::from_str(data.unwrap_or_default()).map_err(|_| FrameError)?;
            Ok(Frame::Event { id, name, args })
        }
        "1" | "6" | "7" | "8" => Ok(Frame::Other),
        _ => Err(FrameError),
    }
}

/// The connection is open.
pub(super) const CONNECT: &str = "1::";
/// Is anybody there?
pub(super) const HEARTBEAT: &str = "2::";

/// A text.
pub(super) fn message(data: &str) -> String {
    format!("3:::{data}")
}

/// An event with one argument.
pub(super) fn event(name: &str, argument: &Value) -> String {
    format!("5:::{}", serde_json::json!({ "name": name, "args": [argument] }))
}

/// What a client's event is answered.
pub(super) fn acknowledgement(id: u64, args: &[Value]) -> String {
    format!("6:::{id}+{}", Value::from(args))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn what_a_browser_sends_is_read() {
        let event = parse(r#"5:1+::{"name":"user.activity","args":[{"state":"active","cv":"a:b"}]}"#);
        let args = vec![json!({ "state": "active", "cv": "a:b" })];
        assert_eq!(event, Ok(Frame::Event { id: Some(1), name: "user.activity".to_owned(), args }));
        let ping = Frame::Event { id: Some(12), name: "ping".to_owned(), args: Vec::new() };
        assert_eq!(parse(r#"5:12+::{"name":"ping"}"#), Ok(ping));
        let silent = Frame::Event { id: None, name: "x".to_owned(), args: Vec::new() };
        assert_eq!(parse(r#"5:::{"name":"x"}"#), Ok(silent));
        assert_eq!(parse("2::"), Ok(Frame::Heartbeat));
        assert_eq!(parse("0::"), Ok(Frame::Disconnect));
        assert_eq!(parse("6:::1+[]"), Ok(Frame::Other));
        let text = r#"3:::{"id":7,"url":"https://x:1/"}"#;
        assert_eq!(parse(text), Ok(Frame::Message(r#"{"id":7,"url":"https://x:1/"}"#.to_owned())));
    }

    #[test]
    fn what_is_no_frame_is_an_error() {
        for bad in [
            "",
            "2",
            "2:",
            "9::",
            "5:x+::{}",
            "5:::",
            "5:::{}",
            "5:::[1]",
            "5:-1::{}",
            "\u{fffd}3\u{fffd}2::",
        ] {
            assert_eq!(parse(bad), Err(FrameError), "{bad:?}");
        }
        assert_eq!(parse(&format!("5:{}::{{\"name\":\"x\"}}", "9".repeat(40))), Err(FrameError));
        let deep = format!(r#"5:::{{"name":"x","args":[{}1{}]}}"#, "[".repeat(5000), "]".repeat(5000));
        assert_eq!(parse(&deep), Err(FrameError));
    }

    #[test]
    fn what_is_sent_has_the_form_of_the_wire() {
        assert_eq!(acknowledgement(1, &[json!("cv")]), r#"6:::1+["cv"]"#);
        assert_eq!(event("a", &json!({ "k": "\"" })), r#"5:::{"args":[{"k":"\""}],"name":"a"}"#);
        assert_eq!(message("{}"), "3:::{}");
    }

    proptest! {
        #[test]
        fn no_text_panics(text in any::<String>(), tail in "[0-9+:]{0,8}[\\[\\]{}\":a-z0-9,]{0,20}") {
            let _ = parse(&text);
            let _ = parse(&tail);
        }

        #[test]
        fn any_text_comes_back_out_of_a_message(text in any::<String>()) {
            prop_assert_eq!(parse(&message(&text)), Ok(Frame::Message(text)));
        }
    }
}
