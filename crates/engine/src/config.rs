//! How an engine is set up.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

pub use liaison_device::{CaptureSource, PlayoutSink};
pub use liaison_media::Channels;

use crate::log::{LogHook, LogLevel};
use crate::processing::ProcessingConfig;

/// Everything an [`Engine`](crate::Engine) is told at creation. `EngineConfig::new(endpoint)` gives the defaults.
pub struct EngineConfig {
    /// The service, `https://host[:port]`.
    pub endpoint: String,
    /// Certificates (PEM) to trust instead of the platform's own, for a service with a CA of its own.
    pub ca_pem: Option<String>,
    /// `http://host:port` of a proxy that allows CONNECT. `None`: connect directly.
    pub http_proxy: Option<String>,
    /// The least severe level that reaches `log_hook`.
    pub log_level: LogLevel,
    /// Gets each log line, from any of the engine's threads but the media thread. `None`: nothing is logged.
    pub log_hook: Option<LogHook>,
    /// A folder of the app's in which the engine keeps chat's state: commands that wait, and how far the app has come in
    /// each thread. It is made, and refused early when it cannot be written. One engine at a time uses it. `None`: what
    /// waits is lost with the engine.
    pub data_path: Option<PathBuf>,
    /// Encrypts what is in `data_path`. The app keeps it, in the system's key store for instance; with another key, or
    /// without, the folder is refused and stays as it is.
    pub data_key: Option<[u8; 32]>,
    /// The endpoint is Azure Communication Services behind a name of the app's. It is known by its own names
    /// (`*.communication.azure.com`) otherwise. It does not know messages' client ids: before a message is sent again,
    /// it is looked for.
    pub endpoint_is_acs: bool,
    /// The name shown to the people called; at most 256 bytes.
    pub display_name: String,
    /// Who owns the microphone and the speaker.
    pub audio: AudioConfig,
    /// Audio waits, nothing open, until [`DeviceManager::activate_audio`](crate::DeviceManager::activate_audio): for a
    /// phone whose system says when the app may use it. Default: `false`.
    pub audio_starts_inactive: bool,
    /// Channels of the sound. With two, what is heard is played in two; what is captured is sent in two to a peer that
    /// asks for them, unless [`processing`](Self::processing) is on: that makes the microphone mono. A peer of one
    /// channel is heard in both. Recordings have as many. Default: one.
    pub channels: Channels,
    /// What the engine is not to decide about sending. Default: nothing.
    pub audio_sending: AudioSending,
    /// The sound is music rather than speech: it is coded for faithfulness. Default: speech.
    pub music: bool,
    /// Each packet tells how loud its sound is and whether it is a voice, to a peer that wants to know, and the peer's are
    /// believed (RFC 6464). Whoever carries the packets can read it; 4 bytes a packet. Default: `false`.
    pub audio_level_in_packets: bool,
    /// What is done to the microphone's sound. Default: everything, for a microphone of the machine; nothing otherwise.
    pub processing: ProcessingConfig,
    /// How often [`Event::AudioLevels`](crate::Event::AudioLevels) comes for each call, 20 ms to 10 s. Default: never.
    pub level_events: Option<Duration>,
    /// Local addresses for media; port 0 is any. Empty: every usable interface.
    pub media_bind: Vec<SocketAddr>,
    /// The address that peers are told instead of the local ones (port forwarding, a relay).
    pub media_advertise: Option<SocketAddr>,
    /// STUN and TURN servers, `stun:host:port` or `turn:host:port?transport=udp`.
    pub ice_servers: Vec<IceServer>,
    /// Silence on the network after which a call is reported as reconnecting; less than 1 s counts as 1 s. Default 3 s.
    pub reconnect_after: Duration,
    /// Silence on the network after which a call ends with 410. Default 60 s.
    pub media_lost_after: Duration,
    /// Ringing after which an unanswered call ends. Default 85 s.
    pub no_answer_after: Duration,
    /// How long before its expiry a token is reported as expiring. Default 120 s.
    pub token_refresh_before: Duration,
}

impl EngineConfig {
    /// The defaults, for the service at `endpoint` (`https://host[:port]`).
    pub fn new(endpoint: impl Into<String>) -> Self {
        Self {
            endpoint: endpoint.into(),
            ca_pem: None,
            http_proxy: None,
            log_level: LogLevel::Warn,
            log_hook: None,
            data_path: None,
            data_key: None,
            endpoint_is_acs: false,
            display_name: String::new(),
            audio: AudioConfig::default(),
            audio_starts_inactive: false,
            channels: Channels::Mono,
            audio_sending: AudioSending::default(),
            music: false,
            audio_level_in_packets: false,
            processing: ProcessingConfig::default(),
            level_events: None,
            media_bind: Vec::new(),
            media_advertise: None,
            ice_servers: Vec::new(),
            reconnect_after: Duration::from_secs(3),
            media_lost_after: Duration::from_secs(60),
            no_answer_after: Duration::from_secs(85),
            token_refresh_before: Duration::from_secs(120),
        }
    }
}

/// Who owns the microphone and the speaker.
#[derive(Debug, Clone, Default)]
pub enum AudioConfig {
    /// The engine opens them when a call needs them.
    Managed {
        /// What is sent.
        capture: CaptureSource,
        /// Where the peer is heard.
        playout: PlayoutSink,
    },
    /// The app owns them: it pushes and pulls through [`Engine::audio_port`](crate::Engine::audio_port).
    External,
    /// No audio at all: nothing is captured, what comes is counted and dropped.
    #[default]
    None,
}

/// What is fixed about sending sound; what is `None` the engine fits to the network.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AudioSending {
    /// The most that is sent: Opus and its redundancy at this rate in bit/s, 6 000–128 000, in packets of 20 ms. What
    /// the network carries with headers stays within that, whatever the packets' length. `None`: 32 000, or 64 000 where
    /// two channels are sent.
    pub bitrate_bps: Option<u32>,
    /// Sound in one packet in µs: 2 500, 5 000, 10 000, 20 000, 40 000, 60 000, 80 000, 100 000 or 120 000. Left to
    /// itself the engine uses 10 to 60 ms. Packets under 10 ms carry no in-band redundancy, and their headers (at
    /// 2.5 ms some 200 kb/s) come on top of the rate.
    pub packet_time_us: Option<u32>,
    /// No redundancy but Opus' own in-band: neither RFC 2198 nor DRED is sent, whatever the peer reads.
    pub in_band_redundancy_only: bool,
}

/// A STUN or TURN server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IceServer {
    /// `stun:host:port` or `turn:host:port?transport=udp`.
    pub url: String,
    /// TURN user name; empty for STUN.
    pub username: String,
    /// TURN credential; empty for STUN.
    pub credential: String,
}
