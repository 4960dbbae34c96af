//! Sessions over the `webrtc` crate.

use async_trait::async_trait;

use crate::{Description, RtpOut, Session, SessionConfig, SessionEvent, TransportError, TransportStats};

/// Opens a session. The offerer's first event is its offer.
///
/// Must be called inside a tokio runtime with I/O and time enabled; everything runs on it.
///
/// # Errors
/// A configuration that cannot work, an address that cannot be bound, no runtime.
pub async fn open(config: SessionConfig) -> Result<Box<dyn Session>, TransportError> {
    Ok(Box::new(Stub(config)))
}

pub(crate) struct Stub(pub(crate) SessionConfig);

#[async_trait]
impl Session for Stub {
    async fn set_remote(&self, _: Description) -> Result<(), TransportError> {
        let _ = self.0.offerer;
        Err(TransportError::Closed)
    }
    async fn add_candidate(&self, _: u32, _: String) -> Result<(), TransportError> {
        Err(TransportError::Closed)
    }
    async fn next_event(&self) -> Option<SessionEvent> {
        None
    }
    fn sender(&self) -> RtpOut {
        RtpOut::unconnected()
    }
    async fn restart_ice(&self) {}
    fn stats(&self) -> TransportStats {
        TransportStats::default()
    }
    async fn close(&self) {}
}
