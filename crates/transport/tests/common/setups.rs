//! Many setups through a lossy relay, and how long they take.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::relay::Impairment;
use super::{Kind, Network, Pair, eventually, open_impaired};

/// One setup that succeeded.
#[derive(Debug, Clone, Copy)]
pub struct Setup {
    /// From both descriptions known to both sides connected.
    pub time: Duration,
    /// From the offerer's opening, with both descriptions' 15 ms on the way.
    pub since_open: Duration,
    /// Connections that were built, more than one when the watchdog had to step in.
    pub attempts: u32,
}

/// What came of a batch.
#[derive(Debug)]
pub struct Outcome {
    pub asked: usize,
    pub setups: Vec<Setup>,
}

impl Outcome {
    pub fn lost(&self) -> usize {
        self.asked - self.setups.len()
    }

    /// The time that `percent` of the setups did not exceed.
    pub fn percentile(&self, percent: usize, of: impl Fn(&Setup) -> Duration) -> Duration {
        let mut times: Vec<Duration> = self.setups.iter().map(of).collect();
        times.sort_unstable();
        let index = (times.len() * percent).div_ceil(100).saturating_sub(1);
        times.get(index).copied().unwrap_or_default()
    }

    pub fn rebuilt(&self) -> usize {
        self.setups.iter().filter(|setup| setup.attempts > 1).count()
    }
}

/// Runs `count` setups at `loss_percent` each way and `round_trip`, `at_once` at a time.
pub async fn run(
    count: usize,
    loss_percent: u8,
    round_trip: Duration,
    at_once: usize,
    mut done: impl FnMut(usize),
) -> Outcome {
    let permits = Arc::new(Semaphore::new(at_once));
    let mut running = JoinSet::new();
    for index in 0..count {
        let permits = Arc::clone(&permits);
        running.spawn(async move {
            let _permit = permits.acquire_owned().await.expect("the semaphore lives");
            one(loss_percent, round_trip, index as u64 + 1).await
        });
    }
    let mut setups = Vec::new();
    let mut finished = 0;
    while let Some(setup) = running.join_next().await {
        setups.extend(setup.expect("no setup panics"));
        finished += 1;
        done(finished);
    }
    Outcome { asked: count, setups }
}

async fn one(loss_percent: u8, round_trip: Duration, seed: u64) -> Option<Setup> {
    let began = Instant::now();
    let (mut pair, network) = open_impaired(Kind::Webrtc, loss_percent, round_trip / 2, seed).await;
    let times = pair.connected(Duration::from_secs(25)).await;
    let since_open = began.elapsed();
    let attempts = pair.a.session.stats().attempts.max(pair.b.session.stats().attempts);
    // Connected means that media flows: it has to arrive on both sides.
    let flows = times.is_some() && speaks(&mut pair, &network).await;
    pair.close().await;
    let [a, b] = times?;
    flows.then_some(Setup { time: a.max(b), since_open, attempts })
}

async fn speaks(pair: &mut Pair, network: &Network) -> bool {
    for _ in 0..100 {
        let _ = pair.a.say();
        let _ = pair.b.say();
        let (a, b) = (Arc::clone(&pair.a.heard), Arc::clone(&pair.b.heard));
        if eventually(Duration::from_millis(60), || a.count() > 0 && b.count() > 0).await {
            return match network {
                Network::Relay(relay) => passed_encrypted(&relay.impairment),
                Network::Link(_) => true,
            };
        }
    }
    false
}

/// The handshake and the media went through the relay, not around it.
fn passed_encrypted(impairment: &Impairment) -> bool {
    impairment.dtls.load(Ordering::Relaxed) > 0 && impairment.media.load(Ordering::Relaxed) > 0
}
