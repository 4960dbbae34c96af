//! Links break, resume, or are lost with their session; calls go on, and both sides agree in the end.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it is wrong")]

mod common;

use common::World;
use common::media::MAIN;
use liaison_signaling::{
    CallClaim, CallEvent, CallId, CallState, Command, EndReason, SwitchboardInput, ToEndpoint, ToSwitchboard,
};

fn world(seed: u64) -> World {
    let mut world = World::new(seed);
    world.add("kiosk");
    world.add("anna");
    world
}

#[test]
fn a_resumed_link_loses_nothing() {
    for seed in 0..40 {
        let mut world = world(seed);
        let call = world.call("kiosk", "anna");
        world.run(seed * 3);
        world.disconnect("kiosk");
        world.disconnect("anna");
        world.run(2000);
        world.connect("anna");
        world.connect("kiosk");
        world.run(1000);
        assert_eq!(world.incoming("anna"), [call], "{seed}\n{}", world.log);
        world.command("anna", Command::Accept { call }).unwrap();
        world.disconnect("anna");
        world.run(3000);
        assert_ne!(world.state("anna", call), CallState::Connected, "nobody has confirmed it yet");
        world.connect("anna");
        world.run(1000);
        assert_eq!(world.state("kiosk", call), CallState::Connected);
        assert_eq!(world.state("anna", call), CallState::Connected);
        world.disconnect("kiosk");
        world.command("kiosk", Command::HangUp { call }).unwrap();
        world.run(4000);
        assert_eq!(world.state("kiosk", call), CallState::Disconnected, "hanging up waits for no link");
        assert_eq!(world.state("anna", call), CallState::Connected);
        world.connect("kiosk");
        world.run(500);
        assert_eq!(world.ended("anna", call), Some(EndReason::HUNG_UP));
        world.assert_idle();
    }
}

/// The session is lost at every moment of a call's set-up, on either side: afterwards both can talk.
#[test]
fn a_lost_session_is_made_good() {
    for name in ["kiosk", "anna"] {
        for ms in (0..200).step_by(7) {
            let mut world = world(ms);
            let call = world.call("kiosk", "anna");
            world.run(ms);
            world.lose_session(name);
            world.run(300);
            world.connect(name);
            world.run(1000);
            assert_eq!(world.incoming("anna"), [call], "{name} {ms}\n{}", world.log);
            assert_eq!(world.state("kiosk", call), CallState::Ringing, "{name} {ms}\n{}", world.log);
            world.command("anna", Command::Accept { call }).unwrap();
            world.run(ms);
            world.lose_session(name);
            world.run(300);
            world.connect(name);
            world.run(1000);
            for side in ["kiosk", "anna"] {
                assert_eq!(
                    world.state(side, call),
                    CallState::Connected,
                    "{name} {ms} {side}\n{}",
                    world.log
                );
                assert!(
                    world.has(side, &CallEvent::MediaConnected { call }),
                    "{name} {ms} {side}\n{}",
                    world.log
                );
            }
            world.command("kiosk", Command::HangUp { call }).unwrap();
            world.run(500);
            world.assert_idle();
        }
    }
}

/// An offer, a mute, a hold and an end that were told to a lost session are told again.
#[test]
fn what_was_told_to_a_lost_session_is_told_again() {
    let mut world = world(1);
    let call = world.connected("kiosk", "anna");
    world.disconnect("anna");
    let offer = world.device("kiosk").media.offer(call, MAIN);
    world.later(0, "kiosk", offer);
    world.command("kiosk", Command::Mute { call, muted: true }).unwrap();
    world.command("kiosk", Command::Hold { call }).unwrap();
    world.run(500);
    world.lose_session("anna");
    world.connect("anna");
    world.run(500);
    assert_eq!(world.devices["anna"].media.revision(call), 2);
    assert_eq!(world.state("anna", call), CallState::RemoteHold);
    assert!(world.has("anna", &CallEvent::RemoteMuted { call, muted: true }));
    world.disconnect("anna");
    world.command("kiosk", Command::HangUp { call }).unwrap();
    world.run(500);
    world.lose_session("anna");
    world.connect("anna");
    world.run(500);
    assert_eq!(world.ended("anna", call), Some(EndReason::HUNG_UP));
    world.assert_idle();
}

#[test]
fn a_call_that_one_side_no_longer_has_ends_on_the_other() {
    let mut world = world(2);
    let call = world.connected("kiosk", "anna");
    // The engine at anna's forgets everything: as if it had been killed and its device's name kept.
    world.forge("anna", &ToSwitchboard::Sync { calls: Vec::new() });
    world.run(500);
    assert_eq!(world.ended("kiosk", call), Some(EndReason::ABRUPT));
    world.assert_idle();
}

#[test]
fn a_ringing_call_that_was_missed_is_told_again() {
    let mut world = world(3);
    world.disconnect("anna");
    let call = world.call("kiosk", "anna");
    world.run(500);
    world.lose_session("anna");
    world.connect("anna");
    world.run(500);
    assert_eq!(world.incoming("anna"), [call]);
}

#[test]
fn the_caller_that_is_gone_while_it_rings() {
    let mut world = world(4);
    let call = world.call("kiosk", "anna");
    world.run(500);
    world.kill("kiosk");
    world.run(29_000);
    assert_eq!(world.state("anna", call), CallState::Ringing);
    world.run(1500);
    assert_eq!(world.ended("anna", call), Some(EndReason::NETWORK_SETUP));
    assert_eq!(world.switchboard.calls().count(), 0);
}

#[test]
fn the_caller_that_comes_back_in_time() {
    let mut world = world(5);
    let call = world.call("kiosk", "anna");
    world.run(500);
    world.disconnect("kiosk");
    world.run(20_000);
    world.connect("kiosk");
    world.run(40_000);
    world.command("anna", Command::Accept { call }).unwrap();
    world.run(500);
    assert_eq!(world.state("kiosk", call), CallState::Connected);
}

/// Away when it was answered: it has the whole grace time from then on.
#[test]
fn a_caller_away_at_the_answer_is_not_given_up_early() {
    let mut world = world(6);
    let call = world.call("kiosk", "anna");
    world.run(500);
    world.disconnect("kiosk");
    world.run(25_000);
    world.command("anna", Command::Accept { call }).unwrap();
    world.run(60_000 - 25_000);
    assert_eq!(world.switchboard.calls().count(), 1);
    world.connect("kiosk");
    world.run(500);
    assert_eq!(world.state("kiosk", call), CallState::Connected);
}

#[test]
fn both_gone_for_good() {
    let mut world = world(7);
    let call = world.connected("kiosk", "anna");
    world.kill("kiosk");
    world.run(1000);
    world.kill("anna");
    world.run(122_000);
    assert_eq!(world.records[&call].reason, Some(EndReason::NETWORK_LOST));
    assert_eq!(world.switchboard.calls().count(), 0);
}

#[test]
fn signing_out_ends_the_calls() {
    let mut world = world(8);
    let call = world.connected("kiosk", "anna");
    world.goodbye("anna");
    world.run(500);
    assert_eq!(world.ended("kiosk", call), Some(EndReason::ABRUPT));
    assert_eq!(world.switchboard.calls().count(), 0);
}

#[test]
fn a_removed_user_is_out_of_every_call() {
    let mut world = world(9);
    let call = world.connected("kiosk", "anna");
    let input = SwitchboardInput::Removed { raw_id: common::user("anna"), reason: EndReason::REMOVED };
    let now = world.now;
    world.switchboard.handle(now, input);
    world.run(500);
    assert_eq!(world.ended("kiosk", call), Some(EndReason::REMOVED));
    assert_eq!(world.ended("anna", call), Some(EndReason::REMOVED), "told before its session went");
    let call = world.call("kiosk", "anna");
    world.run(500);
    assert_eq!(world.ended("kiosk", call), Some(EndReason::UNREACHABLE));
}

#[test]
fn a_call_does_not_last_for_ever() {
    let mut world = world(10);
    let call = world.connected("kiosk", "anna");
    world.run(30 * 3_600_000 + 1000);
    assert_eq!(world.ended("kiosk", call), Some(EndReason::ENDED_FOR_ALL));
    world.assert_idle();
}

/// A call that neither side of the switchboard knows ends at the endpoint that claims it.
#[test]
fn a_claim_of_an_unknown_call_is_answered() {
    let mut world = world(11);
    let call = CallId(77);
    let claim = |connected| CallClaim {
        call,
        peer: common::user("anna"),
        outgoing: true,
        connected,
        remote_revision: 1,
        recordings: Vec::new(),
    };
    world.forge("kiosk", &ToSwitchboard::Sync { calls: vec![claim(false)] });
    world.run(500);
    let ended = ToEndpoint::Ended { call, reason: EndReason::NO_SUCH_CALL };
    assert!(world.devices["kiosk"].seen.contains(&ended));
    world.clear();
    world.forge("kiosk", &ToSwitchboard::Sync { calls: vec![claim(true)] });
    world.run(59_000);
    assert!(!world.devices["kiosk"].seen.contains(&ended), "the other side may still claim it");
    world.run(2000);
    assert!(world.devices["kiosk"].seen.contains(&ended));
}
