//! Idle connections: what each costs in memory.

use super::super::idle::{AT_ONCE, DEVICES, SETTLE};
use super::super::report::Idle;
use super::super::wire::Target;
use super::client::Client;
use super::server::Prosody;
use crate::exit::Failure;
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// So many signed-in clients that are available and hear nothing, a while after the last one came.
pub async fn measure(server: &Prosody, target: &Target, connections: usize) -> Result<Idle, Failure> {
    let before = server.usage()?;
    let room = Arc::new(Semaphore::new(AT_ONCE));
    let (opened, mut open) = tokio::sync::mpsc::channel(AT_ONCE);
    let mut tasks = JoinSet::new();
    for number in 0..connections {
        let (target, room, opened) = (target.clone(), Arc::clone(&room), opened.clone());
        tasks.spawn(async move {
            let permit = room.acquire_owned().await;
            let (user, device) = (format!("user{}", number / DEVICES), format!("d{}", number % DEVICES));
            let mut client = Client::open(&target, &user, &device).await?;
            client.write("<presence/>").await?;
            drop(permit);
            let _ = opened.send(()).await;
            loop {
                client.next().await?;
            }
            #[expect(unreachable_code, reason = "says what the task fails with")]
            Ok::<(), Failure>(())
        });
    }
    for _ in 0..connections {
        tokio::select! {
            _ = open.recv() => {}
            Some(done) = tasks.join_next() => {
                done.map_err(|error| Failure::Other(error.to_string()))??;
            }
        }
    }
    tokio::time::sleep(SETTLE).await;
    if let Some(done) = tasks.try_join_next() {
        done.map_err(|error| Failure::Other(error.to_string()))??;
    }
    Ok(Idle::new(connections, before, server.usage()?))
}
