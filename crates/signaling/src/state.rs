//! The states an app sees.

use serde::{Deserialize, Serialize};

/// The state of a call as its app sees it: the names of the ACS public API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum CallState {
    /// Not known yet.
    None,
    /// Being set up.
    Connecting,
    /// The callee's device rings (outgoing), or this one does (incoming).
    Ringing,
    /// Sound before the answer. Not produced in version 1.
    EarlyMedia,
    /// Both sides are there.
    Connected,
    /// This side holds the call.
    LocalHold,
    /// The other side holds the call.
    RemoteHold,
    /// Waits, heard and recorded by nobody, until the recording notice is acknowledged.
    InLobby,
    /// Hanging up.
    Disconnecting,
    /// Over.
    Disconnected,
}

/// The state of a call's recording, decided by the switchboard alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RecordingState {
    /// Nobody records.
    None,
    /// Somebody wants to; everybody else is being told. No sample may be written yet.
    Announced,
    /// Everybody has acknowledged: the announcer may write.
    Active,
    /// Not everybody acknowledged in time. No sample was written.
    Refused,
    /// The recording is over.
    Ended,
}
