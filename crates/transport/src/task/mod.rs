//! The task that runs a session: it carries out what the negotiation decides, on connections of a backend.

mod clock;
mod events;
mod handle;
mod live;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use crate::connection::{Backend, ConnectionEvent, Details, Events};
use crate::negotiation::{Action, Input, Liveness, LivenessEvent, Negotiation, State, Times};
use crate::{Description, DescriptionKind, FailureReason, SessionConfig, SessionEvent, TransportError, sdp};
use clock::SessionClock;
pub(crate) use events::EventQueue;
pub(crate) use handle::SessionHandle;
use live::Live;

/// How often the task looks around during a setup, and otherwise.
const TICK_SETUP: Duration = Duration::from_millis(25);
const TICK: Duration = Duration::from_millis(250);
/// An old connection still takes packets for so long after a new one took over: the peer switches later.
const LINGER: Duration = Duration::from_millis(600);
/// Candidates of the peer that came before the connection they are for.
const MAX_EARLY_CANDIDATES: usize = 32;

/// Who waits for the outcome of a command.
type Done = oneshot::Sender<Result<(), TransportError>>;

/// What the owner asks of the task.
pub(crate) enum Command {
    SetRemote(Description, Done),
    AddCandidate(u32, String, Done),
    Restart,
    Close,
}

/// What the task shows its owner's handle.
#[derive(Debug, Default)]
pub(crate) struct Shown {
    pub(crate) details: Mutex<Option<Details>>,
    pub(crate) setup: Mutex<Option<Duration>>,
    pub(crate) attempts: std::sync::atomic::AtomicU32,
}

pub(crate) struct Task<B> {
    backend: Arc<B>,
    offerer: bool,
    events: Arc<EventQueue>,
    shown: Arc<Shown>,
    commands: mpsc::Receiver<Command>,
    connection_events: mpsc::UnboundedReceiver<(u64, ConnectionEvent)>,
    connection_sender: mpsc::UnboundedSender<(u64, ConnectionEvent)>,
    negotiation: Negotiation,
    liveness: Liveness,
    clock: SessionClock,
    pending: Option<Live>,
    active: Option<Live>,
    /// A connection that has already taken the peer's new offer.
    prepared: Option<Live>,
    /// The peer's description that an action is about to use, and who waits for the outcome.
    remote: Option<(String, Option<Done>)>,
    early_candidates: VecDeque<(u32, String)>,
    closing: JoinSet<()>,
    next_id: u64,
    /// Packets heard over connections that were active.
    heard: u64,
    /// When both descriptions of the setup that is under way were known.
    setup_began: Option<Instant>,
    first_setup_began: Option<Instant>,
}

/// Opens a session on `backend` and starts its task on the runtime around.
pub(crate) fn start<B: Backend>(backend: Arc<B>, config: &SessionConfig, times: Times) -> SessionHandle {
    let (command_sender, commands) = mpsc::channel(32);
    let (connection_sender, connection_events) = mpsc::unbounded_channel();
    let events = Arc::new(EventQueue::default());
    let shown = Arc::new(Shown::default());
    let setup = config.setup_timeout.clamp(Duration::from_secs(1), Duration::from_secs(600));
    let task = Task {
        negotiation: Negotiation::new(config.offerer, backend.alone(), Times { setup, ..times }),
        backend: Arc::clone(&backend),
        offerer: config.offerer,
        events: Arc::clone(&events),
        shown: Arc::clone(&shown),
        commands,
        connection_events,
        connection_sender,
        liveness: Liveness::new(config.interrupted_after),
        clock: SessionClock::new(),
        pending: None,
        active: None,
        prepared: None,
        remote: None,
        early_candidates: VecDeque::new(),
        closing: JoinSet::new(),
        next_id: 0,
        heard: 0,
        setup_began: None,
        first_setup_began: None,
    };
    tokio::spawn(task.run());
    SessionHandle::new(backend, command_sender, events, shown)
}

impl<B: Backend> Task<B> {
    async fn run(mut self) {
        if self.offerer {
            self.handle(Input::Start).await;
        }
        loop {
            let waits = self.negotiation.is_setting_up() || self.pending.as_ref().is_some_and(Live::gathers);
            let tick = if waits { TICK_SETUP } else { TICK };
            self.clock.sleep(Instant::now(), tick);
            let done = tokio::select! {
                biased;
                command = self.commands.recv() => {
                    self.clock.wake(Instant::now());
                    self.command(command.unwrap_or(Command::Close)).await
                }
                Some((id, event)) = self.connection_events.recv() => {
                    self.clock.wake(Instant::now());
                    self.connection_event(id, event).await;
                    false
                }
                () = tokio::time::sleep(tick) => {
                    self.clock.wake(Instant::now());
                    false
                }
            };
            if done {
                break;
            }
            self.look_around().await;
        }
        self.finish().await;
    }

    fn now(&self) -> Instant {
        self.clock.now(Instant::now())
    }

    async fn handle(&mut self, input: Input) {
        let now = self.now();
        self.negotiation.handle(now, input);
        self.perform().await;
    }

    /// `true`: the session is to end.
    async fn command(&mut self, command: Command) -> bool {
        match command {
            Command::SetRemote(description, done) => match description.kind {
                DescriptionKind::Offer => self.remote_offer(description, done).await,
                DescriptionKind::Answer => self.remote_answer(description, done).await,
            },
            Command::AddCandidate(revision, candidate, done) => {
                let _ = done.send(self.remote_candidate(revision, &candidate).await);
            }
            Command::Restart => self.handle(Input::Restart).await,
            Command::Close => return true,
        }
        false
    }

    async fn remote_offer(&mut self, description: Description, done: Done) {
        if !self.negotiation.accepts_offer(description.revision) {
            tracing::debug!(revision = description.revision, "an old offer is ignored");
            let _ = done.send(Ok(()));
            return;
        }
        let offer = match sdp::check_remote(&description.sdp) {
            Ok(offer) => offer,
            Err(error) => {
                let _ = done.send(Err(error));
                return;
            }
        };
        // As long as a second connection can be built, a bad offer leaves the first as it is.
        let vacant = self.pending.is_none() && self.active.is_none();
        if vacant || !self.backend.alone() {
            match self.prepare_answer(&offer).await {
                Ok(live) => self.prepared = Some(live),
                Err(error) => {
                    let _ = done.send(Err(error));
                    return;
                }
            }
        }
        self.remote = Some((offer, Some(done)));
        let now = self.now();
        self.negotiation.remote_offer(now, description.revision);
        self.perform().await;
    }

    async fn prepare_answer(&mut self, offer: &str) -> Result<Live, TransportError> {
        let live = self.connect().await?;
        if let Err(error) = live.connection.answer(offer).await {
            self.close_soon(live, Duration::ZERO);
            return Err(error);
        }
        Ok(live)
    }

    async fn remote_answer(&mut self, description: Description, done: Done) {
        if !self.negotiation.awaits_answer(description.revision) {
            let unheard_of = description.revision > self.negotiation.revision()
                || self.negotiation.revision() == 0
                || (description.revision == self.negotiation.revision() && !self.negotiation.ours());
            let outcome = if unheard_of {
                Err(TransportError::UnexpectedDescription("an answer to an offer that was not made"))
            } else {
                tracing::debug!(revision = description.revision, "an old answer is ignored");
                Ok(())
            };
            let _ = done.send(outcome);
            return;
        }
        // A bad answer changes nothing: a good one may still follow.
        let outcome = match (sdp::check_remote(&description.sdp), &self.pending) {
            (Err(error), _) => Err(error),
            (Ok(_), None) => Err(TransportError::UnexpectedDescription("its connection is being built anew")),
            (Ok(answer), Some(pending)) => pending.connection.accept(&answer).await,
        };
        let accepted = outcome.is_ok();
        let _ = done.send(outcome);
        if accepted {
            self.handle(Input::RemoteAnswer).await;
            self.add_early_candidates().await;
        }
    }

    async fn remote_candidate(&mut self, revision: u32, candidate: &str) -> Result<(), TransportError> {
        let Some(candidate) = sdp::check_candidate(candidate)? else {
            return Ok(());
        };
        let current = self.negotiation.revision();
        let ready = self.negotiation.is_setting_up();
        match self.pending.as_ref().or(self.active.as_ref()) {
            Some(live) if revision == current && (ready || self.pending.is_none()) => {
                live.connection.add_candidate(candidate).await
            }
            _ if revision >= current => {
                if self.early_candidates.len() == MAX_EARLY_CANDIDATES {
                    self.early_candidates.pop_front();
                }
                self.early_candidates.push_back((revision, candidate.to_owned()));
                Ok(())
            }
            _ => Ok(()),
        }
    }

    async fn add_early_candidates(&mut self) {
        let current = self.negotiation.revision();
        let early = std::mem::take(&mut self.early_candidates);
        for (revision, candidate) in early {
            if revision > current {
                self.early_candidates.push_back((revision, candidate));
            } else if revision == current
                && let Some(pending) = &self.pending
                && pending.connection.add_candidate(&candidate).await.is_err()
            {
                tracing::debug!("an early candidate of the peer was refused");
            }
        }
    }

    async fn connection_event(&mut self, id: u64, event: ConnectionEvent) {
        let pending = self.pending.as_ref().is_some_and(|live| live.id == id);
        let active = self.active.as_ref().is_some_and(|live| live.id == id);
        match event {
            ConnectionEvent::Gathered if pending => self.publish().await,
            ConnectionEvent::Candidate(candidate) if pending => {
                if let Some(live) = self.pending.as_ref().filter(|live| live.published)
                    && let Some(candidate) = live.connection.candidate(&candidate)
                {
                    let revision = live.revision;
                    self.events.push(SessionEvent::LocalCandidate { revision, candidate });
                }
            }
            ConnectionEvent::Progress if pending => {
                let now = self.now();
                self.negotiation.progress(now);
            }
            ConnectionEvent::Up if pending => self.handle(Input::Connected).await,
            ConnectionEvent::Died if pending => self.handle(Input::PendingDied).await,
            ConnectionEvent::Died if active => {
                tracing::info!("the media connection ended");
                self.handle(Input::ActiveDied).await;
            }
            _ => {}
        }
    }

    /// What time brings: descriptions that are ready, the watchdog, silence.
    async fn look_around(&mut self) {
        let now = self.now();
        if let Some(pending) = &mut self.pending {
            if pending.got_on() {
                self.negotiation.progress(now);
            }
            if let Some(round_trip) = pending.connection.round_trip() {
                self.negotiation.set_round_trip(round_trip);
            }
            if pending.gathers() && Instant::now() >= pending.publish_by {
                self.publish().await;
            }
        }
        self.negotiation.tick(now);
        if let Some(active) = &mut self.active {
            self.heard += active.newly_heard();
            if active.connection.confirmed() {
                self.negotiation.handle(now, Input::Confirmed);
            }
        }
        match self.liveness.tick(now, self.heard, self.negotiation.ours()) {
            Some(LivenessEvent::Interrupted) => self.events.push(SessionEvent::Interrupted),
            Some(LivenessEvent::Restored) => {
                self.backend.outgoing().resume();
                self.events.push(SessionEvent::Restored);
            }
            Some(LivenessEvent::Rebuild) if self.negotiation.rebuilds_on_silence() => {
                self.negotiation.handle(now, Input::Restart);
            }
            Some(LivenessEvent::ConsentExpired) => self.backend.outgoing().suspend(),
            Some(LivenessEvent::Rebuild) | None => {}
        }
        self.perform().await;
        while self.closing.try_join_next().is_some() {}
    }

    /// Carries out what the negotiation asks for.
    async fn perform(&mut self) {
        while let Some(action) = self.negotiation.poll() {
            let outcome = match action {
                Action::Offer => self.make_offer().await,
                Action::Answer => self.make_answer().await,
                Action::Apply | Action::WatchPeer | Action::Unwatch => Ok(()),
                Action::DropPending => {
                    if let Some(live) = self.pending.take() {
                        self.close_soon(live, Duration::ZERO);
                    }
                    Ok(())
                }
                Action::DropActive => {
                    self.backend.outgoing().suspend();
                    if let Some(live) = self.active.take() {
                        live.connection.set_active(false);
                        self.close_soon(live, Duration::ZERO);
                    }
                    Ok(())
                }
                Action::Activate => {
                    self.activate().await;
                    Ok(())
                }
                Action::WatchSetup => {
                    let real = Instant::now();
                    self.setup_began.get_or_insert(real);
                    self.first_setup_began.get_or_insert(real);
                    Ok(())
                }
                Action::Fail => {
                    let began = self.first_setup_began.map(|began| began.elapsed().as_secs());
                    self.events.push(SessionEvent::Failed(FailureReason::SetupTimeout {
                        attempts: self.negotiation.attempts(),
                        seconds: began.unwrap_or_default(),
                    }));
                    Ok(())
                }
            };
            if let Err(error) = outcome {
                tracing::warn!(%error, "a connection could not be built");
                let now = self.now();
                self.negotiation.handle(now, Input::PendingDied);
            }
        }
    }

    async fn connect(&mut self) -> Result<Live, TransportError> {
        if self.backend.alone() {
            // The fixed port is free only when what used it is gone.
            while self.closing.join_next().await.is_some() {}
        }
        self.next_id += 1;
        let events = Events::new(self.next_id, self.connection_sender.clone());
        let connection = self.backend.connect(events).await?;
        Ok(Live::new(self.next_id, connection, Instant::now() + self.backend.gathering()))
    }

    fn set_pending(&mut self, mut live: Live, kind: DescriptionKind) {
        live.revision = self.negotiation.revision();
        live.kind = kind;
        self.pending = Some(live);
        self.shown.attempts.store(self.negotiation.attempts(), std::sync::atomic::Ordering::Relaxed);
    }

    async fn make_offer(&mut self) -> Result<(), TransportError> {
        let live = self.connect().await?;
        let outcome = live.connection.offer().await;
        self.set_pending(live, DescriptionKind::Offer);
        outcome
    }

    async fn make_answer(&mut self) -> Result<(), TransportError> {
        let (offer, done) = self.remote.take().unwrap_or_default();
        let made = match self.prepared.take() {
            Some(live) => Ok(live),
            None => self.prepare_answer(&offer).await,
        };
        let outcome = match made {
            Ok(live) => {
                self.set_pending(live, DescriptionKind::Answer);
                self.add_early_candidates().await;
                Ok(())
            }
            Err(error) => Err(error),
        };
        if let Some(done) = done {
            let _ = done.send(outcome.clone());
        }
        outcome
    }

    /// Our description goes to the peer.
    async fn publish(&mut self) {
        let Some(live) = self.pending.as_mut().filter(|live| live.gathers()) else { return };
        live.published = true;
        let (revision, kind) = (live.revision, live.kind);
        if let Some(sdp) = live.connection.local_description().await {
            self.events.push(SessionEvent::LocalDescription(Description { revision, kind, sdp }));
        }
    }

    async fn activate(&mut self) {
        let Some(live) = self.pending.take() else { return };
        let details = live.connection.details().await;
        let setup = self.setup_began.take().map(|began| began.elapsed()).unwrap_or_default();
        if let Some(old) = self.active.take() {
            old.connection.set_active(false);
            self.close_soon(old, LINGER);
        }
        let ssrc = details.ssrc;
        let audio = details.audio.numbered(self.backend.outgoing().agree(details.audio.types()));
        self.backend.outgoing().resume();
        live.connection.set_active(true);
        *self.shown.details.lock().unwrap_or_else(PoisonError::into_inner) = Some(details);
        self.shown.setup.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(setup);
        self.active = Some(live);
        self.liveness.start(self.now(), self.heard);
        tracing::info!(
            setup_ms = setup.as_millis() as u64,
            attempts = self.negotiation.attempts(),
            "media connected"
        );
        self.events.push(SessionEvent::Connected { setup, ssrc, audio });
    }

    fn close_soon(&mut self, live: Live, after: Duration) {
        self.closing.spawn(async move {
            tokio::time::sleep(after).await;
            live.connection.close().await;
        });
    }

    async fn finish(mut self) {
        self.backend.outgoing().close();
        let now = self.now();
        self.negotiation.handle(now, Input::Close);
        debug_assert_eq!(self.negotiation.state(), State::Closed);
        let lives = [self.pending.take(), self.active.take(), self.prepared.take()];
        for live in lives.into_iter().flatten() {
            live.connection.set_active(false);
            self.close_soon(live, Duration::ZERO);
        }
        self.events.close();
        while self.closing.join_next().await.is_some() {}
    }
}
