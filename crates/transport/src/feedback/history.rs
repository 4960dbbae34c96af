//! What was sent lately, until its fate is known.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use liaison_media::PacketFate;
use rtc::rtcp::transport_feedbacks::transport_layer_cc::{
    PacketStatusChunk, SymbolTypeTcc, TransportLayerCc,
};

/// More than ten seconds of the shortest packets.
const MAX_PACKETS: usize = 4096;
/// A packet that was overtaken by one sent this much later does not come any more.
const OVERTAKEN: Duration = Duration::from_millis(250);
/// Steps of the reference time, and of the differences of arrival, in µs.
const REFERENCE_US: i64 = 64_000;
const DELTA_US: i64 = 250;
/// Arrivals are counted from far enough back that none comes before zero: twice the span of the reference time.
const ZERO_US: i64 = 2 * (1 << 24) * REFERENCE_US;

#[derive(Debug, Clone, Copy)]
struct Sent {
    at: Instant,
    bytes: u32,
    /// A report has told of it.
    told: bool,
    arrived: bool,
}

#[derive(Debug, Default)]
pub(super) struct History {
    packets: VecDeque<Sent>,
    /// Sequence of the first of `packets`.
    first: u64,
    /// The last reference time, without wrapping.
    reference: Option<i64>,
}

impl History {
    /// The number that goes with the packet.
    pub(super) fn sent(&mut self, at: Instant, bytes: u32) -> u16 {
        if self.packets.len() == MAX_PACKETS {
            self.packets.pop_front();
            self.first += 1;
        }
        self.packets.push_back(Sent { at, bytes, told: false, arrived: false });
        (self.end() - 1) as u16
    }

    pub(super) fn end(&self) -> u64 {
        self.first + self.packets.len() as u64
    }

    /// Fates that are newly known, by sequence.
    pub(super) fn feedback(&mut self, report: &TransportLayerCc) -> Vec<PacketFate> {
        let mut fates = Vec::new();
        let Some(mut sequence) = self.unwrapped(report.base_sequence_number) else { return fates };
        let mut clock = self.reference(report.reference_time) * REFERENCE_US + ZERO_US;
        let mut deltas = report.recv_deltas.iter();
        let mut newest = None;
        let mut left = report.packet_status_count;
        'chunks: for chunk in &report.packet_chunks {
            let (run, list): (u16, &[SymbolTypeTcc]) = match chunk {
                PacketStatusChunk::RunLengthChunk(run) => (run.run_length, &[run.packet_status_symbol]),
                PacketStatusChunk::StatusVectorChunk(vector) => {
                    (vector.symbol_list.len() as u16, &vector.symbol_list)
                }
            };
            for index in 0..run {
                if left == 0 {
                    break 'chunks;
                }
                left -= 1;
                let Some(symbol) = list.get(usize::from(index).min(list.len().saturating_sub(1))) else {
                    break;
                };
                let arrival = match symbol {
                    SymbolTypeTcc::PacketNotReceived => None,
                    SymbolTypeTcc::PacketReceivedWithoutDelta => Some(None),
                    _ => {
                        // Times that are missing end the report.
                        let Some(delta) = deltas.next() else { break 'chunks };
                        clock += delta.delta / DELTA_US * DELTA_US;
                        Some(u64::try_from(clock).ok().map(Duration::from_micros))
                    }
                };
                if let Some(sent) = self.mark(sequence, arrival.is_some()) {
                    newest = newest.max(Some(sent.at));
                    if let Some(arrival) = arrival.flatten() {
                        let (sent, bytes) = (sent.at, sent.bytes);
                        fates.push(PacketFate { sequence, sent, arrival: Some(arrival), bytes });
                    }
                }
                sequence += 1;
            }
        }
        if let Some(newest) = newest {
            self.lose(newest, &mut fates);
        }
        fates.sort_by_key(|fate| fate.sequence);
        fates
    }

    /// Notes what a report tells of one packet; gives it when it is newly known to have arrived.
    fn mark(&mut self, sequence: u64, arrived: bool) -> Option<Sent> {
        let index = usize::try_from(sequence.checked_sub(self.first)?).ok()?;
        let sent = self.packets.get_mut(index)?;
        sent.told = true;
        if !arrived || std::mem::replace(&mut sent.arrived, true) {
            return None;
        }
        Some(*sent)
    }

    /// What was overtaken by far is lost, if a report would have told otherwise: reports get lost as well.
    fn lose(&mut self, newest: Instant, fates: &mut Vec<PacketFate>) {
        while let Some(sent) = self.packets.front().filter(|sent| sent.at + OVERTAKEN < newest) {
            if sent.told && !sent.arrived {
                fates.push(PacketFate {
                    sequence: self.first,
                    sent: sent.at,
                    arrival: None,
                    bytes: sent.bytes,
                });
            }
            self.packets.pop_front();
            self.first += 1;
        }
    }

    fn unwrapped(&self, sequence: u16) -> Option<u64> {
        let back = (self.end() as u16).wrapping_sub(sequence);
        self.end().checked_sub(u64::from(back))
    }

    /// In 64 ms, on the peer's clock.
    fn reference(&mut self, wrapped: u32) -> i64 {
        let wrapped = i64::from(wrapped & 0xff_ffff);
        let last = self.reference.unwrap_or(wrapped);
        // The nearest to the last one, of all that look like it.
        let mut step = (wrapped - last).rem_euclid(1 << 24);
        if step >= 1 << 23 {
            step -= 1 << 24;
        }
        let reference = (last + step).max(-(1 << 24));
        self.reference = Some(reference);
        reference
    }
}
