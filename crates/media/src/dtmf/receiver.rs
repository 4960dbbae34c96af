//! Finds the keys in telephone events.

use super::DtmfTone;
use super::payload::Event;
use crate::RtpPacket;
use std::time::{Duration, Instant};

/// Keys remembered, so that late packets of theirs are known.
const REMEMBERED: usize = 8;
/// A key that is older than this on the stream's clock has nothing to say any more: 5 s.
const MAX_AGE: u32 = 48_000 * 5;
/// Keys of this long ago are forgotten: the clock has wrapped half way round when half a day is over.
const FORGOTTEN: Duration = Duration::from_secs(60);
/// Nobody presses keys faster, and no machine sends them faster, for longer than a burst.
const MIN_SPACING: Duration = Duration::from_millis(40);
/// Keys that may come at once, after an interruption.
const MAX_BURST: u32 = 32;

/// What a receiver has met.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DtmfReceiverStats {
    /// Packets of telephone events.
    pub packets: u64,
    /// Keys reported.
    pub tones: u64,
    /// Packets too short to be an event.
    pub malformed: u64,
    /// Packets of events that are no keys (RFC 4733 section 3 has many).
    pub other_events: u64,
    /// Keys not reported because they came faster than anybody presses them.
    pub flooded: u64,
}

/// Reports each key once, at the first packet of it that comes, whatever is lost, doubled or out of order. Its memory
/// is constant.
#[derive(Debug, Default)]
pub struct DtmfReceiver {
    ssrc: u32,
    /// When the last packet came.
    last: Option<Instant>,
    /// The newest first.
    known: [Option<Key>; REMEMBERED],
    /// Room for more keys, in units of `MIN_SPACING`.
    burst: Option<(Instant, u32)>,
    stats: DtmfReceiverStats,
}

#[derive(Debug, Clone, Copy)]
struct Key {
    code: u8,
    timestamp: u32,
    /// The longest duration heard of.
    duration: u16,
}

impl DtmfReceiver {
    /// A receiver that has heard nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a packet with the payload type of telephone events; returns the key that it is the first to tell of.
    pub fn receive(&mut self, arrival: Instant, packet: &RtpPacket) -> Option<DtmfTone> {
        self.stats.packets += 1;
        let Some(event) = Event::parse(&packet.payload) else {
            self.stats.malformed += 1;
            return None;
        };
        let Some(tone) = DtmfTone::from_code(event.code) else {
            self.stats.other_events += 1;
            return None;
        };
        let last = self.last.replace(arrival).unwrap_or(arrival);
        if packet.ssrc != self.ssrc || arrival.saturating_duration_since(last) > FORGOTTEN {
            self.ssrc = packet.ssrc;
            self.known = [None; REMEMBERED];
        }
        if self.is_known(&event, packet) {
            return None;
        }
        if !self.has_room(arrival) {
            self.stats.flooded += 1;
            return None;
        }
        self.stats.tones += 1;
        Some(tone)
    }

    /// Counters since the receiver was made.
    pub fn stats(&self) -> DtmfReceiverStats {
        self.stats
    }

    /// Whether the packet tells of a key that was reported, or of one too old to be; remembers it if not.
    fn is_known(&mut self, event: &Event, packet: &RtpPacket) -> bool {
        let timestamp = packet.timestamp;
        let behind = |newest: u32| newest.wrapping_sub(timestamp);
        for key in self.known.iter_mut().flatten().filter(|key| key.code == event.code) {
            if key.timestamp == timestamp {
                key.duration = key.duration.max(event.duration);
                return true;
            }
            // A key that is held for long goes on in another segment, which begins where the last one ended
            // (RFC 4733 section 2.5.1.3).
            if !packet.marker && key.timestamp.wrapping_add(u32::from(key.duration)) == timestamp {
                *key = Key { timestamp, duration: event.duration, ..*key };
                return true;
            }
        }
        let newest = self.known.iter().flatten().next().map(|key| behind(key.timestamp));
        if newest.is_some_and(|behind| behind < 1 << 31 && behind > MAX_AGE) {
            return true;
        }
        self.known.rotate_right(1);
        self.known[0] = Some(Key { code: event.code, timestamp, duration: event.duration });
        false
    }

    /// A bucket that a flood empties.
    fn has_room(&mut self, arrival: Instant) -> bool {
        let (since, room) = self.burst.unwrap_or((arrival, MAX_BURST));
        let passed = arrival.saturating_duration_since(since);
        let gained = u32::try_from(passed.as_millis() / MIN_SPACING.as_millis()).unwrap_or(u32::MAX);
        let room = room.saturating_add(gained).min(MAX_BURST);
        let since = if gained > 0 { arrival } else { since };
        self.burst = Some((since, room.saturating_sub(1)));
        room > 0
    }
}
