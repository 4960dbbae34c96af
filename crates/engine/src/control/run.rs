//! The control task's loop: waits for whatever comes first, hands it to the core it concerns, and does what the cores
//! then want done.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use liaison_link::DeviceId;
use liaison_signaling::{CallId, Command, Endpoint, EndpointConfig, EndpointInput};
use tokio::sync::mpsc;

use super::calls::CallEntry;
use super::devices::{DeviceNews, Devices};
use super::media::MediaEntry;
use super::session::{Notice, SessionId};
use super::sign_in::SignIn;
use super::wire::Wire;
use super::{CallCommand, Request};
use crate::chat::LinkNews;
use crate::config::EngineConfig;
use crate::devices::AppDevice;
use crate::engine::Shared;
use crate::event::{CallHandle, Event, OperationError, OperationId};
use crate::media_thread::MediaCommands;
use crate::net::{Route, SocketEvent};

/// Queues from sockets, sessions and devices to this task.
const MAX_NOTICES: usize = 1024;
/// How often what is sent is fitted to the network.
const ADAPT_EVERY: Duration = Duration::from_millis(200);
/// How often figures are gathered.
const STATISTICS_EVERY: Duration = Duration::from_secs(1);
/// How long hung-up calls may take to say so when the engine ends.
const GOODBYE: Duration = Duration::from_millis(700);

pub(crate) struct Control {
    pub(super) config: EngineConfig,
    pub(super) shared: Arc<Shared>,
    pub(super) media: MediaCommands,
    /// As fast as the service tells; it waits for acknowledgements, so there are never many.
    pub(super) chat: mpsc::UnboundedSender<LinkNews>,
    pub(super) wire: Wire,
    pub(super) endpoint: Endpoint,
    pub(super) devices: Devices,
    pub(super) sign_in: SignIn,
    pub(super) calls: BTreeMap<CallId, CallEntry>,
    pub(super) sessions: BTreeMap<SessionId, MediaEntry>,
    pub(super) next_session: u64,
    pub(super) notices: mpsc::Sender<(SessionId, Notice)>,
    inbox: mpsc::Receiver<Request>,
    socket_events: mpsc::Receiver<SocketEvent>,
    session_notices: mpsc::Receiver<(SessionId, Notice)>,
    device_news: mpsc::Receiver<DeviceNews>,
    next_statistics: Instant,
    pub(super) next_levels: Instant,
    pub(super) next_level_events: Instant,
    next_adaptation: Instant,
    /// Whose other side had the floor when last looked.
    pub(super) dominant: Option<CallHandle>,
    /// Set when the engine ends: the task runs until then at most.
    stop_at: Option<Instant>,
}

impl Control {
    pub(crate) fn new(
        config: EngineConfig,
        route: Route,
        shared: Arc<Shared>,
        media: MediaCommands,
        inbox: mpsc::Receiver<Request>,
        app_device: Option<AppDevice>,
        chat: mpsc::UnboundedSender<LinkNews>,
    ) -> std::io::Result<Self> {
        let (to_socket, socket_events) = mpsc::channel(MAX_NOTICES);
        let (notices, session_notices) = mpsc::channel(MAX_NOTICES);
        let (to_devices, device_news) = mpsc::channel(MAX_NOTICES);
        let endpoint_config = EndpointConfig {
            display_name: config.display_name.clone(),
            no_answer: config.no_answer_after,
            reconnect_after: config.reconnect_after,
            media_lost_after: config.media_lost_after,
            ..EndpointConfig::default()
        };
        let endpoint = Endpoint::new(endpoint_config, random()?);
        let device = DeviceId(endpoint.device().0);
        Ok(Self {
            wire: Wire::new(route, device, random()?, to_socket),
            endpoint,
            devices: Devices::new(&config, media.clone(), to_devices, Arc::clone(&shared), app_device),
            config,
            shared,
            media,
            chat,
            sign_in: SignIn::default(),
            calls: BTreeMap::new(),
            sessions: BTreeMap::new(),
            next_session: 0,
            notices,
            inbox,
            socket_events,
            session_notices,
            device_news,
            next_statistics: Instant::now(),
            next_levels: Instant::now(),
            next_level_events: Instant::now(),
            next_adaptation: Instant::now(),
            dominant: None,
            stop_at: None,
        })
    }

    pub(crate) async fn run(mut self) {
        loop {
            let deadline = self.deadline();
            tokio::select! {
                request = self.inbox.recv() => match request {
                    Some(request) => self.request(Instant::now(), request),
                    None => self.shut_down(Instant::now()),
                },
                Some(event) = self.socket_events.recv() => {
                    if let Some((text, untrusted)) = self.wire.socket(Instant::now(), event) {
                        self.socket_failed(text, untrusted);
                    }
                }
                Some((id, notice)) = self.session_notices.recv() => self.notice(Instant::now(), id, notice),
                Some(news) = self.device_news.recv() => self.devices.take(news),
                () = tokio::time::sleep_until(deadline.into()) => {}
            }
            let now = Instant::now();
            self.tick(now);
            self.drain(now);
            let quiet = self.calls.is_empty();
            if self.stop_at.is_some_and(|stop_at| quiet || stop_at <= now) {
                break;
            }
        }
        self.wire.close(Instant::now());
        self.drain(Instant::now());
        self.devices.release();
    }

    fn deadline(&self) -> Instant {
        let far = Instant::now() + Duration::from_secs(3600);
        let regular = (!self.sessions.is_empty()).then(|| self.next_statistics.min(self.next_adaptation));
        let levels = self.levels_deadline();
        [
            self.wire.deadline(),
            self.endpoint.deadline(),
            self.sign_in.deadline(),
            regular,
            levels,
            self.stop_at,
        ]
        .into_iter()
        .flatten()
        .fold(far, Instant::min)
    }

    fn tick(&mut self, now: Instant) {
        self.wire.tick(now);
        if self.endpoint.deadline().is_some_and(|deadline| deadline <= now) {
            self.tell(now, EndpointInput::Tick);
        }
        if let Some(remaining) = self.sign_in.tick(now) {
            self.shared.queue.push(Event::TokenExpiring { remaining });
        }
        self.look_at_levels(now);
        if now >= self.next_adaptation && !self.sessions.is_empty() {
            self.next_adaptation = now + ADAPT_EVERY;
            self.adapt(now);
        }
        if now >= self.next_statistics && !self.sessions.is_empty() {
            self.next_statistics = now + STATISTICS_EVERY;
            self.gather_statistics();
            self.devices.tell_losses();
        }
    }

    /// Does what the cores want done until none wants anything.
    fn drain(&mut self, now: Instant) {
        loop {
            if let Some(output) = self.endpoint.poll() {
                self.endpoint_output(now, output);
            } else if let Some(output) = self.wire.poll(now) {
                self.link_output(now, output);
            } else {
                return;
            }
        }
    }

    /// For inputs that cannot be refused: everything but an app's command.
    pub(super) fn tell(&mut self, now: Instant, input: EndpointInput) {
        if let Err(error) = self.endpoint.handle(now, input) {
            tracing::debug!(%error, "call");
        }
    }

    pub(super) fn done(&self, operation: OperationId, result: Result<(), OperationError>) {
        self.shared.queue.push(Event::OperationDone { operation, result });
    }

    fn request(&mut self, now: Instant, request: Request) {
        match request {
            Request::SignIn { operation, token } => self.begin_sign_in(now, operation, token),
            Request::SetToken { operation, token } => self.renew_token(now, operation, token),
            Request::SignOut { operation } => self.begin_sign_out(now, operation),
            Request::Start { call, to } => self.start_call(now, call, to),
            Request::Call { call, operation, command } => self.call_command(now, call, operation, command),
            Request::Chat(request) => self.say_chat(now, request),
            Request::SetProcessing(processing) => {
                let resolved = processing.resolve(&self.config.audio);
                self.media.send(crate::media_thread::Command::Processing(resolved));
            }
            Request::NetworkChanged => {
                self.wire.network_changed(now);
                for entry in self.sessions.values() {
                    entry.handle.restart_ice();
                }
            }
            Request::SelectDevice { operation, side, id } => self.devices.select(operation, side, id),
            Request::WatchDevices(on) => self.devices.watch(on),
            Request::AudioSession(change) => self.devices.change_session(change),
            Request::Shutdown => self.shut_down(now),
        }
    }

    pub(super) fn hang_up_all(&mut self, now: Instant) {
        let calls: Vec<CallId> = self.endpoint.calls().collect();
        for call in calls {
            self.tell(now, EndpointInput::App(Command::HangUp { call }));
        }
    }

    fn shut_down(&mut self, now: Instant) {
        if self.stop_at.is_none() {
            self.hang_up_all(now);
            self.stop_at = Some(now + GOODBYE);
        }
    }

    pub(super) fn find(&self, handle: CallHandle) -> Option<CallId> {
        self.calls.iter().find(|(_, entry)| entry.handle == handle).map(|(call, _)| *call)
    }

    fn call_command(
        &mut self,
        now: Instant,
        handle: CallHandle,
        operation: OperationId,
        command: CallCommand,
    ) {
        let Some(call) = self.find(handle) else {
            self.done(operation, Err(OperationError::WrongState("the call has ended".into())));
            return;
        };
        self.carry_out(now, call, operation, command);
    }
}

/// 64 random bits from the system.
pub(crate) fn random() -> std::io::Result<u64> {
    getrandom::u64().map_err(|error| std::io::Error::other(error.to_string()))
}
