//! RTP between two peers: ICE and DTLS-SRTP over the `webrtc` crate, behind one small trait.
//!
//! The rest of the house sees RTP packets ([`RtpOut`], [`RtpSink`]), descriptions to carry to the peer
//! ([`Description`]) and a few events ([`SessionEvent`]). No type of the peer-connection library appears here,
//! so that a second library can follow behind the same conformance suite (`tests/`).

#![forbid(unsafe_code)]

mod audio;
pub mod config;
mod connection;
pub mod error;
pub mod event;
pub mod fake;
mod feedback;
mod negotiation;
mod pacer;
mod rtcp;
pub mod rtp_out;
mod sdp;
pub mod session;
pub mod stats;
mod task;
pub mod webrtc_backend;
mod wire;

pub use audio::NegotiatedAudio;
pub use config::{AudioParameters, IceServer, SessionConfig};
pub use error::{SendError, TransportError};
pub use event::{Description, DescriptionKind, FailureReason, SessionEvent};
pub use liaison_media::{RateEstimate, RateEstimatorConfig, RtpPacket};
pub use rtp_out::RtpOut;
pub use session::{RtpSink, Session};
pub use stats::TransportStats;
