//! Hold from both sides, mute, and that repetitions change nothing.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it is wrong")]

mod common;

use common::World;
use liaison_signaling::CallState::{Connected, LocalHold, RemoteHold};
use liaison_signaling::{CallEvent, CallId, CallState, Command};

fn talking(seed: u64) -> (World, CallId) {
    let mut world = World::new(seed);
    world.add("kiosk");
    world.add("anna");
    let call = world.connected("kiosk", "anna");
    (world, call)
}

#[test]
fn hold_and_resume_from_both_sides() {
    let (mut world, call) = talking(1);
    let hold = Command::Hold { call };
    let resume = Command::Resume { call };
    let steps: [(&str, &Command, CallState, CallState); 8] = [
        ("kiosk", &hold, LocalHold, RemoteHold),
        ("kiosk", &resume, Connected, Connected),
        ("anna", &hold, RemoteHold, LocalHold),
        ("kiosk", &hold, LocalHold, LocalHold),
        ("anna", &resume, LocalHold, RemoteHold),
        ("anna", &hold, LocalHold, LocalHold),
        ("kiosk", &resume, RemoteHold, LocalHold),
        ("anna", &resume, Connected, Connected),
    ];
    for (who, command, kiosk, anna) in steps {
        world.command(who, command.clone()).unwrap();
        world.run(200);
        assert_eq!(
            (world.state("kiosk", call), world.state("anna", call)),
            (kiosk, anna),
            "{who} {command:?}"
        );
    }
    // Once more of the same is no error and tells nobody anything.
    world.command("kiosk", hold.clone()).unwrap();
    world.run(200);
    world.clear();
    world.command("kiosk", hold).unwrap();
    world.run(200);
    assert!(world.devices["anna"].seen.is_empty());
}

#[test]
fn both_hold_at_the_same_moment() {
    for seed in 0..20 {
        let (mut world, call) = talking(seed);
        world.command("kiosk", Command::Hold { call }).unwrap();
        world.command("anna", Command::Hold { call }).unwrap();
        world.run(500);
        assert_eq!((world.state("kiosk", call), world.state("anna", call)), (LocalHold, LocalHold));
        world.command("kiosk", Command::Resume { call }).unwrap();
        world.command("anna", Command::Resume { call }).unwrap();
        world.run(500);
        assert_eq!((world.state("kiosk", call), world.state("anna", call)), (Connected, Connected));
    }
}

#[test]
fn mute_is_told_and_written_down() {
    let (mut world, call) = talking(2);
    world.command("kiosk", Command::Mute { call, muted: true }).unwrap();
    world.run(200);
    assert_eq!(world.count("anna", &CallEvent::RemoteMuted { call, muted: true }), 1);
    assert!(world.records[&call].legs[0].muted);
    world.command("kiosk", Command::Mute { call, muted: true }).unwrap();
    world.run(200);
    assert_eq!(world.count("anna", &CallEvent::RemoteMuted { call, muted: true }), 1, "a repetition");
    world.command("kiosk", Command::Mute { call, muted: false }).unwrap();
    world.run(200);
    assert!(world.has("anna", &CallEvent::RemoteMuted { call, muted: false }));
}

#[test]
fn muted_before_the_answer_is_told_after_it() {
    let mut world = World::new(3);
    world.add("kiosk");
    world.add("anna");
    let call = world.call("kiosk", "anna");
    world.run(500);
    world.command("kiosk", Command::Mute { call, muted: true }).unwrap();
    world.command("anna", Command::Mute { call, muted: true }).unwrap();
    world.command("anna", Command::Accept { call }).unwrap();
    world.run(500);
    for name in ["kiosk", "anna"] {
        assert_eq!(world.count(name, &CallEvent::RemoteMuted { call, muted: true }), 1, "{name}");
    }
}
