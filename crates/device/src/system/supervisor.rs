//! Keeps a stream on a system device: notices when it is lost, goes to the default meanwhile, back when it is there
//! again, and to another one when the app chooses one. A new device is opened before the old one is closed.

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use super::watch::{self, Listed};
use crate::changes::{default_of, is_wanted};
use crate::open::Direction;
use crate::ring::{Handover, Life, Status};
use crate::{DeviceError, DeviceName, RouteCause, time};

/// How long opening may take altogether.
const OPEN_TIMEOUT: Duration = Duration::from_secs(10);
/// How long closing may take before the thread is left to itself.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);
/// How long a new device may take to begin before the old one is left for it: PulseAudio's monitors take up to 2 s.
const BEGIN_TIMEOUT: Duration = Duration::from_millis(2_500);
const POLL: Duration = Duration::from_millis(250);
/// A lost device is looked for this often in the first minute,
const RETRY: Duration = Duration::from_secs(1);
const RETRY_SOON: Duration = Duration::from_secs(60);
/// and this often from then on: each look at a server that hangs leaves a thread of cpal's behind.
const RETRY_LATER: Duration = Duration::from_secs(10);
/// A device that has not called for this long is opened anew (µs).
const SILENT_US: u64 = 5_000_000;

enum Event<L> {
    /// Where new rings go.
    Supervise(Handover<L>),
    /// The stream of this generation failed.
    Lost {
        generation: u64,
        cause: String,
    },
    /// The app chose a device, or the default (None).
    Select {
        wanted: Option<String>,
        done: Sender<Result<(), DeviceError>>,
    },
    /// What devices there are has changed.
    Listed(Listed),
    Close,
}

/// A device that was opened.
pub(super) struct Opened<S, L> {
    pub stream: S,
    pub link: L,
    pub device: DeviceName,
    pub life: Arc<Life>,
}

/// What a stream tells its supervisor, from any thread but that of the audio callback's normal course.
#[derive(Clone)]
pub(super) struct Trouble {
    report: Arc<dyn Fn(String) + Send + Sync>,
    status: Arc<Status>,
}

impl Trouble {
    /// Sorts an error of the system: a glitch is counted, news are ignored, the rest ends the stream.
    pub fn report(&self, error: &cpal::Error) {
        match error.kind() {
            cpal::ErrorKind::Xrun => self.status.system_glitch(),
            cpal::ErrorKind::DeviceChanged | cpal::ErrorKind::RealtimeDenied => {}
            _ => (self.report)(error.to_string()),
        }
    }
}

/// A device that is open; what it opened has yet to be given a handover.
pub(super) struct Starting<L> {
    events: Sender<Event<L>>,
    closed: Receiver<()>,
}

impl<L: Send + 'static> Starting<L> {
    pub fn supervise(self, handover: Handover<L>) -> Supervisor {
        let Self { events, closed } = self;
        let _ = events.send(Event::Supervise(handover));
        let selecting = events.clone();
        let select = Box::new(move |wanted, done| drop(selecting.send(Event::Select { wanted, done })));
        let close = Box::new(move || drop(events.send(Event::Close)));
        Supervisor { close, select, closed: std::sync::Mutex::new(closed) }
    }
}

type Select = Box<dyn Fn(Option<String>, Sender<Result<(), DeviceError>>) + Send + Sync>;

/// Keeps a system device open until dropped.
pub(crate) struct Supervisor {
    close: Box<dyn Fn() + Send + Sync>,
    select: Select,
    closed: std::sync::Mutex<Receiver<()>>,
}

impl Supervisor {
    /// Changes the device; waits until that is done.
    pub(crate) fn select(&self, wanted: Option<String>) -> Result<(), DeviceError> {
        let (done, result) = mpsc::channel();
        (self.select)(wanted, done);
        result.recv_timeout(OPEN_TIMEOUT).unwrap_or_else(|_| Err(no_answer()))
    }
}

impl std::fmt::Debug for Supervisor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Supervisor").finish_non_exhaustive()
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        (self.close)();
        // An audio server that hangs must not make the app hang: its thread is then left behind.
        let closed = self.closed.get_mut().unwrap_or_else(std::sync::PoisonError::into_inner);
        let _ = closed.recv_timeout(CLOSE_TIMEOUT);
    }
}

fn no_answer() -> DeviceError {
    let seconds = OPEN_TIMEOUT.as_secs();
    DeviceError::Unavailable(format!("the audio system did not answer within {seconds} s"))
}

/// Opens a device on a thread of its own, on which `reopen` is called again for every device after it. `reopen` is
/// told which one: None is the default.
pub(super) fn open<S: Send + 'static, L: Send + 'static>(
    direction: Direction,
    wanted: Option<String>,
    status: Arc<Status>,
    reopen: impl FnMut(Option<&str>, Trouble) -> Result<Opened<S, L>, DeviceError> + Send + 'static,
) -> Result<(L, Starting<L>), DeviceError> {
    let (events, inbox) = mpsc::channel();
    let (opened, first) = mpsc::channel();
    let (closing, closed) = mpsc::channel();
    let sender = events.clone();
    thread::Builder::new()
        .name("liaison-device".to_owned())
        .spawn(move || {
            let keeper = Keeper {
                events: sender,
                direction,
                wanted,
                generation: 0,
                status,
                reopen,
                current: None,
                list: None,
                listed: false,
                called: 0,
                lost_at: None,
            };
            keeper.run(&inbox, &opened);
            drop(closing);
        })
        .map_err(|e| DeviceError::Unavailable(format!("cannot start the thread of an audio device: {e}")))?;
    let link = first.recv_timeout(OPEN_TIMEOUT).unwrap_or_else(|_| {
        let _ = events.send(Event::Close);
        Err(no_answer())
    })?;
    Ok((link, Starting { events, closed }))
}

/// The stream in use.
struct Current<S> {
    stream: S,
    device: DeviceName,
    life: Arc<Life>,
    /// Its troubles carry this number; an older one's do not count.
    generation: u64,
}

struct Keeper<S, L, F> {
    events: Sender<Event<L>>,
    direction: Direction,
    /// What the app chose; None follows the default.
    wanted: Option<String>,
    /// The number of the newest stream that was opened.
    generation: u64,
    status: Arc<Status>,
    reopen: F,
    current: Option<Current<S>>,
    /// The system's devices, as they were told last.
    list: Option<Listed>,
    /// Whether the device in use has been among them: only then does its absence mean anything.
    listed: bool,
    /// The callbacks there had been when this stream was opened.
    called: u64,
    lost_at: Option<Instant>,
}

impl<S, L, F> Keeper<S, L, F>
where
    S: Send + 'static,
    L: Send + 'static,
    F: FnMut(Option<&str>, Trouble) -> Result<Opened<S, L>, DeviceError>,
{
    fn run(mut self, inbox: &Receiver<Event<L>>, opened: &Sender<Result<L, DeviceError>>) {
        let wanted = self.wanted.clone();
        let link = self.open(wanted.as_deref()).map(|(current, link)| {
            self.status.set_first_device(current.device.clone());
            self.current = Some(current);
            link
        });
        let failed = link.is_err();
        if opened.send(link).is_err() || failed {
            return;
        }
        let events = self.events.clone();
        // Without a watch a lost device is still found again; only the way back to a chosen one is missed.
        let _watch = watch::subscribe(move |listed| drop(events.send(Event::Listed(Arc::clone(listed)))));
        let mut handover = None;
        let mut retry_at = Instant::now();
        loop {
            match inbox.recv_timeout(POLL) {
                Ok(Event::Supervise(given)) => {
                    let handover = handover.insert(given);
                    // The list may have come first.
                    if let Some(list) = self.list.clone() {
                        self.look(&list, handover);
                    }
                }
                Ok(Event::Lost { generation, cause }) => {
                    if self.current.as_ref().is_some_and(|current| current.generation == generation) {
                        self.lose(cause, handover.as_mut());
                        retry_at = Instant::now() + RETRY;
                    }
                }
                Ok(Event::Select { wanted, done }) => {
                    let result = match &mut handover {
                        Some(handover) => self.select(wanted, handover),
                        None => Err(no_answer()),
                    };
                    let _ = done.send(result);
                }
                Ok(Event::Listed(list)) => {
                    if let Some(handover) = &mut handover {
                        self.look(&list, handover);
                    }
                    self.list = Some(list);
                }
                Ok(Event::Close) | Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) => {
                    if self.has_gone_silent() {
                        let cause = format!("it has not called for {} s", SILENT_US / 1_000_000);
                        self.lose(cause, handover.as_mut());
                        retry_at = Instant::now() + RETRY;
                    }
                }
            }
            let Some(handover) = &mut handover else { continue };
            handover.reclaim();
            if self.current.is_none() && Instant::now() >= retry_at {
                self.find_again(handover, RouteCause::Returned);
                let soon = self.lost_at.is_some_and(|at| at.elapsed() < RETRY_SOON);
                retry_at = Instant::now() + if soon { RETRY } else { RETRY_LATER };
            }
        }
    }

    /// Opens a device; what is in use stays so until it is replaced.
    fn open(&mut self, wanted: Option<&str>) -> Result<(Current<S>, L), DeviceError> {
        self.generation += 1;
        let generation = self.generation;
        let events = self.events.clone();
        let report = Arc::new(move |cause| drop(events.send(Event::Lost { generation, cause })));
        let opened = (self.reopen)(wanted, Trouble { report, status: Arc::clone(&self.status) })?;
        self.called = self.status.callbacks();
        let Opened { stream, link, device, life } = opened;
        Ok((Current { stream, device, life, generation }, link))
    }

    /// A stream that called and then stopped. One that has not called yet may have nothing to say.
    fn has_gone_silent(&self) -> bool {
        let called = self.current.is_some() && self.status.callbacks() > self.called;
        called && self.status.silent_us(time::now_us()) > SILENT_US
    }

    /// The device is gone: another takes its place at once, else there is silence.
    fn lose(&mut self, cause: String, handover: Option<&mut Handover<L>>) {
        if self.current.is_none() {
            return;
        }
        // The end keeps its own time from here on; only then is the stream taken down.
        self.status.set_lost(DeviceError::Lost { cause });
        self.lost_at = Some(Instant::now());
        self.take_down();
        if !handover.is_some_and(|handover| self.find_again(handover, RouteCause::Lost)) {
            self.status.set_device(None, RouteCause::Lost);
        }
    }

    /// Drops a stream on a thread of its own: for one that the audio server ended, cpal's PulseAudio host waits for
    /// an answer that never comes.
    fn take_down(&mut self) {
        if let Some(Current { stream, life, .. }) = self.current.take() {
            life.retire();
            let _ = thread::Builder::new().name("liaison-closing".to_owned()).spawn(move || drop(stream));
        }
    }

    /// The chosen device, else the default. False: neither is there; the first error stays, it explains.
    fn find_again(&mut self, handover: &mut Handover<L>, cause: RouteCause) -> bool {
        let wanted = self.wanted.clone();
        let mut opened = self.open(wanted.as_deref());
        if opened.is_err() && wanted.is_some() {
            opened = self.open(None);
        }
        opened.is_ok_and(|opened| self.replace(opened, handover, cause))
    }

    /// Puts a device that is open into use, instead of the one that is.
    fn replace(
        &mut self,
        (current, link): (Current<S>, L),
        handover: &mut Handover<L>,
        cause: RouteCause,
    ) -> bool {
        // The old one, or the end's own time when that is lost, goes on until the new one has begun.
        let began = Instant::now();
        while !current.life.has_called() && began.elapsed() < BEGIN_TIMEOUT {
            thread::sleep(Duration::from_millis(2));
        }
        if let Some(old) = &self.current {
            // It counts no more from here on; the media thread takes the new ring with its next look.
            old.life.retire();
        }
        let given = handover.give(link);
        self.take_down();
        let device = current.device.clone();
        self.current = Some(current);
        if !given {
            self.take_down();
            return false;
        }
        let known = |list: &Listed| {
            list.iter().any(|other| other.direction == self.direction && other.id == device.id)
        };
        self.listed = self.list.as_ref().is_some_and(known);
        self.status.set_found();
        self.status.set_device(Some(device), cause);
        true
    }

    fn select(&mut self, wanted: Option<String>, handover: &mut Handover<L>) -> Result<(), DeviceError> {
        let opened = self.open(wanted.as_deref())?;
        self.wanted = wanted;
        let same = self.current.as_ref().is_some_and(|current| current.device == opened.0.device);
        if same {
            // It is in use already: the second stream is not needed.
            let _ = thread::Builder::new().name("liaison-closing".to_owned()).spawn(move || drop(opened));
            return Ok(());
        }
        if self.replace(opened, handover, RouteCause::Selected) { Ok(()) } else { Err(no_answer()) }
    }

    /// The system's devices have changed: is there a better one than that in use?
    fn look(&mut self, list: &Listed, handover: &mut Handover<L>) {
        let mut own = list.iter().filter(|device| device.direction == self.direction);
        let Some(current) = &self.current else {
            self.find_again(handover, RouteCause::Returned);
            return;
        };
        let in_use = current.device.id.clone();
        let (better, cause) = match &self.wanted {
            Some(wanted) => (own.clone().find(|device| is_wanted(device, wanted)), RouteCause::Returned),
            None => (default_of(list, self.direction), RouteCause::DefaultChanged),
        };
        if let Some(better) = better.filter(|better| better.id != in_use) {
            let better = better.id.clone();
            if let Ok(opened) = self.open(Some(&better)) {
                self.replace(opened, handover, cause);
            }
        } else if own.any(|device| device.id == in_use) {
            self.listed = true;
        } else if self.listed && !self.find_again(handover, RouteCause::Lost) {
            // It may still play (PulseAudio moves its streams by itself): it is left only when another has begun.
            self.lose("the system does not list it any more".to_owned(), Some(handover));
        }
    }
}

#[cfg(test)]
mod tests;
