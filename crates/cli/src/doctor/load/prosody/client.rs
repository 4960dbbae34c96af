//! A client of XMPP that does no more than the load needs.

use super::super::wire::{Target, Wire, broken};
use super::stanza;
use crate::exit::Failure;
use bytes::BytesMut;
use tokio::io::AsyncWriteExt as _;

const OPEN: &str = "<stream:stream to='localhost' xmlns='jabber:client' \
                    xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>";

/// A signed-in client.
pub struct Client {
    wire: Wire,
}

impl Client {
    /// Opens a connection and signs in.
    pub async fn open(target: &Target, user: &str, resource: &str) -> Result<Self, Failure> {
        let mut client = Self { wire: target.connect().await? };
        client.features().await?;
        let secret = base64(format!("\0{user}\0x").as_bytes());
        client
            .write(&format!(
                "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{secret}</auth>"
            ))
            .await?;
        client.expect(b"<success").await?;
        client.features().await?;
        client
            .write(&format!(
                "<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>\
                 <resource>{resource}</resource></bind></iq>"
            ))
            .await?;
        client.expect(b"<iq ").await?;
        Ok(client)
    }

    /// Enters a room, which is made for the first one, and reads until it is there.
    pub async fn join(&mut self, room: &str, name: &str) -> Result<(), Failure> {
        self.write(&format!(
            "<presence to='{room}@rooms.localhost/{name}'><x xmlns='http://jabber.org/protocol/muc'>\
             <history maxstanzas='0'/></x></presence>"
        ))
        .await?;
        // The topic comes last.
        loop {
            let stanza = self.next().await?;
            if stanza.starts_with(b"<message ") && stanza.windows(8).any(|part| part == b"<subject") {
                return Ok(());
            }
        }
    }

    /// Writes a text as it is.
    pub async fn write(&mut self, text: &str) -> Result<(), Failure> {
        self.wire.stream.write_all(text.as_bytes()).await.map_err(|error| broken(&error))?;
        self.wire.stream.flush().await.map_err(|error| broken(&error))
    }

    /// The next stanza. May be cancelled without losing anything.
    pub async fn next(&mut self) -> Result<BytesMut, Failure> {
        loop {
            if let Some(end) = stanza::end(&self.wire.read) {
                let stanza = self.wire.read.split_to(end);
                if stanza.starts_with(b"</stream:stream") || stanza.starts_with(b"<stream:error") {
                    let text = String::from_utf8_lossy(&stanza);
                    return Err(Failure::Other(format!("Prosody closed a connection: {text}")));
                }
                return Ok(stanza);
            }
            self.wire.more().await?;
        }
    }

    async fn features(&mut self) -> Result<(), Failure> {
        self.write(OPEN).await?;
        let end = loop {
            match stanza::opening(&self.wire.read) {
                Some(end) => break end,
                None => self.wire.more().await?,
            }
        };
        let _ = self.wire.read.split_to(end);
        self.expect(b"<stream:features").await
    }

    async fn expect(&mut self, beginning: &[u8]) -> Result<(), Failure> {
        let stanza = self.next().await?;
        if !stanza.starts_with(beginning) || stanza::attribute(&stanza, "type") == Some("error") {
            let text = String::from_utf8_lossy(&stanza);
            return Err(Failure::Other(format!("Prosody answered what was not expected: {text}")));
        }
        Ok(())
    }
}

/// What is said to a room, with a text of that length.
pub fn message(room: &str, id: &str, length: usize) -> String {
    let text = super::super::people::text(length);
    format!("<message to='{room}@rooms.localhost' type='groupchat' id='{id}'><body>{text}</body></message>")
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let bits = (0..3).fold(0_usize, |bits, at| bits << 8 | usize::from(*three.get(at).unwrap_or(&0)));
        for digit in 0..4 {
            let known = digit <= three.len();
            text.push(if known { char::from(DIGITS[bits >> (18 - 6 * digit) & 63]) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_written_in_base64() {
        // RFC 4648, section 10.
        for (plain, text) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")]
        {
            assert_eq!(base64(plain.as_bytes()), text);
        }
    }

    #[test]
    fn a_message_names_its_room_and_itself() {
        let text = message("r", "3-4", 5);
        assert!(text.contains("to='r@rooms.localhost'") && text.contains("id='3-4'"), "{text}");
        assert_eq!(stanza::end(text.as_bytes()), Some(text.len()));
    }
}
