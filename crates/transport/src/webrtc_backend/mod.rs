//! Sessions over the `webrtc` crate.
//!
//! The version is pinned, and these of its ways are worked around, each in one place:
//!
//! | what it does | what is done about it |
//! |---|---|
//! | loses the timer that repeats a DTLS flight; waits 1 s before that | flights are repeated on the wire (`wire::flight`); the negotiation's watchdog builds a stalled setup anew |
//! | its driver can end without a word | the runtime we give it tells (`runtime`) |
//! | dropping without `close` leaks | the session's task closes every connection |
//! | RTCP does not reach its statistics; its reports lack much | our own RTCP (`rtcp`), the only interceptor (`tap`) |
//! | checks paths every 200 ms and gives up after 7 | every 20 ms, for as long as the watchdog lets it (`build`) |
//! | drops received packets of a track nobody reads fast enough, and a first one | media goes to its sink in the interceptor |
//! | offers `0.0.0.0`; ignores its address mapping setting | concrete addresses (`addresses`), our own rewriting (`sdp`) |
//! | refuses a codec over a differing format parameter, and drops formats that its track does not name | format lines are written and read by `sdp` |
//! | its congestion control's pacer queues sound behind video | our own feedback (`feedback`), estimator and pacer (`pacer`) |
//! | passes any stranger's DTLS and SRTP on | only addresses that answered a STUN request of ours (`wire`) |
//! | a failing socket, a name server that does not answer, hold up or end the driver | our own socket never fails (`wire::socket`); names are given 1.5 s (`runtime`) |
//! | restarting ICE interrupts media | a second connection is set up beside the first, which goes on until then |

mod addresses;
mod build;
mod connection;
mod runtime;
mod tap;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use tokio::runtime::Handle;

use crate::connection::{Backend, Connection, Events};
use crate::feedback::Feedback;
use crate::negotiation::Times;
use crate::rtcp::{NtpClock, Reporter};
use crate::rtp_out::Outgoing;
use crate::stats::TransportStats;
use crate::{RateEstimate, Session, SessionConfig, TransportError, task};

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
    let backend = WebrtcBackend::new(&config)?;
    Ok(Box::new(task::start(Arc::new(backend), &config, Times::default())))
}

pub(crate) struct WebrtcBackend {
    config: SessionConfig,
    handle: Handle,
    outgoing: Arc<Outgoing>,
    /// The same in descriptions and reports (RFC 3550 section 6.5.1).
    cname: String,
    /// Counts over all connections of the session: its streams go on when a connection is built anew.
    reporter: Arc<Mutex<Reporter>>,
    /// The same of transport-wide feedback.
    feedback: Arc<Mutex<Feedback>>,
    #[cfg(test)]
    drivers: Arc<Mutex<Vec<tokio::task::AbortHandle>>>,
}

impl WebrtcBackend {
    fn new(config: &SessionConfig) -> Result<Self, TransportError> {
        let handle = Handle::try_current().map_err(|_| TransportError::NoRuntime)?;
        build::check(config)?;
        addresses::resolve(&config.bind)?;
        let outgoing = Outgoing::new().map_err(|error| TransportError::Library(error.to_string()))?;
        let ssrc = config.audio.ssrc;
        let random = ssrc.rotate_left(16) ^ std::process::id();
        let cname = format!("{random:08x}");
        let clock = NtpClock::new(Instant::now());
        Ok(Self {
            config: config.clone(),
            handle,
            outgoing,
            reporter: Arc::new(Mutex::new(Reporter::new(ssrc, &cname, random, clock))),
            feedback: Arc::new(Mutex::new(Feedback::new(ssrc, Instant::now(), config.rate))),
            cname,
            #[cfg(test)]
            drivers: Arc::default(),
        })
    }
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

    fn rate(&self) -> Option<RateEstimate> {
        Feedback::lock(&self.feedback).estimate()
    }

    fn count(&self, stats: &mut TransportStats) {
        let figures = self.reporter.lock().unwrap_or_else(PoisonError::into_inner).figures();
        stats.fill(&figures);
    }
}
