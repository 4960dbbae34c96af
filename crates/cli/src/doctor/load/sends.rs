//! Durable sends: how many messages a second are acknowledged, each when it is on the disk.

use super::people::{message, people, thread};
use super::report::Sends;
use super::service::Service;
use super::wire::{Request, Target, Wire};
use crate::doctor::percentiles::percentiles;
use crate::exit::Failure;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// Characters of a message.
pub const TEXT: usize = 100;

/// So many senders, each of whom sends again when the last was acknowledged; each in a thread for two.
pub async fn measure(
    service: &Service,
    target: &Target,
    senders: usize,
    length: Duration,
) -> Result<Sends, Failure> {
    let people = people(service, senders).await?;
    let mut ready = Vec::with_capacity(senders);
    for (index, person) in people.iter().enumerate() {
        let mut wire = target.connect().await?;
        let other = people[(index + 1) % senders].clone();
        let thread = thread(&mut wire, target, &[person.clone(), other]).await?;
        let request = message(target, person, &thread, TEXT);
        sent(&mut wire, &request).await?;
        ready.push((wire, request));
    }
    let (before, start) = (service.usage()?, Instant::now());
    let mut tasks = JoinSet::new();
    for (mut wire, request) in ready {
        tasks.spawn(async move {
            let mut times = Vec::new();
            while start.elapsed() < length {
                let asked = Instant::now();
                sent(&mut wire, &request).await?;
                times.push(asked.elapsed().as_secs_f64() * 1e3);
            }
            Ok::<_, Failure>(times)
        });
    }
    let mut times = Vec::new();
    while let Some(done) = tasks.join_next().await {
        times.extend(done.map_err(|error| Failure::Other(error.to_string()))??);
    }
    let (elapsed, after) = (start.elapsed(), service.usage()?);
    let cpu = after.cpu.saturating_sub(before.cpu);
    Sends::new(senders, elapsed, percentiles(times), cpu)
}

async fn sent(wire: &mut Wire, request: &Request) -> Result<(), Failure> {
    match wire.ask(request).await? {
        (201, _) => Ok(()),
        (status, body) => {
            Err(Failure::Other(format!("a message: {status} {}", String::from_utf8_lossy(&body))))
        }
    }
}
