//! Calls that may not be: the caller hears the same for an unknown person and a refused one; the audit log knows.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on should say where")]

mod common;

use common::{STAFF, World, staff_raw_id};
use liaison_engine::{CallError, EndReason};
use liaison_server::admin::TokenSubject;
use liaison_server::directory::{UserChange, UserMode};

#[test]
fn every_term_of_the_federation_is_enforced_on_every_invitation() {
    let world = World::without_federation();
    let mut kiosk = world.signed_in(world.config(), &world.app_user().1);
    let mut end_of_call = |to: &str| {
        let call = kiosk.engine.call_agent().start_call(to).unwrap();
        kiosk.ended(&call)
    };
    let change = |change: UserChange| {
        world.admin(async |admin| admin.set_user(None, STAFF, change.clone()).await.unwrap());
    };

    let refused = end_of_call(&staff_raw_id());
    assert_eq!(refused.code, 403, "{refused}");
    let unknown = end_of_call("8:orgid:99999999-0000-4000-8000-000000000000");
    assert_eq!(unknown, refused, "an unknown person and a refused one look alike");

    world.federate(true);
    assert_eq!(end_of_call(&staff_raw_id()), EndReason::UNREACHABLE, "allowed now, but signed in nowhere");

    change(UserChange { enable_acs_federation_access: Some(false), ..UserChange::default() });
    assert_eq!(end_of_call(&staff_raw_id()).code, 403, "the person's own policy");
    change(UserChange {
        enable_acs_federation_access: Some(true),
        mode: Some(UserMode::Islands),
        ..UserChange::default()
    });
    assert_eq!(end_of_call(&staff_raw_id()).code, 403, "not in TeamsOnly mode");

    let reasons = world.admin(async |admin| admin.audit(None, 50).await.unwrap());
    let calls = reasons.iter().filter(|entry| entry.action == "call").count();
    assert!(calls >= 4, "each refusal is in the audit log: {reasons:?}");
}

#[test]
fn a_token_without_voip_cannot_call() {
    let world = World::federated();
    let (_, token) = world.token(TokenSubject::NewIdentity { resource: None }, &["chat"]);
    let mut kiosk = world.signed_in(world.config(), &token);
    let call = kiosk.engine.call_agent().start_call(&staff_raw_id()).unwrap();
    assert_eq!(kiosk.ended(&call), EndReason::NO_CALL_SCOPE);
}

#[test]
fn what_cannot_be_called_is_refused_at_once() {
    let world = World::federated();
    let kiosk = world.signed_in(world.config(), &world.app_user().1);
    let agent = kiosk.engine.call_agent();
    assert!(matches!(agent.start_call(""), Err(CallError::RawId(_))));
    assert!(matches!(agent.start_call("8:orgid:a\nb"), Err(CallError::RawId(_))));
    assert!(matches!(agent.start_call("4:+4930123456"), Err(CallError::NotCallable { .. })));
    assert!(agent.calls().is_empty(), "nothing is left behind");
}
