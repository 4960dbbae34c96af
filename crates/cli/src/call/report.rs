//! `--report FILE.json`: the figures of one call.

use super::follow::EndedCall;
use crate::exit::Failure;
use crate::process;
use crate::session::{Entry, Session, Timeline};
use liaison_engine::CallStatistics;
use serde::Serialize;
use std::path::Path;
use std::time::Duration;

/// The figures of one end of a call. Times are in milliseconds unless the name says otherwise.
#[derive(Debug, Serialize)]
pub struct Report<'a> {
    /// Of this format; raised when a field changes its meaning.
    version: u32,
    /// `outgoing` or `incoming`.
    direction: &'static str,
    /// The other side's raw id.
    remote: &'a str,
    /// Why the call ended; both 0 when somebody hung up.
    code: u16,
    sub_code: u32,
    reason: &'a str,
    /// Whether the call was ever answered.
    answered: bool,
    /// From the answer to the end.
    connected_ms: Option<f64>,
    /// From the start (or acceptance) of the call to the end of the DTLS handshake.
    setup_ms: Option<f64>,
    /// From the start (or acceptance) of the call to the first sound handed to the speaker.
    first_audio_ms: Option<f64>,
    packets_sent: u64,
    packets_received: u64,
    packets_lost: i64,
    packets_discarded: u64,
    /// Of the packets that should have come, how many never did.
    loss_pct: f64,
    /// What the other side last reported to have lost of ours.
    remote_loss_pct: f64,
    /// Of the samples played, how many were made up.
    concealed_pct: f64,
    concealed_samples: u64,
    total_samples_received: u64,
    concealment_events: u64,
    jitter_ms: f64,
    round_trip_ms: Option<f64>,
    /// Mean time that sound waited in the jitter buffer.
    jitter_buffer_ms: f64,
    jitter_buffer_target_ms: f64,
    playout_underruns: u64,
    /// `CLOCK_MONOTONIC` of the first captured sample that was sent, in microseconds; 0 for none.
    first_captured_us: u64,
    /// The same of the first played sample.
    first_played_us: u64,
    /// The same of the first sample in the --out file.
    first_recorded_us: u64,
    /// Processor time of the whole program.
    cpu_ms: Option<f64>,
    /// The same in percent of one core over the program's life.
    cpu_pct: Option<f64>,
    peak_rss_kib: Option<u64>,
    /// How long the program has run.
    elapsed_ms: f64,
    timeline: &'a [Entry],
}

fn ms(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}

fn loss_pct(figures: &CallStatistics) -> f64 {
    let lost = figures.packets_lost.max(0) as f64;
    let expected = figures.packets_received as f64 + lost;
    if expected == 0.0 { 0.0 } else { 100.0 * lost / expected }
}

impl<'a> Report<'a> {
    /// Puts the figures together.
    pub fn new(ended: &'a EndedCall, timeline: &'a Timeline) -> Self {
        let figures = &ended.statistics;
        let cpu = process::cpu_time();
        let elapsed_s = timeline.elapsed_s();
        Self {
            version: 1,
            direction: ended.direction,
            remote: &ended.remote,
            code: ended.reason.code,
            sub_code: ended.reason.sub_code,
            reason: ended.reason.text(),
            answered: ended.connected_for.is_some(),
            connected_ms: ended.connected_for.map(ms),
            setup_ms: figures.setup.map(ms),
            first_audio_ms: figures.first_audio.map(ms),
            packets_sent: figures.packets_sent,
            packets_received: figures.packets_received,
            packets_lost: figures.packets_lost,
            packets_discarded: figures.packets_discarded,
            loss_pct: loss_pct(figures),
            remote_loss_pct: 100.0 * figures.remote_fraction_lost,
            concealed_pct: figures.concealed_pct(),
            concealed_samples: figures.concealed_samples,
            total_samples_received: figures.total_samples_received,
            concealment_events: figures.concealment_events,
            jitter_ms: ms(figures.jitter),
            round_trip_ms: figures.round_trip_time.map(ms),
            jitter_buffer_ms: ms(figures.jitter_buffer_delay),
            jitter_buffer_target_ms: ms(figures.jitter_buffer_target_delay),
            playout_underruns: figures.playout_underruns,
            first_captured_us: figures.first_captured_us,
            first_played_us: figures.first_played_us,
            first_recorded_us: figures.first_recorded_us,
            cpu_ms: cpu.map(ms),
            cpu_pct: cpu.map(|cpu| 100.0 * cpu.as_secs_f64() / elapsed_s.max(1e-3)),
            peak_rss_kib: process::peak_rss_kib(),
            elapsed_ms: (elapsed_s * 1e6).round() / 1e3,
            timeline: timeline.entries(),
        }
    }

    /// Writes it, whole or not at all.
    pub fn write(&self, path: &Path) -> Result<(), Failure> {
        let mut text =
            serde_json::to_string_pretty(self).map_err(|error| Failure::Other(error.to_string()))?;
        text.push('\n');
        let mut partial = path.as_os_str().to_owned();
        partial.push(".partial");
        std::fs::write(&partial, text)
            .and_then(|()| std::fs::rename(&partial, path))
            .map_err(|error| Failure::writing("report", path, error))
    }

    /// The figures in a few lines for people.
    pub fn summary(&self) -> String {
        let optional = |value: Option<f64>| value.map_or("–".to_owned(), |value| format!("{value:.0} ms"));
        format!(
            "set up in {}, first sound after {}, talked for {:.1} s\n\
             {} packets sent, {} received, {:.2} % lost, {:.2} % concealed, {:.0} ms in the jitter buffer\n\
             {} of processor time ({}), {} of memory at most",
            optional(self.setup_ms),
            optional(self.first_audio_ms),
            self.connected_ms.unwrap_or_default() / 1e3,
            self.packets_sent,
            self.packets_received,
            self.loss_pct,
            self.concealed_pct,
            self.jitter_buffer_ms,
            optional(self.cpu_ms),
            self.cpu_pct.map_or("–".to_owned(), |pct| format!("{pct:.1} % of a core")),
            self.peak_rss_kib.map_or("–".to_owned(), |kib| format!("{:.1} MiB", kib as f64 / 1024.0)),
        )
    }
}

/// Shows the figures and writes the report.
pub fn show(session: &Session, ended: &EndedCall, path: Option<&Path>) -> Result<(), Failure> {
    let report = Report::new(ended, &session.timeline);
    if !session.timeline.is_json() && ended.connected_for.is_some() {
        crate::output::line(&report.summary());
    }
    path.map_or(Ok(()), |path| report.write(path))
}
