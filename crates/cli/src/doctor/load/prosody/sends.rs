//! Archived messages: how many a second come back from their rooms.

use super::super::report::Sends;
use super::super::sends::TEXT;
use super::super::wire::Target;
use super::client::{Client, message};
use super::server::Prosody;
use super::stanza::{attribute, is_said};
use crate::doctor::percentiles::percentiles;
use crate::exit::Failure;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// So many senders, each alone in a room, who send again when the room has said what they sent.
pub async fn measure(
    server: &Prosody,
    target: &Target,
    senders: usize,
    length: Duration,
) -> Result<Sends, Failure> {
    let mut ready = Vec::with_capacity(senders);
    for index in 0..senders {
        let mut client = Client::open(target, &format!("sender{index}"), "load").await?;
        let room = format!("room{index}");
        client.join(&room, "sender").await?;
        sent(&mut client, &room, 0).await?;
        ready.push((client, room));
    }
    let (before, start) = (server.usage()?, Instant::now());
    let mut tasks = JoinSet::new();
    for (mut client, room) in ready {
        tasks.spawn(async move {
            let mut times = Vec::new();
            while start.elapsed() < length {
                let asked = Instant::now();
                sent(&mut client, &room, times.len() + 1).await?;
                times.push(asked.elapsed().as_secs_f64() * 1e3);
            }
            Ok::<_, Failure>(times)
        });
    }
    let mut times = Vec::new();
    while let Some(done) = tasks.join_next().await {
        times.extend(done.map_err(|error| Failure::Other(error.to_string()))??);
    }
    let (elapsed, after) = (start.elapsed(), server.usage()?);
    Sends::new(senders, elapsed, percentiles(times), after.cpu.saturating_sub(before.cpu))
}

async fn sent(client: &mut Client, room: &str, number: usize) -> Result<(), Failure> {
    let id = format!("m{number}");
    client.write(&message(room, &id, TEXT)).await?;
    loop {
        let stanza = client.next().await?;
        if attribute(&stanza, "type") == Some("error") {
            return Err(Failure::Other("Prosody refused a message".to_owned()));
        }
        if is_said(&stanza) && attribute(&stanza, "id") == Some(&id) {
            return Ok(());
        }
    }
}
