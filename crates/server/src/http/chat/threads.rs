//! Threads.

use super::asker::Asker;
use super::created;
use super::page::Paging;
use super::path::InThread;
use crate::account::Account;
use crate::chat::admit;
use crate::http::ApiError;
use crate::http::bearer::Payload;
use crate::store::ThreadKey;
use axum::Json;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use liaison_chat::acs::{
    ChatParticipant, ChatThreadItem, ChatThreadProperties, ConvertError, CreateChatThreadRequest,
    CreateChatThreadResult, Page, REPEATABILITY_REQUEST_ID, UpdateChatThreadRequest,
};
use liaison_chat::model::Participant;
use liaison_chat::rules::{Command, CreateThread, NewParticipant, Operation, Refusal};
use liaison_chat::{Text, ThreadId};

/// Longest `repeatability-request-id`; a GUID has 36 characters.
const LONGEST_REQUEST_ID: usize = 128;

/// `POST /chat/threads`
pub(super) async fn create(
    asker: Asker,
    headers: HeaderMap,
    Payload(request): Payload<CreateChatThreadRequest>,
) -> Result<Response, ApiError> {
    asker.begin(Operation::CreateThread, None)?;
    let request_id = request_id(&headers)?;
    let create = CreateThread {
        id: ThreadId::from_random(u128::from_le_bytes(crate::random::bytes())),
        topic: request.topic,
        participants: admitted(&asker, request.participants).await?,
        creator_name: directory_name(&asker).await?,
        metadata: request.metadata.unwrap_or_default(),
        retention: request.retention_policy.unwrap_or_default(),
    };
    let store = &asker.service.operations.store;
    let made = store
        .create_chat_thread(asker.rules(), asker.owner.clone(), asker.actor.clone(), request_id, create)
        .await?;
    let body = CreateChatThreadResult {
        chat_thread: ChatThreadProperties::from(&made.thread),
        invalid_participants: made.refused,
    };
    Ok(created(&asker.address(&made.thread.id), &body))
}

/// `GET /chat/threads`
pub(super) async fn list(asker: Asker, paging: Paging) -> Result<Json<Page<ChatThreadItem>>, ApiError> {
    asker.begin(Operation::ListThreads, None)?;
    let after: Option<ThreadKey> = paging.after()?;
    let store = &asker.service.operations.store;
    let page = store.chat_threads(asker.actor, paging.start, after, paging.size).await?;
    let items = page.items.into_iter().map(|item| ChatThreadItem {
        id: item.id,
        topic: item.topic.into(),
        deleted_on: None,
        last_message_received_on: item.last_message_at,
    });
    Ok(Json(paging.answer(items.collect(), page.next)))
}

/// `GET /chat/threads/{thread}`
pub(super) async fn properties(
    asker: Asker,
    InThread(thread): InThread,
) -> Result<Json<ChatThreadProperties>, ApiError> {
    asker.begin(Operation::GetThread, Some(&thread))?;
    let rules = asker.rules();
    let thread = asker.service.operations.store.chat_thread(rules, thread, asker.actor).await?;
    Ok(Json(ChatThreadProperties::from(&thread)))
}

/// `PATCH /chat/threads/{thread}`, a JSON merge patch.
pub(super) async fn update(
    asker: Asker,
    InThread(thread): InThread,
    Payload(request): Payload<UpdateChatThreadRequest>,
) -> Result<StatusCode, ApiError> {
    asker.begin(Operation::UpdateThread, Some(&thread))?;
    let command = Command::UpdateThread(request.try_into()?);
    let rules = asker.rules();
    asker.service.operations.store.change_chat_thread(rules, thread, asker.actor, command).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE /chat/threads/{thread}`
pub(super) async fn delete(asker: Asker, InThread(thread): InThread) -> Result<StatusCode, ApiError> {
    asker.begin(Operation::DeleteThread, Some(&thread))?;
    let (rules, command) = (asker.rules(), Command::DeleteThread);
    asker.service.operations.store.change_chat_thread(rules, thread, asker.actor, command).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What the directory calls somebody; `None` of an app's user, whom none knows.
async fn directory_name(asker: &Asker) -> Result<Option<Text>, ApiError> {
    let Account::Staff { .. } = &asker.account else { return Ok(None) };
    let user = asker.service.operations.store.user(None, asker.actor.raw_id.as_str()).await?;
    Ok(Some(user.card().display_name.into()))
}

/// Those named in a request, with the federation's word on each.
pub(super) async fn admitted(
    asker: &Asker,
    named: Vec<ChatParticipant>,
) -> Result<Vec<NewParticipant>, ApiError> {
    // Before the store is asked about each.
    if named.len() > asker.service.limits.chat.batch {
        return Err(Refusal::BatchTooLarge.into());
    }
    let named: Vec<Participant> =
        named.into_iter().map(Participant::try_from).collect::<Result<_, ConvertError>>()?;
    Ok(admit(&*asker.service.operations.store, &asker.account, named).await?)
}

fn request_id(headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let Some(value) = headers.get(REPEATABILITY_REQUEST_ID) else { return Ok(None) };
    match value.to_str() {
        Ok(id) if !id.is_empty() && id.len() <= LONGEST_REQUEST_ID => Ok(Some(id.to_owned())),
        _ => Err(ApiError::bad_request("repeatability-request-id is a GUID of the request's own")),
    }
}
