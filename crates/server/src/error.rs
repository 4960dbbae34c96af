//! Why the service could not start or run.

use std::net::SocketAddr;
use std::path::PathBuf;

/// Why [`crate::Server::start`] failed. The text says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServerError {
    /// Another service, or an administration command, uses the folder.
    #[error(
        "the data folder {path} is in use by another process: stop the other `liaison serve`, or choose another --data"
    )]
    FolderInUse {
        /// The folder.
        path: PathBuf,
    },
    /// The database was written by a newer version.
    #[error(
        "the database {path} has schema version {found}, this program knows up to {known}: run the newer liaison, or restore a backup"
    )]
    NewerDatabase {
        /// The database file.
        path: PathBuf,
        /// Its schema version.
        found: i64,
        /// The newest version this program knows.
        known: i64,
    },
    /// The database file is not one of ours, or it is damaged.
    #[error(
        "the database {path} is damaged or not a liaison database ({detail}): move it away and restore a backup"
    )]
    CorruptDatabase {
        /// The database file.
        path: PathBuf,
        /// What SQLite said.
        detail: String,
    },
    /// The store failed.
    #[error("the store failed: {0}")]
    Store(String),
    /// A file of the data folder cannot be read or written.
    #[error("cannot {action} {path}: {source}")]
    File {
        /// "read", "write", "create".
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The address is taken.
    #[error(
        "the address {address} is already in use: stop the program that listens there, or choose another --listen"
    )]
    AddressInUse {
        /// The wanted address.
        address: SocketAddr,
    },
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The wanted address.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// A certificate or key is unusable.
    #[error("{0}")]
    Certificate(String),
    /// A setting makes no sense.
    #[error("{0}")]
    Configuration(String),
}
