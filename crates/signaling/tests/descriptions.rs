//! Offers with revisions: renegotiation from both sides, stale ones, two at once, candidates.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it is wrong")]

mod common;

use common::World;
use common::media::MAIN;
use liaison_signaling::{
    CallId, CallState, Command, Description, DescriptionKind, MediaEvent, MediaSessionId, ToSwitchboard,
};

fn talking(seed: u64) -> (World, CallId) {
    let mut world = World::new(seed);
    world.add("kiosk");
    world.add("anna");
    let call = world.connected("kiosk", "anna");
    (world, call)
}

fn offer_again(world: &mut World, name: &str, call: CallId) {
    let offer = world.device(name).media.offer(call, MAIN);
    world.later(0, name, offer);
}

fn last(world: &World, name: &str) -> (DescriptionKind, u32) {
    let description = world.devices[name].media.remote.last().unwrap();
    (description.kind, description.revision)
}

#[test]
fn either_side_renegotiates() {
    let (mut world, call) = talking(1);
    let mut revision = 1;
    for (offers, answers) in [("kiosk", "anna"), ("anna", "kiosk"), ("anna", "kiosk"), ("kiosk", "anna")] {
        offer_again(&mut world, offers, call);
        world.run(500);
        revision += 1;
        assert_eq!(last(&world, answers), (DescriptionKind::Offer, revision));
        assert_eq!(last(&world, offers), (DescriptionKind::Answer, revision));
        let session = &world.records[&call].sessions[0];
        assert_eq!(
            (session.offer.revision, session.answer.as_ref().map(|a| a.revision)),
            (revision, Some(revision))
        );
    }
    assert_eq!(world.state("kiosk", call), CallState::Connected);
}

/// Both offer under the same revision at the same moment: the caller's offer counts, on both sides.
#[test]
fn two_offers_at_once() {
    for seed in 0..30 {
        let (mut world, call) = talking(seed);
        offer_again(&mut world, "kiosk", call);
        offer_again(&mut world, "anna", call);
        world.run(500);
        assert_eq!(last(&world, "anna"), (DescriptionKind::Offer, 2), "{}", world.log);
        assert_eq!(last(&world, "kiosk"), (DescriptionKind::Answer, 2), "{}", world.log);
        offer_again(&mut world, "anna", call);
        world.run(500);
        assert_eq!(last(&world, "kiosk"), (DescriptionKind::Offer, 3));
        assert_eq!(last(&world, "anna"), (DescriptionKind::Answer, 3));
    }
}

#[test]
fn stale_and_repeated_descriptions_are_passed_over() {
    let (mut world, call) = talking(2);
    offer_again(&mut world, "kiosk", call);
    world.run(500);
    let seen = world.devices["anna"].media.remote.len();
    let describe = |revision, kind| ToSwitchboard::Describe {
        call,
        description: Description { session: MAIN, revision, kind, sdp: "old".into() },
    };
    for (revision, kind) in [
        (1, DescriptionKind::Offer),
        (2, DescriptionKind::Offer),
        (0, DescriptionKind::Offer),
        (1, DescriptionKind::Answer),
        (2, DescriptionKind::Answer),
        (9, DescriptionKind::Answer),
    ] {
        world.forge("kiosk", &describe(revision, kind));
    }
    world.run(500);
    assert_eq!(world.devices["anna"].media.remote.len(), seen);
    assert_eq!(world.records[&call].sessions[0].offer.revision, 2);
}

#[test]
fn the_caller_offers_anew_while_it_rings() {
    for accept_after in [0, 5, 20, 30, 60, 200] {
        let mut world = World::new(accept_after);
        world.add("kiosk");
        world.add("anna");
        let call = world.call("kiosk", "anna");
        world.run(500);
        offer_again(&mut world, "kiosk", call);
        world.run(accept_after);
        world.command("anna", Command::Accept { call }).unwrap();
        world.run(1000);
        assert_eq!(last(&world, "anna"), (DescriptionKind::Offer, 2), "{accept_after}\n{}", world.log);
        assert_eq!(last(&world, "kiosk"), (DescriptionKind::Answer, 2), "{accept_after}\n{}", world.log);
        assert_eq!(world.state("kiosk", call), CallState::Connected);
    }
}

fn candidate(call: CallId, revision: u32, candidate: &str) -> MediaEvent {
    MediaEvent::LocalCandidate { call, session: MAIN, revision, candidate: candidate.into() }
}

#[test]
fn candidates_reach_the_session_they_belong_to() {
    let mut world = World::new(3);
    world.add("kiosk");
    world.add("anna");
    let call = world.call("kiosk", "anna");
    world.later(5, "kiosk", candidate(call, 1, "before the invitation"));
    world.later(300, "kiosk", candidate(call, 1, "while it rings"));
    world.run(500);
    assert!(world.devices["anna"].media.candidates.is_empty(), "nothing is open yet");
    world.command("anna", Command::Accept { call }).unwrap();
    world.later(5, "anna", candidate(call, 1, "before the answer"));
    world.run(500);
    let heard = |world: &World, name: &str| -> Vec<String> {
        world.devices[name].media.candidates.iter().map(|(_, candidate)| candidate.clone()).collect()
    };
    assert_eq!(heard(&world, "anna"), ["before the invitation", "while it rings"]);
    assert_eq!(heard(&world, "kiosk"), ["before the answer"]);
    offer_again(&mut world, "kiosk", call);
    world.later(1, "kiosk", candidate(call, 2, "new"));
    world.later(2, "kiosk", candidate(call, 1, "old"));
    world.run(500);
    assert_eq!(heard(&world, "anna")[2..], ["new"]);
}

#[test]
fn candidates_are_bounded() {
    let (mut world, call) = talking(4);
    for n in 0..200 {
        world.later(n, "kiosk", candidate(call, 1, &format!("{n}")));
    }
    world.later(1, "anna", candidate(call, 1, &"x".repeat(1025)));
    world.run(1000);
    assert_eq!(world.devices["anna"].media.candidates.len(), 64);
    assert!(world.devices["kiosk"].media.candidates.is_empty());
}

/// A call may hold more media sessions than the one between the two; this version passes them on.
#[test]
fn a_second_session_is_opened_by_its_offer() {
    let (mut world, call) = talking(5);
    let second = MediaSessionId(1);
    let offer = Description { session: second, revision: 1, kind: DescriptionKind::Offer, sdp: "v=0".into() };
    world.forge("kiosk", &ToSwitchboard::Describe { call, description: offer });
    world.run(500);
    assert_eq!(world.devices["anna"].media.opened, 2);
    assert_eq!(world.records[&call].sessions.len(), 2);
    assert_eq!(world.records[&call].sessions[1].answer.as_ref().map(|answer| answer.session), Some(second));
    world.command("anna", Command::HangUp { call }).unwrap();
    world.run(500);
    world.assert_idle();
}
