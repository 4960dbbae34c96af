use std::collections::{BTreeMap, BinaryHeap};
use std::time::Instant;

use crate::{Fate, Impairer, Impairment};

/// One end of the network.
pub type NodeId = u32;

/// A packet that has arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery<P> {
    /// When it arrived.
    pub at: Instant,
    /// Who sent it.
    pub from: NodeId,
    /// Who gets it.
    pub to: NodeId,
    /// What it is.
    pub packet: P,
}

/// A network in virtual time: packets of any type between numbered nodes, lost and delayed from a seed.
///
/// Has the shape of the pure cores: `send` is its input, `poll` gives what has arrived by `now`, `deadline` says
/// when the next packet arrives.
#[derive(Debug)]
pub struct Network<P> {
    seed: u64,
    default: Impairment,
    links: BTreeMap<(NodeId, NodeId), Impairer>,
    queue: BinaryHeap<Underway<P>>,
    sent: u64,
    lost: u64,
}

#[derive(Debug)]
struct Underway<P> {
    order: u64,
    delivery: Delivery<P>,
}

// The earliest arrival is the greatest, since BinaryHeap gives the greatest first; at the same moment, the one sent
// first.
impl<P> Ord for Underway<P> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (other.delivery.at, other.order).cmp(&(self.delivery.at, self.order))
    }
}
impl<P> PartialOrd for Underway<P> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<P> PartialEq for Underway<P> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}
impl<P> Eq for Underway<P> {}

impl<P: Clone> Network<P> {
    /// A network whose links all begin with `impairment`.
    #[must_use]
    pub fn new(impairment: Impairment, seed: u64) -> Self {
        Self { seed, default: impairment, links: BTreeMap::new(), queue: BinaryHeap::new(), sent: 0, lost: 0 }
    }

    /// Gives one direction of one link its own impairment from now on.
    pub fn set_link(&mut self, from: NodeId, to: NodeId, impairment: Impairment) {
        self.link(from, to).set(impairment);
    }

    fn link(&mut self, from: NodeId, to: NodeId) -> &mut Impairer {
        let seed = self.seed ^ (u64::from(from) << 32 | u64::from(to)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let default = &self.default;
        self.links.entry((from, to)).or_insert_with(|| Impairer::new(default.clone(), seed))
    }

    /// Puts a packet on the network.
    pub fn send(&mut self, now: Instant, from: NodeId, to: NodeId, packet: P) {
        self.sent += 1;
        let order = self.sent;
        let (at, copies) = match self.link(from, to).fate(now) {
            Fate::Lost => {
                self.lost += 1;
                return;
            }
            Fate::Arrives(at) => (at, 1),
            Fate::ArrivesTwice(at) => (at, 2),
        };
        for _ in 0..copies {
            self.queue.push(Underway { order, delivery: Delivery { at, from, to, packet: packet.clone() } });
        }
    }

    /// The next packet that has arrived by `now`.
    pub fn poll(&mut self, now: Instant) -> Option<Delivery<P>> {
        if self.deadline()? > now {
            return None;
        }
        self.queue.pop().map(|underway| underway.delivery)
    }

    /// When the next packet arrives; `None` when nothing is under way.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.queue.peek().map(|underway| underway.delivery.at)
    }

    /// Packets sent and packets lost so far.
    #[must_use]
    pub fn counts(&self) -> (u64, u64) {
        (self.sent, self.lost)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::VirtualClock;

    fn run(seed: u64) -> Vec<(Duration, u32)> {
        let mut clock = VirtualClock::new();
        let mut network = Network::new(
            Impairment {
                loss: 0.2,
                delay: Duration::from_millis(30),
                jitter: Duration::from_millis(10),
                overtaking: true,
                ..Impairment::none()
            },
            seed,
        );
        for k in 0..200 {
            network.send(clock.now(), 1, 2, k);
            clock.advance(Duration::from_millis(20));
        }
        let start = clock.now() - clock.elapsed();
        clock.advance(Duration::from_secs(1));
        std::iter::from_fn(|| network.poll(clock.now())).map(|d| (d.at - start, d.packet)).collect()
    }

    #[test]
    fn the_same_seed_gives_the_same_network() {
        assert_eq!(run(3), run(3));
        assert_ne!(run(3), run(4));
    }

    #[test]
    fn delivers_in_time_order_and_not_before_the_time() {
        assert!(run(3).iter().map(|(at, _)| at).is_sorted());
        let clock = VirtualClock::new();
        let mut network = Network::new(Impairment::none().with_delay(Duration::from_millis(5)), 0);
        network.send(clock.now(), 1, 2, "hello");
        assert_eq!(network.poll(clock.now()), None);
        let due = network.deadline().unwrap();
        assert_eq!(network.poll(due).unwrap().packet, "hello");
        assert_eq!(network.deadline(), None);
    }

    #[test]
    fn directions_are_apart() {
        let now = Instant::now();
        let mut network = Network::new(Impairment::none(), 9);
        network.set_link(1, 2, Impairment::none().with_loss(1.0));
        network.send(now, 1, 2, 'x');
        network.send(now, 2, 1, 'y');
        assert_eq!(network.poll(now).unwrap().packet, 'y');
        assert_eq!(network.poll(now), None);
        assert_eq!(network.counts(), (2, 1));
    }
}
