//! The realtime connection: who gets in, and who is turned away.

use crate::harness::{VERSION, World, now_s};
use crate::phone::{Phone, Ws, socket};
use futures_util::{SinkExt, StreamExt};
use liaison_identity::{RawId, Scopes, TokenClaims, TokenSigner};
use liaison_link::{ClientInput, RefusalCode};
use liaison_server::Rate;
use liaison_server::admin::TokenSubject;
use reqwest::{Method, StatusCode};
use std::time::{Duration, Instant};
use tokio_tungstenite::tungstenite::Message;

fn kid(token: &str) -> String {
    use base64::Engine as _;
    let header = token.split('.').next().unwrap();
    let header = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(header).unwrap();
    serde_json::from_slice::<serde_json::Value>(&header).unwrap()["kid"].as_str().unwrap().to_owned()
}

/// A token truly signed with the service's own key, for any lifetime.
pub async fn signed_by_the_service(world: &World, identity: &str, iat: u64, exp: u64) -> String {
    let pem = std::fs::read_to_string(world.dir.path().join("token-signing-key.pem")).unwrap();
    let signer = TokenSigner::new(&kid(&world.token(identity, &["voip"]).await), &pem).unwrap();
    let resource = identity["8:acs:".len()..].split('_').next().unwrap();
    let scopes = Scopes::parse(["voip", "chat"]).unwrap();
    let claims = TokenClaims::app_user(&RawId::new(identity).unwrap(), resource, &scopes, iat, exp);
    signer.sign(&claims.with_token_version(u64::MAX)).unwrap()
}

async fn refusal(world: &World, token: &str) -> RefusalCode {
    Phone::new(1).connect(world.listen, world.ca(), token).await.unwrap_err()
}

#[tokio::test]
async fn only_a_good_token_gets_in() {
    let world = World::start().await;
    let identity = world.identity().await;
    let token = world.token(&identity, &["voip"]).await;
    Phone::connected(&world, &token, 1).await;
    Phone::connected(&world, &world.token(&identity, &["chat"]).await, 2).await;

    let (head, signature) = token.rsplit_once('.').unwrap();
    let forged = format!("{head}.{}", signature.chars().rev().collect::<String>());
    for bad in [forged.as_str(), "nonsense", "a.b.c"] {
        assert_eq!(refusal(&world, bad).await, RefusalCode::InvalidToken, "{bad}");
    }
    let stranger = {
        let pem = include_str!("../../../identity/testdata/b.private.pem");
        let signer = TokenSigner::new(&kid(&token), pem).unwrap();
        let resource = identity["8:acs:".len()..].split('_').next().unwrap();
        let scopes = Scopes::parse(["voip"]).unwrap();
        let user = RawId::new(&identity).unwrap();
        signer.sign(&TokenClaims::app_user(&user, resource, &scopes, now_s(), now_s() + 3600)).unwrap()
    };
    assert_eq!(refusal(&world, &stranger).await, RefusalCode::InvalidToken);
    let expired = signed_by_the_service(&world, &identity, now_s() - 7200, now_s() - 3600).await;
    assert_eq!(refusal(&world, &expired).await, RefusalCode::ExpiredToken);
    let admin = world.admin().await;
    admin.create_tenant("contoso", None).await.unwrap();
    let reader = TokenSubject::DirectoryReader { tenant: "contoso".to_owned() };
    let reader = admin.issue_token(reader, &[], None).await.unwrap().token;
    assert_eq!(refusal(&world, &reader).await, RefusalCode::MissingScope);
    admin.revoke_tokens(&identity).await.unwrap();
    assert_eq!(refusal(&world, &token).await, RefusalCode::RevokedToken);
    assert!(
        Phone::new(3)
            .connect(world.listen, world.ca(), &world.token(&identity, &["voip"]).await)
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn a_live_connection_ends_with_its_token() {
    let world = World::start().await;
    let identity = world.identity().await;
    let short = signed_by_the_service(&world, &identity, now_s() - 10, now_s() + 2).await;
    let mut phone = Phone::connected(&world, &short, 1).await;
    assert_eq!(phone.refused().await, RefusalCode::ExpiredToken);

    // A renewed one keeps it open.
    let short = signed_by_the_service(&world, &identity, now_s() - 10, now_s() + 2).await;
    let mut phone = Phone::connected(&world, &short, 2).await;
    phone.give(ClientInput::Token(world.token(&identity, &["voip"]).await));
    let accepted = phone.wait(|output| matches!(output, liaison_link::ClientOutput::TokenAccepted)).await;
    assert!(accepted.is_some());
    tokio::time::sleep(Duration::from_secs(2)).await;
    phone.register().await;
    // One of somebody else closes it.
    let other = world.token(&world.identity().await, &["voip"]).await;
    phone.give(ClientInput::Token(other));
    assert_eq!(phone.refused().await, RefusalCode::WrongUser);
}

#[tokio::test]
async fn revocation_and_deletion_close_live_connections() {
    let world = World::start().await;
    let (one, two) = (world.identity().await, world.identity().await);
    let mut first = Phone::connected(&world, &world.token(&one, &["voip"]).await, 1).await;
    let mut second = Phone::connected(&world, &world.token(&one, &["chat"]).await, 2).await;
    let mut other = Phone::registered(&world, &world.token(&two, &["voip"]).await, 3).await;
    let path = format!("/identities/{}/:revokeAccessTokens?{VERSION}", one.replace(':', "%3A"));
    assert_eq!(world.request(Method::POST, &path).send().await.0, StatusCode::NO_CONTENT);
    assert_eq!(first.refused().await, RefusalCode::RevokedToken);
    assert_eq!(second.refused().await, RefusalCode::RevokedToken);
    other.register().await;
    let path = format!("/identities/{}?{VERSION}", two.replace(':', "%3A"));
    assert_eq!(world.request(Method::DELETE, &path).send().await.0, StatusCode::NO_CONTENT);
    assert_eq!(other.refused().await, RefusalCode::RevokedToken);
}

#[tokio::test]
async fn a_broken_socket_is_resumed_by_its_user_only() {
    let world = World::start().await;
    let identity = world.identity().await;
    let token = world.token(&identity, &["voip"]).await;
    let mut phone = Phone::connected(&world, &token, 1).await;
    phone.cut();
    assert_eq!(phone.connect(world.listen, world.ca(), &token).await, Ok(true));
    phone.register().await;
    // The same session, named by somebody else: a new session, not that one.
    phone.cut();
    let other = world.token(&world.identity().await, &["voip"]).await;
    assert_eq!(phone.connect(world.listen, world.ca(), &other).await, Ok(false));
}

#[tokio::test]
async fn a_user_has_a_bounded_number_of_sessions() {
    let world = World::start_with(|limits| limits.sessions_per_user = 2).await;
    let token = world.token(&world.identity().await, &["voip"]).await;
    let _first = Phone::connected(&world, &token, 1).await;
    let mut second = Phone::connected(&world, &token, 2).await;
    assert_eq!(refusal_of_device(&world, &token, 3).await, RefusalCode::Busy);
    // The same device with a lost session takes the place of its former one.
    let mut again = Phone::connected(&world, &token, 2).await;
    again.register().await;
    assert!(second.wait(|output| matches!(output, liaison_link::ClientOutput::Lost { .. })).await.is_some());
    let other = world.token(&world.identity().await, &["voip"]).await;
    Phone::connected(&world, &other, 4).await;
    // One whose client is gone makes room, so that crashes do not lock a user out.
    again.cut();
    let up = async || Phone::new(5).connect(world.listen, world.ca(), &token).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(up().await, Ok(false));
}

async fn refusal_of_device(world: &World, token: &str, device: u128) -> RefusalCode {
    let ws = socket(world).await;
    let hello = serde_json::json!({
        "type": "hello", "versions": { "min": 1, "max": 1 }, "token": token, "device": format!("{device:032x}"),
    });
    let said = said_to(ws, Message::text(hello.to_string())).await.unwrap();
    let said: serde_json::Value = serde_json::from_str(&said).unwrap();
    serde_json::from_value(said["code"].clone()).unwrap()
}

/// What the service says to a first frame; `None` when it just closes.
async fn said_to(mut ws: Ws, first: Message) -> Option<String> {
    ws.send(first).await.ok()?;
    match tokio::time::timeout(Duration::from_secs(5), ws.next()).await.expect("an answer or an end") {
        Some(Ok(Message::Text(text))) => Some(text.to_string()),
        _ => None,
    }
}

#[tokio::test]
async fn what_is_no_hello_is_refused_in_words() {
    let world = World::start().await;
    for first in ["", "{}", "hello", "[1,2]", r#"{"type":"ping"}"#, &"[".repeat(1000)] {
        let said = said_to(socket(&world).await, Message::text(first)).await.unwrap();
        assert!(said.contains("protocol"), "{first:?}: {said}");
    }
    assert_eq!(said_to(socket(&world).await, Message::binary(vec![1, 2, 3])).await, None);
    let plain = world.http.get(format!("{}{}", world.endpoint(), liaison_link::PATH)).send().await.unwrap();
    assert_eq!(plain.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn who_says_nothing_is_let_go() {
    let world = World::start_with(|limits| limits.hello_timeout = Duration::from_millis(200)).await;
    let mut ws = socket(&world).await;
    let started = Instant::now();
    while let Some(Ok(message)) = ws.next().await {
        assert!(message.is_close(), "{message:?}");
    }
    assert!(started.elapsed() < Duration::from_secs(3));
}

#[tokio::test]
async fn an_oversized_frame_closes_the_socket_and_the_session_goes_on() {
    let world = World::start().await;
    let token = world.token(&world.identity().await, &["voip"]).await;
    let mut ws = socket(&world).await;
    // The service may close before it has read it all.
    let _ = ws.send(Message::text("x".repeat(300 * 1024))).await;
    let end = tokio::time::timeout(Duration::from_secs(5), ws.next()).await.unwrap();
    match end {
        Some(Ok(Message::Close(Some(frame)))) => assert_eq!(u16::from(frame.code), 1009),
        None | Some(Err(_)) => {}
        other => panic!("{other:?}"),
    }
    let mut phone = Phone::connected(&world, &token, 1).await;
    phone.register().await;
}

/// A client that sends as fast as it can is read at the rate it is allowed, and others are served.
#[tokio::test]
async fn a_flood_is_slowed_down() {
    let world = World::start_with(|limits| limits.frames = Rate::new(50, 1)).await;
    let token = world.token(&world.identity().await, &["voip"]).await;
    let mut calm = Phone::registered(&world, &world.token(&world.identity().await, &["voip"]).await, 9).await;
    let mut phone = Phone::connected(&world, &token, 1).await;
    let started = Instant::now();
    for _ in 0..200 {
        phone.tell(liaison_signaling::ToSwitchboard::Unregister).await;
    }
    calm.register().await;
    assert!(started.elapsed() < Duration::from_secs(1), "others do not wait");
    assert!(phone.is_heard().await);
    assert!(started.elapsed() >= Duration::from_millis(2500), "{:?}", started.elapsed());
}
