//! One endpoint of Liaison: an app signs in, calls and is called.
//!
//! Everything here is synchronous and returns at once; what happens later is an [`Event`]. Behind it run a small
//! tokio runtime (signalling and packets) and one OS thread, `liaison-media` (audio).

#![forbid(unsafe_code)]

mod agent;
mod chat;
mod config;
mod control;
mod devices;
mod engine;
mod error;
mod event;
mod log;
mod media_thread;
mod net;
mod processing;
mod queue;
mod recording;
mod registry;
mod stats;
mod token;
mod wake;

pub use agent::{Call, CallAgent, IncomingCall};
pub use chat::{
    AttachmentBytes, AttachmentSource, AttachmentToGet, AttachmentView, ChatClient, ChatError,
    ChatListOptions, ChatPage, ChatParticipantToAdd, ChatRefusedParticipant, ChatResult, ChatStoreError,
    ChatThread, ChatThreadClient, ChatThreadItem, LARGEST_ATTACHMENT, MessagesFrom, NewAttachment,
    NewChatThread, NewMessage,
};
pub use config::{AudioConfig, AudioSending, CaptureSource, Channels, EngineConfig, IceServer, PlayoutSink};
pub use devices::DeviceManager;
pub use engine::Engine;
pub use error::{CallError, DeviceManagerError, EngineError, SignInError};
pub use event::{
    AudioDevice, AudioDeviceChange, AudioSessionState, CallHandle, CallState, ConnectionState, DeviceName,
    DeviceSide, EndReason, Event, MediaState, OperationError, OperationId, RecordingState, RouteCause,
};
pub use liaison_chat::event as chat_event;
pub use liaison_chat::model as chat_model;
pub use liaison_chat::{
    ClientMessageId, Event as ChatEvent, EventKind as ChatEventKind, EventSequence, MessageId, Text,
    ThreadId, UnixMillis,
};
pub use liaison_device::{AudioPort, time::now_us as monotonic_us};
pub use liaison_identity::{Cloud, CommunicationIdentifier, RawId};
pub use liaison_media::DtmfError;
pub use log::{LogHook, LogLevel};
pub use processing::{ProcessingConfig, ProcessingMode};
pub use registry::{CallDirection, CallSnapshot};
pub use stats::{CallStatistics, PlayoutMark, ReceiverStats, SenderStats};
pub use wake::WakeHook;
