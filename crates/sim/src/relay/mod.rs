//! A relay with two faces on real UDP, to impair and to watch a call between two processes.
//!
//! ```text
//!   A ── sends to Rb ──▶ [Rb   relay   Ra] ── from Ra ──▶ B
//!   A ◀── from Rb ────── [Rb   relay   Ra] ◀── sends to Ra ── B
//! ```
//!
//! Ra stands for A: A advertises it as its own address, and B knows A by nothing else. Rb stands for B in the same
//! way. So every packet of the call passes through here, and neither end needs to know.

mod counts;
mod face;
mod post;

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

pub use counts::{Counts, RelayCounts};

use crate::{Impairer, Impairment};
use face::Face;
use post::Post;

/// Which way a packet goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From A to B.
    AToB,
    /// From B to A.
    BToA,
}

/// What a relay is told at its start.
#[derive(Debug, Clone)]
pub struct RelayConfig {
    /// Where the face that stands for A listens; port 0 takes a free one.
    pub face_a: SocketAddr,
    /// Where the face that stands for B listens.
    pub face_b: SocketAddr,
    /// Where A really is. `None`: learnt from its first packet, and anew whenever A sends from elsewhere.
    pub a: Option<SocketAddr>,
    /// Where B really is, in the same way.
    pub b: Option<SocketAddr>,
    /// What happens to the packets of each direction.
    pub a_to_b: Impairment,
    /// What happens to the packets of each direction.
    pub b_to_a: Impairment,
    /// Decides who is lost.
    pub seed: u64,
    /// Only RTP is impaired; connectivity checks, handshakes and RTCP pass undisturbed, and a trace begins with
    /// the first RTP packet of its direction.
    pub rtp_only: bool,
    /// How many packets are kept for a later look (the first ones); 0 keeps none.
    pub capture_limit: usize,
}

impl RelayConfig {
    /// A relay on loopback that impairs nothing, learns both ends and keeps the first 20 000 packets.
    #[must_use]
    pub fn loopback() -> Self {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        Self {
            face_a: any,
            face_b: any,
            a: None,
            b: None,
            a_to_b: Impairment::none(),
            b_to_a: Impairment::none(),
            seed: 1,
            rtp_only: false,
            capture_limit: 20_000,
        }
    }
}

/// A packet as it came in, before its fate was decided.
#[derive(Debug, Clone)]
pub struct Captured {
    /// When it came in.
    pub at: Instant,
    /// Which way it was going.
    pub direction: Direction,
    /// Where it came from.
    pub from: SocketAddr,
    /// Its UDP payload.
    pub bytes: Vec<u8>,
}

/// A running relay; dropping it stops its threads.
#[derive(Debug)]
pub struct Relay {
    face_a: SocketAddr,
    face_b: SocketAddr,
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    started: Instant,
    stop: AtomicBool,
    paused: AtomicBool,
    state: Mutex<State>,
    post: Post,
    rtp_only: bool,
    capture_limit: usize,
}

#[derive(Debug)]
struct State {
    a: Option<SocketAddr>,
    b: Option<SocketAddr>,
    a_to_b: Impairer,
    b_to_a: Impairer,
    counts: RelayCounts,
    captured: Vec<Captured>,
}

impl Shared {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How often a waiting thread looks whether it should stop.
const STOP_CHECK: Duration = Duration::from_millis(50);

impl Relay {
    /// Binds both faces and begins to forward.
    pub fn start(config: RelayConfig) -> io::Result<Self> {
        let face_a = UdpSocket::bind(config.face_a)?;
        let face_b = UdpSocket::bind(config.face_b)?;
        for face in [&face_a, &face_b] {
            face.set_read_timeout(Some(STOP_CHECK))?;
        }
        let (addr_a, addr_b) = (face_a.local_addr()?, face_b.local_addr()?);
        let shared = Arc::new(Shared {
            started: Instant::now(),
            stop: AtomicBool::new(false),
            paused: AtomicBool::new(false),
            state: Mutex::new(State {
                a: config.a,
                b: config.b,
                a_to_b: Impairer::new(config.a_to_b, config.seed),
                b_to_a: Impairer::new(config.b_to_a, config.seed.wrapping_add(1)),
                counts: RelayCounts::default(),
                captured: Vec::new(),
            }),
            post: Post::default(),
            rtp_only: config.rtp_only,
            capture_limit: config.capture_limit,
        });
        let mut relay = Self { face_a: addr_a, face_b: addr_b, shared, threads: Vec::new() };
        let (face_a, face_b) = (Arc::new(face_a), Arc::new(face_b));
        // A packet that arrives on B's face comes from A, and goes on from A's face.
        relay.spawn("relay-a-to-b", {
            let face = Face::new(Direction::AToB, face_b.clone(), face_a.clone(), relay.shared.clone());
            move || face.run()
        })?;
        relay.spawn("relay-b-to-a", {
            let face = Face::new(Direction::BToA, face_a, face_b, relay.shared.clone());
            move || face.run()
        })?;
        relay.spawn("relay-post", {
            let shared = relay.shared.clone();
            move || shared.post.run(&shared.stop)
        })?;
        Ok(relay)
    }

    fn spawn(&mut self, name: &str, run: impl FnOnce() + Send + 'static) -> io::Result<()> {
        self.threads.push(std::thread::Builder::new().name(name.to_owned()).spawn(run)?);
        Ok(())
    }

    /// The address that A advertises.
    #[must_use]
    pub fn face_a(&self) -> SocketAddr {
        self.face_a
    }

    /// The address that B advertises.
    #[must_use]
    pub fn face_b(&self) -> SocketAddr {
        self.face_b
    }

    /// When the relay started.
    #[must_use]
    pub fn started(&self) -> Instant {
        self.shared.started
    }

    /// From now on every packet of both directions is dropped, as when a cable is pulled.
    pub fn pause(&self) {
        self.shared.paused.store(true, Ordering::SeqCst);
    }

    /// Puts the cable back in.
    pub fn resume(&self) {
        self.shared.paused.store(false, Ordering::SeqCst);
    }

    /// Changes what happens to the packets of one direction.
    pub fn set_impairment(&self, direction: Direction, impairment: Impairment) {
        let mut state = self.shared.state();
        match direction {
            Direction::AToB => state.a_to_b.set(impairment),
            Direction::BToA => state.b_to_a.set(impairment),
        }
    }

    /// What has passed so far.
    #[must_use]
    pub fn counts(&self) -> RelayCounts {
        self.shared.state().counts.clone()
    }

    /// The first packets that came in, up to `capture_limit`.
    #[must_use]
    pub fn captured(&self) -> Vec<Captured> {
        self.shared.state().captured.clone()
    }

    /// Writes the captured packets as a pcap file, as seen between each end and the relay.
    pub fn write_pcap(&self, out: impl io::Write) -> io::Result<()> {
        let captured = self.captured();
        let records = captured.iter().map(|packet| crate::pcap::Record {
            at: packet.at - self.shared.started,
            from: packet.from,
            to: match packet.direction {
                Direction::AToB => self.face_b,
                Direction::BToA => self.face_a,
            },
            payload: &packet.bytes,
        });
        crate::pcap::write(out, records)
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        self.shared.post.wake();
        for thread in self.threads.drain(..) {
            // A thread of the relay that panicked has nothing more to say here.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests;
