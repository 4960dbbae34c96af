//! One connection made of channels.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use async_trait::async_trait;
use liaison_media::RtpPacket;
use rtc::rtcp::Packet;
use tokio::sync::{Notify, mpsc};

use super::link::{FakeLink, Hub};
use crate::config::AudioParameters;
use crate::connection::{Connection, ConnectionEvent, Details, Events};
use crate::rtcp::Reporter;
use crate::rtp_out::Outgoing;
use crate::session::RtpSink;
use crate::{NegotiatedAudio, SessionConfig, TransportError, sdp};

/// What passes between two fake connections.
enum Message {
    Rtp(RtpPacket),
    Rtcp(Vec<Box<dyn Packet>>),
    Bye,
}

/// What the other side can reach of a connection.
pub(super) struct End {
    name: u64,
    peer: AtomicU64,
    up: AtomicBool,
    closed: AtomicBool,
    events: Events,
    inbox: mpsc::UnboundedSender<(Instant, Message)>,
}

impl std::fmt::Debug for End {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("End").field("name", &self.name).finish_non_exhaustive()
    }
}

/// What is offered: everything that this side wants.
fn ours(parameters: &AudioParameters) -> NegotiatedAudio {
    NegotiatedAudio {
        payload_type: parameters.payload_type,
        red_payload_type: parameters.red.then_some(63),
        telephone_event_payload_type: parameters.telephone_event.then_some(110),
        ..NegotiatedAudio::default()
    }
}

/// What the tasks of a connection share with it.
struct Shared {
    end: Arc<End>,
    hub: Arc<Hub>,
    outgoing: Arc<Outgoing>,
    reporter: Arc<Mutex<Reporter>>,
    sink: Arc<dyn RtpSink>,
    heard: AtomicU64,
    active: AtomicBool,
    changed: Notify,
    ssrc: u32,
    parameters: AudioParameters,
    agreed: Mutex<NegotiatedAudio>,
}

pub(super) struct FakeConnection {
    shared: Arc<Shared>,
    advertise: SocketAddr,
}

impl FakeConnection {
    pub(super) fn new(
        config: &SessionConfig,
        hub: Arc<Hub>,
        outgoing: Arc<Outgoing>,
        reporter: Arc<Mutex<Reporter>>,
        events: Events,
    ) -> Self {
        let name = hub.name();
        let (inbox, messages) = mpsc::unbounded_channel();
        let end = Arc::new(End {
            name,
            peer: AtomicU64::new(0),
            up: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            events,
            inbox,
        });
        hub.add(name, Arc::clone(&end));
        let shared = Arc::new(Shared {
            end,
            hub,
            outgoing,
            reporter,
            sink: Arc::clone(&config.incoming),
            heard: AtomicU64::new(0),
            active: AtomicBool::new(false),
            changed: Notify::new(),
            ssrc: config.audio.ssrc,
            parameters: config.audio,
            agreed: Mutex::new(ours(&config.audio)),
        });
        tokio::spawn(receive(Arc::clone(&shared), messages));
        tokio::spawn(send(Arc::clone(&shared)));
        let anywhere = SocketAddr::from(([127, 0, 0, 1], 1024 + (name % 60_000) as u16));
        Self { shared, advertise: config.advertise.unwrap_or(anywhere) }
    }

    /// Takes from the peer's description which of its connections it is about.
    fn meet(&self, sdp: &str) -> Result<(), TransportError> {
        let line = |name: &str| sdp.lines().find_map(|line| line.strip_prefix(name));
        let peer = line("a=ice-ufrag:")
            .and_then(|ufrag| u64::from_str_radix(ufrag, 16).ok())
            .ok_or_else(|| TransportError::BadDescription("it is not of a fake session".into()))?;
        *self.shared.agreed.lock().unwrap_or_else(PoisonError::into_inner) =
            sdp::negotiated(sdp, &self.shared.parameters);
        self.shared.end.peer.store(peer, Ordering::SeqCst);
        tokio::spawn(handshake(Arc::clone(&self.shared)));
        Ok(())
    }
}

impl Shared {
    /// The other end, when both mean each other.
    fn other(&self) -> Option<Arc<End>> {
        let other = self.hub.find(self.end.peer.load(Ordering::SeqCst))?;
        (other.peer.load(Ordering::SeqCst) == self.end.name).then_some(other)
    }

    fn post(&self, message: Message) {
        if let Some(other) = self.other()
            && self.hub.link.passes()
        {
            let _ = other.inbox.send((Instant::now() + self.hub.link.delay(), message));
        }
    }

    fn agreed(&self) -> NegotiatedAudio {
        *self.agreed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn reporter(&self) -> std::sync::MutexGuard<'_, Reporter> {
        self.reporter.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Both ends are up two round trips after both know each other.
async fn handshake(shared: Arc<Shared>) {
    let Some(other) = shared.other() else { return };
    let link: FakeLink = shared.hub.link.clone();
    tokio::time::sleep(link.delay() * 4).await;
    while link.is_paused() {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    for end in [&shared.end, &other] {
        let alive = !shared.end.closed.load(Ordering::SeqCst) && !other.closed.load(Ordering::SeqCst);
        if alive && !end.up.swap(true, Ordering::SeqCst) {
            end.events.send(ConnectionEvent::Up);
        }
    }
}

async fn receive(shared: Arc<Shared>, mut messages: mpsc::UnboundedReceiver<(Instant, Message)>) {
    while let Some((at, message)) = messages.recv().await {
        tokio::time::sleep_until(at.into()).await;
        if shared.end.closed.load(Ordering::SeqCst) {
            return;
        }
        let now = Instant::now();
        if !matches!(message, Message::Bye) {
            shared.heard.fetch_add(1, Ordering::SeqCst);
        }
        match message {
            Message::Rtp(packet) => {
                let (sequence, timestamp) = (packet.sequence, packet.timestamp);
                shared.reporter().rtp_received(now, packet.ssrc, sequence, timestamp, packet.payload.len());
                let role = shared.agreed().types().role(packet.payload_type);
                let mut packet = packet;
                if let Some(role) = role {
                    packet.payload_type = shared.outgoing.known_as(role, packet.payload_type);
                    shared.sink.on_rtp(now, packet);
                }
            }
            Message::Rtcp(packets) => shared.reporter().rtcp_received(now, &packets),
            Message::Bye => shared.end.events.send(ConnectionEvent::Died),
        }
    }
}

/// While the connection is active: media and reports.
async fn send(shared: Arc<Shared>) {
    let mut started = false;
    loop {
        if shared.end.closed.load(Ordering::SeqCst) {
            return;
        }
        if !shared.active.load(Ordering::SeqCst) {
            shared.changed.notified().await;
            continue;
        }
        let now = Instant::now();
        if !std::mem::replace(&mut started, true) {
            shared.reporter().start(now);
        }
        let report = shared.reporter().report(now);
        if let Some(report) = report {
            shared.post(Message::Rtcp(report));
        }
        // A network without limits: nothing has to be spread out.
        while let Some(mut packet) = shared.outgoing.pop().or_else(|| shared.outgoing.pop_paced()) {
            packet.ssrc = shared.ssrc;
            let role = shared.outgoing.role(packet.payload_type);
            let Some(payload_type) = shared.agreed().types().of(role) else {
                shared.outgoing.discard(1);
                continue;
            };
            packet.payload_type = payload_type;
            shared.reporter().rtp_sent(now, packet.timestamp, packet.payload.len());
            shared.post(Message::Rtp(packet));
        }
        let next = shared.reporter().deadline().unwrap_or(now + std::time::Duration::from_secs(1));
        tokio::select! {
            () = poll_fn(|cx| shared.outgoing.poll_wake(cx)) => {}
            () = tokio::time::sleep_until(next.into()) => {}
            () = shared.changed.notified() => {}
        }
    }
}

#[async_trait]
impl Connection for FakeConnection {
    async fn offer(&self) -> Result<(), TransportError> {
        self.shared.end.events.send(ConnectionEvent::Gathered);
        Ok(())
    }

    async fn answer(&self, offer: &str) -> Result<(), TransportError> {
        self.meet(offer)?;
        self.shared.end.events.send(ConnectionEvent::Gathered);
        Ok(())
    }

    async fn accept(&self, answer: &str) -> Result<(), TransportError> {
        self.meet(answer)
    }

    async fn add_candidate(&self, _: &str) -> Result<(), TransportError> {
        Ok(())
    }

    async fn local_description(&self) -> Option<String> {
        let (address, port) = (self.advertise.ip(), self.advertise.port());
        let types = self.shared.agreed().types();
        let formats: Vec<(u8, &str)> = [
            (Some(types.opus), "opus/48000/2"),
            (types.red, "red/48000/2"),
            (types.telephone_event, "telephone-event/48000"),
        ]
        .into_iter()
        .filter_map(|(format, name)| Some((format?, name)))
        .collect();
        let numbers: Vec<String> = formats.iter().map(|(format, _)| format.to_string()).collect();
        let maps: Vec<String> =
            formats.iter().map(|(format, name)| format!("a=rtpmap:{format} {name}")).collect();
        let fingerprint = ["00"; 32].join(":");
        let sdp = [
            "v=0".to_owned(),
            "o=- 1 1 IN IP4 0.0.0.0".to_owned(),
            "s=-".to_owned(),
            "t=0 0".to_owned(),
            format!("m=audio 9 UDP/TLS/RTP/SAVPF {}", numbers.join(" ")),
            "c=IN IP4 0.0.0.0".to_owned(),
            "a=setup:actpass".to_owned(),
            format!("a=ice-ufrag:{:016x}", self.shared.end.name),
            "a=ice-pwd:0000000000000000000000".to_owned(),
            format!("a=fingerprint:sha-256 {fingerprint}"),
            maps.join("\r\n"),
            format!("a=candidate:1 1 udp 2130706431 {address} {port} typ host"),
            String::new(),
        ]
        .join("\r\n");
        Some(sdp::describe(&sdp, &self.shared.parameters))
    }

    fn candidate(&self, _: &str) -> Option<String> {
        None
    }

    fn set_active(&self, active: bool) {
        self.shared.active.store(active, Ordering::SeqCst);
        self.shared.changed.notify_one();
    }

    fn heard(&self) -> u64 {
        self.shared.heard.load(Ordering::SeqCst)
    }

    fn confirmed(&self) -> bool {
        self.heard() > 0
    }

    fn progress(&self) -> u64 {
        0
    }

    fn round_trip(&self) -> Option<std::time::Duration> {
        Some(self.shared.hub.link.delay() * 2)
    }

    async fn details(&self) -> Details {
        let peer = self.shared.end.peer.load(Ordering::SeqCst);
        Details {
            ssrc: self.shared.ssrc,
            audio: self.shared.agreed(),
            candidate_pair: Some(format!("fake {} <-> fake {peer}", self.shared.end.name)),
            dtls_cipher: None,
            srtp_profile: None,
        }
    }

    async fn close(&self) {
        if !self.shared.end.closed.swap(true, Ordering::SeqCst) {
            self.shared.post(Message::Bye);
            self.shared.hub.remove(self.shared.end.name);
            self.shared.changed.notify_one();
            // The receiving task looks at the flag.
            let _ = self.shared.end.inbox.send((Instant::now(), Message::Bye));
        }
    }
}
