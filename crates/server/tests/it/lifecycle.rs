//! Starting, stopping, being killed, and what is in the way.

use crate::harness::{VERSION, World, client, config, folder, trusting};
use liaison_server::{Server, ServerConfig, ServerError};
use reqwest::StatusCode;
use serde_json::json;
use std::os::unix::fs::PermissionsExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[tokio::test]
async fn the_first_start_makes_what_is_needed_and_the_next_keeps_it() {
    let mut world = World::start().await;
    let mode =
        |name: &str| std::fs::metadata(world.dir.path().join(name)).unwrap().permissions().mode() & 0o777;
    for name in ["connection-string", "ca-key.pem", "server-key.pem", "liaison.db", "admin.sock", "lock"] {
        assert_eq!(mode(name), 0o600, "{name}");
    }
    let connection = world.connection();
    assert_eq!(connection.endpoint, world.endpoint());
    let ca = std::fs::read(world.server().ca_pem_path().unwrap()).unwrap();
    let identity = world.identity().await;
    world.restart().await.unwrap();
    assert_eq!(world.connection(), connection, "the key and the port are the same");
    assert_eq!(std::fs::read(world.server().ca_pem_path().unwrap()).unwrap(), ca);
    assert!(!world.token(&identity, &["voip"]).await.is_empty());
    let health = world.http.get(format!("{}/healthz", world.endpoint())).send().await.unwrap();
    assert_eq!(health.status(), StatusCode::OK);
}

#[tokio::test]
async fn the_signing_key_is_made_when_absent_and_checked_when_damaged() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(config(dir.path())).await.unwrap();
    let key = dir.path().join("token-signing-key.pem");
    assert_eq!(std::fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    server.shutdown().await;
    std::fs::write(&key, "damaged").unwrap();
    let error = Server::start(config(dir.path())).await.unwrap_err();
    assert!(error.to_string().contains("token-signing-key.pem"), "{error}");
}

#[tokio::test]
async fn a_port_in_use_is_a_clear_error_and_the_folder_stays_free() {
    let world = World::start().await;
    let dir = folder();
    let taken = ServerConfig { listen: world.server().local_addr(), ..config(dir.path()) };
    let error = Server::start(taken).await.unwrap_err();
    assert!(matches!(error, ServerError::AddressInUse { .. }));
    assert!(error.to_string().contains("--listen"), "{error}");
    Server::start(config(dir.path())).await.unwrap().shutdown().await;
}

#[tokio::test]
async fn a_second_service_on_the_same_folder_is_refused() {
    let world = World::start().await;
    let error = Server::start(config(world.dir.path())).await.unwrap_err();
    assert!(matches!(error, ServerError::FolderInUse { .. }));
    assert!(error.to_string().contains("another --data"), "{error}");
    assert_eq!(world.post(&format!("/identities?{VERSION}"), json!({})).await.0, StatusCode::CREATED);
}

#[tokio::test]
async fn the_public_urls_host_is_in_the_certificate() {
    let dir = folder();
    let config =
        ServerConfig { public_url: Some("https://calls.example:8443/".to_owned()), ..config(dir.path()) };
    let server = Server::start(config).await.unwrap();
    assert_eq!(server.endpoint(), "https://calls.example:8443");
    let http = trusting(&server.ca_pem_path().unwrap());
    let http = http.resolve("calls.example", server.local_addr()).build().unwrap();
    let url = format!("https://calls.example:{}/healthz", server.local_addr().port());
    assert_eq!(http.get(url).send().await.unwrap().status(), StatusCode::OK);
    server.shutdown().await;
}

#[tokio::test]
async fn a_given_certificate_is_served() {
    let (theirs, dir) = (folder(), folder());
    Server::start(config(theirs.path())).await.unwrap().shutdown().await;
    let config = ServerConfig {
        cert: Some(theirs.path().join("server.pem")),
        key: Some(theirs.path().join("server-key.pem")),
        ..config(dir.path())
    };
    let server = Server::start(config).await.unwrap();
    assert_eq!(server.ca_pem_path(), None);
    let http = trusting(&theirs.path().join("ca.pem")).build().unwrap();
    let health = http.get(format!("{}/healthz", server.endpoint())).send().await.unwrap();
    assert_eq!(health.status(), StatusCode::OK);
    server.shutdown().await;
}

#[tokio::test]
async fn who_does_not_trust_the_ca_does_not_get_in() {
    let (world, other) = (World::start().await, World::start().await);
    let stranger = client(other.server());
    let error = stranger.get(format!("{}/healthz", world.endpoint())).send().await.unwrap_err();
    assert!(format!("{error:?}").contains("UnknownIssuer"), "{error:?}");
}

/// Clients that do not speak TLS, or speak very slowly, are let go; others are served meanwhile.
#[tokio::test]
async fn slow_and_silent_clients_are_let_go() {
    let world = World::start_with(|limits| {
        limits.tls_handshake_timeout = std::time::Duration::from_millis(200);
        limits.request_timeout = std::time::Duration::from_millis(400);
        limits.connections = 8;
    })
    .await;
    let address = world.server().local_addr();
    let mut silent = Vec::new();
    for _ in 0..20 {
        silent.push(TcpStream::connect(address).await.unwrap());
    }
    let mut plain = TcpStream::connect(address).await.unwrap();
    plain.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    let started = std::time::Instant::now();
    for stream in &mut silent {
        let end = stream.read(&mut [0; 64]).await;
        assert!(matches!(end, Ok(0) | Err(_)), "{end:?}");
    }
    assert!(started.elapsed() < std::time::Duration::from_secs(5));
    assert_eq!(world.post(&format!("/identities?{VERSION}"), json!({})).await.0, StatusCode::CREATED);

    let mut slow = crate::harness::tls(&world).await;
    slow.write_all(
        b"POST /identities?api-version=2023-10-01 HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n",
    )
    .await
    .unwrap();
    let mut said = String::new();
    slow.read_to_string(&mut said).await.unwrap_or_default();
    assert!(said.starts_with("HTTP/1.1 408"), "{said}");
}

/// A page of another origin is told so as well, which needs the header that lets it read the answer.
#[tokio::test]
async fn a_slow_body_is_not_waited_for() {
    let wait = std::time::Duration::from_secs(3);
    let world = World::start_with(|limits| limits.request_timeout = wait).await;
    let ada = crate::chat::User::new(&world).await;
    let mut slow = crate::harness::tls(&world).await;
    let head = format!(
        "POST /chat/threads?api-version=2025-03-15 HTTP/1.1\r\nHost: x\r\nOrigin: https://app.example\r\n\
         Authorization: Bearer {}\r\nContent-Length: 9\r\n\r\n{{",
        ada.token
    );
    slow.write_all(head.as_bytes()).await.unwrap();
    let mut said = String::new();
    slow.read_to_string(&mut said).await.unwrap_or_default();
    assert!(said.starts_with("HTTP/1.1 408"), "{said}");
    assert!(said.contains("access-control-allow-origin: *"), "{said}");
}

#[tokio::test]
async fn an_endless_head_is_cut_off() {
    let world = World::start().await;
    let mut stream = crate::harness::tls(&world).await;
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n").await.unwrap();
    for n in 0..2000 {
        let line = format!("x-{n}: {}\r\n", "y".repeat(1000));
        if stream.write_all(line.as_bytes()).await.is_err() {
            break;
        }
    }
    let mut said = Vec::new();
    let _ = stream.read_to_end(&mut said).await;
    let said = String::from_utf8_lossy(&said);
    assert!(said.is_empty() || said.starts_with("HTTP/1.1 431"), "{said}");
}

#[tokio::test]
async fn metrics_are_for_this_machine_and_name_nobody() {
    let dir = folder();
    let metrics_listen = "127.0.0.1:0".parse().ok();
    let server = Server::start(ServerConfig { metrics_listen, ..config(dir.path()) }).await.unwrap();
    let http = client(&server);
    http.get(format!("{}/healthz", server.endpoint())).send().await.unwrap();
    http.get(format!("{}/v1.0/users/mona@contoso.example", server.endpoint())).send().await.unwrap();
    http.get(format!("{}/somewhere/else", server.endpoint())).send().await.unwrap();
    let url = format!("http://{}/metrics", server.metrics_addr().unwrap());
    let text = http.get(url).send().await.unwrap().text().await.unwrap();
    for line in [
        "liaison_sessions 0",
        "liaison_calls 0",
        "liaison_healthy 1",
        r#"liaison_http_requests_total{path="/healthz",status="200"} 1"#,
        r#"liaison_http_requests_total{path="/v1.0/users/{id}",status="401"} 1"#,
        r#"liaison_http_requests_total{path="unknown",status="404"} 1"#,
    ] {
        assert!(text.lines().any(|found| found == line), "{line} in\n{text}");
    }
    assert!(!text.contains("mona") && !text.contains("somewhere"), "{text}");
    server.shutdown().await;
    let public = ServerConfig { metrics_listen: "0.0.0.0:0".parse().ok(), ..config(dir.path()) };
    let error = Server::start(public).await.unwrap_err();
    assert!(error.to_string().contains("loopback"), "{error}");
}
