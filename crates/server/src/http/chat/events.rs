//! Ours: what an engine reads after a gap.

use super::asker::Asker;
use super::page::Paging;
use super::path::InThread;
use crate::http::ApiError;
use axum::Json;
use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use liaison_chat::acs::Page;
use liaison_chat::rules::Operation;
use liaison_chat::{Event, EventSequence, ThreadId};
use serde::{Deserialize, Serialize};

/// `?after=N`: from the event after the N-th; 0 when absent.
#[derive(Deserialize)]
pub(super) struct After {
    #[serde(default)]
    after: u64,
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

/// A part of a thread's log.
#[derive(Serialize)]
pub(super) struct Events {
    /// In order and without a gap. The first may lie beyond `after + 1`: what came before is not the
    /// reader's.
    events: Vec<Event>,
    /// The last event there is for the reader. When it is beyond the last of `events`, read on.
    head: EventSequence,
}

/// `GET /liaison/v1/chat/threads/{thread}/events`
pub(super) async fn read(
    asker: Asker,
    InThread(thread): InThread,
    After { after }: After,
    paging: Paging,
) -> Result<Json<Events>, ApiError> {
    asker.begin(Operation::ReadEvents, Some(&thread))?;
    let (store, rules) = (&asker.service.operations.store, asker.rules());
    let page = store.chat_events(rules, thread, asker.actor, EventSequence(after), paging.size).await?;
    Ok(Json(Events { events: page.events, head: page.head }))
}

/// How far a thread's log goes.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Head {
    thread: ThreadId,
    head: EventSequence,
}

/// `GET /liaison/v1/chat/heads`: of every thread that the user is or was in.
pub(super) async fn heads(asker: Asker, paging: Paging) -> Result<Json<Page<Head>>, ApiError> {
    asker.begin(Operation::ListThreads, None)?;
    let after: Option<ThreadId> = paging.after()?;
    let page = asker.service.operations.store.chat_heads(asker.actor, after, paging.size).await?;
    let heads = page.items.into_iter().map(|item| Head { thread: item.thread, head: item.head });
    Ok(Json(paging.answer(heads.collect(), page.next)))
}
