//! Fan-out: how many messages a second reach those who are in a room.

use super::super::fanout::{Counts, PATIENCE, SENDERS, TEXT, UNDER_WAY, each_us};
use super::super::report::Fanout;
use super::super::service::Usage;
use super::super::wire::Target;
use super::client::{Client, message};
use super::server::Prosody;
use super::stanza::{attribute, is_said};
use crate::exit::Failure;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

const ROOM: &str = "room";

/// One room with so many in it, all of whom hear, and some of whom send as fast as the others hear.
pub async fn measure(
    server: &Prosody,
    target: &Target,
    listeners: usize,
    length: Duration,
) -> Result<Fanout, Failure> {
    let counts = Arc::new(Counts::default());
    // Nobody sends before all are in.
    let (start_all, started) = tokio::sync::watch::channel(false);
    let mut tasks = JoinSet::new();
    for number in 0..listeners {
        let mut client = Client::open(target, &format!("user{number}"), "load").await?;
        client.join(ROOM, &format!("n{number}")).await?;
        let member = Member { client, number, sent: 0, own: true, heard: vec![0; SENDERS] };
        let (counts, started) = (Arc::clone(&counts), started.clone());
        tasks.spawn(member.run(counts, started, listeners as u64));
    }
    let (before, own, start) = (server.usage()?, Usage::own()?, Instant::now());
    start_all.send_replace(true);
    tokio::time::sleep(length).await;
    let (delivered, bytes) = (counts.events.load(Ordering::Relaxed), counts.bytes.load(Ordering::Relaxed));
    let (elapsed, after, own_after) = (start.elapsed(), server.usage()?, Usage::own()?);
    counts.stop.store(true, Ordering::Relaxed);
    let all = || counts.sent.load(Ordering::Relaxed) * listeners as u64;
    let waiting = Instant::now();
    while counts.events.load(Ordering::Relaxed) < all() && waiting.elapsed() < PATIENCE {
        if let Some(done) = tasks.try_join_next() {
            done.map_err(|error| Failure::Other(error.to_string()))??;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(Fanout {
        listeners,
        delivered_per_s: (delivered as f64 / elapsed.as_secs_f64()).round(),
        frame_bytes: bytes as f64 / delivered.max(1) as f64,
        lost: all().saturating_sub(counts.events.load(Ordering::Relaxed)),
        missed: 0,
        service_cpu_us_each: each_us(before, after, delivered),
        load_cpu_us_each: each_us(own, own_after, delivered),
    })
}

/// One who is in the room.
struct Member {
    client: Client,
    number: usize,
    /// Messages sent.
    sent: u64,
    /// The last one came back.
    own: bool,
    /// Of each sender, the last message that came.
    heard: Vec<u64>,
}

impl Member {
    async fn run(
        mut self,
        counts: Arc<Counts>,
        mut started: tokio::sync::watch::Receiver<bool>,
        listeners: u64,
    ) -> Result<(), Failure> {
        loop {
            let sends = self.number < SENDERS
                && self.own
                && *started.borrow_and_update()
                && !counts.stop.load(Ordering::Relaxed);
            if sends {
                let arrived = counts.events.load(Ordering::Relaxed) / listeners;
                if counts.sent.load(Ordering::Relaxed) < arrived + UNDER_WAY {
                    counts.sent.fetch_add(1, Ordering::Relaxed);
                    (self.sent, self.own) = (self.sent + 1, false);
                    let id = format!("{}-{}", self.number, self.sent);
                    self.client.write(&message(ROOM, &id, TEXT)).await?;
                }
            }
            // Who has something to send looks again soon.
            let wait = if sends { Duration::from_millis(1) } else { Duration::from_millis(100) };
            if let Ok(stanza) = tokio::time::timeout(wait, self.client.next()).await {
                self.take(&counts, &stanza?)?;
            }
        }
    }

    fn take(&mut self, counts: &Counts, stanza: &[u8]) -> Result<(), Failure> {
        if !is_said(stanza) {
            return Ok(());
        }
        let id = attribute(stanza, "id").and_then(|id| id.split_once('-'));
        let Some((Ok(sender), Ok(number))) =
            id.map(|(sender, number)| (sender.parse::<usize>(), number.parse::<u64>()))
        else {
            return Err(Failure::Other("Prosody told a message that nobody sent".to_owned()));
        };
        let last = self.heard.get_mut(sender);
        if last.as_ref().is_none_or(|last| **last + 1 != number) {
            return Err(Failure::Other("messages of a room came out of order".to_owned()));
        }
        last.into_iter().for_each(|last| *last = number);
        self.own |= sender == self.number;
        counts.events.fetch_add(1, Ordering::Relaxed);
        counts.bytes.fetch_add(stanza.len() as u64, Ordering::Relaxed);
        Ok(())
    }
}
