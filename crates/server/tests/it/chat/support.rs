//! Users who chat.

use crate::harness::{World, answer};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

pub const VERSION: &str = "2025-03-15";

/// A user with a token.
#[derive(Clone)]
pub struct User {
    pub raw_id: String,
    pub token: String,
    http: reqwest::Client,
    endpoint: String,
}

impl User {
    pub async fn new(world: &World) -> Self {
        Self::with(world, &["chat"]).await
    }

    pub async fn with(world: &World, scopes: &[&str]) -> Self {
        let raw_id = world.identity().await;
        let token = world.token(&raw_id, scopes).await;
        Self::of(world, &raw_id, &token)
    }

    pub fn of(world: &World, raw_id: &str, token: &str) -> Self {
        let (raw_id, token) = (raw_id.to_owned(), token.to_owned());
        Self { raw_id, token, http: world.http.clone(), endpoint: world.endpoint() }
    }

    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let mark = if path.contains('?') { '&' } else { '?' };
        let url = match path.starts_with("https://") {
            true => path.to_owned(),
            false => format!("{}{path}{mark}api-version={VERSION}", self.endpoint),
        };
        self.http.request(method, url).bearer_auth(&self.token)
    }

    pub async fn get(&self, path: &str) -> (StatusCode, Value) {
        answer(self.request(Method::GET, path).send().await.unwrap()).await
    }

    pub async fn post(&self, path: &str, body: Value) -> (StatusCode, Value) {
        answer(self.request(Method::POST, path).json(&body).send().await.unwrap()).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> (StatusCode, Value) {
        let request = self.request(Method::PATCH, path).body(body.to_string());
        answer(request.header("content-type", "application/merge-patch+json").send().await.unwrap()).await
    }

    pub async fn delete(&self, path: &str) -> (StatusCode, Value) {
        answer(self.request(Method::DELETE, path).send().await.unwrap()).await
    }

    /// As a participant to be added.
    pub fn participant(&self, name: &str) -> Value {
        participant(&self.raw_id, name)
    }

    /// A new thread with these; its path.
    pub async fn thread(&self, topic: &str, others: &[&User]) -> String {
        let participants: Vec<Value> = others.iter().map(|other| other.participant("P")).collect();
        let body = json!({ "topic": topic, "participants": participants });
        let (status, made) = self.post("/chat/threads", body).await;
        assert_eq!(status, StatusCode::CREATED, "{made}");
        assert!(made.get("invalidParticipants").is_none(), "{made}");
        path(made["chatThread"]["id"].as_str().unwrap())
    }

    /// Sends; the message's id.
    pub async fn send(&self, thread: &str, text: &str) -> String {
        let (status, sent) = self.post(&format!("{thread}/messages"), json!({ "content": text })).await;
        assert_eq!(status, StatusCode::CREATED, "{sent}");
        sent["id"].as_str().unwrap().to_owned()
    }

    /// Uploads to `images` or `files`; the file's id.
    pub async fn upload(&self, thread: &str, to: &str, bytes: Vec<u8>) -> String {
        let sent = self.request(Method::POST, &format!("{thread}/{to}")).body(bytes).send().await.unwrap();
        let (status, made) = answer(sent).await;
        assert_eq!(status, StatusCode::CREATED, "{made}");
        made["id"].as_str().unwrap().to_owned()
    }

    /// The texts of what people wrote, newest first.
    pub async fn texts(&self, thread: &str) -> Vec<String> {
        let (status, page) = self.get(&format!("{thread}/messages")).await;
        assert_eq!(status, StatusCode::OK, "{page}");
        let messages = page["value"].as_array().unwrap().iter();
        messages.filter_map(|m| m["content"]["message"].as_str()).map(str::to_owned).collect()
    }
}

pub fn participant(raw_id: &str, name: &str) -> Value {
    json!({ "communicationIdentifier": { "rawId": raw_id }, "displayName": name })
}

/// A picture.
pub fn png(width: u32, height: u32) -> Vec<u8> {
    let picture = image::RgbImage::from_fn(width, height, |x, y| image::Rgb([x as u8, y as u8, 9]));
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// The path of a thread, as the SDKs write it.
pub fn path(thread_id: &str) -> String {
    format!("/chat/threads/{}", thread_id.replace(':', "%3A").replace('@', "%40"))
}

pub fn assert_error(answer: &(StatusCode, Value), status: u16, code: &str) {
    assert_eq!(answer.0.as_u16(), status, "{}", answer.1);
    assert_eq!(answer.1["error"]["code"], code, "{}", answer.1);
    assert!(answer.1["error"]["message"].as_str().is_some_and(|text| text.len() > 10), "{}", answer.1);
}
