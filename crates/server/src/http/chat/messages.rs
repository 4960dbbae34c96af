//! Messages.

use super::asker::Asker;
use super::created;
use super::page::Paging;
use super::path::{InThread, OfMessage};
use crate::chat::sanitised;
use crate::http::ApiError;
use crate::http::bearer::Payload;
use crate::store::Viewer;
use axum::Json;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use liaison_chat::acs::{
    ChatMessage, Page, REPEATABILITY_REQUEST_ID, SendChatMessageRequest, SendChatMessageResult,
    UpdateChatMessageRequest,
};
use liaison_chat::model::{Message, MessageKind};
use liaison_chat::rules::{Command, Operation, Outcome, Refusal};
use liaison_chat::{ClientMessageId, MessageId, Text};

/// `POST /chat/threads/{thread}/messages`. With `repeatability-request-id`, which is ours here, the same
/// request again sends nothing.
pub(super) async fn send(
    asker: Asker,
    InThread(thread): InThread,
    headers: HeaderMap,
    Payload(request): Payload<SendChatMessageRequest>,
) -> Result<Response, ApiError> {
    asker.begin(Operation::SendMessage, Some(&thread))?;
    let mut message = request.into_command(client_id(&headers)?)?;
    if message.kind == MessageKind::Html {
        message.content = clean(&asker, &message.content)?;
    }
    let command = Command::SendMessage(message);
    let (store, rules) = (&asker.service.operations.store, asker.rules());
    match store.change_chat_thread(rules, thread.clone(), asker.actor.clone(), command).await? {
        Outcome::Sent { id } => {
            let location = format!("{}/messages/{id}", asker.address(&thread));
            Ok(created(&location, &SendChatMessageResult { id }))
        }
        _ => Err(ApiError::internal()),
    }
}

/// `GET /chat/threads/{thread}/messages`
pub(super) async fn list(
    asker: Asker,
    InThread(thread): InThread,
    paging: Paging,
) -> Result<Json<Page<ChatMessage>>, ApiError> {
    asker.begin(Operation::ListMessages, Some(&thread))?;
    let before: Option<MessageId> = paging.after()?;
    let (store, rules) = (&asker.service.operations.store, asker.rules());
    let page = store.chat_messages(rules, thread, asker.actor, paging.start, before, paging.size).await?;
    let endpoint = &asker.service.operations.endpoint;
    let shown = page.items.into_iter().map(|message| shown(message, &asker.viewer).located(endpoint));
    Ok(Json(paging.answer(shown.collect(), page.next)))
}

/// `GET /chat/threads/{thread}/messages/{message}`
pub(super) async fn one(
    asker: Asker,
    OfMessage(thread, id): OfMessage,
) -> Result<Json<ChatMessage>, ApiError> {
    asker.begin(Operation::GetMessage, Some(&thread))?;
    let rules = asker.rules();
    let message = asker.service.operations.store.chat_message(rules, thread, asker.actor, id).await?;
    Ok(Json(shown(message, &asker.viewer).located(&asker.service.operations.endpoint)))
}

/// `PATCH /chat/threads/{thread}/messages/{message}`, a JSON merge patch.
pub(super) async fn update(
    asker: Asker,
    OfMessage(thread, id): OfMessage,
    Payload(request): Payload<UpdateChatMessageRequest>,
) -> Result<StatusCode, ApiError> {
    asker.begin(Operation::EditMessage, Some(&thread))?;
    let (store, rules) = (&asker.service.operations.store, asker.rules());
    let mut edit = request.into_command(id)?;
    if let Some(content) = &edit.content {
        // A message never changes its kind, so that it may be read before the change.
        let old = store.chat_message(rules.clone(), thread.clone(), asker.actor.clone(), id).await?;
        if old.kind == MessageKind::Html {
            edit.content = Some(clean(&asker, content)?);
        }
    }
    store.change_chat_thread(rules, thread, asker.actor, Command::EditMessage(edit)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE /chat/threads/{thread}/messages/{message}`
pub(super) async fn delete(asker: Asker, OfMessage(thread, id): OfMessage) -> Result<StatusCode, ApiError> {
    asker.begin(Operation::DeleteMessage, Some(&thread))?;
    let (rules, command) = (asker.rules(), Command::DeleteMessage(id));
    asker.service.operations.store.change_chat_thread(rules, thread, asker.actor, command).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn shown(message: Message, viewer: &Viewer) -> ChatMessage {
    match viewer.label() {
        Some(label) => ChatMessage::from(&message.shown_with(label)),
        None => ChatMessage::from(&message),
    }
}

/// HTML that may be stored. What is too long is not even looked at.
fn clean(asker: &Asker, content: &Text) -> Result<Text, ApiError> {
    match content.bytes() <= asker.service.limits.chat.message_bytes {
        true => Ok(sanitised(content.as_str()).into()),
        false => Err(Refusal::ContentTooLarge.into()),
    }
}

fn client_id(headers: &HeaderMap) -> Result<Option<ClientMessageId>, ApiError> {
    let Some(value) = headers.get(REPEATABILITY_REQUEST_ID) else { return Ok(None) };
    let id = value.to_str().ok().and_then(|text| text.parse().ok());
    id.map(Some).ok_or_else(|| ApiError::bad_request(liaison_chat::IdError::Client.to_string()))
}
