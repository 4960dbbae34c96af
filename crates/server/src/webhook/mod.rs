//! Webhooks: what happens in chats, told to other systems over HTTPS as Event Grid's events.
//!
//! ```text
//! commit: event + "owed to webhook w" ──► courier: one task a webhook ──► one request a time and thread
//!                                            │ told: the next event; failed: later; given up: dead letter
//!                                            └── each outcome is in the store before the next request
//! ```
//! So every event is told at least once, in its thread's order, across restarts and kills. Neither the URL nor the
//! secret of a webhook is ever in a log, an error or a `Debug` output.

mod bell;
mod courier;
mod dead_letters;
mod guard;
mod limits;
mod sender;
mod signature;
mod telling;

pub(crate) use bell::Bell;
pub(crate) use courier::Courier;
pub use limits::WebhookLimits;

use crate::random;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Url;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Longest URL in bytes.
const URL_BYTES: usize = 2048;

/// Where a webhook's events go. It may hold a key, so its `Debug` says nothing.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WebhookUrl(String);

impl WebhookUrl {
    /// Checks a URL that an administrator gave. Where it leads is checked whenever it is used.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let url = Url::parse(text.trim()).map_err(|_| "the URL is not understood".to_owned())?;
        let fault = match () {
            () if !matches!(url.scheme(), "https" | "http") => "the URL must begin with https://",
            () if url.host_str().is_none_or(str::is_empty) => "the URL has no host",
            () if !url.username().is_empty() || url.password().is_some() => {
                "the URL must not hold a user name or password: check the signature instead"
            }
            () if url.fragment().is_some() => "the URL must not have a part after #",
            () if url.as_str().len() > URL_BYTES => "the URL is longer than 2048 bytes",
            () => return Ok(Self(url.into())),
        };
        Err(fault.to_owned())
    }

    pub(crate) fn stored(text: String) -> Self {
        Self(text)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for WebhookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookUrl(…)")
    }
}

/// What signs a webhook's requests. Its `Debug` says nothing.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// 256 unpredictable bits.
    pub(crate) fn new() -> Self {
        Self(format!("whsec_{}", URL_SAFE_NO_PAD.encode(random::bytes::<32>())))
    }

    pub(crate) fn stored(text: String) -> Self {
        Self(text)
    }

    /// The text; its bytes are the key.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// A webhook, for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookSummary {
    /// Its id.
    pub id: String,
    /// Whose threads' events it is told: a resource or a tenant.
    pub owner_id: String,
    /// Where they go.
    pub url: WebhookUrl,
    /// Which, by their names; all sixteen when empty.
    pub events: Vec<String>,
    /// When it was added, RFC 3339 in UTC.
    pub created_on: String,
    /// Threads with events that it was not told yet.
    pub waiting_threads: u64,
}

/// A webhook, just added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewWebhook {
    /// What was added.
    #[serde(flatten)]
    pub webhook: WebhookSummary,
    /// What signs its requests. Nothing else shows it again.
    pub secret: Secret,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_checked_and_neither_they_nor_secrets_are_shown() {
        for good in ["https://example.org/hook?key=1", "http://intranet:8080", " HTTPS://Example.org "] {
            let url = WebhookUrl::parse(good).unwrap();
            assert!(!format!("{url:?}").to_lowercase().contains("http"), "{url:?}");
        }
        for bad in [
            "",
            "example.org",
            "ftp://example.org",
            "https://a:b@example.org",
            "https://example.org#x",
            "https://",
        ] {
            assert!(WebhookUrl::parse(bad).is_err(), "{bad}");
        }
        let secret = Secret::new();
        assert_eq!((secret.as_str().len(), format!("{secret:?}")), (49, "Secret(…)".to_owned()));
        assert_ne!(secret, Secret::new());
    }
}
