//! Who gets a channel, whose it is, and when it ends.

use super::client::{Client, REGISTRATIONS, allocate, ask, channel, handshake, open, register};
use crate::chat::User;
use crate::harness::{World, now_s};
use crate::link::signed_by_the_service;
use reqwest::{Method, StatusCode};
use serde_json::json;
use std::time::Duration;

const CONFIG: &str = "/chat/config/realTimeNotifications?api-version=2024-09-01";

#[tokio::test]
async fn the_configuration_leads_here() {
    let world = World::start().await;
    let ada = User::new(&world).await;
    let url = format!("{}{CONFIG}", world.endpoint());
    let response = world.http.get(&url).bearer_auth(&ada.token).send().await.unwrap();
    let config: serde_json::Value = response.json().await.unwrap();
    let endpoint = world.endpoint();
    let registrar = format!("{endpoint}/registrar");
    let expected =
        json!({ "trouterServiceUrl": endpoint, "registrarServiceUrl": registrar, "cloudType": "Public" });
    assert_eq!(config, expected);
    assert_eq!(world.http.get(&url).send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn only_a_chatters_token_opens_a_channel_and_registers() {
    let world = World::start().await;
    let (ada, caller) = (User::new(&world).await, User::with(&world, &["voip"]).await);
    let (head, signature) = ada.token.rsplit_once('.').unwrap();
    let forged = format!("{head}.{}", signature.chars().rev().collect::<String>());
    let surl = channel(&world, &ada.token, "").await.surl;
    let revoked = User::new(&world).await;
    world.admin().await.revoke_tokens(&revoked.raw_id).await.unwrap();
    for (token, status) in [
        ("", StatusCode::UNAUTHORIZED),
        ("nonsense", StatusCode::UNAUTHORIZED),
        (forged.as_str(), StatusCode::UNAUTHORIZED),
        (revoked.token.as_str(), StatusCode::UNAUTHORIZED),
        (caller.token.as_str(), StatusCode::FORBIDDEN),
    ] {
        assert_eq!(allocate(&world, token, "").await.0, status, "{token}");
        assert_eq!(register(&world, token, "x", &surl, "AcsWeb").await, status, "{token}");
        let path = format!("{REGISTRATIONS}/x");
        let deleted = ask(&world, Method::DELETE, &path, token).send().await.unwrap();
        assert_eq!(deleted.status(), status, "{token}");
    }
    let bare = world.http.post(format!("{}/v4/a", world.endpoint())).send().await.unwrap();
    assert_eq!(bare.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_channel_is_opened_by_its_secret_only() {
    let world = World::start().await;
    let ada = User::new(&world).await;
    let one = channel(&world, &ada.token, "").await;
    let two = channel(&world, &ada.token, "").await;
    let part = |query: &str, name: &str| {
        query.split('&').find_map(|pair| pair.strip_prefix(name)).unwrap().to_owned()
    };
    let mixed = format!("sr={}&sig={}", part(&one.query, "sr="), part(&two.query, "sig="));
    for query in ["", "sr=x&sig=y", mixed.as_str()] {
        assert_eq!(handshake(&world, query).await.0, StatusCode::NOT_FOUND, "{query}");
    }
    let (_, text) = handshake(&world, &one.query).await;
    assert!(text.ends_with(":180:180:websocket"), "{text}");
    let sid = text.split(':').next().unwrap();
    let foreign = format!("{}{}", part(&two.query, "sr="), &sid[32..]);
    for bad in ["x", &"0".repeat(64), &foreign] {
        assert_eq!(open(&world, bad, "").await.map(drop), Err(404), "{bad}");
    }
    let socket = open(&world, sid, &one.query).await.unwrap();
    assert_eq!(open(&world, sid, &one.query).await.map(drop), Err(404), "a second time");
    drop(socket);
    let plain = world.http.get(format!("{}/socket.io/1/websocket/{sid}", world.endpoint()));
    assert_eq!(plain.send().await.unwrap().status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_channel_is_its_users_alone() {
    let world = World::start().await;
    let (ada, eve) = (User::new(&world).await, User::new(&world).await);
    let of_ada = channel(&world, &ada.token, "").await;
    assert_eq!(channel(&world, &ada.token, &of_ada.query).await.surl, of_ada.surl, "she comes back to it");
    assert_ne!(channel(&world, &eve.token, &of_ada.query).await.surl, of_ada.surl);
    assert_eq!(register(&world, &eve.token, "x", &of_ada.surl, "AcsWeb").await, StatusCode::NOT_FOUND);
    let elsewhere = of_ada.surl.replace("localhost", "elsewhere");
    assert_eq!(register(&world, &ada.token, "x", &elsewhere, "AcsWeb").await, StatusCode::NOT_FOUND);
    assert_eq!(register(&world, &ada.token, "", &of_ada.surl, "AcsWeb").await, StatusCode::BAD_REQUEST);
    assert_eq!(register(&world, &ada.token, "x", &of_ada.surl, "AcsWeb").await, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn a_revocation_closes_the_channel() {
    let world = World::start().await;
    let (ada, bob) = (User::new(&world).await, User::new(&world).await);
    let (mut of_ada, mut of_bob) = (Client::start(&world, &ada).await, Client::start(&world, &bob).await);
    world.admin().await.revoke_tokens(&ada.raw_id).await.unwrap();
    assert_eq!(of_ada.next().await, None);
    assert_eq!(handshake(&world, &of_ada.channel.query).await.0, StatusCode::NOT_FOUND);
    of_bob.send("5:1+::{\"name\":\"ping\"}").await;
    assert_eq!(of_bob.frame().await, "6:::1+[\"pong\"]");
}

#[tokio::test]
async fn a_channel_ends_with_its_token_unless_there_is_a_newer_one() {
    let world = World::start().await;
    let mut clients = Vec::new();
    let end = now_s() + 12;
    for _ in 0..2 {
        let raw_id = world.identity().await;
        let short = signed_by_the_service(&world, &raw_id, now_s() - 10, end).await;
        clients.push((Client::start(&world, &User::of(&world, &raw_id, &short)).await, raw_id));
    }
    let (mut renewed, raw_id) = clients.pop().unwrap();
    let (mut ended, _) = clients.pop().unwrap();
    let later = world.token(&raw_id, &["chat"]).await;
    let surl = renewed.channel.surl.clone();
    assert_eq!(register(&world, &later, "x", &surl, "AcsWeb").await, StatusCode::ACCEPTED);
    assert_eq!(ended.next().await, None);
    assert!(now_s() >= end);
    assert_eq!(handshake(&world, &ended.channel.query).await.0, StatusCode::NOT_FOUND);
    renewed.send("5:1+::{\"name\":\"ping\"}").await;
    assert_eq!(renewed.frame().await, "6:::1+[\"pong\"]");
}

#[tokio::test]
async fn a_restart_closes_the_channels_and_is_not_held_up_by_them() {
    let mut world = World::start().await;
    let ada = User::new(&world).await;
    let mut client = Client::start(&world, &ada).await;
    world.restart().await.unwrap();
    assert_eq!(client.next().await, None);
    assert_eq!(handshake(&world, &client.channel.query).await.0, StatusCode::NOT_FOUND);
    Client::start(&world, &ada).await;
}

#[tokio::test]
async fn a_user_has_so_many_channels_and_no_more() {
    let world = World::start_with(|limits| limits.push.channels_per_user = 2).await;
    let ada = User::new(&world).await;
    let mut first = Client::start(&world, &ada).await;
    let left = channel(&world, &ada.token, "").await;
    let mut third = Client::start(&world, &ada).await;
    assert_eq!(handshake(&world, &left.query).await.0, StatusCode::NOT_FOUND, "its place was taken");
    let (status, refusal) = allocate(&world, &ada.token, "").await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS, "{refusal}");
    for client in [&mut first, &mut third] {
        client.send("5:9+::{\"name\":\"ping\"}").await;
        assert_eq!(client.frame().await, "6:::9+[\"pong\"]");
    }
}

#[tokio::test]
async fn what_a_client_must_not_send_closes_its_socket() {
    let world = World::start_with(|limits| limits.push.frame_bytes = 1000).await;
    let ada = User::new(&world).await;
    for bad in ["hello".to_owned(), "5:::{".to_owned(), format!("3:::{}", "x".repeat(2000))] {
        let mut client = Client::start(&world, &ada).await;
        client.send(bad.as_str()).await;
        assert_eq!(client.next().await, None, "{bad:.20}");
    }
}

#[tokio::test]
async fn a_silent_client_is_asked_and_then_left() {
    let world = World::start_with(|limits| limits.push.idle = Duration::from_secs(5)).await;
    let ada = User::new(&world).await;
    let mut client = Client::start(&world, &ada).await;
    assert_eq!(client.frame().await, "2::");
    client.send("2::").await;
    assert_eq!(client.frame().await, "2::", "it was heard, and is asked anew");
    assert_eq!(client.next().await, None);
}

#[tokio::test]
async fn a_channel_without_a_client_is_forgotten() {
    let world = World::start_with(|limits| limits.push.grace = Duration::from_secs(4)).await;
    let ada = User::new(&world).await;
    let left = channel(&world, &ada.token, "").await;
    let client = Client::start(&world, &ada).await;
    let kept = client.channel.clone();
    let until = tokio::time::Instant::now() + Duration::from_secs(60);
    while handshake(&world, &left.query).await.0 == StatusCode::OK {
        assert!(tokio::time::Instant::now() < until);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(handshake(&world, &kept.query).await.0, StatusCode::OK, "the one with a client is not");
    drop(client);
    while handshake(&world, &kept.query).await.0 == StatusCode::OK {
        assert!(tokio::time::Instant::now() < until);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_page_of_another_origin_may_ask() {
    let world = World::start().await;
    for path in
        ["/v4/a?cor_id=1", REGISTRATIONS, "/registrar/v3/registrations/x", "/socket.io/1/?v=v4", CONFIG]
    {
        let url = format!("{}{path}", world.endpoint());
        let request = world.http.request(Method::OPTIONS, url).header("origin", "https://app.example");
        let request = request.header("access-control-request-method", "POST");
        let response = request
            .header("access-control-request-headers", "content-type,x-skypetoken")
            .send()
            .await
            .unwrap();
        assert!(response.status().is_success(), "{path}");
        let allowed = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(allowed("access-control-allow-origin"), "*", "{path}");
        assert!(allowed("access-control-allow-headers").contains("x-skypetoken"), "{path}");
        assert!(allowed("access-control-allow-methods").contains("DELETE"), "{path}");
    }
}
