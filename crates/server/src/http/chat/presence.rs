//! Read receipts and typing.

use super::asker::Asker;
use super::page::Paging;
use super::path::InThread;
use crate::http::ApiError;
use crate::http::bearer::Payload;
use axum::Json;
use axum::http::StatusCode;
use liaison_chat::acs::{
    ChatMessageReadReceipt, Page, SendReadReceiptRequest, SendTypingNotificationRequest,
};
use liaison_chat::rules::{Command, Operation};

/// `GET /chat/threads/{thread}/readReceipts`
pub(super) async fn receipts(
    asker: Asker,
    InThread(thread): InThread,
    paging: Paging,
) -> Result<Json<Page<ChatMessageReadReceipt>>, ApiError> {
    asker.begin(Operation::ListReadReceipts, Some(&thread))?;
    let after: Option<String> = paging.after()?;
    let (store, rules) = (&asker.service.operations.store, asker.rules());
    let page = store.chat_receipts(rules, thread, asker.actor, paging.skip(), after, paging.size).await?;
    Ok(Json(paging.answer(page.items.iter().map(ChatMessageReadReceipt::from).collect(), page.next)))
}

/// `POST /chat/threads/{thread}/readReceipts`
pub(super) async fn receipt(
    asker: Asker,
    InThread(thread): InThread,
    Payload(request): Payload<SendReadReceiptRequest>,
) -> Result<StatusCode, ApiError> {
    asker.begin(Operation::SendReadReceipt, Some(&thread))?;
    let (rules, command) = (asker.rules(), Command::SendReadReceipt(request.chat_message_id));
    asker.service.operations.store.change_chat_thread(rules, thread, asker.actor, command).await?;
    Ok(StatusCode::OK)
}

/// `POST /chat/threads/{thread}/typing`
pub(super) async fn typing(
    asker: Asker,
    InThread(thread): InThread,
    Payload(request): Payload<SendTypingNotificationRequest>,
) -> Result<StatusCode, ApiError> {
    asker.begin(Operation::SendTyping, Some(&thread))?;
    let sender_display_name = request.sender_display_name.filter(|name| !name.is_blank());
    let (rules, command) = (asker.rules(), Command::SendTyping { sender_display_name });
    asker.service.operations.store.pass_chat_event(rules, thread, asker.actor, command).await?;
    Ok(StatusCode::OK)
}
