//! Names of files, in headers: they are shown, and never part of a path here.

use std::fmt::Write as _;

/// The name that an uploader gave in a header: percent-encoded UTF-8, in which a `%` that encodes nothing is itself.
/// Without folders and without what cannot be seen; `None` when nothing is left.
pub(crate) fn file_name(header: &[u8]) -> Option<String> {
    let hex = |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16));
    let mut bytes = Vec::with_capacity(header.len());
    let mut at = 0;
    while let Some(byte) = header.get(at) {
        match (byte, hex(header.get(at + 1)), hex(header.get(at + 2))) {
            (b'%', Some(high), Some(low)) => {
                bytes.push((high * 16 + low) as u8);
                at += 3;
            }
            _ => {
                bytes.push(*byte);
                at += 1;
            }
        }
    }
    let text = String::from_utf8_lossy(&bytes);
    let last = text.rsplit(['/', '\\']).next().unwrap_or_default();
    // Marks that turn the direction of writing make `exe.png` of `gnp.exe`.
    let unseen = |c: &char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let name: String = last.chars().filter(|c| !unseen(c)).collect();
    let name = name.trim();
    (!name.is_empty() && name != "." && name != "..").then(|| name.to_owned())
}

/// The header `content-disposition` (RFC 6266).
pub(crate) fn disposition(shown: bool, name: Option<&str>) -> String {
    let mut text = if shown { "inline" } else { "attachment" }.to_owned();
    if let Some(name) = name {
        text.push_str("; filename*=UTF-8''");
        for byte in name.bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' => text.push(char::from(byte)),
                other => drop(write!(text, "%{other:02X}")),
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_name_and_no_path() {
        for (header, name) in [
            (&b"photo.png"[..], Some("photo.png")),
            (b"b%C3%BCro%201.pdf", Some("b\u{fc}ro 1.pdf")),
            ("b\u{fc}ro".as_bytes(), Some("b\u{fc}ro")),
            (b"100%.png", Some("100%.png")),
            (b"100%zz", Some("100%zz")),
            (b"../../etc/passwd", Some("passwd")),
            (b"..%2F..%2Fetc%2Fpasswd", Some("passwd")),
            (b"C:\\x\\y.txt", Some("y.txt")),
            (b"a%0d%0aset-cookie: x", Some("aset-cookie: x")),
            (b"a%E2%80%AEgnp.exe", Some("agnp.exe")),
            (b"..", None),
            (b"/", None),
            (b"%00", None),
            (b"", None),
            (b"\xff", Some("\u{fffd}")),
        ] {
            assert_eq!(file_name(header).as_deref(), name, "{}", String::from_utf8_lossy(header));
        }
    }

    #[test]
    fn a_name_cannot_leave_its_header() {
        assert_eq!(disposition(true, None), "inline");
        assert_eq!(
            disposition(false, Some("a\"b; c=\u{fc}.html")),
            "attachment; filename*=UTF-8''a%22b%3B%20c%3D%C3%BC.html"
        );
    }
}
