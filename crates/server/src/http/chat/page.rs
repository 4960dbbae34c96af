//! Lists: which page is asked for, and where the next one is.

use crate::http::{ApiError, Service};
use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use liaison_chat::UnixMillis;
use liaison_chat::acs::Page;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The longest continuation that is read; ours are shorter.
const LONGEST: usize = 1024;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asked {
    #[serde(rename = "api-version")]
    api_version: Option<String>,
    max_page_size: Option<u32>,
    start_time: Option<String>,
    skip: Option<u32>,
    continuation: Option<String>,
}

/// The page that is asked for.
pub(super) struct Paging {
    endpoint: String,
    /// As it was sent: the next page's address is the same but for the query.
    path: String,
    asked: Asked,
    /// How many things it may hold.
    pub(super) size: usize,
    /// Only what is as new as this.
    pub(super) start: Option<UnixMillis>,
}

impl FromRequestParts<Arc<Service>> for Paging {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, service: &Arc<Service>) -> Result<Self, ApiError> {
        let Query(asked) = Query::<Asked>::from_request_parts(parts, service)
            .await
            .map_err(|error| ApiError::bad_request(format!("the query cannot be read: {error}")))?;
        let start = asked.start_time.as_deref().filter(|text| !text.is_empty()).map(str::parse).transpose();
        let start = start
            .map_err(|error: liaison_chat::TimeError| ApiError::bad_request(format!("startTime: {error}")))?;
        Ok(Self {
            endpoint: service.operations.endpoint.clone(),
            path: parts.uri.path().to_owned(),
            size: service.limits.chat.page_size(asked.max_page_size),
            start,
            asked,
        })
    }
}

impl Paging {
    /// How many things to leave out, on the first page.
    pub(super) fn skip(&self) -> u32 {
        if self.asked.continuation.is_some() { 0 } else { self.asked.skip.unwrap_or(0) }
    }

    /// Where the page begins; `None`: at the beginning.
    pub(super) fn after<K: DeserializeOwned>(&self) -> Result<Option<K>, ApiError> {
        let Some(text) = &self.asked.continuation else { return Ok(None) };
        let read = || serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok();
        match (text.len() <= LONGEST).then(read).flatten() {
            Some(key) => Ok(Some(key)),
            None => Err(ApiError::bad_request("the continuation is none of ours: begin the list anew")),
        }
    }

    /// The page as it is answered.
    pub(super) fn answer<T>(&self, value: Vec<T>, next: Option<impl Serialize>) -> Page<T> {
        let next = next.and_then(|key| serde_json::to_vec(&key).ok());
        Page { value, next_link: next.map(|key| self.link(&URL_SAFE_NO_PAD.encode(key))) }
    }

    fn link(&self, continuation: &str) -> String {
        // Texts of ours and what was checked: nothing here needs escaping.
        let mut link = format!("{}{}?", self.endpoint, self.path);
        let plain = |version: &&String| version.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if let Some(version) = self.asked.api_version.as_ref().filter(plain) {
            link.push_str(&format!("api-version={version}&"));
        }
        if let Some(size) = self.asked.max_page_size {
            link.push_str(&format!("maxPageSize={size}&"));
        }
        if let Some(start) = self.start {
            link.push_str(&format!("startTime={}&", start.to_string().replace(':', "%3A")));
        }
        link.push_str("continuation=");
        link.push_str(continuation);
        link
    }
}
