//! The callee has no connection: woken by push, back from a moment's absence, or not reached.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it is wrong")]

mod common;

use common::{World, user};
use liaison_signaling::{CallEvent, CallPhase, CallState, Command, EndReason};

fn with_push(seed: u64) -> World {
    let mut world = World::new(seed);
    world.add("kiosk");
    world.push_devices.insert(user("anna"), 1);
    world
}

#[test]
fn the_invitation_is_held_until_a_device_registers() {
    let mut world = with_push(1);
    let call = world.call("kiosk", "anna");
    world.run(500);
    assert!(world.has("kiosk", &CallEvent::Waking { call }));
    assert_eq!(world.wakes, [(user("anna"), call)]);
    assert_eq!(world.records[&call].phase, CallPhase::Waking);
    world.run(40_000);
    assert_eq!(world.state("kiosk", call), CallState::Connecting);
    world.add("anna");
    world.run(500);
    assert_eq!(world.incoming("anna"), [call]);
    assert_eq!(world.state("kiosk", call), CallState::Ringing);
    world.command("anna", Command::Accept { call }).unwrap();
    world.run(500);
    assert_eq!(world.state("kiosk", call), CallState::Connected);
}

#[test]
fn nobody_wakes_up() {
    let mut world = with_push(2);
    let call = world.call("kiosk", "anna");
    world.run(85_500);
    assert_eq!(world.ended("kiosk", call), Some(EndReason::NO_ANSWER));
    world.assert_idle();
}

#[test]
fn a_sleeping_device_is_woken_beside_one_that_rings() {
    let mut world = with_push(3);
    world.add("anna.desk");
    let call = world.call("kiosk", "anna");
    world.run(500);
    assert_eq!(world.state("kiosk", call), CallState::Ringing);
    assert_eq!(world.wakes.len(), 1);
    world.add("anna.phone");
    world.run(300);
    world.command("anna.phone", Command::Accept { call }).unwrap();
    world.run(500);
    assert_eq!(world.ended("anna.desk", call), Some(EndReason::ANSWERED_ELSEWHERE));
}

#[test]
fn the_caller_gives_up_while_it_is_being_woken() {
    let mut world = with_push(4);
    let call = world.call("kiosk", "anna");
    world.run(500);
    world.command("kiosk", Command::HangUp { call }).unwrap();
    world.run(500);
    world.add("anna");
    world.run(500);
    assert!(world.incoming("anna").is_empty());
    world.assert_idle();
}

/// A socket that broke a moment ago is on its way back: the call waits for it, but not for ever.
#[test]
fn a_device_away_for_a_moment_is_waited_for() {
    let mut world = World::new(5);
    world.add("kiosk");
    world.add("anna");
    world.disconnect("anna");
    world.run(3000);
    let call = world.call("kiosk", "anna");
    world.run(5000);
    assert_eq!(world.state("kiosk", call), CallState::Connecting);
    world.connect("anna");
    world.run(500);
    assert_eq!(world.incoming("anna"), [call]);
    assert_eq!(world.state("kiosk", call), CallState::Ringing);
    world.command("anna", Command::Accept { call }).unwrap();
    world.run(500);
    assert_eq!(world.state("kiosk", call), CallState::Connected);
}

#[test]
fn a_device_that_does_not_come_back_is_offline() {
    let mut world = World::new(6);
    world.add("kiosk");
    world.add("anna");
    world.disconnect("anna");
    world.run(3000);
    let call = world.call("kiosk", "anna");
    world.run(15_500);
    assert_eq!(world.ended("kiosk", call), Some(EndReason::OFFLINE));
    // From then on it does not count at all.
    let call = world.call("kiosk", "anna");
    world.run(500);
    assert_eq!(world.ended("kiosk", call), Some(EndReason::UNREACHABLE));
    world.assert_idle();
}

#[test]
fn signing_out_while_it_rings_is_declining() {
    let mut world = World::new(7);
    world.add("kiosk");
    world.add("anna");
    let call = world.call("kiosk", "anna");
    world.run(500);
    world.goodbye("anna");
    world.run(500);
    assert_eq!(world.ended("kiosk", call), Some(EndReason::OFFLINE));

    // With a device that can still be woken, the call goes on.
    world.push_devices.insert(user("anna"), 1);
    world.add("anna.desk");
    let call = world.call("kiosk", "anna");
    world.run(500);
    world.goodbye("anna.desk");
    world.run(500);
    assert_eq!(world.ended("kiosk", call), None);
    world.add("anna.phone");
    world.run(500);
    assert_eq!(world.incoming("anna.phone"), [call]);
}

#[test]
fn an_unregistered_device_does_not_ring() {
    let mut world = World::new(8);
    world.add("kiosk");
    world.add("anna");
    world.forge("anna", &liaison_signaling::ToSwitchboard::Unregister);
    world.settle();
    let call = world.call("kiosk", "anna");
    world.run(500);
    assert_eq!(world.ended("kiosk", call), Some(EndReason::UNREACHABLE));
}

#[test]
fn a_token_without_the_scope_neither_calls_nor_rings() {
    let mut world = World::new(9);
    world.add("kiosk");
    world.scopes = liaison_identity::Scopes::parse(["chat", "voip.join"]).unwrap();
    world.add("anna");
    assert!(world.has("anna", &CallEvent::NotRegistered { reason: EndReason::NO_CALL_SCOPE }));
    let call = world.call("anna", "kiosk");
    world.run(500);
    assert_eq!(world.ended("anna", call), Some(EndReason::NO_CALL_SCOPE));
    let call = world.call("kiosk", "anna");
    world.run(500);
    assert_eq!(world.ended("kiosk", call), Some(EndReason::UNREACHABLE));
}
