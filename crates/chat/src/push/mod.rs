//! The realtime notifications of unmodified `@azure/communication-chat` clients: the body of each of the ten.
//!
//! The values are texts, lists and objects within are JSON written as a text. Clients pass those of the five thread
//! events through JavaScript's `unescape()` before they parse them, so `%` is written `%25` there.

mod body;
mod nested;
#[cfg(test)]
pub(crate) mod tests;

use liaison_identity::RawId;

pub use body::notification;

/// One notification, but for whom it is: made once, and told to many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// The number of the event: 200, 245 to 248, 257 to 261.
    pub event_id: u16,
    /// The event's name. Browsers are told at `<surl>/messaging`; phones at `<surl>/<name>`.
    pub name: &'static str,
    /// The body without its opening brace and recipient.
    tail: Tail,
}

/// What people write is in it.
#[derive(Clone, PartialEq, Eq)]
struct Tail(String);

impl std::fmt::Debug for Tail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

impl Notification {
    /// The body, a JSON object, for one recipient.
    #[must_use]
    pub fn body(&self, recipient: &RawId) -> String {
        let recipient = serde_json::Value::from(recipient.as_str());
        format!("{{\"recipientMri\":{recipient},{}", self.tail.0)
    }
}
