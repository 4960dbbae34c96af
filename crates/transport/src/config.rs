//! What a session is opened with.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use liaison_media::RateEstimatorConfig;

use crate::session::RtpSink;

/// How one media session with one peer is set up.
#[derive(Clone)]
pub struct SessionConfig {
    /// `true`: this side makes the offer. The other side answers.
    pub offerer: bool,
    /// Local addresses to bind, one UDP socket each; port 0 picks a free port.
    ///
    /// Empty: one socket for every usable interface address; the loopback address when there is no other.
    /// A wildcard (`0.0.0.0`, `[::]`) stands for every usable address of its family.
    pub bind: Vec<SocketAddr>,
    /// Where the peer must send instead of the bound address: a forwarded port, a 1:1 NAT, a relay.
    /// Host candidates carry this address and port; the bound address is not told to the peer.
    pub advertise: Option<SocketAddr>,
    /// STUN and TURN servers.
    pub ice_servers: Vec<IceServer>,
    /// How long the whole setup may take, every rebuilt attempt included, before
    /// [`SessionEvent::Failed`](crate::SessionEvent::Failed). Counted from the moment the peer's description
    /// is there. 1 s to 10 min; values outside are brought to the nearer end.
    pub setup_timeout: Duration,
    /// No packet of any kind from the peer for this long is
    /// [`SessionEvent::Interrupted`](crate::SessionEvent::Interrupted). 1 s to 3 s; values outside are brought to the
    /// nearer end.
    pub interrupted_after: Duration,
    /// The audio stream.
    pub audio: AudioParameters,
    /// Bounds of what may be sent, in bit/s on the wire.
    pub rate: RateEstimatorConfig,
    /// Where received RTP packets go.
    pub incoming: Arc<dyn RtpSink>,
}

impl SessionConfig {
    /// The default for one side: every interface, no servers, 30 s for the setup, Opus.
    #[must_use]
    pub fn new(offerer: bool, audio: AudioParameters, incoming: Arc<dyn RtpSink>) -> Self {
        Self {
            offerer,
            bind: Vec::new(),
            advertise: None,
            ice_servers: Vec::new(),
            setup_timeout: Duration::from_secs(30),
            interrupted_after: Duration::from_secs(3),
            audio,
            rate: RateEstimatorConfig::default(),
            incoming,
        }
    }
}

impl fmt::Debug for SessionConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionConfig")
            .field("offerer", &self.offerer)
            .field("bind", &self.bind)
            .field("advertise", &self.advertise)
            .field("ice_servers", &self.ice_servers)
            .field("setup_timeout", &self.setup_timeout)
            .field("interrupted_after", &self.interrupted_after)
            .field("audio", &self.audio)
            .field("rate", &self.rate)
            .finish_non_exhaustive()
    }
}

/// The Opus stream that is offered and sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AudioParameters {
    /// RTP payload type asked for, 96..=127. The one agreed with the peer is in
    /// [`SessionEvent::Connected`](crate::SessionEvent::Connected) and is put into every outgoing packet.
    pub payload_type: u8,
    /// Synchronisation source of what this side sends; not 0.
    pub ssrc: u32,
    /// In-band FEC is said to be understood (`useinbandfec`, RFC 7587 section 6.1).
    pub fec: bool,
    /// Discontinuous transmission is asked for (`usedtx`, RFC 7587 section 6.1).
    pub dtx: bool,
    /// Redundant audio (RFC 2198, payload type 63) is offered and accepted.
    pub red: bool,
    /// Telephone events at 48 kHz (RFC 4733, payload type 110) are offered and accepted.
    pub telephone_event: bool,
    /// Opus' deep redundancy (DRED) is said to be decoded; only a peer that says the same gets any.
    pub dred: bool,
    /// Stereo is asked for and, of a peer that asks for it too, sent (`stereo`, `sprop-stereo`, RFC 7587 section 6.1).
    pub stereo: bool,
    /// The level of the sound is told beside it, to a peer that takes it and of one that gives it (RFC 6464). It takes 4
    /// bytes a packet, and whoever carries the packets can read it (sections 4 and 7 of the RFC).
    pub audio_level: bool,
}

impl AudioParameters {
    /// Payload type 111 in mono with in-band FEC, redundant audio, telephone events and DRED; no DTX, no level.
    #[must_use]
    pub fn new(ssrc: u32) -> Self {
        Self {
            payload_type: 111,
            ssrc,
            fec: true,
            dtx: false,
            red: true,
            telephone_event: true,
            dred: true,
            stereo: false,
            audio_level: false,
        }
    }
}

/// A STUN or TURN server.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct IceServer {
    /// `stun:host:port` or `turn:host:port?transport=udp`. TURN over TCP and TLS and `stuns:` are not there.
    pub urls: Vec<String>,
    /// TURN user name.
    pub username: String,
    /// TURN password.
    pub credential: String,
}

impl fmt::Debug for IceServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IceServer").field("urls", &self.urls).finish_non_exhaustive()
    }
}
