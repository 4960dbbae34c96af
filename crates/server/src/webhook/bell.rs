//! Wakes the courier.

use tokio::sync::watch;

/// Rung when there may be something to tell. Ringing never waits; rings that nobody heard yet are one.
#[derive(Debug, Default)]
pub(crate) struct Bell {
    events: watch::Sender<()>,
    hooks: watch::Sender<()>,
}

impl Bell {
    /// An event was written.
    pub(crate) fn event(&self) {
        self.events.send_replace(());
    }

    /// A webhook was added or removed.
    pub(crate) fn hooks(&self) {
        self.hooks.send_replace(());
    }

    pub(super) fn hear_events(&self) -> watch::Receiver<()> {
        self.events.subscribe()
    }

    pub(super) fn hear_hooks(&self) -> watch::Receiver<()> {
        self.hooks.subscribe()
    }
}
