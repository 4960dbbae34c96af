//! Keeps a system device open: notices when it is lost and opens it again when it is back.

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use crate::DeviceError;
use crate::ring::{Handover, Status};
use crate::time;

/// How long opening may take altogether.
const OPEN_TIMEOUT: Duration = Duration::from_secs(10);
/// How long closing may take before the thread is left to itself.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);
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
    Close,
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
        let close = Box::new(move || drop(events.send(Event::Close)));
        Supervisor { close, closed: std::sync::Mutex::new(closed) }
    }
}

/// Keeps a system device open until dropped.
pub(crate) struct Supervisor {
    close: Box<dyn Fn() + Send + Sync>,
    closed: std::sync::Mutex<Receiver<()>>,
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

/// Opens a device on a thread of its own, which `reopen` is called on again whenever the device is lost.
pub(super) fn open<S: Send + 'static, L: Send + 'static>(
    status: Arc<Status>,
    reopen: impl FnMut(Trouble) -> Result<(S, L), DeviceError> + Send + 'static,
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
                generation: 0,
                status,
                reopen,
                stream: None,
                called: 0,
                lost_at: None,
            };
            keeper.run(&inbox, &opened);
            drop(closing);
        })
        .map_err(|e| DeviceError::Unavailable(format!("cannot start the thread of an audio device: {e}")))?;
    let link = first.recv_timeout(OPEN_TIMEOUT).unwrap_or_else(|_| {
        let _ = events.send(Event::Close);
        let seconds = OPEN_TIMEOUT.as_secs();
        Err(DeviceError::Unavailable(format!("the audio system did not answer within {seconds} s")))
    })?;
    Ok((link, Starting { events, closed }))
}

struct Keeper<S, L, F> {
    events: Sender<Event<L>>,
    /// Which stream it is; an older one's troubles do not count.
    generation: u64,
    status: Arc<Status>,
    reopen: F,
    stream: Option<S>,
    /// The callbacks there had been when this stream was opened.
    called: u64,
    lost_at: Option<Instant>,
}

impl<S, L, F> Keeper<S, L, F>
where
    S: Send + 'static,
    L: Send + 'static,
    F: FnMut(Trouble) -> Result<(S, L), DeviceError>,
{
    fn run(mut self, inbox: &Receiver<Event<L>>, opened: &Sender<Result<L, DeviceError>>) {
        let link = self.open();
        let failed = link.is_err();
        if opened.send(link).is_err() || failed {
            return;
        }
        let mut handover = None;
        let mut retry_at = Instant::now();
        loop {
            match inbox.recv_timeout(POLL) {
                Ok(Event::Supervise(given)) => handover = Some(given),
                Ok(Event::Lost { generation, cause }) if generation == self.generation => {
                    self.lose(cause);
                    retry_at = Instant::now() + RETRY;
                }
                Ok(Event::Lost { .. }) => {}
                Ok(Event::Close) | Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) => {
                    if self.has_gone_silent() {
                        self.lose(format!("it has not called for {} s", SILENT_US / 1_000_000));
                        retry_at = Instant::now() + RETRY;
                    }
                }
            }
            let Some(handover) = &mut handover else { continue };
            handover.reclaim();
            if self.stream.is_none() && Instant::now() >= retry_at {
                self.find_again(handover);
                let soon = self.lost_at.is_some_and(|at| at.elapsed() < RETRY_SOON);
                retry_at = Instant::now() + if soon { RETRY } else { RETRY_LATER };
            }
        }
    }

    fn open(&mut self) -> Result<L, DeviceError> {
        self.generation += 1;
        let generation = self.generation;
        let events = self.events.clone();
        let report = Arc::new(move |cause| drop(events.send(Event::Lost { generation, cause })));
        let (stream, link) = (self.reopen)(Trouble { report, status: Arc::clone(&self.status) })?;
        self.stream = Some(stream);
        self.called = self.status.callbacks();
        Ok(link)
    }

    /// A stream that called and then stopped. One that has not called yet may have nothing to say.
    fn has_gone_silent(&self) -> bool {
        let called = self.stream.is_some() && self.status.callbacks() > self.called;
        called && self.status.silent_us(time::now_us()) > SILENT_US
    }

    fn lose(&mut self, cause: String) {
        if self.stream.is_some() {
            // The end keeps its own time from here on; only then is the stream taken down.
            self.status.set_lost(DeviceError::Lost { cause });
            self.lost_at = Some(Instant::now());
            self.take_down();
        }
    }

    /// Drops a broken stream on a thread of its own: for one that the audio server ended, cpal's PulseAudio host
    /// waits for an answer that never comes.
    fn take_down(&mut self) {
        if let Some(stream) = self.stream.take() {
            let _ = thread::Builder::new().name("liaison-closing".to_owned()).spawn(move || drop(stream));
        }
    }

    fn find_again(&mut self, handover: &mut Handover<L>) {
        // Still not there: the first error stays, it is the one that explains.
        let Ok(link) = self.open() else { return };
        if handover.give(link) {
            self.status.set_found();
        } else {
            self.take_down();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ring::{Current, StreamState};
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};

    /// A device that can be pulled out and plugged in.
    #[derive(Default)]
    struct Socket {
        plugged: AtomicBool,
        opened: AtomicUsize,
        trouble: std::sync::Mutex<Option<Trouble>>,
    }

    fn open_socket(
        socket: &Arc<Socket>,
        status: &Arc<Status>,
    ) -> Result<(usize, Starting<usize>), DeviceError> {
        let socket = Arc::clone(socket);
        open(Arc::clone(status), move |trouble| {
            if !socket.plugged.load(Relaxed) {
                return Err(DeviceError::Unavailable("not plugged in".to_owned()));
            }
            *socket.trouble.lock().unwrap() = Some(trouble);
            Ok(((), socket.opened.fetch_add(1, Relaxed) + 1))
        })
    }

    fn wait_for(what: &str, mut condition: impl FnMut() -> bool) {
        let began = Instant::now();
        while !condition() {
            assert!(began.elapsed() < Duration::from_secs(5), "waited for {what}");
            thread::sleep(Duration::from_millis(5));
        }
    }

    #[test]
    fn a_device_that_is_not_there_is_an_error_at_once() {
        let status = Arc::new(Status::new());
        let result = open_socket(&Arc::new(Socket::default()), &status);
        assert!(matches!(result, Err(DeviceError::Unavailable(_))));
    }

    #[test]
    fn a_lost_device_is_opened_again_when_it_is_back() {
        let (socket, status) = (Arc::new(Socket::default()), Arc::new(Status::new()));
        socket.plugged.store(true, Relaxed);
        let (link, starting) = open_socket(&socket, &status).unwrap();
        let (mut current, handover) = Current::new(link);
        let supervisor = starting.supervise(handover);
        assert_eq!(*current.link, 1);

        socket.plugged.store(false, Relaxed);
        let unplug = cpal::Error::with_message(cpal::ErrorKind::DeviceNotAvailable, "unplugged");
        socket.trouble.lock().unwrap().take().unwrap().report(&unplug);
        wait_for("the loss", || status.state() == StreamState::Lost);
        assert!(status.error().unwrap().to_string().contains("unplugged"));
        assert!(!current.refresh());

        socket.plugged.store(true, Relaxed);
        wait_for("the return", || current.refresh());
        assert_eq!(*current.link, 2);
        wait_for("the state", || status.state() != StreamState::Lost);
        assert_eq!(status.error(), None);
        drop(supervisor);
    }

    #[test]
    fn news_and_glitches_do_not_end_a_stream() {
        let (socket, status) = (Arc::new(Socket::default()), Arc::new(Status::new()));
        socket.plugged.store(true, Relaxed);
        let (link, starting) = open_socket(&socket, &status).unwrap();
        let (_current, handover) = Current::new(link);
        let _supervisor = starting.supervise(handover);
        let trouble = socket.trouble.lock().unwrap().take().unwrap();
        trouble.report(&cpal::Error::new(cpal::ErrorKind::Xrun));
        trouble.report(&cpal::Error::new(cpal::ErrorKind::DeviceChanged));
        thread::sleep(Duration::from_millis(100));
        assert_ne!(status.state(), StreamState::Lost);
        assert_eq!(status.playout_stats().system_glitches, 1);
    }
}
