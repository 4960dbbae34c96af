//! The figures of a call, named after W3C webrtc-stats where it has a name.

use std::time::Duration;

pub use liaison_media::{ReceiverStats, SenderStats};

/// A snapshot of one call's figures since its start.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CallStatistics {
    /// From the start (or acceptance) of the call to the end of the DTLS handshake.
    pub setup: Option<Duration>,
    /// From the start (or acceptance) of the call to the first decoded audio handed to the playout.
    pub first_audio: Option<Duration>,
    /// RTP packets handed to the network.
    pub packets_sent: u64,
    /// RTP packets that came.
    pub packets_received: u64,
    /// RTP packets that never came, RFC 3550 §6.4.1.
    pub packets_lost: i64,
    /// Packets that came too late, or twice.
    pub packets_discarded: u64,
    /// Interarrival jitter, RFC 3550 §6.4.1.
    pub jitter: Duration,
    /// Round trip by RTCP; `None` until one was measured.
    pub round_trip_time: Option<Duration>,
    /// What the peer lost of ours in its last report, 0 to 1.
    pub remote_fraction_lost: f64,
    /// Bit rate that the encoder is set to, its own redundancy included, in bit/s.
    pub target_bitrate_bps: u32,
    /// What the network is thought to carry of ours, IP packets with all headers, in bit/s; never more than this side
    /// would send at most. `None` until the peer has reported on packets.
    pub available_outgoing_bitrate_bps: Option<u32>,
    /// Sound in one packet that is sent, in µs; 0 before.
    pub packet_time_us: u32,
    /// Samples at 48 kHz handed to the playout.
    pub total_samples_received: u64,
    /// Of those, made up because no packet came in time.
    pub concealed_samples: u64,
    /// Times a concealment began.
    pub concealment_events: u64,
    /// Mean time that audio waited in the jitter buffer.
    pub jitter_buffer_delay: Duration,
    /// What the jitter buffer aims at now.
    pub jitter_buffer_target_delay: Duration,
    /// Level of what is sent in −dBov (RFC 6464): 0 is full scale, 127 is silence.
    pub sent_level_dbov: u8,
    /// Level of what is heard in −dBov.
    pub received_level_dbov: u8,
    /// Times the speaker had nothing to play.
    pub playout_underruns: u64,
    /// Times the microphone brought more than was taken in time.
    pub capture_overruns: u64,
    /// Glitches (xruns) of the microphone that the audio system itself reported, since it was opened.
    pub capture_glitches: u64,
    /// Glitches (xruns) of the speaker that the audio system itself reported, since it was opened.
    pub playout_glitches: u64,
    /// How late the audio thread woke: half of the times by no more than this.
    pub wake_lateness_p50: Duration,
    /// 99 % of the times by no more than this.
    pub wake_lateness_p99: Duration,
    /// 99.9 % of the times by no more than this.
    pub wake_lateness_p999: Duration,
    /// Echo is being cancelled: it is switched on and both devices say when their samples are captured and heard.
    pub echo_cancelled: bool,
    /// How much weaker the echo is than what is played, in dB; `None` while it is not cancelled.
    pub echo_return_loss_db: Option<f64>,
    /// How much of the echo the linear filter takes away, in dB; `None` while it is not cancelled.
    pub echo_return_loss_enhancement_db: Option<f64>,
    /// The delay of speaker and microphone together, as their times tell it; zero while echo is not cancelled.
    pub device_delay: Duration,
    /// `CLOCK_MONOTONIC` of the first captured sample that was sent, in microseconds; 0 before.
    pub first_captured_us: u64,
    /// `CLOCK_MONOTONIC` at which the first sample of the call was (to be) played, in microseconds; 0 before.
    pub first_played_us: u64,
    /// The same of the first sample of this side's recording of the call; 0 before.
    pub first_recorded_us: u64,
    /// A file that stands in for the microphone has been played to its end.
    pub capture_finished: bool,
    /// The sender's own counters since the call's sound began.
    pub sender: SenderStats,
    /// The receiver's own counters since the call's sound began.
    pub receiver: ReceiverStats,
    /// A sample of the sender's stream, and when it is heard here.
    pub playout_mark: Option<PlayoutMark>,
    /// The network path in use, `local <-> remote`.
    pub candidate_pair: Option<String>,
    /// The SRTP protection profile in use.
    pub srtp_profile: Option<String>,
}

/// When one sample of the sender's stream is heard here (`estimatedPlayoutTimestamp` of webrtc-stats).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlayoutMark {
    /// RTP timestamp of the sample [1/48000 s].
    pub rtp_timestamp: u32,
    /// `CLOCK_MONOTONIC` at which it was (to be) played, in microseconds.
    pub played_us: u64,
}

impl CallStatistics {
    /// Concealed samples in percent of all that were played.
    pub fn concealed_pct(&self) -> f64 {
        if self.total_samples_received == 0 {
            return 0.0;
        }
        100.0 * self.concealed_samples as f64 / self.total_samples_received as f64
    }
}
