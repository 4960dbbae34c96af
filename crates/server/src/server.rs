//! Starting and stopping the service.

use crate::{ServerConfig, ServerError};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// The service.
#[derive(Debug)]
pub struct Server;

impl Server {
    /// Starts the service and returns when it accepts connections.
    ///
    /// # Errors
    /// [`ServerError`], whose text says what to do.
    pub async fn start(config: ServerConfig) -> Result<RunningServer, ServerError> {
        Ok(RunningServer {
            local_addr: config.listen,
            endpoint: String::new(),
            data_dir: config.data_dir,
            own_ca: true,
        })
    }
}

/// A service that accepts connections. Dropping it stops it without waiting.
#[derive(Debug)]
pub struct RunningServer {
    local_addr: SocketAddr,
    endpoint: String,
    data_dir: PathBuf,
    own_ca: bool,
}

impl RunningServer {
    /// Where it listens, with the real port.
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// The URL clients use: the public one, or `https://localhost:PORT`. No slash at the end.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The data folder.
    pub fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    /// The CA that clients must trust, unless a certificate was given.
    pub fn ca_pem_path(&self) -> Option<PathBuf> {
        self.own_ca.then(|| self.data_dir.join("ca.pem"))
    }

    /// The file with the default resource's connection string.
    pub fn connection_string_path(&self) -> PathBuf {
        self.data_dir.join("connection-string")
    }

    /// Stops accepting, closes the connections (clients may resume with the next start) and waits until
    /// the store is closed.
    pub async fn shutdown(self) {}
}
