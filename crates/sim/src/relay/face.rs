use std::net::UdpSocket;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use super::post::Letter;
use super::{Captured, Direction, Shared};
use crate::Fate;
use crate::packet::{Kind, classify};

/// The largest UDP payload over IPv4.
const MAX_DATAGRAM: usize = 65_507;

/// Takes in the packets of one direction, decides their fate, and hands them to the other face.
pub(super) struct Face {
    direction: Direction,
    inward: Arc<UdpSocket>,
    outward: Arc<UdpSocket>,
    shared: Arc<Shared>,
}

impl Face {
    pub(super) fn new(
        direction: Direction,
        inward: Arc<UdpSocket>,
        outward: Arc<UdpSocket>,
        shared: Arc<Shared>,
    ) -> Self {
        Self { direction, inward, outward, shared }
    }

    pub(super) fn run(self) {
        let mut buffer = vec![0; MAX_DATAGRAM];
        while !self.shared.stop.load(Ordering::SeqCst) {
            // An error is a timeout, or an ICMP refusal for an earlier packet (the end is gone): neither ends a relay.
            let Ok((len, from)) = self.inward.recv_from(&mut buffer) else { continue };
            self.take_in(&buffer[..len], from);
        }
    }

    fn take_in(&self, bytes: &[u8], from: std::net::SocketAddr) {
        let now = Instant::now();
        let mut guard = self.shared.state();
        let state = &mut *guard;
        if state.captured.len() < self.shared.capture_limit {
            state.captured.push(Captured { at: now, direction: self.direction, from, bytes: bytes.to_vec() });
        }
        let (to, impairer) = match self.direction {
            Direction::AToB => {
                state.a = Some(from);
                (state.b, &mut state.a_to_b)
            }
            Direction::BToA => {
                state.b = Some(from);
                (state.a, &mut state.b_to_a)
            }
        };
        let counts = state.counts.of(self.direction);
        counts.add(now, bytes);
        if self.shared.paused.load(Ordering::SeqCst) {
            counts.paused += 1;
            return;
        }
        let Some(to) = to else {
            counts.unknown_end += 1;
            return;
        };
        let kind = classify(bytes);
        let spared = self.shared.rtp_only && kind != Kind::Srtp;
        let fate = if spared { Fate::Arrives(now) } else { impairer.fate(now) };
        let (due, copies) = match fate {
            Fate::Lost => {
                counts.lost += 1;
                counts.srtp_lost += u64::from(kind == Kind::Srtp);
                return;
            }
            Fate::Arrives(due) => (due, 1),
            Fate::ArrivesTwice(due) => (due, 2),
        };
        drop(guard);
        for _ in 0..copies {
            if due <= now {
                // As on any network, a packet that cannot be sent is lost.
                let _ = self.outward.send_to(bytes, to);
            } else {
                self.shared.post.leave(Letter::new(due, to, self.outward.clone(), bytes));
            }
        }
    }
}
