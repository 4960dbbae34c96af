//! The `Authorization` header of a signed request.

use super::SignatureError;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

const SCHEME: &str = "HMAC-SHA256";
const MAX_BYTES: usize = 2048;
const MAX_SIGNED_HEADERS: usize = 16;

/// `HMAC-SHA256 SignedHeaders=a;b;c&Signature=<base64>`, taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Authorization<'a> {
    /// The signed headers' names, in the order their values were signed.
    pub signed_headers: Vec<&'a str>,
    pub signature: Vec<u8>,
}

impl<'a> Authorization<'a> {
    pub fn parse(text: &'a str) -> Result<Self, SignatureError> {
        Self::read(text).ok_or(SignatureError::Malformed)
    }

    fn read(text: &'a str) -> Option<Self> {
        if text.len() > MAX_BYTES {
            return None;
        }
        let (scheme, parameters) = text.trim().split_once(' ')?;
        if !scheme.eq_ignore_ascii_case(SCHEME) {
            return None;
        }
        let (mut signed_headers, mut signature) = (None, None);
        for parameter in parameters.trim().split('&') {
            let (name, value) = parameter.split_once('=')?;
            let slot = match name.trim().to_ascii_lowercase().as_str() {
                "signedheaders" => &mut signed_headers,
                "signature" => &mut signature,
                // A credential id, as Azure's other services send it, says nothing here.
                _ => continue,
            };
            if slot.replace(value.trim()).is_some() {
                return None;
            }
        }
        let signed_headers: Vec<&str> = signed_headers?.split(';').map(str::trim).collect();
        let empty = signed_headers.iter().any(|name| name.is_empty());
        if signed_headers.len() > MAX_SIGNED_HEADERS || empty {
            return None;
        }
        let signature = STANDARD.decode(signature?).ok()?;
        Some(Self { signed_headers, signature })
    }

    pub fn signs(&self, name: &str) -> bool {
        self.signed_headers.iter().any(|signed| signed.eq_ignore_ascii_case(name))
    }
}
