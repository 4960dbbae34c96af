//! All push channels: whose they are, and what opens them.

use super::PushLimits;
use super::id::{Key, SocketId};
use crate::account::Account;
use crate::realtime::socket::Socket;
use liaison_identity::RawId;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot, watch};

/// What may wait for a channel's task.
const MAIL: usize = 8;
/// How long a socket's name is good.
const SOCKET_ID: Duration = Duration::from_secs(60);

/// An order for a channel's task, and who hears when it is done.
pub(super) type Mail = (Order, oneshot::Sender<()>);

/// What a channel's task is told.
pub(super) enum Order {
    /// The client's socket; the former one is over.
    Attach(Box<Socket>),
    /// From now on the client wants to hear, until then.
    Register { until: Instant, at: NotifyAt },
    /// It does not want to hear any more.
    Unregister,
    /// The client showed a token that ends then.
    Renew { expires: Instant },
}

/// Where within a channel's URL a client wants its notifications.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotifyAt {
    /// Browsers: all at `messaging`.
    Messaging,
    /// Phones: each at its event's name.
    EventName,
}

/// What a channel's client is given.
#[derive(Clone, Copy)]
pub(super) struct Given {
    pub(super) channel: Key,
    /// What opens it.
    pub(super) secret: Key,
}

/// What a new channel's task needs. The channel is forgotten when this is dropped.
pub(super) struct Registration {
    channels: Arc<Channels>,
    pub(super) given: Given,
    pub(super) raw_id: RawId,
    pub(super) mail: mpsc::Receiver<Mail>,
    pub(super) closing: watch::Receiver<bool>,
    /// Whether the client is connected; kept by the task.
    pub(super) connected: watch::Sender<bool>,
}

/// Why there is no new channel.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Full {
    User,
    Service,
    Stopping,
}

struct Entry {
    raw_id: RawId,
    secret: Key,
    mail: mpsc::Sender<Mail>,
    closing: watch::Sender<bool>,
    connected: watch::Receiver<bool>,
    /// What opens the next socket, and since when.
    socket: Option<(Key, Instant)>,
    /// The name that the client gave its registration.
    registration: Option<String>,
}

impl Entry {
    /// Asks the task to end.
    fn close(&self) {
        self.closing.send_replace(true);
    }
}

#[derive(Default)]
struct Registry {
    stopping: bool,
    channels: HashMap<Key, Entry>,
    /// Each user's channels, the oldest first.
    users: HashMap<RawId, Vec<Key>>,
}

/// All channels of the service.
pub(crate) struct Channels {
    registry: Mutex<Registry>,
    limits: PushLimits,
}

impl Channels {
    pub(crate) fn new(limits: &PushLimits) -> Arc<Self> {
        Arc::new(Self { registry: Mutex::default(), limits: limits.clone() })
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.registry().channels.len()
    }

    /// A new channel of a verified user.
    pub(super) fn open(self: &Arc<Self>, raw_id: &RawId) -> Result<Registration, Full> {
        let mut registry = self.registry();
        if registry.stopping {
            return Err(Full::Stopping);
        }
        let own = registry.users.get(raw_id).map(Vec::as_slice).unwrap_or_default();
        if own.len() >= self.limits.channels_per_user {
            let idle =
                own.iter().find(|key| registry.channels.get(key).is_some_and(|e| !*e.connected.borrow()));
            let idle = *idle.ok_or(Full::User)?;
            registry.forget(idle).iter().for_each(Entry::close);
        }
        if registry.channels.len() >= self.limits.channels {
            return Err(Full::Service);
        }
        let given = Given { channel: Key::new(), secret: Key::new() };
        let (mail, inbox) = mpsc::channel(MAIL);
        let (closing, closed) = watch::channel(false);
        let (connected, is_connected) = watch::channel(false);
        let raw_id = raw_id.clone();
        registry.users.entry(raw_id.clone()).or_default().push(given.channel);
        let entry = Entry {
            raw_id: raw_id.clone(),
            secret: given.secret,
            mail,
            closing,
            connected: is_connected,
            socket: None,
            registration: None,
        };
        registry.channels.insert(given.channel, entry);
        Ok(Registration {
            channels: Arc::clone(self),
            given,
            raw_id,
            mail: inbox,
            closing: closed,
            connected,
        })
    }

    /// The channel that a user comes back to.
    pub(super) fn back(&self, raw_id: &RawId, given: Given) -> Option<mpsc::Sender<Mail>> {
        let registry = self.registry();
        let entry = registry.channels.get(&given.channel)?;
        (entry.secret == given.secret && entry.raw_id == *raw_id).then(|| entry.mail.clone())
    }

    /// The name of the channel's next socket, for who knows its secret. A former name opens nothing any more.
    pub(super) fn name_socket(&self, given: Given, now: Instant) -> Option<SocketId> {
        let mut registry = self.registry();
        let entry = registry.channels.get_mut(&given.channel)?;
        if entry.secret != given.secret {
            return None;
        }
        let secret = Key::new();
        entry.socket = Some((secret, now));
        Some(SocketId { channel: given.channel, secret })
    }

    /// Where a socket of that name belongs, once.
    pub(super) fn take_socket(&self, id: SocketId, now: Instant) -> Option<mpsc::Sender<Mail>> {
        let mut registry = self.registry();
        let entry = registry.channels.get_mut(&id.channel)?;
        let good = |(secret, since): &(Key, Instant)| {
            *secret == id.secret && now.saturating_duration_since(*since) < SOCKET_ID
        };
        entry.socket.as_ref().is_some_and(good).then(|| {
            entry.socket = None;
            entry.mail.clone()
        })
    }

    /// Names the registration of a user's own channel; where its task takes mail.
    pub(super) fn register(&self, raw_id: &RawId, channel: Key, name: &str) -> Option<mpsc::Sender<Mail>> {
        let mut registry = self.registry();
        let entry = registry.channels.get_mut(&channel).filter(|entry| entry.raw_id == *raw_id)?;
        entry.registration = Some(name.to_owned());
        Some(entry.mail.clone())
    }

    /// Forgets a user's registrations of that name; where the tasks take mail.
    pub(super) fn unregister(&self, raw_id: &RawId, name: &str) -> Vec<mpsc::Sender<Mail>> {
        let mut registry = self.registry();
        let own = registry.users.get(raw_id).cloned().unwrap_or_default();
        let mut found = Vec::new();
        for key in own {
            if let Some(entry) = registry.channels.get_mut(&key)
                && entry.registration.as_deref() == Some(name)
            {
                entry.registration = None;
                found.push(entry.mail.clone());
            }
        }
        found
    }

    /// Ends the channels of an account whose tokens are void.
    pub(crate) fn close(&self, account: &Account) {
        let registry = self.registry();
        let own = registry.users.get(&account.raw_id()).into_iter().flatten();
        own.filter_map(|key| registry.channels.get(key)).for_each(Entry::close);
    }

    /// Asks every channel to end and lets no new one in.
    pub(crate) fn stop(&self) {
        let mut registry = self.registry();
        registry.stopping = true;
        registry.channels.values().for_each(Entry::close);
    }

    fn registry(&self) -> MutexGuard<'_, Registry> {
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Registry {
    fn forget(&mut self, channel: Key) -> Option<Entry> {
        let entry = self.channels.remove(&channel)?;
        if let Some(own) = self.users.get_mut(&entry.raw_id) {
            own.retain(|one| *one != channel);
            if own.is_empty() {
                self.users.remove(&entry.raw_id);
            }
        }
        Some(entry)
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        drop(self.channels.registry().forget(self.given.channel));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn channels(per_user: usize, all: usize) -> Arc<Channels> {
        Channels::new(&PushLimits { channels_per_user: per_user, channels: all, ..PushLimits::default() })
    }

    fn user(name: &str) -> RawId {
        RawId::new(&format!("8:acs:r_{name}")).unwrap()
    }

    #[test]
    fn a_socket_is_named_by_who_knows_the_secret_and_opened_once() {
        let (channels, now) = (channels(2, 9), Instant::now());
        let registration = channels.open(&user("a")).unwrap();
        let given = registration.given;
        let guessed = Given { secret: Key::new(), ..given };
        assert!(channels.name_socket(guessed, now).is_none());
        let former = channels.name_socket(given, now).unwrap();
        let id = channels.name_socket(given, now).unwrap();
        assert!(channels.take_socket(former, now).is_none(), "the later name replaced it");
        assert!(channels.take_socket(id, now + SOCKET_ID).is_none(), "too late");
        assert!(channels.take_socket(id, now).is_some());
        assert!(channels.take_socket(id, now).is_none(), "a second time");
        drop(registration);
        assert!(channels.name_socket(given, now).is_none());
        assert_eq!(channels.count(), 0);
    }

    #[test]
    fn a_channel_is_its_users() {
        let channels = channels(2, 9);
        let registration = channels.open(&user("a")).unwrap();
        let given = registration.given;
        assert!(channels.back(&user("b"), given).is_none());
        assert!(channels.back(&user("a"), Given { secret: Key::new(), ..given }).is_none());
        assert!(channels.back(&user("a"), given).is_some());
        assert!(channels.register(&user("b"), given.channel, "x").is_none());
        assert!(channels.register(&user("a"), given.channel, "x").is_some());
        assert_eq!(channels.unregister(&user("b"), "x").len(), 0);
        assert_eq!(channels.unregister(&user("a"), "y").len(), 0);
        assert_eq!(channels.unregister(&user("a"), "x").len(), 1);
        assert_eq!(channels.unregister(&user("a"), "x").len(), 0, "it is forgotten");
    }

    #[test]
    fn a_new_channel_takes_the_place_of_one_without_a_client() {
        let channels = channels(2, 3);
        let (first, second) = (channels.open(&user("a")).unwrap(), channels.open(&user("a")).unwrap());
        first.connected.send_replace(true);
        let third = channels.open(&user("a")).unwrap();
        assert!(*second.closing.borrow() && !*first.closing.borrow());
        third.connected.send_replace(true);
        assert_eq!(channels.open(&user("a")).map(drop), Err(Full::User));
        let other = channels.open(&user("b")).unwrap();
        assert_eq!(channels.open(&user("c")).map(drop), Err(Full::Service));
        drop(other);
        assert!(channels.open(&user("c")).is_ok());
    }

    #[test]
    fn who_leaves_loses_their_channels_and_a_stop_all() {
        let channels = channels(2, 9);
        let (a, b) = (channels.open(&user("a")).unwrap(), channels.open(&user("b")).unwrap());
        channels.close(&Account::of("8:acs:r_a").unwrap());
        assert!(*a.closing.borrow() && !*b.closing.borrow());
        channels.stop();
        assert!(*b.closing.borrow());
        assert_eq!(channels.open(&user("c")).map(drop), Err(Full::Stopping));
    }
}
