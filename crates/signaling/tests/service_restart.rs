//! The service is killed in the middle of calls: media goes on, and so do the calls when it is back.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it is wrong")]

mod common;

use common::{World, user};
use liaison_signaling::{CallEvent, CallPhase, CallState, Command, EndReason, RecordingState};

fn world(seed: u64) -> World {
    let mut world = World::new(seed);
    world.add("kiosk");
    world.add("anna");
    world
}

fn back(world: &mut World, with_records: bool) {
    world.restart_service(with_records);
    world.run(500);
    for name in world.devices.keys().cloned().collect::<Vec<_>>() {
        world.connect(&name);
        world.run(300);
    }
    world.run(1000);
}

#[test]
fn a_connected_call_goes_on() {
    let mut world = world(1);
    let call = world.connected("kiosk", "anna");
    world.kill_service();
    world.run(30_000);
    for name in ["kiosk", "anna"] {
        assert_eq!(world.state(name, call), CallState::Connected);
    }
    back(&mut world, true);
    for name in ["kiosk", "anna"] {
        assert_eq!(world.state(name, call), CallState::Connected);
        assert_eq!(world.ended(name, call), None);
    }
    world.command("kiosk", Command::Hold { call }).unwrap();
    world.run(200);
    assert_eq!(world.state("anna", call), CallState::RemoteHold);
    world.command("anna", Command::HangUp { call }).unwrap();
    world.run(500);
    assert_eq!(world.ended("kiosk", call), Some(EndReason::HUNG_UP));
    world.assert_idle();
}

#[test]
fn a_ringing_call_rings_on() {
    let mut world = world(2);
    let call = world.call("kiosk", "anna");
    world.run(500);
    world.kill_service();
    world.run(5000);
    back(&mut world, true);
    assert_eq!(world.incoming("anna"), [call]);
    world.command("anna", Command::Accept { call }).unwrap();
    world.run(500);
    assert_eq!(world.state("kiosk", call), CallState::Connected);
}

/// The service dies at every moment of a call's set-up. Whatever was committed goes on; whatever was not is
/// ended clearly. Nobody is left with a call that the other side does not have.
#[test]
fn killed_at_every_moment() {
    let (mut went_on, mut ended) = (0, 0);
    for ms in 0..150 {
        let mut world = world(ms);
        let call = world.call("kiosk", "anna");
        world.run(ms);
        if ms >= 75 {
            let _ = world.command("anna", Command::Accept { call });
            world.run(ms - 75);
        }
        world.kill_service();
        world.run(2000);
        back(&mut world, true);
        let states = ["kiosk", "anna"].map(|name| world.state(name, call));
        let sensible = matches!(
            states,
            [CallState::Ringing | CallState::Connecting, CallState::Ringing]
                | [CallState::Connected, CallState::Connected]
                | [CallState::Disconnected, CallState::Disconnected]
        );
        assert!(sensible, "{ms}: {states:?}\n{}", world.log);
        if states[0] == CallState::Disconnected {
            ended += 1;
            assert!(world.ended("kiosk", call).is_some());
        } else {
            went_on += 1;
            let _ = world.command("anna", Command::Accept { call });
            world.run(1000);
            assert_eq!(world.state("kiosk", call), CallState::Connected, "{ms}\n{}", world.log);
            world.command("kiosk", Command::HangUp { call }).unwrap();
            world.run(4000);
        }
        world.assert_idle();
    }
    assert!(went_on > 50, "{went_on} went on, {ended} ended");
}

/// Hung up while the service was away: the other side hears of it when it is back.
#[test]
fn an_end_in_its_absence_is_told() {
    let mut world = world(3);
    let call = world.connected("kiosk", "anna");
    world.kill_service();
    world.command("kiosk", Command::HangUp { call }).unwrap();
    world.run(5000);
    assert_eq!(world.state("kiosk", call), CallState::Disconnected);
    back(&mut world, true);
    assert_eq!(world.ended("anna", call), Some(EndReason::HUNG_UP));
    world.assert_idle();
}

#[test]
fn an_end_that_was_committed_and_not_told_is_told() {
    let mut world = world(4);
    let call = world.connected("kiosk", "anna");
    world.command("kiosk", Command::HangUp { call }).unwrap();
    // The moment it is committed.
    while world.records[&call].phase != CallPhase::Ended {
        world.run(1);
    }
    world.kill_service();
    world.run(500);
    assert_eq!(world.state("anna", call), CallState::Connected);
    back(&mut world, true);
    assert_eq!(world.ended("anna", call), Some(EndReason::HUNG_UP));
    // The one who hung up waits no longer than 3 s for a confirmation.
    world.run(3000);
    world.assert_idle();
}

#[test]
fn a_side_that_does_not_come_back_is_gone_in_time() {
    let mut world = world(5);
    let call = world.connected("kiosk", "anna");
    world.kill_service();
    world.device("anna").dead = true;
    world.restart_service(true);
    world.connect("kiosk");
    world.run(119_000);
    assert_eq!(world.state("kiosk", call), CallState::Connected);
    assert!(!world.has("kiosk", &CallEvent::PeerLink { call, up: false }));
    world.run(2000);
    assert!(world.has("kiosk", &CallEvent::PeerLink { call, up: false }), "told that it is gone");
}

#[test]
fn a_recording_that_was_active_stays_so() {
    let mut world = world(6);
    let call = world.connected("kiosk", "anna");
    world.command("kiosk", Command::AnnounceRecording { call }).unwrap();
    world.run(200);
    world.command("anna", Command::NoticeShown { call }).unwrap();
    world.run(200);
    world.clear();
    world.kill_service();
    world.run(5000);
    back(&mut world, true);
    assert!(world.devices["anna"].events.iter().all(|event| !matches!(event, CallEvent::Recording { .. })));
    assert_eq!(
        world.state("anna", call),
        CallState::Connected,
        "not in the lobby: its acknowledgement is on record"
    );
    world.command("kiosk", Command::EndRecording { call }).unwrap();
    world.run(200);
    let ended = CallEvent::Recording { call, state: RecordingState::Ended, by: user("kiosk") };
    assert!(world.has("anna", &ended));
}

#[test]
fn a_recording_that_was_announced_is_acknowledged_or_refused() {
    for acknowledges in [true, false] {
        let mut world = world(7);
        let call = world.connected("kiosk", "anna");
        world.command("kiosk", Command::AnnounceRecording { call }).unwrap();
        world.run(200);
        world.kill_service();
        world.run(1000);
        back(&mut world, true);
        if acknowledges {
            world.command("anna", Command::NoticeShown { call }).unwrap();
        }
        world.run(11_000);
        let state = if acknowledges { RecordingState::Active } else { RecordingState::Refused };
        assert!(world.has("kiosk", &CallEvent::Recording { call, state, by: user("kiosk") }));
    }
}

/// The store is lost too. Both sides still claim the call, and the service allows it: it is taken up again.
#[test]
fn a_call_that_both_still_claim_is_adopted() {
    let mut world = world(8);
    let call = world.connected("kiosk", "anna");
    world.command("kiosk", Command::AnnounceRecording { call }).unwrap();
    world.run(200);
    world.command("anna", Command::NoticeShown { call }).unwrap();
    world.run(200);
    let admissions = world.admissions;
    world.kill_service();
    world.run(1000);
    back(&mut world, false);
    assert_eq!(world.admissions, admissions + 1, "taken up like a new call: the service is asked");
    assert_eq!(world.records[&call].phase, CallPhase::Connected);
    assert_eq!(world.records[&call].from, user("kiosk"));
    // Consent is not on record any more, so nobody records.
    let ended = CallEvent::Recording { call, state: RecordingState::Ended, by: user("kiosk") };
    assert!(world.has("kiosk", &ended) && world.has("anna", &ended));
    // Renegotiation and hanging up work as before.
    let offer = world.device("anna").media.offer(call, common::media::MAIN);
    world.later(0, "anna", offer);
    world.run(500);
    assert_eq!(world.devices["kiosk"].media.revision(call), 2);
    world.command("kiosk", Command::HangUp { call }).unwrap();
    world.run(500);
    assert_eq!(world.ended("anna", call), Some(EndReason::HUNG_UP));
    world.assert_idle();
}

#[test]
fn a_call_that_the_service_would_not_allow_is_not_adopted() {
    let mut world = world(9);
    let call = world.connected("kiosk", "anna");
    world.kill_service();
    world.refuse.insert(user("anna"), EndReason::FEDERATION_REFUSED);
    back(&mut world, false);
    for name in ["kiosk", "anna"] {
        assert_eq!(world.ended(name, call), Some(EndReason::FEDERATION_REFUSED));
    }
    world.assert_idle();
}

#[test]
fn a_call_that_only_one_side_claims_ends() {
    let mut world = world(10);
    let call = world.connected("kiosk", "anna");
    world.kill_service();
    world.device("anna").dead = true;
    world.restart_service(false);
    world.connect("kiosk");
    world.run(59_000);
    assert_eq!(world.state("kiosk", call), CallState::Connected);
    world.run(2000);
    assert_eq!(world.ended("kiosk", call), Some(EndReason::NO_SUCH_CALL));
}
