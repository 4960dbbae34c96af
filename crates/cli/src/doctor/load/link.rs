//! A client of the realtime link that reads frames and counts them, no more.

use super::wire::{Target, Wire, broken};
use crate::exit::Failure;
use bytes::Buf as _;
use liaison_link::{DeviceId, PATH};
use serde_json::json;
use tokio::io::AsyncWriteExt as _;

/// Of 128, which the service lets be under way.
const ACKNOWLEDGE_EVERY: u64 = 32;
/// Of a message with events, what comes after its number: an id of 32 digits, its kind, and how its body begins.
const ID: usize = br#","id":"""#.len() + 32;
const EVENTS: &[u8] = br#","kind":"chat","body":{"type":"events","#;
const TEXT: u8 = 1;
const PING: u8 = 9;
const PONG: u8 = 10;

/// A signed-in client.
pub struct Listener {
    wire: Wire,
    sent: u64,
    received: u64,
    acknowledged: u64,
}

/// What came in.
pub struct Frame<T> {
    /// Of the link, when it is a message of it.
    pub sequence: Option<u64>,
    /// The whole text.
    pub text: T,
}

impl<T: AsRef<[u8]>> Frame<T> {
    /// Whether it tells of an event, to its end; else it says where threads stand.
    pub fn is_event(&self) -> bool {
        let text = self.text.as_ref();
        let body = message(text).and_then(|(_, rest)| rest.get(ID..));
        body.is_some_and(|body| body.starts_with(EVENTS)) && text.ends_with(b"]}}")
    }
}

impl Listener {
    /// Opens a connection and says hello.
    pub async fn open(target: &Target, token: &str, device: u128) -> Result<Self, Failure> {
        let mut wire = target.connect().await?;
        let upgrade = format!(
            "GET {PATH} HTTP/1.1\r\nHost: {}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
            target.authority
        );
        wire.stream.write_all(upgrade.as_bytes()).await.map_err(|error| broken(&error))?;
        let (status, _) = wire.answer().await?;
        if status != 101 {
            return Err(Failure::Other(format!("the service opened no WebSocket: {status}")));
        }
        let mut listener = Self { wire, sent: 0, received: 0, acknowledged: 0 };
        let hello = json!({
            "type": "hello", "versions": { "min": 1, "max": 1 }, "token": token,
            "device": DeviceId(device), "capabilities": ["chat"],
        });
        listener.write(TEXT, hello.to_string().as_bytes()).await?;
        let welcome = listener.next().await?;
        if find(&welcome.text, br#""type":"welcome""#).is_none() {
            let text = String::from_utf8_lossy(&welcome.text);
            return Err(Failure::Other(format!("the service turned a client away: {text}")));
        }
        Ok(listener)
    }

    /// Listens to chat, and hears where the threads stand.
    pub async fn subscribe(&mut self) -> Result<(), Failure> {
        self.sent += 1;
        let subscribe = json!({
            "type": "message", "sequence": self.sent, "id": format!("{:032x}", self.sent),
            "kind": "chat", "body": { "type": "subscribe" },
        });
        self.write(TEXT, subscribe.to_string().as_bytes()).await?;
        while find(&self.next().await?.text, br#""complete":true"#).is_none() {}
        Ok(())
    }

    /// The next frame. Acknowledges now and then.
    pub async fn next(&mut self) -> Result<Frame<Vec<u8>>, Failure> {
        let mut came = None;
        loop {
            self.frames(1, |frame| {
                came = Some(Frame { sequence: frame.sequence, text: frame.text.to_vec() });
                Ok(())
            })
            .await?;
            match came {
                Some(frame) => return Ok(frame),
                None => self.wire.more().await?,
            }
        }
    }

    /// Waits for something, and looks at each frame that is there, where it lies. Acknowledges now and then.
    pub async fn read(
        &mut self,
        each: impl FnMut(Frame<&[u8]>) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        self.wire.more().await?;
        self.frames(usize::MAX, each).await
    }

    /// Looks at the frames that were read, but at no more than so many.
    async fn frames(
        &mut self,
        most: usize,
        mut each: impl FnMut(Frame<&[u8]>) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let (mut taken, mut texts, mut pings) = (0, 0, Vec::new());
        while texts < most
            && let Some((opcode, head, length)) = header(&self.wire.read[taken..])
            && let Some(text) = self.wire.read.get(taken + head..taken + head + length)
        {
            taken += head + length;
            match opcode {
                TEXT => {
                    let sequence = message(text).map(|(sequence, _)| sequence);
                    self.received = sequence.unwrap_or(self.received);
                    texts += 1;
                    each(Frame { sequence, text })?;
                }
                PING => pings.push(text.to_vec()),
                _ => return Err(Failure::Other("the service closed a realtime connection".to_owned())),
            }
        }
        self.wire.read.advance(taken);
        for ping in pings {
            self.write(PONG, &ping).await?;
        }
        if self.received >= self.acknowledged + ACKNOWLEDGE_EVERY {
            self.acknowledge().await?;
        }
        Ok(())
    }

    /// Tells the service what was taken.
    pub async fn acknowledge(&mut self) -> Result<(), Failure> {
        self.acknowledged = self.received;
        let text = format!(r#"{{"type":"ack","received":{}}}"#, self.received);
        self.write(TEXT, text.as_bytes()).await
    }

    /// Shows that the client is there.
    pub async fn ping(&mut self) -> Result<(), Failure> {
        let text =
            format!(r#"{{"type":"ping","nonce":1,"sent":{},"received":{}}}"#, self.sent, self.received);
        self.write(TEXT, text.as_bytes()).await
    }

    async fn write(&mut self, opcode: u8, payload: &[u8]) -> Result<(), Failure> {
        let mut frame = vec![0x80 | opcode];
        match u16::try_from(payload.len()) {
            Ok(short) if short < 126 => frame.push(0x80 | short as u8),
            Ok(length) => {
                frame.push(0x80 | 126);
                frame.extend(length.to_be_bytes());
            }
            Err(_) => return Err(Failure::Other("a frame is too long".to_owned())),
        }
        // A mask of zeros leaves the payload as it is; it is there to fool proxies, and there is none.
        frame.extend([0; 4]);
        frame.extend_from_slice(payload);
        self.wire.stream.write_all(&frame).await.map_err(|error| broken(&error))?;
        self.wire.stream.flush().await.map_err(|error| broken(&error))
    }
}

/// Opcode, length of the header, length of the payload.
fn header(bytes: &[u8]) -> Option<(u8, usize, usize)> {
    let (first, second) = (*bytes.first()?, *bytes.get(1)?);
    let (head, length) = match second & 0x7f {
        126 => (4, usize::from(u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?))),
        127 => (10, usize::try_from(u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?)).ok()?),
        short => (2, usize::from(short)),
    };
    Some((first & 0x0f, head, length))
}

/// The number of a message of the link, and what comes after it: its fields have one order.
fn message(text: &[u8]) -> Option<(u64, &[u8])> {
    let rest = text.strip_prefix(br#"{"type":"message","sequence":"#)?;
    let (number, rest) = rest.split_at(rest.iter().position(|byte| !byte.is_ascii_digit())?);
    Some((std::str::from_utf8(number).ok()?.parse().ok()?, rest))
}

/// Where `part` begins in `text`.
pub fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn frames_are_told_apart_by_their_headers() {
        assert_eq!(header(&[0x81]), None);
        assert_eq!(header(&[0x81, 5]), Some((1, 2, 5)));
        assert_eq!(header(&[0x81, 126, 1, 0]), Some((1, 4, 256)));
        assert_eq!(header(&[0x81, 126, 1]), None);
        assert_eq!(header(&[0x89, 127, 0, 0, 0, 0, 0, 1, 0, 0]), Some((9, 10, 65_536)));
    }

    #[test]
    fn a_message_of_the_link_says_its_number() {
        let text = br#"{"type":"message","sequence":31,"id":"0"}"#;
        assert_eq!(message(text), Some((31, &br#","id":"0"}"#[..])));
        assert_eq!(message(br#"{"type":"ack","received":31}"#), None);
    }

    #[test]
    fn an_event_that_is_cut_off_is_none() {
        let message = |body: &str| {
            let id = "0123456789abcdef".repeat(2);
            format!(r#"{{"type":"message","sequence":7,"id":"{id}","kind":"chat","body":{body}}}"#)
        };
        let event = message(r#"{"type":"events","events":[{"text":"[x]"}]}"#);
        let is_event = |text: &str| Frame { sequence: Some(7), text: text.as_bytes() }.is_event();
        assert!(is_event(&event), "{event}");
        assert!(!is_event(&event[..event.len() - 1]));
        assert!(!is_event(&message(r#"{"type":"heads","threads":[],"complete":true}"#)));
    }
}
