//! Whether the peer is still heard, by counting what arrives.

use std::time::{Duration, Instant};

/// Nothing heard for so long is an interruption: reports come about once a second even of a peer that says nothing.
const SILENCE: std::ops::RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(3);
/// The side that made the current offer builds a new connection after this much silence,
const REBUILD_OURS: Duration = Duration::from_secs(8);
/// the other side after this much, should the first be unable to.
const REBUILD_THEIRS: Duration = Duration::from_secs(16);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LivenessEvent {
    Interrupted,
    Restored,
    /// Silent for so long that a new connection is worth a try.
    Rebuild,
    /// Silent for so long that nothing more may be sent (RFC 7675 section 5.1).
    ConsentExpired,
}

/// Without word from the peer for this long, nothing more may be sent to it.
const CONSENT: Duration = Duration::from_secs(30);

/// Watches a counter of packets that were authenticated: media, RTCP and consent (RFC 7675).
#[derive(Debug)]
pub(crate) struct Liveness {
    silence: Duration,
    count: u64,
    heard_at: Option<Instant>,
    interrupted: bool,
    rebuild_at: Option<Instant>,
    expired: bool,
}

impl Liveness {
    pub(crate) fn new(interrupted_after: Duration) -> Self {
        Self {
            silence: interrupted_after.clamp(*SILENCE.start(), *SILENCE.end()),
            count: 0,
            heard_at: None,
            interrupted: false,
            rebuild_at: None,
            expired: false,
        }
    }

    /// Starts anew with a new connection. An interruption goes on until the peer is heard over it.
    pub(crate) fn start(&mut self, now: Instant, count: u64) {
        self.count = count;
        self.heard_at = Some(now);
        self.rebuild_at = None;
        self.expired = false;
    }

    pub(crate) fn tick(&mut self, now: Instant, count: u64, ours: bool) -> Option<LivenessEvent> {
        let heard_at = self.heard_at?;
        if count != self.count {
            self.count = count;
            self.heard_at = Some(now);
            self.rebuild_at = None;
            self.expired = false;
            return std::mem::take(&mut self.interrupted).then_some(LivenessEvent::Restored);
        }
        let silence = now.saturating_duration_since(heard_at);
        if !self.interrupted && silence >= self.silence {
            self.interrupted = true;
            return Some(LivenessEvent::Interrupted);
        }
        if silence >= CONSENT && !std::mem::replace(&mut self.expired, true) {
            return Some(LivenessEvent::ConsentExpired);
        }
        let patience = if ours { REBUILD_OURS } else { REBUILD_THEIRS };
        let rebuild_at = *self.rebuild_at.get_or_insert(heard_at + patience);
        if now >= rebuild_at {
            self.rebuild_at = Some(now + patience);
            return Some(LivenessEvent::Rebuild);
        }
        None
    }
}
