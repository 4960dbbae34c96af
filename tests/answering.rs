//! The ways in which a call is not simply answered.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on should say where")]

mod common;

use std::time::Duration;

use common::{World, staff_raw_id};
use liaison_engine::{CallState, EndReason, OperationError};

#[test]
fn declined() {
    let world = World::federated();
    let (mut kiosk, mut staff) = world.two_ends();
    let call = kiosk.engine.call_agent().start_call(&staff_raw_id()).unwrap();
    let incoming = staff.incoming();
    kiosk.state(call.handle(), CallState::Ringing);
    incoming.reject().unwrap();
    assert_eq!(kiosk.ended(&call).code, 603);
    staff.state(incoming.handle(), CallState::Disconnected);
}

#[test]
fn cancelled_by_the_caller() {
    let world = World::federated();
    let (mut kiosk, mut staff) = world.two_ends();
    let call = kiosk.engine.call_agent().start_call(&staff_raw_id()).unwrap();
    let incoming = staff.incoming();
    call.hang_up().unwrap();
    kiosk.ended(&call);
    let reason = staff.state(incoming.handle(), CallState::Disconnected);
    assert_eq!(reason, Some(EndReason::CANCELLED));
}

#[test]
fn nobody_answers() {
    let world = World::federated();
    let mut config = world.config();
    config.no_answer_after = Duration::from_secs(2);
    let mut kiosk = world.signed_in(config, &world.app_user().1);
    let mut staff = world.signed_in(world.config(), &world.staff().1);
    let call = kiosk.engine.call_agent().start_call(&staff_raw_id()).unwrap();
    let incoming = staff.incoming();
    assert_eq!(kiosk.ended(&call), EndReason::NO_ANSWER);
    staff.state(incoming.handle(), CallState::Disconnected);
}

#[test]
fn signed_in_nowhere() {
    let world = World::federated();
    let mut kiosk = world.signed_in(world.config(), &world.app_user().1);
    let call = kiosk.engine.call_agent().start_call(&staff_raw_id()).unwrap();
    assert_eq!(kiosk.ended(&call), EndReason::UNREACHABLE);
}

#[test]
fn the_first_device_to_answer_wins() {
    let world = World::federated();
    let (mut kiosk, mut desk) = world.two_ends();
    let mut phone = world.signed_in(world.config(), &world.staff().1);
    let call = kiosk.engine.call_agent().start_call(&staff_raw_id()).unwrap();
    let (at_desk, on_phone) = (desk.incoming(), phone.incoming());
    let (answered, _) = on_phone.accept().unwrap();
    kiosk.connected(&call);
    phone.connected(&answered);
    assert_eq!(desk.state(at_desk.handle(), CallState::Disconnected), Some(EndReason::ANSWERED_ELSEWHERE));
    // Answering what is over fails, and harms nothing.
    if let Ok((_, late)) = at_desk.accept() {
        assert!(matches!(desk.outcome(late), Err(OperationError::WrongState(_))));
    }
    assert_eq!(call.snapshot().unwrap().state, CallState::Connected);
}
