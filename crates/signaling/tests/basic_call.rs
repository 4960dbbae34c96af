//! A call from its first word to its last, and the ways in which it may not come about.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it is wrong")]

mod common;

use common::{World, user};
use liaison_signaling::{
    AuditEvent, CallEvent, CallPhase, CallState, Command, CommandError, EndReason, EndpointConfig,
};

#[test]
fn invited_ringing_accepted_talked_hung_up() {
    let mut world = World::new(1);
    world.add("kiosk");
    world.add("anna");
    assert!(world.has("kiosk", &CallEvent::Registered));
    let call = world.call("kiosk", "anna");
    world.run(500);
    assert_eq!(world.states("kiosk", call), [CallState::Connecting, CallState::Ringing]);
    let incoming = CallEvent::Incoming { call, from: user("kiosk"), display_name: "kiosk".into() };
    assert!(world.has("anna", &incoming));
    assert_eq!(world.states("anna", call), [CallState::Ringing]);

    world.command("anna", Command::Accept { call }).unwrap();
    world.run(500);
    assert_eq!(world.state("kiosk", call), CallState::Connected);
    assert_eq!(world.states("anna", call), [CallState::Ringing, CallState::Connecting, CallState::Connected]);
    for name in ["kiosk", "anna"] {
        assert_eq!(world.count(name, &CallEvent::MediaConnected { call }), 1);
    }
    assert_eq!(world.records[&call].phase, CallPhase::Connected);

    world.command("kiosk", Command::HangUp { call }).unwrap();
    world.run(500);
    assert_eq!(world.ended("kiosk", call), Some(EndReason::HUNG_UP));
    assert_eq!(world.ended("anna", call), Some(EndReason::HUNG_UP));
    assert_eq!(
        world.states("kiosk", call)[2..],
        [CallState::Connected, CallState::Disconnecting, CallState::Disconnected]
    );
    let by = user("anna");
    let ended = AuditEvent::Ended { reason: EndReason::HUNG_UP };
    assert_eq!(world.audits, [AuditEvent::Admitted, AuditEvent::Answered { by }, ended]);
    world.assert_idle();
}

#[test]
fn the_callee_hangs_up() {
    let mut world = World::new(2);
    world.add("kiosk");
    world.add("anna");
    let call = world.connected("kiosk", "anna");
    world.command("anna", Command::HangUp { call }).unwrap();
    world.run(500);
    assert_eq!(world.ended("kiosk", call), Some(EndReason::HUNG_UP));
    world.assert_idle();
}

#[test]
fn rejected() {
    let mut world = World::new(3);
    world.add("kiosk");
    world.add("anna");
    let call = world.call("kiosk", "anna");
    world.run(500);
    world.command("anna", Command::Reject { call }).unwrap();
    world.run(500);
    assert_eq!(world.ended("kiosk", call), Some(EndReason::DECLINED));
    assert_eq!(world.ended("anna", call), Some(EndReason::DECLINED));
    world.assert_idle();
}

#[test]
fn cancelled_in_every_moment() {
    for ms in [0, 5, 15, 30, 45, 60, 80, 100, 300] {
        let mut world = World::new(ms);
        world.add("kiosk");
        world.add("anna");
        let call = world.call("kiosk", "anna");
        world.run(ms);
        world.command("kiosk", Command::HangUp { call }).unwrap();
        world.run(4000);
        assert_eq!(world.ended("kiosk", call), Some(EndReason::CANCELLED), "{ms} ms");
        if !world.incoming("anna").is_empty() {
            assert_eq!(world.ended("anna", call), Some(EndReason::CANCELLED), "{ms} ms");
        }
        world.assert_idle();
    }
}

/// The caller gives up at the moment the callee answers: both learn that it is over.
#[test]
fn cancel_and_accept_cross() {
    for ms in 0..60 {
        let mut world = World::new(ms);
        world.add("kiosk");
        world.add("anna");
        let call = world.call("kiosk", "anna");
        world.run(500);
        world.command("anna", Command::Accept { call }).unwrap();
        world.run(ms);
        world.command("kiosk", Command::HangUp { call }).unwrap();
        world.run(4000);
        assert!(world.ended("kiosk", call).is_some() && world.ended("anna", call).is_some(), "{ms} ms");
        world.assert_idle();
    }
}

#[test]
fn nobody_answers_for_85_seconds() {
    let mut world = World::new(4);
    world.add("kiosk");
    world.add("anna");
    let call = world.call("kiosk", "anna");
    world.run(84_900);
    assert_eq!(world.state("kiosk", call), CallState::Ringing);
    world.run(400);
    assert_eq!(world.ended("kiosk", call), Some(EndReason::NO_ANSWER));
    assert_eq!(world.ended("anna", call), Some(EndReason::NO_ANSWER));
    world.assert_idle();
}

#[test]
fn nobody_is_there() {
    let mut world = World::new(5);
    world.add("kiosk");
    let call = world.call("kiosk", "anna");
    world.run(500);
    assert_eq!(world.ended("kiosk", call), Some(EndReason::UNREACHABLE));
    assert_eq!((world.ended("kiosk", call).unwrap().code, EndReason::UNREACHABLE.sub_code), (480, 10037));
    world.assert_idle();
}

#[test]
fn refused_and_unknown_look_alike() {
    let mut world = World::new(6);
    world.add("kiosk");
    world.add("anna");
    world.refuse.insert(user("anna"), EndReason::FEDERATION_REFUSED);
    world.refuse.insert(user("nobody"), EndReason::FEDERATION_REFUSED);
    let mut transcripts = Vec::new();
    for to in ["anna", "nobody"] {
        world.clear();
        let call = world.call("kiosk", to);
        world.run(500);
        assert_eq!(world.ended("kiosk", call), Some(EndReason::FEDERATION_REFUSED));
        transcripts.push(format!("{:?}", world.device("kiosk").seen).replace(&call.to_string(), "ID"));
        assert!(world.device("anna").seen.is_empty(), "a refused call reaches nobody");
    }
    assert_eq!(transcripts[0], transcripts[1]);
    assert_eq!(world.audits.iter().filter(|audit| matches!(audit, AuditEvent::Refused { .. })).count(), 2);
    world.assert_idle();
}

#[test]
fn busy() {
    let mut world = World::new(7);
    world.add("kiosk");
    world.add("ben");
    world.add_with("anna", EndpointConfig { max_calls: 1, ..EndpointConfig::default() });
    world.connected("ben", "anna");
    let call = world.call("kiosk", "anna");
    world.run(500);
    assert_eq!(world.ended("kiosk", call), Some(EndReason::BUSY));
    assert_eq!(EndReason::BUSY.code, 486);
    assert!(world.incoming("anna").is_empty(), "the app is not disturbed");
}

#[test]
fn a_service_that_does_not_decide_is_not_waited_for() {
    let mut world = World::new(8);
    world.admission_ms = None;
    world.add("kiosk");
    world.add("anna");
    let call = world.call("kiosk", "anna");
    world.run(10_500);
    assert_eq!(world.ended("kiosk", call), Some(EndReason::NO_RESPONSE));
    world.assert_idle();
}

#[test]
fn a_service_that_says_nothing_is_not_waited_for() {
    let mut world = World::new(9);
    world.add("kiosk");
    world.down = true;
    world.disconnect("kiosk");
    let call = world.call("kiosk", "anna");
    world.run(31_000);
    assert_eq!(world.ended("kiosk", call), Some(EndReason::OWN_OFFLINE));
    assert_eq!(world.devices["kiosk"].endpoint.calls().count(), 0);
}

#[test]
fn media_that_makes_no_offer_or_never_connects_ends_the_call() {
    let mut world = World::new(10);
    world.add("kiosk");
    world.add("anna");
    world.device("kiosk").media.stuck = true;
    let call = world.call("kiosk", "anna");
    world.run(31_000);
    assert_eq!(world.ended("kiosk", call), Some(EndReason::MEDIA_NOT_ESTABLISHED));
    assert!(world.incoming("anna").is_empty());
    world.device("kiosk").media.stuck = false;

    // An answer that is never made: the caller is not left ringing for ever.
    world.device("anna").media.stuck = true;
    let call = world.call("kiosk", "anna");
    world.run(500);
    world.command("anna", Command::Accept { call }).unwrap();
    world.run(96_000);
    assert_eq!(world.ended("kiosk", call), Some(EndReason::NO_ANSWER));
    world.assert_idle();
}

#[test]
fn commands_out_of_place_are_refused_and_change_nothing() {
    let mut world = World::new(11);
    world.add("kiosk");
    world.add("anna");
    let call = world.call("kiosk", "anna");
    world.run(500);
    for command in [
        Command::Accept { call },
        Command::Reject { call },
        Command::Hold { call },
        Command::Resume { call },
        Command::AnnounceRecording { call },
        Command::EndRecording { call },
        Command::NoticeShown { call },
    ] {
        assert_eq!(world.command("kiosk", command), Err(CommandError::WrongState(CallState::Ringing)));
    }
    let stranger = world.device("anna").endpoint.next_call_id();
    for command in [Command::Accept { call: stranger }, Command::HangUp { call: stranger }] {
        assert_eq!(world.command("kiosk", command), Err(CommandError::UnknownCall(stranger)));
    }
    let start = Command::Start { call, to: user("anna"), display_name: String::new() };
    assert_eq!(world.command("kiosk", start), Err(CommandError::IdInUse(call)));
    let fresh = world.device("kiosk").endpoint.next_call_id();
    let start = Command::Start { call: fresh, to: user("anna"), display_name: "x".repeat(257) };
    assert_eq!(world.command("kiosk", start), Err(CommandError::DisplayName(256)));
    world.command("anna", Command::Accept { call }).unwrap();
    world.run(500);
    for command in [Command::EndRecording { call }, Command::NoticeShown { call }] {
        assert!(matches!(
            world.command("kiosk", command),
            Err(CommandError::NotRecording | CommandError::NoNotice)
        ));
    }
    assert_eq!(world.state("kiosk", call), CallState::Connected);
    // Hanging up twice is hanging up.
    world.command("kiosk", Command::HangUp { call }).unwrap();
    world.command("kiosk", Command::HangUp { call }).unwrap();
    world.run(500);
    world.assert_idle();
}

#[test]
fn calls_at_once_are_bounded() {
    let mut world = World::new(12);
    world.add("kiosk");
    world.add("anna");
    for _ in 0..8 {
        world.call("kiosk", "anna");
    }
    let call = world.device("kiosk").endpoint.next_call_id();
    let start = Command::Start { call, to: user("anna"), display_name: String::new() };
    assert_eq!(world.command("kiosk", start), Err(CommandError::TooManyCalls(8)));
}
