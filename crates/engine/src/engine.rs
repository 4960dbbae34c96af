//! The engine: what it owns, and how it begins and ends.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use liaison_device::AudioPort;
use tokio::runtime::Runtime;
use tokio::sync::{mpsc, watch};

use crate::agent::CallAgent;
use crate::chat::{ChatClient, ChatInput, ChatTask, Rest, Store};
use crate::config::{AudioConfig, EngineConfig};
use crate::control::{self, Request};
use crate::devices::{AppDevice, DeviceManager, DeviceView};
use crate::error::{CallError, EngineError, SignInError};
use crate::event::{Event, OperationId};
use crate::media_thread::{self, Command, MediaHandle};
use crate::net::{Endpoint, Proxy, Route, client_config};
use crate::processing::ProcessingConfig;
use crate::queue::EventQueue;
use crate::registry::Registry;
use crate::token;
use crate::wake::WakeHook;

/// Commands waiting for the control task.
const MAX_REQUESTS: usize = 1024;
/// How long [`Engine`]'s end waits for calls to be hung up.
const GOODBYE: Duration = Duration::from_millis(1500);
/// Signalling and packets need no more: a second one only takes turns with the first, which costs a wake each time.
/// Audio never runs on it.
const WORKERS: usize = 1;

/// What the engine's handles share with its threads.
pub(crate) struct Shared {
    pub(crate) queue: EventQueue,
    pub(crate) registry: Registry,
    pub(crate) requests: mpsc::Sender<Request>,
    pub(crate) chat: mpsc::Sender<ChatInput>,
    /// The newest token, for requests besides the realtime connection; `None` while signed out.
    pub(crate) token: watch::Sender<Option<String>>,
    pub(crate) devices: DeviceView,
    standing: AtomicU8,
}

/// Where the engine stands with its token, as the app's threads see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Standing {
    SignedOut,
    /// A token was given; the connection may or may not be there.
    SignedIn,
    /// The service refused the token; another may be given.
    Refused,
}

impl Shared {
    pub(crate) fn standing(&self) -> Standing {
        match self.standing.load(Ordering::Acquire) {
            1 => Standing::SignedIn,
            2 => Standing::Refused,
            _ => Standing::SignedOut,
        }
    }

    pub(crate) fn set_standing(&self, standing: Standing) {
        self.standing.store(standing as u8, Ordering::Release);
    }
}

/// One endpoint. Every method may be called from any thread; one thread at a time polls the events.
///
/// Dropping it hangs up its calls, waits for that for at most 1.5 s, and stops its threads.
pub struct Engine {
    shared: Arc<Shared>,
    port: Option<AudioPort>,
    runtime: Option<Runtime>,
    /// Disconnected when the control task has ended.
    finished: crossbeam_channel::Receiver<()>,
    media: Option<MediaHandle>,
}

impl Engine {
    /// Starts the threads; nothing is sent before [`sign_in`](Self::sign_in).
    ///
    /// # Errors
    /// A configuration that cannot work, or a system that is out of threads or descriptors.
    pub fn new(config: EngineConfig) -> Result<Self, EngineError> {
        check(&config)?;
        let route = Route {
            endpoint: Endpoint::parse(&config.endpoint)?,
            proxy: config.http_proxy.as_deref().map(Proxy::parse).transpose()?,
            tls: client_config(config.ca_pem.as_deref())?,
            max_frame_bytes: liaison_link::Limits::V1.frame_bytes,
        };
        let log = crate::log::dispatch(config.log_level, config.log_hook.clone());
        let open = |folder: &PathBuf| Store::open(folder, config.data_key.as_ref(), log.clone());
        let store = config.data_path.as_ref().map(open).transpose()?;
        let (requests, inbox) = mpsc::channel(MAX_REQUESTS);
        let (chat, chat_inbox) = mpsc::channel(MAX_REQUESTS);
        let (to_chat, link_news) = mpsc::unbounded_channel();
        let (token, tokens) = watch::channel(None);
        let shared = Arc::new(Shared {
            queue: EventQueue::new()?,
            registry: Registry::default(),
            requests,
            chat,
            token,
            devices: DeviceView::new(&config.audio, config.channels),
            standing: AtomicU8::new(0),
        });
        let mut port = None;
        let mut ends = None;
        if matches!(config.audio, AudioConfig::External) {
            let (app_side, capture, playout) = AudioPort::with_channels(config.channels.count() as u16);
            port = Some(app_side);
            ends = Some((capture, playout));
        }
        let mut app_device = port.clone().map(|port| AppDevice { port, waiting: None });
        if let Some(device) = app_device.as_mut().filter(|_| config.audio_starts_inactive) {
            device.port.set_active(false);
            device.waiting = ends.take();
        }
        let poisoned = Arc::clone(&shared);
        let media = media_thread::spawn(ends, config.channels, move || poisoned.queue.poison())?;
        media.commands().send(Command::Processing(config.processing.resolve(&config.audio)));
        let thread_log = log.clone();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(WORKERS)
            .thread_name("liaison-io")
            .enable_all()
            // The guard would end with this closure, the log must last as long as the thread.
            .on_thread_start(move || std::mem::forget(tracing::dispatcher::set_default(&thread_log)))
            .build()?;
        let (ending, finished) = crossbeam_channel::bounded::<()>(0);
        {
            let rest = Rest::new(route.clone(), tokens, config.endpoint_is_acs);
            let (chat, seed) = (Arc::clone(&shared), control::random()?);
            let task = ChatTask::new(rest, chat, chat_inbox, link_news, store, seed);
            let shared = Arc::clone(&shared);
            runtime.spawn(async move {
                if tokio::spawn(task.run()).await.is_err_and(|error| error.is_panic()) {
                    shared.queue.poison();
                }
            });
        }
        {
            let (shared, media) = (Arc::clone(&shared), media.commands());
            let task =
                control::Control::new(config, route, Arc::clone(&shared), media, inbox, app_device, to_chat)?;
            runtime.spawn(async move {
                if tokio::spawn(task.run()).await.is_err_and(|error| error.is_panic()) {
                    shared.queue.poison();
                }
                drop(ending);
            });
        }
        Ok(Self { shared, port, runtime: Some(runtime), finished, media: Some(media) })
    }

    /// Connects to the service as the token's identity. The outcome is the operation's event; the connection's
    /// later changes are [`Event::ConnectionState`].
    ///
    /// # Errors
    /// A token that is none or has expired; signed in already.
    pub fn sign_in(&self, token: &str) -> Result<OperationId, SignInError> {
        token::check(token)?;
        let before = self.shared.standing();
        if before == Standing::SignedIn {
            return Err(SignInError::AlreadySignedIn);
        }
        // Before anything else can be asked for: it may be asked for at once.
        self.shared.token.send_replace(Some(token.to_owned()));
        self.shared.set_standing(Standing::SignedIn);
        self.request(|operation| Request::SignIn { operation, token: token.to_owned() })
            .inspect_err(|_| self.shared.set_standing(before))
    }

    /// Renews the token, on the connection as it stands.
    ///
    /// # Errors
    /// A token that is none or has expired.
    pub fn set_token(&self, token: &str) -> Result<OperationId, SignInError> {
        token::check(token)?;
        if self.shared.standing() == Standing::SignedOut {
            return Err(SignInError::NotSignedIn);
        }
        self.shared.token.send_replace(Some(token.to_owned()));
        self.request(|operation| Request::SetToken { operation, token: token.to_owned() })
    }

    /// Hangs up every call and disconnects.
    ///
    /// # Errors
    /// The engine has stopped.
    pub fn sign_out(&self) -> Result<OperationId, SignInError> {
        self.request(|operation| Request::SignOut { operation })
    }

    fn request(&self, make: impl FnOnce(OperationId) -> Request) -> Result<OperationId, SignInError> {
        if self.shared.queue.is_poisoned() {
            return Err(SignInError::Poisoned);
        }
        let operation = self.shared.queue.begin_operation().ok_or(SignInError::Busy)?;
        match self.shared.requests.try_send(make(operation)) {
            Ok(()) => Ok(operation),
            Err(mpsc::error::TrySendError::Full(_)) => {
                self.shared.queue.cancel_operation();
                Err(SignInError::Busy)
            }
            Err(mpsc::error::TrySendError::Closed(_)) => Err(SignInError::Poisoned),
        }
    }

    /// Calls are made, and found, here.
    pub fn call_agent(&self) -> CallAgent {
        CallAgent::new(Arc::clone(&self.shared))
    }

    /// Threads, messages, receipts.
    pub fn chat_client(&self) -> ChatClient {
        ChatClient::new(Arc::clone(&self.shared))
    }

    /// Microphones and speakers are listed, chosen and watched here; a phone's app tells here what its system says.
    pub fn device_manager(&self) -> DeviceManager {
        DeviceManager::new(Arc::clone(&self.shared))
    }

    /// Tells that the machine's network has changed (another Wi-Fi, a cable): connections are checked at once and
    /// media looks for a new path.
    pub fn network_changed(&self) {
        // Full means that it is busy with many commands; it will notice a dead connection by itself.
        let _ = self.shared.requests.try_send(Request::NetworkChanged);
    }

    /// Switches echo cancellation, noise suppression and gain control, in a call too. The change fades over; while
    /// echo is cancelled before and after, two seconds later.
    ///
    /// # Errors
    /// Too many commands are waiting, or the engine has stopped.
    pub fn set_processing(&self, processing: ProcessingConfig) -> Result<(), CallError> {
        crate::agent::send(&self.shared, Request::SetProcessing(processing))
    }

    /// The next event, if there is one.
    pub fn next_event(&self) -> Option<Event> {
        self.shared.queue.next()
    }

    /// The next event; waits for one for at most `timeout`.
    pub fn wait_event(&self, timeout: Duration) -> Option<Event> {
        self.shared.queue.wait(timeout)
    }

    /// Sets what is called, from one of the engine's threads and with no lock held, when an event comes and the app
    /// had last found none. It must return quickly and must not free the engine.
    pub fn set_wake_hook(&self, hook: Option<WakeHook>) {
        self.shared.queue.set_hook(hook);
    }

    /// A descriptor that is readable while there are events. The engine reads and closes it; only wait on it.
    #[cfg(unix)]
    pub fn wake_fd(&self) -> std::os::fd::RawFd {
        self.shared.queue.wake_fd()
    }

    /// The app's side of the audio, with [`AudioConfig::External`].
    pub fn audio_port(&self) -> Option<&AudioPort> {
        self.port.as_ref()
    }

    /// Whether an internal error has stopped the engine.
    pub fn is_poisoned(&self) -> bool {
        self.shared.queue.is_poisoned()
    }

    /// Stops the engine as an internal error would: for a boundary that caught a panic.
    pub fn poison(&self) {
        self.shared.queue.poison();
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.shared.queue.set_hook(None);
        let (closing, closed) = crossbeam_channel::bounded::<()>(0);
        let kept = self.shared.chat.try_send(ChatInput::Close(closing)).is_ok();
        if self.shared.requests.try_send(Request::Shutdown).is_ok() {
            let _ = self.finished.recv_timeout(GOODBYE);
        }
        if kept {
            let _ = closed.recv_timeout(GOODBYE);
        }
        if let Some(runtime) = self.runtime.take() {
            // On a thread of its own: the app may be dropping the engine inside a runtime, where blocking panics.
            let end = std::thread::spawn(move || runtime.shutdown_timeout(Duration::from_millis(500)));
            let _ = end.join();
        }
        // After the sessions, so that the thread's last packets have gone nowhere.
        drop(self.media.take());
    }
}

fn check(config: &EngineConfig) -> Result<(), EngineError> {
    if config.display_name.len() > 256 {
        return Err(EngineError::DisplayName(config.display_name.len()));
    }
    let sane = Duration::from_millis(100)..=Duration::from_secs(3600);
    for (name, value) in [
        ("reconnect_after", config.reconnect_after),
        ("media_lost_after", config.media_lost_after),
        ("no_answer_after", config.no_answer_after),
    ] {
        if !sane.contains(&value) {
            return Err(EngineError::Timeout { name });
        }
    }
    let levels = Duration::from_millis(20)..=Duration::from_secs(10);
    if config.level_events.is_some_and(|every| !levels.contains(&every)) {
        return Err(EngineError::LevelEvents);
    }
    if config.data_key.is_some() && config.data_path.is_none() {
        return Err(EngineError::DataKey);
    }
    let Some(path) = &config.data_path else { return Ok(()) };
    let failed = |source| EngineError::DataPath { path: path.clone(), source };
    std::fs::create_dir_all(path).map_err(failed)?;
    let probe = path.join(format!(".liaison-probe-{}", std::process::id()));
    std::fs::write(&probe, b"").map_err(failed)?;
    std::fs::remove_file(&probe).map_err(failed)
}
