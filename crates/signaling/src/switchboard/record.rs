//! What the service writes down of a call, so that a restarted one can go on with it.

use liaison_identity::RawId;
use serde::{Deserialize, Serialize};

use crate::{CallId, Description, DeviceId, EndReason, LegId, MediaSessionId, RecordingState};

/// Where a call is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum CallPhase {
    /// Waits for the decision whether it may be.
    Admitting,
    /// Nobody of the callee is connected; their devices are being woken.
    Waking,
    /// At least one device of the callee knows of it.
    Ringing,
    /// Answered.
    Connected,
    /// Over.
    Ended,
}

/// Which end a leg is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum LegRole {
    /// The one who called.
    Caller,
    /// A device of the one who is called.
    Callee,
}

/// Where a leg is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum LegPhase {
    /// Was told of the call.
    Offered,
    /// Rings.
    Alerting,
    /// Declined.
    Declined,
    /// Declined because it is in another call.
    Busy,
    /// In the call.
    Joined,
    /// In the call, but waits until it has acknowledged the recording.
    Lobby,
    /// No longer in the call.
    Left,
}

/// One endpoint's part in a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LegRecord {
    /// Its name.
    pub leg: LegId,
    /// Whose it is.
    pub raw_id: RawId,
    /// On which device.
    pub device: DeviceId,
    /// The name shown to the other side.
    pub display_name: String,
    /// Which end.
    pub role: LegRole,
    /// Where it is.
    pub phase: LegPhase,
    /// Its microphone is muted.
    pub muted: bool,
    /// It holds the call.
    pub held: bool,
}

/// One media session between two legs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionRecord {
    /// Its number.
    pub session: MediaSessionId,
    /// Who made the newest offer.
    pub offered_by: LegId,
    /// The newest offer.
    pub offer: Description,
    /// Its answer, when there is one.
    pub answer: Option<Description>,
}

/// One recording of a call. Every participant may record, several at once: each announcer has a recording of its
/// own, with its own state and its own acknowledgements.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordingRecord {
    /// Who announced it.
    pub by: LegId,
    /// Which announcement of the call it is, from 1.
    pub announcement: u32,
    /// Its state.
    pub state: RecordingState,
    /// The legs that have acknowledged it.
    pub acknowledged: Vec<LegId>,
}

/// A call as it is written down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CallRecord {
    /// Its name.
    pub call: CallId,
    /// Grows by one with each commit of this call.
    pub version: u64,
    /// Where it is.
    pub phase: CallPhase,
    /// Who called.
    pub from: RawId,
    /// Who is called.
    pub to: RawId,
    /// The callee has devices that can be woken.
    pub push_devices: u32,
    /// The caller's leg first, then the callee's.
    pub legs: Vec<LegRecord>,
    /// The media sessions.
    pub sessions: Vec<SessionRecord>,
    /// The recordings, at most one for each leg.
    pub recordings: Vec<RecordingRecord>,
    /// Why it ended.
    pub reason: Option<EndReason>,
}
