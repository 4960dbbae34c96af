//! People who write at once, and what must be found of it.

use crate::chat::User;
use crate::harness::World;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;

/// Threads, in each of which two write.
const THREADS: usize = 4;

/// What a writer does when a message was not acknowledged.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Failing {
    /// The same message again, until it is.
    TriesAgain,
    /// No more: whether the last message is there is open.
    GivesUp,
}

/// A thread, and what was sent in it.
pub struct Thread {
    people: [User; 2],
    path: String,
    /// Text and id of what was acknowledged.
    sent: BTreeMap<String, String>,
    /// What may be there or not, but not twice.
    open: Vec<String>,
}

/// New threads with two people each.
pub async fn threads(world: &World) -> Vec<Thread> {
    let mut threads = Vec::new();
    for _ in 0..THREADS {
        let people = [User::new(world).await, User::new(world).await];
        let path = people[0].thread("durable", &[&people[1]]).await;
        threads.push(Thread { people, path, sent: BTreeMap::new(), open: Vec::new() });
    }
    threads
}

/// A thread's number, texts and ids of what was acknowledged, and what is open.
type Done = (usize, Vec<(String, String)>, Option<String>);

/// Writes that go on.
pub struct Writing {
    stop: Arc<AtomicBool>,
    tasks: JoinSet<Done>,
    threads: Vec<Thread>,
}

impl Writing {
    pub fn start(threads: Vec<Thread>, failing: Failing) -> Self {
        let (stop, mut tasks) = (Arc::<AtomicBool>::default(), JoinSet::new());
        for (number, thread) in threads.iter().enumerate() {
            for (person, user) in thread.people.iter().enumerate() {
                let (user, path) = (user.clone(), format!("{}/messages", thread.path));
                let (stop, name) = (Arc::clone(&stop), format!("{number}.{person}"));
                tasks.spawn(async move {
                    let (mut sent, mut open) = (Vec::new(), None);
                    'messages: for n in 0.. {
                        if stop.load(Ordering::Relaxed) {
                            break;
                        }
                        let text = format!("{name}.{n}");
                        let id = loop {
                            if let Some(id) = send(&user, &path, &text).await {
                                break id;
                            }
                            if failing == Failing::GivesUp {
                                open = Some(text);
                                break 'messages;
                            }
                            tokio::time::sleep(Duration::from_millis(10)).await;
                        };
                        sent.push((text, id));
                    }
                    (number, sent, open)
                });
            }
        }
        Self { stop, tasks, threads }
    }

    /// Waits until each has sent its last.
    pub async fn stop(mut self) -> Vec<Thread> {
        self.stop.store(true, Ordering::Relaxed);
        self.end().await
    }

    /// Waits until each has given up.
    pub async fn end(&mut self) -> Vec<Thread> {
        while let Some(done) = self.tasks.join_next().await {
            let (number, sent, open) = done.unwrap();
            self.threads[number].sent.extend(sent);
            self.threads[number].open.extend(open);
        }
        std::mem::take(&mut self.threads)
    }
}

async fn send(user: &User, path: &str, text: &str) -> Option<String> {
    let request = user.request(Method::POST, path).header("repeatability-request-id", text);
    let response = request.json(&json!({ "content": text })).send().await.ok()?;
    if response.status() != StatusCode::CREATED {
        assert!(response.status().is_server_error(), "{}", response.status());
        return None;
    }
    let answer: Value = response.json().await.ok()?;
    Some(answer["id"].as_str().unwrap().to_owned())
}

/// Reads a thread whole, and holds it against what was sent. Returns how many messages were acknowledged.
pub async fn verify(thread: &Thread) -> usize {
    let reader = &thread.people[1];
    let (mut found, mut numbers) = (HashMap::new(), Vec::new());
    let mut next = Some(format!("{}/messages?maxPageSize=200", thread.path));
    while let Some(link) = next {
        let (status, page) = reader.get(&link).await;
        assert_eq!(status, StatusCode::OK, "{page}");
        for message in page["value"].as_array().unwrap() {
            numbers.push(message["sequenceId"].as_str().unwrap().parse::<u64>().unwrap());
            if message["type"] == "text" {
                let text = message["content"]["message"].as_str().unwrap().to_owned();
                let id = message["id"].as_str().unwrap().to_owned();
                assert!(found.insert(text.clone(), id).is_none(), "{text} is there twice");
            }
        }
        next = page["nextLink"].as_str().map(str::to_owned);
    }
    for (text, id) in &thread.sent {
        assert_eq!(found.remove(text).as_ref(), Some(id), "{text} was acknowledged");
    }
    found.keys().for_each(|text| assert!(thread.open.contains(text), "{text} was never sent"));
    numbers.sort_unstable();
    assert!(numbers.windows(2).all(|pair| pair[1] == pair[0] + 1), "a gap in {numbers:?}");

    let (mut after, mut head) = (0, 1);
    while after < head {
        let path = format!("/liaison/v1{}/events?after={after}&limit=200", thread.path);
        let (status, page) = reader.get(&path).await;
        assert_eq!(status, StatusCode::OK, "{page}");
        for event in page["events"].as_array().unwrap() {
            assert_eq!(event["sequence"].as_u64(), Some(after + 1), "a gap in the log");
            after += 1;
        }
        head = page["head"].as_u64().unwrap();
    }
    assert!(after >= thread.sent.len() as u64, "an event for each message");
    thread.sent.len()
}
