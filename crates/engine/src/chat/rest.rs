//! One request to the service: the token, the waits that the service asks for, and what its answer means.

mod commands;
mod questions;

use std::time::Duration;

use bytes::Bytes;
use hyper::Method;
use hyper::header::{HeaderMap, RETRY_AFTER};
use liaison_chat::acs::CommunicationErrorResponse;
use liaison_chat::outbox::Remote;
use liaison_identity::{RawId, peek_raw_id};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::watch;

use super::ChatError;
use crate::net::{Effort, Http, HttpAnswer, HttpError, HttpRequest, Route};

pub(super) use commands::Transmitted;

/// How often a request is made at most, when the service asks to wait.
const MAX_ATTEMPTS: u32 = 4;
/// The longest wait that is not left to the app.
const MAX_WAIT: Duration = Duration::from_secs(30);
/// When the service does not say how long.
const WAIT: Duration = Duration::from_secs(1);

const JSON: &str = "application/json";
const MERGE_PATCH: &str = "application/merge-patch+json";

/// The Chat REST interface.
pub(crate) struct Rest {
    http: Http,
    /// The newest token; `None` while signed out.
    tokens: watch::Receiver<Option<String>>,
    remote: Remote,
    /// `https://host:port`.
    service: String,
}

/// A request's parts but for the token.
pub(super) struct Call<'a> {
    pub(super) method: Method,
    pub(super) target: &'a str,
    pub(super) content_type: &'static str,
    pub(super) body: Bytes,
    pub(super) header: Option<(&'static str, &'a str)>,
    pub(super) effort: Effort,
}

impl<'a> Call<'a> {
    pub(super) fn new(method: Method, target: &'a str) -> Self {
        Self { method, target, content_type: JSON, body: Bytes::new(), header: None, effort: Effort::USUAL }
    }

    fn body(self, body: &impl Serialize) -> Result<Self, ChatError> {
        // Our own types with text keys; they always have a JSON form.
        let body = serde_json::to_vec(body).map_err(|error| unreadable(&error))?;
        let content_type = if self.method == Method::PATCH { MERGE_PATCH } else { JSON };
        Ok(Self { content_type, body: body.into(), ..self })
    }
}

impl Rest {
    /// `acs`: it is Azure's own service though its host does not say so.
    pub(crate) fn new(route: Route, tokens: watch::Receiver<Option<String>>, acs: bool) -> Self {
        let acs = acs || route.endpoint.host.ends_with(".communication.azure.com");
        let remote = if acs { Remote::Acs } else { Remote::Liaison };
        let service = format!("https://{}:{}", route.endpoint.host, route.endpoint.port);
        Self { http: Http::new(route), tokens, remote, service }
    }

    /// Whose service it is.
    pub(super) fn remote(&self) -> Remote {
        self.remote
    }

    /// Which service it is.
    pub(super) fn service(&self) -> String {
        self.service.clone()
    }

    pub(super) fn token(&self) -> Result<String, ChatError> {
        self.tokens.borrow().clone().ok_or(ChatError::NotSignedIn)
    }

    /// Until this user is signed out.
    pub(super) async fn signed_out(&self, me: Option<&RawId>) {
        let another = |token: &Option<String>| token.as_deref().and_then(peek_raw_id).as_ref() != me;
        // Without a sender the engine is gone, which is the same.
        let _ = self.tokens.clone().wait_for(another).await;
    }

    /// Whom the token is for, so that the own messages can be told from those of others.
    pub(super) fn me(&self) -> Result<RawId, ChatError> {
        let unreadable = || ChatError::TokenRefused("it does not say whom it is for".to_owned());
        peek_raw_id(&self.token()?).ok_or_else(unreadable)
    }

    pub(super) async fn read<T: DeserializeOwned>(&self, call: Call<'_>) -> Result<T, ChatError> {
        let answer = self.call(call).await?;
        serde_json::from_slice(&answer.body).map_err(|error| unreadable(&error))
    }

    /// Makes a request until it has an answer that is not "wait".
    pub(super) async fn call(&self, call: Call<'_>) -> Result<HttpAnswer, ChatError> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            let answer = self.once(&call).await?;
            let wait = match answer.status {
                200..=299 => return Ok(answer),
                429 | 503 => retry_after(&answer.headers).unwrap_or(WAIT),
                _ => return Err(refusal(&answer)),
            };
            if attempt == MAX_ATTEMPTS || wait > MAX_WAIT {
                return Err(refusal(&answer));
            }
            tracing::debug!(status = answer.status, wait_ms = wait.as_millis(), "a chat request waits");
            tokio::time::sleep(wait).await;
        }
    }

    /// Makes a request; again only when it was refused for its token and another came meanwhile.
    async fn once(&self, call: &Call<'_>) -> Result<HttpAnswer, ChatError> {
        loop {
            let token = self.token()?;
            let answer = self.http.send(HttpRequest {
                method: call.method.clone(),
                target: call.target,
                token: &token,
                content_type: call.content_type,
                body: call.body.clone(),
                header: call.header,
                effort: call.effort,
            });
            let answer = answer.await.map_err(no_answer)?;
            if answer.status != 401 || self.token()? == token {
                return Ok(answer);
            }
        }
    }
}

fn no_answer(error: HttpError) -> ChatError {
    match error {
        HttpError::NotConnected(error) if error.untrusted => ChatError::Untrusted(error.text),
        HttpError::NotConnected(error) => ChatError::Unreachable(error.text),
        HttpError::Broken(text) => ChatError::NoAnswer(text),
        HttpError::TimedOut => ChatError::NoAnswer("timed out".to_owned()),
        HttpError::TooLong => ChatError::Answer("it is longer than any that is expected".to_owned()),
        HttpError::Unsendable(text) => ChatError::Answer(text),
    }
}

/// Names the place only: what serde quotes may be what somebody wrote.
fn unreadable(error: &serde_json::Error) -> ChatError {
    ChatError::Answer(format!("JSON, line {}, column {}", error.line(), error.column()))
}

/// What a status other than 2xx means.
fn refusal(answer: &HttpAnswer) -> ChatError {
    let told: Option<CommunicationErrorResponse> = serde_json::from_slice(&answer.body).ok();
    let (code, text) = told.map(|told| (told.error.code, told.error.message)).unwrap_or_default();
    match answer.status {
        401 => ChatError::TokenRefused(text),
        429 => ChatError::Throttled { retry_after: retry_after(&answer.headers).unwrap_or(WAIT) },
        status @ 400..=499 => ChatError::Refused { status, code, text },
        status @ 500..=599 => ChatError::ServiceFailed { status },
        status => ChatError::Answer(format!("status {status}")),
    }
}

/// Seconds; a date is not used by either service.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use hyper::header::HeaderValue;

    use super::*;

    fn answer(status: u16, retry_after: Option<&'static str>, body: &'static str) -> HttpAnswer {
        let mut headers = HeaderMap::new();
        headers.extend(retry_after.map(|seconds| (RETRY_AFTER, HeaderValue::from_static(seconds))));
        HttpAnswer { status, headers, body: body.into() }
    }

    #[test]
    fn a_refusal_says_what_the_service_said() {
        let body = r#"{"error":{"code":"Forbidden","message":"not yours"}}"#;
        let refused =
            ChatError::Refused { status: 403, code: "Forbidden".to_owned(), text: "not yours".to_owned() };
        assert_eq!(refusal(&answer(403, None, body)), refused);
        assert_eq!(refusal(&answer(401, None, body)), ChatError::TokenRefused("not yours".to_owned()));
        let azure = r#"{"communicationError":{"code":"BadRequest","message":"m"}}"#;
        assert_eq!(refusal(&answer(400, None, azure)).http_status(), Some(400));
        assert_eq!(refusal(&answer(502, None, "<html>")), ChatError::ServiceFailed { status: 502 });
        assert!(matches!(refusal(&answer(302, None, "")), ChatError::Answer(_)));
    }

    #[test]
    fn the_wait_is_the_services() {
        let wait = |text| match refusal(&answer(429, text, "")) {
            ChatError::Throttled { retry_after } => retry_after.as_secs(),
            other => panic!("{other}"),
        };
        assert_eq!([wait(Some("7")), wait(Some(" 0 ")), wait(None), wait(Some("soon"))], [7, 0, 1, 1]);
    }
}
