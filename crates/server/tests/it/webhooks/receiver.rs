//! Somebody who is told.

use crate::harness::World;
use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use liaison_server::{ChatRates, Limits, NewWebhook};
use serde_json::Value;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;

pub const PREFIX: &str = "Microsoft.Communication.";

/// One request.
#[derive(Clone)]
pub struct Request {
    pub headers: HeaderMap,
    pub body: Bytes,
    pub answer: StatusCode,
}

impl Request {
    pub fn events(&self) -> Vec<Value> {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }
}

type Answer = Box<dyn FnMut(&[Value]) -> (StatusCode, HeaderMap) + Send>;

/// An HTTP server that keeps what it is told.
#[derive(Clone)]
pub struct Receiver {
    pub address: SocketAddr,
    requests: Arc<Mutex<Vec<Request>>>,
    answer: Arc<Mutex<Answer>>,
}

impl Receiver {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let this = Self {
            address: listener.local_addr().unwrap(),
            requests: Arc::default(),
            answer: Arc::new(Mutex::new(Box::new(|_| (StatusCode::OK, HeaderMap::new())))),
        };
        tokio::spawn(axum::serve(listener, this.router()).into_future());
        this
    }

    pub fn router(&self) -> Router {
        let this = self.clone();
        Router::new().fallback(async move |headers: HeaderMap, body: Bytes| {
            let events: Vec<Value> = serde_json::from_slice(&body).unwrap();
            let answer = (this.answer.lock().unwrap())(&events);
            this.requests.lock().unwrap().push(Request { headers, body, answer: answer.0 });
            answer
        })
    }

    /// From now on, what it answers.
    pub fn answers(&self, mut answer: impl FnMut(&[Value]) -> StatusCode + Send + 'static) {
        *self.answer.lock().unwrap() = Box::new(move |events| (answer(events), HeaderMap::new()));
    }

    /// From now on, it sends everybody elsewhere.
    pub fn redirects(&self, to: String) {
        *self.answer.lock().unwrap() = Box::new(move |_| {
            let location = HeaderMap::from_iter([(axum::http::header::LOCATION, to.parse().unwrap())]);
            (StatusCode::TEMPORARY_REDIRECT, location)
        });
    }

    pub fn url(&self) -> String {
        format!("http://{}/hook?key=very-secret-key", self.address)
    }

    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    /// What it took, in the order in which it took it.
    pub fn taken(&self) -> Vec<Value> {
        let taken = self.requests().into_iter().filter(|request| request.answer.is_success());
        taken.flat_map(|request| request.events()).collect()
    }

    /// Of those, the ones of a kind.
    pub fn of(&self, kind: &str) -> Vec<Value> {
        self.taken().into_iter().filter(|event| event["eventType"] == format!("{PREFIX}{kind}")).collect()
    }
}

/// Limits that let webhooks lead here, and try again soon; and people write as much as they like.
pub fn quick(limits: &mut Limits) {
    limits.webhooks.allowed_hosts = vec!["127.0.0.1".to_owned()];
    limits.webhooks.first_retry = Duration::from_millis(20);
    limits.webhooks.longest_retry = Duration::from_millis(200);
    limits.webhooks.attempts = 1_000_000;
    limits.chat_rates = ChatRates::unlimited();
}

/// A webhook that is told these events.
pub async fn add(world: &World, url: &str, events: &[&str]) -> NewWebhook {
    let events: Vec<String> = events.iter().map(|&event| event.to_owned()).collect();
    let admin = world.admin().await;
    let added = admin.add_webhook(None, url, &events).await.unwrap();
    admin.close().await;
    added
}

/// Waits until something holds, for as long as a stalled machine may need.
pub async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < Duration::from_secs(90), "not within 90 s: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// The lines of the dead letters.
pub fn dead(world: &World) -> Vec<Value> {
    let text =
        std::fs::read_to_string(world.dir.path().join("webhook-dead-letters.jsonl")).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

pub fn bodies(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["data"]["messageBody"].as_str().unwrap()).collect()
}
