//! Puts a call's figures together, once a second and at its end.

use std::time::{Duration, Instant};

use super::adaptation::Adaptation;
use super::run::Control;
use super::session::SessionId;
use crate::event::{CallState, Event};
use crate::media_thread::StreamFigures;
use crate::stats::{CallStatistics, PlayoutMark};

impl Control {
    pub(super) fn gather_statistics(&mut self) {
        let ids: Vec<SessionId> = self.sessions.keys().copied().collect();
        for id in ids {
            self.statistics_of(id);
            let Some(entry) = self.sessions.get(&id) else { continue };
            let Some(call) = self.calls.get(&entry.call) else { continue };
            let snapshot = self.shared.registry.get(call.handle);
            if let Some(snapshot) = snapshot.filter(|snapshot| snapshot.state == CallState::Connected) {
                let statistics = Box::new(snapshot.statistics);
                self.shared.queue.push(Event::Statistics { call: call.handle, statistics });
            }
        }
    }

    /// Brings the registry's figures of the session's call up to date.
    pub(super) fn statistics_of(&mut self, id: SessionId) {
        let capture_first_us = self.devices.capture_first_us();
        let capture_finished = self.devices.capture_finished();
        let (capture_glitches, playout_glitches) = self.devices.system_glitches();
        let Some(entry) = self.sessions.get_mut(&id) else { return };
        while let Some(Ok(figures)) = entry.figures.as_ref().map(crossbeam_channel::Receiver::try_recv) {
            entry.last = Some(figures);
        }
        let transport = entry.handle.stats();
        let Some(call) = self.calls.get(&entry.call) else { return };
        let since = |instant: Option<Instant>| instant.map(|at| at.saturating_duration_since(call.started));
        let last = entry.last;
        let at_us = |of: fn(&StreamFigures) -> Option<Instant>| {
            last.as_ref().and_then(of).map_or(0, liaison_device::time::micros)
        };
        let mut statistics = CallStatistics {
            setup: since(entry.connected_at),
            first_audio: since(last.and_then(|figures| figures.first_decoded)),
            packets_sent: transport.packets_sent,
            round_trip_time: transport.rtt,
            remote_fraction_lost: f64::from(transport.remote_fraction_lost.unwrap_or(0.0)),
            first_captured_us: capture_first_us.unwrap_or_else(|| at_us(|figures| figures.first_captured)),
            first_played_us: at_us(|figures| figures.first_played),
            first_recorded_us: at_us(|figures| figures.first_recorded),
            capture_finished,
            capture_glitches,
            playout_glitches,
            available_outgoing_bitrate_bps: entry.handle.rate().map(|estimate| estimate.target_bps),
            packet_time_us: entry.adaptation.as_ref().map_or(0, Adaptation::packet_time_us),
            candidate_pair: transport.candidate_pair,
            srtp_profile: transport.srtp_profile,
            sent_level_dbov: 127,
            received_level_dbov: 127,
            ..CallStatistics::default()
        };
        if let Some(figures) = last {
            let heard = figures.receiver;
            statistics.target_bitrate_bps = figures.sender.opus_bitrate_bps;
            statistics.sender = figures.sender;
            let emitted = heard.jitter_buffer_emitted_count.max(1) as f64;
            statistics.packets_received = heard.packets_received;
            statistics.packets_lost = heard.packets_lost;
            statistics.packets_discarded = heard.packets_discarded;
            statistics.jitter = seconds(heard.jitter);
            statistics.total_samples_received = heard.total_samples_received;
            statistics.concealed_samples = heard.concealed_samples;
            statistics.concealment_events = heard.concealment_events;
            statistics.jitter_buffer_delay = seconds(heard.jitter_buffer_delay / emitted);
            statistics.jitter_buffer_target_delay = seconds(heard.jitter_buffer_target_delay / emitted);
            statistics.sent_level_dbov = figures.sent_level_dbov;
            statistics.received_level_dbov = figures.received_level_dbov;
            statistics.receiver = heard;
            statistics.playout_mark = figures.playout_mark.map(|(rtp_timestamp, at)| PlayoutMark {
                rtp_timestamp,
                played_us: liaison_device::time::micros(at),
            });
            statistics.playout_underruns = figures.thread.playout_underruns;
            statistics.capture_overruns = figures.thread.capture_overruns;
            let late = figures.thread.wake_lateness;
            statistics.wake_lateness_p50 = late.p50;
            statistics.wake_lateness_p99 = late.p99;
            statistics.wake_lateness_p999 = late.p999;
            let processing = figures.thread.processing;
            statistics.echo_cancelled = processing.echo_active;
            statistics.echo_return_loss_db = processing.echo_return_loss_db;
            statistics.echo_return_loss_enhancement_db = processing.echo_return_loss_enhancement_db;
            statistics.device_delay = processing.device_delay;
        }
        self.shared.registry.update(call.handle, |snapshot| snapshot.statistics = statistics);
    }
}

/// A figure that is not a time yet is none.
fn seconds(value: f64) -> Duration {
    Duration::try_from_secs_f64(value).unwrap_or_default()
}
