//! Participants.

use super::asker::Asker;
use super::page::Paging;
use super::path::InThread;
use super::threads::admitted;
use crate::account::Account;
use crate::http::ApiError;
use crate::http::bearer::Payload;
use crate::store::ParticipantKey;
use axum::Json;
use axum::http::StatusCode;
use liaison_chat::acs::{AddChatParticipantsRequest, AddChatParticipantsResult, ChatParticipant, Page};
use liaison_chat::rules::{Command, Operation, Outcome};
use liaison_identity::{CommunicationIdentifier, RawId};

/// `GET /chat/threads/{thread}/participants`
pub(super) async fn list(
    asker: Asker,
    InThread(thread): InThread,
    paging: Paging,
) -> Result<Json<Page<ChatParticipant>>, ApiError> {
    asker.begin(Operation::ListParticipants, Some(&thread))?;
    let after: Option<ParticipantKey> = paging.after()?;
    let (store, rules) = (&asker.service.operations.store, asker.rules());
    let page = store.chat_participants(rules, thread, asker.actor, paging.skip(), after, paging.size).await?;
    let shown = page.items.into_iter().map(|participant| match asker.viewer.label() {
        Some(label) => participant.shown_with(label),
        None => participant,
    });
    Ok(Json(paging.answer(shown.map(|participant| ChatParticipant::from(&participant)).collect(), page.next)))
}

/// `POST /chat/threads/{thread}/participants/:add`
pub(super) async fn add(
    asker: Asker,
    InThread(thread): InThread,
    Payload(request): Payload<AddChatParticipantsRequest>,
) -> Result<(StatusCode, Json<AddChatParticipantsResult>), ApiError> {
    asker.begin(Operation::AddParticipants, Some(&thread))?;
    let command = Command::AddParticipants(admitted(&asker, request.participants).await?);
    let (store, rules) = (&asker.service.operations.store, asker.rules());
    match store.change_chat_thread(rules, thread, asker.actor, command).await? {
        Outcome::Added { invalid } => {
            let invalid_participants = invalid.iter().map(Into::into).collect();
            Ok((StatusCode::CREATED, Json(AddChatParticipantsResult { invalid_participants })))
        }
        _ => Err(ApiError::internal()),
    }
}

/// `POST /chat/threads/{thread}/participants/:remove`
pub(super) async fn remove(
    asker: Asker,
    InThread(thread): InThread,
    Payload(removed): Payload<CommunicationIdentifier>,
) -> Result<StatusCode, ApiError> {
    asker.begin(Operation::RemoveParticipant, Some(&thread))?;
    let raw_id = RawId::try_from(&removed).map_err(|error| ApiError::bad_request(error.to_string()))?;
    let raw_id = Account::of(raw_id.as_str()).map_or(raw_id, |account| account.raw_id());
    let (rules, command) = (asker.rules(), Command::RemoveParticipant(raw_id));
    asker.service.operations.store.change_chat_thread(rules, thread, asker.actor, command).await?;
    Ok(StatusCode::NO_CONTENT)
}
