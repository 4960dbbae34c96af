//! Figures of a session.

use std::time::Duration;

use crate::rtcp::Figures;

/// Counts since the session was opened, over every rebuilt connection.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct TransportStats {
    /// Last round trip by RTCP (RFC 3550 section 6.4.1); `None` until the first report came back.
    pub rtt: Option<Duration>,
    /// RTP packets handed to the network.
    pub packets_sent: u64,
    /// RTP packets received and delivered.
    pub packets_received: u64,
    /// RTP payload bytes sent.
    pub bytes_sent: u64,
    /// RTP payload bytes received.
    pub bytes_received: u64,
    /// RTP packets that were dropped before sending: queue full or not connected.
    pub packets_dropped: u64,
    /// Fraction of our packets that the peer lost, 0..=1, from its last report.
    pub remote_fraction_lost: Option<f32>,
    /// Our packets that the peer says it lost, since its stream began.
    pub remote_packets_lost: Option<i64>,
    /// The peer's packets that we lost (RFC 3550 appendix A.3).
    pub packets_lost: i64,
    /// Fraction of the peer's packets that we lost since our last report, 0..=1.
    pub fraction_lost: f32,
    /// Interarrival jitter of the peer's packets (RFC 3550 appendix A.8).
    pub jitter: Duration,
    /// The selected candidate pair as `local <-> remote`, when connected.
    pub candidate_pair: Option<String>,
    /// The DTLS cipher suite's name, when connected.
    pub dtls_cipher: Option<String>,
    /// The SRTP protection profile's name, when connected.
    pub srtp_profile: Option<String>,
    /// How long the setup took, over every attempt.
    pub setup: Option<Duration>,
    /// Connections built so far: 1 plus the rebuilt ones.
    pub attempts: u32,
}

impl TransportStats {
    pub(crate) fn fill(&mut self, figures: &Figures) {
        self.rtt = figures.round_trip;
        self.packets_sent = figures.packets_sent;
        self.packets_received = figures.packets_received;
        self.bytes_sent = figures.bytes_sent;
        self.bytes_received = figures.bytes_received;
        self.remote_fraction_lost = figures.remote_fraction_lost;
        self.remote_packets_lost = figures.remote_packets_lost;
        self.packets_lost = figures.packets_lost;
        self.fraction_lost = figures.fraction_lost;
        self.jitter = figures.jitter;
    }
}
