//! Recording with consent: nobody writes a sample before everybody else has shown the notice.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it is wrong")]

mod common;

use common::{World, user};
use liaison_signaling::RecordingState::{Active, Announced, Ended, Refused};
use liaison_signaling::{
    CallClaim, CallEvent, CallId, CallState, Command, CommandError, ProblemCode, RecordingAction,
    RecordingClaim, RecordingState, ToEndpoint, ToSwitchboard,
};

fn talking(seed: u64) -> (World, CallId) {
    let mut world = World::new(seed);
    world.add("kiosk");
    world.add("anna");
    let call = world.connected("kiosk", "anna");
    (world, call)
}

fn recording(call: CallId, state: RecordingState, by: &str) -> CallEvent {
    CallEvent::Recording { call, state, by: user(by) }
}

fn states(world: &World, name: &str, by: &str) -> Vec<RecordingState> {
    let states = world.devices[name].events.iter().filter_map(|event| match event {
        CallEvent::Recording { state, by: of, .. } if *of == user(by) => Some(*state),
        _ => None,
    });
    states.collect()
}

#[test]
fn announced_acknowledged_active_ended() {
    let (mut world, call) = talking(1);
    world.command("kiosk", Command::AnnounceRecording { call }).unwrap();
    world.run(3000);
    assert!(world.has("anna", &CallEvent::NoticeRequired { call, by: user("kiosk") }));
    assert!(!world.has("kiosk", &CallEvent::NoticeRequired { call, by: user("kiosk") }));
    assert_eq!(states(&world, "kiosk", "kiosk"), [Announced], "not yet");
    world.command("anna", Command::NoticeShown { call }).unwrap();
    world.run(500);
    assert!(world.has("kiosk", &CallEvent::NoticeAcknowledged { call, by: user("anna") }));
    for name in ["kiosk", "anna"] {
        assert_eq!(states(&world, name, "kiosk"), [Announced, Active]);
    }
    world.command("kiosk", Command::EndRecording { call }).unwrap();
    world.run(500);
    for name in ["kiosk", "anna"] {
        assert_eq!(states(&world, name, "kiosk"), [Announced, Active, Ended]);
    }
    // Again, with a notice of its own.
    world.command("kiosk", Command::AnnounceRecording { call }).unwrap();
    world.run(500);
    assert_eq!(world.count("anna", &CallEvent::NoticeRequired { call, by: user("kiosk") }), 2);
}

#[test]
fn refused_after_ten_seconds_without_an_acknowledgement() {
    let (mut world, call) = talking(2);
    world.command("kiosk", Command::AnnounceRecording { call }).unwrap();
    world.run(9_900);
    assert_eq!(states(&world, "kiosk", "kiosk"), [Announced]);
    world.run(300);
    assert_eq!(states(&world, "kiosk", "kiosk"), [Announced, Refused]);
    assert_eq!(states(&world, "anna", "kiosk"), [Announced, Refused]);
    // Too late.
    assert_eq!(world.command("anna", Command::NoticeShown { call }), Err(CommandError::NoNotice));
    world.run(500);
    assert_eq!(states(&world, "kiosk", "kiosk"), [Announced, Refused]);
    assert_eq!(world.state("kiosk", call), CallState::Connected, "the call goes on");
}

#[test]
fn both_may_record_each_with_the_others_consent() {
    let (mut world, call) = talking(3);
    world.command("kiosk", Command::AnnounceRecording { call }).unwrap();
    world.command("anna", Command::AnnounceRecording { call }).unwrap();
    world.run(500);
    for (name, other) in [("kiosk", "anna"), ("anna", "kiosk")] {
        assert!(world.has(name, &CallEvent::NoticeRequired { call, by: user(other) }));
    }
    world.command("anna", Command::NoticeShown { call }).unwrap();
    world.run(500);
    assert_eq!(states(&world, "kiosk", "kiosk"), [Announced, Active]);
    assert_eq!(states(&world, "anna", "anna"), [Announced], "the kiosk has not agreed yet");
    world.command("kiosk", Command::NoticeShown { call }).unwrap();
    world.run(500);
    assert_eq!(states(&world, "anna", "anna"), [Announced, Active]);
    // Each ends its own.
    world.command("kiosk", Command::EndRecording { call }).unwrap();
    world.run(500);
    assert_eq!(states(&world, "kiosk", "kiosk"), [Announced, Active, Ended]);
    assert_eq!(states(&world, "kiosk", "anna"), [Announced, Active]);
    assert_eq!(world.command("kiosk", Command::EndRecording { call }), Err(CommandError::NotRecording));
}

#[test]
fn what_is_asked_twice_is_done_once() {
    let (mut world, call) = talking(4);
    world.duplicate = 1000;
    world.command("kiosk", Command::AnnounceRecording { call }).unwrap();
    world.run(500);
    assert_eq!(
        world.command("kiosk", Command::AnnounceRecording { call }),
        Err(CommandError::AlreadyRecording)
    );
    assert_eq!(world.count("anna", &CallEvent::NoticeRequired { call, by: user("kiosk") }), 1);
    world.command("anna", Command::NoticeShown { call }).unwrap();
    world.run(500);
    assert_eq!(world.command("anna", Command::NoticeShown { call }), Err(CommandError::NoNotice));
    assert_eq!(states(&world, "kiosk", "kiosk"), [Announced, Active]);
    assert_eq!(world.records[&call].recordings[0].acknowledged.len(), 1);
}

/// An acknowledgement that was under way when the recording was ended and announced anew does not count for
/// the new one.
#[test]
fn an_old_acknowledgement_is_not_consent_to_a_new_recording() {
    let (mut world, call) = talking(5);
    world.command("kiosk", Command::AnnounceRecording { call }).unwrap();
    world.run(500);
    world.forge("kiosk", &ToSwitchboard::Recording { call, action: RecordingAction::End });
    world.forge("kiosk", &ToSwitchboard::Recording { call, action: RecordingAction::Announce });
    world.run(15);
    world.command("anna", Command::NoticeShown { call }).unwrap();
    world.run(500);
    let newest = world.records[&call].recordings[0].clone();
    assert_eq!((newest.announcement, newest.state, newest.acknowledged.len()), (2, Announced, 0));
    assert_eq!(world.count("anna", &CallEvent::NoticeRequired { call, by: user("kiosk") }), 2);
    world.command("anna", Command::NoticeShown { call }).unwrap();
    world.run(500);
    assert_eq!(world.records[&call].recordings[0].state, Active);
}

#[test]
fn only_the_announcer_ends_it_and_nobody_acknowledges_for_another() {
    let (mut world, call) = talking(6);
    world.command("kiosk", Command::AnnounceRecording { call }).unwrap();
    world.run(500);
    world.forge("anna", &ToSwitchboard::Recording { call, action: RecordingAction::End });
    world.forge("kiosk", &ToSwitchboard::NoticeShown { call, announcement: 99 });
    world.run(500);
    assert!(world.has("anna", &CallEvent::Problem { call, code: ProblemCode::NotAnnouncer }));
    assert_eq!(states(&world, "kiosk", "kiosk"), [Announced], "the announcer's own word is no consent");
}

#[test]
fn the_call_ends_while_it_records() {
    let (mut world, call) = talking(7);
    world.command("kiosk", Command::AnnounceRecording { call }).unwrap();
    world.run(200);
    world.command("anna", Command::HangUp { call }).unwrap();
    world.run(12_000);
    assert_eq!(states(&world, "kiosk", "kiosk"), [Announced], "`Disconnected` is its end");
    world.assert_idle();
}

#[test]
fn an_announcer_that_is_gone_records_no_more() {
    let (mut world, call) = talking(8);
    world.command("kiosk", Command::AnnounceRecording { call }).unwrap();
    world.run(200);
    world.command("anna", Command::NoticeShown { call }).unwrap();
    world.run(200);
    world.kill("kiosk");
    world.run(119_000);
    assert_eq!(states(&world, "anna", "kiosk"), [Announced, Active]);
    world.run(2000);
    assert_eq!(states(&world, "anna", "kiosk"), [Announced, Active, Ended]);
}

/// A participant whose device does not know of the running recording waits in the lobby.
#[test]
fn whoever_has_not_acknowledged_waits_in_the_lobby() {
    let (mut world, call) = talking(9);
    world.command("kiosk", Command::AnnounceRecording { call }).unwrap();
    world.run(200);
    world.command("anna", Command::NoticeShown { call }).unwrap();
    world.run(200);
    world.clear();
    let claim = |recordings| CallClaim {
        call,
        peer: user("kiosk"),
        outgoing: false,
        connected: true,
        remote_revision: 1,
        recordings,
    };
    world.forge("anna", &ToSwitchboard::Sync { calls: vec![claim(Vec::new())] });
    world.run(200);
    assert_eq!(world.state("anna", call), CallState::InLobby);
    assert_eq!(world.count("anna", &CallEvent::NoticeRequired { call, by: user("kiosk") }), 1);
    for command in [Command::Hold { call }, Command::AnnounceRecording { call }] {
        assert_eq!(world.command("anna", command), Err(CommandError::WrongState(CallState::InLobby)));
    }
    world.command("kiosk", Command::Hold { call }).unwrap();
    world.run(200);
    assert_eq!(world.state("anna", call), CallState::InLobby);
    world.command("anna", Command::NoticeShown { call }).unwrap();
    world.run(200);
    assert_eq!(world.state("anna", call), CallState::RemoteHold, "it hears how the other is");
    world.command("kiosk", Command::Resume { call }).unwrap();
    world.run(200);
    // One that knows is left in peace.
    world.clear();
    let known = RecordingClaim { by: user("kiosk"), state: Active, notice_shown: true };
    world.forge("anna", &ToSwitchboard::Sync { calls: vec![claim(vec![known])] });
    world.run(200);
    assert_eq!(world.state("anna", call), CallState::Connected);
    assert!(!world.has("anna", &recording(call, Active, "kiosk")));
}

#[test]
fn the_lobby_opens_when_the_recording_ends() {
    let (mut world, call) = talking(10);
    world.command("kiosk", Command::AnnounceRecording { call }).unwrap();
    world.run(200);
    world.command("anna", Command::NoticeShown { call }).unwrap();
    world.run(200);
    let claim = CallClaim {
        call,
        peer: user("kiosk"),
        outgoing: false,
        connected: true,
        remote_revision: 1,
        recordings: Vec::new(),
    };
    world.forge("anna", &ToSwitchboard::Sync { calls: vec![claim] });
    world.run(200);
    assert_eq!(world.state("anna", call), CallState::InLobby);
    world.command("kiosk", Command::EndRecording { call }).unwrap();
    world.run(200);
    assert_eq!(world.state("anna", call), CallState::Connected);
}

/// A notice is required once for each announcement, also when the wire repeats itself.
#[test]
fn repeated_words_of_the_service_ask_only_once() {
    let (mut world, call) = talking(11);
    let announced = ToEndpoint::Recording { call, state: Announced, by: user("kiosk"), announcement: 1 };
    for _ in 0..3 {
        world.forge_down("anna", &announced);
    }
    world.run(200);
    assert_eq!(world.count("anna", &CallEvent::NoticeRequired { call, by: user("kiosk") }), 1);
    assert_eq!(states(&world, "anna", "kiosk"), [Announced]);
}
