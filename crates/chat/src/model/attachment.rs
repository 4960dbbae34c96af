//! Files and images of a message.

use liaison_identity::RawId;
use serde::{Deserialize, Serialize};

use crate::{AttachmentId, MessageId, Text, ThreadId};

/// What an attachment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum AttachmentKind {
    /// A picture that is shown in the message.
    #[serde(alias = "inlineImage")]
    Image,
    /// Any other file.
    File,
}

impl AttachmentKind {
    /// The last word of the path below which these are.
    #[must_use]
    pub fn folder(self) -> &'static str {
        match self {
            Self::Image => "images",
            Self::File => "files",
        }
    }
}

/// One file of a message. The bytes are kept by the service elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attachment {
    /// Its name in the thread, made by the service.
    pub id: String,
    /// What it is.
    pub kind: AttachmentKind,
    /// The file's name, as the sender gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Text>,
    /// Path and query on the service of the whole file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The same of a small view.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preview_url: Option<String>,
}

/// A file that the service keeps for a thread, as the rules see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAttachment {
    /// Its name in the thread.
    pub id: AttachmentId,
    /// What it is.
    pub kind: AttachmentKind,
    /// The file's name, as the uploader gave it.
    pub name: Option<Text>,
    /// Who uploaded it.
    pub uploader: RawId,
    /// Whether there is a small view.
    pub preview: bool,
    /// The message it was sent with; `None` until then.
    pub message: Option<MessageId>,
}

impl StoredAttachment {
    /// As a part of a message.
    #[must_use]
    pub fn in_message(&self, thread: &ThreadId) -> Attachment {
        let path = path(thread, self.kind, &self.id.to_string());
        let (url, preview) = match self.kind {
            AttachmentKind::Image => (format!("{path}/views/original"), format!("{path}/views/small")),
            AttachmentKind::File => (path, String::new()),
        };
        Attachment {
            id: self.id.to_string(),
            kind: self.kind,
            name: self.name.clone(),
            url: Some(url),
            preview_url: Some(preview).filter(|path| self.preview && !path.is_empty()),
        }
    }
}

/// Where a file is on the service, with the characters escaped that the SDKs escape. An image has its views below it.
#[must_use]
pub fn path(thread: &ThreadId, kind: AttachmentKind, id: &str) -> String {
    let thread = thread.as_str().replace(':', "%3A").replace('@', "%40");
    format!("/chat/threads/{thread}/{}/{id}", kind.folder())
}
