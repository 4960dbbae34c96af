//! Whom the measures are made with: users with tokens, and their threads.

use super::service::Service;
use super::wire::{Request, Target, Wire};
use crate::exit::Failure;
use liaison_server::admin::{Admin, TokenSubject};
use serde_json::{Value, json};

/// The version of the chat interface that is used.
pub const VERSION: &str = "api-version=2025-03-15";

/// A user of an app.
#[derive(Clone)]
pub struct Person {
    pub raw_id: String,
    pub token: String,
}

/// So many new ones.
pub async fn people(service: &Service, count: usize) -> Result<Vec<Person>, Failure> {
    let failed = |error: liaison_server::admin::AdminError| Failure::Other(error.to_string());
    let admin = Admin::open(&service.data).await.map_err(failed)?;
    let mut people = Vec::with_capacity(count);
    for _ in 0..count {
        let subject = TokenSubject::NewIdentity { resource: None };
        let token = admin.issue_token(subject, &["chat".to_owned()], None).await.map_err(failed)?;
        people.push(Person { raw_id: token.raw_id, token: token.token });
    }
    admin.close().await;
    Ok(people)
}

/// A new thread of the first of them with the others; its path.
pub async fn thread(wire: &mut Wire, target: &Target, people: &[Person]) -> Result<String, Failure> {
    // ACS takes at most 200 at once.
    let (first, others) = people.split_first().ok_or_else(|| Failure::Other("nobody is there".to_owned()))?;
    let (now, later) = others.split_at(others.len().min(199));
    let body = json!({ "topic": "load", "participants": participants(now) });
    let path = format!("/chat/threads?{VERSION}");
    let request = Request::post(&target.authority, &path, &first.token, &body);
    let made: Value = wire.expect(&request, 201).await?;
    let id = made.pointer("/chatThread/id").and_then(Value::as_str).unwrap_or_default();
    let thread = format!("/chat/threads/{}", id.replace(':', "%3A").replace('@', "%40"));
    if !later.is_empty() {
        let body = json!({ "participants": participants(later) });
        let path = format!("{thread}/participants/:add?{VERSION}");
        let request = Request::post(&target.authority, &path, &first.token, &body);
        let _: Value = wire.expect(&request, 201).await?;
    }
    Ok(thread)
}

/// A message with a text of that length, as a request.
pub fn message(target: &Target, person: &Person, thread: &str, length: usize) -> Request {
    let path = format!("{thread}/messages?{VERSION}");
    Request::post(&target.authority, &path, &person.token, &json!({ "content": text(length) }))
}

/// So many characters.
pub fn text(length: usize) -> String {
    "All the worlds a stage, and all the men and women merely players. "
        .chars()
        .cycle()
        .take(length)
        .collect()
}

fn participants(people: &[Person]) -> Vec<Value> {
    let one = |person: &Person| json!({ "communicationIdentifier": { "rawId": person.raw_id } });
    people.iter().map(one).collect()
}
