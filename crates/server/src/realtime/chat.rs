//! Chat in a session of the link: what its user hears, as frames, no faster than the client takes them.

use super::fanout::{Fanout, Heard, Subscription};
use crate::store::{Store, StoreError, Viewer};
use liaison_chat::link::{ChatFrame, ThreadHead};
use liaison_identity::{RawId, Scope, Scopes};
use liaison_link::{Body, BodyError, CommandId};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Frames that the client has not acknowledged; beyond, events wait, and then only their number is told.
/// Far below what the link holds, which is also for calls.
const IN_FLIGHT: usize = 128;
/// Events that wait for the client, beside those frames.
const WAITING: usize = 512;
/// How long to wait after the store failed.
const RETRY: Duration = Duration::from_secs(1);
/// Threads in a frame of heads: 100 bytes each.
const HEADS: usize = 500;

/// The chat of one session, whether its client is there or not.
pub(super) struct Chat {
    user: RawId,
    viewer: Viewer,
    fanout: Arc<Fanout>,
    store: Arc<dyn Store>,
    subscription: Option<Subscription>,
    in_flight: HashSet<CommandId>,
    /// When to read again where the threads stand, after the store failed.
    again: Option<Instant>,
}

impl Chat {
    pub(super) fn new(user: RawId, viewer: Viewer, fanout: Arc<Fanout>, store: Arc<dyn Store>) -> Self {
        Self { user, viewer, fanout, store, subscription: None, in_flight: HashSet::new(), again: None }
    }

    /// Whether a token with these scopes may listen.
    pub(super) fn allowed(scopes: &Scopes) -> bool {
        [Scope::Chat, Scope::ChatJoin, Scope::ChatJoinLimited].iter().any(|scope| scopes.contains(*scope))
    }

    /// Listens from now on; returns where each thread stands. First it listens, then it reads: nothing
    /// falls between.
    pub(super) async fn subscribe(&mut self) -> Vec<Body> {
        self.subscription = Some(self.fanout.subscribe(&self.user, self.viewer.clone(), WAITING));
        self.heads().await
    }

    pub(super) fn unsubscribe(&mut self) {
        self.subscription = None;
    }

    /// The next frames to send. Never, while nobody listens or the client takes nothing. May be
    /// cancelled without losing anything.
    pub(super) async fn next(&mut self) -> Next {
        if let (Some(again), Some(_)) = (self.again, &self.subscription) {
            tokio::time::sleep_until(again).await;
            self.again = None;
            return Next::Missed;
        }
        match &mut self.subscription {
            Some(subscription) if self.in_flight.len() < IN_FLIGHT => match subscription.next().await {
                Heard::Event(told) => Next::Frame(told.frame()),
                Heard::Missed => Next::Missed,
            },
            _ => std::future::pending().await,
        }
    }

    /// The next frame, when it is there already.
    pub(super) fn next_now(&mut self) -> Option<Next> {
        let subscription = self.subscription.as_mut().filter(|_| self.again.is_none())?;
        match self.in_flight.len() < IN_FLIGHT {
            true => subscription.next_now().map(|told| Next::Frame(told.frame())),
            false => None,
        }
    }

    /// Where each of the user's threads stands, in frames. None when the store fails: then it is tried
    /// again a little later.
    pub(super) async fn heads(&mut self) -> Vec<Body> {
        match self.read_heads().await {
            Ok(frames) => frames,
            Err(error) => {
                tracing::error!(%error, "a session's threads could not be read");
                self.again = Some(Instant::now() + RETRY);
                Vec::new()
            }
        }
    }

    async fn read_heads(&self) -> Result<Vec<Body>, StoreError> {
        let (mut frames, mut after) = (Vec::new(), None);
        loop {
            let page = self.store.chat_heads(self.user.clone(), after, HEADS).await?;
            after = page.next;
            frames.push(frame(page.items, after.is_none())?);
            if after.is_none() {
                return Ok(frames);
            }
        }
    }

    pub(super) fn sent(&mut self, id: CommandId) {
        self.in_flight.insert(id);
    }

    /// The client is done with a frame, or does not know it.
    pub(super) fn taken(&mut self, id: CommandId) {
        self.in_flight.remove(&id);
    }
}

/// What a session has to tell.
pub(super) enum Next {
    Frame(Result<Body, BodyError>),
    /// Something was left out: tell where each thread stands.
    Missed,
}

fn frame(threads: Vec<ThreadHead>, complete: bool) -> Result<Body, StoreError> {
    Body::new(&ChatFrame::Heads { threads, complete })
        .map_err(|error| StoreError::Database(error.to_string()))
}
