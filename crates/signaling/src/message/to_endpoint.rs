//! What endpoints are told.

use liaison_identity::RawId;
use serde::{Deserialize, Serialize};

use super::{Description, MessageError, PeerLinkState, ProblemCode, parse};
use crate::{CallId, EndReason, MediaSessionId, RecordingState};

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
        /// The name to show. The service knows that of staff; an app user's is not verified, and labelled for staff.
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
