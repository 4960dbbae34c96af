//! Files and images of a message.

use serde::{Deserialize, Serialize};

use crate::Text;

/// What an attachment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum AttachmentKind {
    /// A picture that is shown in the message.
    Image,
    /// Any other file.
    File,
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
