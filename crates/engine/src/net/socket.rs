//! One WebSocket to the service, driven by a task of its own.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use rustls::ClientConfig;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

use super::connect::ConnectError;
use super::{Endpoint, Proxy};

/// From the first SYN to the upgraded connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Frames waiting for a network that does not take them; beyond it the socket is given up.
const MAX_QUEUED_FRAMES: usize = 256;

/// What the socket `generation` did. Events of an older generation are to be ignored.
#[derive(Debug)]
pub(crate) struct SocketEvent {
    pub(crate) generation: u64,
    pub(crate) kind: SocketEventKind,
}

#[derive(Debug)]
pub(crate) enum SocketEventKind {
    Connected,
    Frame(String),
    /// It failed or was closed; `untrusted` when the certificate was the reason.
    Closed {
        text: String,
        untrusted: bool,
    },
}

/// Dropping it closes the socket.
pub(crate) struct SocketHandle {
    frames: mpsc::Sender<String>,
}

impl SocketHandle {
    /// `false`: the queue is full or the socket has gone; give it up.
    pub(crate) fn send(&self, frame: String) -> bool {
        self.frames.try_send(frame).is_ok()
    }
}

/// How to reach the service.
#[derive(Clone)]
pub(crate) struct Route {
    pub(crate) endpoint: Endpoint,
    pub(crate) proxy: Option<Proxy>,
    pub(crate) tls: Arc<ClientConfig>,
    pub(crate) max_frame_bytes: usize,
}

/// Opens a socket; everything about it arrives on `events`.
pub(crate) fn open(route: Route, generation: u64, events: mpsc::Sender<SocketEvent>) -> SocketHandle {
    let (frames, outgoing) = mpsc::channel(MAX_QUEUED_FRAMES);
    tokio::spawn(async move {
        let closed = match tokio::time::timeout(CONNECT_TIMEOUT, connect(&route)).await {
            Err(_) => SocketEventKind::Closed { text: "no answer within 10 s".into(), untrusted: false },
            Ok(Err(closed)) => closed,
            Ok(Ok(socket)) => run(socket, generation, outgoing, &events).await,
        };
        let _ = events.send(SocketEvent { generation, kind: closed }).await;
    });
    SocketHandle { frames }
}

fn closed(error: ConnectError) -> SocketEventKind {
    SocketEventKind::Closed { text: error.text, untrusted: error.untrusted }
}

type Socket = WebSocketStream<TlsStream<TcpStream>>;

async fn connect(route: &Route) -> Result<Socket, SocketEventKind> {
    let authority = route.endpoint.authority();
    let failed =
        |what: &str, error: &dyn std::fmt::Display| closed(ConnectError::new(what, &authority, error));
    let tls = super::connect::connect(route).await.map_err(closed)?;
    let request =
        route.endpoint.link_url().into_client_request().map_err(|error| failed("no request for", &error))?;
    let limits = WebSocketConfig::default()
        .max_message_size(Some(route.max_frame_bytes))
        .max_frame_size(Some(route.max_frame_bytes));
    let (socket, _) = tokio_tungstenite::client_async_with_config(request, tls, Some(limits))
        .await
        .map_err(|error| failed("no WebSocket at", &error))?;
    Ok(socket)
}

/// Carries frames both ways until one side is done.
async fn run(
    mut socket: Socket,
    generation: u64,
    mut outgoing: mpsc::Receiver<String>,
    events: &mpsc::Sender<SocketEvent>,
) -> SocketEventKind {
    let closed = |text: String| SocketEventKind::Closed { text, untrusted: false };
    if events.send(SocketEvent { generation, kind: SocketEventKind::Connected }).await.is_err() {
        return closed(String::new());
    }
    loop {
        tokio::select! {
            frame = outgoing.recv() => match frame {
                Some(frame) => {
                    if let Err(error) = socket.send(Message::text(frame)).await {
                        return closed(error.to_string());
                    }
                }
                None => {
                    let _ = tokio::time::timeout(Duration::from_secs(1), socket.close(None)).await;
                    return closed(String::new());
                }
            },
            message = socket.next() => match message {
                Some(Ok(Message::Text(text))) => {
                    let frame = SocketEventKind::Frame(text.as_str().to_owned());
                    if events.send(SocketEvent { generation, kind: frame }).await.is_err() {
                        return closed(String::new());
                    }
                }
                // Pings are answered by the library; binary frames are not ours.
                Some(Ok(Message::Close(_))) | None => return closed("the service closed the connection".into()),
                Some(Ok(_)) => {}
                Some(Err(error)) => return closed(error.to_string()),
            },
        }
    }
}
