//! Two sessions joined in memory, for tests of what stands above.

use crate::{Session, SessionConfig};

/// Two sessions whose packets reach each other in memory. The first is the offerer.
#[must_use]
pub fn pair(first: SessionConfig, second: SessionConfig) -> (Box<dyn Session>, Box<dyn Session>) {
    (Box::new(crate::webrtc_backend::Stub(first)), Box::new(crate::webrtc_backend::Stub(second)))
}
