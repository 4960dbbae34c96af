//! The control task: the one place where the link, the calls, the media sessions and the devices meet.
//!
//! ```text
//! app ── Request ──▶ Control ◀── SocketEvent ── socket
//!                    │  │  └──▶ MediaCommands ─▶ liaison-media
//!  events ◀──────────┘  └─────▶ SessionHandle ◀─ Notice ─ transport
//! ```

mod adaptation;
mod calls;
mod chat;
mod devices;
mod figures;
mod levels;
mod media;
mod run;
mod session;
mod sign_in;
mod wire;

use liaison_chat::link::ChatRequest;
use liaison_identity::RawId;
use liaison_media::DtmfTones;

pub(crate) use run::{Control, random};

pub(crate) use devices::SessionChange;

use crate::event::{CallHandle, DeviceSide, OperationId};
use crate::processing::ProcessingConfig;
use crate::recording::Recorder;

/// What the app's threads ask for.
pub(crate) enum Request {
    SignIn {
        operation: OperationId,
        token: String,
    },
    SetToken {
        operation: OperationId,
        token: String,
    },
    SignOut {
        operation: OperationId,
    },
    Start {
        call: CallHandle,
        to: RawId,
    },
    Call {
        call: CallHandle,
        operation: OperationId,
        command: CallCommand,
    },
    NetworkChanged,
    /// To be said on the link.
    Chat(ChatRequest),
    SetProcessing(ProcessingConfig),
    SelectDevice {
        operation: OperationId,
        side: DeviceSide,
        id: Option<String>,
    },
    WatchDevices(bool),
    AudioSession(SessionChange),
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
    SendDtmf(DtmfTones),
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
            Self::SendDtmf(_) => "send DTMF",
        }
    }
}
