//! The sound stops: reconnecting after 3 s, over after 60 s; links that break do not stop it.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it is wrong")]

mod common;

use std::time::Duration;

use common::World;
use common::media::MAIN;
use liaison_signaling::{CallEvent, CallId, CallState, Command, EndReason, EndpointConfig, MediaEvent};

fn talking(seed: u64) -> (World, CallId) {
    let mut world = World::new(seed);
    world.add("kiosk");
    world.add("anna");
    let call = world.connected("kiosk", "anna");
    (world, call)
}

fn interrupted(call: CallId, silent_ms: u64) -> MediaEvent {
    MediaEvent::Interrupted { call, session: MAIN, silent_for: Duration::from_millis(silent_ms) }
}

#[test]
fn reconnecting_after_3_seconds_over_after_60() {
    let (mut world, call) = talking(1);
    world.later(0, "kiosk", interrupted(call, 0));
    world.run(2900);
    assert!(!world.has("kiosk", &CallEvent::MediaInterrupted { call }));
    world.run(200);
    assert_eq!(world.count("kiosk", &CallEvent::MediaInterrupted { call }), 1);
    world.run(56_800);
    assert_eq!(world.ended("kiosk", call), None);
    world.run(500);
    let reason = world.ended("kiosk", call).unwrap();
    assert_eq!((reason.code, reason.sub_code), (410, 301_004));
    assert_eq!(world.ended("anna", call), Some(EndReason::MEDIA_LOST));
    world.assert_idle();
}

/// The transport says it late: what was silent before counts.
#[test]
fn the_silence_before_the_word_counts() {
    let (mut world, call) = talking(2);
    world.later(0, "kiosk", interrupted(call, 3000));
    world.run(10);
    assert_eq!(world.count("kiosk", &CallEvent::MediaInterrupted { call }), 1);
    world.later(0, "kiosk", interrupted(call, 4000));
    world.run(56_900);
    assert_eq!(world.ended("kiosk", call), None);
    world.run(200);
    assert_eq!(world.ended("kiosk", call), Some(EndReason::MEDIA_LOST));
}

#[test]
fn restored_in_time() {
    let (mut world, call) = talking(3);
    let restored = || MediaEvent::Restored { call, session: MAIN };
    world.later(0, "kiosk", interrupted(call, 0));
    world.later(2000, "kiosk", restored());
    world.run(5000);
    assert!(!world.has("kiosk", &CallEvent::MediaInterrupted { call }), "too short to speak of");
    assert!(!world.has("kiosk", &CallEvent::MediaRestored { call }));
    world.later(0, "kiosk", interrupted(call, 0));
    world.later(30_000, "kiosk", restored());
    world.run(120_000);
    assert_eq!(world.count("kiosk", &CallEvent::MediaInterrupted { call }), 1);
    assert_eq!(world.count("kiosk", &CallEvent::MediaRestored { call }), 1);
    assert_eq!(world.state("kiosk", call), CallState::Connected);
}

#[test]
fn the_times_are_configurable() {
    let mut world = World::new(4);
    let config = EndpointConfig {
        reconnect_after: Duration::from_secs(1),
        media_lost_after: Duration::from_secs(5),
        ..EndpointConfig::default()
    };
    world.add_with("kiosk", config);
    world.add("anna");
    let call = world.connected("kiosk", "anna");
    world.later(0, "kiosk", interrupted(call, 0));
    world.run(1100);
    assert!(world.has("kiosk", &CallEvent::MediaInterrupted { call }));
    world.run(4000);
    assert_eq!(world.ended("kiosk", call), Some(EndReason::MEDIA_LOST));
}

#[test]
fn broken_for_good() {
    let (mut world, call) = talking(5);
    world.later(0, "anna", MediaEvent::Failed { call, session: MAIN });
    world.run(500);
    assert_eq!(world.ended("anna", call), Some(EndReason::MEDIA_LOST));
    assert_eq!(world.ended("kiosk", call), Some(EndReason::MEDIA_LOST));
    world.assert_idle();
}

#[test]
fn never_connected() {
    let mut world = World::new(6);
    world.add("kiosk");
    world.add("anna");
    let call = world.call("kiosk", "anna");
    world.run(500);
    world.command("anna", Command::Accept { call }).unwrap();
    world.run(60);
    // The descriptions never meet: as if every packet were lost.
    for name in ["kiosk", "anna"] {
        world.device(name).media.stuck = true;
        world.device(name).events.retain(|event| !matches!(event, CallEvent::MediaConnected { .. }));
    }
    world.later(0, "kiosk", MediaEvent::Failed { call, session: MAIN });
    world.run(500);
    let ended = world.ended("kiosk", call);
    assert!(matches!(ended, Some(EndReason::MEDIA_LOST | EndReason::MEDIA_NOT_ESTABLISHED)), "{ended:?}");
}

/// The peer is killed: its link and its media go. Reconnecting after 3 s, over after 60 s, nothing hangs.
#[test]
fn the_peer_is_killed() {
    let (mut world, call) = talking(7);
    world.kill("anna");
    world.later(3000, "kiosk", interrupted(call, 3000));
    world.run(3100);
    assert!(world.has("kiosk", &CallEvent::PeerLink { call, up: false }));
    assert!(world.has("kiosk", &CallEvent::MediaInterrupted { call }));
    world.run(57_500);
    assert_eq!(world.ended("kiosk", call), Some(EndReason::MEDIA_LOST));
    assert_eq!(world.switchboard.calls().count(), 0);
}

/// Its link is gone for longer than the grace time, but it can be heard: the call goes on.
#[test]
fn a_peer_without_link_that_is_heard_stays() {
    let (mut world, call) = talking(8);
    world.disconnect("anna");
    world.run(400_000);
    assert_eq!(world.state("kiosk", call), CallState::Connected);
    assert_eq!(world.state("anna", call), CallState::Connected);
    world.connect("anna");
    world.run(500);
    assert_eq!(world.count("kiosk", &CallEvent::PeerLink { call, up: true }), 1);
    world.command("anna", Command::HangUp { call }).unwrap();
    world.run(500);
    assert_eq!(world.ended("kiosk", call), Some(EndReason::HUNG_UP));
    world.assert_idle();
}

/// Gone, and not heard either: there is nothing to wait for.
#[test]
fn a_peer_without_link_that_is_not_heard_is_given_up_when_its_grace_is_over() {
    let (mut world, call) = talking(9);
    world.kill("anna");
    world.later(110_000, "kiosk", interrupted(call, 0));
    world.run(119_500);
    assert_eq!(world.ended("kiosk", call), None);
    world.run(1000);
    assert_eq!(world.ended("kiosk", call), Some(EndReason::MEDIA_LOST));
}

/// The sound stops between the answer and its confirmation: the transport says so once, and once is enough.
#[test]
fn silence_before_the_answer_is_confirmed_counts() {
    let mut world = World::new(10);
    world.add("kiosk");
    world.add("anna");
    let call = world.call("kiosk", "anna");
    world.run(500);
    world.command("anna", Command::Accept { call }).unwrap();
    world.run(15);
    world.disconnect("anna");
    world.later(0, "anna", MediaEvent::Connected { call, session: MAIN });
    world.later(10, "anna", interrupted(call, 0));
    world.run(1000);
    assert_eq!(world.state("anna", call), CallState::Connecting);
    world.connect("anna");
    world.run(62_000);
    assert_eq!(world.ended("anna", call), Some(EndReason::MEDIA_LOST));
    assert_eq!(world.ended("kiosk", call), Some(EndReason::MEDIA_LOST));
    world.assert_idle();
}
