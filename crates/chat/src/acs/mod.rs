//! The JSON of ACS Chat (2025-03-15), for the service's REST and for the engine's client of it.
//!
//! Read: `null` is absent, unknown fields are ignored, identifiers as [`liaison_identity::CommunicationIdentifier`] reads
//! them. Written: absent fields are left out, times are RFC 3339 in UTC.

mod convert;
mod error;
mod message;
mod page;
mod participant;
mod request;
mod thread;

#[cfg(test)]
mod tests;

pub use convert::ConvertError;
pub use error::{CommunicationError, CommunicationErrorResponse};
pub use message::{ChatAttachment, ChatMessage, ChatMessageContent, ChatMessageReadReceipt};
pub use page::Page;
pub use participant::ChatParticipant;
pub use request::{
    AddChatParticipantsRequest, AddChatParticipantsResult, CreateChatThreadRequest, CreateChatThreadResult,
    SendChatMessageRequest, SendChatMessageResult, SendReadReceiptRequest, SendTypingNotificationRequest,
    UpdateChatMessageRequest, UpdateChatThreadRequest, UploadChatImageResult,
};
pub use thread::{ChatThreadItem, ChatThreadProperties};

/// The newest version of the interface that is spoken here.
pub const API_VERSION: &str = "2025-03-15";

/// The header by which a request is repeated and its work is not. ACS has it for creating a thread; this service also
/// takes it with a message to be sent, as the message's [`crate::ClientMessageId`].
pub const REPEATABILITY_REQUEST_ID: &str = "repeatability-request-id";

/// The header with the name of an image that is uploaded. Percent-encoded UTF-8; a `%` that encodes nothing is itself.
pub const IMAGE_FILENAME: &str = "image-filename";

/// The same for a file, which ACS does not take.
pub const FILE_FILENAME: &str = "file-filename";

/// Against ACS, which knows no client id of messages: the name under which it is carried in a message's metadata.
pub const CLIENT_ID_METADATA: &str = "liaisonClientMessageId";
