//! The service killed without warning (SIGKILL), as a process of its own.

use crate::calls::{answered, claim};
use crate::harness::{VERSION, World, client, config, folder};
use crate::phone::{Phone, ended};
use liaison_server::{ChatRates, Limits, Rate, Server, ServerConfig};
use liaison_signaling::{CallId, EndReason, ToEndpoint, ToSwitchboard};
use reqwest::{Method, StatusCode};
use serde_json::json;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const FOLDER: &str = "LIAISON_TEST_FOLDER";
const LISTEN: &str = "LIAISON_TEST_LISTEN";

/// The child: a service until it is killed. Run by the tests below, not by itself.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "the body of a child process"]
async fn child_service() {
    let (Some(folder), Ok(listen)) = (std::env::var_os(FOLDER), std::env::var(LISTEN)) else { return };
    let mut config = ServerConfig { listen: listen.parse().unwrap(), ..config(folder.as_ref()) };
    config.limits.create_identity = Rate::new(1_000_000, 1);
    config.limits.chat_rates = ChatRates::unlimited();
    config.limits.webhooks.allowed_hosts = vec!["127.0.0.1".to_owned()];
    config.limits.webhooks.first_retry = Duration::from_millis(20);
    let server = Server::start(config).await.unwrap();
    std::fs::write(server.data_dir().join("ready"), server.endpoint()).unwrap();
    std::future::pending::<()>().await;
}

/// A child that is killed when dropped.
pub struct Service(Child);

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A service in a child process, and a world to talk to it. A service in this process ran first, to find
/// a free port and make the files.
pub async fn killable() -> (World, Service, SocketAddr) {
    let dir = folder();
    let server = Server::start(config(dir.path())).await.unwrap();
    let (listen, http) = (server.local_addr(), client(&server));
    server.shutdown().await;
    let service = child(dir.path(), listen).await;
    let world = World { dir, server: None, limits: Limits::default(), http, listen };
    (world, service, listen)
}

/// A service of that folder in a child process, when it is ready.
pub async fn child(dir: &Path, listen: SocketAddr) -> Service {
    let ready = dir.join("ready");
    let _ = std::fs::remove_file(&ready);
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "killed::child_service"])
        .env(FOLDER, dir)
        .env(LISTEN, listen.to_string())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let service = Service(child);
    let started = Instant::now();
    while !ready.exists() {
        assert!(started.elapsed() < Duration::from_secs(60), "the child did not start");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    service
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_survives_a_kill() {
    let (mut world, service, listen) = killable().await;
    let path = format!("/identities?{VERSION}");
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let requests: Vec<_> =
            (0..1000).map(|_| world.request(Method::POST, &path).body(json!({})).build()).collect();
        tasks.spawn(async move {
            let mut made = Vec::new();
            for request in requests {
                let Ok(response) = request.send().await else { return made };
                let Ok(answer) = response.json::<serde_json::Value>().await else { return made };
                made.push(answer["identity"]["id"].as_str().unwrap().to_owned());
            }
            panic!("all was done before the kill");
        });
    }
    tokio::time::sleep(Duration::from_millis(400)).await;
    drop(service);
    let mut made = tasks.join_all().await;
    let count: usize = made.iter().map(Vec::len).sum();
    assert!(count > 0, "killed before anything was made");
    world.limits.issue_token = Rate::new(1_000_000, 1);
    world.start_again(listen).await.unwrap();
    // The last ones of each client were acknowledged just before the kill.
    for identity in made.iter_mut().flat_map(|made| made.split_off(made.len().saturating_sub(20))) {
        assert!(!world.token(&identity, &["voip"]).await.is_empty());
    }
    eprintln!("{count} were acknowledged");
    assert_eq!(world.post(&path, json!({})).await.0, StatusCode::CREATED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_survives_a_kill() {
    let (mut world, service, listen) = killable().await;
    let (one, two) = (world.identity().await, world.identity().await);
    let tokens = (world.token(&one, &["voip"]).await, world.token(&two, &["voip"]).await);
    let mut first = Phone::registered(&world, &tokens.0, 1).await;
    let mut second = Phone::registered(&world, &tokens.1, 2).await;
    answered(&mut first, &mut second, 3, &two).await;
    drop(service);
    world.start_again(listen).await.unwrap();
    first.cut();
    second.cut();
    for (phone, token, peer, outgoing) in
        [(&mut first, &tokens.0, &two, true), (&mut second, &tokens.1, &one, false)]
    {
        assert_eq!(phone.connect(listen, world.ca(), token).await, Ok(false));
        phone.register().await;
        phone.tell(ToSwitchboard::Sync { calls: vec![claim(3, peer, outgoing)] }).await;
        let synced = |message: &ToEndpoint| match message {
            ToEndpoint::Synced { calls } => Some(calls.clone()),
            ToEndpoint::Ended { call: CallId(3), reason } => panic!("{reason:?}"),
            _ => None,
        };
        assert!(phone.hear_until(synced).await.contains(&CallId(3)));
    }
    second.tell(ToSwitchboard::HangUp { call: CallId(3), reason: EndReason::HUNG_UP }).await;
    assert_eq!(first.hear_until(ended).await, EndReason::HUNG_UP);
}
