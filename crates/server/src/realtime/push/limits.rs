//! The bounds of the realtime push.

use crate::config::Rate;
use std::time::Duration;

/// Bounds of the realtime push of unmodified chat clients.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PushLimits {
    /// Channels of one user at once. When they are all taken, a new one takes the place of one without a
    /// socket, else it is refused.
    pub channels_per_user: usize,
    /// Channels in all.
    pub channels: usize,
    /// Channels that one user may ask for.
    pub asked: Rate,
    /// Largest frame that a client may send, in bytes.
    pub frame_bytes: usize,
    /// How long a channel waits for its client to come, or to come back. What happens meanwhile is told then.
    pub grace: Duration,
    /// How long a client may be silent before its socket is closed. Clients ping every 40 s.
    pub idle: Duration,
    /// How long a client may take to answer a notification before it is told once more, and then before it
    /// is given up.
    pub answer: Duration,
    /// How many events may wait for one channel, 1 or more. When there are more, the client is told that
    /// some are missing.
    pub waiting: usize,
}

impl Default for PushLimits {
    fn default() -> Self {
        Self {
            channels_per_user: 16,
            channels: 100_000,
            asked: Rate::new(60, 60),
            frame_bytes: 32 * 1024,
            grace: Duration::from_secs(120),
            idle: Duration::from_secs(100),
            answer: Duration::from_secs(5),
            waiting: 256,
        }
    }
}
