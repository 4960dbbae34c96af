//! The relay of `sim` for peers, the same that `liaison doctor loopback` uses.

use std::time::Instant;

use anyhow::{Context as _, Result};
use liaison_sim::packet::{Kind, classify};
use liaison_sim::{Direction, Relay, RelayConfig};
use nix::time::{ClockId, clock_gettime};

use super::cases::Case;
use super::run::HEADERS;

/// A relay that impairs the RTP from A to B.
pub fn start(case: &Case, seed: u64) -> Result<Relay> {
    Relay::start(RelayConfig {
        a_to_b: case.impairment()?,
        rtp_only: true,
        seed,
        capture_limit: 200_000,
        ..RelayConfig::loopback()
    })
    .context("the relay could not be started")
}

/// RTP from A to B.
#[derive(Debug, Clone, Copy)]
pub struct Rtp {
    pub bytes_per_s: f64,
    pub packets_per_s: f64,
}

/// What went from A to B between two moments of `CLOCK_MONOTONIC`.
pub fn rtp(relay: &Relay, from_us: u64, to_us: u64) -> Rtp {
    let now_us = monotonic_us();
    let now = Instant::now();
    let (mut packets, mut bytes) = (0u64, 0u64);
    for packet in relay.captured() {
        let at_us = now_us.saturating_sub(now.saturating_duration_since(packet.at).as_micros() as u64);
        if packet.direction == Direction::AToB
            && classify(&packet.bytes) == Kind::Srtp
            && (from_us..to_us).contains(&at_us)
        {
            packets += 1;
            bytes += packet.bytes.len() as u64 + HEADERS;
        }
    }
    let seconds = (to_us.saturating_sub(from_us)).max(1) as f64 / 1e6;
    Rtp { bytes_per_s: bytes as f64 / seconds, packets_per_s: packets as f64 / seconds }
}

/// `CLOCK_MONOTONIC`, which every process of the machine shares.
pub fn monotonic_us() -> u64 {
    clock_gettime(ClockId::CLOCK_MONOTONIC)
        .map_or(0, |time| time.tv_sec() as u64 * 1_000_000 + time.tv_nsec() as u64 / 1_000)
}
