//! What can go wrong at the engine's surface.

use std::path::PathBuf;

use crate::chat::ChatStoreError;

/// Why [`Engine::new`](crate::Engine::new) failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// The endpoint is not `https://host[:port]`.
    #[error("the endpoint {0:?} is not of the form https://host[:port]: take it from the connection string")]
    Endpoint(String),
    /// The proxy is not `http://host:port`.
    #[error("the proxy {0:?} is not of the form http://host:port")]
    Proxy(String),
    /// The CA text holds no certificate.
    #[error("ca_pem holds no usable certificate ({0}): pass the text of the service's DIR/ca.pem")]
    CaPem(String),
    /// The platform's certificate store cannot be used.
    #[error("the platform's certificate store cannot be used ({0}): pass ca_pem instead")]
    PlatformVerifier(String),
    /// The display name is too long.
    #[error("the display name has {0} bytes; at most 256 are allowed")]
    DisplayName(usize),
    /// The data path cannot be written.
    #[error("the data path {path} cannot be used: {source}")]
    DataPath {
        /// The folder given.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// What is kept in the data path cannot be used.
    #[error(transparent)]
    ChatStore(#[from] ChatStoreError),
    /// A data key without a data path.
    #[error("data_key without data_path: there is nothing to encrypt")]
    DataKey,
    /// A timeout is zero or out of range.
    #[error("{name} must be between 100 ms and 1 h")]
    Timeout {
        /// The field of the configuration.
        name: &'static str,
    },
    /// Level events too often or too rare.
    #[error("level_events must be between 20 ms and 10 s")]
    LevelEvents,
    /// A thread, a descriptor or randomness could not be had.
    #[error("the system refused a resource the engine needs: {0}")]
    System(#[from] std::io::Error),
}

/// Why signing in, or renewing the token, was refused at once.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignInError {
    /// Not a token at all.
    #[error("this is not a token (a JWT of three parts): fetch one from your backend")]
    Malformed,
    /// The token has expired already.
    #[error("the token expired {seconds_ago} s ago: fetch a new one from your backend")]
    Expired {
        /// By this machine's clock.
        seconds_ago: u64,
    },
    /// Already signed in, or signing in.
    #[error("already signed in: sign out first, or renew with set_token")]
    AlreadySignedIn,
    /// Not signed in.
    #[error("not signed in: call sign_in first")]
    NotSignedIn,
    /// Too many commands are waiting.
    #[error("too many commands are waiting: poll the events of the earlier ones first")]
    Busy,
    /// The engine has stopped.
    #[error("the engine has stopped after an internal error: free it and create a new one")]
    Poisoned,
}

/// Why a command of the device manager was refused at once.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum DeviceManagerError {
    /// The audio mode has no devices of the engine's, or no audio at all.
    #[error("the audio mode does not allow it: {0}")]
    WrongMode(&'static str),
    /// The devices cannot be listed.
    #[error("{0}")]
    Unavailable(String),
    /// Too many commands are waiting.
    #[error("too many commands are waiting: poll the events of the earlier ones first")]
    Busy,
    /// The engine has stopped.
    #[error("the engine has stopped after an internal error: free it and create a new one")]
    Poisoned,
}

/// Why a call command was refused at once.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum CallError {
    /// No call has this handle (any more).
    #[error("no such call: it has ended, or the handle was never given out")]
    NotFound,
    /// The raw id is empty, too long or has control characters.
    #[error("{0:?} is not a raw id (such as 8:orgid:<object id> or 8:acs:<resource>_<user>)")]
    RawId(String),
    /// This kind of identifier cannot be called.
    #[error("{kind} cannot be called: call a communication user or a Microsoft Teams user")]
    NotCallable {
        /// The identifier's kind.
        kind: &'static str,
    },
    /// Not signed in.
    #[error("not signed in: call sign_in and wait for the connection state")]
    NotSignedIn,
    /// The call's state does not allow the command.
    #[error("the call is {state}: {command} is not possible now")]
    WrongState {
        /// What was asked.
        command: &'static str,
        /// The state the call is in.
        state: &'static str,
    },
    /// Too many calls or commands at once.
    #[error("too many at once ({limit}): wait for some to finish")]
    TooMany {
        /// The bound.
        limit: usize,
    },
    /// The tones are none.
    #[error(transparent)]
    Dtmf(#[from] liaison_media::DtmfError),
    /// A recording is on already, or none is.
    #[error("recording: {0}")]
    Recording(&'static str),
    /// The file for the recording cannot be written.
    #[error("the recording cannot be written: {0}")]
    RecordingFile(String),
    /// The engine has stopped.
    #[error("the engine has stopped after an internal error: free it and create a new one")]
    Poisoned,
}
