//! The Chat REST interface of ACS, 2021-03-07 to 2025-03-15, and what of ours is beside it.

mod asker;
mod attachments;
mod events;
mod messages;
mod page;
mod participants;
mod path;
mod presence;
mod threads;

use super::{ApiError, Service};
use crate::store::ChatError;
use axum::Router;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use liaison_chat::acs::ConvertError;
use liaison_chat::rules::Refusal;
use serde::Serialize;
use std::sync::Arc;

/// Where heads of logs are read: ours.
pub(crate) const HEADS: &str = "/liaison/v1/chat/heads";

/// Where files are uploaded: this may take longer than other requests.
pub(super) const UPLOADS: [&str; 2] = [IMAGES, FILES];
const IMAGES: &str = "/chat/threads/{thread}/images";
const FILES: &str = "/chat/threads/{thread}/files";

/// The paths of chat. A thread's id is one segment, percent-encoded or not.
pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new()
        .without_v07_checks()
        .route("/chat/threads", get(threads::list).post(threads::create))
        .route(
            "/chat/threads/{thread}",
            get(threads::properties).patch(threads::update).delete(threads::delete),
        )
        .route("/chat/threads/{thread}/messages", get(messages::list).post(messages::send))
        .route(
            "/chat/threads/{thread}/messages/{message}",
            get(messages::one).patch(messages::update).delete(messages::delete),
        )
        .route("/chat/threads/{thread}/participants", get(participants::list))
        .route("/chat/threads/{thread}/participants/:add", post(participants::add))
        .route("/chat/threads/{thread}/participants/:remove", post(participants::remove))
        .route("/chat/threads/{thread}/readReceipts", get(presence::receipts).post(presence::receipt))
        .route("/chat/threads/{thread}/typing", post(presence::typing))
        .route(IMAGES, post(attachments::upload_image))
        .route("/chat/threads/{thread}/images/{image}", delete(attachments::delete))
        .route("/chat/threads/{thread}/images/{image}/views/{view}", get(attachments::view))
        // As it is in the description of the interface; in its examples it is the one above.
        .route("/chat/threads/{thread}/images/{image}/view/{view}", get(attachments::view))
        .route(FILES, post(attachments::upload_file))
        .route("/chat/threads/{thread}/files/{file}", get(attachments::file).delete(attachments::delete))
        .route("/liaison/v1/chat/threads/{thread}/events", get(events::read))
        .route(HEADS, get(events::heads))
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self::new(status, refusal.code(), refusal.message())
    }
}

impl From<ChatError> for ApiError {
    fn from(error: ChatError) -> Self {
        match error {
            ChatError::Refused(refusal) => refusal.into(),
            ChatError::Store(error) => error.into(),
        }
    }
}

impl From<ConvertError> for ApiError {
    fn from(error: ConvertError) -> Self {
        Self::bad_request(error.to_string())
    }
}

/// 201 with the address of what was made.
fn created(location: &str, body: &impl Serialize) -> Response {
    let mut response = (StatusCode::CREATED, axum::Json(body)).into_response();
    if let Ok(location) = HeaderValue::from_str(location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}
