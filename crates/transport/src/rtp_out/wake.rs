//! Wakes the network driver from the media thread.
//!
//! On Unix with a pipe: calling the runtime's waker would take a lock that its workers hold as well, and the media
//! thread must never wait for one of them.

#[cfg(unix)]
pub(super) use pipe::Wake;
#[cfg(not(unix))]
pub(super) use waker::Wake;

#[cfg(unix)]
mod pipe {
    use std::fs::File;
    use std::io::{self, Write};
    use std::pin::Pin;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::{Mutex, PoisonError};
    use std::task::{Context, Poll, ready};

    use tokio::io::{AsyncRead, ReadBuf};
    use tokio::net::unix::pipe::{self, Receiver};

    #[derive(Debug)]
    pub(crate) struct Wake {
        /// Non-blocking. Written past tokio, which would first wait to hear that it is writable.
        sender: File,
        receiver: Mutex<Receiver>,
        /// A wake is on its way.
        pending: AtomicBool,
    }

    impl Wake {
        pub(crate) fn new() -> io::Result<Self> {
            let (sender, receiver) = pipe::pipe()?;
            Ok(Self {
                sender: File::from(sender.into_nonblocking_fd()?),
                receiver: Mutex::new(receiver),
                pending: AtomicBool::new(false),
            })
        }

        pub(crate) fn wake(&self) {
            if !self.pending.swap(true, Ordering::AcqRel) {
                // It can fail only when the pipe is full, and then there is something to read anyway.
                let _ = (&self.sender).write(&[0]);
            }
        }

        pub(crate) fn poll(&self, cx: &mut Context<'_>) -> Poll<()> {
            let mut receiver = self.receiver.lock().unwrap_or_else(PoisonError::into_inner);
            loop {
                if self.pending.swap(false, Ordering::AcqRel) {
                    return Poll::Ready(());
                }
                let mut bytes = [0; 16];
                let read = Pin::new(&mut *receiver).poll_read(cx, &mut ReadBuf::new(&mut bytes));
                if ready!(read).is_err() {
                    return Poll::Pending;
                }
            }
        }
    }
}

#[cfg(any(test, not(unix)))]
mod waker {
    use std::io;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::task::{Context, Poll};

    use futures_util::task::AtomicWaker;

    #[derive(Debug, Default)]
    pub(crate) struct Wake {
        waker: AtomicWaker,
        pending: AtomicBool,
    }

    impl Wake {
        #[cfg_attr(test, allow(clippy::unnecessary_wraps))]
        pub(crate) fn new() -> io::Result<Self> {
            Ok(Self::default())
        }

        pub(crate) fn wake(&self) {
            if !self.pending.swap(true, Ordering::AcqRel) {
                self.waker.wake();
            }
        }

        pub(crate) fn poll(&self, cx: &mut Context<'_>) -> Poll<()> {
            self.waker.register(cx.waker());
            if self.pending.swap(false, Ordering::AcqRel) { Poll::Ready(()) } else { Poll::Pending }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Duration;

    macro_rules! wakes {
        ($name:ident, $wake:ty) => {
            #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
            async fn $name() {
                let wake = Arc::new(<$wake>::new().expect("a wake"));
                let work = Arc::new(AtomicU32::new(0));
                let (theirs, jobs) = (Arc::clone(&wake), Arc::clone(&work));
                let thread = std::thread::spawn(move || {
                    for index in 0..2000 {
                        jobs.fetch_add(1, Ordering::SeqCst);
                        theirs.wake();
                        if index % 50 == 0 {
                            std::thread::sleep(Duration::from_millis(1));
                        }
                    }
                });
                let mut done = 0;
                while done < 2000 {
                    tokio::time::timeout(Duration::from_secs(5), poll_fn(|cx| wake.poll(cx)))
                        .await
                        .expect("no wake is lost");
                    done += work.swap(0, Ordering::SeqCst);
                }
                thread.join().expect("the sender");
            }
        };
    }

    #[cfg(unix)]
    wakes!(a_pipe_loses_no_wake, super::pipe::Wake);
    wakes!(a_waker_loses_no_wake, super::waker::Wake);
}
