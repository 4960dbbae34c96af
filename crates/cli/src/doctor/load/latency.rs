//! From a send to the other client's event, one at a time.

use super::link::Listener;
use super::people::{message, people, thread};
use super::service::Service;
use super::wire::Target;
use crate::doctor::percentiles::{Percentiles, percentiles};
use crate::exit::Failure;
use std::time::{Duration, Instant};

/// Characters of a message.
pub const TEXT: usize = 100;
/// Between a message and the next.
pub const PAUSE: Duration = Duration::from_millis(2);

/// So many messages, each sent when the last one's event is there. Milliseconds from before the request is written
/// to after the event is read.
pub async fn measure(
    service: &Service,
    target: &Target,
    count: usize,
) -> Result<Option<Percentiles>, Failure> {
    let people = people(service, 2).await?;
    let mut wire = target.connect().await?;
    let thread = thread(&mut wire, target, &people).await?;
    let mut listener = Listener::open(target, &people[1].token, 1).await?;
    listener.subscribe().await?;
    let request = message(target, &people[0], &thread, TEXT);
    let mut times = Vec::with_capacity(count);
    for _ in 0..count {
        let sent = Instant::now();
        // Both at once: the event may be there before the answer.
        let heard = async {
            while !listener.next().await?.is_event() {}
            Ok::<_, Failure>(sent.elapsed())
        };
        let (heard, asked) = tokio::join!(heard, wire.ask(&request));
        if asked?.0 != 201 {
            return Err(Failure::Other("a message was refused".to_owned()));
        }
        times.push(heard?.as_secs_f64() * 1e3);
        listener.acknowledge().await?;
        tokio::time::sleep(PAUSE).await;
    }
    Ok(percentiles(times))
}
