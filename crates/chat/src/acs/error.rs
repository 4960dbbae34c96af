//! Errors.

use std::fmt;

use serde::{Deserialize, Serialize};

/// `CommunicationError`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommunicationError {
    /// What went wrong, for programs.
    #[serde(default)]
    pub code: String,
    /// What went wrong, for people.
    #[serde(default)]
    pub message: String,
    /// What it is about: a field, or the raw id of a participant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// More of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<Vec<CommunicationError>>,
}

impl CommunicationError {
    /// Without target and details.
    #[must_use]
    pub fn new(code: &str, message: &str) -> Self {
        Self { code: code.to_owned(), message: message.to_owned(), target: None, details: None }
    }
}

/// A foreign service's message may repeat what somebody wrote.
impl fmt::Debug for CommunicationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CommunicationError({}, {} bytes)", self.code, self.message.len())
    }
}

/// `CommunicationErrorResponse`: the body of every refused request. ACS has been seen to name the error
/// `communicationError` (azure-sdk-for-java#37474); that is read too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommunicationErrorResponse {
    /// The error.
    #[serde(alias = "communicationError")]
    pub error: CommunicationError,
}
