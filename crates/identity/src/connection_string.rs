//! `endpoint=https://host/;accesskey=<base64>`: what an app's backend is configured with.

use crate::access_key::{AccessKey, AccessKeyError};
use std::fmt;
use std::str::FromStr;

/// A resource's endpoint and one of its access keys.
///
/// Written with the endpoint first (the JavaScript SDK needs that order) and with a slash at its end (as
/// ACS writes it); read in any order, with names in any case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionString {
    /// The service's address, `https://host[:port]` without a slash at its end.
    pub endpoint: String,
    /// The secret.
    pub access_key: AccessKey,
}

/// A text that is no connection string. Never shows the key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConnectionStringError {
    /// Longer than [`ConnectionString::MAX_BYTES`].
    #[error("the connection string is longer than {} bytes", ConnectionString::MAX_BYTES)]
    TooLong,
    /// A part that is not `name=value`.
    #[error(
        "part {part} of the connection string is not name=value: expected endpoint=https://…;accesskey=…"
    )]
    Part {
        /// Which part, counted from 1.
        part: usize,
    },
    /// A part that has to be there once.
    #[error("the connection string has no {0}: expected endpoint=https://…;accesskey=…")]
    Missing(&'static str),
    /// A part that is there twice.
    #[error("the connection string has {0} twice")]
    Repeated(&'static str),
    /// An endpoint that is no address.
    #[error("the connection string's endpoint is not of the form https://host[:port]")]
    Endpoint,
    /// The key is broken.
    #[error(transparent)]
    AccessKey(#[from] AccessKeyError),
}

impl ConnectionString {
    /// The longest connection string that is read, in bytes.
    pub const MAX_BYTES: usize = 4096;

    /// Puts one together.
    ///
    /// # Errors
    /// When the endpoint is not `http(s)://host[:port]`, with or without a slash at its end.
    pub fn new(endpoint: &str, access_key: AccessKey) -> Result<Self, ConnectionStringError> {
        Ok(Self { endpoint: checked_endpoint(endpoint)?, access_key })
    }
}

fn checked_endpoint(text: &str) -> Result<String, ConnectionStringError> {
    let text = text.trim().trim_end_matches('/');
    let (scheme, authority) = text.split_once("://").ok_or(ConnectionStringError::Endpoint)?;
    let scheme = scheme.to_ascii_lowercase();
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']' | '_');
    if !matches!(scheme.as_str(), "https" | "http") || authority.is_empty() || !authority.chars().all(plain) {
        return Err(ConnectionStringError::Endpoint);
    }
    Ok(format!("{scheme}://{authority}"))
}

impl FromStr for ConnectionString {
    type Err = ConnectionStringError;

    fn from_str(text: &str) -> Result<Self, ConnectionStringError> {
        if text.len() > Self::MAX_BYTES {
            return Err(ConnectionStringError::TooLong);
        }
        let (mut endpoint, mut access_key) = (None, None);
        for (index, part) in text.split(';').enumerate() {
            if part.trim().is_empty() {
                continue;
            }
            // Only the first `=` divides: base64 ends with some.
            let (name, value) =
                part.split_once('=').ok_or(ConnectionStringError::Part { part: index + 1 })?;
            let (slot, name) = match name.trim().to_ascii_lowercase().as_str() {
                "endpoint" => (&mut endpoint, "endpoint"),
                "accesskey" => (&mut access_key, "accesskey"),
                _ => continue,
            };
            if slot.replace(value.trim()).is_some() {
                return Err(ConnectionStringError::Repeated(name));
            }
        }
        let endpoint = endpoint.ok_or(ConnectionStringError::Missing("endpoint"))?;
        let access_key = access_key.ok_or(ConnectionStringError::Missing("accesskey"))?;
        Self::new(endpoint, AccessKey::from_base64(access_key)?)
    }
}

impl fmt::Display for ConnectionString {
    /// The whole text, secret included.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "endpoint={}/;accesskey={}", self.endpoint, self.access_key.to_base64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const KEY: &str = "AAECAwQFBgcICQoLDA0ODw==";

    #[test]
    fn reads_every_order_and_case() {
        let expected =
            ConnectionString::new("https://localhost:8443", AccessKey::from_base64(KEY).unwrap()).unwrap();
        for text in [
            format!("endpoint=https://localhost:8443/;accesskey={KEY}"),
            format!("accesskey={KEY};endpoint=https://localhost:8443"),
            format!("Endpoint=HTTPS://localhost:8443/;AccessKey={KEY};"),
            format!(" endpoint = https://localhost:8443/ ; accesskey = {KEY} ;\n"),
            format!("endpoint=https://localhost:8443;accesskey={KEY};comment=a=b"),
        ] {
            assert_eq!(text.parse::<ConnectionString>().as_ref(), Ok(&expected), "{text:?}");
        }
        assert_eq!(expected.to_string(), format!("endpoint=https://localhost:8443/;accesskey={KEY}"));
        assert!(!format!("{expected:?}").contains(KEY));
    }

    #[test]
    fn says_what_is_wrong() {
        use ConnectionStringError as E;
        let error = |text: &str| text.parse::<ConnectionString>().unwrap_err();
        assert_eq!(error(""), E::Missing("endpoint"));
        assert_eq!(error("endpoint=https://h"), E::Missing("accesskey"));
        assert_eq!(error(&format!("accesskey={KEY}")), E::Missing("endpoint"));
        assert_eq!(error("endpoint=https://h;nonsense"), E::Part { part: 2 });
        assert_eq!(error("endpoint=https://h;endpoint=https://g"), E::Repeated("endpoint"));
        assert_eq!(error("endpoint=https://h;accesskey=***"), E::AccessKey(AccessKeyError::Base64));
        for bad in ["h", "ftp://h", "https://", "https://h/path", "https://u@h", "https://h?x", "https://a b"]
        {
            assert_eq!(error(&format!("endpoint={bad};accesskey={KEY}")), E::Endpoint, "{bad}");
        }
        assert_eq!(error(&"x".repeat(5000)), E::TooLong);
    }

    proptest! {
        #[test]
        fn survives_its_text(host in "[a-z0-9.-]{1,20}(:[0-9]{1,5})?", secret in proptest::collection::vec(any::<u8>(), 16..80)) {
            let whole = ConnectionString::new(&format!("https://{host}"), AccessKey::from_bytes(&secret).unwrap()).unwrap();
            prop_assert_eq!(whole.to_string().parse::<ConnectionString>().unwrap(), whole);
        }

        #[test]
        fn no_text_makes_it_panic(text in "((endpoint|accesskey|x)?=?[a-z:/=;]{0,12};?){0,4}") {
            let _ = text.parse::<ConnectionString>();
        }
    }
}
