//! Endpoints that lie, guess, flood or speak nonsense; a service that does. Answered, bounded, never a panic.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it is wrong")]

mod common;

use common::media::MAIN;
use common::{World, raw, user};
use liaison_signaling::{
    AuditEvent, CallClaim, CallId, CallState, Command, Description, DescriptionKind, EndReason, ProblemCode,
    PushRegistration, RecordingAction, ToEndpoint, ToSwitchboard,
};

fn description(kind: DescriptionKind, revision: u32, bytes: usize) -> Description {
    Description { session: MAIN, revision, kind, sdp: "x".repeat(bytes) }
}

fn everything_about(call: CallId) -> Vec<ToSwitchboard> {
    vec![
        ToSwitchboard::Ringing { call },
        ToSwitchboard::Accept { call, description: description(DescriptionKind::Answer, 1, 3) },
        ToSwitchboard::Reject { call, busy: false },
        ToSwitchboard::Cancel { call },
        ToSwitchboard::HangUp { call, reason: EndReason::HUNG_UP },
        ToSwitchboard::Describe { call, description: description(DescriptionKind::Offer, 9, 3) },
        ToSwitchboard::Candidate { call, session: MAIN, revision: 1, candidate: "c".into() },
        ToSwitchboard::Mute { call, muted: true },
        ToSwitchboard::Hold { call, held: true },
        ToSwitchboard::Recording { call, action: RecordingAction::Announce },
        ToSwitchboard::NoticeShown { call, announcement: 1 },
    ]
}

#[test]
fn a_stranger_learns_nothing_of_a_call_and_changes_nothing() {
    let mut world = World::new(1);
    for name in ["kiosk", "anna", "mallory"] {
        world.add(name);
    }
    let call = world.connected("kiosk", "anna");
    let before = world.records[&call].clone();
    for message in everything_about(call) {
        world.forge("mallory", &message);
    }
    world.run(500);
    let real = std::mem::take(&mut world.device("mallory").seen);
    assert_eq!(world.records[&call], before);
    assert!(world.devices["kiosk"].seen.is_empty() && world.devices["anna"].seen.is_empty());
    assert!(world.audits.contains(&AuditEvent::NotAParticipant { who: user("mallory") }));
    // About a call that does not exist, the answers are the same.
    let nothing = CallId(12345);
    for message in everything_about(nothing) {
        world.forge("mallory", &message);
    }
    world.run(500);
    let renamed = |seen: &[ToEndpoint]| format!("{seen:?}").replace(&call.to_string(), &nothing.to_string());
    assert_eq!(renamed(&real), renamed(&world.devices["mallory"].seen));
    // Also when it is over.
    world.clear();
    world.command("kiosk", Command::HangUp { call }).unwrap();
    world.run(500);
    for message in everything_about(call) {
        world.forge("mallory", &message);
    }
    world.run(500);
    assert_eq!(renamed(&real), renamed(&world.devices["mallory"].seen));
}

/// A third device of the callee, which was never told of the call, has no part in it either.
#[test]
fn another_device_of_the_user_is_no_leg() {
    let mut world = World::new(2);
    world.add("kiosk");
    world.add("anna.desk");
    let call = world.connected("kiosk", "anna.desk");
    world.add("anna.phone");
    world.forge("anna.phone", &ToSwitchboard::HangUp { call, reason: EndReason::HUNG_UP });
    world.run(500);
    assert_eq!(world.state("kiosk", call), CallState::Connected);
}

#[test]
fn somebody_elses_call_id_cannot_be_taken() {
    let mut world = World::new(3);
    for name in ["kiosk", "anna", "mallory"] {
        world.add(name);
    }
    let call = world.call("kiosk", "anna");
    world.run(500);
    let invite = ToSwitchboard::Invite {
        call,
        to: user("anna"),
        display_name: "kiosk".into(),
        description: description(DescriptionKind::Offer, 1, 3),
    };
    world.forge("mallory", &invite);
    world.run(500);
    assert!(
        world.devices["mallory"].seen.contains(&ToEndpoint::Ended { call, reason: EndReason::ID_IN_USE })
    );
    assert_eq!(world.state("kiosk", call), CallState::Ringing);
    world.command("kiosk", Command::HangUp { call }).unwrap();
    world.run(500);
    world.clear();
    world.forge("mallory", &invite);
    world.run(500);
    assert!(
        world.devices["mallory"].seen.contains(&ToEndpoint::Ended { call, reason: EndReason::ID_IN_USE })
    );
    assert!(world.incoming("anna").is_empty());
}

/// Nobody talks a service that has lost its store into a call with somebody who does not claim it.
#[test]
fn a_claimed_call_needs_both_sides() {
    let mut world = World::new(4);
    for name in ["kiosk", "anna", "mallory"] {
        world.add(name);
    }
    let call = world.connected("kiosk", "anna");
    world.kill_service();
    world.restart_service(false);
    let claim = |peer: &str, outgoing| CallClaim {
        call,
        peer: user(peer),
        outgoing,
        connected: true,
        remote_revision: 1,
        recordings: Vec::new(),
    };
    world.connect("mallory");
    world.forge("mallory", &ToSwitchboard::Sync { calls: vec![claim("kiosk", false)] });
    world.run(500);
    world.connect("kiosk");
    world.run(500);
    assert_eq!(world.switchboard.calls().count(), 0, "the kiosk claims anna, not mallory");
    assert_eq!(world.admissions, 1);
    world.forge("mallory", &ToSwitchboard::Sync { calls: vec![claim("mallory", false)] });
    world.run(61_000);
    assert_eq!(world.switchboard.calls().count(), 0);
}

#[test]
fn roles_and_states_are_kept() {
    let mut world = World::new(5);
    world.add("kiosk");
    world.add("anna");
    let call = world.call("kiosk", "anna");
    world.run(500);
    // The caller cannot answer its own call, nor the callee cancel it; nobody holds or records what rings.
    for message in [
        ToSwitchboard::Ringing { call },
        ToSwitchboard::Accept { call, description: description(DescriptionKind::Answer, 1, 3) },
        ToSwitchboard::Reject { call, busy: true },
        ToSwitchboard::Mute { call, muted: true },
        ToSwitchboard::Hold { call, held: true },
        ToSwitchboard::Recording { call, action: RecordingAction::Announce },
    ] {
        world.forge("kiosk", &message);
    }
    world.forge("anna", &ToSwitchboard::Cancel { call });
    world.run(500);
    let problem = ToEndpoint::Problem { call, code: ProblemCode::WrongState };
    let told = |world: &World, name: &str| world.devices[name].seen.iter().filter(|m| **m == problem).count();
    assert_eq!((told(&world, "kiosk"), told(&world, "anna")), (6, 1));
    assert_eq!(world.state("kiosk", call), CallState::Ringing);
}

#[test]
fn sizes_are_bounded() {
    let mut world = World::new(6);
    world.add("kiosk");
    world.add("anna");
    let invite = |n: u128, name: String, offer| ToSwitchboard::Invite {
        call: CallId(n),
        to: user("anna"),
        display_name: name,
        description: offer,
    };
    let offer = |revision, bytes| description(DescriptionKind::Offer, revision, bytes);
    let bad = [
        invite(1, "x".repeat(257), offer(1, 3)),
        invite(2, String::new(), offer(1, 64 * 1024 + 1)),
        invite(3, String::new(), offer(0, 3)),
        invite(4, String::new(), description(DescriptionKind::Answer, 1, 3)),
        invite(
            5,
            String::new(),
            Description { session: liaison_signaling::MediaSessionId(1), ..offer(1, 3) },
        ),
    ];
    for message in &bad {
        world.forge("kiosk", message);
    }
    world.run(500);
    for n in 1..=5 {
        let ended = ToEndpoint::Ended { call: CallId(n), reason: EndReason::BAD_REQUEST };
        assert!(world.devices["kiosk"].seen.contains(&ended), "{n}");
    }
    assert!(world.incoming("anna").is_empty());
    let call = world.connected("kiosk", "anna");
    world.forge("kiosk", &ToSwitchboard::Describe { call, description: offer(2, 64 * 1024 + 1) });
    world.forge(
        "kiosk",
        &ToSwitchboard::Candidate { call, session: MAIN, revision: 1, candidate: "x".repeat(1025) },
    );
    for n in 0..9 {
        let session = liaison_signaling::MediaSessionId(n + 1);
        world.forge(
            "kiosk",
            &ToSwitchboard::Describe { call, description: Description { session, ..offer(1, 3) } },
        );
    }
    world.run(500);
    let count = |code| {
        let problem = ToEndpoint::Problem { call, code };
        world.devices["kiosk"].seen.iter().filter(|message| **message == problem).count()
    };
    assert_eq!((count(ProblemCode::TooLarge), count(ProblemCode::TooMany)), (2, 2));
    assert_eq!(world.records[&call].sessions.len(), 8);
    // An answer that cannot be passed on is no answer.
    let next = world.call("kiosk", "anna");
    world.run(300);
    let accept = ToSwitchboard::Accept {
        call: next,
        description: description(DescriptionKind::Answer, 1, 64 * 1024 + 1),
    };
    world.forge("anna", &accept);
    world.run(500);
    assert_eq!(world.ended("kiosk", next), Some(EndReason::BAD_REQUEST));
    // Registrations too.
    for message in [
        ToSwitchboard::Register { display_name: "x".repeat(257), capabilities: Vec::new(), push: None },
        ToSwitchboard::Register {
            display_name: String::new(),
            capabilities: vec!["x".into(); 33],
            push: None,
        },
        ToSwitchboard::Register {
            display_name: String::new(),
            capabilities: vec!["x".repeat(65)],
            push: None,
        },
        ToSwitchboard::Register {
            display_name: String::new(),
            capabilities: Vec::new(),
            push: Some(PushRegistration { provider: "apns".into(), address: "x".repeat(5000) }),
        },
    ] {
        world.clear();
        world.forge("anna", &message);
        world.run(200);
        let refused = ToEndpoint::NotRegistered { reason: EndReason::BAD_REQUEST };
        assert!(world.devices["anna"].seen.contains(&refused));
    }
}

#[test]
fn a_device_cannot_fill_the_switchboard_with_calls() {
    let mut world = World::new(7);
    world.add("kiosk");
    world.add("anna");
    world.admission_ms = None;
    for n in 0..100 {
        world.forge(
            "kiosk",
            &ToSwitchboard::Invite {
                call: CallId(n),
                to: raw(&format!("8:orgid:{n}")),
                display_name: String::new(),
                description: description(DescriptionKind::Offer, 1, 3),
            },
        );
    }
    world.run(500);
    assert_eq!(world.switchboard.calls().count(), 8);
    assert_eq!(world.admissions, 8);
    let refused = world.devices["kiosk"]
        .seen
        .iter()
        .filter(|message| matches!(message, ToEndpoint::Ended { reason: EndReason::TOO_MANY_CALLS, .. }));
    assert_eq!(refused.count(), 92);
}

/// What an endpoint says of the end is passed on only if it may say so.
#[test]
fn an_endpoint_does_not_speak_for_the_service() {
    let mut world = World::new(8);
    world.add("kiosk");
    world.add("anna");
    let call = world.connected("kiosk", "anna");
    world.forge("anna", &ToSwitchboard::HangUp { call, reason: EndReason::FEDERATION_REFUSED });
    world.run(500);
    assert_eq!(world.ended("kiosk", call), Some(EndReason::HUNG_UP));
}

#[test]
fn an_endpoint_answers_a_service_that_believes_it_in_a_call() {
    let mut world = World::new(9);
    world.add("kiosk");
    let call = CallId(99);
    for _ in 0..3 {
        world.forge_down("kiosk", &ToEndpoint::Accepted { call, description: None, by: user("anna") });
    }
    world.forge_down("kiosk", &ToEndpoint::Ended { call: CallId(98), reason: EndReason::HUNG_UP });
    world.forge_down("kiosk", &ToEndpoint::Ringing { call: CallId(97) });
    world.run(500);
    let said: Vec<&str> = world.log.lines().filter(|line| line.contains("> {\"type\":\"hangUp\"")).collect();
    assert_eq!(said.len(), 1, "{said:?}");
}
