//! The messages of calls. On the wire each is a JSON object whose `type` names it, in camelCase.

mod to_endpoint;
mod to_switchboard;

use std::fmt;

use liaison_identity::RawId;
use serde::{Deserialize, Serialize};

pub use to_endpoint::ToEndpoint;
pub use to_switchboard::ToSwitchboard;

use crate::{CallId, MediaSessionId, RecordingState};

/// Whether a description asks or answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum DescriptionKind {
    /// Asks for a connection.
    Offer,
    /// Answers the offer of the same revision.
    Answer,
}

/// One side's description of a media session (SDP, RFC 8866, as in RFC 8829).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Description {
    /// Which session of the call.
    pub session: MediaSessionId,
    /// Grows with each offer; an answer has the revision of its offer.
    pub revision: u32,
    /// Offer or answer.
    pub kind: DescriptionKind,
    /// The SDP. At most [`crate::Limits::sdp_bytes`].
    pub sdp: String,
}

/// Leaves the SDP out: it holds addresses and keys' fingerprints.
impl fmt::Debug for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?}(session {}, revision {}, {} bytes)",
            self.kind,
            self.session.0,
            self.revision,
            self.sdp.len()
        )
    }
}

/// What a participant does with the recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RecordingAction {
    /// Wants to record: everybody else must be told first.
    Announce,
    /// Has stopped.
    End,
}

/// How a device can be woken when it has no connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PushRegistration {
    /// The push service, such as `apns` or `fcm`.
    pub provider: String,
    /// The device's address there.
    pub address: String,
}

/// One call that an endpoint has, told after the service lost the link session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CallClaim {
    /// The call.
    pub call: CallId,
    /// Who is at the other end.
    pub peer: RawId,
    /// True when this endpoint is the caller.
    pub outgoing: bool,
    /// True when both sides were there.
    pub connected: bool,
    /// Highest revision of the main session that came from the other side; 0 = none.
    pub remote_revision: u32,
    /// The recordings as last told to this endpoint.
    pub recordings: Vec<RecordingClaim>,
}

/// One recording of a claimed call. Several participants may record at once, each has a recording of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordingClaim {
    /// Who records; this endpoint's own user for its own recording.
    pub by: RawId,
    /// The state as last told to this endpoint.
    pub state: RecordingState,
    /// True when this endpoint has shown the notice of it.
    pub notice_shown: bool,
}

/// The link of the peer to the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum PeerLinkState {
    /// It is back.
    Up,
    /// It is interrupted; media may well go on.
    Down,
    /// It was down for longer than the grace time.
    Gone,
}

/// What was wrong with a message that did not end its call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum ProblemCode {
    /// Over a limit.
    TooLarge,
    /// Not possible in the call's present state.
    WrongState,
    /// Only the announcer may do this.
    NotAnnouncer,
    /// Too many of them.
    TooMany,
    /// A problem of a newer version.
    #[serde(other)]
    Unknown,
}

/// A message that cannot be accepted. Says where, never what.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MessageError {
    /// A type of a newer version: answer `unsupported` on the link.
    #[error("a message of type {0:?} is not known here; answer it as unsupported")]
    Unsupported(String),
    /// No JSON object, no type, a missing field or one of the wrong type.
    #[error("a message is malformed {0}; send what the protocol describes")]
    Malformed(String),
}

/// Only the name of a message.
#[derive(Deserialize)]
struct Named {
    #[serde(rename = "type")]
    name: String,
}

fn parse<T: serde::de::DeserializeOwned>(json: &str, known: &[&str]) -> Result<T, MessageError> {
    let malformed =
        |error: serde_json::Error| MessageError::Malformed(format!("at column {}", error.column()));
    let named: Named = serde_json::from_str(json).map_err(malformed)?;
    if !known.contains(&named.name.as_str()) {
        let end = named.name.floor_char_boundary(64);
        return Err(MessageError::Unsupported(named.name[..end].to_owned()));
    }
    serde_json::from_str(json).map_err(malformed)
}

#[cfg(test)]
mod tests;
