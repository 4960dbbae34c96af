//! `liaison doctor devices --call`: a call whose ends have devices of this machine.

use super::figures::{Sending, Sound};
use super::pair::{LEAD, Made, Pair};
use super::spans::{concealed, cpu_share, jitter_buffer_ms, pct, round, span, stretched};
use crate::exit::Failure;
use liaison_sim::Impairment;
use serde::Serialize;
use std::time::Duration;

/// A call of so many seconds, one way of which is measured.
pub struct DeviceCall {
    pub seconds: u32,
    /// The caller's microphone and speaker, then the callee's; `None`: silence, and nowhere.
    pub devices: [Option<String>; 4],
    pub bitrate_bps: Option<u32>,
    pub processing: bool,
}

/// What the callee heard, between two moments.
#[derive(Debug, Serialize)]
pub struct DeviceCallReport {
    /// `CLOCK_MONOTONIC`: the figures, and what is said meanwhile, belong together.
    from_us: u64,
    until_us: u64,
    /// Samples made up, but for silence in silence, in percent of those played.
    concealed_pct: f64,
    /// Made from deep redundancy, which is not among the concealed.
    dred_pct: f64,
    stretched_pct: f64,
    jitter_buffer_ms: f64,
    playout_underruns: u64,
    /// Both ends.
    cpu_seconds_per_call_second: f64,
    /// The larger of the two ends.
    peak_memory_kib: u64,
    processing: bool,
}

impl DeviceCall {
    /// Makes the call, undisturbed by any network.
    pub fn measure(&self) -> Result<DeviceCallReport, Failure> {
        let folder =
            tempfile::tempdir().map_err(|error| Failure::writing("folder", &std::env::temp_dir(), error))?;
        let [caller_in, caller_out, callee_in, callee_out] = self.devices.clone();
        let length = Duration::from_secs(self.seconds.into());
        let pair = Pair {
            folder: folder.path(),
            sounds: [
                Sound::Devices { microphone: caller_in, speaker: caller_out },
                Sound::Devices { microphone: callee_in, speaker: callee_out },
            ],
            length,
            sending: Sending { bitrate_bps: self.bitrate_bps, ..Sending::default() },
            processing: self.processing,
        };
        let Made { connected_us, caller, callee, .. } = pair.call(Impairment::none(), 1)?;
        let from_us = connected_us + LEAD.as_micros() as u64;
        let short = || Failure::Other("the call is too short to be measured: give more seconds".to_owned());
        let (before, after, _) = span(&callee, from_us).ok_or_else(short)?;
        let (sent_before, sent_after, _) = span(&caller, from_us).ok_or_else(short)?;
        let total = after.total_samples.saturating_sub(before.total_samples);
        let buffer = jitter_buffer_ms(&before, &after, |figures| figures.jitter_buffer_delay_s);
        Ok(DeviceCallReport {
            from_us,
            until_us: from_us + length.as_micros() as u64,
            concealed_pct: pct(concealed(&before, &after), total),
            dred_pct: pct(after.dred_samples.saturating_sub(before.dred_samples), total),
            stretched_pct: pct(stretched(&before, &after), total),
            jitter_buffer_ms: buffer.unwrap_or(0.0),
            playout_underruns: after.playout_underruns.saturating_sub(before.playout_underruns),
            cpu_seconds_per_call_second: round(
                cpu_share(&before, &after, true) + cpu_share(&sent_before, &sent_after, true),
            ),
            peak_memory_kib: after.peak_rss_kib.max(sent_after.peak_rss_kib),
            processing: self.processing,
        })
    }
}

impl DeviceCallReport {
    /// One line for people.
    pub fn summary(&self) -> String {
        format!(
            "concealed {:.3} %, DRED {:.3} %; stretched {:.2} %; jitter buffer {:.1} ms; {} underruns; CPU {:.2} % of a core; \
             {:.1} MB",
            self.concealed_pct,
            self.dred_pct,
            self.stretched_pct,
            self.jitter_buffer_ms,
            self.playout_underruns,
            100.0 * self.cpu_seconds_per_call_second,
            self.peak_memory_kib as f64 / 1024.0,
        )
    }
}
