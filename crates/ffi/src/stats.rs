//! The figures of a call, in C.

use std::mem::offset_of;

use crate::backend::CallStatistics;
use crate::convert::Sized_;

/// The figures of one call since its start, named after W3C webrtc-stats where it has a name.
///
/// As an output of liaison_call_get_stats its size field must be set before; in an event the library sets it.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct liaison_call_stats {
    /// The size of this struct in bytes.
    pub size: usize,
    /// From the start (or acceptance) of the call to the end of its DTLS handshake; -1 before.
    pub setup_us: i64,
    /// From the start (or acceptance) of the call to the first decoded audio handed to the playout; -1 before.
    pub first_audio_us: i64,
    /// RTP packets handed to the network.
    pub packets_sent: u64,
    /// RTP packets that came.
    pub packets_received: u64,
    /// RTP packets that never came (RFC 3550, 6.4.1); negative when some came twice.
    pub packets_lost: i64,
    /// Packets that came too late to be played, or twice.
    pub packets_discarded: u64,
    /// Interarrival jitter (RFC 3550, 6.4.1).
    pub jitter_us: i64,
    /// Round trip, measured by RTCP; -1 until one was measured.
    pub round_trip_us: i64,
    /// The part of our packets that the peer lost, in its last report: 0 to 1.
    pub remote_fraction_lost: f64,
    /// Samples at 48 kHz handed to the playout.
    pub total_samples_received: u64,
    /// Of those, made up because no packet came in time.
    pub concealed_samples: u64,
    /// Times a concealment began.
    pub concealment_events: u64,
    /// Mean time that audio waited in the jitter buffer.
    pub jitter_buffer_delay_us: i64,
    /// What the jitter buffer aims at now.
    pub jitter_buffer_target_delay_us: i64,
    /// Times the speaker had nothing to play.
    pub playout_underruns: u64,
    /// When the first captured sample that was sent was captured, on liaison_monotonic_us's clock; -1 before.
    pub first_captured_us: i64,
    /// When the first sample of the call was (to be) played, on liaison_monotonic_us's clock; -1 before.
    pub first_played_us: i64,
    /// Level of what is sent, in -dBov (RFC 6464): 0 is full scale, 127 is silence.
    pub sent_level_dbov: i32,
    /// Level of what is heard, in -dBov (RFC 6464): 0 is full scale, 127 is silence.
    pub received_level_dbov: i32,
    /// Times the microphone brought more than was taken in time.
    pub capture_overruns: u64,
    /// How late the audio thread woke, half of the times: by no more than this.
    pub wake_lateness_p50_us: i64,
    /// How late it woke, 99 % of the times: by no more than this.
    pub wake_lateness_p99_us: i64,
    /// How late it woke, 99.9 % of the times: by no more than this.
    pub wake_lateness_p999_us: i64,
    /// The delay of speaker and microphone together, as their times tell it; -1 while echo is not cancelled.
    pub device_delay_us: i64,
    /// How much weaker the echo is than what is played, in dB; 0 while echo is not cancelled.
    pub echo_return_loss_db: f64,
    /// How much of the echo the canceller's linear filter takes away, in dB; 0 while echo is not cancelled.
    pub echo_return_loss_enhancement_db: f64,
    /// 1 while echo is cancelled: it is switched on, and the times of both devices are known. Else 0.
    pub echo_cancelled: i32,
    /// 0.
    pub reserved: i32,
    /// Glitches (xruns) of the microphone that the audio system itself reported, since it was opened.
    pub capture_glitches: u64,
    /// Glitches (xruns) of the speaker that the audio system itself reported, since it was opened.
    pub playout_glitches: u64,
    /// What the encoder is set to now, its own redundancy included, in bit/s; 0 before there is sound. Since: 0.1.0
    pub target_bitrate_bps: i64,
    /// What the network is thought to carry of ours, IP packets with all headers, in bit/s, and no more than the engine
    /// would send at most; -1 until the peer has reported on packets, or when it never does. Since: 0.1.0
    pub available_outgoing_bitrate_bps: i64,
    /// Sound in one packet that is sent now; 0 before. Since: 0.1.0
    pub packet_time_us: i64,
    /// Samples at 48 kHz that were heard from Opus' in-band copies of lost packets. Since: 0.1.0
    pub fec_samples: u64,
    /// Samples that were heard from redundant audio data (RFC 2198). Since: 0.1.0
    pub red_samples: u64,
    /// Samples that were heard from deep redundancy (DRED). Since: 0.1.0
    pub dred_samples: u64,
    /// Copies of earlier packets sent in later ones (RFC 2198). Since: 0.1.0
    pub red_blocks_sent: u64,
}

// SAFETY: repr(C), size first, and zero is valid for numbers.
unsafe impl Sized_ for liaison_call_stats {
    const FIRST_SIZE: usize = offset_of!(Self, received_level_dbov) + size_of::<i32>();
}

/// Microseconds, as far as they fit.
pub(crate) fn micros(duration: std::time::Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

fn moment(us: u64) -> i64 {
    if us == 0 { -1 } else { i64::try_from(us).unwrap_or(i64::MAX) }
}

impl From<&CallStatistics> for liaison_call_stats {
    fn from(from: &CallStatistics) -> Self {
        Self {
            size: size_of::<Self>(),
            setup_us: from.setup.map_or(-1, micros),
            first_audio_us: from.first_audio.map_or(-1, micros),
            packets_sent: from.packets_sent,
            packets_received: from.packets_received,
            packets_lost: from.packets_lost,
            packets_discarded: from.packets_discarded,
            jitter_us: micros(from.jitter),
            round_trip_us: from.round_trip_time.map_or(-1, micros),
            remote_fraction_lost: from.remote_fraction_lost,
            total_samples_received: from.total_samples_received,
            concealed_samples: from.concealed_samples,
            concealment_events: from.concealment_events,
            jitter_buffer_delay_us: micros(from.jitter_buffer_delay),
            jitter_buffer_target_delay_us: micros(from.jitter_buffer_target_delay),
            playout_underruns: from.playout_underruns,
            first_captured_us: moment(from.first_captured_us),
            first_played_us: moment(from.first_played_us),
            sent_level_dbov: i32::from(from.sent_level_dbov),
            received_level_dbov: i32::from(from.received_level_dbov),
            capture_overruns: from.capture_overruns,
            wake_lateness_p50_us: micros(from.wake_lateness_p50),
            wake_lateness_p99_us: micros(from.wake_lateness_p99),
            wake_lateness_p999_us: micros(from.wake_lateness_p999),
            device_delay_us: if from.echo_cancelled { micros(from.device_delay) } else { -1 },
            echo_return_loss_db: from.echo_return_loss_db.unwrap_or(0.0),
            echo_return_loss_enhancement_db: from.echo_return_loss_enhancement_db.unwrap_or(0.0),
            echo_cancelled: i32::from(from.echo_cancelled),
            reserved: 0,
            capture_glitches: from.capture_glitches,
            playout_glitches: from.playout_glitches,
            target_bitrate_bps: from.target_bitrate_bps.into(),
            available_outgoing_bitrate_bps: from.available_outgoing_bitrate_bps.map_or(-1, i64::from),
            packet_time_us: from.packet_time_us.into(),
            fec_samples: from.receiver.fec_samples,
            red_samples: from.receiver.red_samples,
            dred_samples: from.receiver.dred_samples,
            red_blocks_sent: from.sender.red_blocks_sent,
        }
    }
}
