//! Calls through the service: the federation decision, the store before the word, revocation.

use crate::admin::{allow, mona};
use crate::harness::{VERSION, World};
use crate::phone::{Phone, an_answer, ended, invite};
use liaison_identity::RawId;
use liaison_server::admin::{AuditEntry, TokenSubject};
use liaison_server::directory::{UserChange, UserMode, UserRecord};
use liaison_server::federation::FederationChange;
use liaison_signaling::{CallClaim, CallId, EndReason, ToEndpoint, ToSwitchboard};
use reqwest::Method;

/// A service with a tenant, a person in it, and the person's token.
async fn with_staff() -> (World, UserRecord, String) {
    let world = World::start().await;
    let admin = world.admin().await;
    admin.create_tenant("contoso", None).await.unwrap();
    let user = admin.add_user(mona("contoso")).await.unwrap();
    let token = world.staff_token(&user).await;
    (world, user, token)
}

impl World {
    async fn staff_token(&self, user: &UserRecord) -> String {
        let subject = TokenSubject::User { tenant: None, user: user.object_id.clone() };
        self.admin().await.issue_token(subject, &["voip".to_owned()], None).await.unwrap().token
    }

    /// The newest audit line about that call.
    async fn audit_of(&self, call: u128) -> AuditEntry {
        let call = CallId(call).to_string();
        let lines = self.admin().await.audit(None, 100).await.unwrap();
        lines.into_iter().find(|line| line.call.as_deref() == Some(&call)).expect("a line about the call")
    }

    pub async fn caller(&self, device: u128) -> Phone {
        Phone::registered(self, &self.token(&self.identity().await, &["voip"]).await, device).await
    }
}

/// Calls and hears why not.
async fn refused(caller: &mut Phone, call: u128, to: &str) -> EndReason {
    caller.tell(invite(call, to)).await;
    caller.hear_until(ended).await
}

/// Takes the call at both ends.
pub async fn answered(caller: &mut Phone, callee: &mut Phone, call: u128, to: &str) -> RawId {
    caller.tell(invite(call, to)).await;
    let call = CallId(call);
    let from = callee
        .hear_until(|message| match message {
            ToEndpoint::Incoming { call: id, from, .. } if *id == call => Some(from.clone()),
            _ => None,
        })
        .await;
    callee.tell(ToSwitchboard::Ringing { call }).await;
    callee.tell(ToSwitchboard::Accept { call, description: an_answer() }).await;
    caller.hear_until(|message| matches!(message, ToEndpoint::Accepted { .. }).then_some(())).await;
    from
}

#[tokio::test]
async fn an_app_user_calls_a_member_of_staff() {
    let (world, user, token) = with_staff().await;
    world.admin().await.set_federation("contoso", allow("default")).await.unwrap();
    let identity = world.identity().await;
    let mut kiosk = Phone::registered(&world, &world.token(&identity, &["voip"]).await, 1).await;
    let mut desk = Phone::registered(&world, &token, 2).await;
    let to = format!("8:orgid:{}", user.object_id.to_uppercase());
    let from = answered(&mut kiosk, &mut desk, 7, &to).await;
    assert_eq!(from.as_str(), identity, "whom the verified token names");
    desk.tell(ToSwitchboard::HangUp { call: CallId(7), reason: EndReason::HUNG_UP }).await;
    assert_eq!(kiosk.hear_until(ended).await, EndReason::HUNG_UP);
    let line = world.audit_of(7).await;
    assert_eq!(
        (line.outcome.as_str(), line.reason.as_str(), line.owner_id),
        ("ended", "0/0", user.tenant_id)
    );
}

/// Each term of the decision on its own: the caller hears the same, the audit log the truth.
#[tokio::test]
async fn each_refusal_looks_like_an_unknown_user() {
    let (world, user, token) = with_staff().await;
    let admin = world.admin().await;
    let mut kiosk = world.caller(1).await;
    let _desk = Phone::registered(&world, &token, 2).await;
    let other = admin.create_resource("other").await.unwrap();
    let alike = EndReason::FEDERATION_REFUSED;
    assert_eq!((alike.code, alike.sub_code), (403, 5223));
    let mut call = 100;
    let mut expect = async |to: &str, cause: &str| {
        call += 1;
        assert_eq!(refused(&mut kiosk, call, to).await, alike, "{cause}");
        let line = world.audit_of(call).await;
        assert_eq!((line.outcome.as_str(), line.reason.as_str()), ("refused", cause));
    };
    expect("8:orgid:6d9d6d6f-0000-4000-8000-000000000001", "unknown-user").await;
    expect("4:+15551234567", "unknown-user").await;
    expect("8:acs:6d9d6d6f-0000-4000-8000-000000000001_x", "other-resource").await;
    expect(&user.raw_id, "acs-users-disabled").await;
    admin.set_federation("contoso", allow("other")).await.unwrap();
    expect(&user.raw_id, "resource-not-allowed").await;
    let both = FederationChange {
        allowed_acs_resources: Some(vec!["default".to_owned(), other.id]),
        ..FederationChange::default()
    };
    admin.set_federation("contoso", both).await.unwrap();
    let policy = |on| UserChange { enable_acs_federation_access: Some(on), ..UserChange::default() };
    admin.set_user(None, &user.object_id, policy(false)).await.unwrap();
    expect(&user.raw_id, "user-policy").await;
    admin.set_user(None, &user.object_id, policy(true)).await.unwrap();
    let mode = |mode| UserChange { mode: Some(mode), ..UserChange::default() };
    admin.set_user(None, &user.object_id, mode(UserMode::Islands)).await.unwrap();
    expect(&user.raw_id, "user-mode").await;
    admin.set_user(None, &user.object_id, mode(UserMode::TeamsOnly)).await.unwrap();
    kiosk.tell(invite(200, &user.raw_id)).await;
    assert!(kiosk.is_heard().await, "acknowledged when it was decided about");
    assert_eq!(world.audit_of(200).await.outcome, "allowed");
}

#[tokio::test]
async fn staff_call_app_users_by_the_same_configuration() {
    let (world, user, token) = with_staff().await;
    let admin = world.admin().await;
    let identity = world.identity().await;
    let mut desk = Phone::registered(&world, &token, 1).await;
    let mut kiosk = Phone::registered(&world, &world.token(&identity, &["voip"]).await, 2).await;
    assert_eq!(refused(&mut desk, 1, &identity).await, EndReason::FEDERATION_RESOURCE_REFUSED);
    assert_eq!(world.audit_of(1).await.reason, "own-acs-users-disabled");
    let resource = identity["8:acs:".len()..].split('_').next().unwrap();
    let nobody = format!("8:acs:{resource}_nobody");
    assert_eq!(refused(&mut desk, 2, &nobody).await, EndReason::FEDERATION_RESOURCE_REFUSED);
    admin.set_federation("contoso", allow("default")).await.unwrap();
    assert_eq!(refused(&mut desk, 3, &nobody).await, EndReason::FEDERATION_REFUSED);
    assert_eq!(answered(&mut desk, &mut kiosk, 4, &identity).await.as_str(), user.raw_id);
}

#[tokio::test]
async fn app_users_of_one_resource_call_each_other_and_nobody_calls_without_the_scope() {
    let world = World::start().await;
    let (one, two) = (world.identity().await, world.identity().await);
    let mut first = Phone::registered(&world, &world.token(&one, &["voip"]).await, 1).await;
    let mut second = Phone::registered(&world, &world.token(&two, &["voip"]).await, 2).await;
    assert_eq!(answered(&mut first, &mut second, 1, &two).await.as_str(), one);
    let mut chatter = Phone::connected(&world, &world.token(&one, &["chat"]).await, 3).await;
    chatter.tell(invite(2, &two)).await;
    assert_eq!(chatter.hear_until(ended).await, EndReason::NO_CALL_SCOPE);
}

#[tokio::test]
async fn revoking_in_the_middle_of_a_call_ends_it_for_the_other_side() {
    let world = World::start().await;
    let (one, two) = (world.identity().await, world.identity().await);
    let mut first = Phone::registered(&world, &world.token(&one, &["voip"]).await, 1).await;
    let mut second = Phone::registered(&world, &world.token(&two, &["voip"]).await, 2).await;
    answered(&mut first, &mut second, 1, &two).await;
    let path = format!("/identities/{}?{VERSION}", one.replace(':', "%3A"));
    world.request(Method::DELETE, &path).send().await;
    assert_eq!(second.hear_until(ended).await, EndReason::REMOVED);
    first.refused().await;
    assert_eq!(refused(&mut second, 2, &one).await, EndReason::FEDERATION_REFUSED);
    assert_eq!(world.audit_of(2).await.reason, "unknown-user");
}

/// The service is stopped in the middle of a call. The devices come back, say which calls they have,
/// and the call goes on: media never stopped.
#[tokio::test]
async fn a_call_outlives_a_restart_of_the_service() {
    let mut world = World::start().await;
    let (one, two) = (world.identity().await, world.identity().await);
    let tokens = (world.token(&one, &["voip"]).await, world.token(&two, &["voip"]).await);
    let mut first = Phone::registered(&world, &tokens.0, 1).await;
    let mut second = Phone::registered(&world, &tokens.1, 2).await;
    answered(&mut first, &mut second, 9, &two).await;
    world.restart().await.unwrap();
    first.cut();
    second.cut();
    assert_eq!(first.connect(world.listen, world.ca(), &tokens.0).await, Ok(false), "a new session");
    assert_eq!(second.connect(world.listen, world.ca(), &tokens.1).await, Ok(false));
    for (phone, peer, outgoing) in [(&mut first, &two, true), (&mut second, &one, false)] {
        phone.register().await;
        phone.tell(ToSwitchboard::Sync { calls: vec![claim(9, peer, outgoing)] }).await;
        let calls = phone
            .hear_until(|message| match message {
                ToEndpoint::Synced { calls } => Some(calls.clone()),
                ToEndpoint::Ended { reason, .. } => panic!("{reason:?}"),
                _ => None,
            })
            .await;
        assert_eq!(calls, [CallId(9)]);
    }
    first.tell(ToSwitchboard::Mute { call: CallId(9), muted: true }).await;
    second
        .hear_until(|message| matches!(message, ToEndpoint::PeerMuted { muted: true, .. }).then_some(()))
        .await;
    second.tell(ToSwitchboard::HangUp { call: CallId(9), reason: EndReason::HUNG_UP }).await;
    assert_eq!(first.hear_until(ended).await, EndReason::HUNG_UP);
}

pub fn claim(call: u128, peer: &str, outgoing: bool) -> CallClaim {
    CallClaim {
        call: CallId(call),
        peer: RawId::new(peer).unwrap(),
        outgoing,
        connected: true,
        remote_revision: 1,
        recordings: vec![],
    }
}

/// What a client was told is in the store, and what it said once is not done twice.
#[tokio::test]
async fn a_broken_link_loses_nothing_and_repeats_nothing() {
    let world = World::start().await;
    let (one, two) = (world.identity().await, world.identity().await);
    let tokens = (world.token(&one, &["voip"]).await, world.token(&two, &["voip"]).await);
    let mut first = Phone::registered(&world, &tokens.0, 1).await;
    let mut second = Phone::registered(&world, &tokens.1, 2).await;
    second.cut();
    first.tell(invite(5, &two)).await;
    first.cut();
    first.connect(world.listen, world.ca(), &tokens.0).await.unwrap();
    assert_eq!(second.connect(world.listen, world.ca(), &tokens.1).await, Ok(true));
    let incoming = |message: &ToEndpoint| matches!(message, ToEndpoint::Incoming { .. }).then_some(());
    second.hear_until(incoming).await;
    second.tell(ToSwitchboard::Accept { call: CallId(5), description: an_answer() }).await;
    first.hear_until(|message| matches!(message, ToEndpoint::Accepted { .. }).then_some(())).await;
    first.cut();
    second.tell(ToSwitchboard::Mute { call: CallId(5), muted: true }).await;
    assert!(second.is_heard().await);
    assert_eq!(first.connect(world.listen, world.ca(), &tokens.0).await, Ok(true));
    first
        .hear_until(|message| matches!(message, ToEndpoint::PeerMuted { muted: true, .. }).then_some(()))
        .await;
}
