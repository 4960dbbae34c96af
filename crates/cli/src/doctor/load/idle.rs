//! Idle realtime connections: what each costs the service in memory.

use super::link::Listener;
use super::people::people;
use super::report::Idle;
use super::service::Service;
use super::wire::Target;
use crate::exit::Failure;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// Of one user; the service allows 16.
pub const DEVICES: usize = 16;
/// Handshakes at once.
pub const AT_ONCE: usize = 32;
/// Well within the 30 s after which the service takes a silent client for gone.
const PING: Duration = Duration::from_secs(12);
/// After the last one came: each has pinged once.
pub const SETTLE: Duration = Duration::from_secs(14);

/// So many clients of the link that listen to chat and hear nothing, a while after the last one came.
pub async fn measure(service: &Service, target: &Target, connections: usize) -> Result<Idle, Failure> {
    let people = people(service, connections.div_ceil(DEVICES)).await?;
    let before = service.usage()?;
    let room = Arc::new(Semaphore::new(AT_ONCE));
    let (opened, mut open) = tokio::sync::mpsc::channel(AT_ONCE);
    let mut tasks = JoinSet::new();
    for number in 0..connections {
        let person = people[number / DEVICES].clone();
        let (target, room, opened) = (target.clone(), Arc::clone(&room), opened.clone());
        tasks.spawn(async move {
            let permit = room.acquire_owned().await;
            let mut listener = Listener::open(&target, &person.token, number as u128 + 1).await?;
            listener.subscribe().await?;
            listener.acknowledge().await?;
            drop(permit);
            let _ = opened.send(()).await;
            loop {
                match tokio::time::timeout(PING, listener.next()).await {
                    Ok(frame) => drop(frame?),
                    Err(_) => listener.ping().await?,
                }
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
    Ok(Idle::new(connections, before, service.usage()?))
}
