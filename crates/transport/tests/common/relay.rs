//! A UDP relay between two peers, with loss and delay.
//!
//! Peer A binds `a`, and is told to advertise the relay's face `for_a`; B likewise. What arrives on A's face goes out of
//! B's face to A, and the other way round.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::net::UdpSocket;
use tokio::task::JoinHandle;

/// What the relay does to packets, adjustable while it runs.
#[derive(Debug)]
pub struct Impairment {
    /// Lost in each direction, of 10,000.
    pub loss: AtomicU32,
    /// One way.
    pub delay: Duration,
    /// What a line from A to B carries, in bits of IP packets a second; 0: any amount. It queues for up to 300 ms.
    pub a_bps: AtomicU32,
    /// How long the last packet waited for that line, in ms.
    pub waited_ms: AtomicU64,
    /// When the line is free again.
    free_at: Mutex<Option<Instant>>,
    /// Nothing passes.
    pub paused: AtomicBool,
    /// DTLS records do not pass.
    pub dtls_blocked: AtomicBool,
    /// DTLS and SRTP from B to A does not pass.
    pub mute_b: AtomicBool,
    pub dtls: AtomicU64,
    pub media: AtomicU64,
    pub stun: AtomicU64,
    random: Mutex<u64>,
}

impl Impairment {
    pub fn new(loss_percent: u32, delay: Duration, seed: u64) -> Arc<Self> {
        Arc::new(Self {
            loss: AtomicU32::new(loss_percent * 100),
            delay,
            a_bps: AtomicU32::new(0),
            waited_ms: AtomicU64::new(0),
            free_at: Mutex::new(None),
            paused: AtomicBool::new(false),
            dtls_blocked: AtomicBool::new(false),
            mute_b: AtomicBool::new(false),
            dtls: AtomicU64::new(0),
            media: AtomicU64::new(0),
            stun: AtomicU64::new(0),
            random: Mutex::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1),
        })
    }

    /// How long a datagram of A's stays on the line; `None`: its queue is full.
    fn line(&self, datagram: &[u8]) -> Option<Duration> {
        let bps = self.a_bps.load(Ordering::Relaxed);
        if bps == 0 {
            return Some(Duration::ZERO);
        }
        let now = Instant::now();
        let mut free_at = self.free_at.lock().expect("the line");
        let begins = free_at.unwrap_or(now).max(now);
        self.waited_ms.store((begins - now).as_millis() as u64, Ordering::Relaxed);
        if begins - now > Duration::from_millis(300) {
            return None;
        }
        let bits = 8 * (datagram.len() + 28);
        let ends = begins + Duration::from_secs_f64(bits as f64 / f64::from(bps));
        *free_at = Some(ends);
        Some(ends - now)
    }

    fn passes(&self, datagram: &[u8], from_b: bool) -> bool {
        let (kind, dtls) = match datagram.first() {
            Some(0..=3) => (&self.stun, false),
            Some(20..=63) => (&self.dtls, true),
            _ => (&self.media, false),
        };
        kind.fetch_add(1, Ordering::Relaxed);
        let stun = matches!(datagram.first(), Some(0..=3));
        let blocked = self.paused.load(Ordering::Relaxed)
            || (dtls && self.dtls_blocked.load(Ordering::Relaxed))
            || (from_b && !stun && self.mute_b.load(Ordering::Relaxed));
        let mut random = self.random.lock().expect("the generator");
        // xorshift64*
        *random ^= *random >> 12;
        *random ^= *random << 25;
        *random ^= *random >> 27;
        let draw = (random.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32) % 10_000;
        !blocked && draw >= u64::from(self.loss.load(Ordering::Relaxed))
    }
}

pub struct Relay {
    /// What A binds and what it advertises.
    pub a: SocketAddr,
    pub for_a: SocketAddr,
    pub b: SocketAddr,
    pub for_b: SocketAddr,
    pub impairment: Arc<Impairment>,
    face_a: Arc<UdpSocket>,
    face_b: Arc<UdpSocket>,
    tasks: Vec<JoinHandle<()>>,
}

/// A port that nobody uses now.
pub fn free_port() -> SocketAddr {
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").expect("a free port");
    socket.local_addr().expect("its address")
}

impl Relay {
    pub async fn start(impairment: Arc<Impairment>) -> Self {
        let (a, b) = (free_port(), free_port());
        let face_a = Arc::new(UdpSocket::bind("127.0.0.1:0").await.expect("a face"));
        let face_b = Arc::new(UdpSocket::bind("127.0.0.1:0").await.expect("a face"));
        let for_a = face_a.local_addr().expect("its address");
        let for_b = face_b.local_addr().expect("its address");
        let tasks = vec![
            tokio::spawn(forward(Arc::clone(&face_a), Arc::clone(&face_b), a, Arc::clone(&impairment), true)),
            tokio::spawn(forward(
                Arc::clone(&face_b),
                Arc::clone(&face_a),
                b,
                Arc::clone(&impairment),
                false,
            )),
        ];
        Self { a, for_a, b, for_b, impairment, face_a, face_b, tasks }
    }
}

impl Relay {
    /// Sends to both sides as if it came from the other.
    pub async fn inject(&self, datagram: &[u8]) {
        let _ = self.face_b.send_to(datagram, self.a).await;
        let _ = self.face_a.send_to(datagram, self.b).await;
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

async fn forward(
    from: Arc<UdpSocket>,
    out: Arc<UdpSocket>,
    to: SocketAddr,
    impairment: Arc<Impairment>,
    from_b: bool,
) {
    let mut buffer = [0; 2048];
    loop {
        let Ok((length, _)) = from.recv_from(&mut buffer).await else { continue };
        if !impairment.passes(&buffer[..length], from_b) {
            continue;
        }
        let datagram = buffer[..length].to_vec();
        let line = if from_b { Some(Duration::ZERO) } else { impairment.line(&buffer[..length]) };
        let Some(line) = line else { continue };
        let (out, delay) = (Arc::clone(&out), impairment.delay + line);
        tokio::spawn(async move {
            tokio::time::sleep(delay).await;
            let _ = out.send_to(&datagram, to).await;
        });
    }
}
