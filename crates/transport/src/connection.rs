//! What the session's task needs of one connection, whatever library makes it.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::mpsc;

use crate::rtp_out::Outgoing;
use crate::stats::TransportStats;
use crate::{NegotiatedAudio, RateEstimate, TransportError};

/// What a connection tells the task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ConnectionEvent {
    /// All candidates are found.
    Gathered,
    /// One more candidate.
    Candidate(String),
    /// The setup got on.
    Progress,
    /// Media can flow.
    Up,
    /// It is over and cannot be used any more.
    Died,
}

/// The way of one connection's events to the task. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Events {
    id: u64,
    sender: mpsc::UnboundedSender<(u64, ConnectionEvent)>,
}

impl Events {
    pub(crate) fn new(id: u64, sender: mpsc::UnboundedSender<(u64, ConnectionEvent)>) -> Self {
        Self { id, sender }
    }

    /// Never blocks. Connections are few and tell little: the queue stays short.
    pub(crate) fn send(&self, event: ConnectionEvent) {
        let _ = self.sender.send((self.id, event));
    }
}

/// What is known of a connection that is up.
#[derive(Debug, Clone, Default)]
pub(crate) struct Details {
    pub(crate) ssrc: u32,
    pub(crate) audio: NegotiatedAudio,
    pub(crate) candidate_pair: Option<String>,
    pub(crate) dtls_cipher: Option<String>,
    pub(crate) srtp_profile: Option<String>,
}

/// One connection attempt.
#[async_trait]
pub(crate) trait Connection: Send + Sync {
    /// Makes an offer; gathering begins.
    async fn offer(&self) -> Result<(), TransportError>;
    /// Takes the peer's offer and makes an answer; gathering begins.
    async fn answer(&self, offer: &str) -> Result<(), TransportError>;
    /// Takes the peer's answer.
    async fn accept(&self, answer: &str) -> Result<(), TransportError>;
    async fn add_candidate(&self, candidate: &str) -> Result<(), TransportError>;
    /// Our description with every candidate found so far, ready for the peer.
    async fn local_description(&self) -> Option<String>;
    /// A candidate that was found, as the peer is to be told it; `None`: it need not know.
    fn candidate(&self, found: &str) -> Option<String>;
    /// The session's media goes this way from now on, or no longer.
    fn set_active(&self, active: bool);
    /// Counts packets that show that the peer is there.
    fn heard(&self) -> u64;
    /// The peer's handshake is done: something encrypted came from it.
    fn confirmed(&self) -> bool;
    /// Counts steps of the setup.
    fn progress(&self) -> u64;
    /// The shortest there and back seen so far.
    fn round_trip(&self) -> Option<std::time::Duration>;
    async fn details(&self) -> Details;
    async fn close(&self);
}

/// Makes connections.
#[async_trait]
pub(crate) trait Backend: Send + Sync + 'static {
    async fn connect(&self, events: Events) -> Result<Arc<dyn Connection>, TransportError>;
    /// Two connections cannot be there at once.
    fn alone(&self) -> bool;
    /// How long to wait for candidates that servers have to be asked for.
    fn gathering(&self) -> std::time::Duration;
    fn outgoing(&self) -> &Arc<Outgoing>;
    /// What the path carries, once the peer has told.
    fn rate(&self) -> Option<RateEstimate> {
        None
    }
    /// Fills in what is counted over all connections.
    fn count(&self, stats: &mut TransportStats);
}
