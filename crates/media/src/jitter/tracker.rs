//! Follows one RTP stream: wrapping counters, new sources, restarts (RFC 3550 appendix A.1).

use crate::RtpPacket;
use std::time::Instant;

/// A jump ahead by more sequence numbers than this is a restart or an attack: it would not fit into
/// the window of packets that may wait.
const MAX_DROPOUT: i64 = 500;
/// A packet later than this many others is a restart or an attack.
const MAX_MISORDER: i64 = 512;
/// Media time may run ahead of the sequence numbers by this much (silence), in samples.
const MAX_SILENCE: i64 = 48_000 * 10;
/// Longest packet, in samples.
const MAX_PACKET: i64 = 5_760;

/// A packet's place in the stream, without wraps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) sequence: i64,
    pub(crate) timestamp: i64,
}

/// What to do with a packet.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// It belongs to the stream.
    Accept(Place),
    /// It does not fit; it is kept until another confirms it.
    Hold,
    /// A new stream begins with these two; everything before is void.
    Restart([(Instant, RtpPacket, Place); 2]),
}

/// Highest packet so far.
#[derive(Debug, Clone, Copy)]
struct Newest {
    ssrc: u32,
    place: Place,
}

/// Decides where packets belong. A packet that fits nothing changes nothing until a second one
/// agrees with it, so no single packet can throw a stream away.
#[derive(Debug, Default)]
pub(crate) struct Tracker {
    newest: Option<Newest>,
    held: Option<(Instant, RtpPacket)>,
}

impl Tracker {
    /// Forgets everything: the next packet begins a stream.
    pub(crate) fn reset(&mut self) {
        self.newest = None;
        self.held = None;
    }

    /// The number of a packet of the stream, whatever its time says.
    pub(crate) fn sequence_of(&self, packet: &RtpPacket) -> Option<i64> {
        let newest = self.newest.filter(|newest| newest.ssrc == packet.ssrc)?;
        let ahead = i64::from(packet.sequence.wrapping_sub(newest.place.sequence as u16) as i16);
        (-MAX_MISORDER..=MAX_DROPOUT).contains(&ahead).then_some(newest.place.sequence + ahead)
    }

    pub(crate) fn classify(&mut self, arrival: Instant, packet: &RtpPacket) -> Verdict {
        let Some(newest) = &mut self.newest else {
            let place =
                Place { sequence: i64::from(packet.sequence), timestamp: i64::from(packet.timestamp) };
            self.newest = Some(Newest { ssrc: packet.ssrc, place });
            return Verdict::Accept(place);
        };
        if packet.ssrc == newest.ssrc
            && let Some(place) = follow(newest.place, packet.sequence, packet.timestamp)
        {
            if place.sequence > newest.place.sequence {
                newest.place = place;
            }
            self.held = None;
            return Verdict::Accept(place);
        }
        match self.held.take() {
            Some((earlier, first)) if agrees(&first, packet) => {
                let start = Place {
                    sequence: i64::from(first.sequence) + (1 << 16),
                    timestamp: i64::from(first.timestamp) + (1 << 32),
                };
                // `agrees` has checked that it follows.
                let next = follow(start, packet.sequence, packet.timestamp).unwrap_or(start);
                let newest = if next.sequence > start.sequence { next } else { start };
                self.newest = Some(Newest { ssrc: packet.ssrc, place: newest });
                Verdict::Restart([(earlier, first, start), (arrival, packet.clone(), next)])
            }
            _ => {
                self.held = Some((arrival, packet.clone()));
                Verdict::Hold
            }
        }
    }
}

fn agrees(first: &RtpPacket, second: &RtpPacket) -> bool {
    let start = Place { sequence: i64::from(first.sequence), timestamp: i64::from(first.timestamp) };
    first.ssrc == second.ssrc
        && follow(start, second.sequence, second.timestamp).is_some_and(|place| {
            place.sequence != start.sequence && (place.sequence - start.sequence).abs() < 16
        })
}

/// The place of (`sequence`, `timestamp`) near `newest`, if it can be part of the same stream.
fn follow(newest: Place, sequence: u16, timestamp: u32) -> Option<Place> {
    let ahead = i64::from(sequence.wrapping_sub(newest.sequence as u16) as i16);
    let later = i64::from(timestamp.wrapping_sub(newest.timestamp as u32) as i32);
    let fits = match ahead {
        0 => later == 0,
        1.. => ahead <= MAX_DROPOUT && later > 0 && later <= ahead * MAX_PACKET + MAX_SILENCE,
        _ => -ahead <= MAX_MISORDER && later < 0 && -later <= -ahead * MAX_PACKET + MAX_SILENCE,
    };
    fits.then_some(Place { sequence: newest.sequence + ahead, timestamp: newest.timestamp + later })
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn packet(ssrc: u32, sequence: u16, timestamp: u32) -> RtpPacket {
        RtpPacket {
            audio_level: None,
            payload_type: 111,
            marker: false,
            sequence,
            timestamp,
            ssrc,
            payload: Bytes::new(),
        }
    }

    fn place(tracker: &mut Tracker, packet: &RtpPacket) -> Option<Place> {
        match tracker.classify(crate::testing::epoch(), packet) {
            Verdict::Accept(place) => Some(place),
            _ => None,
        }
    }

    #[test]
    fn counters_wrap_both_ways() {
        let mut tracker = Tracker::default();
        let first = place(&mut tracker, &packet(1, 65_535, u32::MAX - 10)).unwrap();
        let second = place(&mut tracker, &packet(1, 0, 949)).unwrap();
        assert_eq!(second, Place { sequence: first.sequence + 1, timestamp: first.timestamp + 960 });
        let before = place(&mut tracker, &packet(1, 65_534, u32::MAX - 970)).unwrap();
        assert_eq!(before, Place { sequence: first.sequence - 1, timestamp: first.timestamp - 960 });
    }

    #[test]
    fn one_stray_packet_changes_nothing_two_that_agree_do() {
        let mut tracker = Tracker::default();
        place(&mut tracker, &packet(1, 100, 96_000)).unwrap();
        assert!(place(&mut tracker, &packet(2, 7, 7)).is_none(), "another source");
        assert!(place(&mut tracker, &packet(1, 30_000, 97_000)).is_none(), "thousands ahead");
        assert!(place(&mut tracker, &packet(1, 101, 90_000)).is_none(), "time running backwards");
        assert!(place(&mut tracker, &packet(1, 100, 96_001)).is_none(), "a number twice");
        assert!(place(&mut tracker, &packet(1, 101, 96_960)).is_some(), "the stream goes on");
        assert!(matches!(tracker.classify(crate::testing::epoch(), &packet(2, 8, 967)), Verdict::Hold));
        match tracker.classify(crate::testing::epoch(), &packet(2, 9, 1_927)) {
            Verdict::Restart([(_, first, a), (_, _, b)]) => {
                assert_eq!(first.sequence, 8);
                assert_eq!((b.sequence - a.sequence, b.timestamp - a.timestamp), (1, 960));
            }
            other => panic!("{other:?}"),
        }
        assert!(place(&mut tracker, &packet(2, 10, 2_887)).is_some());
    }

    #[test]
    fn sources_that_alternate_do_not_take_turns() {
        let mut tracker = Tracker::default();
        for k in 0..100u16 {
            assert!(place(&mut tracker, &packet(1, k, u32::from(k) * 960)).is_some());
            assert!(matches!(
                tracker.classify(crate::testing::epoch(), &packet(2, k, u32::from(k) * 960)),
                Verdict::Hold
            ));
        }
    }
}
