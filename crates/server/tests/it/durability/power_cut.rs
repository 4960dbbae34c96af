//! The power goes at any write to the database, and with it what was not synced.

use super::disk::{Disk, Loss};
use super::writers::{Failing, Writing, threads, verify};
use super::{dice, times, vfs};
use crate::harness::World;
use liaison_server::{ChatRates, Rate};
use std::sync::Arc;

/// `LIAISON_POWER_CUTS=200` for the full measure.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_by_power_cuts() {
    vfs::install();
    let mut world = World::start_with(|limits| {
        limits.chat_rates = ChatRates::unlimited();
        limits.create_identity = Rate::new(1_000_000, 1);
        limits.issue_token = Rate::new(1_000_000, 1);
    })
    .await;
    let disk = Disk::of(world.dir.path());
    vfs::watch(Arc::clone(&disk));
    // From now on the files are opened by way of the disk.
    world.restart().await.unwrap();
    let (mut acknowledged, mut lost) = (0, 0);
    for round in 0..times("LIAISON_POWER_CUTS", 6) {
        let seed = u64::from(round);
        let mut writing = Writing::start(threads(&world).await, Failing::GivesUp);
        disk.cut_after(1 + dice(seed, 300));
        let threads = writing.end().await;
        world.server.take().unwrap().shutdown().await;
        // A disk may lose all of it, or write some first and the rest never.
        let loss = if round % 2 == 0 { Loss::Everything } else { Loss::Some { seed } };
        lost += disk.power_on(loss);
        world.start_again(world.listen).await.unwrap();
        for thread in &threads {
            acknowledged += verify(thread).await;
        }
    }
    assert!(acknowledged > 0, "nothing was written");
    assert!(lost > 0, "no write was ever lost: the disk does not do what it should");
    eprintln!("{acknowledged} were acknowledged; the cuts lost {lost} unsynced writes");
}
