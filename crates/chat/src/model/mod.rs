//! What a thread holds. These types are also the JSON of our own link and of the store's event log.

mod attachment;
mod message;
mod metadata;
mod participant;
mod patch;
mod receipt;
mod retention;
mod thread;

pub use attachment::{Attachment, AttachmentKind, StoredAttachment, path as attachment_path};
pub use message::{Message, MessageContent, MessageKind, SystemMessage};
pub use metadata::Metadata;
pub use participant::{History, Participant, Participation, Removal, Side};
pub use patch::{MetadataChanges, MetadataPatch, Patch};
pub use receipt::ReadReceipt;
pub use retention::RetentionPolicy;
pub use thread::{Heads, Thread};
