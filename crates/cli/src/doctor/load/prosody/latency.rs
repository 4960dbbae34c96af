//! From a message to the other client's stanza, one at a time.

use super::super::latency::{PAUSE, TEXT};
use super::super::wire::Target;
use super::client::{Client, message};
use super::stanza::{attribute, is_said};
use crate::doctor::percentiles::{Percentiles, percentiles};
use crate::exit::Failure;
use std::time::Instant;

/// So many messages, each sent when the last one was heard. Milliseconds from before it is written to after it is read.
pub async fn measure(target: &Target, count: usize) -> Result<Option<Percentiles>, Failure> {
    let mut sender = Client::open(target, "sender", "load").await?;
    let mut listener = Client::open(target, "listener", "load").await?;
    sender.join("room", "sender").await?;
    listener.join("room", "listener").await?;
    let mut times = Vec::with_capacity(count);
    for number in 0..count {
        let id = format!("m{number}");
        let sent = Instant::now();
        sender.write(&message("room", &id, TEXT)).await?;
        let heard = async {
            said(&mut listener, &id).await?;
            Ok::<_, Failure>(sent.elapsed())
        };
        let (heard, echo) = tokio::join!(heard, said(&mut sender, &id));
        echo?;
        times.push(heard?.as_secs_f64() * 1e3);
        tokio::time::sleep(PAUSE).await;
    }
    Ok(percentiles(times))
}

async fn said(client: &mut Client, id: &str) -> Result<(), Failure> {
    loop {
        let stanza = client.next().await?;
        if is_said(&stanza) && attribute(&stanza, "id") == Some(id) {
            return Ok(());
        }
    }
}
