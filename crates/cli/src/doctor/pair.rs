//! Two ends in two processes that call each other through a service and a relay of this one.

use super::figures::{Figures, Order, Sending, Sound, Word};
use super::stage::{EndProcess, Service};
use crate::exit::Failure;
use crate::process::monotonic_us;
use liaison_sim::{Impairment, Relay, RelayConfig};
use std::path::Path;
use std::time::{Duration, Instant};

/// Before what is measured: what begins a call is left out of the figures.
pub const LEAD: Duration = Duration::from_secs(2);
/// After it, so that the last of it is heard.
pub const TAIL: Duration = Duration::from_millis(1_500);
const PATIENCE: Duration = Duration::from_secs(40);
/// Packets that are looked at: 100 a second for half an hour.
const MAX_PACKETS: usize = 200_000;

/// A call to make.
pub struct Pair<'a> {
    /// For the service's data.
    pub folder: &'a Path,
    /// The caller's and the callee's.
    pub sounds: [Sound; 2],
    pub length: Duration,
    pub sending: Sending,
    pub processing: bool,
}

/// What a call left behind.
pub struct Made {
    /// With what it saw.
    pub relay: Relay,
    /// When media flowed, on `CLOCK_MONOTONIC` [µs].
    pub connected_us: u64,
    /// Second by second.
    pub caller: Vec<Figures>,
    pub callee: Vec<Figures>,
}

impl Pair<'_> {
    /// Makes it. `network` is what the relay does with the caller's RTP.
    pub fn call(&self, network: Impairment, seed: u64) -> Result<Made, Failure> {
        let relay = Relay::start(RelayConfig {
            a_to_b: network,
            rtp_only: true,
            seed,
            capture_limit: MAX_PACKETS,
            ..RelayConfig::loopback()
        })
        .map_err(|error| Failure::Other(format!("the relay could not be started: {error}")))?;
        let service = Service::start(self.folder)?;
        let order = |caller: bool| Order {
            endpoint: service.endpoint.clone(),
            ca: service.ca.clone(),
            token: if caller { service.caller_token.clone() } else { service.callee_token.clone() },
            call: caller.then(|| service.callee.clone()),
            media_advertise: if caller { relay.face_a() } else { relay.face_b() },
            sound: self.sounds[usize::from(!caller)].clone(),
            lead_ms: LEAD.as_millis() as u64,
            length_ms: self.length.as_millis() as u64,
            sending: self.sending,
            processing: self.processing,
        };
        let mut callee = EndProcess::start("callee", &order(false))?;
        callee.expect(|word| matches!(word, Word::Ready), PATIENCE)?;
        let mut caller = EndProcess::start("caller", &order(true))?;
        caller.expect(|word| matches!(word, Word::Connected), PATIENCE)?;

        let connected_us = monotonic_us();
        let mut figures = [Vec::new(), Vec::new()];
        let mut over: Option<Instant> = None;
        let deadline = Instant::now() + LEAD + self.length + PATIENCE;
        while over.is_none_or(|at| at.elapsed() < TAIL) {
            for (end, figures) in [&caller, &callee].into_iter().zip(&mut figures) {
                match end.next(Duration::from_millis(20))? {
                    Some(Word::Figures(now)) => figures.push(*now),
                    Some(Word::Played) => over = Some(over.unwrap_or_else(Instant::now)),
                    _ => {}
                }
            }
            if Instant::now() > deadline {
                return Err(Failure::Other("the call takes far longer than it should".to_owned()));
            }
        }
        caller.finish();
        callee.finish();
        caller.wait(PATIENCE)?;
        callee.wait(PATIENCE)?;
        let [caller, callee] = figures;
        Ok(Made { relay, connected_us, caller, callee })
    }
}
