//! A realtime client: the link's own core over a WebSocket.

use crate::harness::{Tls, World, connect};
use futures_util::{SinkExt, StreamExt};
use liaison_chat::link::{ChatFrame, ChatRequest};
use liaison_identity::RawId;
use liaison_link::{Body, Client, ClientConfig, ClientInput, ClientOutput, CommandId, DeviceId, RefusalCode};
use liaison_signaling::{
    CallId, Description, DescriptionKind, EndReason, KIND, MediaSessionId, ToEndpoint, ToSwitchboard,
};
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

pub type Ws = WebSocketStream<Tls>;

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(10);

pub async fn socket(world: &World) -> Ws {
    socket_to(world.listen, &world.ca()).await
}

async fn socket_to(address: SocketAddr, ca: &Path) -> Ws {
    let url = format!("wss://localhost:{}{}", address.port(), liaison_link::PATH);
    tokio_tungstenite::client_async(url, connect(address, ca).await).await.unwrap().0
}

/// A signed-in device.
pub struct Phone {
    link: Client,
    ws: Option<Ws>,
    last_command: u128,
    said: VecDeque<ClientOutput>,
}

impl Phone {
    pub fn new(device: u128) -> Self {
        let config = ClientConfig {
            device: DeviceId(device),
            kinds: vec![KIND.to_owned(), liaison_chat::link::KIND.to_owned()],
            ..ClientConfig::default()
        };
        Self {
            link: Client::new(config, device as u64),
            ws: None,
            last_command: device << 64,
            said: VecDeque::new(),
        }
    }

    /// A device that has a connection.
    pub async fn connected(world: &World, token: &str, device: u128) -> Self {
        let mut phone = Self::new(device);
        phone.connect(world.listen, world.ca(), token).await.unwrap();
        phone
    }

    /// A device that takes calls.
    pub async fn registered(world: &World, token: &str, device: u128) -> Self {
        let mut phone = Self::connected(world, token, device).await;
        phone.register().await;
        phone
    }

    pub async fn register(&mut self) {
        self.tell(ToSwitchboard::Register {
            display_name: "Somebody".to_owned(),
            capabilities: vec![],
            push: None,
        })
        .await;
        self.hear_until(|message| (*message == ToEndpoint::Registered).then_some(())).await;
    }

    /// Signs in. True: the session was resumed.
    pub async fn connect(
        &mut self,
        address: SocketAddr,
        ca: PathBuf,
        token: &str,
    ) -> Result<bool, RefusalCode> {
        self.give(ClientInput::Token(token.to_owned()));
        loop {
            match self.next((address, &ca)).await {
                ClientOutput::Established { resumed, .. } => return Ok(resumed),
                ClientOutput::Refused { code, .. } => return Err(code),
                _ => {}
            }
        }
    }

    pub fn give(&mut self, input: ClientInput<'_>) {
        self.link.handle(Instant::now(), input).unwrap();
    }

    /// Breaks the socket as a dead network does.
    pub fn cut(&mut self) {
        self.ws = None;
        self.give(ClientInput::Disconnected);
    }

    pub async fn tell(&mut self, message: ToSwitchboard) {
        self.submit(KIND, Body::new(&message).unwrap()).await;
    }

    pub async fn ask_chat(&mut self, request: ChatRequest) {
        self.submit(liaison_chat::link::KIND, Body::new(&request).unwrap()).await;
    }

    /// The next frame of chat; `None` when none comes.
    pub async fn chat_frame(&mut self) -> Option<ChatFrame> {
        match self.wait(|output| matches!(output, ClientOutput::Received { .. })).await? {
            ClientOutput::Received { sequence, body, .. } => {
                self.give(ClientInput::Acknowledge { sequence });
                Some(body.parse().unwrap())
            }
            _ => None,
        }
    }

    async fn submit(&mut self, kind: &str, body: Body) {
        self.last_command += 1;
        self.give(ClientInput::Submit { kind, id: CommandId(self.last_command), body });
        while let Some(output) = self.link.poll() {
            match output {
                ClientOutput::Transmit(text) => self.transmit(text).await,
                other => self.said.push_back(other),
            }
        }
    }

    async fn transmit(&mut self, text: String) {
        if let Some(ws) = &mut self.ws {
            let _ = ws.send(Message::text(text)).await;
        }
    }

    /// Whether the last thing said, and so everything, was acknowledged.
    pub async fn is_heard(&mut self) -> bool {
        let last = CommandId(self.last_command);
        self.wait(|output| matches!(output, ClientOutput::Acknowledged { id } if *id == last)).await.is_some()
    }

    /// The next message of the switchboard.
    pub async fn hear(&mut self) -> ToEndpoint {
        match self.wait(|output| matches!(output, ClientOutput::Received { .. })).await {
            Some(ClientOutput::Received { sequence, body, .. }) => {
                self.give(ClientInput::Acknowledge { sequence });
                ToEndpoint::parse(body.as_str()).unwrap()
            }
            other => panic!("heard nothing: {other:?}"),
        }
    }

    /// The next message that is of interest.
    pub async fn hear_until<T>(&mut self, mut wanted: impl FnMut(&ToEndpoint) -> Option<T>) -> T {
        loop {
            let message = self.hear().await;
            if let Some(found) = wanted(&message) {
                return found;
            }
        }
    }

    /// Why the connection was refused.
    pub async fn refused(&mut self) -> RefusalCode {
        match self.wait(|output| matches!(output, ClientOutput::Refused { .. })).await {
            Some(ClientOutput::Refused { code, .. }) => code,
            other => panic!("not refused: {other:?}"),
        }
    }

    /// Waits for an output; `None` when it does not come. Does not reconnect.
    pub async fn wait(&mut self, wanted: impl Fn(&ClientOutput) -> bool) -> Option<ClientOutput> {
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end {
            let output = self.step(None).await;
            if output.as_ref().is_some_and(&wanted) {
                return output;
            }
        }
        None
    }

    async fn next(&mut self, server: (SocketAddr, &Path)) -> ClientOutput {
        let end = Instant::now() + PATIENCE;
        loop {
            assert!(Instant::now() < end, "nothing happens");
            if let Some(output) = self.step(Some(server)).await {
                return output;
            }
        }
    }

    /// One thing that the link says, after doing what it wants; `None`: look again.
    async fn step(&mut self, server: Option<(SocketAddr, &Path)>) -> Option<ClientOutput> {
        match self.said.pop_front().or_else(|| self.link.poll()) {
            Some(ClientOutput::Connect) => {
                if let Some((address, ca)) = server {
                    self.ws = Some(socket_to(address, ca).await);
                    self.give(ClientInput::Connected);
                }
                None
            }
            Some(ClientOutput::Disconnect) => {
                self.ws = None;
                None
            }
            Some(ClientOutput::Transmit(text)) => {
                self.transmit(text).await;
                None
            }
            Some(output) => Some(output),
            None => {
                self.read().await;
                None
            }
        }
    }

    async fn read(&mut self) {
        let due = self.link.deadline().map_or(PATIENCE, |at| at.saturating_duration_since(Instant::now()));
        let wait = due.min(Duration::from_millis(200));
        let Some(ws) = &mut self.ws else {
            tokio::time::sleep(wait).await;
            return self.give(ClientInput::Tick);
        };
        match tokio::time::timeout(wait, ws.next()).await {
            Ok(Some(Ok(Message::Text(text)))) => self.give(ClientInput::Frame(&text)),
            Ok(Some(Ok(_))) => {}
            Ok(Some(Err(_)) | None) => self.cut(),
            Err(_) => self.give(ClientInput::Tick),
        }
    }
}

pub fn offer() -> Description {
    Description {
        session: MediaSessionId::MAIN,
        revision: 1,
        kind: DescriptionKind::Offer,
        sdp: "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\n".to_owned(),
    }
}

pub fn an_answer() -> Description {
    Description { kind: DescriptionKind::Answer, ..offer() }
}

pub fn invite(call: u128, to: &str) -> ToSwitchboard {
    ToSwitchboard::Invite {
        call: CallId(call),
        to: RawId::new(to).unwrap(),
        display_name: "Kiosk".to_owned(),
        description: offer(),
    }
}

/// Why a call ended.
pub fn ended(message: &ToEndpoint) -> Option<EndReason> {
    match message {
        ToEndpoint::Ended { reason, .. } => Some(*reason),
        _ => None,
    }
}
