//! Two sessions joined in memory, for tests of what stands above.
//!
//! They negotiate, watch and count exactly as the real ones do, since they run the same task; only the connections
//! are made of channels. No socket is opened and no cryptography done.

mod connection;
mod link;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;

use crate::connection::{Backend, Connection, Events};
use crate::negotiation::Times;
use crate::rtcp::{NtpClock, Reporter};
use crate::rtp_out::Outgoing;
use crate::stats::TransportStats;
use crate::{Session, SessionConfig, TransportError, task};
use connection::FakeConnection;
pub use link::FakeLink;
use link::Hub;

/// Two sessions whose packets reach each other in memory, at once and without loss. The first is the offerer.
///
/// Descriptions have to be carried from one to the other as with real sessions.
///
/// # Panics
/// Outside a tokio runtime with I/O and time enabled.
#[must_use]
pub fn pair(first: SessionConfig, second: SessionConfig) -> (Box<dyn Session>, Box<dyn Session>) {
    pair_over(&FakeLink::new(Duration::ZERO, 0, 1), first, second)
}

/// Two sessions joined by `link`. The first is the offerer.
///
/// # Panics
/// Outside a tokio runtime with I/O and time enabled.
#[must_use]
#[expect(clippy::expect_used, reason = "only tests use it, and a pipe is all it needs")]
pub fn pair_over(
    link: &FakeLink,
    first: SessionConfig,
    second: SessionConfig,
) -> (Box<dyn Session>, Box<dyn Session>) {
    let hub = Arc::new(Hub::new(link.clone()));
    let open = |offerer: bool, mut config: SessionConfig| {
        config.offerer = offerer;
        let backend = FakeBackend::new(config.clone(), Arc::clone(&hub)).expect("a tokio runtime with I/O");
        Box::new(task::start(Arc::new(backend), &config, Times::default())) as Box<dyn Session>
    };
    (open(true, first), open(false, second))
}

pub(crate) struct FakeBackend {
    config: SessionConfig,
    hub: Arc<Hub>,
    outgoing: Arc<Outgoing>,
    reporter: Arc<Mutex<Reporter>>,
}

impl FakeBackend {
    fn new(config: SessionConfig, hub: Arc<Hub>) -> std::io::Result<Self> {
        let clock = NtpClock::new(Instant::now());
        let ssrc = config.audio.ssrc;
        let reporter = Arc::new(Mutex::new(Reporter::new(ssrc, "fake", ssrc, clock)));
        Ok(Self { config, hub, outgoing: Outgoing::new()?, reporter })
    }
}

#[async_trait]
impl Backend for FakeBackend {
    async fn connect(&self, events: Events) -> Result<Arc<dyn Connection>, TransportError> {
        let connection = FakeConnection::new(
            &self.config,
            Arc::clone(&self.hub),
            Arc::clone(&self.outgoing),
            Arc::clone(&self.reporter),
            events,
        );
        Ok(Arc::new(connection))
    }

    fn alone(&self) -> bool {
        self.config.bind.iter().any(|address| address.port() != 0)
    }

    fn gathering(&self) -> Duration {
        Duration::from_millis(400)
    }

    fn outgoing(&self) -> &Arc<Outgoing> {
        &self.outgoing
    }

    fn count(&self, stats: &mut TransportStats) {
        stats.fill(&self.reporter.lock().unwrap_or_else(PoisonError::into_inner).figures());
    }
}
