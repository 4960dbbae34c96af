//! What the scenarios of `tests/` cannot see from outside.

use super::*;
use crate::{Description, DescriptionKind, EndReason, MediaSessionId, ToEndpoint};

#[expect(clippy::disallowed_methods, reason = "virtual time needs one instant to count from")]
fn origin() -> Instant {
    Instant::now()
}

fn endpoint(seed: u64) -> Endpoint {
    Endpoint::new(EndpointConfig::default(), seed)
}

fn drain(endpoint: &mut Endpoint) -> Vec<EndpointOutput> {
    std::iter::from_fn(|| endpoint.poll()).collect()
}

fn peer(n: u32) -> liaison_identity::RawId {
    liaison_identity::RawId::new(&format!("8:orgid:{n}")).unwrap()
}

fn incoming(n: u128) -> EndpointInput {
    let description = Description {
        session: MediaSessionId::MAIN,
        revision: 1,
        kind: DescriptionKind::Offer,
        sdp: "v=0".into(),
    };
    EndpointInput::Wire(ToEndpoint::Incoming {
        call: CallId(n),
        from: peer(1),
        display_name: "ü".repeat(200),
        description,
    })
}

#[test]
fn nothing_is_pending_in_an_idle_endpoint() {
    let mut endpoint = endpoint(1);
    assert_eq!((endpoint.deadline(), endpoint.poll()), (None, None));
    endpoint.handle(origin(), EndpointInput::Tick).unwrap();
    assert_eq!((endpoint.deadline(), endpoint.poll()), (None, None));
}

#[test]
fn ids_come_from_the_seed() {
    let (mut one, mut same, mut other) = (endpoint(1), endpoint(1), endpoint(2));
    assert_eq!(one.device(), same.device());
    assert_ne!(one.device(), other.device());
    let ids: Vec<CallId> = (0..100).map(|_| one.next_call_id()).collect();
    assert_eq!(ids, (0..100).map(|_| same.next_call_id()).collect::<Vec<_>>());
    assert!(!ids.contains(&other.next_call_id()));
}

#[test]
fn a_new_session_is_told_who_and_what_is_here_and_a_resumed_one_nothing() {
    let mut endpoint = endpoint(1);
    endpoint.handle(origin(), EndpointInput::LinkUp { resumed: true }).unwrap();
    assert_eq!(drain(&mut endpoint), []);
    endpoint.handle(origin(), EndpointInput::LinkUp { resumed: false }).unwrap();
    let said = drain(&mut endpoint);
    assert!(matches!(&said[0], EndpointOutput::Send { message: ToSwitchboard::Register { .. }, .. }));
    assert!(
        matches!(&said[1], EndpointOutput::Send { message: ToSwitchboard::Sync { calls }, .. } if calls.is_empty())
    );
}

#[test]
fn a_callers_name_is_cut_at_a_character() {
    let mut endpoint = endpoint(1);
    endpoint.handle(origin(), incoming(7)).unwrap();
    let name = drain(&mut endpoint).into_iter().find_map(|output| match output {
        EndpointOutput::Event(CallEvent::Incoming { display_name, .. }) => Some(display_name),
        _ => None,
    });
    assert_eq!(name.unwrap().len(), 256);
}

/// Calls that are over are remembered, but not for ever.
#[test]
fn what_is_over_is_remembered_within_bounds() {
    let now = origin();
    let mut endpoint = endpoint(1);
    for n in 0..100 {
        endpoint.handle(now, incoming(n)).unwrap();
        let ended = ToEndpoint::Ended { call: CallId(n), reason: EndReason::CANCELLED };
        endpoint.handle(now, EndpointInput::Wire(ended)).unwrap();
    }
    drain(&mut endpoint);
    endpoint.handle(now, incoming(99)).unwrap();
    assert_eq!(drain(&mut endpoint), [], "a late repetition");
    assert!((0..100).filter(|n| endpoint.ended.get(CallId(*n)).is_some()).count() == 64);
}

#[test]
fn beyond_the_limit_callers_hear_busy_and_the_app_nothing() {
    let now = origin();
    let mut endpoint = endpoint(1);
    for n in 0..9 {
        endpoint.handle(now, incoming(n)).unwrap();
    }
    assert_eq!(endpoint.calls().count(), 8);
    let outputs = drain(&mut endpoint);
    let busy = ToSwitchboard::Reject { call: CallId(8), busy: true };
    assert!(
        outputs
            .iter()
            .any(|output| matches!(output, EndpointOutput::Send { message, .. } if *message == busy))
    );
    assert!(!outputs.iter().any(|output| matches!(
        output,
        EndpointOutput::Event(CallEvent::Incoming { call, .. } | CallEvent::State { call, .. }) if *call == CallId(8)
    )));
}

/// The switchboard is late by more than the backstop, on either side: nothing rings for ever.
#[test]
fn without_a_word_it_stops_ringing_after_95_seconds() {
    let now = origin();
    let mut endpoint = endpoint(1);
    endpoint.handle(now, incoming(1)).unwrap();
    drain(&mut endpoint);
    assert_eq!(endpoint.deadline(), Some(now + std::time::Duration::from_secs(95)));
    endpoint.handle(now + std::time::Duration::from_secs(95), EndpointInput::Tick).unwrap();
    let ended = CallEvent::State {
        call: CallId(1),
        state: CallState::Disconnected,
        reason: Some(EndReason::NO_ANSWER),
    };
    assert_eq!(drain(&mut endpoint), [EndpointOutput::Event(ended)]);
}
