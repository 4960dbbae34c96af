//! One WebSocket: reading at a bounded rate, writing while it is read or while room is waited for. It has no task of
//! its own, so that one that is idle costs little; whoever holds it keeps waiting for something of it.

use crate::config::Rate;
use crate::rate::Bucket;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use futures_util::{Sink, SinkExt, StreamExt};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Sleep;

/// How many frames wait for the socket besides those the link keeps. As many as leave in one write at most: what
/// comes in a burst is enciphered and handed to the system together.
const QUEUE: usize = 32;
/// What a socket reads at once, and what it gathers before it writes. A larger frame takes as much as it needs, and
/// gives it back; tungstenite's own 128 KiB would be kept by every idle client. TLS below reads more at once.
const READ: usize = 256;
const WRITE_AT_ONCE: usize = 8192;
/// How long what was given to the socket may take to leave; a client that takes longer is gone.
const WRITE: Duration = Duration::from_secs(20);
/// How long the closing handshake may take.
const CLOSE: Duration = Duration::from_secs(2);

/// What came in.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Incoming {
    Text(String),
    /// The client went, or sent what it must not.
    Closed,
}

/// A socket. Dropping it sends what is queued, then closes.
pub(super) struct Socket {
    /// Until it is dropped.
    socket: Option<WebSocket>,
    outgoing: VecDeque<String>,
    /// Something was written since all was pushed out.
    unflushed: bool,
    /// While the client takes nothing: when it is gone.
    stuck: Option<Pin<Box<Sleep>>>,
    /// Nothing can be written any more.
    broken: bool,
    close: (u16, &'static str),
    rate: Rate,
    bucket: Bucket,
    /// The rate allows to read one more.
    may_read: bool,
    _permit: OwnedSemaphorePermit,
}

/// A WebSocket whose frames have at most that many bytes.
pub(super) fn bounded(upgrade: WebSocketUpgrade, bytes: usize) -> WebSocketUpgrade {
    upgrade
        .max_message_size(bytes)
        .max_frame_size(bytes)
        .read_buffer_size(READ)
        .write_buffer_size(WRITE_AT_ONCE)
}

/// Room for one frame.
pub(super) struct Room<'a>(&'a mut VecDeque<String>);

impl Room<'_> {
    pub(super) fn send(self, text: String) {
        self.0.push_back(text);
    }
}

impl Socket {
    pub(super) fn new(socket: WebSocket, rate: Rate, permit: OwnedSemaphorePermit) -> Self {
        Self {
            socket: Some(socket),
            outgoing: VecDeque::new(),
            unflushed: false,
            stuck: None,
            broken: false,
            close: (close_code::NORMAL, ""),
            rate,
            bucket: Bucket::full(rate, Instant::now()),
            may_read: false,
            _permit: permit,
        }
    }

    /// The next text frame. Cancelling loses nothing.
    pub(super) async fn next(&mut self) -> Incoming {
        loop {
            while !self.may_read {
                match self.bucket.take(self.rate, Instant::now()) {
                    Ok(()) => self.may_read = true,
                    // A flood waits in the client's own send buffer.
                    Err(wait) => tokio::select! {
                        () = tokio::time::sleep(wait) => {}
                        () = self.gone() => return Incoming::Closed,
                    },
                }
            }
            let message = poll_fn(|context| match (self.poll_write(context), &mut self.socket) {
                (Poll::Ready(Err(Gone)), _) | (_, None) => Poll::Ready(None),
                (_, Some(socket)) => socket.poll_next_unpin(context),
            });
            let Some(message) = message.await else { return Incoming::Closed };
            self.may_read = false;
            match message {
                Ok(Message::Text(text)) => return Incoming::Text(text.as_str().to_owned()),
                Ok(Message::Ping(_) | Message::Pong(_)) => {}
                Ok(Message::Close(_)) => return Incoming::Closed,
                Ok(Message::Binary(_)) => {
                    return self.close(close_code::UNSUPPORTED, "text frames only");
                }
                Err(error) => {
                    tracing::debug!(%error, "a socket failed");
                    // Too large or malformed; when the connection is gone this goes nowhere.
                    return self.close(close_code::SIZE, "a frame is too large or malformed");
                }
            }
        }
    }

    fn close(&mut self, code: u16, reason: &'static str) -> Incoming {
        self.close = (code, reason);
        Incoming::Closed
    }

    /// Takes a frame when there is room at once, or gives it back.
    pub(super) fn offer(&mut self, text: String) -> Result<(), String> {
        if self.outgoing.len() >= QUEUE {
            return Err(text);
        }
        self.outgoing.push_back(text);
        Ok(())
    }

    /// Waits until a frame can be taken; `None` when the socket is gone. Cancelling loses nothing.
    pub(super) async fn room(&mut self) -> Option<Room<'_>> {
        let room = poll_fn(|context| match self.poll_write(context) {
            Poll::Ready(Err(Gone)) => Poll::Ready(false),
            _ if self.outgoing.len() < QUEUE => Poll::Ready(true),
            _ => Poll::Pending,
        });
        room.await.then_some(Room(&mut self.outgoing))
    }

    /// Writes what is queued, and ends only when the client is gone. Cancelling loses nothing.
    pub(super) async fn gone(&mut self) {
        poll_fn(|context| match self.poll_write(context) {
            Poll::Ready(Err(Gone)) => Poll::Ready(()),
            _ => Poll::Pending,
        })
        .await;
    }

    /// Ready when all that was queued has left.
    fn poll_write(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Gone>> {
        if self.broken {
            return Poll::Ready(Err(Gone));
        }
        let written = self.poll_burst(context);
        match &written {
            Poll::Ready(Ok(())) => self.stuck = None,
            Poll::Ready(Err(Gone)) => self.broken = true,
            Poll::Pending => {
                let stuck = self.stuck.get_or_insert_with(|| Box::pin(tokio::time::sleep(WRITE)));
                if stuck.as_mut().poll(context).is_ready() {
                    tracing::debug!("a client takes nothing: its socket is closed");
                    self.broken = true;
                    return Poll::Ready(Err(Gone));
                }
            }
        }
        written
    }

    /// Writes what is queued, then pushes it all out.
    fn poll_burst(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Gone>> {
        let Some(socket) = &mut self.socket else { return Poll::Ready(Err(Gone)) };
        let mut socket = Pin::new(socket);
        while !self.outgoing.is_empty() {
            ready!(socket.as_mut().poll_ready(context)).map_err(|_| Gone)?;
            if let Some(text) = self.outgoing.pop_front() {
                (self.unflushed, self.stuck) = (true, None);
                socket.as_mut().start_send(Message::Text(text.into())).map_err(|_| Gone)?;
            }
            if self.outgoing.is_empty() {
                // A burst's room is not kept by a client that falls silent.
                self.outgoing = VecDeque::new();
            }
        }
        if self.unflushed {
            ready!(socket.as_mut().poll_flush(context)).map_err(|_| Gone)?;
            self.unflushed = false;
        }
        Poll::Ready(Ok(()))
    }
}

/// The connection cannot be written to.
struct Gone;

impl Drop for Socket {
    fn drop(&mut self) {
        let (Some(socket), false) = (self.socket.take(), self.broken) else { return };
        let (outgoing, close) = (std::mem::take(&mut self.outgoing), self.close);
        // Without a runtime the process ends, and the connection with it.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(finish(socket, outgoing, close));
        }
    }
}

async fn finish(mut socket: WebSocket, outgoing: VecDeque<String>, (code, reason): (u16, &'static str)) {
    let rest = async {
        for text in outgoing {
            socket.feed(Message::Text(text.into())).await?;
        }
        socket.flush().await
    };
    if !matches!(tokio::time::timeout(WRITE, rest).await, Ok(Ok(()))) {
        return;
    }
    let frame = CloseFrame { code, reason: reason.into() };
    let _ = tokio::time::timeout(CLOSE, socket.send(Message::Close(Some(frame)))).await;
    let _ = tokio::time::timeout(CLOSE, socket.close()).await;
}
