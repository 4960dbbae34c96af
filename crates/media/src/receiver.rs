//! From RTP packets to 10 ms frames.
//!
//! ```text
//! insert: tracker ─ RED ─ check ─ packet buffer       delay model ◀─ arrival
//! pull:   packet buffer ─ decode | FEC | DRED | conceal ─ play buffer ─ stretch ─ drift ─ frame
//! ```

mod clock;
mod config;
mod playback;
mod stats;
mod voice;

use crate::codec::OpusPacketInfo;
use crate::jitter::packets::{Inserted, Waiting};
use crate::jitter::tracker::{Place, Tracker, Verdict};
use crate::red::{RedBlock, RedPayload};
use crate::{Channels, LevelMeter, RtpPacket};
use clock::StreamClock;
use playback::Playback;
use stats::Reception;
use std::time::Instant;

pub use config::{AudioReceiverConfig, PullKind, ReceiverError};
pub use stats::ReceiverStats;

/// Bytes of the largest payload that is looked at: more cannot come in one datagram of any use.
const MAX_PAYLOAD: usize = 4_096;

/// Turns one sender's packets into frames at the pace of `pull`.
///
/// Reorders, adapts its delay to what the network does, and makes up what is missing. Memory is
/// bounded whatever comes: at most 512 packets wait, and payloads over 4096 bytes are refused.
#[derive(Debug)]
pub struct AudioReceiver {
    config: AudioReceiverConfig,
    tracker: Tracker,
    clock: StreamClock,
    reception: Reception,
    playback: Playback,
    meter: LevelMeter,
}

impl AudioReceiver {
    /// Makes a receiver; everything it needs is allocated here.
    ///
    /// # Errors
    /// [`ReceiverError::Config`] for limits that contradict each other, [`ReceiverError::Codec`] if
    /// libopus cannot make a decoder.
    pub fn new(config: AudioReceiverConfig) -> Result<Self, ReceiverError> {
        config.check()?;
        Ok(Self {
            playback: Playback::new(&config)?,
            tracker: Tracker::default(),
            clock: StreamClock::default(),
            reception: Reception::default(),
            meter: LevelMeter::new(),
            config,
        })
    }

    /// Takes a packet that came from the network at `arrival`. Never fails: what is no use is counted.
    pub fn insert(&mut self, arrival: Instant, packet: RtpPacket) {
        let known = [Some(self.config.payload_type), self.config.red_payload_type];
        if !known.contains(&Some(packet.payload_type)) {
            self.reception.unknown_payload_type();
            return;
        }
        if self.playback.has_ended() {
            self.tracker.reset();
            self.begin_stream();
        }
        match self.tracker.classify(arrival, &packet) {
            Verdict::Accept(place) => self.accept(arrival, packet, place),
            Verdict::Hold => self.reception.held(),
            Verdict::Restart(packets) => {
                self.begin_stream();
                for (arrival, packet, place) in packets {
                    self.accept(arrival, packet, place);
                }
            }
        }
    }

    /// A packet of another payload type came in this stream, such as a telephone event: it has one sequence for all
    /// (RFC 4733 section 2.6), so its number is not lost.
    pub fn skip(&mut self, packet: &RtpPacket) {
        if let Some(sequence) = self.tracker.sequence_of(packet) {
            self.reception.received(sequence);
        }
    }

    /// Writes the next 10 ms: 480 samples of each of [`AudioReceiverConfig::channels`], which `out` must hold exactly.
    /// `now` is when the frame is taken; call it once for each 10 ms played.
    pub fn pull(&mut self, now: Instant, out: &mut [f32]) -> PullKind {
        debug_assert_eq!(out.len(), self.config.channels.frame_len(), "a frame of the receiver's channels");
        let now_ms = self.clock.ms(now);
        let kind = self.playback.pull(now_ms, self.clock.drift_ppm(), out);
        self.meter.measure(out);
        kind
    }

    /// Channels of what is pulled.
    pub fn channels(&self) -> Channels {
        self.config.channels
    }

    /// Level of the last frame pulled, of both channels together, in −dBov (RFC 6464), 0 to 127.
    pub fn level_dbov(&self) -> u8 {
        self.meter.level_dbov()
    }

    /// RTP timestamp of the first sample the next pull will play; `None` before the stream plays.
    pub fn playout_timestamp(&self) -> Option<u32> {
        self.playback.playhead().map(|timestamp| timestamp as u32)
    }

    /// Counters since the receiver was made.
    pub fn stats(&self) -> ReceiverStats {
        let mut stats = self.playback.stats();
        self.reception.write(&mut stats);
        stats.audio_level = self.meter.level();
        stats.drift_ppm = self.clock.drift_ppm().unwrap_or(0.0) as f32;
        stats
    }

    fn begin_stream(&mut self) {
        self.clock.restart();
        self.reception.new_stream();
        self.playback.begin_stream();
    }

    fn accept(&mut self, arrival: Instant, packet: RtpPacket, place: Place) {
        let Some((red, info)) = self.open(&packet) else {
            self.reception.received(place.sequence);
            self.reception.discarded(1);
            return;
        };
        let arrival_ms = self.clock.ms(arrival);
        let payload = packet.payload.slice_ref(red.primary.payload);
        let waiting = Waiting { place, arrival_ms, info, payload, copy: false };
        let inserted = self.playback.insert(waiting);
        if inserted == Inserted::Duplicate {
            self.reception.duplicate();
            return;
        }
        let reordered = self.reception.received(place.sequence);
        match inserted {
            Inserted::Late => self.reception.discarded(1),
            Inserted::Flushed(dropped) => self.reception.discarded(dropped as u64),
            Inserted::Kept | Inserted::Duplicate => {}
        }
        let mut carried = u32::from(info.has_fec);
        if packet.payload_type != self.config.payload_type {
            self.reception.red();
            for block in red.older() {
                carried |= self.accept_copy(arrival_ms, &packet, place, block);
            }
        }
        let media_ms = self.playback.media_ms(place.timestamp);
        self.reception.interarrival(arrival_ms, media_ms, reordered);
        self.clock.arrived(arrival_ms, media_ms);
        let counts = self.reception.expected_and_received();
        self.playback.learn(
            arrival_ms,
            media_ms,
            &info,
            (place.sequence, carried),
            self.clock.drift_ppm(),
            counts,
        );
    }

    /// Looks into a packet of either type; `None` if it is not what it says.
    fn open<'a>(&self, packet: &'a RtpPacket) -> Option<(RedPayload<'a>, OpusPacketInfo)> {
        if packet.payload.len() > MAX_PAYLOAD {
            return None;
        }
        let red = if packet.payload_type == self.config.payload_type {
            RedPayload::alone(packet.payload_type, &packet.payload)
        } else {
            RedPayload::parse(&packet.payload).ok()?
        };
        if red.primary.payload_type != self.config.payload_type {
            return None;
        }
        let info = OpusPacketInfo::parse(red.primary.payload).ok()?;
        Some((red, info))
    }

    /// Keeps the copy of an earlier packet; says, as a bit, how many packets before it was (bit 0:
    /// the one before), and 0 of one that is no use.
    fn accept_copy(
        &mut self,
        arrival_ms: f64,
        packet: &RtpPacket,
        place: Place,
        block: &RedBlock<'_>,
    ) -> u32 {
        let info = match OpusPacketInfo::parse(block.payload) {
            Ok(info) if block.payload_type == self.config.payload_type => info,
            _ => {
                self.reception.discarded(1);
                return 0;
            }
        };
        // RFC 2198 gives no sequence number: packets of equal length lie between.
        let (offset, samples) = (block.timestamp_offset as usize, info.samples);
        if offset == 0 || !offset.is_multiple_of(samples) {
            return 0;
        }
        let distance = offset / samples;
        let place =
            Place { sequence: place.sequence - distance as i64, timestamp: place.timestamp - offset as i64 };
        let payload = packet.payload.slice_ref(block.payload);
        self.playback.insert_copy(Waiting { place, arrival_ms, info, payload, copy: true });
        1u32.checked_shl(distance as u32 - 1).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests;
