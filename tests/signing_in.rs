//! Tokens and trust: what expires, what is forged, whom nobody vouches for.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on should say where")]

mod common;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use common::World;
use liaison_engine::{ConnectionState, Engine, Event, OperationError, SignInError};
use liaison_identity::{TokenClaims, TokenSigner};

/// The same token with another expiry, signed with the service's own key.
fn expiring(world: &World, token: &str, seconds: u64) -> String {
    use base64::Engine as _;
    let decode = |part: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part).unwrap();
    let mut parts = token.split('.');
    let header: serde_json::Value = serde_json::from_slice(&decode(parts.next().unwrap())).unwrap();
    let mut claims: TokenClaims = serde_json::from_slice(&decode(parts.next().unwrap())).unwrap();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    (claims.iat, claims.exp) = (now - 60, now + seconds);
    let key = std::fs::read_to_string(world.folder.path().join("token-signing-key.pem")).unwrap();
    TokenSigner::new(header["kid"].as_str().unwrap(), &key).unwrap().sign(&claims).unwrap()
}

#[test]
fn an_expiring_token_is_told_of_twice_and_renewed_in_place() {
    let world = World::federated();
    let (raw_id, token) = world.app_user();
    let mut kiosk = world.signed_in(world.config(), &expiring(&world, &token, 6));
    let expiring_in = |kiosk: &mut common::End| {
        kiosk.expect("expiry", |event| match event {
            Event::TokenExpiring { remaining } => Some(*remaining),
            _ => None,
        })
    };
    let first = expiring_in(&mut kiosk);
    assert!(!first.is_zero() && first < Duration::from_secs(6), "{first:?}");
    assert_eq!(expiring_in(&mut kiosk), Duration::ZERO, "and once more when it has expired");
    let renewed = kiosk.engine.set_token(&token).unwrap();
    kiosk.outcome(renewed).unwrap();
    assert!(raw_id.starts_with("8:acs:"));
    let call = kiosk.engine.call_agent().start_call(&common::staff_raw_id()).unwrap();
    assert_eq!(kiosk.ended(&call).code, 480, "signed in: the service answers for the absent callee");
}

#[test]
fn a_revoked_token_closes_the_connection_and_another_opens_it() {
    let world = World::federated();
    let (raw_id, token) = world.app_user();
    let mut kiosk = world.signed_in(world.config(), &token);
    world.admin(async |admin| admin.revoke_tokens(&raw_id).await.unwrap());
    kiosk.expect("disconnection", |event| match event {
        Event::ConnectionState { state: ConnectionState::Disconnected, text } => Some(text.clone()),
        _ => None,
    });
    let subject = liaison_server::admin::TokenSubject::Identity { raw_id };
    let (_, fresh) = world.token(subject, &["voip"]);
    let again = kiosk.engine.set_token(&fresh).unwrap();
    kiosk.outcome(again).unwrap();
}

#[test]
fn a_forged_token_is_refused_by_the_service() {
    let world = World::federated();
    let (_, token) = world.app_user();
    let forged = {
        let (rest, signature) = token.rsplit_once('.').unwrap();
        let first = if signature.starts_with('A') { "B" } else { "A" };
        format!("{rest}.{first}{}", &signature[1..])
    };
    let mut kiosk = common::End::new(Engine::new(world.config()).unwrap());
    let operation = kiosk.engine.sign_in(&forged).unwrap();
    assert!(matches!(kiosk.outcome(operation), Err(OperationError::TokenRefused(_))));
    let operation = kiosk.engine.sign_in(&token).unwrap();
    kiosk.outcome(operation).unwrap();
    assert_eq!(kiosk.engine.sign_in(&token), Err(SignInError::AlreadySignedIn));
}

#[test]
fn what_is_no_token_is_refused_at_once() {
    let world = World::federated();
    let engine = Engine::new(world.config()).unwrap();
    for token in ["", "a.b", "a.b.c", "a b.c.d", &"x".repeat(100_000)] {
        assert_eq!(engine.sign_in(token), Err(SignInError::Malformed), "{:.20}", token);
    }
    assert_eq!(engine.set_token(&world.app_user().1), Err(SignInError::NotSignedIn));
    let old = expiring(&world, &world.app_user().1, 0);
    std::thread::sleep(Duration::from_millis(1100));
    assert!(matches!(engine.sign_in(&old), Err(SignInError::Expired { .. })));
}

#[test]
fn an_untrusted_certificate_says_what_to_pass() {
    let (world, stranger) = (World::federated(), World::federated());
    let mut config = world.config();
    config.ca_pem = stranger.config().ca_pem;
    let mut kiosk = common::End::new(Engine::new(config).unwrap());
    let operation = kiosk.engine.sign_in(&world.app_user().1).unwrap();
    let error = kiosk.outcome(operation).unwrap_err();
    assert!(matches!(error, OperationError::UntrustedCertificate(_)), "{error}");
    assert!(error.to_string().contains("ca_pem: DIR/ca.pem"), "{error}");
}

#[test]
fn an_absent_service_is_tried_again_until_it_is_there() {
    let mut world = World::federated();
    let (config, token) = (world.config(), world.app_user().1);
    let listen = world.stop();
    let mut kiosk = common::End::new(Engine::new(config).unwrap());
    let operation = kiosk.engine.sign_in(&token).unwrap();
    let text = kiosk.expect("the reason", |event| match event {
        Event::ConnectionState { state: ConnectionState::Connecting, text } if !text.is_empty() => {
            Some(text.clone())
        }
        _ => None,
    });
    assert!(text.contains("cannot connect"), "{text}");
    world.start(&listen);
    kiosk.outcome(operation).unwrap();
}
