//! Our own RTCP (RFC 3550, RFC 3611): reports out, round trip and loss from the peer's. Pure.
//!
//! One compound packet a second: sender or receiver report, CNAME, and when this side sends no media an extended
//! report, so that the round trip is known to a mere listener as well. Until the peer was heard, reports go out in
//! quick succession: they tell the peer that this side's handshake is done.

mod ntp;
mod reception;
#[cfg(test)]
mod tests;

use std::time::{Duration, Instant};

use bytes::Bytes;
use rtc::rtcp::Packet;
use rtc::rtcp::extended_report::{
    DLRRReport, DLRRReportBlock, ExtendedReport, ReceiverReferenceTimeReportBlock,
};
use rtc::rtcp::receiver_report::ReceiverReport;
use rtc::rtcp::reception_report::ReceptionReport;
use rtc::rtcp::sender_report::SenderReport;
use rtc::rtcp::source_description::{
    SdesType, SourceDescription, SourceDescriptionChunk, SourceDescriptionItem,
};

pub(crate) use ntp::NtpClock;
use ntp::short_time;
use reception::Reception;

/// Between two reports, give or take a fifth.
const INTERVAL: Duration = Duration::from_secs(1);
/// Between two reports until the peer was heard,
const HELLO_INTERVAL: Duration = Duration::from_millis(60);
/// for at most this many.
const HELLOS: u32 = 25;
/// The first report after the peer was heard comes soon, for an early round trip.
const SECOND_REPORT: Duration = Duration::from_millis(250);
/// Streams of a peer that are followed.
const MAX_SOURCES: usize = 4;
/// A stream that sent nothing for this long is not reported on.
const SOURCE_SILENT: Duration = Duration::from_secs(5);

/// What the reports have shown.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Figures {
    pub(crate) round_trip: Option<Duration>,
    pub(crate) remote_fraction_lost: Option<f32>,
    pub(crate) remote_packets_lost: Option<i64>,
    pub(crate) packets_lost: i64,
    pub(crate) fraction_lost: f32,
    pub(crate) jitter: Duration,
    pub(crate) packets_sent: u64,
    pub(crate) bytes_sent: u64,
    pub(crate) packets_received: u64,
    pub(crate) bytes_received: u64,
}

#[derive(Debug)]
struct Source {
    ssrc: u32,
    reception: Reception,
    /// Middle of its last sender report's time, and when it came.
    sender_report: Option<(u32, Instant)>,
    /// The same of its receiver reference time (RFC 3611 section 4.4).
    reference: Option<(u32, Instant)>,
}

/// Follows the streams of a session and writes its reports.
#[derive(Debug)]
pub(crate) struct Reporter {
    ssrc: u32,
    cname: Bytes,
    clock: NtpClock,
    sources: Vec<Source>,
    figures: Figures,
    /// Timestamp of the last packet sent, and when.
    sent: Option<(u32, Instant)>,
    sent_at_report: u64,
    heard: bool,
    hellos: u32,
    next: Option<Instant>,
    random: u32,
}

impl Reporter {
    /// `random` spreads the reports; it need not be secret.
    pub(crate) fn new(ssrc: u32, cname: &str, random: u32, clock: NtpClock) -> Self {
        Self {
            ssrc,
            cname: Bytes::copy_from_slice(cname.as_bytes()),
            clock,
            sources: Vec::new(),
            figures: Figures::default(),
            sent: None,
            sent_at_report: 0,
            heard: false,
            hellos: 0,
            next: None,
            random: random | 1,
        }
    }

    pub(crate) fn ntp(&self, now: Instant) -> u64 {
        self.clock.ntp(now)
    }

    pub(crate) fn figures(&self) -> Figures {
        let mut figures = self.figures;
        if let Some(source) = self.current() {
            figures.packets_lost = source.reception.lost();
            figures.fraction_lost = source.reception.fraction_lost();
            figures.jitter = source.reception.jitter();
        }
        figures
    }

    /// The stream heard last.
    fn current(&self) -> Option<&Source> {
        self.sources.iter().max_by_key(|source| source.reception.last_arrival())
    }

    /// A new connection is up: reports begin at once.
    pub(crate) fn start(&mut self, now: Instant) {
        self.heard = false;
        self.hellos = 0;
        self.next = Some(now);
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.next
    }

    pub(crate) fn rtp_sent(&mut self, now: Instant, timestamp: u32, payload_bytes: usize) {
        self.sent = Some((timestamp, now));
        self.figures.packets_sent += 1;
        self.figures.bytes_sent += payload_bytes as u64;
    }

    pub(crate) fn rtp_received(
        &mut self,
        now: Instant,
        ssrc: u32,
        sequence: u16,
        timestamp: u32,
        payload_bytes: usize,
    ) {
        self.hear(now);
        self.figures.packets_received += 1;
        self.figures.bytes_received += payload_bytes as u64;
        if let Some(source) = self.source(now, ssrc) {
            source.reception.packet(now, sequence, timestamp);
        }
    }

    /// RTCP of the peer.
    pub(crate) fn rtcp_received(&mut self, now: Instant, packets: &[Box<dyn Packet>]) {
        self.hear(now);
        for packet in packets {
            let packet = packet.as_any();
            if let Some(report) = packet.downcast_ref::<SenderReport>() {
                let middle = (report.ntp_time >> 16) as u32;
                if let Some(source) = self.source(now, report.ssrc) {
                    source.sender_report = Some((middle, now));
                }
                self.blocks_received(now, &report.reports);
            } else if let Some(report) = packet.downcast_ref::<ReceiverReport>() {
                self.blocks_received(now, &report.reports);
            } else if let Some(report) = packet.downcast_ref::<ExtendedReport>() {
                self.extended_received(now, report);
            }
        }
    }

    fn blocks_received(&mut self, now: Instant, blocks: &[ReceptionReport]) {
        let ours = self.ssrc;
        for block in blocks.iter().filter(|block| block.ssrc == ours) {
            self.figures.remote_fraction_lost = Some(f32::from(block.fraction_lost) / 256.0);
            // 24 bits with a sign.
            self.figures.remote_packets_lost = Some(i64::from((block.total_lost << 8) as i32 >> 8));
            self.round_trip(now, block.last_sender_report, block.delay);
        }
    }

    fn extended_received(&mut self, now: Instant, report: &ExtendedReport) {
        let ours = self.ssrc;
        for block in &report.reports {
            let block = block.as_any();
            if let Some(reference) = block.downcast_ref::<ReceiverReferenceTimeReportBlock>() {
                let middle = (reference.ntp_timestamp >> 16) as u32;
                if let Some(source) = self.source(now, report.sender_ssrc) {
                    source.reference = Some((middle, now));
                }
            } else if let Some(answers) = block.downcast_ref::<DLRRReportBlock>() {
                for answer in answers.reports.iter().filter(|answer| answer.ssrc == ours) {
                    self.round_trip(now, answer.last_rr, answer.dlrr);
                }
            }
        }
    }

    /// RFC 3550 section 6.4.1: arrival, less the time of the report it answers, less the peer's delay.
    fn round_trip(&mut self, now: Instant, report_time: u32, delay: u32) {
        if report_time == 0 {
            return;
        }
        let ticks = self.clock.middle(now).wrapping_sub(report_time).wrapping_sub(delay) as i32;
        // Rounding can put it a little below zero; a minute is not credible.
        if (-66..60 * 65_536).contains(&ticks) {
            self.figures.round_trip = Some(Duration::from_secs_f64(f64::from(ticks.max(0)) / 65_536.0));
        }
    }

    fn source(&mut self, now: Instant, ssrc: u32) -> Option<&mut Source> {
        if let Some(index) = self.sources.iter().position(|source| source.ssrc == ssrc) {
            return self.sources.get_mut(index);
        }
        if self.sources.len() == MAX_SOURCES {
            let silent = |source: &Source| {
                source
                    .reception
                    .last_arrival()
                    .is_none_or(|last| now.saturating_duration_since(last) > SOURCE_SILENT)
            };
            let index = self.sources.iter().position(silent)?;
            self.sources.swap_remove(index);
        }
        self.sources.push(Source {
            ssrc,
            reception: Reception::default(),
            sender_report: None,
            reference: None,
        });
        self.sources.last_mut()
    }

    fn hear(&mut self, now: Instant) {
        if !std::mem::replace(&mut self.heard, true) {
            self.next = Some(now + SECOND_REPORT);
        }
    }

    /// The report that is due.
    pub(crate) fn report(&mut self, now: Instant) -> Option<Vec<Box<dyn Packet>>> {
        if self.next.is_none_or(|next| now < next) {
            return None;
        }
        self.next = Some(now + self.interval());
        let blocks = self.blocks(now);
        let sends = self.figures.packets_sent > self.sent_at_report;
        self.sent_at_report = self.figures.packets_sent;
        let mut packets: Vec<Box<dyn Packet>> = Vec::with_capacity(3);
        match self.sent {
            Some((timestamp, at)) if sends => {
                let since = now.saturating_duration_since(at).as_secs_f64() * 48_000.0;
                packets.push(Box::new(SenderReport {
                    ssrc: self.ssrc,
                    ntp_time: self.clock.ntp(now),
                    rtp_time: timestamp.wrapping_add(since as u32),
                    packet_count: self.figures.packets_sent as u32,
                    octet_count: self.figures.bytes_sent as u32,
                    reports: blocks,
                    ..SenderReport::default()
                }));
            }
            _ => packets.push(Box::new(ReceiverReport {
                ssrc: self.ssrc,
                reports: blocks,
                ..ReceiverReport::default()
            })),
        }
        packets.push(Box::new(SourceDescription {
            chunks: vec![SourceDescriptionChunk {
                source: self.ssrc,
                items: vec![SourceDescriptionItem {
                    sdes_type: SdesType::SdesCname,
                    text: self.cname.clone(),
                }],
            }],
        }));
        if let Some(extended) = self.extended(now, sends) {
            packets.push(Box::new(extended));
        }
        Some(packets)
    }

    fn interval(&mut self) -> Duration {
        if !self.heard && self.hellos < HELLOS {
            self.hellos += 1;
            return HELLO_INTERVAL;
        }
        // xorshift32: any spread will do.
        self.random ^= self.random << 13;
        self.random ^= self.random >> 17;
        self.random ^= self.random << 5;
        INTERVAL.mul_f64(0.8 + 0.4 * f64::from(self.random) / f64::from(u32::MAX))
    }

    fn blocks(&mut self, now: Instant) -> Vec<ReceptionReport> {
        let mut blocks = Vec::new();
        for source in &mut self.sources {
            let Some(last) = source.reception.last_arrival() else { continue };
            if now.saturating_duration_since(last) > SOURCE_SILENT {
                continue;
            }
            let (last_sender_report, delay) = answer(now, source.sender_report);
            blocks.push(ReceptionReport {
                ssrc: source.ssrc,
                fraction_lost: source.reception.take_fraction_lost(),
                total_lost: (source.reception.lost().clamp(-0x80_0000, 0x7f_ffff) as u32) & 0xff_ffff,
                last_sequence_number: source.reception.highest(),
                jitter: source.reception.jitter_ticks(),
                last_sender_report,
                delay,
            });
        }
        blocks
    }

    fn extended(&self, now: Instant, sends: bool) -> Option<ExtendedReport> {
        let mut reports: Vec<Box<dyn Packet>> = Vec::new();
        if !sends {
            let ntp_timestamp = self.clock.ntp(now);
            reports.push(Box::new(ReceiverReferenceTimeReportBlock { ntp_timestamp }));
        }
        let answers: Vec<DLRRReport> = self
            .sources
            .iter()
            .filter(|source| {
                source.reference.is_some_and(|(_, at)| now.saturating_duration_since(at) < SOURCE_SILENT)
            })
            .map(|source| {
                let (last_rr, dlrr) = answer(now, source.reference);
                DLRRReport { ssrc: source.ssrc, last_rr, dlrr }
            })
            .collect();
        if !answers.is_empty() {
            reports.push(Box::new(DLRRReportBlock { reports: answers }));
        }
        (!reports.is_empty()).then_some(ExtendedReport { sender_ssrc: self.ssrc, reports })
    }
}

/// What a report says of the time of the peer's last one: that time, and how long ago it came.
fn answer(now: Instant, report: Option<(u32, Instant)>) -> (u32, u32) {
    report.map_or((0, 0), |(middle, at)| (middle, short_time(now.saturating_duration_since(at))))
}
