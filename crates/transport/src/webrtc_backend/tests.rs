//! The driver's silent end, which only this module can bring about.

use std::time::Duration;

use super::*;
use crate::config::AudioParameters;
use crate::session::RtpSink;
use crate::task::SessionHandle;
use crate::{RtpPacket, SessionEvent};

struct Nowhere;

impl RtpSink for Nowhere {
    fn on_rtp(&self, _: Instant, _: RtpPacket) {}
}

fn open_one(offerer: bool) -> (Arc<WebrtcBackend>, SessionHandle) {
    let mut config =
        SessionConfig::new(offerer, AudioParameters::new(5 + u32::from(offerer)), Arc::new(Nowhere));
    config.bind = vec!["127.0.0.1:0".parse().expect("the loopback")];
    let backend = Arc::new(WebrtcBackend::new(&config).expect("a session"));
    (Arc::clone(&backend), task::start(backend, &config, Times::default()))
}

/// Carries descriptions until both sides have connected `times` times; gives the highest revision seen.
async fn run(a: &SessionHandle, b: &SessionHandle, times: u32, mut offered: impl FnMut()) -> u32 {
    let (mut revision, mut connected) = (0, [0, 0]);
    while connected.iter().any(|count| *count < times) {
        let (from_a, event) = tokio::select! {
            event = a.next_event() => (true, event),
            event = b.next_event() => (false, event),
            () = tokio::time::sleep(Duration::from_secs(15)) => panic!("nothing happens any more"),
        };
        match event.expect("the sessions live") {
            SessionEvent::LocalDescription(description) => {
                revision = revision.max(description.revision);
                let to = if from_a { b } else { a };
                to.set_remote(description).await.expect("a good description");
                offered();
            }
            SessionEvent::Connected { .. } => connected[usize::from(!from_a)] += 1,
            SessionEvent::Failed(reason) => panic!("{reason}"),
            _ => {}
        }
    }
    revision
}

fn kill(backend: &WebrtcBackend) -> bool {
    let drivers: Vec<_> = backend.drivers.lock().expect("the drivers").drain(..).collect();
    drivers.iter().for_each(tokio::task::AbortHandle::abort);
    !drivers.is_empty()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_driver_that_dies_during_the_setup_is_replaced() {
    for kill_offerer in [true, false] {
        let ((driver_a, a), (driver_b, b)) = (open_one(true), open_one(false));
        let mut descriptions = 0;
        let revision = run(&a, &b, 1, || {
            descriptions += 1;
            // Both descriptions are known, nothing is connected yet.
            if descriptions == 2 {
                assert!(kill(if kill_offerer { &driver_a } else { &driver_b }));
            }
        })
        .await;
        assert_eq!(revision, 2);
        tokio::join!(a.close(), b.close());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_driver_that_dies_in_a_call_is_replaced() {
    for kill_offerer in [true, false] {
        let ((driver_a, a), (driver_b, b)) = (open_one(true), open_one(false));
        assert_eq!(run(&a, &b, 1, || {}).await, 1);
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert!(kill(if kill_offerer { &driver_a } else { &driver_b }));
        let died = Instant::now();
        assert_eq!(run(&a, &b, 1, || {}).await, 2);
        assert!(died.elapsed() < Duration::from_secs(3), "{:?}", died.elapsed());
        tokio::join!(a.close(), b.close());
    }
}
