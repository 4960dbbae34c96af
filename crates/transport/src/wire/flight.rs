//! Sends the datagrams of a DTLS flight again until the peer has them. Pure.
//!
//! The DTLS core below waits a whole second before it sends a flight again, and can lose that timer for good
//! when a repeated message of the peer arrives at the wrong moment. Here each flight's datagrams go out again
//! soon and at growing intervals, byte for byte. To the peer they are datagrams that the network duplicated: a
//! record it has seen already is discarded by its replay window (RFC 6347 section 4.1.2.6), one that was lost is
//! as good as new.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// Datagrams sent within this time belong to one flight.
const SAME_FLIGHT: Duration = Duration::from_millis(5);
/// A flight is a few kilobytes; more is not kept.
const MAX_DATAGRAMS: usize = 8;
/// Repeats of one flight; with the intervals below, about 8 s.
const MAX_REPEATS: u32 = 20;
/// The longest interval between two repeats.
const LONGEST: Duration = Duration::from_millis(500);
/// Assumed until a round trip was measured.
const UNKNOWN_ROUND_TRIP: Duration = Duration::from_millis(60);

const CHANGE_CIPHER_SPEC: u8 = 20;
const HANDSHAKE: u8 = 22;
const RECORD_HEADER: usize = 13;

#[derive(Debug, Default)]
pub(crate) struct Flight {
    datagrams: Vec<(Vec<u8>, SocketAddr)>,
    sent_at: Option<Instant>,
    /// A datagram of the peer came after the last one of ours.
    turned: bool,
    repeats: u32,
    interval: Duration,
    next: Option<Instant>,
    /// Highest handshake message number sent in the clear, plus one.
    furthest: u32,
    ciphered: bool,
    finished: bool,
}

impl Flight {
    /// A DTLS datagram of ours left. `true`: the handshake got further than ever before.
    pub(crate) fn sent(
        &mut self,
        now: Instant,
        datagram: &[u8],
        to: SocketAddr,
        round_trip: Option<Duration>,
    ) -> bool {
        if self.finished || !matches!(datagram.first(), Some(&HANDSHAKE | &CHANGE_CIPHER_SPEC)) {
            return false;
        }
        let same = !self.turned
            && self.sent_at.is_some_and(|sent_at| now.saturating_duration_since(sent_at) < SAME_FLIGHT);
        if !same {
            self.datagrams.clear();
            self.repeats = 0;
        }
        self.turned = false;
        self.sent_at = Some(now);
        if self.datagrams.len() < MAX_DATAGRAMS {
            self.datagrams.push((datagram.to_vec(), to));
        }
        let round_trip = round_trip.unwrap_or(UNKNOWN_ROUND_TRIP);
        // The first repeat goes out before the answer can be back: a lost datagram then costs little. The ones
        // after it wait for the answer.
        self.next = Some(now + (round_trip / 4).clamp(Duration::from_millis(8), Duration::from_millis(40)));
        self.interval = (round_trip + round_trip / 4 + Duration::from_millis(10)).min(LONGEST);
        self.gets_further(datagram)
    }

    fn gets_further(&mut self, datagram: &[u8]) -> bool {
        if datagram[0] == CHANGE_CIPHER_SPEC {
            return !std::mem::replace(&mut self.ciphered, true);
        }
        let number = datagram.get(RECORD_HEADER + 4..RECORD_HEADER + 6);
        let Some(&[high, low]) = number else { return false };
        let reached = u32::from(u16::from_be_bytes([high, low])) + 1;
        let epoch = u16::from_be_bytes([datagram[3], datagram[4]]);
        let further = epoch == 0 && reached > self.furthest;
        if further {
            self.furthest = reached;
        }
        further
    }

    /// A DTLS datagram of the peer came: what we send next is a new flight.
    pub(crate) fn received(&mut self) {
        self.turned = true;
    }

    /// The peer has our last flight: nothing is repeated any more.
    pub(crate) fn finish(&mut self) {
        self.finished = true;
        self.next = None;
        self.datagrams = Vec::new();
    }

    /// When the flight is due again.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.next
    }

    /// The datagrams to send again now, if it is time.
    pub(crate) fn due(&mut self, now: Instant) -> &[(Vec<u8>, SocketAddr)] {
        if self.next.is_none_or(|next| now < next) {
            return &[];
        }
        self.repeats += 1;
        self.next = (self.repeats < MAX_REPEATS).then(|| now + self.interval);
        if self.repeats > 1 {
            self.interval = (self.interval * 3 / 2).min(LONGEST);
        }
        &self.datagrams
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn handshake(message: u16) -> Vec<u8> {
        let mut datagram = vec![HANDSHAKE, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 20, 1, 0, 0, 8];
        datagram.extend_from_slice(&message.to_be_bytes());
        datagram.extend_from_slice(&[0; 14]);
        datagram
    }

    fn to() -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], 9))
    }

    fn ms(value: u64) -> Duration {
        Duration::from_millis(value)
    }

    #[test]
    fn a_flight_is_repeated_soon_and_then_ever_more_rarely() {
        let start = Instant::now();
        let mut flight = Flight::default();
        assert!(flight.sent(start, &handshake(0), to(), Some(ms(30))));
        assert!(flight.sent(start + ms(1), &handshake(1), to(), Some(ms(30))));
        let mut times = Vec::new();
        while let Some(at) = flight.deadline() {
            assert!(flight.due(at - ms(1)).is_empty());
            assert_eq!(flight.due(at).len(), 2, "both datagrams");
            times.push((at - start).as_millis());
        }
        assert_eq!(times[..4], [9, 56, 104, 175], "{times:?}");
        assert_eq!(times.len(), 20);
        assert!(times[19] > 6_000 && times[19] < 10_000, "{times:?}");
    }

    #[test]
    fn the_next_flight_replaces_the_last() {
        let start = Instant::now();
        let mut flight = Flight::default();
        flight.sent(start, &handshake(0), to(), None);
        flight.received();
        assert!(flight.sent(start + ms(2), &handshake(1), to(), None));
        let due = flight.due(start + ms(500));
        assert_eq!(due.len(), 1);
        assert_eq!(due[0].0, handshake(1));
    }

    #[test]
    fn sending_the_same_again_is_no_progress() {
        let start = Instant::now();
        let mut flight = Flight::default();
        assert!(flight.sent(start, &handshake(0), to(), None));
        flight.received();
        assert!(!flight.sent(start + ms(1000), &handshake(0), to(), None));
        assert!(flight.sent(start + ms(1001), &[CHANGE_CIPHER_SPEC; 14], to(), None));
        assert!(!flight.sent(start + ms(1002), &[CHANGE_CIPHER_SPEC; 14], to(), None));
    }

    #[test]
    fn nothing_is_repeated_after_the_end_and_alerts_never_are() {
        let start = Instant::now();
        let mut flight = Flight::default();
        assert!(!flight.sent(start, &[21, 0xfe, 0xfd], to(), None));
        assert_eq!(flight.deadline(), None);
        flight.sent(start, &handshake(0), to(), None);
        flight.finish();
        assert_eq!(flight.deadline(), None);
        flight.sent(start + ms(50), &handshake(1), to(), None);
        assert!(flight.due(start + ms(5000)).is_empty());
    }

    #[test]
    fn cut_off_datagrams_do_no_harm() {
        let mut flight = Flight::default();
        for length in 0..20 {
            flight.sent(Instant::now(), &handshake(3)[..length], to(), None);
        }
    }
}
