//! The way out for RTP packets, callable from the media thread.

use liaison_media::RtpPacket;

use crate::SendError;

/// Sends RTP packets; cheap to clone.
#[derive(Clone, Debug)]
pub struct RtpOut(());

impl RtpOut {
    pub(crate) fn unconnected() -> Self {
        Self(())
    }

    /// Queues one packet: wait-free, without allocation or system call.
    ///
    /// The payload type and SSRC are replaced by the negotiated ones.
    ///
    /// # Errors
    /// The packet was dropped: the queue is full, or the session is not connected or closed.
    pub fn send(&self, packet: RtpPacket) -> Result<(), SendError> {
        drop(packet);
        Err(SendError::NotConnected)
    }
}
