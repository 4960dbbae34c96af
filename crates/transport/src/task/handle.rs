//! The owner's end of a session.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use async_trait::async_trait;
use tokio::sync::{mpsc, oneshot};

use super::{Command, EventQueue, Shown};
use crate::connection::Backend;
use crate::rtp_out::RtpOut;
use crate::{Description, RateEstimate, Session, SessionEvent, TransportError, TransportStats};

/// Dropping it ends the task, which closes the connections.
pub(crate) struct SessionHandle {
    backend: Arc<dyn Backend>,
    commands: mpsc::Sender<Command>,
    events: Arc<EventQueue>,
    shown: Arc<Shown>,
}

impl SessionHandle {
    pub(crate) fn new<B: Backend>(
        backend: Arc<B>,
        commands: mpsc::Sender<Command>,
        events: Arc<EventQueue>,
        shown: Arc<Shown>,
    ) -> Self {
        Self { backend, commands, events, shown }
    }

    async fn ask(
        &self,
        command: impl FnOnce(oneshot::Sender<Result<(), TransportError>>) -> Command,
    ) -> Result<(), TransportError> {
        let (done, outcome) = oneshot::channel();
        self.commands.send(command(done)).await.map_err(|_| TransportError::Closed)?;
        outcome.await.map_err(|_| TransportError::Closed)?
    }
}

#[async_trait]
impl Session for SessionHandle {
    async fn set_remote(&self, description: Description) -> Result<(), TransportError> {
        self.ask(|done| Command::SetRemote(description, done)).await
    }

    async fn add_candidate(&self, revision: u32, candidate: String) -> Result<(), TransportError> {
        self.ask(|done| Command::AddCandidate(revision, candidate, done)).await
    }

    async fn next_event(&self) -> Option<SessionEvent> {
        self.events.next().await
    }

    fn sender(&self) -> RtpOut {
        RtpOut::new(Arc::clone(self.backend.outgoing()))
    }

    async fn restart_ice(&self) {
        let _ = self.commands.send(Command::Restart).await;
    }

    fn stats(&self) -> TransportStats {
        let mut stats = TransportStats::default();
        self.backend.count(&mut stats);
        stats.packets_dropped = self.backend.outgoing().dropped();
        stats.attempts = self.shown.attempts.load(Ordering::Relaxed);
        stats.setup = *self.shown.setup.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(details) = &*self.shown.details.lock().unwrap_or_else(PoisonError::into_inner) {
            stats.candidate_pair.clone_from(&details.candidate_pair);
            stats.dtls_cipher.clone_from(&details.dtls_cipher);
            stats.srtp_profile.clone_from(&details.srtp_profile);
        }
        stats
    }

    fn rate(&self) -> Option<RateEstimate> {
        self.backend.rate()
    }

    async fn close(&self) {
        let _ = self.commands.send(Command::Close).await;
        // The task drops its end when every connection is closed.
        self.commands.closed().await;
    }
}
