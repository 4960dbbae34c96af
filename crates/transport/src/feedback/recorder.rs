//! Notes what arrives and writes the reports.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rtc::rtcp::transport_feedbacks::transport_layer_cc::{
    PacketStatusChunk, RecvDelta, RunLengthChunk, StatusChunkTypeTcc, StatusVectorChunk, SymbolSizeTypeTcc,
    SymbolTypeTcc, TransportLayerCc,
};

/// Between two reports. Oftener, they would take as much of a narrow path as some of the sound.
const INTERVAL: Duration = Duration::from_millis(100);
/// Packets of one report; what is further back is not told.
const MAX_SPAN: i64 = 400;
/// A jump further than this is a new numbering.
const MAX_JUMP: i64 = 3000;
const REFERENCE_US: i64 = 64_000;
const DELTA_US: i64 = 250;

#[derive(Debug)]
pub(super) struct Recorder {
    ssrc: u32,
    /// The stream heard last.
    media_ssrc: u32,
    epoch: Instant,
    /// Arrivals that were not reported yet, by unwrapped sequence.
    arrivals: BTreeMap<i64, Instant>,
    highest: Option<i64>,
    /// The first packet that the next report tells of, unless an older one came late.
    next: i64,
    reports: u8,
    due: Option<Instant>,
}

impl Recorder {
    pub(super) fn new(ssrc: u32, epoch: Instant) -> Self {
        Self {
            ssrc,
            media_ssrc: 0,
            epoch,
            arrivals: BTreeMap::new(),
            highest: None,
            next: 0,
            reports: 0,
            due: None,
        }
    }

    pub(super) fn arrived(&mut self, now: Instant, ssrc: u32, sequence: u16) {
        self.media_ssrc = ssrc;
        let sequence = match self.highest {
            // One cycle up, so that an older one does not run below zero.
            None => self.restart(0x1_0000 + i64::from(sequence)),
            Some(highest) => {
                let ahead = i64::from(sequence.wrapping_sub(highest as u16) as i16);
                if ahead.abs() > MAX_JUMP { self.restart(highest + ahead) } else { highest + ahead }
            }
        };
        self.highest = self.highest.max(Some(sequence));
        if sequence + MAX_SPAN < self.next {
            return;
        }
        self.arrivals.entry(sequence).or_insert(now);
        if self.arrivals.len() as i64 > MAX_SPAN {
            self.arrivals.pop_first();
        }
        self.due.get_or_insert(now + INTERVAL);
    }

    fn restart(&mut self, sequence: i64) -> i64 {
        let sequence = 0x1_0000 + i64::from(sequence as u16);
        self.arrivals.clear();
        self.next = sequence;
        self.highest = Some(sequence);
        sequence
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.due
    }

    pub(super) fn report(&mut self, now: Instant) -> Option<TransportLayerCc> {
        if self.due.is_none_or(|due| now < due) {
            return None;
        }
        self.due = None;
        let last = *self.arrivals.last_key_value()?.0;
        let oldest = *self.arrivals.first_key_value()?.0;
        let base = oldest.min(self.next).max(last - MAX_SPAN + 1);
        self.arrivals = self.arrivals.split_off(&base);
        let (_, first) = self.arrivals.first_key_value()?;
        let reference = self.us(*first).div_euclid(REFERENCE_US);
        let mut clock = reference * REFERENCE_US;
        let (mut symbols, mut deltas) = (Vec::new(), Vec::new());
        let mut sequence = base;
        while let Some((&arrived, &at)) = self.arrivals.first_key_value() {
            let delta = (self.us(at) - clock).div_euclid(DELTA_US);
            // Too far from the last for this report.
            let Ok(wide) = i16::try_from(delta) else { break };
            self.arrivals.pop_first();
            symbols.resize(symbols.len() + (arrived - sequence) as usize, SymbolTypeTcc::PacketNotReceived);
            let symbol = match wide {
                0..=255 => SymbolTypeTcc::PacketReceivedSmallDelta,
                _ => SymbolTypeTcc::PacketReceivedLargeDelta,
            };
            symbols.push(symbol);
            deltas.push(RecvDelta { type_tcc_packet: symbol, delta: delta * DELTA_US });
            clock += delta * DELTA_US;
            sequence = arrived + 1;
        }
        self.next = self.next.max(sequence);
        if !self.arrivals.is_empty() {
            self.due = Some(now);
        }
        let report = TransportLayerCc {
            sender_ssrc: self.ssrc,
            media_ssrc: self.media_ssrc,
            base_sequence_number: base as u16,
            packet_status_count: symbols.len() as u16,
            reference_time: reference as u32 & 0xff_ffff,
            fb_pkt_count: self.reports,
            packet_chunks: chunks(&symbols),
            recv_deltas: deltas,
        };
        self.reports = self.reports.wrapping_add(1);
        Some(report)
    }

    fn us(&self, at: Instant) -> i64 {
        at.saturating_duration_since(self.epoch).as_micros() as i64
    }
}

/// Each chunk takes two bytes: a run of equal ones, 14 of which none took long, or 7 of any kind.
fn chunks(mut symbols: &[SymbolTypeTcc]) -> Vec<PacketStatusChunk> {
    let mut chunks = Vec::new();
    while let Some(&symbol) = symbols.first() {
        let run = symbols.iter().take_while(|other| **other == symbol).count();
        let short = symbols
            .iter()
            .take(14)
            .take_while(|symbol| **symbol != SymbolTypeTcc::PacketReceivedLargeDelta)
            .count();
        let vector = if short == symbols.len().min(14) { 14 } else { 7 };
        let taken = if run >= vector.min(symbols.len()) {
            chunks.push(PacketStatusChunk::RunLengthChunk(RunLengthChunk {
                type_tcc: StatusChunkTypeTcc::RunLengthChunk,
                packet_status_symbol: symbol,
                run_length: run as u16,
            }));
            run
        } else {
            let mut symbol_list = symbols.get(..vector.min(symbols.len())).unwrap_or_default().to_vec();
            let taken = symbol_list.len();
            symbol_list.resize(vector, SymbolTypeTcc::PacketNotReceived);
            chunks.push(PacketStatusChunk::StatusVectorChunk(StatusVectorChunk {
                type_tcc: StatusChunkTypeTcc::StatusVectorChunk,
                symbol_size: if vector == 14 { SymbolSizeTypeTcc::OneBit } else { SymbolSizeTypeTcc::TwoBit },
                symbol_list,
            }));
            taken
        };
        symbols = symbols.get(taken..).unwrap_or_default();
    }
    chunks
}
