//! The control task: the one place where the link, the calls, the media sessions and the devices meet.
//!
//! ```text
//! app ── Request ──▶ Control ◀── SocketEvent ── socket
//!                    │  │  └──▶ MediaCommands ─▶ liaison-media
//!  events ◀──────────┘  └─────▶ SessionHandle ◀─ Notice ─ transport
//! ```

mod calls;
mod devices;
mod figures;
mod media;
mod run;
mod session;
mod sign_in;
mod wire;

use liaison_identity::RawId;

pub(crate) use run::Control;

use crate::event::{CallHandle, OperationId};
use crate::recording::Recorder;

/// What the app's threads ask for.
pub(crate) enum Request {
    SignIn { operation: OperationId, token: String },
    SetToken { operation: OperationId, token: String },
    SignOut { operation: OperationId },
    Start { call: CallHandle, to: RawId },
    Call { call: CallHandle, operation: OperationId, command: CallCommand },
    NetworkChanged,
    Shutdown,
}

pub(crate) enum CallCommand {
    Accept,
    Reject,
    HangUp,
    Mute(bool),
    Hold,
    Resume,
    /// With a file, the engine writes what is heard once everyone has acknowledged.
    AnnounceRecording(Option<Box<Recorder>>),
    EndRecording,
    NoticeShown,
}

impl CallCommand {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Reject => "reject",
            Self::HangUp => "hang up",
            Self::Mute(_) => "mute",
            Self::Hold => "hold",
            Self::Resume => "resume",
            Self::AnnounceRecording(_) => "announce recording",
            Self::EndRecording => "end recording",
            Self::NoticeShown => "notice shown",
        }
    }
}
