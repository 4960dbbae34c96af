//! What the operator may set.

use crate::attachments::AttachmentLimits;
use crate::chat::ChatRates;
use crate::realtime::push::PushLimits;
use crate::webhook::WebhookLimits;
use liaison_chat::{ChatLimits, ChatPolicy};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

/// How the service is started. Only the data folder has no default.
#[derive(Clone, Debug)]
pub struct ServerConfig {
    /// The folder that holds everything the service keeps. Made when absent, mode 0700.
    pub data_dir: PathBuf,
    /// Where HTTPS and the realtime link listen. Port 0 takes any free port.
    pub listen: SocketAddr,
    /// The URL clients use, when it is not `https://localhost:PORT`: `https://host[:port]`.
    pub public_url: Option<String>,
    /// A PEM certificate chain, leaf first, used instead of the folder's own CA. Needs [`Self::key`].
    pub cert: Option<PathBuf>,
    /// The PEM private key of [`Self::cert`].
    pub key: Option<PathBuf>,
    /// Where Prometheus metrics are served over plain HTTP. Must be a loopback address. `None`: nowhere.
    pub metrics_listen: Option<SocketAddr>,
    /// Sizes, rates and times that keep one client from growing or starving the service.
    pub limits: Limits,
}

impl ServerConfig {
    /// The defaults of `liaison serve --data DIR`.
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8443)),
            public_url: None,
            cert: None,
            key: None,
            metrics_listen: None,
            limits: Limits::default(),
        }
    }
}

/// A rate: at most `count` in any window of `per`, refilled continuously.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How many, 1 or more.
    pub count: u32,
    /// In how long.
    pub per: Duration,
}

impl Rate {
    /// `count` in `seconds`.
    pub const fn new(count: u32, seconds: u64) -> Self {
        Self { count, per: Duration::from_secs(seconds) }
    }
}

/// Every bound of the service in one place.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Limits {
    /// Largest request body in bytes.
    pub body_bytes: usize,
    /// Largest body of a chat request in bytes: a batch of participants, or a text in the longest spelling.
    pub chat_body_bytes: usize,
    /// Largest request head (request line and headers) in bytes; 8192 or more.
    pub head_bytes: usize,
    /// How long a client may take to send a request head, and a request to be answered.
    pub request_timeout: Duration,
    /// How long a TLS handshake may take.
    pub tls_handshake_timeout: Duration,
    /// How many TCP connections at once.
    pub connections: usize,
    /// How far `x-ms-date` may be from the service's clock, either way.
    pub date_skew: Duration,
    /// Identities created, per resource (ACS: 1000 in 30 s).
    pub create_identity: Rate,
    /// Identities deleted, per resource (ACS: 500 in 30 s).
    pub delete_identity: Rate,
    /// Tokens issued, per resource (ACS: 1000 in 30 s).
    pub issue_token: Rate,
    /// Revocations, per resource (ACS: 500 in 30 s).
    pub revoke_tokens: Rate,
    /// Directory reads, per tenant.
    pub directory_reads: Rate,
    /// The largest the database may become, in bytes. What does not fit is answered 507, as when the disk
    /// is full. `None`: as large as the disk.
    pub database_bytes: Option<u64>,
    /// Sizes and numbers of chat (ACS's unless changed).
    pub chat: ChatLimits,
    /// Files and images of chats.
    pub attachments: AttachmentLimits,
    /// Switches of chat.
    pub chat_policy: ChatPolicy,
    /// Rates of chat (ACS's unless changed).
    pub chat_rates: ChatRates,
    /// How long a realtime client may take to say hello.
    pub hello_timeout: Duration,
    /// Largest frame of the realtime link in bytes.
    pub frame_bytes: usize,
    /// Frames a realtime client may send; further ones are left unread until the rate allows.
    pub frames: Rate,
    /// Realtime sessions of one user at once. When they are all taken, a new one takes the place of one
    /// that waits for its client, else it is refused.
    pub sessions_per_user: usize,
    /// Realtime sessions in all.
    pub sessions: usize,
    /// Messages that may wait for a session's task. Those that wait for its client are bounded by the
    /// link: 1024 and 8 MiB. A client that takes too little is disconnected and reads anew.
    pub outbound_frames: usize,
    /// How long a session waits for its client to come back.
    pub resume_grace: Duration,
    /// The realtime push of unmodified chat clients.
    pub push: PushLimits,
    /// How long an unanswered call rings.
    pub no_answer: Duration,
    /// How webhooks are told.
    pub webhooks: WebhookLimits,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 64 * 1024,
            chat_body_bytes: 512 * 1024,
            head_bytes: 32 * 1024,
            request_timeout: Duration::from_secs(15),
            tls_handshake_timeout: Duration::from_secs(10),
            connections: 10_000,
            date_skew: Duration::from_secs(liaison_identity::request_signing::DEFAULT_SKEW_S),
            create_identity: Rate::new(1000, 30),
            delete_identity: Rate::new(500, 30),
            issue_token: Rate::new(1000, 30),
            revoke_tokens: Rate::new(500, 30),
            directory_reads: Rate::new(1000, 30),
            database_bytes: None,
            chat: ChatLimits::V1,
            attachments: AttachmentLimits::default(),
            chat_policy: ChatPolicy::OPEN,
            chat_rates: ChatRates::acs(),
            hello_timeout: Duration::from_secs(10),
            frame_bytes: 256 * 1024,
            frames: Rate::new(600, 10),
            sessions_per_user: 16,
            sessions: 100_000,
            outbound_frames: 2048,
            resume_grace: Duration::from_secs(120),
            push: PushLimits::default(),
            no_answer: Duration::from_secs(85),
            webhooks: WebhookLimits::default(),
        }
    }
}
