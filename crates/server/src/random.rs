//! Ids and secrets from the system's generator.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// `N` unpredictable bytes.
#[expect(clippy::expect_used, reason = "a system without randomness cannot make keys; there is no way on")]
pub(crate) fn bytes<const N: usize>() -> [u8; N] {
    let mut out = [0; N];
    getrandom::fill(&mut out).expect("the system's random generator answers");
    out
}

/// An unpredictable 64-bit seed.
pub(crate) fn seed() -> u64 {
    u64::from_le_bytes(bytes())
}

/// A version 4 GUID in lower case (RFC 9562 §5.4).
pub(crate) fn guid() -> String {
    let mut b: [u8; 16] = bytes();
    b[6] = (b[6] & 0x0f) | 0x40;
    b[8] = (b[8] & 0x3f) | 0x80;
    let hex: String = b.iter().map(|x| format!("{x:02x}")).collect();
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// A resource's access key: 64 bytes in base64, as ACS hands them out.
pub(crate) fn access_key() -> String {
    STANDARD.encode(bytes::<64>())
}

/// The lower-case text of a GUID, when `text` is one (with or without hyphens and braces refused).
pub(crate) fn parse_guid(text: &str) -> Option<String> {
    let shape = text.len() == 36
        && text.bytes().enumerate().all(|(i, b)| match i {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_hexdigit(),
        });
    shape.then(|| text.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guid_has_its_shape_and_is_new() {
        let a = guid();
        assert_eq!(parse_guid(&a).as_deref(), Some(a.as_str()));
        assert_eq!(a.as_bytes()[14], b'4');
        assert_ne!(a, guid());
        assert_eq!(parse_guid(&a.to_uppercase()), Some(a));
        for bad in ["", "8f14e45f-ceea-467f-9b5e-0123456789a", "8f14e45f_ceea-467f-9b5e-0123456789ab"] {
            assert_eq!(parse_guid(bad), None, "{bad}");
        }
    }
}
