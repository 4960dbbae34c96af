//! Both call each other at once: the lower call id goes on, the other side answers it, and no call is lost.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it is wrong")]

mod common;

use common::World;
use liaison_signaling::{CallEvent, CallId, CallState, Command, EndReason};

/// The calls of both sides, made `apart_ms` after each other.
fn both_call(seed: u64, apart_ms: u64, devices: &[&str]) -> (World, CallId, CallId) {
    let mut world = World::new(seed);
    for name in ["kiosk", "anna"].iter().chain(devices) {
        world.add(name);
    }
    let ours = world.call("kiosk", "anna");
    world.run(apart_ms);
    let theirs = world.call("anna", "kiosk");
    world.run(2000);
    (world, ours, theirs)
}

#[test]
fn they_talk_whatever_the_order() {
    let (mut won_by_first, mut won_by_second) = (0, 0);
    for seed in 0..60 {
        for apart_ms in [0, 10, 25, 40] {
            let (mut world, ours, theirs) = both_call(seed, apart_ms, &[]);
            let (winner, loser) = if ours < theirs { (ours, theirs) } else { (theirs, ours) };
            let (caller, answerer) = if winner == ours { ("kiosk", "anna") } else { ("anna", "kiosk") };
            if winner == ours {
                won_by_first += 1
            } else {
                won_by_second += 1
            }
            for name in ["kiosk", "anna"] {
                assert_eq!(
                    world.state(name, winner),
                    CallState::Connected,
                    "{name} {seed} {apart_ms}\n{}",
                    world.log
                );
                assert_eq!(world.devices[name].endpoint.calls().count(), 1);
                assert!(world.has(name, &CallEvent::MediaConnected { call: winner }));
                assert!(!world.devices[name].media.is_open(loser));
            }
            assert_eq!(world.count(answerer, &CallEvent::Replaced { call: loser, by: winner }), 1);
            assert_eq!(world.ended(answerer, loser), None, "`Replaced` is the last word");
            // An app that called before it could hear of the other's call is not asked whether it wants to talk.
            if apart_ms < 20 {
                assert!(world.incoming(answerer).is_empty() && world.incoming(caller).is_empty());
            }
            world.command(caller, Command::HangUp { call: winner }).unwrap();
            world.run(500);
            world.assert_idle();
        }
    }
    assert!(won_by_first > 50 && won_by_second > 50);
}

/// One side rings already when the other one, not having looked, calls back.
#[test]
fn calling_back_answers() {
    for seed in 0..20 {
        let (mut world, ours, theirs) = both_call(seed, 3000, &[]);
        let winner = ours.min(theirs);
        for name in ["kiosk", "anna"] {
            assert_eq!(world.state(name, winner), CallState::Connected, "{seed}\n{}", world.log);
        }
        if winner == theirs {
            assert_eq!(world.ended("anna", ours), Some(EndReason::MERGED), "the app knew of that one");
        }
        world.command("kiosk", Command::HangUp { call: winner }).unwrap();
        world.run(500);
        world.assert_idle();
    }
}

#[test]
fn the_other_devices_stop_ringing() {
    for seed in 0..20 {
        let (mut world, ours, theirs) = both_call(seed, 3000, &["anna.phone"]);
        let winner = ours.min(theirs);
        assert_eq!(world.state("anna", winner), CallState::Connected);
        let ended = world.ended("anna.phone", ours);
        let expected = if winner == ours { EndReason::ANSWERED_ELSEWHERE } else { EndReason::MERGED };
        assert_eq!(ended, Some(expected));
        world.command("anna", Command::HangUp { call: winner }).unwrap();
        world.run(500);
        world.assert_idle();
    }
}

/// One of them hangs up while the calls are being merged.
#[test]
fn a_hang_up_in_between_ends_both() {
    for seed in 0..40 {
        for after_ms in [0, 20, 40, 60, 80, 100] {
            let mut world = World::new(seed);
            world.add("kiosk");
            world.add("anna");
            let ours = world.call("kiosk", "anna");
            let theirs = world.call("anna", "kiosk");
            world.run(after_ms);
            let mine = if world.state("kiosk", ours) == CallState::Disconnected { theirs } else { ours };
            let _ = world.command("kiosk", Command::HangUp { call: mine });
            world.run(3500);
            for name in ["kiosk", "anna"] {
                let calls: Vec<CallId> = world.devices[name].endpoint.calls().collect();
                for call in calls {
                    // Their call rings here now like any other: nobody called at the same time any more.
                    assert_eq!(call, theirs, "{seed} {after_ms}\n{}", world.log);
                    let _ = world.command("kiosk", Command::Reject { call });
                    world.run(500);
                }
            }
            world.assert_idle();
        }
    }
}

/// The call that seemed to cross ours is not merged, because ours is refused: it rings then.
#[test]
fn a_refused_call_does_not_swallow_the_other() {
    let mut world = World::new(3);
    world.add("kiosk");
    world.add("anna");
    world.refuse.insert(common::user("anna"), EndReason::FEDERATION_REFUSED);
    world.admission_ms = Some(100);
    let ours = world.call("kiosk", "anna");
    let theirs = world.call("anna", "kiosk");
    world.run(2000);
    assert_eq!(world.ended("kiosk", ours), Some(EndReason::FEDERATION_REFUSED));
    assert_eq!(world.incoming("kiosk"), [theirs]);
    assert_eq!(world.state("anna", theirs), CallState::Ringing);
}

/// One device declines, changes its mind and calls back while another device still rings.
#[test]
fn declining_and_calling_back_is_answering() {
    for seed in 0..20 {
        let mut world = World::new(seed);
        for name in ["kiosk", "anna.desk", "anna.phone"] {
            world.add(name);
        }
        let ours = world.call("kiosk", "anna");
        world.run(500);
        world.command("anna.desk", Command::Reject { call: ours }).unwrap();
        world.run(500);
        let theirs = world.call("anna.desk", "kiosk");
        world.run(1000);
        let winner = ours.min(theirs);
        assert_eq!(world.state("anna.desk", winner), CallState::Connected, "{seed}\n{}", world.log);
        assert_eq!(world.state("kiosk", winner), CallState::Connected);
        world.command("kiosk", Command::HangUp { call: winner }).unwrap();
        world.run(500);
        world.assert_idle();
    }
}
