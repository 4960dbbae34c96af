//! The service's HTTP interfaces.

pub(crate) mod bearer;
mod chat;
mod cors;
mod error;
mod graph;
mod identities;
pub(crate) mod listener;
mod signed;
mod version;

pub(crate) use error::ApiError;

use crate::config::Limits;
use crate::metrics::Metrics;
use crate::operations::Operations;
use crate::rate::Rates;
use crate::realtime::{Fanout, Hub, push};
use axum::extract::{FromRequestParts, Path, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use liaison_chat::rules::Rules;
use std::sync::Arc;

/// What every request handler sees.
pub(crate) struct Service {
    pub(crate) operations: Arc<Operations>,
    pub(crate) hub: Arc<Hub>,
    /// Where chat's events are heard.
    pub(crate) fanout: Arc<Fanout>,
    pub(crate) limits: Limits,
    pub(crate) metrics: Arc<Metrics>,
    /// By operation and the resource's or tenant's id.
    pub(crate) rates: Rates<(&'static str, String)>,
    /// By line of [`crate::ChatRates`] and whoever shares it.
    pub(crate) chat_rates: Rates<(usize, String)>,
    /// What chats are held to.
    pub(crate) rules: Arc<Rules>,
}

/// The one captured segment of a path, decoded.
pub(crate) struct Name(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for Name {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Path(name) = Path::<String>::from_request_parts(parts, state).await.map_err(|_| {
            ApiError::bad_request("the path's encoding is broken: write UTF-8, percent-encoded")
        })?;
        Ok(Self(name))
    }
}

/// All paths.
pub(crate) fn router(service: Arc<Service>) -> Router {
    Router::new()
        // ACS paths have segments that begin with a colon, which is not axum's old capture syntax here.
        .without_v07_checks()
        .route("/identities", post(identities::create))
        .route("/identities/{id}", delete(identities::delete))
        .route("/identities/{id}/:issueAccessToken", post(identities::issue))
        .route("/identities/{id}/:revokeAccessTokens", post(identities::revoke))
        .route("/v1.0/users/{id}", get(graph::user))
        .route("/healthz", get(health))
        .route(liaison_link::PATH, get(crate::realtime::upgrade))
        .merge(chat::routes())
        .merge(push::routes())
        .fallback(async || ApiError::not_found("there is nothing at this path"))
        .method_not_allowed_fallback(async || ApiError::method_not_allowed())
        .layer(from_fn_with_state(Arc::clone(&service), bounded))
        // Outermost, so that a page reads every refusal.
        .layer(from_fn(cors::open))
        .with_state(service)
}

/// Every request is answered in bounded time, and its answer can be named in a support question.
async fn bounded(State(service): State<Arc<Service>>, request: Request, next: Next) -> Response {
    let (method, started) = (request.method().clone(), std::time::Instant::now());
    // Paths hold user ids: only the kind of path is logged.
    let path = request.extensions().get::<axum::extract::MatchedPath>().map(|path| path.as_str().to_owned());
    let upload = method == Method::POST && path.as_deref().is_some_and(|path| chat::UPLOADS.contains(&path));
    let limits = &service.limits;
    let limit = if upload { limits.attachments.upload_timeout } else { limits.request_timeout };
    let answer = tokio::time::timeout(limit, next.run(request)).await;
    let mut response = answer.unwrap_or_else(|_| ApiError::timeout().into_response());
    if let Ok(id) = HeaderValue::from_str(&crate::random::guid()) {
        response.headers_mut().insert("x-ms-request-id", id);
    }
    let (status, ms) = (response.status().as_u16(), started.elapsed().as_millis());
    let path = path.as_deref().unwrap_or("unknown");
    tracing::debug!(%method, path, status, ms, "answered a request");
    service.metrics.request(path, status);
    response
}

/// `GET /healthz`: 200 when the store answers and what the switchboard writes is kept.
async fn health(State(service): State<Arc<Service>>) -> Response {
    let stored = service.operations.store.endpoint().await.is_ok();
    match stored && service.hub.is_healthy() {
        true => Json(serde_json::json!({ "status": "ok" })).into_response(),
        false => ApiError::unavailable("the store does not answer: see the log").into_response(),
    }
}
