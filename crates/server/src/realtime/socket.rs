//! One WebSocket: reading at a bounded rate, writing in a task of its own.

use crate::config::Rate;
use crate::rate::Bucket;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use std::time::{Duration, Instant};
use tokio::sync::{OwnedSemaphorePermit, mpsc};

/// How many frames wait for the socket besides those the link keeps. As many as leave in one write at most: what
/// comes in a burst is enciphered and handed to the system together.
const QUEUE: usize = 32;
/// What a socket reads at once, and what it gathers before it writes. A larger frame takes as much as it needs, and
/// gives it back; tungstenite's own 128 KiB would be kept by every idle client.
const READ: usize = 1024;
const WRITE_AT_ONCE: usize = 4096;
/// How long a frame may take to leave; a client that takes longer is gone.
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

enum Outgoing {
    Text(String),
    Close(u16, &'static str),
}

/// A socket with its writer. Dropping it sends what is queued, then closes.
pub(super) struct Socket {
    reader: SplitStream<WebSocket>,
    frames: mpsc::Sender<Outgoing>,
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
pub(super) struct Room<'a>(mpsc::Permit<'a, Outgoing>);

impl Room<'_> {
    pub(super) fn send(self, text: String) {
        self.0.send(Outgoing::Text(text));
    }
}

impl Socket {
    pub(super) fn new(socket: WebSocket, rate: Rate, permit: OwnedSemaphorePermit) -> Self {
        let (sink, reader) = socket.split();
        let (frames, queue) = mpsc::channel(QUEUE);
        tokio::spawn(write(sink, queue));
        let bucket = Bucket::full(rate, Instant::now());
        Self { reader, frames, rate, bucket, may_read: false, _permit: permit }
    }

    /// The next text frame. Cancelling loses nothing.
    pub(super) async fn next(&mut self) -> Incoming {
        loop {
            while !self.may_read {
                match self.bucket.take(self.rate, Instant::now()) {
                    Ok(()) => self.may_read = true,
                    // A flood waits in the client's own send buffer.
                    Err(wait) => tokio::time::sleep(wait).await,
                }
            }
            let message = tokio::select! {
                message = self.reader.next() => message,
                // The writer gave up: the client takes nothing.
                () = self.frames.closed() => None,
            };
            let Some(message) = message else { return Incoming::Closed };
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

    fn close(&self, code: u16, reason: &'static str) -> Incoming {
        let _ = self.frames.try_send(Outgoing::Close(code, reason));
        Incoming::Closed
    }

    /// Room that is there at once, if any.
    pub(super) fn room_now(&self) -> Option<Room<'_>> {
        self.frames.try_reserve().ok().map(Room)
    }

    /// Waits until the writer takes a frame; `None` when the socket is gone. Cancelling loses nothing.
    pub(super) async fn room(&self) -> Option<Room<'_>> {
        self.frames.reserve().await.ok().map(Room)
    }
}

async fn write(mut sink: SplitSink<WebSocket, Message>, mut queue: mpsc::Receiver<Outgoing>) {
    let mut close = None;
    while close.is_none() {
        let Some(first) = queue.recv().await else { break };
        match tokio::time::timeout(WRITE, burst(&mut sink, &mut queue, first)).await {
            Ok(Ok(end)) => close = end,
            Ok(Err(_)) => return,
            Err(_) => return tracing::debug!("a client takes nothing: its socket is closed"),
        }
    }
    let close = close.unwrap_or((close_code::NORMAL, ""));
    let frame = CloseFrame { code: close.0, reason: close.1.into() };
    let _ = tokio::time::timeout(CLOSE, sink.send(Message::Close(Some(frame)))).await;
    let _ = tokio::time::timeout(CLOSE, sink.close()).await;
}

/// Writes a frame and what waits behind it, then pushes it all out. Why the socket is to be closed, if it is.
async fn burst(
    sink: &mut SplitSink<WebSocket, Message>,
    queue: &mut mpsc::Receiver<Outgoing>,
    first: Outgoing,
) -> Result<Option<(u16, &'static str)>, axum::Error> {
    // Bounded: however fast new ones come, what was written is pushed out.
    let mut waiting = std::iter::once(first).chain(std::iter::from_fn(|| queue.try_recv().ok())).take(QUEUE);
    let close = loop {
        match waiting.next() {
            Some(Outgoing::Text(text)) => sink.feed(Message::Text(text.into())).await?,
            Some(Outgoing::Close(code, reason)) => break Some((code, reason)),
            None => break None,
        }
    };
    sink.flush().await?;
    Ok(close)
}
