//! How long packets stand in a queue, told apart from jitter.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::PacketFate;

/// A queue is what even the fastest packets of this long met.
const WINDOW: Duration = Duration::from_millis(500);
/// With jitter, rates are taken from this long.
const LONG_WINDOW: Duration = Duration::from_secs(1);
const MUCH_JITTER: f64 = 0.005;
/// Long packets are few: never fewer than these.
const MIN_PACKETS: usize = 8;
const MAX_PACKETS: usize = 256;
/// The empty path's delay is remembered for this many windows.
const BASE_WINDOWS: usize = 40;

#[derive(Debug, Clone, Copy)]
struct Arrived {
    sent: Instant,
    /// Seconds on the peer's clock.
    arrival: f64,
    /// Arrival less sending, in seconds; its zero is anywhere.
    delay: f64,
    bytes: u32,
}

/// What the last half second showed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct DelayView {
    /// Seconds that even the fastest packets stood in a queue.
    pub(super) queue: f64,
    /// Mean change of the delay from packet to packet, in seconds.
    pub(super) jitter: f64,
    /// Bits a second that arrived.
    pub(super) delivered_bps: f64,
    /// Bits a second in what was sent of it, without what was lost.
    pub(super) sent_bps: f64,
}

/// Follows the one-way delay against that of the empty path.
#[derive(Debug, Default)]
pub(super) struct DelayTracker {
    epoch: Option<Instant>,
    packets: VecDeque<Arrived>,
    /// The fastest packet of each of the last windows, oldest first.
    minima: VecDeque<f64>,
    window_ends: Option<Instant>,
}

impl DelayTracker {
    /// `full`: the path is known to be; what is seen then says nothing about the empty path.
    pub(super) fn arrived(&mut self, fate: &PacketFate, arrival: Duration, full: bool) {
        let epoch = *self.epoch.get_or_insert(fate.sent);
        let sent = fate.sent.saturating_duration_since(epoch).as_secs_f64()
            - epoch.saturating_duration_since(fate.sent).as_secs_f64();
        let delay = arrival.as_secs_f64() - sent;
        let packet = Arrived { sent: fate.sent, arrival: arrival.as_secs_f64(), delay, bytes: fate.bytes };
        // Feedback of an earlier packet may come late.
        let place =
            self.packets.iter().rposition(|other| other.sent <= packet.sent).map_or(0, |index| index + 1);
        self.packets.insert(place, packet);
        self.remember(fate.sent, delay, full);
        let newest = self.packets.back().map_or(fate.sent, |packet| packet.sent);
        while self.packets.len() > MIN_PACKETS
            && (self.packets.len() > MAX_PACKETS
                || self
                    .packets
                    .front()
                    .is_some_and(|first| newest.saturating_duration_since(first.sent) > LONG_WINDOW))
        {
            self.packets.pop_front();
        }
    }

    fn remember(&mut self, sent: Instant, delay: f64, full: bool) {
        if !full && self.window_ends.is_none_or(|end| sent >= end) {
            self.window_ends = Some(sent + WINDOW);
            if self.minima.len() == BASE_WINDOWS {
                self.minima.pop_front();
            }
            self.minima.push_back(delay);
        }
        if let Some(minimum) = self.minima.back_mut() {
            *minimum = minimum.min(delay);
        }
    }

    /// The delay of the empty path: the mean of the fastest quarter of the windows, as far as jitter explains their
    /// difference, so that one lucky packet does not make all others look late.
    fn base(&self, jitter: f64) -> Option<f64> {
        let mut sorted = [0.0; BASE_WINDOWS];
        let sorted = sorted.get_mut(..self.minima.len())?;
        for (to, from) in sorted.iter_mut().zip(&self.minima) {
            *to = *from;
        }
        sorted.sort_unstable_by(f64::total_cmp);
        let explained = sorted.first()? + 2.0 * jitter + 0.001;
        let quarter = sorted.get(..self.minima.len().div_ceil(4))?;
        let alike = quarter.get(..quarter.partition_point(|minimum| *minimum <= explained))?;
        Some(alike.iter().sum::<f64>() / alike.len() as f64)
    }

    /// The path itself has become longer: what is seen now is its empty delay.
    pub(super) fn rebase(&mut self) {
        let Some(fastest) = self.fastest() else { return };
        self.minima.clear();
        self.minima.push_back(fastest);
    }

    /// Of the last half second.
    fn fastest(&self) -> Option<f64> {
        self.packets.range(self.recent()..).map(|packet| packet.delay).min_by(f64::total_cmp)
    }

    /// Where the last half second begins.
    fn recent(&self) -> usize {
        let Some(last) = self.packets.back() else { return 0 };
        let old = |packet: &Arrived| last.sent.saturating_duration_since(packet.sent) > WINDOW;
        self.packets.partition_point(old).min(self.packets.len().saturating_sub(MIN_PACKETS))
    }

    /// `None` before there is half a second to look at.
    pub(super) fn view(&self) -> Option<DelayView> {
        let recent = self.recent();
        let (first, last) = (self.packets.get(recent)?, self.packets.back()?);
        let seen = last.sent.saturating_duration_since(first.sent);
        if self.packets.len() < MIN_PACKETS || seen < WINDOW.mul_f64(0.6) {
            return None;
        }
        // A queue that grows steadily is no jitter.
        let steps = (self.packets.len() - recent).saturating_sub(1).max(1) as f64;
        let slope = (last.delay - first.delay) / steps;
        let changes = self.packets.range(recent..).zip(self.packets.range(recent + 1..));
        let jitter = changes.map(|(a, b)| (b.delay - a.delay - slope).abs()).sum::<f64>() / steps;
        let queue = (self.fastest()? - self.base(jitter)?).max(0.0);
        let from = if jitter > MUCH_JITTER { 0 } else { recent };
        let first = self.packets.get(from)?;
        let bits = 8.0 * self.packets.range(from + 1..).map(|packet| f64::from(packet.bytes)).sum::<f64>();
        let sent = last.sent.saturating_duration_since(first.sent).as_secs_f64();
        // A clump arrives at once: the path did not deliver faster than was sent for that.
        let arrived = (last.arrival - first.arrival).max(sent * 0.5);
        Some(DelayView { queue, jitter, delivered_bps: bits / arrived, sent_bps: bits / sent })
    }
}
