//! What passes a connection's UDP sockets: only what can be ours goes up, and handshakes are helped along.

mod flight;
mod socket;
mod stun;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

pub(crate) use flight::Flight;
pub(crate) use socket::WireSocket;
use stun::{StunWatch, is_stun};

use crate::rtp_out::Outgoing;

/// What the sockets of one connection share with each other and with the session.
#[derive(Debug)]
pub(crate) struct Wire {
    stun: Mutex<StunWatch>,
    outgoing: Arc<Outgoing>,
    /// Packets that prove that the peer is there: answers to our requests, authenticated media and reports.
    heard: AtomicU64,
    /// How often the setup got on.
    progress: AtomicU64,
    /// This connection carries the session's media.
    active: AtomicBool,
    /// The receiving tasks of the sockets, while the connection is not active.
    parked: Mutex<Vec<(SocketAddr, Waker)>>,
    /// Nothing of the handshake has to be repeated any more.
    settled: AtomicBool,
    /// Data that TURN servers relay may arrive.
    relayed: bool,
    discarded: AtomicU64,
    /// Local and remote address of the last media or handshake datagram that was sent.
    path: Mutex<Option<(SocketAddr, SocketAddr)>>,
}

/// What a datagram is, by its first byte (RFC 7983).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Stun,
    Dtls,
    Channel,
    Rtp,
    Junk,
}

fn kind(datagram: &[u8]) -> Kind {
    match datagram {
        [0..=3, ..] if is_stun(datagram) => Kind::Stun,
        // Record type, protocol version 254.x, epoch, number, length (RFC 6347 section 4.1).
        [20..=26, 254, _, ..] if datagram.len() >= 13 => Kind::Dtls,
        [64..=79, ..] if datagram.len() >= 4 => Kind::Channel,
        [128..=191, ..] if datagram.len() >= 8 => Kind::Rtp,
        _ => Kind::Junk,
    }
}

impl Wire {
    pub(crate) fn new(outgoing: Arc<Outgoing>, relayed: bool) -> Arc<Self> {
        Arc::new(Self {
            stun: Mutex::default(),
            outgoing,
            heard: AtomicU64::new(0),
            progress: AtomicU64::new(0),
            active: AtomicBool::new(false),
            parked: Mutex::default(),
            settled: AtomicBool::new(false),
            relayed,
            discarded: AtomicU64::new(0),
            path: Mutex::default(),
        })
    }

    pub(crate) fn hear(&self) {
        self.heard.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn heard(&self) -> u64 {
        self.heard.load(Ordering::Relaxed)
    }

    pub(crate) fn progress(&self) -> u64 {
        self.progress.load(Ordering::Relaxed)
    }

    /// The peer finished its handshake.
    pub(crate) fn settle(&self) {
        self.settled.store(true, Ordering::Relaxed);
    }

    pub(crate) fn set_active(&self, active: bool) {
        self.active.store(active, Ordering::SeqCst);
        for (_, waker) in self.parked.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            waker.wake();
        }
    }

    /// Ready when there is something to send over this connection.
    fn poll_outgoing(&self, cx: &mut Context<'_>, socket: SocketAddr) -> Poll<()> {
        if !self.is_active() {
            let mut parked = self.parked.lock().unwrap_or_else(PoisonError::into_inner);
            parked.retain(|(of, _)| *of != socket);
            parked.push((socket, cx.waker().clone()));
            drop(parked);
            if !self.is_active() {
                return Poll::Pending;
            }
        }
        self.outgoing.poll_wake(cx)
    }

    pub(crate) fn is_active(&self) -> bool {
        self.active.load(Ordering::SeqCst)
    }

    /// The way the connection goes, as text.
    pub(crate) fn path(&self) -> Option<String> {
        let path = *self.path.lock().unwrap_or_else(PoisonError::into_inner);
        path.map(|(local, remote)| format!("{local} <-> {remote}"))
    }

    /// Where the connection's packets leave from.
    pub(crate) fn local_address(&self) -> Option<SocketAddr> {
        self.path.lock().unwrap_or_else(PoisonError::into_inner).map(|(local, _)| local)
    }

    fn set_path(&self, local: SocketAddr, remote: SocketAddr) {
        *self.path.lock().unwrap_or_else(PoisonError::into_inner) = Some((local, remote));
    }

    pub(crate) fn discarded(&self) -> u64 {
        self.discarded.load(Ordering::Relaxed)
    }

    fn advance(&self) {
        self.progress.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether an arriving datagram may go up. Everything but STUN must come from an address that has answered
    /// a STUN request of ours: no stranger's byte reaches the DTLS and SRTP code.
    fn admits(&self, now: Instant, datagram: &[u8], from: SocketAddr) -> Option<Kind> {
        let kind = kind(datagram);
        let mut stun = self.stun.lock().unwrap_or_else(PoisonError::into_inner);
        let admitted = match kind {
            Kind::Stun => {
                if stun.received(now, datagram, from) {
                    drop(stun);
                    self.hear();
                }
                true
            }
            Kind::Dtls | Kind::Rtp => stun.answered(from),
            Kind::Channel => self.relayed && stun.answered(from),
            Kind::Junk => false,
        };
        if !admitted {
            self.discarded.fetch_add(1, Ordering::Relaxed);
        }
        admitted.then_some(kind)
    }

    fn note_stun(&self, now: Instant, datagram: &[u8]) {
        self.stun.lock().unwrap_or_else(PoisonError::into_inner).sent(now, datagram);
    }

    pub(crate) fn round_trip(&self) -> Option<Duration> {
        self.stun.lock().unwrap_or_else(PoisonError::into_inner).round_trip()
    }
}
