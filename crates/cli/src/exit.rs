//! How the program ends: one error type, one code for each kind.

use liaison_engine::EndReason;
use std::path::{Path, PathBuf};

/// The end of every help text.
pub const HELP: &str = "\
Exit codes:
  0  done
  1  failed for a reason that has no code of its own
  2  the command line is wrong
  3  a file, folder or audio device cannot be used
  4  the service cannot be reached, or its certificate is not trusted
  5  the token was refused
  6  the call was refused, declined or not answered
  7  the call broke off, or nothing could be recorded
  8  the address to listen on is taken
  9  what was named does not exist";

/// Why the program failed. The text says what happened and what to do.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Anything else.
    #[error("{0}")]
    Other(String),
    /// A wrong combination of arguments that clap cannot see.
    #[error("{0}")]
    Usage(String),
    /// A file could not be read or written.
    #[error("cannot {action} the {what} {path}: {source}{hint}")]
    File {
        /// "read" or "write".
        action: &'static str,
        /// What the file is for.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
        /// What to do, with a leading separator; may be empty.
        hint: &'static str,
    },
    /// A file or device is there but unusable.
    #[error("{0}")]
    Unusable(String),
    /// The service is not there.
    #[error("{0}")]
    Unreachable(String),
    /// The service does not take the token.
    #[error("{0}")]
    Token(String),
    /// The call did not come about.
    #[error("the call ended: {0}")]
    Refused(EndReason),
    /// The call came about, and broke off.
    #[error("the call broke off: {0}")]
    BrokeOff(EndReason),
    /// The call went well, but its recording did not.
    #[error("nothing was recorded: {0}")]
    NotRecorded(String),
    /// Somebody else listens there.
    #[error("{0}")]
    AddressInUse(String),
    /// No such resource, tenant or user.
    #[error("{0}")]
    NotFound(String),
}

impl Failure {
    /// The program's exit code.
    pub fn code(&self) -> u8 {
        match self {
            Self::Other(_) => 1,
            Self::Usage(_) => 2,
            Self::File { .. } | Self::Unusable(_) => 3,
            Self::Unreachable(_) => 4,
            Self::Token(_) => 5,
            Self::Refused(_) => 6,
            Self::BrokeOff(_) | Self::NotRecorded(_) => 7,
            Self::AddressInUse(_) => 8,
            Self::NotFound(_) => 9,
        }
    }

    /// A file that cannot be read.
    pub fn reading(what: &'static str, path: &Path, source: std::io::Error, hint: &'static str) -> Self {
        Self::File { action: "read", what, path: path.to_owned(), source, hint }
    }

    /// A file that cannot be written.
    pub fn writing(what: &'static str, path: &Path, source: std::io::Error) -> Self {
        Self::File { action: "write", what, path: path.to_owned(), source, hint: "" }
    }
}
