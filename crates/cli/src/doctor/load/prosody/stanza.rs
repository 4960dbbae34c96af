//! XMPP's stream as far as the load needs it: where a stanza ends, and what an attribute says.

/// Where the first element ends; `None` while it is not whole.
///
/// Prosody writes `>` in texts and attributes as `&gt;`.
pub fn end(bytes: &[u8]) -> Option<usize> {
    let (mut depth, mut at) = (0_i32, 0);
    loop {
        let open = at + bytes[at..].iter().position(|byte| *byte == b'<')?;
        let close = open + bytes[open..].iter().position(|byte| *byte == b'>')?;
        let tag = &bytes[open..close];
        if tag.starts_with(b"</") {
            depth -= 1;
        } else if !tag.ends_with(b"/") {
            depth += 1;
        }
        at = close + 1;
        if depth <= 0 {
            return Some(at);
        }
    }
}

/// Where the stream's own opening tag ends.
pub fn opening(bytes: &[u8]) -> Option<usize> {
    let at = bytes.windows(14).position(|window| window == b"<stream:stream")?;
    Some(at + bytes[at..].iter().position(|byte| *byte == b'>')? + 1)
}

/// What an attribute of the outermost tag says.
pub fn attribute<'a>(stanza: &'a [u8], name: &str) -> Option<&'a str> {
    let tag = std::str::from_utf8(&stanza[..stanza.iter().position(|byte| *byte == b'>')?]).ok()?;
    let (_, rest) = tag.split_once(&format!(" {name}='"))?;
    Some(rest.split_once('\'')?.0)
}

/// Whether it is what somebody said in a room.
pub fn is_said(stanza: &[u8]) -> bool {
    stanza.starts_with(b"<message ")
        && attribute(stanza, "type") == Some("groupchat")
        && stanza.windows(6).any(|window| window == b"<body>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stanza_ends_with_its_own_tag() {
        let text = b"<message id='7'><body>a</body><x/></message><presence/>";
        assert_eq!(end(text), Some(text.len() - 11));
        assert_eq!(end(&text[..text.len() - 12]), None);
        assert_eq!(end(b"<presence/>"), Some(11));
        assert_eq!(end(b"</stream:stream>"), Some(16));
        assert_eq!(end(b"<message"), None);
        assert_eq!(opening(b"<?xml version='1.0'?><stream:stream id='1'><a/>"), Some(43));
    }

    #[test]
    fn what_was_said_is_told_from_a_topic() {
        let said = b"<message id='1-2' type='groupchat' from='r@x/n'><body>a</body></message>";
        assert!(is_said(said));
        assert_eq!(attribute(said, "id"), Some("1-2"));
        assert_eq!(attribute(said, "to"), None);
        assert!(!is_said(b"<message type='groupchat' from='r@x'><subject/></message>"));
    }
}
