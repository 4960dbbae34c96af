//! What the app asks, as the requests that it takes.

use hyper::Method;
use liaison_chat::acs::{
    ChatMessage, ChatMessageReadReceipt, ChatParticipant, ChatThreadItem, ChatThreadProperties, Page,
    SendTypingNotificationRequest,
};
use liaison_chat::link::{self, EventPage};
use liaison_chat::model::{Message, Participant, ReadReceipt};
use liaison_chat::{EventSequence, ThreadId};
use liaison_identity::{RawId, RawIdError};
use serde::de::DeserializeOwned;

use super::super::request::{ChatListOptions, Question};
use super::super::result::{ChatPage, ChatResult, ChatThread};
use super::super::{ChatError, MessagesFrom, target};
use super::{Call, Rest};

pub(super) fn odd(error: &dyn std::fmt::Display) -> ChatError {
    ChatError::Answer(error.to_string())
}

impl Rest {
    /// Answers what the app asked.
    pub(in super::super) async fn answer(&self, question: Question) -> Result<ChatResult, ChatError> {
        let plain = target::plain;
        match question {
            Question::ListThreads(options) => {
                let (items, next) = self.page::<ChatThreadItem>(target::THREADS, options).await?;
                Ok(ChatResult::Threads { threads: items.into_iter().map(Into::into).collect(), next })
            }
            Question::GetThread(thread) => {
                let target = plain(&target::thread(&thread));
                let read: ChatThreadProperties = self.read(Call::new(Method::GET, &target)).await?;
                let thread = ChatThread::try_from(read).map_err(|error| odd(&error))?;
                Ok(ChatResult::Thread(Box::new(thread)))
            }
            Question::ListParticipants { thread, options } => {
                let path = target::of(&thread, "participants");
                let (items, next) = self.page::<ChatParticipant>(&path, options).await?;
                let participants = all(items, Participant::try_from)?;
                Ok(ChatResult::Participants { participants, next })
            }
            Question::GetMessage { thread, message } => {
                let target = plain(&target::message(&thread, message));
                let read: ChatMessage = self.read(Call::new(Method::GET, &target)).await?;
                let message = Message::try_from(read).map_err(|error| odd(&error))?;
                Ok(ChatResult::Message(Box::new(message)))
            }
            Question::ListMessages { thread, from, most } => {
                let size = most.map_or(target::PAGE, |most| most.clamp(1, target::LARGEST_PAGE));
                let (messages, next) = self.messages(&thread, from, size).await?;
                Ok(ChatResult::Messages { messages, next })
            }
            Question::SendTyping { thread, sender_display_name } => {
                let target = plain(&target::of(&thread, "typing"));
                let body = SendTypingNotificationRequest { sender_display_name };
                self.call(Call::new(Method::POST, &target).body(&body)?).await.map(|_| ChatResult::Done)
            }
            Question::ListReadReceipts { thread, options } => {
                let (receipts, next) = self.receipts(&thread, options).await?;
                Ok(ChatResult::ReadReceipts { receipts, next })
            }
            Question::Transfer { thread, what } => self.transfer(&thread, what).await,
            Question::CountUnread(thread) => self.count_unread(&thread).await,
        }
    }

    /// The first page of the list at `path`, or a later one.
    async fn page<T: DeserializeOwned>(
        &self,
        path: &str,
        options: ChatListOptions,
    ) -> Result<(Vec<T>, Option<ChatPage>), ChatError> {
        let size = options.max_page_size.unwrap_or(target::PAGE);
        let target = match options.page {
            Some(page) => target::page(path, &page)?,
            None => target::list(path, size, options.start_time, options.skip),
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
            MessagesFrom::Newest => target::list(&path, size, None, 0),
            MessagesFrom::Since(start) => target::list(&path, size, Some(start), 0),
            MessagesFrom::Page(page) => target::page(&path, &page)?,
        };
        let (items, next) = self.list::<ChatMessage>(&target).await?;
        Ok((all(items, Message::try_from)?, next))
    }

    pub(in super::super) async fn receipts(
        &self,
        thread: &ThreadId,
        options: ChatListOptions,
    ) -> Result<(Vec<ReadReceipt>, Option<ChatPage>), ChatError> {
        let path = target::of(thread, "readReceipts");
        let (items, next) = self.page::<ChatMessageReadReceipt>(&path, options).await?;
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
}

fn all<T, U, E: std::fmt::Display>(
    items: Vec<T>,
    convert: impl Fn(T) -> Result<U, E>,
) -> Result<Vec<U>, ChatError> {
    items.into_iter().map(|item| convert(item).map_err(|error| odd(&error))).collect()
}
