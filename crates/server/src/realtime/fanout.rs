//! Chat's events on their way to those who listen: link sessions and push sessions.
//!
//! ```text
//! writer thread ── events in the order of the commits ──► fan-out task ──► one bounded queue a listener
//! ```
//! The task asks the store who is in a thread and remembers it until that changes. It never waits for a
//! listener: whose queue is full is told that something is missing, and reads it from the log.

use super::queue::{self, Got};
use crate::halves::Halves;
use crate::store::{Member, Store, Viewer};
use crate::webhook::Bell;
use liaison_chat::link::ChatFrame;
use liaison_chat::{Event, EventKind, ThreadId};
use liaison_identity::{AcsUserLabel, RawId};
use liaison_link::{Body, BodyError};
use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use tokio::sync::mpsc;

/// How many events may wait for the task. The writer waits when there are more; the task waits for
/// nobody, so that is short.
pub(crate) const QUEUE: usize = 4096;
/// Longest frame of an event, in bytes; a longer one is told as a gap.
const FRAME: usize = 64 * 1024;
/// How many threads' members are remembered: twice this at the most.
const THREADS: usize = 4096;
/// How many events are handed on together at most.
const AT_ONCE: usize = 32;

/// What a listener hears.
#[derive(Clone, Debug)]
pub(crate) enum Heard {
    /// An event of a thread the listener's user is in.
    Event(Arc<Told>),
    /// Something was left out: read what is missing.
    Missed,
}

/// An event on its way, in the forms its listeners send it on.
pub(crate) struct Told {
    pub(crate) event: Event,
    /// Of the link; made once for all its sessions.
    frame: OnceLock<Result<Body, BodyError>>,
}

impl fmt::Debug for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.event.fmt(f)
    }
}

impl Told {
    /// The frame that tells it on the link.
    pub(super) fn frame(&self) -> Result<Body, BodyError> {
        self.frame.get_or_init(|| Body::from_json(ChatFrame::of(&self.event, FRAME))).clone()
    }
}

/// The forms of one event, each made when the first listener is told it.
struct Forms {
    event: Event,
    /// Whole, and without what a message of before somebody's time says now; in each: without labels, with one or the
    /// other.
    made: [[Option<Arc<Told>>; 3]; 2],
}

impl Forms {
    fn of(event: Event) -> Self {
        Self { event, made: Default::default() }
    }

    fn told(&mut self, partly: bool, label: Option<AcsUserLabel>) -> Arc<Told> {
        let column = match label {
            None => 0,
            Some(AcsUserLabel::Unverified) => 1,
            Some(AcsUserLabel::External) => 2,
        };
        let made = self.made[usize::from(partly)][column].get_or_insert_with(|| {
            let kept = if partly { self.event.to_log() } else { None };
            let event = kept.unwrap_or_else(|| self.event.clone());
            let event = match label {
                Some(label) => event.shown_with(label),
                None => event,
            };
            Arc::new(Told { event, frame: OnceLock::new() })
        });
        Arc::clone(made)
    }
}

/// Who listens, by user.
#[derive(Default)]
pub(crate) struct Fanout {
    listeners: Mutex<HashMap<RawId, Vec<Listener>>>,
    last: AtomicUsize,
}

struct Listener {
    id: usize,
    viewer: Viewer,
    /// A mark in it says that something was left out.
    queue: queue::Sender<Arc<Told>>,
}

impl Listener {
    fn tell(&self, event: Arc<Told>) {
        let is_kept = event.event.sequence.is_some();
        let full = self.queue.try_send(event).is_err();
        // What passes and is not kept cannot be read later either.
        if full && is_kept {
            self.queue.mark();
        }
    }
}

/// What one listener takes from. Dropping it ends it.
pub(crate) struct Subscription {
    fanout: Arc<Fanout>,
    raw_id: RawId,
    id: usize,
    queue: queue::Receiver<Arc<Told>>,
}

impl Fanout {
    /// Hears what is told to a user from now on. Events of one thread come in order.
    ///
    /// People in them are seen as by `viewer`. At most `waiting` events wait, 1 or more.
    pub(crate) fn subscribe(
        self: &Arc<Self>,
        raw_id: &RawId,
        viewer: Viewer,
        waiting: usize,
    ) -> Subscription {
        let (sender, queue) = queue::queue(waiting);
        let id = self.last.fetch_add(1, Ordering::Relaxed);
        let listener = Listener { id, viewer, queue: sender };
        self.listeners().entry(raw_id.clone()).or_default().push(listener);
        Subscription { fanout: Arc::clone(self), raw_id: raw_id.clone(), id, queue }
    }

    /// Hands events of a thread to those of its members who listen.
    fn publish(&self, members: &[Member], events: impl Iterator<Item = Event>) {
        let mut events: Vec<Forms> = events.map(Forms::of).collect();
        let listeners = self.listeners();
        for member in members {
            let Some(own) = listeners.get(&member.raw_id) else { continue };
            for forms in events.iter_mut().filter(|forms| member.hears(forms.event.sequence)) {
                let partly = member.is_kept_from(&forms.event);
                for listener in own {
                    listener.tell(forms.told(partly, listener.viewer.label()));
                }
            }
        }
    }

    fn listeners(&self) -> MutexGuard<'_, HashMap<RawId, Vec<Listener>>> {
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the writer's events until there is no writer any more.
    pub(super) async fn run(
        self: Arc<Self>,
        store: Arc<dyn Store>,
        bell: Arc<Bell>,
        mut events: mpsc::Receiver<Event>,
    ) {
        let mut known: Halves<ThreadId, Arc<[Member]>> = Halves::new(THREADS);
        let mut waiting = VecDeque::new();
        let mut taken = Vec::with_capacity(AT_ONCE);
        loop {
            if waiting.is_empty() {
                if events.recv_many(&mut taken, AT_ONCE).await == 0 {
                    return;
                }
                if taken.iter().any(|event| event.sequence.is_some()) {
                    bell.event();
                }
                waiting.extend(taken.drain(..));
            }
            let Some(event) = waiting.pop_front() else { continue };
            if self.listeners().is_empty() {
                // Nobody to tell; who is in the thread may have changed.
                known.remove(&event.thread);
                continue;
            }
            if changes_members(&event) {
                known.remove(&event.thread);
            }
            let members = match known.get(&event.thread) {
                Some(members) => Arc::clone(members),
                None => match store.chat_members(event.thread.clone()).await {
                    Ok(members) => {
                        let members: Arc<[Member]> = members.into();
                        known.insert(event.thread.clone(), Arc::clone(&members));
                        members
                    }
                    Err(error) => {
                        tracing::error!(%error, "an event could not be told");
                        self.all_missed();
                        continue;
                    }
                },
            };
            // What follows for the same people goes with it: it leaves in one write.
            let same = |next: &Event| next.thread == event.thread && !changes_members(next);
            let more = waiting.iter().take_while(|next| same(next)).count();
            let rest = waiting.drain(..more);
            self.publish(&members, std::iter::once(event).chain(rest));
        }
    }

    fn all_missed(&self) {
        for listener in self.listeners().values().flatten() {
            listener.queue.mark();
        }
    }
}

fn changes_members(event: &Event) -> bool {
    matches!(
        event.kind,
        EventKind::ChatThreadCreated { .. }
            | EventKind::ParticipantsAdded { .. }
            | EventKind::ParticipantsRemoved { .. }
            | EventKind::ChatThreadDeleted { .. }
    )
}

impl Subscription {
    /// The next event, when it is there already.
    pub(crate) fn next_now(&mut self) -> Option<Arc<Told>> {
        self.queue.try_next()
    }

    /// The next thing heard. May be cancelled without losing anything.
    pub(crate) async fn next(&mut self) -> Heard {
        match self.queue.next().await {
            Got::Item(event) => Heard::Event(event),
            Got::Mark => Heard::Missed,
            // The other end is there as long as this one is.
            Got::Closed => std::future::pending().await,
        }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let mut listeners = self.fanout.listeners();
        if let Some(own) = listeners.get_mut(&self.raw_id) {
            own.retain(|listener| listener.id != self.id);
            if own.is_empty() {
                listeners.remove(&self.raw_id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use liaison_chat::model::{Message, MessageContent, MessageKind, Metadata};
    use liaison_chat::{EventSequence, MessageId, UnixMillis};

    #[tokio::test]
    async fn what_an_old_message_says_now_is_not_for_who_came_later() {
        let user = |name: &str| RawId::new(&format!("8:acs:r_{name}")).unwrap();
        let message = Message {
            id: MessageId(1000),
            kind: MessageKind::Text,
            sequence_id: 1,
            version: UnixMillis(5000),
            content: Some(MessageContent { message: Some("edited".into()), ..MessageContent::default() }),
            sender: Some(user("ada")),
            sender_display_name: None,
            client_id: None,
            deleted_at: None,
            edited_at: Some(UnixMillis(5000)),
            metadata: Metadata::default(),
        };
        let event = Event {
            thread: ThreadId::from_random(1),
            sequence: Some(EventSequence(3)),
            at: UnixMillis(5000),
            kind: EventKind::ChatMessageEdited { message },
        };
        let fanout = Arc::<Fanout>::default();
        let members =
            [Member::since(user("bob"), UnixMillis(0)), Member::since(user("eve"), UnixMillis(2000))];
        let listens = |name: &str| fanout.subscribe(&user(name), Viewer::default(), 4);
        let (mut bob, mut eve) = (listens("bob"), listens("eve"));
        fanout.publish(&members, std::iter::once(event));
        let (bob, eve) = (bob.next_now().unwrap(), eve.next_now().unwrap());
        assert!(bob.frame().unwrap().as_str().contains("edited\""));
        assert!(eve.frame().unwrap().as_str().contains("chatMessageEdited"), "she hears of it");
        assert!(!eve.frame().unwrap().as_str().contains("\"edited\""), "and not what it says");
    }
}
