//! What endpoints say.

use liaison_identity::RawId;
use serde::{Deserialize, Serialize};

use super::{CallClaim, Description, MessageError, PushRegistration, RecordingAction, parse};
use crate::{CallId, EndReason, MediaSessionId};

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
