//! Ours: what an engine reads after a gap.

use super::asker::Asker;
use super::page::Paging;
use super::path::InThread;
use crate::http::ApiError;
use axum::Json;
use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use liaison_chat::acs::Page;
use liaison_chat::link::{EventPage, ThreadHead};
use liaison_chat::rules::Operation;
use liaison_chat::{EventSequence, ThreadId};
use serde::Deserialize;

/// `?after=N&limit=M`: at most M events, from the one after the N-th; from the first when absent.
#[derive(Deserialize)]
pub(super) struct After {
    #[serde(default)]
    after: u64,
    limit: Option<u32>,
}

impl<S: Send + Sync> FromRequestParts<S> for After {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Query(after) = Query::<Self>::from_request_parts(parts, state)
            .await
            .map_err(|error| ApiError::bad_request(format!("the query cannot be read: {error}")))?;
        Ok(after)
    }
}

/// `GET /liaison/v1/chat/threads/{thread}/events`
pub(super) async fn read(
    asker: Asker,
    InThread(thread): InThread,
    After { after, limit }: After,
) -> Result<Json<EventPage>, ApiError> {
    asker.begin(Operation::ReadEvents, Some(&thread))?;
    let (store, rules) = (&asker.service.operations.store, asker.rules());
    let size = asker.service.limits.chat.page_size(limit);
    let mut page = store.chat_events(rules, thread, asker.actor, EventSequence(after), size).await?;
    if let Some(label) = asker.viewer.label() {
        page.events = page.events.into_iter().map(|event| event.shown_with(label)).collect();
    }
    Ok(Json(page))
}

/// `GET /liaison/v1/chat/heads`: of every thread that the user is or was in.
pub(super) async fn heads(asker: Asker, paging: Paging) -> Result<Json<Page<ThreadHead>>, ApiError> {
    asker.begin(Operation::ListThreads, None)?;
    let after: Option<ThreadId> = paging.after()?;
    let store = &asker.service.operations.store;
    let page = store.chat_heads(asker.actor.raw_id, after, paging.size).await?;
    Ok(Json(paging.answer(page.items, page.next)))
}
