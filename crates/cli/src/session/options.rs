//! How the service is reached, and how a command in a terminal speaks.

use std::path::PathBuf;

/// What every end takes.
#[derive(Debug, clap::Args)]
pub struct ServiceOptions {
    /// The service's address, https://host[:port]
    #[arg(long, value_name = "URL", env = "LIAISON_ENDPOINT")]
    pub endpoint: String,
    /// A file with the access token; it is read again when the token is about to expire. `-` reads
    /// standard input, once
    #[arg(long, value_name = "FILE", env = "LIAISON_TOKEN_FILE")]
    pub token_file: PathBuf,
    /// The certificate authority to trust, in PEM: the service's DIR/ca.pem. Without it the system's own
    #[arg(long, value_name = "FILE", env = "LIAISON_CA")]
    pub ca: Option<PathBuf>,
    /// An HTTP proxy that allows CONNECT, http://host:port
    #[arg(long, value_name = "URL")]
    pub proxy: Option<String>,
    /// The name the other side sees
    #[arg(long, value_name = "NAME", default_value = "")]
    pub display_name: String,
    /// Give up when the service has not answered within this many seconds
    #[arg(long, value_name = "N", default_value_t = 15, value_parser = clap::value_parser!(u64).range(1..=3600), help_heading = "Network")]
    pub connect_timeout: u64,
    /// Print one JSON object a line instead of text
    #[arg(long)]
    pub json: bool,
    /// Log this much to standard error: error, warn, info, debug or trace
    #[arg(long, value_name = "LEVEL", default_value = "error", env = "LIAISON_LOG")]
    pub log: Level,
}

/// How much is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Level {
    /// Failures only.
    Error,
    /// What is not as it should be.
    Warn,
    /// What happens.
    Info,
    /// In detail.
    Debug,
    /// In every detail.
    Trace,
}
