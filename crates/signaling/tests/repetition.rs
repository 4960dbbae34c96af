//! Everything is delivered twice, and apps press every button twice: each thing happens once.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it is wrong")]

mod common;

use common::media::MAIN;
use common::{World, user};
use liaison_signaling::{
    CallEvent, CallId, CallState, Command, Description, DescriptionKind, EndReason, RecordingState,
    ToEndpoint, ToSwitchboard,
};

fn twice(seed: u64) -> World {
    let mut world = World::new(seed);
    world.duplicate = 1000;
    world.add("kiosk");
    world.add("anna");
    world
}

#[test]
fn a_whole_call_twice_over() {
    let mut world = twice(1);
    let call = world.call("kiosk", "anna");
    world.run(500);
    world.command("anna", Command::Accept { call }).unwrap();
    world.run(500);
    for command in [
        Command::Hold { call },
        Command::Hold { call },
        Command::Resume { call },
        Command::Resume { call },
        Command::Mute { call, muted: true },
        Command::Mute { call, muted: true },
        Command::AnnounceRecording { call },
    ] {
        world.command("kiosk", command).unwrap();
        world.run(300);
    }
    world.command("anna", Command::NoticeShown { call }).unwrap();
    world.run(300);
    let offer = world.device("kiosk").media.offer(call, MAIN);
    world.later(0, "kiosk", offer);
    world.run(300);
    world.command("anna", Command::HangUp { call }).unwrap();
    world.command("anna", Command::HangUp { call }).unwrap();
    world.run(500);
    let by = user("kiosk");
    for event in [
        CallEvent::Incoming { call, from: by.clone(), display_name: "kiosk".into() },
        CallEvent::RemoteMuted { call, muted: true },
        CallEvent::NoticeRequired { call, by: by.clone() },
        CallEvent::Recording { call, state: RecordingState::Announced, by: by.clone() },
        CallEvent::Recording { call, state: RecordingState::Active, by },
        CallEvent::State { call, state: CallState::Disconnected, reason: Some(EndReason::HUNG_UP) },
    ] {
        assert_eq!(world.count("anna", &event), 1, "{event:?}");
    }
    use CallState::{Connected, Connecting, Disconnected, Disconnecting, RemoteHold, Ringing};
    assert_eq!(
        world.states("anna", call),
        [Ringing, Connecting, Connected, RemoteHold, Connected, Disconnecting, Disconnected]
    );
    assert_eq!(world.admissions, 1);
    assert_eq!(world.devices["anna"].media.remote.len(), 2);
    world.assert_idle();
}

/// The caller's link repeats the invitation in each phase; it is told again where the call is.
#[test]
fn a_repeated_invitation_is_answered_with_the_calls_state() {
    let mut world = World::new(2);
    world.add("kiosk");
    let invite = |call: CallId| ToSwitchboard::Invite {
        call,
        to: user("anna"),
        display_name: "kiosk".into(),
        description: Description {
            session: MAIN,
            revision: 1,
            kind: DescriptionKind::Offer,
            sdp: "v=0 Offer 1".into(),
        },
    };
    world.push_devices.insert(user("anna"), 1);
    let call = world.call("kiosk", "anna");
    world.run(500);
    let again = |world: &mut World| {
        world.clear();
        world.forge("kiosk", &invite(call));
        world.run(200);
        world.devices["kiosk"].seen.clone()
    };
    assert_eq!(again(&mut world), [ToEndpoint::Waking { call }]);
    world.add("anna");
    world.run(300);
    assert_eq!(again(&mut world), [ToEndpoint::Ringing { call }]);
    world.command("anna", Command::Accept { call }).unwrap();
    world.run(300);
    assert!(matches!(&again(&mut world)[..], [ToEndpoint::Accepted { description: Some(_), .. }]));
    world.command("anna", Command::HangUp { call }).unwrap();
    world.run(300);
    assert_eq!(again(&mut world), [ToEndpoint::Ended { call, reason: EndReason::HUNG_UP }]);
    assert_eq!(world.wakes.len(), 1);
}

#[test]
fn repeated_ends_are_answered_alike() {
    let mut world = twice(3);
    let call = world.connected("kiosk", "anna");
    world.command("kiosk", Command::HangUp { call }).unwrap();
    world.run(500);
    world.clear();
    for message in [
        ToSwitchboard::HangUp { call, reason: EndReason::MEDIA_LOST },
        ToSwitchboard::Cancel { call },
        ToSwitchboard::Reject { call, busy: false },
        ToSwitchboard::Mute { call, muted: true },
    ] {
        world.forge("anna", &message);
    }
    world.run(500);
    let ended = ToEndpoint::Ended { call, reason: EndReason::HUNG_UP };
    assert!(!world.devices["anna"].seen.is_empty());
    assert!(world.devices["anna"].seen.iter().all(|message| *message == ended));
    assert!(world.devices["anna"].events.is_empty(), "the app hears nothing twice");
}
