//! Who is connected: every session, by its name, its endpoint and its user.

use crate::account::Account;
use crate::config::Limits;
use crate::operations::Departures;
use crate::tokens::Bearer;
use liaison_identity::RawId;
use liaison_link::{CommandId, DeviceId, Hello, RefusalCode, SessionId};
use liaison_signaling::{
    Admission, AdmissionRequest, EndpointId, SwitchboardInput, ToEndpoint, ToSwitchboard,
};
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Semaphore, mpsc, oneshot, watch};

use super::push::Channels;
use super::queue::{self, Refused};
use super::socket::Socket;

/// How many devices whose session ended are remembered, and how many of each one's last commands.
const RETIRED: usize = 1024;
const RETIRED_COMMANDS: usize = 256;

/// What a session is told.
pub(super) enum Mail {
    /// The client's socket, whose hello was verified.
    Attach { socket: Box<Socket>, hello: Box<Hello>, bearer: Box<Bearer> },
    /// Tell the client. What it depends on is written.
    Deliver(Box<ToEndpoint>),
    /// The client's command, and all before it, are done and written.
    Acknowledge { sequence: u64 },
    /// The device has a new session: end, and say which commands were seen.
    Supersede(oneshot::Sender<Vec<CommandId>>),
}

/// Why a session must end now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Closing {
    pub(super) code: RefusalCode,
    pub(super) text: &'static str,
}

/// What the switchboard is told by sessions and decisions.
pub(super) enum Event {
    /// `Attached` or `Detached`.
    Presence(SwitchboardInput),
    /// The endpoint's session is over.
    Ended {
        endpoint: EndpointId,
        goodbye: bool,
    },
    Message {
        endpoint: EndpointId,
        sequence: u64,
        message: ToSwitchboard,
    },
    /// A command that is none of the switchboard's was done; it is acknowledged in its turn.
    Done {
        endpoint: EndpointId,
        sequence: u64,
    },
    Admission {
        request: AdmissionRequest,
        decision: Admission,
    },
}

/// The switchboard's end of the queues.
pub(crate) struct Inbox {
    pub(super) events: mpsc::Receiver<Event>,
    pub(super) removed: mpsc::UnboundedReceiver<RawId>,
}

/// What a new session needs of its registration.
pub(super) struct Registration {
    pub(super) endpoint: EndpointId,
    pub(super) session: SessionId,
    pub(super) mail: queue::Receiver<Mail>,
    pub(super) closing: watch::Receiver<Option<Closing>>,
    /// Whether the client is connected; kept by the session.
    pub(super) connected: Arc<AtomicBool>,
}

/// Where a hello leads.
pub(super) enum Place {
    /// To a session that waits for its client.
    Resumed(queue::Sender<Mail>),
    /// To a new session; the device's former one, if it is there, must end first.
    New { registration: Registration, mail: queue::Sender<Mail>, former: Option<queue::Sender<Mail>> },
    /// Nowhere: there are too many.
    Full(&'static str),
}

struct Entry {
    session: SessionId,
    raw_id: RawId,
    device: DeviceId,
    mail: queue::Sender<Mail>,
    closing: watch::Sender<Option<Closing>>,
    connected: Arc<AtomicBool>,
}

impl Entry {
    fn close(&self, code: RefusalCode, text: &'static str) {
        self.closing.send_replace(Some(Closing { code, text }));
    }
}

#[derive(Default)]
struct Registry {
    last_endpoint: u64,
    stopping: bool,
    endpoints: HashMap<EndpointId, Entry>,
    sessions: HashMap<SessionId, EndpointId>,
    users: HashMap<RawId, Vec<EndpointId>>,
    retired: VecDeque<((RawId, DeviceId), Vec<CommandId>)>,
}

/// All sessions, and the way to the switchboard.
pub(crate) struct Hub {
    registry: Mutex<Registry>,
    limits: Limits,
    healthy: AtomicBool,
    /// The push channels, whose users leave and which stop as sessions do.
    pub(crate) push: Arc<Channels>,
    /// One permit for each open socket.
    pub(super) sockets: Arc<Semaphore>,
    pub(super) events: mpsc::Sender<Event>,
    /// Unbounded, but fed only by rate-limited requests and the administrator.
    removed: mpsc::UnboundedSender<RawId>,
}

impl Hub {
    pub(crate) fn new(limits: &Limits) -> (Arc<Self>, Inbox) {
        let (events, inbox) = mpsc::channel(super::QUEUE);
        let (removed, removals) = mpsc::unbounded_channel();
        let hub = Self {
            registry: Mutex::default(),
            limits: limits.clone(),
            healthy: AtomicBool::new(true),
            push: Channels::new(&limits.push),
            sockets: Arc::new(Semaphore::new(limits.connections)),
            events,
            removed,
        };
        (Arc::new(hub), Inbox { events: inbox, removed: removals })
    }

    /// False while the switchboard's decisions cannot be written.
    pub(crate) fn is_healthy(&self) -> bool {
        self.healthy.load(Ordering::Relaxed)
    }

    pub(super) fn set_healthy(&self, healthy: bool) {
        self.healthy.store(healthy, Ordering::Relaxed);
    }

    /// Sessions, attached or waiting to resume.
    pub(crate) fn session_count(&self) -> usize {
        self.registry().endpoints.len()
    }

    /// The session a hello of this verified user belongs to.
    pub(super) fn place(&self, raw_id: &RawId, hello: &Hello) -> Place {
        let mut registry = self.registry();
        if registry.stopping {
            return Place::Full("the service is stopping: try again later");
        }
        let resumed = hello.resume.and_then(|resume| registry.sessions.get(&resume.session));
        // A session is its user's: somebody else who names it gets a new one of their own.
        if let Some(entry) = resumed.and_then(|endpoint| registry.endpoints.get(endpoint))
            && entry.raw_id == *raw_id
        {
            return Place::Resumed(entry.mail.clone());
        }
        let own: Vec<&Entry> = registry.entries_of(raw_id).collect();
        let former = own.iter().find(|entry| entry.device == hello.device).map(|entry| entry.mail.clone());
        if own.len() >= self.limits.sessions_per_user && former.is_none() {
            match own.iter().find(|entry| !entry.connected.load(Ordering::Relaxed)) {
                Some(waiting) => waiting.close(RefusalCode::Busy, "another device took this session's place"),
                None => return Place::Full("this user is signed in on too many devices: sign out on one"),
            }
        }
        if registry.endpoints.len() >= self.limits.sessions {
            return Place::Full("the service is full: try again later");
        }
        registry.last_endpoint += 1;
        let endpoint = EndpointId(registry.last_endpoint);
        let session = SessionId(u128::from_le_bytes(crate::random::bytes()));
        let (mail, inbox) = queue::queue(self.limits.outbound_frames);
        let (closing, closed) = watch::channel(None);
        let (raw_id, device) = (raw_id.clone(), hello.device);
        // Until its first socket comes it counts as connected: it is about to be.
        let connected = Arc::new(AtomicBool::new(true));
        registry.sessions.insert(session, endpoint);
        registry.users.entry(raw_id.clone()).or_default().push(endpoint);
        let entry =
            Entry { session, raw_id, device, mail: mail.clone(), closing, connected: Arc::clone(&connected) };
        registry.endpoints.insert(endpoint, entry);
        let registration = Registration { endpoint, session, mail: inbox, closing: closed, connected };
        Place::New { registration, mail, former }
    }

    /// Forgets a session that ended, but not the commands its device may send again.
    pub(super) fn remove(&self, endpoint: EndpointId, commands: Vec<CommandId>) {
        let mut registry = self.registry();
        let Some(entry) = registry.endpoints.remove(&endpoint) else { return };
        registry.sessions.remove(&entry.session);
        if let Some(own) = registry.users.get_mut(&entry.raw_id) {
            own.retain(|one| *one != endpoint);
            if own.is_empty() {
                registry.users.remove(&entry.raw_id);
            }
        }
        let key = (entry.raw_id, entry.device);
        registry.retired.retain(|(known, _)| *known != key);
        if registry.retired.len() >= RETIRED {
            registry.retired.pop_front();
        }
        let last = commands.len().saturating_sub(RETIRED_COMMANDS);
        registry.retired.push_back((key, commands[last..].to_vec()));
    }

    /// The commands a device sent in a session that ended.
    pub(super) fn retired(&self, raw_id: &RawId, device: DeviceId) -> Vec<CommandId> {
        let registry = self.registry();
        let mut known = registry.retired.iter().filter(|((raw, dev), _)| raw == raw_id && *dev == device);
        known.next().map(|(_, commands)| commands.clone()).unwrap_or_default()
    }

    /// Hands mail to a session. One that does not take its mail is closed; its client reads anew.
    pub(super) fn deliver(&self, endpoint: EndpointId, mail: Mail) {
        let registry = self.registry();
        let Some(entry) = registry.endpoints.get(&endpoint) else { return };
        if entry.mail.try_send(mail) == Err(Refused::Full) {
            let text = "too many messages waited for you; connect again and read the state anew";
            entry.close(RefusalCode::Busy, text);
        }
    }

    /// Ends the sessions of an account whose tokens are void.
    pub(super) fn close(&self, account: &Account) {
        let text = "the token was revoked, or its user deleted: get a new one from your token backend";
        for entry in self.registry().entries_of(&account.raw_id()) {
            entry.close(RefusalCode::RevokedToken, text);
        }
        self.push.close(account);
    }

    /// Asks every session to end and lets no new one in. Their clients come back to the next start.
    pub(crate) fn stop(&self) {
        self.push.stop();
        let mut registry = self.registry();
        registry.stopping = true;
        for entry in registry.endpoints.values() {
            let text = "the service is stopping: try again later";
            entry.close(RefusalCode::Busy, text);
        }
    }

    fn registry(&self) -> MutexGuard<'_, Registry> {
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Registry {
    fn entries_of(&self, raw_id: &RawId) -> impl Iterator<Item = &Entry> {
        self.users.get(raw_id).into_iter().flatten().filter_map(|endpoint| self.endpoints.get(endpoint))
    }
}

impl Departures for Hub {
    fn departed(&self, account: &Account) {
        self.close(account);
        let _ = self.removed.send(account.raw_id());
    }
}
