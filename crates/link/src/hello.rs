//! The first frame of a connection.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::frame::{Frame, Out, cut};
use crate::{DeviceId, Limits, LinkError, RefusalCode, SessionId, VERSION};

/// The versions a side speaks, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionRange {
    /// Oldest spoken.
    pub min: u32,
    /// Newest spoken.
    pub max: u32,
}

/// Where to go on: the session, and the last message of the service whose work is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resume {
    /// The session to resume.
    pub session: SessionId,
    /// Highest sequence acknowledged by the client's consumer; 0 = none.
    pub received: u64,
}

/// What a client says first.
#[derive(Clone, PartialEq, Eq)]
pub struct Hello {
    /// Versions the client speaks.
    pub versions: VersionRange,
    /// The access token. Not yet verified.
    pub token: String,
    /// Which running engine this is.
    pub device: DeviceId,
    /// The session to go on with, if any.
    pub resume: Option<Resume>,
    /// Names of optional features the client has; unknown ones are ignored.
    pub capabilities: Vec<String>,
}

/// Leaves the token out.
impl fmt::Debug for Hello {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hello")
            .field("versions", &self.versions)
            .field("token", &format_args!("({} bytes)", self.token.len()))
            .field("device", &self.device)
            .field("resume", &self.resume)
            .field("capabilities", &self.capabilities)
            .finish()
    }
}

/// Reads the first frame of a connection and checks that a version is common.
///
/// # Errors
/// [`LinkError`] when the frame is malformed, too large, no hello, or speaks no version of ours;
/// answer with [`refusal`] of [`LinkError::refusal_code`] and close.
pub fn parse_hello(frame: &str) -> Result<Hello, LinkError> {
    match Frame::parse(frame, &Limits::V1)? {
        Frame::Hello(hello) => {
            let VersionRange { min, max } = hello.versions;
            if (min..=max).contains(&VERSION) { Ok(hello) } else { Err(LinkError::Version { min, max }) }
        }
        _ => Err(LinkError::NoHello),
    }
}

/// The frame that turns a connection away. Close the socket after it.
///
/// `text` says what happened and what to do; it reaches the app's developer, so no secrets; what is
/// over 1024 bytes is cut.
/// `retry_after_ms`: how long the client should wait at least, for [`RefusalCode::Busy`].
pub fn refusal(code: RefusalCode, text: &str, retry_after_ms: Option<u64>) -> String {
    Out::Refused { code, text: cut(text, 1024), retry_after_ms }.text()
}

impl LinkError {
    /// The code to refuse a connection with that sent such a frame.
    pub fn refusal_code(&self) -> RefusalCode {
        match self {
            Self::Version { .. } => RefusalCode::Version,
            _ => RefusalCode::Protocol,
        }
    }
}
