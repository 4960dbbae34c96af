//! Sessions over the `webrtc` crate.

mod addresses;
mod build;
mod connection;
mod runtime;
mod tap;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use tokio::runtime::Handle;

use crate::connection::{Backend, Connection, Events};
use crate::negotiation::Times;
use crate::rtcp::{NtpClock, Reporter};
use crate::rtp_out::Outgoing;
use crate::stats::TransportStats;
use crate::{Session, SessionConfig, TransportError, task};

/// Without servers to ask, candidates are there at once; this is for a machine under load.
const GATHER_HOST: Duration = Duration::from_millis(400);
/// How long a description waits for what STUN and TURN servers say. What comes later is trickled.
const GATHER_SERVERS: Duration = Duration::from_millis(700);

/// Opens a session. The offerer's first event is its offer.
///
/// Must be called inside a tokio runtime with I/O and time enabled; everything runs on it.
///
/// # Errors
/// A configuration that cannot work, an address that cannot be bound, no runtime.
pub async fn open(config: SessionConfig) -> Result<Box<dyn Session>, TransportError> {
    open_with(config, Times::default()).await
}

async fn open_with(config: SessionConfig, times: Times) -> Result<Box<dyn Session>, TransportError> {
    let handle = Handle::try_current().map_err(|_| TransportError::NoRuntime)?;
    build::check(&config)?;
    addresses::resolve(&config.bind)?;
    let outgoing = Outgoing::new().map_err(|error| TransportError::Library(error.to_string()))?;
    let ssrc = config.audio.ssrc;
    let random = ssrc.rotate_left(16) ^ std::process::id();
    let cname = format!("{random:08x}");
    let clock = NtpClock::new(Instant::now());
    let backend = WebrtcBackend {
        config: config.clone(),
        handle,
        outgoing,
        reporter: Arc::new(Mutex::new(Reporter::new(ssrc, &cname, random, clock))),
        cname,
    };
    Ok(Box::new(task::start(Arc::new(backend), &config, times)))
}

pub(crate) struct WebrtcBackend {
    config: SessionConfig,
    handle: Handle,
    outgoing: Arc<Outgoing>,
    /// The same in descriptions and reports (RFC 3550 section 6.5.1).
    cname: String,
    /// Counts over all connections of the session: its streams go on when a connection is built anew.
    reporter: Arc<Mutex<Reporter>>,
}

#[async_trait]
impl Backend for WebrtcBackend {
    async fn connect(&self, events: Events) -> Result<Arc<dyn Connection>, TransportError> {
        build::connect(self, events).await
    }

    fn alone(&self) -> bool {
        self.config.bind.iter().any(|address| address.port() != 0)
    }

    fn gathering(&self) -> Duration {
        if self.config.ice_servers.is_empty() { GATHER_HOST } else { GATHER_SERVERS }
    }

    fn outgoing(&self) -> &Arc<Outgoing> {
        &self.outgoing
    }

    fn count(&self, stats: &mut TransportStats) {
        let figures = self.reporter.lock().unwrap_or_else(PoisonError::into_inner).figures();
        stats.fill(&figures);
    }
}
