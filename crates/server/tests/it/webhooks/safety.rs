//! Where webhooks do not lead, and what nobody is shown.

use super::receiver::{Receiver, add, dead, quick, until};
use crate::chat::User;
use crate::harness::World;
use axum::http::StatusCode;
use std::io::Write;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

#[tokio::test(flavor = "multi_thread")]
async fn a_redirection_is_not_followed() {
    let world = World::start_with(|limits| {
        quick(limits);
        limits.webhooks.attempts = 2;
    })
    .await;
    let ada = User::new(&world).await;
    let (receiver, elsewhere) = (Receiver::start().await, Receiver::start().await);
    receiver.redirects(elsewhere.url());
    add(&world, &receiver.url(), &["ChatThreadCreated"]).await;
    ada.thread("t", &[]).await;
    until("it is given up", || dead(&world).len() == 1).await;
    assert_eq!(receiver.requests().len(), 2);
    assert!(elsewhere.requests().is_empty());
    let line = dead(&world).remove(0);
    assert!(line["reason"].as_str().unwrap().contains("redirection"), "{line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn private_addresses_are_not_even_connected_to() {
    let world = World::start_with(|limits| {
        quick(limits);
        limits.webhooks.allowed_hosts = Vec::new();
        limits.webhooks.attempts = 1;
    })
    .await;
    let ada = User::new(&world).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let urls = [
        format!("https://127.0.0.1:{port}/"),
        format!("https://localhost:{port}/"),
        format!("https://[::ffff:127.0.0.1]:{port}/"),
        format!("https://2130706433:{port}/"),
        format!("http://localhost:{port}/"),
        "https://169.254.169.254/latest/meta-data".to_owned(),
    ];
    for url in &urls {
        add(&world, url, &["ChatThreadCreated"]).await;
    }
    ada.thread("t", &[]).await;
    until("all are given up", || dead(&world).len() == urls.len()).await;
    for line in dead(&world) {
        assert!(line["reason"].as_str().unwrap().starts_with("refused: "), "{line}");
    }
    let connected = tokio::time::timeout(std::time::Duration::ZERO, listener.accept()).await;
    assert!(connected.is_err(), "somebody connected");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_needs_a_certificate_that_is_trusted() {
    // The service's own chat endpoint is the receiver: it answers, with an error, whoever gets through TLS.
    for trusted in [false, true] {
        let receiver = World::start().await;
        let world = World::start_with(|limits| {
            quick(limits);
            limits.webhooks.allowed_hosts = vec!["localhost".to_owned()];
            limits.webhooks.attempts = 1;
            limits.webhooks.ca = trusted.then(|| receiver.ca());
        })
        .await;
        let ada = User::new(&world).await;
        add(&world, &format!("{}/nothing-here", receiver.endpoint()), &["ChatThreadCreated"]).await;
        ada.thread("t", &[]).await;
        until("it is given up", || dead(&world).len() == 1).await;
        let line = dead(&world).remove(0);
        let reason = if trusted { "it answered 404" } else { "it could not be reached" };
        assert_eq!(line["reason"], reason);
    }
}

/// What is logged at every level.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// One thread: everything but the store runs where the log is taken.
#[tokio::test]
async fn neither_the_url_nor_the_secret_nor_a_text_is_logged() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let _logged = tracing::subscriber::set_default(subscriber);
    let world = World::start_with(|limits| {
        quick(limits);
        limits.webhooks.attempts = 2;
    })
    .await;
    let ada = User::new(&world).await;
    let receiver = Receiver::start().await;
    receiver.answers(|_| StatusCode::FORBIDDEN);
    let added = add(&world, &receiver.url(), &["ChatMessageReceivedInThread"]).await;
    let unreachable = "http://127.0.0.1:1/very-secret-key";
    add(&world, unreachable, &["ChatMessageReceivedInThread"]).await;
    let thread = ada.thread("t", &[]).await;
    ada.send(&thread, "hush-hush").await;
    let logged = || String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    until("both are given up", || logged().matches("an event was given up").count() == 2).await;
    assert_eq!(dead(&world).len(), 2);
    let text = logged();
    for secret in ["very-secret-key", added.secret.as_str(), "hush-hush"] {
        assert!(!text.contains(secret), "{secret} is in the log");
    }
}
