//! The trait that every backend fulfils.

use std::time::Instant;

use async_trait::async_trait;
use liaison_media::RtpPacket;

use crate::{Description, RateEstimate, RtpOut, SessionEvent, TransportError, TransportStats};

/// Takes received RTP packets.
///
/// Called on the network driver's task: it must return at once, and never block or lock for long.
pub trait RtpSink: Send + Sync {
    /// One packet, decrypted and authenticated, with the time the system gave it to us.
    fn on_rtp(&self, arrival: Instant, packet: RtpPacket);
}

/// One media session with one peer.
///
/// The owner carries descriptions to the peer and back over a path of its own; the session does the rest,
/// including building the connection anew when its setup stalls.
#[async_trait]
pub trait Session: Send + Sync {
    /// Takes the peer's description.
    ///
    /// An offer with a higher revision than known builds a new connection and leads to an answer; each side may make
    /// one. An answer to an older offer than the last one, or anything seen already, is ignored.
    ///
    /// # Errors
    /// A description that cannot be parsed or used, or that cannot come now; the session stays as it was.
    async fn set_remote(&self, description: Description) -> Result<(), TransportError>;

    /// Takes one more candidate of the peer. One for another revision than the current is ignored.
    ///
    /// # Errors
    /// A candidate that cannot be parsed.
    async fn add_candidate(&self, revision: u32, candidate: String) -> Result<(), TransportError>;

    /// The next event; `None` after the session was closed. One caller at a time.
    async fn next_event(&self) -> Option<SessionEvent>;

    /// The way out for RTP packets.
    fn sender(&self) -> RtpOut;

    /// Looks for a working path anew, from either side: this one makes an offer with a higher revision. Call it when the
    /// network has changed.
    ///
    /// Media goes on over the present connection until the new one is up, but with a fixed local port
    /// ([`SessionConfig::bind`](crate::SessionConfig::bind)) it pauses for the length of a setup. Of two offers at once
    /// that of the session's offerer stands.
    async fn restart_ice(&self);

    /// Figures since the session was opened.
    fn stats(&self) -> TransportStats;

    /// What the path to the peer carries, from the fate of every packet; renewed with each report, about ten times a
    /// second. `None`: the peer has not reported on packets.
    fn rate(&self) -> Option<RateEstimate>;

    /// Ends the session and frees its sockets. Dropping the session does it as well, later.
    async fn close(&self);
}
