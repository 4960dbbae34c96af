//! The signature of a request: `liaison-signature: t=<seconds since 1970>,v1=<hex>`, where the hex is the HMAC-SHA256 of
//! `<seconds>.<body>` under the bytes of the secret.

use super::Secret;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::fmt::Write as _;

/// The header.
pub(super) const HEADER: &str = "liaison-signature";

/// Its value.
pub(super) fn of(secret: &Secret, at_s: u64, body: &[u8]) -> String {
    let mut value = format!("t={at_s},v1=");
    // A key of any length is taken.
    if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_str().as_bytes()) {
        mac.update(at_s.to_string().as_bytes());
        mac.update(b".");
        mac.update(body);
        for byte in mac.finalize().into_bytes() {
            let _ = write!(value, "{byte:02x}");
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    /// python3: hmac.new(b"whsec_x", b"1600000000.[]", "sha256").hexdigest()
    #[test]
    fn it_is_the_hmac_of_time_and_body() {
        let value = of(&Secret::stored("whsec_x".to_owned()), 1_600_000_000, b"[]");
        assert_eq!(value, "t=1600000000,v1=e2dbb418a5a599183a3c2f9f44700a8cbfc3c4f3f1143d5b54326260c0aecce3");
    }
}
