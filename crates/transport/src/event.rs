//! What a session tells its owner.

use std::time::Duration;

use crate::NegotiatedAudio;

/// A session description with the revision of the connection attempt it belongs to.
#[derive(Clone, PartialEq, Eq)]
pub struct Description {
    /// Counts the offers of a session, from 1. The answer carries the revision of its offer.
    pub revision: u32,
    /// Offer or answer.
    pub kind: DescriptionKind,
    /// The SDP text (RFC 8866, RFC 8829), with all host candidates in it.
    pub sdp: String,
}

impl std::fmt::Debug for Description {
    // The text holds addresses and the ICE password: never in a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Description")
            .field("revision", &self.revision)
            .field("kind", &self.kind)
            .field("sdp_bytes", &self.sdp.len())
            .finish()
    }
}

/// Which side of the offer/answer exchange (RFC 3264) a description is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DescriptionKind {
    /// Proposes a connection.
    Offer,
    /// Accepts an offer.
    Answer,
}

/// What happened on a session.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum SessionEvent {
    /// Send it to the peer. It holds every host candidate, so trickling is not required.
    ///
    /// Offers come at the beginning from the offerer, and later from either side: when a setup stalls, a connection
    /// breaks or [`Session::restart_ice`](crate::Session::restart_ice) is called.
    LocalDescription(Description),
    /// A candidate that was found after the description was sent (server reflexive, relayed). Sending it to
    /// the peer is worth while, not required.
    LocalCandidate {
        /// The revision it belongs to.
        revision: u32,
        /// The `candidate:` attribute's value (RFC 8839 section 5.1).
        candidate: String,
    },
    /// RTP flows both ways from now on. Also after a connection was rebuilt.
    Connected {
        /// From the moment both descriptions were known, over every attempt, until now.
        setup: Duration,
        /// This side's synchronisation source, as negotiated.
        ssrc: u32,
        /// What was agreed about the audio. Payload types stay as they were first told, whatever a rebuilt
        /// connection uses on the wire.
        audio: NegotiatedAudio,
    },
    /// No packet of any kind from the peer for as long as
    /// [`SessionConfig::interrupted_after`](crate::SessionConfig::interrupted_after) says: media, RTCP or consent
    /// (RFC 7675).
    Interrupted,
    /// Packets flow again after [`SessionEvent::Interrupted`].
    Restored,
    /// The session cannot be set up. Close it.
    Failed(FailureReason),
}

/// Why a session failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FailureReason {
    /// No connection within the setup time.
    #[error("no connection after {attempts} attempts in {seconds} s: no path for UDP between the two peers")]
    SetupTimeout {
        /// Connection attempts made.
        attempts: u32,
        /// Seconds since both descriptions were known.
        seconds: u64,
    },
    /// The library failed in a way that a new attempt does not mend.
    #[error("the peer connection failed: {0}")]
    Library(String),
}
