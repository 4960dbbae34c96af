//! Each command as the requests that it takes.

use hyper::Method;
use liaison_chat::acs::{
    AddChatParticipantsResult, CLIENT_ID_METADATA, ChatMessage, ChatMessageReadReceipt, ChatParticipant,
    ChatThreadItem, ChatThreadProperties, CreateChatThreadResult, Page, REPEATABILITY_REQUEST_ID,
    SendChatMessageRequest, SendChatMessageResult, SendReadReceiptRequest, SendTypingNotificationRequest,
    UpdateChatMessageRequest, UpdateChatThreadRequest,
};
use liaison_chat::link::{self, EventPage};
use liaison_chat::model::{Message, Participant, Patch, ReadReceipt};
use liaison_chat::{ClientMessageId, EventSequence, ThreadId};
use liaison_identity::{RawId, RawIdError};
use serde::de::DeserializeOwned;

use super::super::request::Request;
use super::super::result::{ChatPage, ChatResult, ChatThread};
use super::super::{ChatError, MessagesFrom, target};
use super::{Call, Rest};

fn odd(error: &dyn std::fmt::Display) -> ChatError {
    ChatError::Answer(error.to_string())
}

impl Rest {
    /// Does what the app asked for.
    pub(in super::super) async fn perform(&self, request: Request) -> Result<ChatResult, ChatError> {
        let plain = target::plain;
        match request {
            Request::CreateThread { request, id } => {
                let target = plain(target::THREADS);
                let header = Some((REPEATABILITY_REQUEST_ID, id.as_str()));
                let call = Call { header, ..Call::new(Method::POST, &target).body(&request)? };
                let made: CreateChatThreadResult = self.read(call).await?;
                let thread = ChatThread::try_from(made.chat_thread).map_err(|error| odd(&error))?;
                let refused = made.invalid_participants.into_iter().map(Into::into).collect();
                Ok(ChatResult::ThreadCreated { thread: Box::new(thread), refused })
            }
            Request::ListThreads { page } => {
                let (items, next) = self.page::<ChatThreadItem>(target::THREADS, page).await?;
                Ok(ChatResult::Threads { threads: items.into_iter().map(Into::into).collect(), next })
            }
            Request::GetThread(thread) => {
                let target = plain(&target::thread(&thread));
                let read: ChatThreadProperties = self.read(Call::new(Method::GET, &target)).await?;
                let thread = ChatThread::try_from(read).map_err(|error| odd(&error))?;
                Ok(ChatResult::Thread(Box::new(thread)))
            }
            Request::UpdateThread { thread, topic } => {
                let body = UpdateChatThreadRequest { topic, ..Default::default() };
                let target = plain(&target::thread(&thread));
                self.done(Call::new(Method::PATCH, &target).body(&body)?).await
            }
            Request::DeleteThread(thread) => {
                self.done(Call::new(Method::DELETE, &plain(&target::thread(&thread)))).await
            }
            Request::ListParticipants { thread, page } => {
                let path = target::of(&thread, "participants");
                let (items, next) = self.page::<ChatParticipant>(&path, page).await?;
                let participants = all(items, Participant::try_from)?;
                Ok(ChatResult::Participants { participants, next })
            }
            Request::AddParticipants { thread, request } => {
                let target = plain(&target::of(&thread, "participants/:add"));
                let added: AddChatParticipantsResult =
                    self.read(Call::new(Method::POST, &target).body(&request)?).await?;
                let refused = added.invalid_participants.into_iter().map(Into::into).collect();
                Ok(ChatResult::ParticipantsAdded { refused })
            }
            Request::RemoveParticipant { thread, who } => {
                let target = plain(&target::of(&thread, "participants/:remove"));
                self.done(Call::new(Method::POST, &target).body(&who.identifier())?).await
            }
            Request::SendMessage { thread, request, id } => self.send_message(&thread, request, &id).await,
            Request::EditMessage { thread, message, content } => {
                let body = UpdateChatMessageRequest { content: Patch::Set(content), ..Default::default() };
                let target = plain(&target::message(&thread, message));
                self.done(Call::new(Method::PATCH, &target).body(&body)?).await
            }
            Request::DeleteMessage { thread, message } => {
                self.done(Call::new(Method::DELETE, &plain(&target::message(&thread, message)))).await
            }
            Request::GetMessage { thread, message } => {
                let target = plain(&target::message(&thread, message));
                let read: ChatMessage = self.read(Call::new(Method::GET, &target)).await?;
                let message = Message::try_from(read).map_err(|error| odd(&error))?;
                Ok(ChatResult::Message(Box::new(message)))
            }
            Request::ListMessages { thread, from, most } => {
                let size = most.map_or(target::PAGE, |most| most.clamp(1, target::LARGEST_PAGE));
                let (messages, next) = self.messages(&thread, from, size).await?;
                Ok(ChatResult::Messages { messages, next })
            }
            Request::SendTyping { thread, sender_display_name } => {
                let target = plain(&target::of(&thread, "typing"));
                let body = SendTypingNotificationRequest { sender_display_name };
                self.done(Call::new(Method::POST, &target).body(&body)?).await
            }
            Request::SendReadReceipt { thread, message } => {
                let target = plain(&target::of(&thread, "readReceipts"));
                let body = SendReadReceiptRequest { chat_message_id: message };
                self.done(Call::new(Method::POST, &target).body(&body)?).await
            }
            Request::ListReadReceipts { thread, page } => {
                let (receipts, next) = self.receipts(&thread, page).await?;
                Ok(ChatResult::ReadReceipts { receipts, next })
            }
            Request::CountUnread(thread) => self.count_unread(&thread).await,
        }
    }

    async fn done(&self, call: Call<'_>) -> Result<ChatResult, ChatError> {
        self.call(call).await.map(|_| ChatResult::Done)
    }

    async fn send_message(
        &self,
        thread: &ThreadId,
        mut request: SendChatMessageRequest,
        id: &ClientMessageId,
    ) -> Result<ChatResult, ChatError> {
        let target = target::plain(&target::of(thread, "messages"));
        let mut header = Some((REPEATABILITY_REQUEST_ID, id.as_str()));
        if self.azure {
            header = None;
            let metadata = request.metadata.get_or_insert_default();
            metadata.0.insert(CLIENT_ID_METADATA.to_owned(), id.to_string());
        }
        let call = Call { header, ..Call::new(Method::POST, &target).body(&request)? };
        let sent: SendChatMessageResult = self.read(call).await?;
        Ok(ChatResult::MessageSent { message: sent.id })
    }

    /// The first page of the list at `path`, or a later one.
    async fn page<T: DeserializeOwned>(
        &self,
        path: &str,
        page: Option<ChatPage>,
    ) -> Result<(Vec<T>, Option<ChatPage>), ChatError> {
        let target = match page {
            Some(page) => target::page(path, &page)?,
            None => target::list(path, target::PAGE, None),
        };
        self.list(&target).await
    }

    async fn list<T: DeserializeOwned>(&self, target: &str) -> Result<(Vec<T>, Option<ChatPage>), ChatError> {
        let page: Page<T> = self.read(Call::new(Method::GET, target)).await?;
        let next = page.next_link.filter(|link| !link.is_empty());
        let next = next.map(|link| target::page_of(&link).ok_or_else(|| odd(&"nextLink is no address")));
        Ok((page.value, next.transpose()?))
    }

    pub(in super::super) async fn messages(
        &self,
        thread: &ThreadId,
        from: MessagesFrom,
        size: u32,
    ) -> Result<(Vec<Message>, Option<ChatPage>), ChatError> {
        let path = target::of(thread, "messages");
        let target = match from {
            MessagesFrom::Newest => target::list(&path, size, None),
            MessagesFrom::Since(start) => target::list(&path, size, Some(start)),
            MessagesFrom::Page(page) => target::page(&path, &page)?,
        };
        let (items, next) = self.list::<ChatMessage>(&target).await?;
        Ok((all(items, Message::try_from)?, next))
    }

    pub(in super::super) async fn receipts(
        &self,
        thread: &ThreadId,
        page: Option<ChatPage>,
    ) -> Result<(Vec<ReadReceipt>, Option<ChatPage>), ChatError> {
        let path = target::of(thread, "readReceipts");
        let (items, next) = self.page::<ChatMessageReadReceipt>(&path, page).await?;
        let receipt = |receipt: ChatMessageReadReceipt| -> Result<ReadReceipt, RawIdError> {
            let reader = RawId::try_from(&receipt.sender_communication_identifier)?;
            Ok(ReadReceipt { reader, message: receipt.chat_message_id, read_at: receipt.read_on })
        };
        Ok((all(items, receipt)?, next))
    }

    /// A part of a thread's log; this service's only.
    pub(in super::super) async fn read_events(
        &self,
        thread: &ThreadId,
        after: EventSequence,
        limit: u32,
    ) -> Result<EventPage, ChatError> {
        let target = link::events_path(thread, after, limit);
        self.read(Call::new(Method::GET, &target)).await
    }

    /// Whom the token is for, so that the own messages can be told from those of others.
    pub(in super::super) fn me(&self) -> Result<RawId, ChatError> {
        let unreadable = || ChatError::TokenRefused("it does not say whom it is for".to_owned());
        liaison_identity::peek_raw_id(&self.token()?).ok_or_else(unreadable)
    }
}

fn all<T, U, E: std::fmt::Display>(
    items: Vec<T>,
    convert: impl Fn(T) -> Result<U, E>,
) -> Result<Vec<U>, ChatError> {
    items.into_iter().map(|item| convert(item).map_err(|error| odd(&error))).collect()
}
