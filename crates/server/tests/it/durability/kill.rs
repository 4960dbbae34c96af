//! SIGKILL while eight people write, again and again.

use super::writers::{Failing, Writing, threads, verify};
use super::{dice, times};
use crate::killed::{child, killable};
use std::time::Duration;

/// `LIAISON_KILLS=50` for the full measure.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_or_doubled_by_kills() {
    let (world, mut service, listen) = killable().await;
    let mut threads = threads(&world).await;
    for round in 0..times("LIAISON_KILLS", 3) {
        let writing = Writing::start(threads, Failing::TriesAgain);
        // At any point of the work, and sometimes while the service takes up what the last kill left.
        tokio::time::sleep(Duration::from_millis(30 + dice(round.into(), 400))).await;
        drop(service);
        service = child(world.dir.path(), listen).await;
        threads = writing.stop().await;
    }
    let mut acknowledged = 0;
    for thread in &threads {
        acknowledged += verify(thread).await;
    }
    assert!(acknowledged > 0, "nothing was written");
    eprintln!("{acknowledged} were acknowledged");
}
