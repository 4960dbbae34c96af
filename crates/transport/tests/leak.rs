//! Sessions leave nothing behind. A test binary of its own, since it counts the whole process's descriptors.
#![cfg(target_os = "linux")]

mod common;

use std::time::Duration;

use common::{Kind, eventually, open_pair};

const SOON: Duration = Duration::from_secs(15);

fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count)
}

#[test]
fn neither_closing_nor_dropping_leaves_descriptors_behind() {
    let runtime = || {
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
    };
    // A runtime's own descriptors come with it.
    let one = runtime();
    one.block_on(async { tokio::time::sleep(Duration::from_millis(1)).await });
    let before = descriptors();
    one.block_on(async {
        for round in 0..12 {
            let mut pair = open_pair(Kind::Webrtc, |_, _| {}).await;
            // Some before they are connected, some after, some amid a restart.
            if round % 3 > 0 {
                pair.connected(SOON).await.expect("connected");
            }
            if round % 3 > 1 {
                pair.a.session.restart_ice().await;
            }
            assert!(descriptors() > before);
            if round % 2 == 0 {
                pair.close().await;
                assert_eq!(descriptors(), before, "round {round}");
            } else {
                pair.abandon().await;
                let gone = eventually(SOON, || descriptors() == before).await;
                assert!(gone, "round {round}: {} of {before}", descriptors());
            }
        }
        // When the runtime ends, what was left open ends with it.
        open_pair(Kind::Webrtc, |_, _| {}).await.connected(SOON).await.expect("connected");
    });
    drop(one);
    assert!(descriptors() < before, "the runtime's own are gone as well");
}
