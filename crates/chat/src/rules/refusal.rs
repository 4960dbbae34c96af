//! Why not: one table.

use crate::acs::{CommunicationError, CommunicationErrorResponse};

/// Why a command may not be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[error("{}", self.message())]
#[expect(missing_docs, reason = "the table below says each in a sentence")]
pub enum Refusal {
    Scope,
    NotParticipant,
    Removed,
    NotSender,
    LargeThread,
    StaffStart,
    StaffEdit,
    FilesAndImages,
    FederationRefused,
    ThreadDeleted,
    MessageNotFound,
    ParticipantNotFound,
    ContentMissing,
    ContentTooLarge,
    TopicMissing,
    TopicTooLong,
    MetadataTooLarge,
    DisplayNameTooLong,
    TooManyAttachments,
    NotSendable,
    NoParticipants,
    BatchTooLarge,
    ThreadFull,
    RetentionDays,
    CannotChat,
    AttachmentNotFound,
    AttachmentUnknown,
    AttachmentSent,
    FileNameTooLong,
    AttachmentTooLarge,
    TooMuchUnsent,
}

impl Refusal {
    /// Each with its HTTP status, the `code` of the ACS error body, and its sentence.
    pub const ALL: [(Self, u16, &'static str, &'static str); 31] = [
        (
            Self::Scope,
            403,
            "Forbidden",
            "The token's scopes do not allow this operation: chat allows all, chat.join no creating, updating or deleting of threads, chat.join.limited no adding or removing of participants either.",
        ),
        (
            Self::NotParticipant,
            403,
            "Forbidden",
            "There is no such thread, or the user is not a participant of it.",
        ),
        (
            Self::Removed,
            403,
            "Forbidden",
            "The user was removed from this thread and can only read the messages from before.",
        ),
        (Self::NotSender, 403, "Forbidden", "Only the sender of a message can edit or delete it."),
        (
            Self::LargeThread,
            403,
            "Forbidden",
            "Read receipts and typing notifications are off in threads of more than 20 participants.",
        ),
        (
            Self::StaffStart,
            403,
            "Forbidden",
            "The policy of this service lets only the app's users create threads.",
        ),
        (
            Self::StaffEdit,
            403,
            "Forbidden",
            "The policy of this service does not let Teams users edit messages.",
        ),
        (
            Self::FilesAndImages,
            403,
            "Forbidden",
            "The policy of this service does not allow files and images; send a link.",
        ),
        (Self::FederationRefused, 403, "403", "Permissions check failed: this participant cannot be added."),
        (Self::ThreadDeleted, 404, "NotFound", "The thread was deleted."),
        (Self::MessageNotFound, 404, "NotFound", "There is no such message."),
        (Self::ParticipantNotFound, 404, "NotFound", "There is no such participant in the thread."),
        (Self::ContentMissing, 400, "BadRequest", "The content is required."),
        (Self::ContentTooLarge, 413, "RequestEntityTooLarge", "The content is too large: at most 28 KB."),
        (Self::TopicMissing, 400, "BadRequest", "The topic is required."),
        (Self::TopicTooLong, 400, "BadRequest", "The topic is too long: at most 1024 bytes."),
        (
            Self::MetadataTooLarge,
            400,
            "BadRequest",
            "The metadata is too large: at most 1 KB of names and values in all.",
        ),
        (Self::DisplayNameTooLong, 400, "BadRequest", "The display name is too long: at most 256 bytes."),
        (Self::TooManyAttachments, 400, "BadRequest", "There are too many attachments: at most 10."),
        (Self::NotSendable, 400, "BadRequest", "Only messages of type text or html can be sent."),
        (Self::NoParticipants, 400, "BadRequest", "At least one participant is required."),
        (
            Self::BatchTooLarge,
            400,
            "BadRequest",
            "There are too many participants in one request: at most 200.",
        ),
        (Self::ThreadFull, 400, "BadRequest", "The thread would have too many participants: at most 250."),
        (
            Self::RetentionDays,
            400,
            "BadRequest",
            "A thread can be deleted 30 to 90 days after its creation, or kept (none).",
        ),
        (
            Self::CannotChat,
            400,
            "400",
            "An identifier of this kind cannot take part in a chat: name an app's user or a Teams user.",
        ),
        (Self::AttachmentNotFound, 404, "NotFound", "There is no such file in the thread."),
        (
            Self::AttachmentUnknown,
            400,
            "BadRequest",
            "An attachment is none of those that its sender has uploaded to this thread and not sent yet.",
        ),
        (
            Self::AttachmentSent,
            409,
            "Conflict",
            "The file was sent and goes with its message: delete the message.",
        ),
        (Self::FileNameTooLong, 400, "BadRequest", "The file's name is too long: at most 255 bytes."),
        (Self::AttachmentTooLarge, 413, "RequestEntityTooLarge", "The file is too large: at most 25 MiB."),
        (
            Self::TooMuchUnsent,
            409,
            "Conflict",
            "Too many uploaded files wait for their message, at most 256 MiB in all: send or delete some.",
        ),
    ];

    fn row(self) -> &'static (Self, u16, &'static str, &'static str) {
        // In the order of the enum, which a test holds.
        &Self::ALL[self as usize]
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(self) -> u16 {
        self.row().1
    }

    /// The `code` of the ACS error.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.row().2
    }

    /// What it means. The numbers are those of [`crate::ChatLimits::V1`].
    #[must_use]
    pub fn message(self) -> &'static str {
        self.row().3
    }

    /// The error's body.
    #[must_use]
    pub fn body(self) -> CommunicationErrorResponse {
        CommunicationErrorResponse { error: CommunicationError::new(self.code(), self.message()) }
    }
}
