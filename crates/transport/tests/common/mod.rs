//! Two sessions, the path of their descriptions between them, and what they hear.
#![allow(dead_code, reason = "each test uses a part of it")]
#![allow(clippy::expect_used, clippy::panic, reason = "this is test code, in the example as well")]

pub mod relay;
pub mod setups;

use liaison_transport::fake::{self, FakeLink};
use liaison_transport::webrtc_backend;
use relay::{Impairment, Relay};

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use liaison_transport::{
    AudioParameters, Description, NegotiatedAudio, RtpPacket, RtpSink, Session, SessionConfig, SessionEvent,
};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// The descriptions travel this long, reliably.
pub const SIGNALING_DELAY: Duration = Duration::from_millis(15);

/// Keeps what was received.
#[derive(Debug, Default)]
pub struct Heard {
    pub packets: Mutex<Vec<(Instant, RtpPacket)>>,
    pub count: AtomicU64,
}

impl RtpSink for Heard {
    fn on_rtp(&self, arrival: Instant, packet: RtpPacket) {
        self.count.fetch_add(1, Ordering::SeqCst);
        self.packets.lock().expect("what was heard").push((arrival, packet));
    }
}

impl Heard {
    pub fn count(&self) -> u64 {
        self.count.load(Ordering::SeqCst)
    }

    pub fn payloads(&self) -> Vec<Vec<u8>> {
        let packets = self.packets.lock().expect("what was heard");
        packets.iter().map(|(_, packet)| packet.payload.to_vec()).collect()
    }
}

pub fn config(offerer: bool, heard: &Arc<Heard>) -> SessionConfig {
    let ssrc = if offerer { 0x0a0a_0a0a } else { 0x0b0b_0b0b };
    let sink = Arc::clone(heard) as Arc<dyn RtpSink>;
    let mut config = SessionConfig::new(offerer, AudioParameters::new(ssrc), sink);
    config.bind = vec!["127.0.0.1:0".parse().expect("the loopback")];
    config
}

/// Which implementation is tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Webrtc,
    Fake,
}

/// The network between the two sides of a pair, when it is not simply the loopback.
pub enum Network {
    Relay(Relay),
    Link(FakeLink),
}

impl Network {
    pub fn pause(&self, paused: bool) {
        match self {
            Self::Relay(relay) => relay.impairment.paused.store(paused, Ordering::SeqCst),
            Self::Link(link) => link.pause(paused),
        }
    }
}

/// Opens two sessions that reach each other directly; `change` sees both configurations.
pub async fn open_pair(kind: Kind, change: impl FnOnce(&mut SessionConfig, &mut SessionConfig)) -> Pair {
    let (heard_a, heard_b) = (Arc::new(Heard::default()), Arc::new(Heard::default()));
    let (mut config_a, mut config_b) = (config(true, &heard_a), config(false, &heard_b));
    change(&mut config_a, &mut config_b);
    let (a, b) = open_both(kind, config_a, config_b).await;
    Pair::join(a, heard_a, b, heard_b)
}

/// Opens two sessions whose descriptions nobody carries.
pub async fn open_apart(kind: Kind) -> (Box<dyn Session>, Box<dyn Session>) {
    let heard = Arc::new(Heard::default());
    open_both(kind, config(true, &heard), config(false, &heard)).await
}

async fn open_both(kind: Kind, a: SessionConfig, b: SessionConfig) -> (Box<dyn Session>, Box<dyn Session>) {
    match kind {
        Kind::Webrtc => (
            webrtc_backend::open(a).await.expect("the offerer opens"),
            webrtc_backend::open(b).await.expect("the answerer opens"),
        ),
        Kind::Fake => fake::pair(a, b),
    }
}

/// The next description that a session makes.
pub async fn description(session: &dyn Session) -> Description {
    loop {
        match tokio::time::timeout(Duration::from_secs(10), session.next_event()).await {
            Ok(Some(SessionEvent::LocalDescription(description))) => return description,
            Ok(Some(_)) => {}
            other => panic!("no description: {other:?}"),
        }
    }
}

/// Opens two sessions with a network between them that loses and delays.
pub async fn open_impaired(kind: Kind, loss_percent: u8, one_way: Duration, seed: u64) -> (Pair, Network) {
    let network = match kind {
        Kind::Webrtc => {
            Network::Relay(Relay::start(Impairment::new(loss_percent.into(), one_way, seed)).await)
        }
        Kind::Fake => Network::Link(FakeLink::new(one_way, loss_percent, seed)),
    };
    (open_over(kind, &network, |_, _| {}).await, network)
}

/// Opens two sessions over a network that is already there.
pub async fn open_over(
    kind: Kind,
    network: &Network,
    change: impl FnOnce(&mut SessionConfig, &mut SessionConfig),
) -> Pair {
    match network {
        Network::Relay(relay) => {
            open_pair(kind, |a, b| {
                relayed(a, b, relay);
                change(a, b);
            })
            .await
        }
        Network::Link(link) => {
            let (heard_a, heard_b) = (Arc::new(Heard::default()), Arc::new(Heard::default()));
            let (mut config_a, mut config_b) = (config(true, &heard_a), config(false, &heard_b));
            change(&mut config_a, &mut config_b);
            let (a, b) = fake::pair_over(link, config_a, config_b);
            Pair::join(a, heard_a, b, heard_b)
        }
    }
}

/// Each side binds the address that the relay sends to, and advertises the relay's.
pub fn relayed(a: &mut SessionConfig, b: &mut SessionConfig, relay: &Relay) {
    (a.bind, a.advertise) = (vec![relay.a], Some(relay.for_a));
    (b.bind, b.advertise) = (vec![relay.b], Some(relay.for_b));
}

/// One side with everything it told.
pub struct Side {
    pub session: Arc<dyn Session>,
    pub heard: Arc<Heard>,
    pub events: mpsc::UnboundedReceiver<(Instant, SessionEvent)>,
    pub sent: Arc<Mutex<Vec<Description>>>,
    sequence: u16,
    task: JoinHandle<()>,
}

pub struct Pair {
    pub a: Side,
    pub b: Side,
}

/// Carries descriptions and candidates of `from` to `to`, and notes everything.
fn carry(from: Arc<dyn Session>, to: Arc<dyn Session>, heard: Arc<Heard>) -> Side {
    let (sender, events) = mpsc::unbounded_channel();
    let sent = Arc::new(Mutex::new(Vec::new()));
    let (session, noted) = (Arc::clone(&from), Arc::clone(&sent));
    // One task delivers, so that the order is kept.
    let (deliver, mut parcels) = mpsc::unbounded_channel::<(Instant, SessionEvent)>();
    let task = tokio::spawn(async move {
        let delivery = async move {
            while let Some((at, event)) = parcels.recv().await {
                tokio::time::sleep_until((at + SIGNALING_DELAY).into()).await;
                let outcome = match event {
                    SessionEvent::LocalDescription(description) => to.set_remote(description).await,
                    SessionEvent::LocalCandidate { revision, candidate } => {
                        to.add_candidate(revision, candidate).await
                    }
                    _ => Ok(()),
                };
                if let Err(error) = outcome {
                    eprintln!("the peer refused: {error}");
                }
            }
        };
        let reading = async move {
            while let Some(event) = from.next_event().await {
                let now = Instant::now();
                match &event {
                    SessionEvent::LocalDescription(description) => {
                        noted.lock().expect("the notes").push(description.clone());
                        let _ = deliver.send((now, event.clone()));
                    }
                    SessionEvent::LocalCandidate { .. } => {
                        let _ = deliver.send((now, event.clone()));
                    }
                    _ => {}
                }
                let _ = sender.send((now, event));
            }
            drop(deliver);
        };
        tokio::join!(delivery, reading);
    });
    Side { session, heard, events, sent, sequence: 1000, task }
}

impl Pair {
    pub fn join(a: Box<dyn Session>, heard_a: Arc<Heard>, b: Box<dyn Session>, heard_b: Arc<Heard>) -> Self {
        let (a, b): (Arc<dyn Session>, Arc<dyn Session>) = (Arc::from(a), Arc::from(b));
        Self { a: carry(Arc::clone(&a), Arc::clone(&b), heard_a), b: carry(b, a, heard_b) }
    }

    /// Both sides connected; gives their setup times.
    pub async fn connected(&mut self, within: Duration) -> Option<[Duration; 2]> {
        let (a, b) = tokio::join!(self.a.connected(within), self.b.connected(within));
        Some([a?, b?])
    }

    /// Drops both sessions without closing them.
    pub async fn abandon(self) {
        for side in [self.a, self.b] {
            side.task.abort();
            let _ = side.task.await;
        }
    }

    pub async fn close(self) {
        tokio::join!(self.a.session.close(), self.b.session.close());
        let _ = tokio::join!(self.a.task, self.b.task);
    }
}

impl Side {
    /// Waits for an event that `wanted` takes.
    pub async fn wait<T>(
        &mut self,
        within: Duration,
        mut wanted: impl FnMut(&SessionEvent) -> Option<T>,
    ) -> Option<(Instant, T)> {
        let deadline = tokio::time::Instant::now() + within;
        loop {
            let (at, event) = tokio::time::timeout_at(deadline, self.events.recv()).await.ok()??;
            if let Some(found) = wanted(&event) {
                return Some((at, found));
            }
        }
    }

    pub async fn connected(&mut self, within: Duration) -> Option<Duration> {
        let found = self.wait(within, |event| match event {
            SessionEvent::Connected { setup, .. } => Some(*setup),
            _ => None,
        });
        found.await.map(|(_, setup)| setup)
    }

    /// Sends one packet; its payload tells its number.
    pub fn say(&mut self) -> Result<u16, liaison_transport::SendError> {
        let sequence = self.sequence;
        self.sequence = self.sequence.wrapping_add(1);
        let mut payload = vec![0x5a; 40 + usize::from(sequence % 60)];
        payload[..2].copy_from_slice(&sequence.to_be_bytes());
        self.session.sender().send(RtpPacket {
            audio_level: None,
            payload_type: 0,
            marker: sequence.is_multiple_of(50),
            sequence,
            timestamp: u32::from(sequence).wrapping_mul(960),
            ssrc: 0,
            payload: Bytes::from(payload),
        })?;
        Ok(sequence)
    }

    /// Sends one packet of this type.
    pub fn say_as(
        &mut self,
        payload_type: u8,
        payload: &'static [u8],
    ) -> Result<(), liaison_transport::SendError> {
        let sequence = self.sequence;
        self.sequence = self.sequence.wrapping_add(1);
        let payload = Bytes::from_static(payload);
        let packet = RtpPacket {
            audio_level: None,
            payload_type,
            marker: false,
            sequence,
            timestamp: 0,
            ssrc: 0,
            payload,
        };
        self.session.sender().send(packet)
    }

    /// Waits for the connection and gives what was agreed on.
    pub async fn agreed(&mut self, within: Duration) -> Option<NegotiatedAudio> {
        let found = self.wait(within, |event| match event {
            SessionEvent::Connected { audio, .. } => Some(*audio),
            _ => None,
        });
        found.await.map(|(_, audio)| audio)
    }

    /// Leaves out sequence numbers.
    pub fn skip(&mut self, numbers: u16) {
        self.sequence = self.sequence.wrapping_add(numbers);
    }

    pub fn revisions(&self) -> Vec<u32> {
        self.sent.lock().expect("the notes").iter().map(|description| description.revision).collect()
    }
}

/// Both sides speak for a while, 50 packets a second.
pub async fn talk(pair: &mut Pair, packets: u32) {
    let mut interval = tokio::time::interval(Duration::from_millis(20));
    for _ in 0..packets {
        interval.tick().await;
        let _ = pair.a.say();
        let _ = pair.b.say();
    }
}

/// Waits until `done`, and tells whether it was in time.
pub async fn eventually(within: Duration, mut done: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + within;
    while Instant::now() < deadline {
        if done() {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    done()
}
