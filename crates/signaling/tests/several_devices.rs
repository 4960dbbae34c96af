//! The callee has several devices: all ring, the first answer wins.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it is wrong")]

mod common;

use common::{World, user};
use liaison_signaling::{CallEvent, CallState, Command, EndReason, EndpointConfig, LegPhase};

fn world(seed: u64) -> World {
    let mut world = World::new(seed);
    for name in ["kiosk", "anna.desk", "anna.phone", "anna.tablet"] {
        world.add(name);
    }
    world
}

#[test]
fn the_first_answer_wins_and_the_others_hear_answered_elsewhere() {
    let mut world = world(1);
    let call = world.call("kiosk", "anna");
    world.run(500);
    for name in ["anna.desk", "anna.phone", "anna.tablet"] {
        assert_eq!(world.incoming(name), [call]);
    }
    world.command("anna.phone", Command::Accept { call }).unwrap();
    world.run(500);
    assert_eq!(world.state("anna.phone", call), CallState::Connected);
    assert_eq!(world.state("kiosk", call), CallState::Connected);
    for name in ["anna.desk", "anna.tablet"] {
        assert_eq!(world.ended(name, call), Some(EndReason::ANSWERED_ELSEWHERE));
    }
    assert_eq!((EndReason::ANSWERED_ELSEWHERE.code, EndReason::ANSWERED_ELSEWHERE.sub_code), (487, 10003));
    let phases: Vec<LegPhase> = world.records[&call].legs.iter().map(|leg| leg.phase).collect();
    assert_eq!(phases.iter().filter(|phase| **phase == LegPhase::Joined).count(), 2);
    world.command("kiosk", Command::HangUp { call }).unwrap();
    world.run(500);
    world.assert_idle();
}

/// Two devices answer at the same moment: exactly one of them is connected, and neither was told otherwise before.
#[test]
fn two_answers_at_once() {
    for seed in 0..50 {
        let mut world = world(seed);
        let call = world.call("kiosk", "anna");
        world.run(500);
        world.command("anna.desk", Command::Accept { call }).unwrap();
        world.command("anna.phone", Command::Accept { call }).unwrap();
        world.run(1000);
        let states = ["anna.desk", "anna.phone"].map(|name| world.state(name, call));
        assert!(
            states == [CallState::Connected, CallState::Disconnected]
                || states == [CallState::Disconnected, CallState::Connected],
            "{states:?}"
        );
        let (winner, loser) = if states[0] == CallState::Connected {
            ("anna.desk", "anna.phone")
        } else {
            ("anna.phone", "anna.desk")
        };
        assert_eq!(world.ended(loser, call), Some(EndReason::ANSWERED_ELSEWHERE));
        assert!(!world.states(loser, call).contains(&CallState::Connected));
        assert!(!world.devices[loser].media.is_open(call));
        world.command(winner, Command::HangUp { call }).unwrap();
        world.run(500);
        world.assert_idle();
    }
}

#[test]
fn one_declines_and_another_answers() {
    let mut world = world(2);
    let call = world.call("kiosk", "anna");
    world.run(500);
    world.command("anna.desk", Command::Reject { call }).unwrap();
    world.run(500);
    assert_eq!(world.state("kiosk", call), CallState::Ringing);
    assert_eq!(world.ended("anna.desk", call), Some(EndReason::DECLINED));
    world.command("anna.tablet", Command::Accept { call }).unwrap();
    world.run(500);
    assert_eq!(world.state("kiosk", call), CallState::Connected);
    assert_eq!(world.count("anna.desk", &CallEvent::MediaConnected { call }), 0);
}

#[test]
fn declined_by_all() {
    let mut world = world(3);
    let call = world.call("kiosk", "anna");
    world.run(500);
    for name in ["anna.desk", "anna.phone", "anna.tablet"] {
        assert_eq!(world.ended("kiosk", call), None);
        world.command(name, Command::Reject { call }).unwrap();
        world.run(500);
    }
    assert_eq!(world.ended("kiosk", call), Some(EndReason::DECLINED_BY_ALL));
    assert_eq!((EndReason::DECLINED_BY_ALL.code, EndReason::DECLINED_BY_ALL.sub_code), (487, 10024));
    world.assert_idle();
}

#[test]
fn busy_on_all_is_busy_and_on_one_is_not() {
    let mut world = World::new(4);
    world.add("kiosk");
    world.add("ben");
    world.add("carl");
    for name in ["anna.desk", "anna.phone"] {
        world.add_with(name, EndpointConfig { max_calls: 1, ..EndpointConfig::default() });
    }
    let first = world.call("ben", "anna");
    world.run(500);
    world.command("anna.desk", Command::Accept { call: first }).unwrap();
    world.run(500);
    let second = world.call("kiosk", "anna");
    world.run(500);
    assert_eq!(world.incoming("anna.phone"), [first, second]);
    assert_eq!(world.incoming("anna.desk"), [first]);
    world.command("anna.phone", Command::Accept { call: second }).unwrap();
    world.run(500);
    let third = world.call("carl", "anna");
    world.run(500);
    assert_eq!(world.ended("carl", third), Some(EndReason::BUSY));
}

#[test]
fn a_device_that_signs_in_while_it_rings_rings_too() {
    let mut world = World::new(5);
    world.add("kiosk");
    world.add("anna.desk");
    let call = world.call("kiosk", "anna");
    world.run(2000);
    world.add("anna.phone");
    world.run(500);
    assert_eq!(world.incoming("anna.phone"), [call]);
    world.command("anna.phone", Command::Accept { call }).unwrap();
    world.run(500);
    assert_eq!(world.ended("anna.desk", call), Some(EndReason::ANSWERED_ELSEWHERE));
    assert_eq!(world.state("kiosk", call), CallState::Connected);
    // One that signs in later hears nothing of it.
    world.add("anna.tablet");
    world.run(500);
    assert!(world.incoming("anna.tablet").is_empty());
}

#[test]
fn a_device_that_declined_is_not_asked_again() {
    let mut world = World::new(6);
    for name in ["kiosk", "anna.desk", "anna.phone"] {
        world.add(name);
    }
    let call = world.call("kiosk", "anna");
    world.run(500);
    world.command("anna.desk", Command::Reject { call }).unwrap();
    world.run(500);
    world.clear();
    world.lose_session("anna.desk");
    world.connect("anna.desk");
    world.run(500);
    assert!(world.incoming("anna.desk").is_empty());
    assert_eq!(world.state("kiosk", call), CallState::Ringing);
}

#[test]
fn calling_oneself_rings_the_other_devices() {
    let mut world = World::new(7);
    for name in ["anna.desk", "anna.phone"] {
        world.add(name);
    }
    let call = world.call("anna.desk", "anna");
    world.run(500);
    assert!(world.incoming("anna.desk").is_empty());
    world.command("anna.phone", Command::Accept { call }).unwrap();
    world.run(500);
    assert_eq!(world.state("anna.desk", call), CallState::Connected);
    world.command("anna.phone", Command::HangUp { call }).unwrap();
    world.run(500);
    world.goodbye("anna.phone");
    let call = world.call("anna.desk", "anna");
    world.run(500);
    assert_eq!(world.ended("anna.desk", call), Some(EndReason::UNREACHABLE));
    world.assert_idle();
}

/// More devices than allowed do not grow a call: the last ones are told that they cannot take calls.
#[test]
fn devices_of_a_user_are_bounded() {
    let mut world = World::new(8);
    world.add("kiosk");
    for n in 0..18 {
        world.add(&format!("anna.{n:02}"));
    }
    let refused = CallEvent::NotRegistered { reason: EndReason::TOO_MANY_DEVICES };
    let names: Vec<String> = world.devices.keys().filter(|name| name.starts_with("anna")).cloned().collect();
    assert_eq!(names.iter().filter(|name| world.has(name, &refused)).count(), 2);
    let call = world.call("kiosk", "anna");
    world.run(500);
    assert_eq!(names.iter().filter(|name| world.incoming(name) == [call]).count(), 16);
    let surplus = names.iter().find(|name| world.has(name, &refused)).unwrap().clone();
    let own = world.call(&surplus, "kiosk");
    world.run(500);
    assert_eq!(world.ended(&surplus, own), Some(EndReason::TOO_MANY_DEVICES));
    assert_eq!(user("anna.00"), user("anna.17"));
}
