//! What a signed-in user has: events that come, commands that wait.

use std::sync::Arc;
use std::time::Instant;

use liaison_chat::outbox::{OutboxConfig, OutboxInput, Remote};
use liaison_chat::sync::{SyncConfig, SyncInput};
use liaison_identity::RawId;

use super::commands::Commands;
use super::feed::Feed;
use super::store::{Kept, Store};

pub(super) struct Session {
    /// Of this run; answers to another one's requests are nobody's.
    pub(super) number: u64,
    pub(super) me: RawId,
    pub(super) feed: Feed,
    pub(super) commands: Commands,
}

/// Where the session is: the same user of another service is another user.
pub(super) struct Place<'a> {
    pub(super) service: &'a str,
    pub(super) remote: Remote,
    pub(super) store: Option<&'a Arc<Store>>,
}

impl Session {
    /// Goes on with what was kept of this user.
    pub(super) async fn begin(number: u64, me: RawId, seed: u64, place: Place<'_>) -> Self {
        let user = format!("{}\n{me}", place.service);
        let mut kept = Kept::default();
        let mut store = None;
        if let Some(open) = place.store {
            match open.load(&user).await {
                Ok(loaded) => {
                    kept = loaded;
                    store = Some((Arc::clone(open), user));
                }
                // What is there stays as it is.
                Err(error) => tracing::error!(%error, "what was kept of chat cannot be read"),
            }
        }
        let seed = seed.wrapping_add(number);
        let feed = Feed::new(SyncConfig::new(me.clone(), seed), kept.sync, store.clone());
        let commands = Commands::new(OutboxConfig::new(place.remote, seed), kept.records, store);
        Self { number, me, feed, commands }
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        [self.feed.deadline(), self.commands.deadline()].into_iter().flatten().min()
    }

    /// The deadline may have come.
    pub(super) fn tick(&mut self, now: Instant) {
        if self.feed.deadline().is_some_and(|deadline| deadline <= now) {
            self.feed.handle(now, SyncInput::Tick);
        }
        if self.commands.deadline().is_some_and(|deadline| deadline <= now) {
            self.commands.handle(now, OutboxInput::Tick);
        }
    }
}
