//! Fan-out: how many events a second reach those who listen.

use super::link::{Frame, Listener};
use super::people::{message, people, thread};
use super::report::Fanout;
use super::service::{Service, Usage};
use super::wire::Target;
use crate::exit::Failure;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// Characters of a message: its event has at least 300 bytes with its thread's and its sender's names.
pub const TEXT: usize = 20;
/// Senders at once, and messages that may be on their way to the listeners. What a client has not acknowledged
/// is bounded by the service at 128 frames and 512 events.
pub const SENDERS: usize = 32;
pub const UNDER_WAY: u64 = 96;
/// How long the last ones may take to arrive.
pub const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Default)]
pub struct Counts {
    pub sent: AtomicU64,
    pub events: AtomicU64,
    pub bytes: AtomicU64,
    /// Where somebody was told to read what was left out.
    missed: AtomicU64,
    pub stop: AtomicBool,
}

/// Processor time of each delivery.
pub fn each_us(before: Usage, after: Usage, delivered: u64) -> f64 {
    after.cpu.saturating_sub(before.cpu).as_secs_f64() * 1e6 / delivered.max(1) as f64
}

/// One thread with so many participants, all of whom listen, and a few of whom send as fast as the others hear.
pub async fn measure(
    service: &Service,
    target: &Target,
    listeners: usize,
    length: Duration,
) -> Result<Fanout, Failure> {
    let people = people(service, listeners).await?;
    let mut wire = target.connect().await?;
    let thread = thread(&mut wire, target, &people).await?;
    let counts = Arc::new(Counts::default());
    let mut tasks = JoinSet::new();
    for (device, person) in people.iter().enumerate() {
        let mut listener = Listener::open(target, &person.token, device as u128 + 1).await?;
        listener.subscribe().await?;
        let counts = Arc::clone(&counts);
        tasks.spawn(async move {
            let mut expected: Option<u64> = None;
            let mut each = |frame: Frame<&[u8]>| {
                if expected.is_some_and(|expected| frame.sequence.is_some_and(|got| got != expected)) {
                    return Err(Failure::Other("frames of the link came out of order".to_owned()));
                }
                expected = frame.sequence.map(|sequence| sequence + 1).or(expected);
                if frame.is_event() {
                    counts.events.fetch_add(1, Ordering::Relaxed);
                    counts.bytes.fetch_add(frame.text.len() as u64, Ordering::Relaxed);
                } else if frame.sequence.is_some() {
                    counts.missed.fetch_add(1, Ordering::Relaxed);
                }
                Ok(())
            };
            loop {
                listener.read(&mut each).await?;
            }
            #[expect(unreachable_code, reason = "says what the task fails with")]
            Ok::<(), Failure>(())
        });
    }
    let (before, own, start) = (service.usage()?, Usage::own()?, Instant::now());
    let mut senders = JoinSet::new();
    for person in people.iter().take(SENDERS) {
        let (mut wire, request) = (target.connect().await?, message(target, person, &thread, TEXT));
        let (counts, each) = (Arc::clone(&counts), listeners as u64);
        senders.spawn(async move {
            while !counts.stop.load(Ordering::Relaxed) {
                let arrived = counts.events.load(Ordering::Relaxed) / each;
                if counts.sent.load(Ordering::Relaxed) >= arrived + UNDER_WAY {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                    continue;
                }
                counts.sent.fetch_add(1, Ordering::Relaxed);
                let (status, _) = wire.ask(&request).await?;
                if status != 201 {
                    return Err(Failure::Other(format!("a message was answered {status}")));
                }
            }
            Ok::<_, Failure>(())
        });
    }
    tokio::time::sleep(length).await;
    let (delivered, bytes) = (counts.events.load(Ordering::Relaxed), counts.bytes.load(Ordering::Relaxed));
    let (elapsed, after, own_after) = (start.elapsed(), service.usage()?, Usage::own()?);
    counts.stop.store(true, Ordering::Relaxed);
    while let Some(done) = senders.join_next().await {
        done.map_err(|error| Failure::Other(error.to_string()))??;
    }
    let all = counts.sent.load(Ordering::Relaxed) * listeners as u64;
    let waiting = Instant::now();
    while counts.events.load(Ordering::Relaxed) < all && waiting.elapsed() < PATIENCE {
        if let Some(Ok(Err(failure))) = tasks.try_join_next() {
            return Err(failure);
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(Fanout {
        listeners,
        delivered_per_s: (delivered as f64 / elapsed.as_secs_f64()).round(),
        frame_bytes: bytes as f64 / delivered.max(1) as f64,
        lost: all.saturating_sub(counts.events.load(Ordering::Relaxed)),
        missed: counts.missed.load(Ordering::Relaxed),
        service_cpu_us_each: each_us(before, after, delivered),
        load_cpu_us_each: each_us(own, own_after, delivered),
    })
}
