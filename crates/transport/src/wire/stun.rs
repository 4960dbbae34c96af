//! Follows our own STUN requests (RFC 8489): who answers, and how fast. Pure.
//!
//! An answer that carries a transaction id of ours comes from someone who received our request: nobody else can
//! know the 96 random bits. That proves the address, and that the peer is there (RFC 7675).

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

const MAGIC_COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
const HEADER: usize = 20;
/// Requests that are remembered: with twenty paths, each checked every 20 ms, the last four seconds.
const MAX_PENDING: usize = 4096;
/// Addresses that answered.
const MAX_PEERS: usize = 32;

#[derive(Debug, Default)]
pub(crate) struct StunWatch {
    pending: VecDeque<([u8; 12], Instant)>,
    peers: VecDeque<SocketAddr>,
    round_trip: Option<Duration>,
}

/// Whether it is a STUN message.
pub(crate) fn is_stun(datagram: &[u8]) -> bool {
    datagram.len() >= HEADER && datagram[0] < 4 && datagram[4..8] == MAGIC_COOKIE
}

fn transaction(datagram: &[u8]) -> Option<[u8; 12]> {
    datagram.get(8..HEADER)?.try_into().ok()
}

/// The two class bits (RFC 8489 section 5): 0 request, 1 indication, 2 success, 3 error.
fn class(datagram: &[u8]) -> u8 {
    (datagram[0] & 1) << 1 | (datagram[1] >> 4 & 1)
}

impl StunWatch {
    /// A STUN message of ours left.
    pub(crate) fn sent(&mut self, now: Instant, datagram: &[u8]) {
        if class(datagram) != 0 {
            return;
        }
        if let Some(id) = transaction(datagram) {
            if self.pending.len() == MAX_PENDING {
                self.pending.pop_front();
            }
            self.pending.push_back((id, now));
        }
    }

    /// A STUN message arrived. `true`: it answers a request of ours, so the peer is there.
    pub(crate) fn received(&mut self, now: Instant, datagram: &[u8], from: SocketAddr) -> bool {
        if class(datagram) < 2 {
            return false;
        }
        let Some(id) = transaction(datagram) else { return false };
        let Some(index) = self.pending.iter().rposition(|(pending, _)| *pending == id) else {
            return false;
        };
        if let Some((_, sent)) = self.pending.remove(index) {
            let round_trip = now.saturating_duration_since(sent);
            self.round_trip = Some(self.round_trip.map_or(round_trip, |known| known.min(round_trip)));
        }
        if !self.answered(from) {
            if self.peers.len() == MAX_PEERS {
                self.peers.pop_front();
            }
            self.peers.push_back(from);
        }
        true
    }

    /// Whether this address has answered a request of ours.
    pub(crate) fn answered(&self, from: SocketAddr) -> bool {
        self.peers.contains(&from)
    }

    /// The shortest round trip so far.
    pub(crate) fn round_trip(&self) -> Option<Duration> {
        self.round_trip
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(class: u8, id: u8) -> Vec<u8> {
        let mut datagram = vec![class >> 1, 1 | (class & 1) << 4, 0, 0];
        datagram.extend_from_slice(&MAGIC_COOKIE);
        datagram.extend_from_slice(&[id; 12]);
        datagram
    }

    fn address(port: u16) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], port))
    }

    #[test]
    fn only_an_answer_to_our_own_request_counts() {
        let now = Instant::now();
        let mut watch = StunWatch::default();
        watch.sent(now, &message(0, 1));
        let later = now + Duration::from_millis(30);
        assert!(!watch.received(later, &message(2, 9), address(1)), "another transaction");
        assert!(!watch.received(later, &message(0, 1), address(1)), "a request");
        assert!(!watch.answered(address(1)));
        assert!(watch.received(later, &message(2, 1), address(1)));
        assert!(watch.answered(address(1)) && !watch.answered(address(2)));
        assert_eq!(watch.round_trip(), Some(Duration::from_millis(30)));
        assert!(!watch.received(later, &message(2, 1), address(2)), "a replay");
    }

    #[test]
    fn an_error_answer_counts_as_well() {
        let now = Instant::now();
        let mut watch = StunWatch::default();
        watch.sent(now, &message(0, 1));
        assert!(watch.received(now, &message(3, 1), address(1)));
    }

    #[test]
    fn memory_is_bounded() {
        let now = Instant::now();
        let mut watch = StunWatch::default();
        for index in 0..20_000u32 {
            let mut request = message(0, 0);
            request[8..12].copy_from_slice(&index.to_be_bytes());
            watch.sent(now, &request);
            request[0] = 1;
            watch.received(now, &request, address(index as u16));
            watch.sent(now, &message(0, 7));
        }
        assert!(watch.pending.len() <= MAX_PENDING && watch.peers.len() <= MAX_PEERS);
    }

    #[test]
    fn what_is_no_stun_is_seen_as_such() {
        assert!(is_stun(&message(0, 1)));
        assert!(!is_stun(&message(0, 1)[..19]));
        assert!(!is_stun(&[0x80; 40]));
        assert!(!is_stun(&[0; 40]), "no magic cookie");
    }
}
