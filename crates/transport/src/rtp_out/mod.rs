//! The way out for RTP packets, callable from the media thread.

mod wake;

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use crossbeam_queue::ArrayQueue;
use liaison_media::RtpPacket;

use crate::SendError;
use crate::audio::{PayloadTypes, Role};
use wake::Wake;

/// Packets that wait for the network driver: more than a second of audio. A fuller queue means that the driver
/// does not run, and older packets are of no use then.
const CAPACITY: usize = 64;
/// The same of what is paced: some frames of video.
const PACED_CAPACITY: usize = 256;

const IDLE: u8 = 0;
const OPEN: u8 = 1;
const CLOSED: u8 = 2;

/// What [`RtpOut`] and the driver share.
#[derive(Debug)]
pub(crate) struct Outgoing {
    queue: ArrayQueue<RtpPacket>,
    /// What may wait.
    paced: ArrayQueue<RtpPacket>,
    state: AtomicU8,
    dropped: AtomicU64,
    wake: Wake,
    /// The payload types of the session's first connection, which its owner goes on using.
    types: OnceLock<PayloadTypes>,
}

impl Outgoing {
    /// Needs a tokio runtime with I/O around it.
    pub(crate) fn new() -> std::io::Result<Arc<Self>> {
        Ok(Arc::new(Self {
            queue: ArrayQueue::new(CAPACITY),
            paced: ArrayQueue::new(PACED_CAPACITY),
            state: AtomicU8::new(IDLE),
            dropped: AtomicU64::new(0),
            wake: Wake::new()?,
            types: OnceLock::new(),
        }))
    }

    /// Takes packets from now on, if it did not already.
    pub(crate) fn resume(&self) {
        if self.state.load(Ordering::Acquire) == IDLE {
            // From another time.
            while self.queue.pop().or_else(|| self.paced.pop()).is_some() {
                self.dropped.fetch_add(1, Ordering::Relaxed);
            }
        }
        let _ = self.state.compare_exchange(IDLE, OPEN, Ordering::AcqRel, Ordering::Relaxed);
    }

    /// Takes no packets until it is resumed.
    pub(crate) fn suspend(&self) {
        let _ = self.state.compare_exchange(OPEN, IDLE, Ordering::AcqRel, Ordering::Relaxed);
    }

    pub(crate) fn close(&self) {
        self.state.store(CLOSED, Ordering::Release);
        while self.queue.pop().or_else(|| self.paced.pop()).is_some() {}
    }

    pub(crate) fn pop(&self) -> Option<RtpPacket> {
        self.queue.pop()
    }

    /// A connection with these payload types is up; gives those that the owner knows.
    pub(crate) fn agree(&self, types: PayloadTypes) -> PayloadTypes {
        *self.types.get_or_init(|| types)
    }

    /// What a packet of the owner's carries. Of an unknown type: Opus.
    pub(crate) fn role(&self, payload_type: u8) -> Role {
        self.types.get().and_then(|types| types.role(payload_type)).unwrap_or(Role::Opus)
    }

    /// How the owner knows what is received as `payload_type`.
    pub(crate) fn known_as(&self, role: Role, payload_type: u8) -> u8 {
        self.types.get().and_then(|types| types.of(role)).unwrap_or(payload_type)
    }

    /// A queued packet was of no use after all.
    pub(crate) fn discard(&self, packets: u64) {
        self.dropped.fetch_add(packets, Ordering::Relaxed);
    }

    /// What is to be paced.
    pub(crate) fn pop_paced(&self) -> Option<RtpPacket> {
        self.paced.pop()
    }

    pub(crate) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Ready once after packets were queued. One task at a time may wait.
    pub(crate) fn poll_wake(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.wake.poll(cx)
    }
}

/// Sends RTP packets; cheap to clone.
#[derive(Clone, Debug)]
pub struct RtpOut(Arc<Outgoing>);

impl RtpOut {
    pub(crate) fn new(outgoing: Arc<Outgoing>) -> Self {
        Self(outgoing)
    }

    /// Queues one packet: no lock, no allocation, and never waits.
    ///
    /// With one sending thread it is wait-free: a slot is taken with one atomic exchange, and when the driver may
    /// be asleep, it is woken with one `write` to a pipe that cannot block (on Unix; elsewhere the runtime's waker is
    /// called). The payload's memory is given back on the driver's task.
    ///
    /// A packet with the payload type of redundant audio or of telephone events, as told by
    /// [`SessionEvent::Connected`](crate::SessionEvent::Connected), goes out as such; any other goes out as Opus. The
    /// SSRC is replaced by the negotiated one; sequence number, timestamp and marker go out as they are. Sequence numbers must go on for as long as the session lives: the receiver's
    /// replay protection (RFC 3711 section 3.3.2) silently drops a number it has seen.
    ///
    /// # Errors
    /// The packet was dropped: the queue is full, or the session is not connected or closed.
    pub fn send(&self, packet: RtpPacket) -> Result<(), SendError> {
        self.queue(&self.0.queue, packet)
    }

    /// The same for media that can wait, such as video: it goes out spread over time, at the rate that the path was
    /// seen to carry and that sound leaves. What [`send`](Self::send) is given never waits behind it.
    ///
    /// # Errors
    /// The packet was dropped: the queue is full, or the session is not connected or closed.
    pub fn send_paced(&self, packet: RtpPacket) -> Result<(), SendError> {
        self.queue(&self.0.paced, packet)
    }

    fn queue(&self, queue: &ArrayQueue<RtpPacket>, packet: RtpPacket) -> Result<(), SendError> {
        let error = match self.0.state.load(Ordering::Acquire) {
            OPEN => match queue.push(packet) {
                Ok(()) => {
                    self.0.wake.wake();
                    return Ok(());
                }
                Err(_) => SendError::Full,
            },
            CLOSED => SendError::Closed,
            _ => SendError::NotConnected,
        };
        self.0.dropped.fetch_add(1, Ordering::Relaxed);
        Err(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(sequence: u16) -> RtpPacket {
        RtpPacket {
            audio_level: None,
            payload_type: 111,
            marker: false,
            sequence,
            timestamp: 0,
            ssrc: 1,
            payload: bytes::Bytes::from_static(b"opus"),
        }
    }

    #[tokio::test]
    async fn each_state_has_its_answer_and_every_drop_is_counted() {
        let outgoing = Outgoing::new().expect("a pipe");
        let out = RtpOut::new(Arc::clone(&outgoing));
        assert_eq!(out.send(packet(0)), Err(SendError::NotConnected));
        outgoing.resume();
        for sequence in 0..CAPACITY as u16 {
            assert_eq!(out.send(packet(sequence)), Ok(()));
        }
        assert_eq!(out.send(packet(99)), Err(SendError::Full));
        assert_eq!(outgoing.dropped(), 2);
        outgoing.suspend();
        assert_eq!(out.send(packet(0)), Err(SendError::NotConnected));
        outgoing.resume();
        assert_eq!(outgoing.pop(), None, "old packets do not go out over the new connection");
        outgoing.close();
        assert_eq!(out.send(packet(0)), Err(SendError::Closed));
        outgoing.resume();
        assert_eq!(out.send(packet(0)), Err(SendError::Closed));
    }
}
