use std::time::Instant;

use crate::Direction;
use crate::packet::{Kind, classify};

/// Bytes that UDP and IPv4 put before each packet.
const UDP_IP_HEADER: u64 = 28;

/// What came in from one end, and what was kept back.
#[derive(Debug, Clone, Default)]
pub struct Counts {
    /// Connectivity checks and consent.
    pub stun: u64,
    /// DTLS handshake records.
    pub dtls_handshake: u64,
    /// Other DTLS records.
    pub dtls: u64,
    /// SRTP packets.
    pub srtp: u64,
    /// SRTCP packets.
    pub srtcp: u64,
    /// Packets of no known kind.
    pub other: u64,
    /// UDP payload bytes, all kinds.
    pub bytes: u64,
    /// UDP payload bytes of SRTP packets.
    pub srtp_bytes: u64,
    /// Of all those, lost by chance.
    pub lost: u64,
    /// Of the SRTP packets, lost by chance.
    pub srtp_lost: u64,
    /// Of all those, dropped while the relay was paused.
    pub paused: u64,
    /// Of all those, dropped because the other end had not been heard of yet.
    pub unknown_end: u64,
    /// When the first connectivity check came in.
    pub first_stun: Option<Instant>,
    /// When the first DTLS handshake record came in.
    pub first_dtls: Option<Instant>,
    /// When the first SRTP packet came in.
    pub first_srtp: Option<Instant>,
}

impl Counts {
    /// All packets that came in.
    #[must_use]
    pub fn packets(&self) -> u64 {
        self.stun + self.dtls_handshake + self.dtls + self.srtp + self.srtcp + self.other
    }

    /// Bytes as the network counts them: with the headers of UDP (8) and IPv4 (20).
    #[must_use]
    pub fn ip_bytes(&self) -> u64 {
        self.bytes + UDP_IP_HEADER * self.packets()
    }

    /// The same of the SRTP packets alone.
    #[must_use]
    pub fn srtp_ip_bytes(&self) -> u64 {
        self.srtp_bytes + UDP_IP_HEADER * self.srtp
    }

    pub(super) fn add(&mut self, now: Instant, packet: &[u8]) {
        self.bytes += packet.len() as u64;
        match classify(packet) {
            Kind::Stun => {
                self.stun += 1;
                self.first_stun.get_or_insert(now);
            }
            Kind::DtlsHandshake => {
                self.dtls_handshake += 1;
                self.first_dtls.get_or_insert(now);
            }
            Kind::Dtls => self.dtls += 1,
            Kind::Srtp => {
                self.srtp += 1;
                self.srtp_bytes += packet.len() as u64;
                self.first_srtp.get_or_insert(now);
            }
            Kind::Srtcp => self.srtcp += 1,
            Kind::Other => self.other += 1,
        }
    }
}

/// What has passed in each direction.
#[derive(Debug, Clone, Default)]
pub struct RelayCounts {
    /// From A to B.
    pub a_to_b: Counts,
    /// From B to A.
    pub b_to_a: Counts,
}

impl RelayCounts {
    pub(super) fn of(&mut self, direction: Direction) -> &mut Counts {
        match direction {
            Direction::AToB => &mut self.a_to_b,
            Direction::BToA => &mut self.b_to_a,
        }
    }
}
