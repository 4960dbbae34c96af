//! What the two ends of a loopback are told, and what they say: lines of JSON.

use liaison_engine::CallStatistics;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::path::PathBuf;

/// What one end is to do; the first line of its standard input. It ends with its standard input.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Order {
    pub endpoint: String,
    pub ca: PathBuf,
    pub token: String,
    /// Whom to call; otherwise wait for a call.
    pub call: Option<String>,
    pub media_advertise: SocketAddr,
    pub sound: Sound,
    /// Before what is measured.
    pub lead_ms: u64,
    /// What is measured.
    pub length_ms: u64,
    pub sending: Sending,
    /// Echo, noise and gain, as they are for a microphone of the machine.
    pub processing: bool,
}

/// Where an end's sound comes from and goes to.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sound {
    /// Samples to push.
    Push(PathBuf),
    /// Where to put what is pulled.
    Pull(PathBuf),
    /// Devices of the machine, which the engine opens; `None`: silence, and nowhere.
    Devices { microphone: Option<String>, speaker: Option<String> },
}

/// How sound is sent; what is `None` adapts itself.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub struct Sending {
    pub bitrate_bps: Option<u32>,
    pub packet_time_us: Option<u32>,
    /// No redundancy but Opus' own in-band.
    pub in_band_only: bool,
    /// Two channels, both ways.
    pub stereo: bool,
}

/// What an end says.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "word", rename_all = "snake_case")]
pub enum Word {
    /// Signed in, waiting for a call.
    Ready,
    /// Media flows.
    Connected,
    /// Each second.
    Figures(Box<Figures>),
    /// Everything was pushed, or the time of the devices is over.
    Played,
    /// It is over before its time.
    Failed { text: String },
}

/// Counters since the beginning of the call, at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// `CLOCK_MONOTONIC`.
    pub us: u64,
    pub cpu_us: u64,
    /// Of that, the measurement's own sound device.
    pub pump_cpu_us: u64,
    pub peak_rss_kib: u64,
    pub packets_sent: u64,
    pub packets_received: u64,
    pub packets_lost: i64,
    pub packets_discarded: u64,
    pub total_samples: u64,
    pub concealed_samples: u64,
    pub silent_concealed_samples: u64,
    pub concealment_events: u64,
    pub inserted_samples: u64,
    pub removed_samples: u64,
    pub fec_packets: u64,
    pub fec_samples: u64,
    pub red_samples: u64,
    pub dred_samples: u64,
    /// Seconds that the emitted samples spent in the jitter buffer, summed up.
    pub jitter_buffer_delay_s: f64,
    pub jitter_buffer_target_s: f64,
    pub jitter_buffer_emitted: u64,
    pub playout_underruns: u64,
    /// RTP timestamp of a sample and when it was played [µs].
    pub playout_mark: Option<(u32, u64)>,
}

impl Figures {
    /// The engine's figures; the process's own are left at 0.
    pub fn of(statistics: &CallStatistics) -> Self {
        let heard = &statistics.receiver;
        Self {
            packets_sent: statistics.packets_sent,
            packets_received: heard.packets_received,
            packets_lost: heard.packets_lost,
            packets_discarded: heard.packets_discarded,
            total_samples: heard.total_samples_received,
            concealed_samples: heard.concealed_samples,
            silent_concealed_samples: heard.silent_concealed_samples,
            concealment_events: heard.concealment_events,
            inserted_samples: heard.inserted_samples_for_deceleration,
            removed_samples: heard.removed_samples_for_acceleration,
            fec_packets: heard.fec_packets_received,
            fec_samples: heard.fec_samples,
            red_samples: heard.red_samples,
            dred_samples: heard.dred_samples,
            jitter_buffer_delay_s: heard.jitter_buffer_delay,
            jitter_buffer_target_s: heard.jitter_buffer_target_delay,
            jitter_buffer_emitted: heard.jitter_buffer_emitted_count,
            playout_underruns: statistics.playout_underruns,
            playout_mark: statistics.playout_mark.map(|mark| (mark.rtp_timestamp, mark.played_us)),
            ..Self::default()
        }
    }
}
