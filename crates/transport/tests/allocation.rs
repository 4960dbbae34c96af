//! The media thread may send at any time: sending neither allocates nor frees there.
//!
//! A test binary of its own, since it counts what the whole process allocates.

mod common;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use common::{Kind, eventually, open_pair};
use liaison_transport::RtpPacket;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<std::alloc::System> = &INSTRUMENTED_SYSTEM;

#[test]
fn sending_does_not_allocate() {
    // One thread, which runs only while it is asked to: nothing else allocates in between.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut pair = runtime.block_on(async {
        let mut pair = open_pair(Kind::Webrtc, |_, _| {}).await;
        pair.connected(Duration::from_secs(10)).await.expect("connected");
        pair
    });
    let out = pair.a.session.sender();
    let payload = Bytes::from(vec![7; 80]);
    let packet = |sequence| RtpPacket {
        audio_level: None,
        payload_type: 111,
        marker: false,
        sequence,
        timestamp: 0,
        ssrc: 0,
        payload: payload.clone(),
    };
    // The first shared handle on the payload allocates its counter.
    out.send(packet(1)).expect("connected");
    let region = Region::new(ALLOCATOR);
    let outcomes: [_; 100] = std::array::from_fn(|index| out.send(packet(2 + index as u16)).is_ok());
    let change = region.change();
    assert_eq!((change.allocations, change.deallocations, change.reallocations), (0, 0, 0));
    // The queue holds 64: the rest was refused, at no cost either.
    let taken = outcomes.iter().filter(|taken| **taken).count();
    assert_eq!(taken, 63);
    runtime.block_on(async {
        let heard = Arc::clone(&pair.b.heard);
        assert!(eventually(Duration::from_secs(5), || heard.count() == 64).await, "{}", heard.count());
        pair.a.session.close().await;
        pair.b.session.close().await;
    });
    assert!(pair.a.say().is_err());
}
