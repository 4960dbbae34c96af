//! One media session of a call: the transport's session, driven by tasks of its own.

use std::sync::Arc;

use liaison_media::DtmfTone;
use liaison_transport::{
    Description, RateEstimate, RtpOut, Session, SessionConfig, SessionEvent, TransportError, TransportStats,
};
use tokio::sync::mpsc;

use crate::media_thread::StreamFigures;

/// Descriptions and candidates of one session waiting for the library.
const MAX_COMMANDS: usize = 256;

/// Names a session between its tasks and the control task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SessionId(pub(crate) u64);

/// What a session's tasks tell the control task.
pub(crate) enum Notice {
    /// It is open; this is the way out for packets.
    Opened(Arc<dyn Session>, RtpOut),
    Event(SessionEvent),
    /// The other side pressed a key.
    Key(DtmfTone),
    /// A command failed; the session goes on.
    Refused(TransportError),
    /// It could not be opened at all.
    NotOpened(TransportError),
    /// Its stream has left the media thread; the last figures.
    Closed(Option<Box<StreamFigures>>),
}

enum Command {
    Remote(Description),
    Candidate { revision: u32, candidate: String },
    RestartIce,
}

/// Dropping it closes the session.
pub(crate) struct SessionHandle {
    commands: Option<mpsc::Sender<Command>>,
    session: Option<Arc<dyn Session>>,
}

impl SessionHandle {
    /// Opens a session; everything about it arrives on `notices`.
    pub(crate) fn open(
        id: SessionId,
        config: SessionConfig,
        notices: mpsc::Sender<(SessionId, Notice)>,
    ) -> Self {
        let (commands, inbox) = mpsc::channel(MAX_COMMANDS);
        tokio::spawn(drive(id, config, inbox, notices));
        Self { commands: Some(commands), session: None }
    }

    pub(crate) fn opened(&mut self, session: Arc<dyn Session>) {
        self.session = Some(session);
    }

    /// More than the queue holds is more than a peer has reason to send: dropped.
    pub(crate) fn set_remote(&self, description: Description) {
        self.command(Command::Remote(description));
    }

    pub(crate) fn add_candidate(&self, revision: u32, candidate: String) {
        self.command(Command::Candidate { revision, candidate });
    }

    pub(crate) fn restart_ice(&self) {
        self.command(Command::RestartIce);
    }

    fn command(&self, command: Command) {
        if let Some(commands) = &self.commands {
            let _ = commands.try_send(command);
        }
    }

    /// Ends the session; its figures can still be read.
    pub(crate) fn close(&mut self) {
        self.commands = None;
    }

    /// `None`: not open yet, or the peer does not report on every packet.
    pub(crate) fn rate(&self) -> Option<RateEstimate> {
        self.session.as_ref().and_then(|session| session.rate())
    }

    pub(crate) fn stats(&self) -> TransportStats {
        self.session.as_ref().map(|session| session.stats()).unwrap_or_default()
    }
}

async fn drive(
    id: SessionId,
    config: SessionConfig,
    mut commands: mpsc::Receiver<Command>,
    notices: mpsc::Sender<(SessionId, Notice)>,
) {
    let session: Arc<dyn Session> = match liaison_transport::webrtc_backend::open(config).await {
        Ok(session) => Arc::from(session),
        Err(error) => {
            let _ = notices.send((id, Notice::NotOpened(error))).await;
            return;
        }
    };
    if notices.send((id, Notice::Opened(Arc::clone(&session), session.sender()))).await.is_err() {
        return;
    }
    let events = tokio::spawn(forward(id, Arc::clone(&session), notices.clone()));
    while let Some(command) = commands.recv().await {
        let done = match command {
            Command::Remote(description) => session.set_remote(description).await,
            Command::Candidate { revision, candidate } => session.add_candidate(revision, candidate).await,
            Command::RestartIce => {
                session.restart_ice().await;
                Ok(())
            }
        };
        if let Err(error) = done {
            let _ = notices.send((id, Notice::Refused(error))).await;
        }
    }
    session.close().await;
    let _ = events.await;
}

async fn forward(id: SessionId, session: Arc<dyn Session>, notices: mpsc::Sender<(SessionId, Notice)>) {
    while let Some(event) = session.next_event().await {
        if notices.send((id, Notice::Event(event))).await.is_err() {
            return;
        }
    }
}
