//! The UDP socket that the peer connection's driver reads and writes.

use std::future::Future;
use std::io::{self, IoSliceMut};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker, ready};
use std::time::Instant;

use tokio::io::ReadBuf;
use tokio::net::UdpSocket;
use tokio::time::Sleep;
use webrtc::runtime::{AsyncUdpSocket, RecvMeta, Transmit};

use super::{Flight, Kind, Wire, kind};

/// A UDP socket that lets only admitted datagrams up and repeats DTLS flights.
///
/// A failing network never ends the driver: what cannot be sent is lost, as on any network, and what cannot be
/// received now is waited for. The session notices the silence.
#[derive(Debug)]
pub(crate) struct WireSocket {
    io: UdpSocket,
    local: SocketAddr,
    wire: Arc<Wire>,
    repeater: Mutex<Repeater>,
}

#[derive(Debug, Default)]
struct Repeater {
    flight: Flight,
    timer: Option<Pin<Box<Sleep>>>,
    /// Of the task that receives: it has to look at the timer when a flight was sent.
    waker: Option<Waker>,
}

impl WireSocket {
    pub(crate) fn new(socket: std::net::UdpSocket, wire: Arc<Wire>) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        let io = UdpSocket::from_std(socket)?;
        let local = io.local_addr()?;
        Ok(Self { io, local, wire, repeater: Mutex::default() })
    }

    /// Sends a flight again when it is due, and sees to it that `cx` is woken for the next time.
    fn repeat(&self, cx: &mut Context<'_>) {
        let mut repeater = self.repeater.lock().unwrap_or_else(PoisonError::into_inner);
        let Repeater { flight, timer, waker } = &mut *repeater;
        if self.wire.settled.load(Ordering::Relaxed) && flight.deadline().is_none() {
            *waker = None;
            return;
        }
        if !waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
            *waker = Some(cx.waker().clone());
        }
        if self.wire.settled.load(Ordering::Relaxed) && flight.deadline().is_some() {
            flight.finish();
        }
        while let Some(deadline) = flight.deadline() {
            let deadline = tokio::time::Instant::from_std(deadline);
            let timer = timer.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline)));
            if timer.deadline() != deadline {
                timer.as_mut().reset(deadline);
            }
            if timer.as_mut().poll(cx).is_pending() {
                return;
            }
            for (datagram, to) in flight.due(Instant::now()) {
                let _ = self.io.try_send_to(datagram, *to);
            }
        }
        *timer = None;
    }

    fn note_sent(&self, datagram: &[u8], to: SocketAddr) {
        match kind(datagram) {
            Kind::Stun => self.wire.note_stun(Instant::now(), datagram),
            Kind::Dtls if !self.wire.settled.load(Ordering::Relaxed) => {
                self.wire.set_path(self.local, to);
                let round_trip = self.wire.round_trip();
                let mut repeater = self.repeater.lock().unwrap_or_else(PoisonError::into_inner);
                if repeater.flight.sent(Instant::now(), datagram, to, round_trip) {
                    self.wire.advance();
                }
                if let Some(waker) = &repeater.waker {
                    waker.wake_by_ref();
                }
            }
            _ => {}
        }
    }

    fn note_received(&self, kind: Kind) {
        if kind == Kind::Dtls && !self.wire.settled.load(Ordering::Relaxed) {
            self.repeater.lock().unwrap_or_else(PoisonError::into_inner).flight.received();
        }
    }
}

impl AsyncUdpSocket for WireSocket {
    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.local)
    }

    fn poll_send(&self, cx: &mut Context<'_>, transmit: &Transmit<'_>) -> Poll<io::Result<usize>> {
        let length = transmit.contents.len();
        match ready!(self.io.poll_send_to(cx, transmit.contents, transmit.destination)) {
            Ok(_) => self.note_sent(transmit.contents, transmit.destination),
            Err(error) => {
                tracing::debug!(kind = ?error.kind(), "a datagram could not be sent");
                self.note_sent(transmit.contents, transmit.destination);
            }
        }
        Poll::Ready(Ok(length))
    }

    fn poll_recv(
        &self,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
        meta: &mut [RecvMeta],
    ) -> Poll<io::Result<usize>> {
        let (Some(buf), Some(meta)) = (bufs.first_mut(), meta.first_mut()) else {
            return Poll::Ready(Ok(0));
        };
        self.repeat(cx);
        // An empty datagram makes the driver go round: it then asks the tap for what is to be sent.
        if self.wire.poll_outgoing(cx, self.local).is_ready() {
            *meta = RecvMeta::default();
            meta.stride = 1;
            return Poll::Ready(Ok(1));
        }
        loop {
            let mut read = ReadBuf::new(buf);
            let from = match ready!(self.io.poll_recv_from(cx, &mut read)) {
                Ok(from) => from,
                // An ICMP message about an earlier datagram, an interface that went away: wait for better.
                Err(error) => {
                    tracing::debug!(kind = ?error.kind(), "a datagram could not be received");
                    continue;
                }
            };
            let length = read.filled().len();
            let Some(kind) = self.wire.admits(Instant::now(), read.filled(), from) else {
                continue;
            };
            self.note_received(kind);
            *meta = RecvMeta::default();
            meta.addr = from;
            meta.len = length;
            meta.stride = length.max(1);
            return Poll::Ready(Ok(1));
        }
    }
}
