//! The one place where frames are read and written.
//!
//! ```text
//! both ways  message {sequence, id, kind, body}     ack {received}
//!            ping {nonce, sent, received}           pong {nonce, sent, received}
//!            unsupported {id, kind} | {frame}
//! client     hello {versions, token, device, resume?, capabilities}   token {token}   bye
//! service    welcome {version, session, resumed, received, capabilities, pingMs}
//!            tokenAccepted                          refused {code, text, retryAfterMs?}
//! ```
//! `received` is the highest message that the sender's consumer has acknowledged (in `welcome`: that has
//! arrived); `sent` the highest transmitted, by which the other side sees that it missed the last ones.

use std::borrow::Cow;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::hello::{Hello, Resume, VersionRange};
use crate::{CommandId, DeviceId, Limits, LinkError, RefusalCode, SessionId};

/// Numbers above this are not exact in every JSON reader (RFC 8259, section 6).
const MAX_SEQUENCE: u64 = (1 << 53) - 1;

/// The answer to a good hello.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Welcome {
    pub version: u32,
    pub session: SessionId,
    pub resumed: bool,
    pub received: u64,
    pub capabilities: Vec<String>,
    pub ping_ms: u64,
}

/// One frame.
#[derive(Debug)]
pub(crate) enum Frame<'a> {
    Hello(Hello),
    Welcome(Welcome),
    Message {
        sequence: u64,
        id: CommandId,
        kind: Cow<'a, str>,
        body: &'a RawValue,
    },
    Ack {
        received: u64,
    },
    Ping {
        nonce: u64,
        sent: u64,
        received: u64,
    },
    Pong {
        sent: u64,
        received: u64,
    },
    Token(String),
    TokenAccepted,
    UnsupportedMessage {
        id: CommandId,
        kind: String,
    },
    /// The peer did not know a frame of ours.
    UnsupportedName,
    Refused {
        code: RefusalCode,
        text: String,
        retry_after_ms: Option<u64>,
    },
    Bye,
    /// A frame of a newer version; answered `unsupported` with this name, cut to 64 bytes.
    Unknown(String),
}

/// The fields of every frame, unread: which of them matter, and their types, depend on `type`, so that
/// a newer version's frame is never malformed because it uses a name of ours otherwise.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Fields<'a> {
    #[serde(borrow, rename = "type")]
    name: Cow<'a, str>,
    #[serde(borrow, default)]
    sequence: Option<&'a RawValue>,
    #[serde(borrow, default)]
    id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    kind: Option<&'a RawValue>,
    #[serde(borrow, default)]
    body: Option<&'a RawValue>,
    #[serde(borrow, default)]
    received: Option<&'a RawValue>,
    #[serde(borrow, default)]
    nonce: Option<&'a RawValue>,
    #[serde(borrow, default)]
    sent: Option<&'a RawValue>,
    #[serde(borrow, default)]
    token: Option<&'a RawValue>,
    #[serde(borrow, default)]
    versions: Option<&'a RawValue>,
    #[serde(borrow, default)]
    device: Option<&'a RawValue>,
    #[serde(borrow, default)]
    resume: Option<&'a RawValue>,
    #[serde(borrow, default)]
    capabilities: Option<&'a RawValue>,
    #[serde(borrow, default)]
    version: Option<&'a RawValue>,
    #[serde(borrow, default)]
    session: Option<&'a RawValue>,
    #[serde(borrow, default)]
    resumed: Option<&'a RawValue>,
    #[serde(borrow, default)]
    ping_ms: Option<&'a RawValue>,
    #[serde(borrow, default)]
    code: Option<&'a RawValue>,
    #[serde(borrow, default)]
    text: Option<&'a RawValue>,
    #[serde(borrow, default)]
    retry_after_ms: Option<&'a RawValue>,
    #[serde(borrow, default)]
    frame: Option<&'a RawValue>,
}

fn needed<T: DeserializeOwned>(field: Option<&RawValue>, name: &'static str) -> Result<T, LinkError> {
    let raw = field.ok_or(LinkError::Malformed(name))?;
    serde_json::from_str(raw.get()).map_err(|_| LinkError::Malformed(name))
}

fn optional<T: DeserializeOwned>(
    field: Option<&RawValue>,
    name: &'static str,
) -> Result<Option<T>, LinkError> {
    field.map(|raw| serde_json::from_str(raw.get()).map_err(|_| LinkError::Malformed(name))).transpose()
}

fn sequence(field: Option<&RawValue>, name: &'static str) -> Result<u64, LinkError> {
    let number = needed(field, name)?;
    if number > MAX_SEQUENCE { Err(LinkError::Malformed(name)) } else { Ok(number) }
}

fn short(field: Option<&RawValue>, name: &'static str, limit: usize) -> Result<String, LinkError> {
    let text: String = needed(field, name)?;
    if text.is_empty() || text.len() > limit { Err(LinkError::Malformed(name)) } else { Ok(text) }
}

fn names(field: Option<&RawValue>, limits: &Limits) -> Result<Vec<String>, LinkError> {
    let names: Vec<String> = optional(field, "capabilities")?.unwrap_or_default();
    if names.len() > limits.capabilities || names.iter().any(|name| name.len() > limits.kind_bytes) {
        return Err(LinkError::Malformed("capabilities"));
    }
    Ok(names)
}

/// Cuts a text to at most `limit` bytes at a character's border.
pub(crate) fn cut(text: &str, limit: usize) -> &str {
    &text[..text.floor_char_boundary(limit)]
}

/// Holds a frame to its size and depth before anything is built from it.
fn check(text: &str, limits: &Limits) -> Result<(), LinkError> {
    if text.len() > limits.frame_bytes {
        return Err(LinkError::TooLarge { bytes: text.len(), limit: limits.frame_bytes });
    }
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'{' | b'[' if !in_text => {
                depth += 1;
                if depth > limits.depth {
                    return Err(LinkError::TooDeep { limit: limits.depth });
                }
            }
            b'}' | b']' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(())
}

impl<'a> Frame<'a> {
    /// Reads one frame.
    pub fn parse(text: &'a str, limits: &Limits) -> Result<Self, LinkError> {
        check(text, limits)?;
        let fields: Fields<'a> =
            serde_json::from_str(text).map_err(|_| LinkError::Malformed("not an object with a type"))?;
        Ok(match &*fields.name {
            "message" => Frame::Message {
                sequence: match sequence(fields.sequence, "sequence")? {
                    0 => return Err(LinkError::Malformed("sequence")),
                    number => number,
                },
                id: needed(fields.id, "id")?,
                kind: Cow::Owned(short(fields.kind, "kind", limits.kind_bytes)?),
                body: fields.body.ok_or(LinkError::Malformed("body"))?,
            },
            "ack" => Frame::Ack { received: sequence(fields.received, "received")? },
            "ping" => Frame::Ping {
                nonce: sequence(fields.nonce, "nonce")?,
                sent: sequence(fields.sent, "sent")?,
                received: sequence(fields.received, "received")?,
            },
            "pong" => Frame::Pong {
                sent: sequence(fields.sent, "sent")?,
                received: sequence(fields.received, "received")?,
            },
            "hello" => Frame::Hello(Hello {
                versions: needed(fields.versions, "versions")?,
                token: short(fields.token, "token", limits.token_bytes)?,
                device: needed(fields.device, "device")?,
                resume: optional(fields.resume, "resume")?,
                capabilities: names(fields.capabilities, limits)?,
            }),
            "welcome" => Frame::Welcome(Welcome {
                version: needed(fields.version, "version")?,
                session: needed(fields.session, "session")?,
                resumed: needed(fields.resumed, "resumed")?,
                received: sequence(fields.received, "received")?,
                capabilities: names(fields.capabilities, limits)?,
                ping_ms: needed(fields.ping_ms, "pingMs")?,
            }),
            "token" => Frame::Token(short(fields.token, "token", limits.token_bytes)?),
            "tokenAccepted" => Frame::TokenAccepted,
            "unsupported" => match fields.id {
                Some(_) => Frame::UnsupportedMessage {
                    id: needed(fields.id, "id")?,
                    kind: short(fields.kind, "kind", limits.kind_bytes)?,
                },
                None => {
                    let _: String = needed(fields.frame, "frame")?;
                    Frame::UnsupportedName
                }
            },
            "refused" => Frame::Refused {
                code: needed(fields.code, "code")?,
                text: cut(&optional::<String>(fields.text, "text")?.unwrap_or_default(), 1024).to_owned(),
                retry_after_ms: optional(fields.retry_after_ms, "retryAfterMs")?,
            },
            "bye" => Frame::Bye,
            other => Frame::Unknown(cut(other, 64).to_owned()),
        })
    }
}

/// A frame to be written, other than a [`message`]. The field order is the order on the wire, so equal frames have equal
/// bytes.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(crate) enum Out<'a> {
    Hello {
        versions: VersionRange,
        token: &'a str,
        device: DeviceId,
        #[serde(skip_serializing_if = "Option::is_none")]
        resume: Option<Resume>,
        capabilities: &'a [String],
    },
    Welcome {
        version: u32,
        session: SessionId,
        resumed: bool,
        received: u64,
        capabilities: &'a [String],
        ping_ms: u64,
    },
    Ack {
        received: u64,
    },
    Ping {
        nonce: u64,
        sent: u64,
        received: u64,
    },
    Pong {
        nonce: u64,
        sent: u64,
        received: u64,
    },
    Token {
        token: &'a str,
    },
    TokenAccepted,
    #[serde(rename = "unsupported")]
    UnsupportedMessage {
        id: CommandId,
        kind: &'a str,
    },
    #[serde(rename = "unsupported")]
    UnsupportedFrame {
        frame: &'a str,
    },
    Refused {
        code: RefusalCode,
        text: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        retry_after_ms: Option<u64>,
    },
    Bye,
}

impl Out<'_> {
    /// The text of the frame.
    #[expect(clippy::expect_used, reason = "texts, numbers and raw JSON always have a JSON form")]
    pub fn text(&self) -> String {
        serde_json::to_string(self).expect("a frame has only text keys")
    }
}

/// The text of a message. Most frames are messages, and what one says goes to many: so its body is copied as it is, the
/// rest is written around it, and the text takes the room it needs at once.
pub(crate) fn message(sequence: u64, id: CommandId, kind: &str, body: &str) -> String {
    let (mut number, mut digits) = ([0; 20], [0; 32]);
    [
        r#"{"type":"message","sequence":"#,
        decimal(sequence, &mut number),
        r#","id":""#,
        hexadecimal(id.0, &mut digits),
        r#"","kind":"#,
        &quoted(kind),
        r#","body":"#,
        body,
        "}",
    ]
    .concat()
}

fn decimal(mut value: u64, digits: &mut [u8; 20]) -> &str {
    let mut first = digits.len();
    loop {
        first -= 1;
        digits[first] = b'0' + (value % 10) as u8;
        value /= 10;
        if value == 0 {
            return ascii(&digits[first..]);
        }
    }
}

fn hexadecimal(mut value: u128, digits: &mut [u8; 32]) -> &str {
    for digit in digits.iter_mut().rev() {
        *digit = b"0123456789abcdef"[(value & 15) as usize];
        value >>= 4;
    }
    ascii(digits)
}

#[expect(clippy::expect_used, reason = "only digits are given to it")]
fn ascii(digits: &[u8]) -> &str {
    std::str::from_utf8(digits).expect("digits are ASCII")
}

/// A text in JSON.
#[expect(clippy::expect_used, reason = "a text always has a JSON form")]
fn quoted(text: &str) -> String {
    if text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return ["\"", text, "\""].concat();
    }
    serde_json::to_string(text).expect("a text has a JSON form")
}

/// The bytes a message needs in a frame besides its body and kind, rounded up.
pub(crate) const ENVELOPE_BYTES: usize = 160;

#[cfg(test)]
mod tests;
