//! The messages of calls. On the wire each is a JSON object whose `type` names it, in camelCase.

use std::fmt;

use liaison_identity::RawId;
use serde::{Deserialize, Serialize};

use crate::{CallId, EndReason, MediaSessionId, RecordingState};

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

/// What an endpoint tells the switchboard. Who says it is known from the connection, never from the message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum ToSwitchboard {
    /// This endpoint takes calls from now on.
    Register {
        /// The name shown to those it calls.
        display_name: String,
        /// Names of optional features.
        #[serde(default)]
        capabilities: Vec<String>,
        /// How to wake this device.
        #[serde(default)]
        push: Option<PushRegistration>,
    },
    /// This endpoint takes no calls from now on; those it has go on.
    Unregister,
    /// Calls somebody.
    Invite {
        /// A fresh random id.
        call: CallId,
        /// Whom.
        to: RawId,
        /// The caller's name as it wants to be shown.
        #[serde(default)]
        display_name: String,
        /// The offer of the main session.
        description: Description,
    },
    /// The app here was told of the call.
    Ringing {
        /// Which.
        call: CallId,
    },
    /// The app here answered.
    Accept {
        /// Which.
        call: CallId,
        /// The answer of the main session.
        description: Description,
    },
    /// The app here declined.
    Reject {
        /// Which.
        call: CallId,
        /// Because this endpoint is in another call.
        #[serde(default)]
        busy: bool,
    },
    /// The caller gives up before anybody answered.
    Cancel {
        /// Which.
        call: CallId,
    },
    /// Ends the call.
    HangUp {
        /// Which.
        call: CallId,
        /// Why; the switchboard accepts only what an endpoint may say.
        reason: EndReason,
    },
    /// A new offer or its answer.
    Describe {
        /// Which call.
        call: CallId,
        /// What.
        description: Description,
    },
    /// One more address at which media may be tried (RFC 8838).
    Candidate {
        /// Which call.
        call: CallId,
        /// Which session.
        session: MediaSessionId,
        /// Of which revision of this side's description.
        revision: u32,
        /// The candidate line.
        candidate: String,
    },
    /// The microphone here was muted or unmuted.
    Mute {
        /// Which call.
        call: CallId,
        /// True: muted.
        muted: bool,
    },
    /// The call is held or resumed here.
    Hold {
        /// Which call.
        call: CallId,
        /// True: held.
        held: bool,
    },
    /// Starts or ends a recording.
    Recording {
        /// Which call.
        call: CallId,
        /// What.
        action: RecordingAction,
    },
    /// The app here has told its user of every recording it was told of so far.
    NoticeShown {
        /// Which call.
        call: CallId,
        /// The highest announcement among them: one that is still under way is not acknowledged.
        #[serde(default)]
        announcement: u32,
    },
    /// The calls of this endpoint, after a resync. The switchboard corrects what differs.
    Sync {
        /// All calls that are not over.
        calls: Vec<CallClaim>,
    },
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

/// What the switchboard tells an endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum ToEndpoint {
    /// The registration stands.
    Registered,
    /// This endpoint cannot take or make calls.
    NotRegistered {
        /// Why not.
        reason: EndReason,
    },
    /// The call may be; the callee's devices are being told.
    Admitted {
        /// The call.
        call: CallId,
    },
    /// Somebody calls.
    Incoming {
        /// The call.
        call: CallId,
        /// Who, from the verified token.
        from: RawId,
        /// The name the caller wants to be shown with. Not verified.
        #[serde(default)]
        display_name: String,
        /// The caller's offer.
        description: Description,
    },
    /// A device of the callee rings.
    Ringing {
        /// The call.
        call: CallId,
    },
    /// The callee's devices are being woken.
    Waking {
        /// The call.
        call: CallId,
    },
    /// The callee answered (to the caller), or the answer stands (to the callee; no description then).
    Accepted {
        /// The call.
        call: CallId,
        /// The callee's answer.
        #[serde(default)]
        description: Option<Description>,
        /// Who answered.
        by: RawId,
    },
    /// The call is over for this endpoint.
    Ended {
        /// The call.
        call: CallId,
        /// Why.
        reason: EndReason,
    },
    /// Both called each other: this endpoint's `call` goes on as `into`, which it answers at once.
    Merged {
        /// The call this endpoint started.
        call: CallId,
        /// The call that goes on.
        into: CallId,
        /// Who called.
        from: RawId,
        /// The name the caller wants to be shown with.
        #[serde(default)]
        display_name: String,
        /// The caller's offer.
        description: Description,
    },
    /// The other side's new offer, or its answer.
    Describe {
        /// The call.
        call: CallId,
        /// What.
        description: Description,
    },
    /// One more address of the other side.
    Candidate {
        /// The call.
        call: CallId,
        /// Which session.
        session: MediaSessionId,
        /// Of which revision.
        revision: u32,
        /// The candidate line.
        candidate: String,
    },
    /// The other side muted or unmuted.
    PeerMuted {
        /// The call.
        call: CallId,
        /// True: muted.
        muted: bool,
    },
    /// The other side held or resumed.
    PeerHeld {
        /// The call.
        call: CallId,
        /// True: held.
        held: bool,
    },
    /// The other side's link to the service.
    PeerLink {
        /// The call.
        call: CallId,
        /// How it is.
        link: PeerLinkState,
    },
    /// The state of the recording that `by` announced; several may be at once. On `Announced` by somebody else:
    /// tell the user, then `NoticeShown`.
    Recording {
        /// The call.
        call: CallId,
        /// The state.
        state: RecordingState,
        /// Who records.
        by: RawId,
        /// Counts the announcements of this call, from 1.
        #[serde(default)]
        announcement: u32,
    },
    /// Somebody has shown the notice.
    NoticeAcknowledged {
        /// The call.
        call: CallId,
        /// Who.
        by: RawId,
    },
    /// A recording runs that this endpoint has not acknowledged: it waits in the lobby until `NoticeShown`.
    Lobby {
        /// The call.
        call: CallId,
        /// Who records.
        by: RawId,
        /// Which announcement it is.
        #[serde(default)]
        announcement: u32,
    },
    /// Out of the lobby.
    LobbyLeft {
        /// The call.
        call: CallId,
    },
    /// The answer to `Sync`: the calls that both sides have. What differed was told before.
    Synced {
        /// The calls.
        calls: Vec<CallId>,
    },
    /// A message could not be acted on. The call goes on.
    Problem {
        /// The call.
        call: CallId,
        /// What kind of problem.
        code: ProblemCode,
    },
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

impl ToSwitchboard {
    /// The names on the wire.
    pub const NAMES: &'static [&'static str] = &[
        "register",
        "unregister",
        "invite",
        "ringing",
        "accept",
        "reject",
        "cancel",
        "hangUp",
        "describe",
        "candidate",
        "mute",
        "hold",
        "recording",
        "noticeShown",
        "sync",
    ];

    /// Reads a message from JSON. Unknown fields are ignored.
    ///
    /// # Errors
    /// [`MessageError`]; nothing here panics, whatever the text.
    pub fn parse(json: &str) -> Result<Self, MessageError> {
        parse(json, Self::NAMES)
    }

    /// The call it is about, if it is about one.
    pub fn call(&self) -> Option<CallId> {
        match self {
            Self::Register { .. } | Self::Unregister | Self::Sync { .. } => None,
            Self::Invite { call, .. }
            | Self::Ringing { call }
            | Self::Accept { call, .. }
            | Self::Reject { call, .. }
            | Self::Cancel { call }
            | Self::HangUp { call, .. }
            | Self::Describe { call, .. }
            | Self::Candidate { call, .. }
            | Self::Mute { call, .. }
            | Self::Hold { call, .. }
            | Self::Recording { call, .. }
            | Self::NoticeShown { call, .. } => Some(*call),
        }
    }
}

impl ToEndpoint {
    /// The names on the wire.
    pub const NAMES: &'static [&'static str] = &[
        "registered",
        "notRegistered",
        "admitted",
        "incoming",
        "ringing",
        "waking",
        "accepted",
        "ended",
        "merged",
        "describe",
        "candidate",
        "peerMuted",
        "peerHeld",
        "peerLink",
        "recording",
        "noticeAcknowledged",
        "lobby",
        "lobbyLeft",
        "synced",
        "problem",
    ];

    /// Reads a message from JSON. Unknown fields are ignored.
    ///
    /// # Errors
    /// [`MessageError`]; nothing here panics, whatever the text.
    pub fn parse(json: &str) -> Result<Self, MessageError> {
        parse(json, Self::NAMES)
    }

    /// The call it is about, if it is about one.
    pub fn call(&self) -> Option<CallId> {
        match self {
            Self::Registered | Self::NotRegistered { .. } | Self::Synced { .. } => None,
            Self::Admitted { call }
            | Self::Incoming { call, .. }
            | Self::Ringing { call }
            | Self::Waking { call }
            | Self::Accepted { call, .. }
            | Self::Ended { call, .. }
            | Self::Merged { call, .. }
            | Self::Describe { call, .. }
            | Self::Candidate { call, .. }
            | Self::PeerMuted { call, .. }
            | Self::PeerHeld { call, .. }
            | Self::PeerLink { call, .. }
            | Self::Recording { call, .. }
            | Self::NoticeAcknowledged { call, .. }
            | Self::Lobby { call, .. }
            | Self::LobbyLeft { call }
            | Self::Problem { call, .. } => Some(*call),
        }
    }
}

#[cfg(test)]
mod tests;
